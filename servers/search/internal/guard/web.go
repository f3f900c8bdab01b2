package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// WebOptions say what of the web can be read.
type WebOptions struct {
	Domains  Domains
	Networks []netip.Prefix // addresses that may be reached though they are not on the internet
	Ports    []uint16       // default 80 and 443
	Proxy    *url.URL       // nil: none, whatever the environment says
	NoRobots bool           // do not ask for robots.txt
	Timeout  time.Duration  // for a page with all that leads to it; default 20 s
	MaxBytes int64          // of a page, as it travels and unpacked; default 8 MiB
	Resolver *net.Resolver  // default: the system's
}

// maxRedirects is how many redirects are followed to a page.
const maxRedirects = 5

// UserAgent is the name by which sites know the server, also in robots.txt.
const UserAgent = "mcp-search"

// Web reads pages. No credentials, no cookies and no referrer leave it, and an
// address is checked when the connection to it is made.
type Web struct {
	o      WebOptions
	safe   *ssrf.Guardian
	http   *http.Transport
	robots robots
}

// NewWeb makes a Web.
func NewWeb(o WebOptions) *Web {
	if len(o.Ports) == 0 {
		o.Ports = []uint16{80, 443}
	}
	if o.Timeout <= 0 {
		o.Timeout = 20 * time.Second
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 8 << 20
	}
	w := &Web{o: o, safe: guardian(o.Networks, o.Ports), robots: robots{known: map[string]*verdict{}}}
	dialer := &net.Dialer{Timeout: 10 * time.Second, Control: w.safe.Safe, Resolver: o.Resolver}
	if o.Proxy != nil { // whose address is the operator's choice
		dialer.Control = nil
	}
	w.http = &http.Transport{
		DialContext:            dialer.DialContext,
		DisableCompression:     true, // unpacked by hand, within limits
		MaxResponseHeaderBytes: 64 << 10,
		ResponseHeaderTimeout:  15 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConnsPerHost:    2,
		MaxIdleConns:           32,
		IdleConnTimeout:        30 * time.Second,
		ForceAttemptHTTP2:      true,
	}
	if o.Proxy != nil {
		w.http.Proxy = http.ProxyURL(o.Proxy)
	}
	return w
}

// guardian allows the addresses of the internet, and the networks besides.
func guardian(networks []netip.Prefix, ports []uint16) *ssrf.Guardian {
	var four, six []netip.Prefix
	for _, n := range networks {
		if n.Addr().Is4() {
			four = append(four, n)
		} else {
			six = append(six, n)
		}
	}
	return ssrf.New(ssrf.WithPorts(ports...), ssrf.WithAllowedV4Prefixes(four...), ssrf.WithAllowedV6Prefixes(six...))
}

// Close ends connections that are kept open.
func (w *Web) Close() { w.http.CloseIdleConnections() }

// Check refuses a URL that may not be read, as far as that can be told without
// asking for its address.
func (w *Web) Check(raw string, narrow Domains) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, mcpcore.Hint(fmt.Errorf("%q is no URL", clip(raw)), "write it whole, such as https://example.com/page")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, mcpcore.Refused("schemes", mcpcore.Hint(fmt.Errorf("only http and https are read, not %q", clip(u.Scheme)), "write a URL that begins with https://"))
	case u.User != nil:
		return nil, mcpcore.Refused("credentials", mcpcore.Hint(errors.New("a URL with a name or password is not read"), "leave out what stands before the @"))
	case u.Opaque != "" || u.Hostname() == "":
		return nil, mcpcore.Hint(fmt.Errorf("%q names no host", clip(raw)), "write it whole, such as https://example.com/page")
	}
	host, err := Host(u.Hostname())
	if err != nil {
		return nil, err
	}
	port := u.Port()
	if err := errors.Join(w.o.Domains.Check(host), narrow.Check(host)); err != nil {
		return nil, err
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if err := w.checkAddr(addr); err != nil {
			return nil, err
		}
		if addr.Is6() {
			host = "[" + host + "]"
		}
	}
	if err := w.checkPort(u.Scheme, port); err != nil {
		return nil, err
	}
	out := &url.URL{Scheme: u.Scheme, Host: host, Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery, ForceQuery: u.ForceQuery}
	if port != "" && !(u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443") {
		out.Host += ":" + port
	}
	if out.Path == "" {
		out.Path = "/"
	}
	return out, nil
}

func (w *Web) checkPort(scheme, port string) error {
	n := uint64(80)
	if scheme == "https" {
		n = 443
	}
	if port != "" {
		var err error
		if n, err = strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("%q is no port", clip(port))
		}
	}
	for _, p := range w.o.Ports {
		if uint64(p) == n {
			return nil
		}
	}
	return mcpcore.Refused("--allow-ports", mcpcore.Hint(fmt.Errorf("port %d may not be used", n), "a person can allow it with --allow-ports"))
}

// checkAddr refuses an address that is not of the internet.
func (w *Web) checkAddr(addr netip.Addr) error {
	if addr.Is4() {
		return refusal(w.safe.Safe("tcp4", netip.AddrPortFrom(addr, w.o.Ports[0]).String(), nil))
	}
	return refusal(w.safe.Safe("tcp6", netip.AddrPortFrom(addr, w.o.Ports[0]).String(), nil))
}

// refusal says in words of ours that an address may not be reached.
func refusal(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return mcpcore.Refused("--allow-networks", mcpcore.Hint(errors.New("the address is private or reserved, and such are not reached"),
			"use a page on the internet; a person can allow a network with --allow-networks"))
	case errors.Is(err, ssrf.ErrProhibitedPort):
		return mcpcore.Refused("--allow-ports", mcpcore.Hint(errors.New("the port may not be used"), "a person can allow it with --allow-ports"))
	}
	return err
}

// resolved refuses a host that leads to a private address, for when a proxy
// makes the connection and nobody here sees the address.
func (w *Web) resolved(ctx context.Context, host string) error {
	if w.o.Proxy == nil {
		return nil
	}
	resolver := w.o.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	addrs, err := resolver.LookupNetIP(ctx, "ip", strings.Trim(host, "[]"))
	if err != nil {
		return nil //nolint:nilerr // names that only the proxy knows are the proxy's to judge
	}
	for _, a := range addrs {
		if err := w.checkAddr(a.Unmap()); err != nil {
			return err
		}
	}
	return nil
}

func clip(s string) string {
	if r := []rune(s); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return s
}
