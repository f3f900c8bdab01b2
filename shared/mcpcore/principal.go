package mcpcore

import (
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// behind is the principal behind a request whose answer goes to out. In a
// session it is always the same one, though its scopes may have become more.
func (c *Conn) behind(out Sender) *auth.Principal {
	if b, ok := out.(*collector); ok {
		out = b.direct
	}
	if o, ok := out.(interface{ Principal() *auth.Principal }); ok {
		if p := o.Principal(); p != nil {
			return p
		}
	}
	return auth.Of(c.ctx)
}

// scope is what a principal needs for tools of this effect.
func (e Effect) scope() string {
	return [...]string{auth.ScopeRead, auth.ScopeWrite, auth.ScopeDelete}[e]
}

// scopes are what a principal needs for a request. What only says what there
// is needs none, so that clients can find out what to ask for.
func (s *Server) scopes(method, name string) []string {
	switch method {
	case "tools/call":
		if t := s.present().server.registry.load().byName[name]; t != nil {
			return []string{t.effect.scope()}
		}
	case "resources/read", "resources/subscribe", "subscriptions/listen", "prompts/get", "completion/complete":
		return []string{auth.ScopeRead}
	case "resources/list":
		if s.present().server.looksUp(method) { // it says what was found, and not what the program offers
			return []string{auth.ScopeRead}
		}
	}
	return nil
}

// refusal says by which rule the tool is not to be used on behalf of a
// principal, and why, or "".
func refusal(policy *Policy, p *auth.Principal, t *Tool) (rule, why string) {
	if rule, why = policy.refuses(t); why == "" {
		rule, why = refusesTo(p, t)
	}
	return rule, why
}

func refusesTo(p *auth.Principal, t *Tool) (rule, why string) {
	if t.choices.none(p) || t.only != nil && !t.only(p) {
		return "choices", "there is nothing here that it may be used for"
	}
	if p == nil {
		return "", ""
	}
	switch {
	case p.ReadOnly && t.effect != Reads:
		return "principal read_only", "the operator lets " + p.ID + " only read"
	case p.Tools != nil && !t.gateway && !matches(p.Tools, t.names()):
		return "principal tools", "it is not among the tools that the operator lets " + p.ID + " use"
	case len(p.Lacks(t.effect.scope())) > 0:
		return "scope", fmt.Sprintf("it needs the scope %s", t.effect.scope())
	}
	return "", ""
}

// hides reports whether the tool is not to be seen by the principal. One that
// only a scope is missing for is seen where the scope can still be had.
func hides(p *auth.Principal, t *Tool) bool {
	if p != nil && !p.Fixed {
		all := *p
		all.Trusted = true
		p = &all
	}
	_, why := refusesTo(p, t)
	return why != ""
}

// unknownTo finds names in the policy of a principal that no tool has.
func (s *Server) unknownTo(principals []*auth.Principal) (errs []error) {
	for _, p := range principals {
		for _, pattern := range p.Tools {
			if !matches([]string{pattern}, s.toolNames()) {
				errs = append(errs, fmt.Errorf("--auth-tokens: principal %s: no tool is called %q", p.ID, pattern))
			}
		}
	}
	return errs
}

func (s *Server) toolNames() (names []string) {
	for _, t := range s.registry.load().tools {
		names = append(names, t.names()...)
	}
	return names
}
