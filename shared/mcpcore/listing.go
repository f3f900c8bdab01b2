package mcpcore

import (
	"context"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// SetResourceList has resources/list ask for resources beside those that were
// added: such as the tables of a database, which nobody has to look up before a
// client wants to know. find is asked for each page, and may take as long as a
// call. What it lists is read through the server's templates, and needs no Read.
// It is for before serving.
func (s *Server) SetResourceList(find func(context.Context) ([]Resource, error)) {
	s.found = find
}

// looksUp reports whether a list takes time.
func (s *Server) looksUp(method string) bool {
	return method == "resources/list" && s.found != nil
}

// listResources answers resources/list where it takes time.
func (s *Server) listResources(ctx context.Context, k *Call) (protocol.Result, error) {
	offset, err := k.openCursor()
	if err != nil {
		return nil, err
	}
	name, items := s.registry.load().items(k.Method, k.Principal)
	if s.found != nil {
		more, err := s.found(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range more {
			items = append(items, r.item())
		}
	}
	return k.page(name, items, offset)
}

// ResourceListChanged tells clients that resources/list has other resources
// now: those that SetResourceList finds, as nobody else can tell.
func (s *Server) ResourceListChanged() { s.announce(resourcesChanged) }
