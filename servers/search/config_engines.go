package search

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/engine"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Engines are the search engines that an operator has access to. One without a
// key, or without a URL where it needs no key, is not used.
type Engines struct {
	BraveKey, TavilyKey, ExaKey, KagiKey, SerperKey             mcpcore.Secret
	BraveURL, SearXNGURL, TavilyURL, ExaURL, KagiURL, SerperURL mcpcore.Secret // SearXNG's may hold a password
	Use                                                         []string       // their names, in order of preference; default: all there are
	Cost                                                        []string       // NAME=DOLLARS of a request, in place of the usual
	SafeSearch                                                  string         // off, moderate or strict: the least that a call gets
	MaxSpendDay, MaxSpendMonth                                  string         // dollars; "": any
	MaxRequestsDay                                              int            // 0: any
}

func (e *Engines) flags(f *mcpcore.Flags) {
	e.SafeSearch = "off"
	for _, one := range e.list() {
		if one.key != nil {
			f.Secret(one.key, one.name+"-key", strings.ToUpper(one.name)+"_API_KEY", "key of "+one.title)
		}
		what := "base URL of " + one.title + ", in place of the vendor's"
		if one.key == nil {
			what = "base URL of " + one.title + ", such as http://127.0.0.1:8888"
		}
		f.URL(one.url, one.name+"-url", what)
		f.Env(one.name+"-url", strings.ToUpper(one.name)+"_URL")
	}
	f.Strings(&e.Use, "engines", "the search engines to ask, the preferred first; by default all that have a key or a URL")
	f.Strings(&e.Cost, "cost", "what a request costs in dollars, such as brave=0.005, where it is not the usual")
	f.Choice(&e.SafeSearch, "safesearch", []string{"off", "moderate", "strict"}, "the least that offensive results are kept out; a call may ask for more")
	f.String(&e.MaxSpendDay, "max-spend-day", "most dollars that searches may cost in a day (UTC), of all processes of the user")
	f.String(&e.MaxSpendMonth, "max-spend-month", "most dollars that searches may cost in a month")
	f.Int(&e.MaxRequestsDay, "max-requests-day", "most requests to search engines in a day; 0 for any number")
}

// known is an engine that there is a way to.
type known struct {
	name, title string
	key, url    *mcpcore.Secret
	cost        float64 // dollars of a request, at the vendor's price for one
	open        func(engine.Options) engine.Engine
}

// list is every engine.
func (e *Engines) list() []known {
	return []known{
		{"brave", "Brave Search", &e.BraveKey, &e.BraveURL, 0.005, func(o engine.Options) engine.Engine { return engine.NewBrave(o) }},
		{"searxng", "SearXNG", nil, &e.SearXNGURL, 0, func(o engine.Options) engine.Engine { return engine.NewSearXNG(o) }},
		{"tavily", "Tavily", &e.TavilyKey, &e.TavilyURL, 0.008, func(o engine.Options) engine.Engine { return engine.NewTavily(o) }},
		{"exa", "Exa", &e.ExaKey, &e.ExaURL, 0.005, func(o engine.Options) engine.Engine { return engine.NewExa(o) }},
		{"kagi", "Kagi", &e.KagiKey, &e.KagiURL, 0.025, func(o engine.Options) engine.Engine { return engine.NewKagi(o) }},
		{"serper", "Serper", &e.SerperKey, &e.SerperURL, 0.001, func(o engine.Options) engine.Engine { return engine.NewSerper(o) }},
	}
}

func (k known) set() bool {
	return k.key != nil && k.key.Reveal() != "" || k.key == nil && k.url.Reveal() != ""
}

// dollars reads an amount; "" is 0.
func dollars(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	d, err := strconv.ParseFloat(strings.TrimPrefix(text, "$"), 64)
	if err != nil || d < 0 || d > 1e9 || d != d {
		return 0, mcpcore.Hint(fmt.Errorf("%q is no amount of dollars", text), "write such as 2.50")
	}
	return d, nil
}

// costs are the prices that the operator names.
func (e *Engines) costs() (map[string]float64, error) {
	out := map[string]float64{}
	var errs []error
	for _, text := range e.Cost {
		name, amount, ok := strings.Cut(text, "=")
		d, err := dollars(amount)
		if !ok || err != nil || !e.has(name) {
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--cost %q is no price of an engine", text), "write such as brave=0.005"))
			continue
		}
		out[name] = d
	}
	return out, errors.Join(errs...)
}

func (e *Engines) has(name string) bool {
	return slices.ContainsFunc(e.list(), func(k known) bool { return k.name == name })
}

func (e *Engines) validate() error {
	var errs []error
	_, err := e.costs()
	errs = append(errs, err)
	for _, amount := range []string{e.MaxSpendDay, e.MaxSpendMonth} {
		_, err := dollars(amount)
		errs = append(errs, err)
	}
	for _, k := range e.list() {
		raw := k.url.Reveal()
		if raw == "" {
			continue
		}
		if u, err := url.Parse(raw); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--%s-url is no URL", k.name), "write such as https://example.com"))
		}
		if !k.set() {
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--%s-url is set, and there is no key", k.name), "set "+strings.ToUpper(k.name)+"_API_KEY too"))
		}
	}
	for _, name := range e.Use {
		i := slices.IndexFunc(e.list(), func(k known) bool { return k.name == name })
		switch {
		case i < 0:
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--engines: there is no engine %q", name), "name some of brave, searxng, tavily, exa, kagi, serper"))
		case !e.list()[i].set():
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--engines: %s has no key or URL", name), "set it, or leave the engine out"))
		}
	}
	return errors.Join(errs...)
}

// configured reports whether there is an engine to ask.
func (e *Engines) configured() bool {
	return slices.ContainsFunc(e.list(), known.set)
}

// open makes the engines, the preferred first.
func (e *Engines) open(spend engine.Spender) ([]engine.Engine, error) {
	costs, err := e.costs()
	if err != nil {
		return nil, err
	}
	var out []engine.Engine
	for _, k := range e.list() {
		if !k.set() || len(e.Use) > 0 && !slices.Contains(e.Use, k.name) {
			continue
		}
		o := engine.Options{BaseURL: k.url.Reveal(), Cost: k.cost, Spend: spend}
		if k.key != nil {
			o.Key = *k.key
		}
		if d, ok := costs[k.name]; ok {
			o.Cost = d
		}
		out = append(out, k.open(o))
	}
	slices.SortStableFunc(out, func(a, b engine.Engine) int { return slices.Index(e.Use, a.Name()) - slices.Index(e.Use, b.Name()) })
	return out, nil
}
