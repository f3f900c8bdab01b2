package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// wire is the only way out. It sends nothing without a permit that fits, gives
// the token to the configured host alone, and waits, tries again and follows
// redirects within bounds.
type wire struct {
	g      *Guard
	inner  *http.Transport
	cache  *cache
	slots  chan struct{} // requests that are under way
	pause  pauses
	tokens appTokens
}

const (
	maxRequests  = 32 // at once; GitHub refuses more than 100
	maxAttempts  = 3
	maxRedirects = 3
)

func newWire(g *Guard) *wire {
	return &wire{
		g: g,
		inner: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: 30 * time.Second,
			IdleConnTimeout:       90 * time.Second,
			MaxIdleConns:          maxRequests, MaxIdleConnsPerHost: maxRequests,
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: 256 << 10,
		},
		cache: newCache(g.o.CacheSize),
		slots: make(chan struct{}, maxRequests),
	}
}

func (w *wire) close() { w.inner.CloseIdleConnections() }

var errNoPermit = errors.New("a request without a permit")

// RoundTrip sends a request that its permit fits.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	p, ok := req.Context().Value(permitKey{}).(*permit)
	if !ok || req.URL.String() != p.url || req.Method != p.method {
		return nil, errNoPermit
	}
	if err := w.authorize(req, p); err != nil {
		return nil, err
	}
	select {
	case w.slots <- struct{}{}:
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	resp, err := w.follow(req, p)
	if err != nil {
		<-w.slots
		return nil, err
	}
	resp.Body = &body{inner: resp.Body, left: w.most(p), release: func() { <-w.slots }}
	resp.Header.Set("X-From-Cache", "1") // so that go-github does not refuse calls by what it remembers
	return resp, nil
}

func (w *wire) most(p *permit) int {
	if p.most > 0 {
		return min(p.most, w.g.o.MaxBytes)
	}
	return w.g.o.MaxBytes
}

// outsideRepos are the first parts of paths that belong to no repository, and
// may be read; what they let be written is in writable.
var outsideRepos = map[string]bool{
	"user": true, "users": true, "orgs": true, "search": true, "notifications": true, "gists": true, "advisories": true,
	"rate_limit": true, "app": true, "licenses": true, "gitignore": true, "meta": true,
}

// authorize looks at a request as it is about to be sent, and at nothing else.
func (w *wire) authorize(req *http.Request, p *permit) error {
	writes := req.Method != http.MethodGet && req.Method != http.MethodHead
	if p.doc != nil {
		if req.URL.String() != w.g.graphURL.String() || req.Method != http.MethodPost {
			return errNoPermit
		}
		writes = p.doc.mutation
		if p.repo == nil {
			return w.mayOutside("graphql", p, writes)
		}
		return w.mayTouch(p.repo.owner, p.repo.name, p, writes)
	}
	path, ok := strings.CutPrefix(req.URL.EscapedPath(), w.g.base.EscapedPath())
	if !ok || req.URL.Host != w.g.base.Host || req.URL.Scheme != w.g.base.Scheme {
		return errNoPermit
	}
	var parts []string
	for part := range strings.SplitSeq(path, "/") {
		plain, err := url.PathUnescape(part)
		if err != nil || strings.Trim(plain, ".") == "" || !printable(plain) || strings.Contains("/"+plain+"/", "/../") {
			return errNoPermit
		}
		parts = append(parts, plain)
	}
	switch {
	case parts[0] == "repos" && len(parts) >= 3:
		if p.repo == nil || !strings.EqualFold(p.repo.owner, parts[1]) || !strings.EqualFold(p.repo.name, parts[2]) {
			return errNoPermit
		}
		return w.mayTouch(parts[1], parts[2], p, writes)
	case outsideRepos[parts[0]]:
		return w.mayOutside(parts[0], p, writes)
	}
	return errNoPermit
}

func (w *wire) mayTouch(owner, name string, p *permit, writes bool) error {
	if err := checkRepo(owner, name); err != nil {
		return err
	}
	if !writes || p.granted && !w.g.o.ReadOnly() {
		if err := w.g.mayRead(owner, name); err != nil || !writes {
			return err
		}
		return w.spend(p)
	}
	if err := w.g.mayWrite(owner, name); err != nil {
		return err
	}
	return w.spend(p)
}

func (w *wire) mayOutside(kind string, p *permit, writes bool) error {
	if !writes || kind == "app" { // an app's tokens are asked for by POST
		return nil
	}
	if w.g.o.ReadOnly() {
		return errReadOnly()
	}
	if w.g.fenced() && !p.harmless && !p.granted {
		return w.g.outside("this", true)
	}
	return w.spend(p)
}

// spend counts a write, and looks for secrets in what it carries.
func (w *wire) spend(p *permit) error {
	if !w.g.o.NoSecretScan && p.body != nil {
		if err := findSecret(p.body); err != nil {
			return err
		}
	}
	if p.harmless {
		return nil
	}
	return w.g.budget.take(w.g.o.MaxWritesPerHour)
}

