package guard

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Domains say which hosts may be used: a name stands for itself and what is
// below it. Where Allow is empty, all but what Deny names.
type Domains struct{ Allow, Deny []string }

// ParseDomains brings names into the form in which they are compared.
func ParseDomains(allow, deny []string) (Domains, error) {
	var d Domains
	for _, list := range []struct {
		from []string
		to   *[]string
	}{{allow, &d.Allow}, {deny, &d.Deny}} {
		for _, name := range list.from {
			host, err := Host(strings.TrimPrefix(strings.TrimSpace(name), "*."))
			if err != nil {
				return Domains{}, mcpcore.Hint(fmt.Errorf("domain %q: %w", name, err), "write such as example.com")
			}
			*list.to = append(*list.to, host)
		}
	}
	return d, nil
}

// Check refuses a host that is not allowed.
func (d Domains) Check(host string) error {
	below := func(name string) bool { return host == name || strings.HasSuffix(host, "."+name) }
	switch {
	case slices.ContainsFunc(d.Deny, below):
		return mcpcore.Refused("--domains-deny", mcpcore.Hint(fmt.Errorf("the domain %s is denied", host), "use another source"))
	case len(d.Allow) > 0 && !slices.ContainsFunc(d.Allow, below):
		return mcpcore.Refused("--domains-allow", mcpcore.Hint(fmt.Errorf("the domain %s is not among those that are allowed", host),
			"use one of "+strings.Join(d.Allow[:min(len(d.Allow), 20)], ", ")))
	}
	return nil
}

// Host brings the name of a host into the form in which it is compared: in
// ASCII, in lower case, without a dot at the end; an address as it is.
func Host(name string) (string, error) {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return addr.Unmap().String(), nil
	}
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil || ascii == "" || strings.ContainsAny(ascii, "/@:?#[]\\ %") {
		if err == nil || !plainHost(name) { // names with an underscore are in use
			return "", fmt.Errorf("%q is no name of a host", name)
		}
		ascii = name
	}
	return ascii, nil
}

func plainHost(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_')
	})
}

// Domains are the lists of the operator.
func (w *Web) Domains() Domains { return w.o.Domains }

// Allowed reports whether a result may be shown: one of a page of http or https
// whose host the lists allow.
func (w *Web) Allowed(raw string, narrow Domains) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return false
	}
	host, err := Host(u.Hostname())
	return err == nil && w.o.Domains.Check(host) == nil && narrow.Check(host) == nil
}
