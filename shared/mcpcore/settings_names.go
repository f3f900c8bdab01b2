package mcpcore

import (
	"errors"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// unknownNames finds names in the policy that no tool has: a typing error in a
// deny list would leave open what was meant to be shut.
func (s *Server) unknownNames(principals []*auth.Principal) error {
	v := s.registry.load()
	names := s.toolNames()
	var sets []string
	for _, t := range v.tools {
		sets = append(append(sets, t.toolset), t.also...)
	}
	errs := s.unknownTo(principals)
	for _, pattern := range append(s.Options.Policy.Allow, s.Options.Policy.Deny...) {
		if !matches([]string{pattern}, names) {
			errs = append(errs, fmt.Errorf("--tools, --disable-tools: no tool is called %q", pattern))
		}
	}
	errs = append(errs, unknownToTools("--tool-timeout", s.Options.ToolTimeouts, names)...)
	errs = append(errs, unknownToTools("--tool-max-result-bytes", s.Options.ToolResultBytes, names)...)
	for _, set := range s.Options.Policy.Toolsets {
		if set != "all" && !matches([]string{set}, sets) {
			errs = append(errs, fmt.Errorf("--toolsets: there is no toolset %q", set))
		}
		for _, t := range v.tools {
			if t.toolset == set && t.shut.why != "" && !t.shut.alone {
				errs = append(errs, fmt.Errorf("--toolsets: %s has the tool %s, which cannot be used: %s", set, t.info.Name, t.shut.why))
			}
		}
	}
	if len(errs) > 0 {
		return &usageError{Hint(errors.Join(errs...), "the command tools lists the names")}
	}
	return nil
}

// offered reports whether policy offers a tool.
func (s *Server) offered(tool string) bool {
	t := s.registry.load().byName[tool]
	if t == nil {
		return false
	}
	_, why := s.Options.Policy.refuses(t)
	return why == ""
}
