package guard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/temoto/robotstxt"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

const (
	robotsTTL  = time.Hour
	maxRobots  = 500 << 10 // bytes, as RFC 9309 wants at least
	maxVerdict = 1000      // sites that are remembered
)

// robots knows what sites want of programs that read them.
type robots struct {
	mu    sync.Mutex
	known map[string]*verdict
}

type verdict struct {
	until time.Time
	rules *robotstxt.RobotsData
}

// allow refuses a page that its site does not want read by programs.
func (b *robots) allow(ctx context.Context, w *Web, u *url.URL, narrow Domains) error {
	site := u.Scheme + "://" + u.Host
	b.mu.Lock()
	v := b.known[site]
	b.mu.Unlock()
	if v == nil || time.Now().After(v.until) {
		rules, err := w.rules(ctx, site, narrow)
		if err != nil {
			return err
		}
		v = &verdict{time.Now().Add(robotsTTL), rules}
		b.mu.Lock()
		if len(b.known) >= maxVerdict {
			clear(b.known)
		}
		b.known[site] = v
		b.mu.Unlock()
	}
	if !v.rules.TestAgent(u.RequestURI(), UserAgent) {
		return mcpcore.Refused("robots.txt", mcpcore.Hint(fmt.Errorf("robots.txt of %s asks programs not to read this page", u.Host),
			"use another source; a person can start the server with --no-robots"))
	}
	return nil
}

// rules reads robots.txt of a site. One that is not there allows all, and one
// that the site fails to give allows nothing, as RFC 9309 says.
func (w *Web) rules(ctx context.Context, site string, narrow Domains) (*robotstxt.RobotsData, error) {
	raw := site + "/robots.txt"
	for range maxRedirects + 1 {
		u, err := w.Check(raw, narrow)
		if err != nil {
			return robotstxt.FromStatusAndBytes(http.StatusNotFound, nil) // it leads where nobody may go
		}
		r, err := w.do(ctx, u)
		if err != nil {
			return nil, err
		}
		if next, ok := redirect(r, u); ok {
			r.Body.Close()
			raw = next
			continue
		}
		body, _, err := unpacked(r, maxRobots)
		r.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("robots.txt of %s: %w", u.Host, err)
		}
		rules, err := robotstxt.FromStatusAndBytes(r.StatusCode, body)
		if err != nil { // lines that nobody understands forbid nothing
			return robotstxt.FromStatusAndBytes(http.StatusNotFound, nil)
		}
		return rules, nil
	}
	return nil, errors.New("robots.txt leads round in circles")
}

// expires is until when a response may be kept.
func expires(h http.Header, now time.Time) time.Time {
	const usual, longest = 5 * time.Minute, 24 * time.Hour
	for part := range strings.SplitSeq(strings.ToLower(h.Get("Cache-Control")), ",") {
		part = strings.TrimSpace(part)
		switch {
		case part == "no-store", part == "no-cache", part == "private":
			return time.Time{}
		case strings.HasPrefix(part, "max-age="):
			if n, err := strconv.Atoi(strings.TrimPrefix(part, "max-age=")); err == nil && n >= 0 {
				return now.Add(min(time.Duration(min(n, 1<<20))*time.Second, longest))
			}
		}
	}
	if at, err := http.ParseTime(h.Get("Expires")); err == nil {
		if left := at.Sub(now); left < longest {
			return now.Add(max(left, 0))
		}
		return now.Add(longest)
	}
	return now.Add(usual)
}
