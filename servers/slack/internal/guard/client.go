package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

const (
	maxAnswer  = 32 << 20         // bytes of one answer of Slack's
	maxWait    = 10 * time.Second // for which a call waits when Slack says to
	hopTimeout = 30 * time.Second // of one request
)

// client speaks to Slack's Web API with one token. It is the only holder of
// that token, and waits as long as Slack says.
type client struct {
	base   string // with a slash at the end
	token  string
	cookie string // of browser tokens
	http   *http.Client

	mu    sync.Mutex
	until map[string]time.Time // before which a method need not be tried

	scopes []string // of the token, as Slack's answers tell; nil before one came
}

// newTransport is shared by all clients of a process's workspace.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.ResponseHeaderTimeout = 8, hopTimeout
	return t
}

func newClient(base, token, cookie string, transport http.RoundTripper) *client {
	return &client{base: base, token: token, cookie: cookie, until: map[string]time.Time{}, http: &http.Client{
		Transport: transport,
		// Slack redirects no method: whoever does is not Slack.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// limited says that Slack wants to be asked later.
type limited struct {
	method string
	after  time.Duration
}

func (l *limited) Error() string {
	return fmt.Sprintf("Slack limits %s: it may be asked again in %s", l.method, l.after.Round(time.Second))
}

// asLimited finds such an error.
func asLimited(err error) (*limited, bool) { return errors.AsType[*limited](err) }

// faulty is an answer that says no.
type faulty struct{ method, code, needed, provided string }

func (f *faulty) Error() string {
	if f.needed != "" {
		return fmt.Sprintf("Slack refuses %s: %s (needs the scope %s)", f.method, f.code, f.needed)
	}
	return fmt.Sprintf("Slack refuses %s: %s", f.method, f.code)
}

func (f *faulty) Is(target error) bool {
	return target == wire.ErrNotFound && (strings.HasSuffix(f.code, "_not_found") || f.code == "user_not_visible")
}

// coded reports whether Slack answered with one of these codes.
func coded(err error, codes ...string) bool {
	f, ok := errors.AsType[*faulty](err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if f.code == code {
			return true
		}
	}
	return false
}

// call asks a method that only reads, and waits within bounds where Slack says
// to. The answer is valid JSON.
func (c *client) call(ctx context.Context, method string, args url.Values) ([]byte, error) {
	deadline := time.Now().Add(maxWait)
	for try := 0; ; try++ {
		raw, err := c.once(ctx, method, args)
		l, ok := asLimited(err)
		switch {
		case ok && time.Now().Add(l.after).Before(deadline):
			if err := sleep(ctx, l.after); err != nil {
				return nil, err
			}
		case err != nil && try == 0 && transient(err) && ctx.Err() == nil:
			if err := sleep(ctx, 200*time.Millisecond); err != nil {
				return nil, err
			}
		default:
			return raw, c.explain(err)
		}
	}
}

// transient reports whether what only reads may be asked once more.
func transient(err error) bool {
	var s *status
	return errors.As(err, &s) && s.code >= 500 || errors.Is(err, errNoAnswer)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// status is an answer that is none of Slack's.
type status struct {
	method string
	code   int
}

func (s *status) Error() string {
	return fmt.Sprintf("%s was answered with the status %d", s.method, s.code)
}

var errNoAnswer = errors.New("no answer")

// once asks once.
func (c *client) once(ctx context.Context, method string, args url.Values) ([]byte, error) {
	if wait := c.blocked(method); wait > 0 {
		return nil, &limited{method, wait}
	}
	if args == nil {
		args = url.Values{}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+method, strings.NewReader(args.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c.sign(req)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, noAnswer(ctx, method, err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusTooManyRequests {
		return nil, &limited{method, c.block(method, res.Header.Get("Retry-After"))}
	}
	if res.StatusCode != http.StatusOK {
		return nil, &status{method, res.StatusCode}
	}
	if scopes := res.Header.Get("X-Oauth-Scopes"); scopes != "" {
		c.mu.Lock()
		c.scopes = strings.FieldsFunc(scopes, func(r rune) bool { return r == ',' || r == ' ' })
		c.mu.Unlock()
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, noAnswer(ctx, method, err)
	}
	if len(raw) > maxAnswer {
		return nil, mcpcore.Hint(fmt.Errorf("the answer to %s is larger than %d bytes", method, maxAnswer), "ask for fewer")
	}
	if raw, err = wire.Check(raw); err != nil {
		return nil, fmt.Errorf("the answer to %s: %w", method, err)
	}
	return raw, refusal(method, raw)
}

// sign puts the token on a request.
func (c *client) sign(req *http.Request) {
	req.Header.Set("Authorization", "Bearer "+c.token)
	if c.cookie != "" {
		req.Header.Set("Cookie", "d="+c.cookie)
	}
}

// refusal is the error that an answer tells of.
func refusal(method string, raw []byte) error {
	if wire.Bool(wire.Field(raw, "ok")) { // which comes first, as a rule
		return nil
	}
	code := wire.Text(wire.Field(raw, "error"))
	if code == "" {
		code = "an answer without ok"
	}
	return &faulty{method, clip(code), wire.Text(wire.Field(raw, "needed")), wire.Text(wire.Field(raw, "provided"))}
}

// noAnswer is what went wrong on the way, without the address and what was sent.
func noAnswer(ctx context.Context, method string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var n net.Error
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if errors.As(err, &n) && n.Timeout() {
		return fmt.Errorf("%s: %w in time", method, errNoAnswer)
	}
	return fmt.Errorf("%s: %w: %w", method, errNoAnswer, err)
}

// blocked is how long a method need not be tried.
func (c *client) blocked(method string) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Until(c.until[method])
}

func (c *client) block(method, after string) time.Duration {
	seconds, err := strconv.Atoi(strings.TrimSpace(after))
	if err != nil || seconds < 1 {
		seconds = 1
	}
	wait := time.Duration(min(seconds, 24*3600)) * time.Second
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until[method] = time.Now().Add(wait)
	return wait
}

// explain adds to an error what its reader can do.
func (c *client) explain(err error) error {
	if l, ok := asLimited(err); ok {
		return mcpcore.RetryAfter(err, l.after)
	}
	f, ok := errors.AsType[*faulty](err)
	if !ok {
		return err
	}
	if f.needed != "" {
		return mcpcore.Hint(err, "a person has to add the scope to the Slack app and install it again; mcp-slack doctor prints a manifest with all that are needed")
	}
	return mcpcore.Hint(err, advice[f.code])
}

// advice is what to do about what Slack says.
var advice = map[string]string{
	"not_in_channel":         "ask a person to invite the app to the channel",
	"channel_not_found":      "channels_list lists the channels; one that the token is not in cannot be seen",
	"invalid_auth":           "a person has to set a token that is valid: SLACK_BOT_TOKEN or SLACK_USER_TOKEN",
	"not_authed":             "a person has to set a token that is valid: SLACK_BOT_TOKEN or SLACK_USER_TOKEN",
	"token_revoked":          "a person has to set a new token: SLACK_BOT_TOKEN or SLACK_USER_TOKEN",
	"token_expired":          "a person has to set a new token: SLACK_BOT_TOKEN or SLACK_USER_TOKEN",
	"account_inactive":       "a person has to set a token of an account that is active",
	"thread_not_found":       "thread_ts is that of the first message of the thread; conversations_history shows it",
	"invalid_cursor":         "start again without a cursor",
	"not_allowed_token_type": "this takes another kind of token: a person has to set SLACK_USER_TOKEN",
	"is_archived":            "the channel is archived: nothing can be written to it",
	"msg_too_long":           "send a shorter text",
	"ratelimited":            "wait a minute",
}
