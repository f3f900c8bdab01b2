package mcpcore

import (
	"path"
	"slices"
)

// Policy is what an operator allows of a server's tools. It holds when a tool
// is called, not only when tools are listed.
type Policy struct {
	ReadOnly bool     // only tools that read
	Allow    []string // names or patterns such as "read_*"; empty allows all
	Deny     []string // wins over Allow
	Toolsets []string // groups to offer; empty offers all but the extra ones
	Confirm  Confirmation
}

// Confirmation is when the user is asked before a tool runs.
type Confirmation string

// When to ask.
const (
	ConfirmByTool      Confirmation = ""            // where a tool itself asks
	ConfirmDestructive Confirmation = "destructive" // and before every destructive tool
	ConfirmWrites      Confirmation = "writes"      // and before every tool that writes
	ConfirmNever       Confirmation = "never"       // not even where a tool asks
)

// refuses says by which setting the tool is not to be used, and why, or "".
func (p *Policy) refuses(t *Tool) (rule, why string) {
	names := t.names()
	switch {
	case p.ReadOnly && t.effect != Reads:
		return "--read-only", "the server is read-only (--read-only)"
	case matches(p.Deny, names):
		return "--disable-tools", "the operator has disabled it (--disable-tools)"
	case len(p.Allow) > 0 && !t.gateway && !matches(p.Allow, names):
		return "--tools", "it is not among the tools the operator allows (--tools)"
	case t.shut.why != "":
		return t.shut.rule, t.shut.why
	case !t.gateway && !p.offers(t):
		return "--toolsets", "its toolset " + t.toolset + " is not enabled (--toolsets)"
	}
	return "", ""
}

// offers reports whether the tool's group is on.
func (p *Policy) offers(t *Tool) bool {
	if len(p.Toolsets) == 0 {
		return !t.extra
	}
	return slices.Contains(p.Toolsets, t.toolset) || slices.Contains(p.Toolsets, "all") ||
		slices.ContainsFunc(t.also, func(name string) bool { return slices.Contains(p.Toolsets, name) })
}

// names are those that the tool can be called by.
func (t *Tool) names() []string { return append([]string{t.info.Name}, t.aliases...) }

func (p *Policy) asks(t *Tool) bool {
	if t.asks {
		return false
	}
	switch p.Confirm {
	case ConfirmDestructive:
		return t.info.Destructive
	case ConfirmWrites:
		return t.effect != Reads
	}
	return false
}

func matches(patterns, names []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			ok, err := path.Match(pattern, name)
			return ok && err == nil
		})
	})
}
