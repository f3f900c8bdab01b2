package guard

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// limited is a limit of GitHub that has been reached.
type limited struct {
	kind  string
	after time.Duration
}

func (l *limited) Error() string {
	return fmt.Sprintf("GitHub's %s is reached", l.kind)
}

// unsaid is how long GitHub asks to wait where it does not say.
const unsaid = time.Minute

// limitOf finds out whether an answer is a limit: GitHub says so by 429, or by
// 403 with one of several signs.
func limitOf(resp *http.Response) *limited {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusForbidden {
		return nil
	}
	h := resp.Header
	if s := h.Get("Retry-After"); s != "" {
		after := unsaid
		if n, err := strconv.Atoi(s); err == nil && n >= 0 {
			after = time.Duration(n) * time.Second
		} else if at, err := http.ParseTime(s); err == nil {
			after = max(0, time.Until(at))
		}
		return &limited{"secondary rate limit", max(after, 100*time.Millisecond)}
	}
	if h.Get("X-RateLimit-Remaining") == "0" {
		after := unsaid
		if n, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			after = max(time.Until(time.Unix(n, 0))+time.Second, time.Second)
		}
		name := "rate limit"
		if resource := h.Get("X-RateLimit-Resource"); resource != "" && printable(resource) && len(resource) < 40 {
			name += " for " + resource
		}
		return &limited{name, after}
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		return &limited{"rate limit", unsaid}
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(text), resp.Body), resp.Body}
	if low := strings.ToLower(string(text)); err == nil && (strings.Contains(low, "secondary rate limit") || strings.Contains(low, "abuse detection")) {
		return &limited{"secondary rate limit", unsaid}
	}
	return nil
}

// pauses are the times until when nothing is sent for an account.
type pauses struct {
	mu sync.Mutex
	at map[*account]pause
}

type pause struct {
	until time.Time
	limit *limited
}

func (p *pauses) until(a *account, l *limited) {
	if !strings.HasPrefix(l.kind, "secondary") { // those of one kind of request leave the others alone
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil {
		p.at = map[*account]pause{}
	}
	p.at[a] = pause{time.Now().Add(l.after), l}
}

// wait waits until the account may send again, if that is within most.
func (p *pauses) wait(ctx context.Context, a *account, most time.Duration) error {
	p.mu.Lock()
	at := p.at[a]
	p.mu.Unlock()
	left := time.Until(at.until)
	if at.limit == nil || left <= 0 {
		return nil
	}
	if left > most {
		return &limited{at.limit.kind, left}
	}
	return sleep(ctx, left)
}

// tell is what a caller is told of a limit.
func (l *limited) tell() error { return mcpcore.RetryAfter(l, l.after) }
