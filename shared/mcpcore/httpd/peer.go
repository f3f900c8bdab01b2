package httpd

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// peer is the address that a request came from, without the port: whose share
// of the server it uses up where nobody has to say who they are. Of an IPv6
// address it is the network, as whoever has one has all of it.
func peer(r *http.Request) string {
	host := r.RemoteAddr
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if !strings.HasPrefix(host, "[") {
		return host
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil || addr.Is4In6() {
		return host
	}
	network, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return host
	}
	return network.String()
}

// payer is whose share of the server a request uses up.
func payer(r *http.Request) string {
	if p := auth.Of(r.Context()); p != nil {
		return p.ID
	}
	return peer(r)
}
