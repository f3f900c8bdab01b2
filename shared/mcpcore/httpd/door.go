package httpd

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// door decides who may speak to the server at all. A web page that a user
// happens to look at must not: not by its own name (Origin), and not by a name
// that was made to point here (Host).
type door struct {
	hosts, origins []string
	anyAddress     bool
	latest         atomic.Pointer[string] // host that was a good one
}

func newDoor(o *Options) *door {
	lower := func(list []string) []string {
		out := make([]string, len(list))
		for i, s := range list {
			out[i] = strings.TrimSuffix(strings.ToLower(s), "/")
		}
		return out
	}
	return &door{hosts: lower(o.AllowedHosts), origins: lower(o.AllowedOrigins), anyAddress: o.AnyAddress}
}

// check refuses a request by its Host and Origin, and allows a page of an
// allowed origin to read the response.
func (d *door) check(w http.ResponseWriter, r *http.Request) *fault {
	if !d.answersTo(r.Host) {
		return d.wrongHost(r.Host)
	}
	origins := r.Header.Values("Origin")
	switch {
	case len(origins) == 0:
		// Browsers leave Origin out of some requests, and tell this instead.
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
			return shut("--allowed-origins", "requests from other sites are refused")
		}
		return nil
	case len(origins) > 1 || !d.origin(origins[0], r.Host):
		return shut("--allowed-origins", "the origin %q is not allowed (--allowed-origins)", clip(origins[0]))
	}
	w.Header().Set("Access-Control-Allow-Origin", origins[0])
	w.Header().Set("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate")
	w.Header().Add("Vary", "Origin")
	return nil
}

func (d *door) wrongHost(host string) *fault {
	return shut("--allowed-hosts", "the host %q is not one that this server answers to (--allowed-hosts)", clip(host))
}

// answersTo is host, which is not asked twice in a row about the same.
func (d *door) answersTo(host string) bool {
	if latest := d.latest.Load(); latest != nil && *latest == host {
		return true
	}
	if !d.host(host) {
		return false
	}
	host = strings.Clone(host) // of the head of a request
	d.latest.Store(&host)
	return true
}

// shut is a refusal at the door, by a rule.
func shut(rule, format string, args ...any) *fault {
	f := refusal(http.StatusForbidden, codeRefused, format, args...)
	f.rule = rule
	return f
}

// host reports whether a Host header names this server.
func (d *door) host(host string) bool { return GoodHost(host, d.hosts, d.anyAddress) }

// GoodHost reports whether a Host header is a loopback name, one of names,
// which are in lower case and of which "*" is any, or an address: of this
// machine alone or, with anyAddress, whichever.
func GoodHost(host string, names []string, anyAddress bool) bool {
	host = strings.ToLower(host)
	name := host
	if h, port, err := net.SplitHostPort(host); err == nil {
		if !digits(port) {
			return false
		}
		name = h
	} else {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	}
	if name == "localhost" || slices.Contains(names, "*") || slices.Contains(names, name) || slices.Contains(names, host) {
		return name != ""
	}
	addr, err := netip.ParseAddr(name) // an address cannot be made to point elsewhere
	return err == nil && addr.Zone() == "" && (addr.IsLoopback() || anyAddress)
}

// origin reports whether a web page may use this server: one that came from
// it, or from an origin that the operator allows.
func (d *door) origin(origin, host string) bool {
	origin = strings.ToLower(origin)
	if origin == "null" || origin == "" {
		return false
	}
	if slices.Contains(d.origins, "*") || slices.Contains(d.origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	return u.Host != "" && u.Host == strings.ToLower(host)
}

// allowedHeaders are those that a page may send.
var allowedHeaders = []string{
	"accept", "authorization", "content-type", "last-event-id", "mcp-method", "mcp-name", "mcp-protocol-version", "mcp-session-id",
	"traceparent", "tracestate",
}

// preflight answers a browser that asks what a page of an allowed origin may do.
func (d *door) preflight(w http.ResponseWriter, r *http.Request) *fault {
	if r.Header.Get("Origin") == "" {
		return shut("--allowed-origins", "a preflight has an origin")
	}
	allowed := slices.Clone(allowedHeaders)
	for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		if strings.HasPrefix(name, "mcp-param-") && isToken(name) && len(allowed) < 64 {
			allowed = append(allowed, name)
		}
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	header.Set("Access-Control-Allow-Headers", strings.Join(allowed, ", "))
	header.Set("Access-Control-Max-Age", "600")
	header.Add("Vary", "Access-Control-Request-Headers")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// Loopback reports whether only this machine can reach addr, which is what a
// server listens on.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// isToken reports whether s can name a header.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// clip shortens what a client sent, for a message.
func clip(s string) string {
	const most = 100
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
