package guard

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Page is what a URL led to.
type Page struct {
	URL     string // of the page itself, behind all redirects
	Type    string // media type, such as text/html
	Header  string // the Content-Type as it came
	Body    []byte
	Cut     bool // there is more than the limit
	Fetched time.Time
	Expires time.Time // until when it may be kept; zero: not at all
}

// Get reads a page. narrow is what the caller allows of what the operator
// allows. Where asked is true a person wants this very page, and robots.txt is
// not asked.
func (w *Web) Get(ctx context.Context, raw string, narrow Domains, asked bool) (*Page, error) {
	ctx, cancel := context.WithTimeout(ctx, w.o.Timeout)
	defer cancel()
	p, err := w.get(ctx, raw, narrow, asked)
	if err != nil && ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, mcpcore.Hint(fmt.Errorf("%s took longer than %s", clip(raw), w.o.Timeout), "try another source")
	}
	return p, err
}

func (w *Web) get(ctx context.Context, raw string, narrow Domains, asked bool) (*Page, error) {
	for range maxRedirects + 1 {
		u, err := w.Check(raw, narrow)
		if err != nil {
			return nil, err
		}
		if !asked && !w.o.NoRobots {
			if err := w.robots.allow(ctx, w, u, narrow); err != nil {
				return nil, err
			}
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
		return w.page(r, u)
	}
	return nil, mcpcore.Hint(fmt.Errorf("more than %d redirects", maxRedirects), "try another source")
}

// do sends one request. It follows no redirect.
func (w *Web) do(ctx context.Context, u *url.URL) (*http.Response, error) {
	if err := w.resolved(ctx, u.Hostname()); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", UserAgent+" (+https://github.com/mcp-toolbelt/toolbelt)")
	r.Header.Set("Accept", "text/html, application/xhtml+xml, text/markdown, text/plain, application/pdf, application/json;q=0.9, */*;q=0.1")
	r.Header.Set("Accept-Language", "en, *;q=0.5")
	r.Header.Set("Accept-Encoding", "gzip")
	response, err := w.http.RoundTrip(r)
	if err != nil {
		return nil, reached(u, err)
	}
	return response, nil
}

// reached says why a host was not reached, without more of the network than a
// model has to know.
func reached(u *url.URL, err error) error {
	if refused := refusal(err); refused != err { //nolint:errorlint // the very same
		return refused
	}
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
		return mcpcore.Hint(fmt.Errorf("the host %s is not known", u.Hostname()), "check the URL")
	}
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return fmt.Errorf("%s cannot be reached: %w", u.Hostname(), op.Err)
	}
	return fmt.Errorf("%s cannot be reached: %w", u.Hostname(), err)
}

// redirect finds where a response leads on.
func redirect(r *http.Response, from *url.URL) (string, bool) {
	switch r.StatusCode {
	case 301, 302, 303, 307, 308:
	default:
		return "", false
	}
	to, err := from.Parse(r.Header.Get("Location"))
	if err != nil || r.Header.Get("Location") == "" {
		return "", false
	}
	return to.String(), true
}

// page reads a response within the limits.
func (w *Web) page(r *http.Response, u *url.URL) (*Page, error) {
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK && r.StatusCode != http.StatusNonAuthoritativeInfo {
		return nil, statusError(u, r)
	}
	p := &Page{URL: u.String(), Header: r.Header.Get("Content-Type"), Fetched: time.Now()}
	if p.Type, _, _ = mime.ParseMediaType(p.Header); p.Type != "" && !readable(p.Type) {
		return nil, mcpcore.Hint(fmt.Errorf("%s is %s, which is not read", u.Host, clip(p.Type)), "pages, texts and PDFs are read")
	}
	var err error
	if p.Body, p.Cut, err = unpacked(r, w.o.MaxBytes); err != nil {
		return nil, fmt.Errorf("%s: %w", u.Host, err)
	}
	if p.Type == "" {
		p.Header = http.DetectContentType(p.Body)
		if p.Type, _, _ = mime.ParseMediaType(p.Header); !readable(p.Type) {
			return nil, mcpcore.Hint(fmt.Errorf("%s is %s, which is not read", u.Host, clip(p.Type)), "pages, texts and PDFs are read")
		}
	}
	p.Expires = expires(r.Header, p.Fetched)
	return p, nil
}

func statusError(u *url.URL, r *http.Response) error {
	err := fmt.Errorf("%s answers %s", u.Host, clip(r.Status))
	switch {
	case r.StatusCode == 401 || r.StatusCode == 403:
		return mcpcore.Hint(err, "the page is not open to everybody; try another source")
	case r.StatusCode == 404 || r.StatusCode == 410:
		return mcpcore.Hint(err, "the page is not there; check the URL")
	case r.StatusCode == 429 || r.StatusCode >= 500:
		return mcpcore.Hint(err, "try again later, or another source")
	}
	return err
}

// readable reports whether something of a media type is a text.
func readable(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+xml") || strings.HasSuffix(kind, "+json") || texts[kind]
}

var texts = map[string]bool{
	"application/json": true, "application/xml": true, "application/pdf": true, "application/javascript": true, "application/x-ndjson": true,
	"application/yaml": true, "application/x-yaml": true, "application/toml": true, "application/rtf": false,
}

// unpacked reads a body: at most so many bytes of it as it travels, and as many
// unpacked.
func unpacked(r *http.Response, most int64) (body []byte, cut bool, err error) {
	travels := &io.LimitedReader{R: r.Body, N: most + 1}
	var from io.Reader = travels
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		gz, err := gzip.NewReader(travels)
		if err != nil {
			return nil, false, errors.New("the page is packed in a way that cannot be unpacked")
		}
		from = gz
	default:
		return nil, false, fmt.Errorf("the page is packed as %q, which was not asked for", clip(encoding))
	}
	body, err = io.ReadAll(io.LimitReader(from, most+1))
	switch {
	case int64(len(body)) > most:
		return body[:most], true, nil
	case travels.N <= 0:
		return body, true, nil
	case err != nil && errors.Is(err, io.ErrUnexpectedEOF) && len(body) > 0:
		return body, true, nil // the connection ended early
	}
	return body, false, err
}
