package mcpcore

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// registry holds a server's entries. Readers take a whole and unchanging view;
// a change makes a new one.
type registry struct {
	mu      sync.Mutex
	current atomic.Pointer[view]
}

// view is the entries at one moment.
type view struct {
	policy    Policy
	access    ResourceAccess
	tools     []*Tool // all, hidden ones too
	byName    map[string]*Tool
	resources []*Resource
	templates []*Template
	prompts   []*Prompt
	pages     sync.Map // of pageKey to []byte: lists as they were encoded
}

func (r *registry) init()       { r.current.Store(&view{byName: map[string]*Tool{}}) }
func (r *registry) load() *view { return r.current.Load() }

// change replaces the view by a changed copy.
func (r *registry) change(edit func(*view)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.load()
	n := &view{
		policy:    old.policy,
		access:    old.access,
		tools:     slices.Clone(old.tools),
		resources: slices.Clone(old.resources),
		templates: slices.Clone(old.templates),
		prompts:   slices.Clone(old.prompts),
	}
	edit(n)
	n.byName = map[string]*Tool{}
	for _, t := range n.tools {
		for _, name := range append([]string{t.info.Name}, t.aliases...) {
			if n.byName[name] != nil {
				panic(fmt.Sprintf("mcpcore: two tools are called %s", name))
			}
			n.byName[name] = t
		}
	}
	r.current.Store(n)
}

func (r *registry) setPolicy(p Policy) { r.change(func(v *view) { v.policy = p }) }

// visible are the tools that policy leaves a principal.
func (v *view) visible(to *auth.Principal) []*Tool {
	var out []*Tool
	for _, t := range v.tools {
		if _, why := v.policy.refuses(t); why == "" && !hides(to, t) {
			out = append(out, t)
		}
	}
	return out
}

func (v *view) resource(uri string) *Resource {
	return find(v.resources, func(r *Resource) bool { return r.URI == uri })
}

func (v *view) prompt(name string) *Prompt {
	return find(v.prompts, func(p *Prompt) bool { return p.info.Name == name })
}

func (v *view) templateNamed(uriTemplate string) *Template {
	return find(v.templates, func(t *Template) bool { return t.URITemplate == uriTemplate })
}

func (v *view) template(uri string) (*Template, map[string]string) {
	for _, t := range v.templates {
		if variables := t.match(uri); variables != nil {
			return t, variables
		}
	}
	return nil, nil
}

func find[T any](all []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i]
	}
	return nil
}

// items are the entries of a list method, for a principal.
func (v *view) items(method string, to *auth.Principal) (key string, items []protocol.Item) {
	switch method {
	case "tools/list":
		key = "tools"
		for _, t := range v.visible(to) {
			if t.behind {
				continue
			}
			info := t.info
			_, info.InputSchema = t.inputOf(to)
			items = append(items, info)
		}
	case "resources/list":
		key = "resources"
		for _, r := range v.resources {
			if v.know(to, r.URI) {
				items = append(items, r.item())
			}
		}
	case "resources/templates/list":
		key = "resourceTemplates"
		for _, t := range v.templates {
			if v.know(to, t.URITemplate) {
				items = append(items, t.item())
			}
		}
	case "prompts/list":
		key = "prompts"
		for _, p := range v.prompts {
			items = append(items, p.info)
		}
	}
	return key, items
}

// AddTools adds tools, or replaces those of the same name.
func (s *Server) AddTools(tools ...Tool) {
	s.registry.change(func(v *view) {
		for _, t := range tools {
			v.tools = put(v.tools, &t, func(o *Tool) bool { return o.info.Name == t.info.Name })
		}
	})
	s.announce(toolsChanged)
}

// RemoveTools takes tools away.
func (s *Server) RemoveTools(names ...string) {
	s.registry.change(func(v *view) {
		v.tools = slices.DeleteFunc(v.tools, func(t *Tool) bool { return slices.Contains(names, t.info.Name) })
	})
	s.announce(toolsChanged)
}

// AddResources adds resources, or replaces those of the same URI.
func (s *Server) AddResources(resources ...Resource) {
	s.registry.change(func(v *view) {
		for _, r := range resources {
			v.resources = put(v.resources, &r, func(o *Resource) bool { return o.URI == r.URI })
		}
	})
	s.announce(resourcesChanged)
}

// RemoveResources takes resources away.
func (s *Server) RemoveResources(uris ...string) {
	s.registry.change(func(v *view) {
		v.resources = slices.DeleteFunc(v.resources, func(r *Resource) bool { return slices.Contains(uris, r.URI) })
	})
	s.announce(resourcesChanged)
}

// AddTemplates adds resource templates. A URITemplate that is not understood
// is a mistake in the program and panics.
func (s *Server) AddTemplates(templates ...Template) {
	s.registry.change(func(v *view) {
		for _, t := range templates {
			if err := t.compile(); err != nil {
				panic("mcpcore: " + err.Error())
			}
			v.templates = put(v.templates, &t, func(o *Template) bool { return o.URITemplate == t.URITemplate })
		}
	})
	s.announce(resourcesChanged)
}

// AddPrompts adds prompts, or replaces those of the same name.
func (s *Server) AddPrompts(prompts ...Prompt) {
	s.registry.change(func(v *view) {
		for _, p := range prompts {
			v.prompts = put(v.prompts, &p, func(o *Prompt) bool { return o.info.Name == p.info.Name })
		}
	})
	s.announce(promptsChanged)
}

// RemovePrompts takes prompts away.
func (s *Server) RemovePrompts(names ...string) {
	s.registry.change(func(v *view) {
		v.prompts = slices.DeleteFunc(v.prompts, func(p *Prompt) bool { return slices.Contains(names, p.info.Name) })
	})
	s.announce(promptsChanged)
}

func put[T any](all []*T, entry *T, same func(*T) bool) []*T {
	if i := slices.IndexFunc(all, same); i >= 0 {
		all[i] = entry
		return all
	}
	return append(all, entry)
}

// Tools lists the tools that the policy in Options leaves, in order.
func (s *Server) Tools() []*Tool {
	s.engine()
	return s.registry.load().visible(nil)
}

// capabilities are what the entries amount to.
func (s *Server) capabilities() protocol.Capabilities {
	v := s.registry.load()
	return protocol.Capabilities{
		Tools:       len(v.tools) > 0,
		Resources:   len(v.resources)+len(v.templates) > 0,
		Prompts:     len(v.prompts) > 0,
		Completions: len(v.prompts)+len(v.templates) > 0,
		Subscribe:   s.watch != nil,
		Tasks:       slices.ContainsFunc(v.tools, func(t *Tool) bool { _, why := v.policy.refuses(t); return why == "" && t.length.long }),
	}
}