// follow sends a request and goes where it is sent on to.
func (w *wire) follow(req *http.Request, p *permit) (*http.Response, error) {
	for hop := 0; ; hop++ {
		resp, err := w.try(req, p)
		if err != nil {
			return nil, err
		}
		location := resp.Header.Get("Location")
		if resp.StatusCode < 300 || resp.StatusCode > 399 || resp.StatusCode == http.StatusNotModified || location == "" {
			return resp, nil
		}
		drop(resp)
		if hop == maxRedirects {
			return nil, errors.New("GitHub sends the request from one address to another without end")
		}
		if req, err = w.redirect(req, location, p); err != nil {
			return nil, err
		}
	}
}

// drop reads a little of a body that nobody wants, so that the connection can
// be used again.
func drop(resp *http.Response) {
	io.CopyN(io.Discard, resp.Body, 4<<10) //nolint:errcheck // nobody wants it
	resp.Body.Close()
}

// try sends a request until there is an answer that is worth having.
func (w *wire) try(req *http.Request, p *permit) (*http.Response, error) {
	ctx := req.Context()
	idempotent := req.Method == http.MethodGet || req.Method == http.MethodHead || p.doc != nil && !p.doc.mutation
	waited := time.Duration(0)
	for attempt := 1; ; attempt++ {
		if err := w.pause.wait(ctx, p.account, w.g.o.MaxWait-waited); err != nil {
			return nil, err
		}
		resp, err := w.send(req, p)
		again := attempt < maxAttempts && ctx.Err() == nil
		if err != nil {
			if !again || !idempotent || errors.As(err, new(*refusal)) {
				return nil, unreachable(ctx, err)
			}
		} else if resp.StatusCode == http.StatusUnauthorized && attempt == 1 && p.account.renew() {
			drop(resp)
			continue
		} else if limit := limitOf(resp); limit != nil {
			drop(resp)
			w.pause.until(p.account, limit)
			if !again || waited+limit.after > w.g.o.MaxWait {
				return nil, limit
			}
			waited += limit.after
			mcpcore.Progress(ctx, 0, 0, "waiting "+limit.after.Round(time.Second).String()+" for GitHub's rate limit")
			continue
		} else if !again || !idempotent || resp.StatusCode < 500 || resp.StatusCode == http.StatusNotImplemented {
			return resp, nil
		} else {
			drop(resp)
		}
		if err := sleep(ctx, backoff(attempt)); err != nil {
			return nil, err
		}
	}
}

func backoff(attempt int) time.Duration {
	base := 150 * time.Millisecond << (2 * (attempt - 1))
	return base + rand.N(base/2) //nolint:gosec // no secret
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// send makes one attempt.
func (w *wire) send(req *http.Request, p *permit) (*http.Response, error) {
	out := req.Clone(req.Context())
	if req.GetBody != nil {
		fresh, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		out.Body = fresh
	}
	out.Header.Del("Authorization")
	home := out.URL.Host == w.g.base.Host && out.URL.Scheme == w.g.base.Scheme
	if !home {
		out.Header = http.Header{"User-Agent": out.Header["User-Agent"]}
		return w.inner.RoundTrip(out)
	}
	token, err := p.account.token(req.Context(), w.g)
	if err != nil {
		return nil, &refusal{err}
	}
	if token != "" {
		out.Header.Set("Authorization", "Bearer "+token)
	}
	return w.cache.roundTrip(out, token, w.inner.RoundTrip)
}

// unreachable is an error of the network without the address it went to, which
// may hold a signature.
func unreachable(ctx context.Context, err error) error {
	var refused *refusal
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &refused):
		return err
	}
	text := err.Error()
	if e := (*url.Error)(nil); errors.As(err, &e) {
		text = e.Err.Error()
	}
	return mcpcore.Hint(fmt.Errorf("cannot reach GitHub: %s", text), "try again in a moment")
}

// body is the answer's, held to a size.
type body struct {
	inner   io.ReadCloser
	left    int
	release func()
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.read(p)
	if err != nil {
		b.free() // who has read to the end may leave it at that
	}
	return n, err
}

func (b *body) read(p []byte) (int, error) {
	if b.left <= 0 {
		var one [1]byte
		if n, err := b.inner.Read(one[:]); n == 0 {
			return 0, err
		}
		b.inner.Close() // nobody reads on
		return 0, &tooLarge{}
	}
	n, err := b.inner.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// free gives back the place among the requests that are under way.
func (b *body) free() {
	if b.release != nil {
		b.release()
		b.release = nil
	}
}

func (b *body) Close() error {
	b.free()
	return b.inner.Close()
}

// tooLarge is an answer of more bytes than are read.
type tooLarge struct{}

func (*tooLarge) Error() string { return "GitHub's answer has more bytes than are read" }
