package mcpcore

import (
	"errors"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// ResourceAccess decides what of a server's resources somebody may know of, nil
// where nobody has to say who they are. A nil function lets everybody.
type ResourceAccess struct {
	// Know tells whether a resource is there for them: by its URI, or a
	// template by its URITemplate.
	Know func(p *auth.Principal, uri string) bool
	// Watch is nil where they may be told of the changes of a resource, or says
	// why they may not. It is asked when they subscribe, and for each change.
	Watch func(p *auth.Principal, uri string) error
}

// SetResourceAccess bounds who knows of which resources. It is for before
// serving.
func (s *Server) SetResourceAccess(a ResourceAccess) {
	s.registry.change(func(v *view) { v.access = a })
}

// know reports whether a resource or template is there for a principal.
func (v *view) know(p *auth.Principal, uri string) bool {
	return v.access.Know == nil || v.access.Know(p, uri)
}

// mayWatch is nil where a principal may be told of the changes of a resource.
func (s *Server) mayWatch(p *auth.Principal, uri string) error {
	v := s.registry.load()
	if !v.know(p, uri) {
		return notFound(uri)
	}
	if v.access.Watch == nil {
		return nil
	}
	return v.access.Watch(p, uri)
}

// NeedPrincipals says that a setting of the server tells those who call apart:
// then it is not served over HTTP where nobody has to say who they are.
func (s *Server) NeedPrincipals(setting string) { s.apart = setting }

// checkApart refuses to serve everybody as the operator himself.
func (s *Server) checkApart(h *overHTTP) error {
	if s.apart == "" || h.addr == "" || h.asksWho() {
		return nil
	}
	return &usageError{Hint(errors.New(s.apart+" is for those who say who they are, and over HTTP nobody has to"),
		"give --auth-tokens or --oauth-issuer")}
}
