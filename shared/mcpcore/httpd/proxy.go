package httpd

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// ParseProxies reads the addresses and networks of proxies, such as 10.0.0.7
// or 10.0.0.0/8.
func ParseProxies(list []string) (all []netip.Prefix, err error) {
	var errs []error
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			var a netip.Addr
			if a, err = netip.ParseAddr(s); err == nil && a.Zone() == "" {
				p = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
			}
		}
		switch {
		case err != nil || !p.IsValid():
			errs = append(errs, fmt.Errorf("%q is not an address or network such as 10.0.0.7 or 10.0.0.0/8", s))
		case p.Addr().Is4In6():
			errs = append(errs, fmt.Errorf("%q: write the IPv4 network itself", s))
		case p.Bits() == 0:
			errs = append(errs, fmt.Errorf("%q is everybody: any client could say that it is another", s))
		default:
			all = append(all, p.Masked())
		}
	}
	return all, errors.Join(errs...)
}

// proxies are those that are believed what they say of a request.
type proxies []netip.Prefix

func (p proxies) trust(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(a) })
}

// hop is what one proxy says of the request that it got.
type hop struct{ node, host string }

// told is what is believed of a request: from which address it came to the
// first proxy that is trusted, and to which host it went there. "" is not
// known.
type told struct {
	client netip.AddrPort
	host   string
}

// behind is the request as it came to the first of the proxies that are
// trusted. What others say of a request is not looked at.
func (h *Handler) behind(r *http.Request) (*http.Request, *fault) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !proxies(h.o.TrustedProxies).trust(peer.Addr()) {
		return r, nil
	}
	t, err := proxies(h.o.TrustedProxies).read(r.Header, peer)
	if err != nil {
		return r, refusal(http.StatusBadRequest, codeRefused, "what the proxy says of the request cannot be believed: %s", err)
	}
	if t.client == peer && t.host == "" {
		return r, nil
	}
	if t.host != "" && !h.door.answersTo(r.Host) { // the proxy's own word for this server counts too
		return r, h.door.wrongHost(r.Host)
	}
	r = r.WithContext(r.Context()) // a copy
	r.RemoteAddr = t.client.String()
	if t.host != "" {
		r.Host = t.host
	}
	return r, nil
}

// errBoth is why neither header is believed: one of them may be the client's
// own, let through by a proxy that writes the other.
var errBoth = errors.New("the headers Forwarded and X-Forwarded-… contradict each other; have the proxy remove the one that it does not write")

// read finds what the proxies say, in either form.
func (p proxies) read(header http.Header, peer netip.AddrPort) (told, error) {
	t := told{client: peer}
	standard, err := parseForwarded(header.Values("Forwarded"))
	if err != nil {
		return t, err
	}
	var usual []hop
	for _, node := range listed(header.Values("X-Forwarded-For")) {
		usual = append(usual, hop{node: node})
	}
	a, err := p.walk(standard, peer)
	if err != nil {
		return t, err
	}
	b, err := p.walk(usual, peer)
	if err != nil {
		return t, err
	}
	if hosts := listed(header.Values("X-Forwarded-Host")); len(hosts) > 0 {
		b.host = hosts[len(hosts)-1] // the nearest proxy's
	}
	switch {
	case len(standard) > 0 && len(usual) > 0 && a.client.Addr() != b.client.Addr(),
		a.host != "" && b.host != "" && !strings.EqualFold(a.host, b.host):
		return t, errBoth
	case len(standard) > 0:
		t.client = a.client
	default:
		t.client = b.client
	}
	if t.host = a.host; t.host == "" {
		t.host = b.host
	}
	return t, nil
}

// walk goes back from the nearest proxy as long as proxies are trusted. Where
// one does not say whom it serves, the address is its own.
func (p proxies) walk(hops []hop, peer netip.AddrPort) (told, error) {
	t := told{client: peer}
	for _, one := range slices.Backward(hops) {
		t.host = one.host
		from, known, err := parseNode(one.node)
		if err != nil {
			return t, err
		}
		if !known {
			break
		}
		if t.client = from; !p.trust(from.Addr()) {
			break
		}
	}
	return t, nil
}

// listed are the elements of a header that is a list.
func listed(values []string) (all []string) {
	for _, v := range values {
		for one := range strings.SplitSeq(v, ",") {
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, one)
			}
		}
	}
	return all
}

// parseNode reads whom a proxy serves: an address, perhaps with a port. It is
// not known where the proxy does not say or hides it (RFC 7239, section 6).
func parseNode(s string) (at netip.AddrPort, known bool, err error) {
	bad := fmt.Errorf("%q is not the address of a client", clip(s))
	if s == "" || strings.EqualFold(s, "unknown") || strings.HasPrefix(s, "_") {
		return at, false, nil
	}
	name, port := s, ""
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if name, port, ok = strings.Cut(inner, "]"); !ok || !strings.Contains(name, ":") {
			return at, false, bad
		}
		if port != "" && port[0] != ':' {
			return at, false, bad
		}
	} else if i := strings.IndexByte(s, ':'); i >= 0 && strings.Count(s, ":") == 1 {
		name, port = s[:i], s[i:]
	}
	addr, err := netip.ParseAddr(name)
	if err != nil || addr.Zone() != "" {
		return at, false, bad
	}
	number := uint64(0)
	if port != "" && !strings.HasPrefix(port, ":_") { // a port may be hidden
		if number, err = strconv.ParseUint(port[1:], 10, 16); err != nil || !digits(port[1:]) {
			return at, false, bad
		}
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), true, nil
}

// parseForwarded reads the header of RFC 7239, farthest proxy first.
func parseForwarded(values []string) (hops []hop, err error) {
	for _, rest := range values {
		for rest = trimSpace(rest); rest != ""; {
			var one hop
			var some bool
			if one, some, rest, err = parseElement(rest); err != nil {
				return nil, err
			}
			if some {
				hops = append(hops, one)
			}
		}
	}
	return hops, nil
}

func trimSpace(s string) string { return strings.Trim(s, " \t") }

var errForwarded = errors.New("the header Forwarded is not well formed")

// parseElement reads what one proxy says, and the comma behind it.
func parseElement(s string) (one hop, some bool, rest string, err error) {
	seen := map[string]bool{}
	for {
		if s = trimSpace(s); s == "" {
			return one, some, "", nil
		}
		switch s[0] {
		case ',':
			return one, some, trimSpace(s[1:]), nil
		case ';':
			s = s[1:]
			continue
		}
		name, after, ok := strings.Cut(s, "=")
		name = strings.ToLower(name)
		if !ok || !isToken(name) || seen[name] {
			return one, false, "", errForwarded
		}
		seen[name], some = true, true
		var value string
		if value, s, err = parseValue(after); err != nil {
			return one, false, "", err
		}
		switch name {
		case "for":
			one.node = value
		case "host":
			one.host = value
		}
	}
}

// parseValue reads a value, quoted or not, up to the ; or , behind it.
func parseValue(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ",; \t")
		if end < 0 {
			end = len(s)
		}
		value, rest = s[:end], trimSpace(s[end:])
	} else {
		i := 1
		for ; i < len(s) && s[i] != '"'; i++ {
			if s[i] == '\\' {
				i++
			}
			if i < len(s) {
				value += s[i : i+1]
			}
		}
		if i >= len(s) {
			return "", "", errForwarded
		}
		rest = trimSpace(s[i+1:])
	}
	if value == "" || strings.ContainsAny(value, "\"\x00\r\n") || rest != "" && rest[0] != ',' && rest[0] != ';' {
		return "", "", errForwarded
	}
	return value, rest, nil
}
