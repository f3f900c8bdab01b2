package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Options are what an engine needs.
type Options struct {
	BaseURL string // "" stands for the vendor's own
	Key     mcpcore.Secret
	Cost    float64 // dollars of one request
	Spend   Spender // nil: nothing is counted
}

// Spender counts what is spent. Spend is called before a request and refuses
// one that costs too much; the function it returns is told what it came to.
type Spender interface {
	Spend(engine string, dollars float64) (settle func(dollars float64), err error)
}

const (
	maxTries  = 3
	maxAnswer = 8 << 20
	maxHold   = 30 * time.Second // longer waits are the caller's
)

// client sends requests to one engine.
type client struct {
	name   string
	base   string
	cost   float64
	spend  Spender
	sign   func(*http.Request) // puts the key in its place
	secret string              // must not be told
	fault  func(status int, body []byte) fault
	limits *limits
	http   *http.Client
}

// fault is what an engine says of why it refuses.
type fault struct {
	text  string
	hint  string
	quota bool // used up: no use to try again
}

func newClient(name, vendor string, o Options, l *limits) *client {
	base := strings.TrimRight(o.BaseURL, "/")
	if base == "" {
		base = vendor
	}
	return &client{
		name: name, base: base, cost: o.Cost, spend: o.Spend, secret: o.Key.Reveal(), limits: l,
		http: &http.Client{
			Transport: &http.Transport{
				DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
				TLSHandshakeTimeout: 10 * time.Second, MaxIdleConnsPerHost: 16, IdleConnTimeout: 60 * time.Second, ForceAttemptHTTP2: true,
				MaxResponseHeaderBytes: 256 << 10,
			},
			// A redirect would carry the key to somebody else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Close ends connections that are kept open.
func (c *client) Close() { c.http.CloseIdleConnections() }

// Name is the engine's name.
func (c *client) Name() string { return c.name }

// Limits are the limits that the engine told.
func (c *client) Limits() []Window { return c.limits.known() }

// get asks with a query, post with a body of JSON.
func (c *client) get(ctx context.Context, path string, q url.Values, header http.Header, out any) error {
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return c.ask(ctx, http.MethodGet, path, nil, header, out)
}

func (c *client) post(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return c.ask(ctx, http.MethodPost, path, body, nil, out)
}

// ask sends a request until it is answered, but not often, and decodes the
// answer.
func (c *client) ask(ctx context.Context, method, path string, body []byte, header http.Header, out any) error {
	settle := func(float64) {}
	if c.spend != nil {
		var err error
		if settle, err = c.spend.Spend(c.name, c.cost); err != nil {
			return err
		}
	}
	var err error
	for try := range maxTries {
		var again time.Duration
		if again, err = c.once(ctx, method, path, body, header, out); err == nil {
			settle(c.cost)
			return nil
		}
		if again <= 0 || try == maxTries-1 {
			break
		}
		timer := time.NewTimer(again)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			break
		}
	}
	settle(0)
	return err
}

// once sends a request once. again is after how long it may be sent again; 0
// for not at all.
func (c *client) once(ctx context.Context, method, path string, body []byte, header http.Header, out any) (again time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, c.hidden(err)
	}
	if body == nil {
		r.Body = http.NoBody
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	for k, v := range header {
		r.Header[k] = v
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "mcp-search")
	c.sign(r)
	if err := c.limits.enter(ctx); err != nil {
		return 0, err
	}
	backoff := 200*time.Millisecond + rand.N(200*time.Millisecond)
	response, err := c.http.Do(r)
	if err != nil {
		c.limits.leave(nil)
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return backoff, fmt.Errorf("%s cannot be reached: %w", c.name, c.hidden(err))
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	response.Body.Close()
	c.limits.leave(response.Header)
	switch {
	case response.StatusCode != http.StatusOK:
		return c.refused(response, raw, backoff)
	case err != nil:
		return backoff, fmt.Errorf("the answer of %s ends early: %w", c.name, c.hidden(err))
	case len(raw) > maxAnswer:
		return 0, fmt.Errorf("the answer of %s is larger than %d bytes", c.name, maxAnswer)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return backoff, fmt.Errorf("the answer of %s is not what it should be: %w", c.name, err)
	}
	return 0, nil
}

// refused makes an error of an answer that is none.
func (c *client) refused(r *http.Response, body []byte, backoff time.Duration) (time.Duration, error) {
	f := fault{}
	if c.fault != nil {
		f = c.fault(r.StatusCode, body)
	}
	text := fmt.Sprintf("%s answers %d", c.name, r.StatusCode)
	if f.text != "" {
		text += ": " + clip(strings.Join(strings.Fields(f.text), " "), 300)
	}
	err := c.hidden(errors.New(text))
	hint := f.hint
	again := time.Duration(0)
	switch {
	case r.StatusCode == http.StatusTooManyRequests && !f.quota:
		again = retryAfter(r.Header, backoff)
		if again > maxHold {
			return 0, mcpcore.RetryAfter(err, again)
		}
		c.limits.hold(again)
	case r.StatusCode >= 500:
		again = backoff
	case hint == "" && (r.StatusCode == 401 || r.StatusCode == 403):
		hint = "a person has to set a key that " + c.name + " takes"
	}
	if hint != "" {
		err = mcpcore.Hint(err, hint)
	}
	return again, err
}

// retryAfter is after how long an engine can be asked again: what it says, or
// when the window that is full ends.
func retryAfter(h http.Header, otherwise time.Duration) time.Duration {
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil && s >= 0 {
		return max(time.Duration(min(s, 1<<30))*time.Second, otherwise)
	}
	now := time.Now()
	wait := otherwise
	for _, w := range windowsOf(h, now) {
		if w.Remaining == 0 && !w.Reset.IsZero() {
			wait = max(wait, w.Reset.Sub(now))
		}
	}
	return wait
}

// hidden is an error without the key, should anything have put it there.
func (c *client) hidden(err error) error {
	var text string
	if u := (*url.Error)(nil); errors.As(err, &u) {
		text = u.Err.Error() // the URL holds the query, and with some engines more
	} else {
		text = err.Error()
	}
	if c.secret != "" && strings.Contains(text, c.secret) {
		return errors.New(strings.ReplaceAll(text, c.secret, "****"))
	}
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	return err
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
