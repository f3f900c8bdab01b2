package search

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// web makes the door to the web.
func (c *Config) web() (*guard.Web, error) {
	o := guard.WebOptions{NoRobots: c.NoRobots, Timeout: c.FetchTimeout, MaxBytes: int64(c.MaxPageBytes), Resolver: c.resolver}
	var errs []error
	var err error
	if o.Domains, err = guard.ParseDomains(c.DomainsAllow, c.DomainsDeny); err != nil {
		errs = append(errs, err)
	}
	for _, text := range c.AllowNetworks {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--allow-networks %q is no network", text), "write such as 10.1.0.0/16"))
			continue
		}
		o.Networks = append(o.Networks, network.Masked())
	}
	for _, text := range c.AllowPorts {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--allow-ports %q is no port", text), "write a number from 1 to 65535"))
			continue
		}
		o.Ports = append(o.Ports, uint16(port))
	}
	if raw := c.Proxy.Reveal(); raw != "" {
		if o.Proxy, err = url.Parse(raw); err != nil || o.Proxy.Host == "" {
			errs = append(errs, mcpcore.Hint(errors.New("--proxy is no URL"), "write such as http://127.0.0.1:3128"))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return guard.NewWeb(o), nil
}
