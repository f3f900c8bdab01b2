// Command conformance-server is the server that the official conformance suite
// is run against: a fixture of mcpcore with the tools, prompts and resources
// that the suite calls by name.
package main

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore"

func newServer(struct{}) (*mcpcore.Server, error) {
	s := mcpcore.New(mcpcore.Info{Name: "conformance-server", Title: "Conformance fixture"})
	f := &fixture{server: s}
	s.AddTools(f.contentTools()...)
	s.AddTools(f.askingTools()...)
	s.AddTools(f.roundTools()...)
	s.AddTools(f.changingTools()...)
	s.AddTools(f.taskTools()...)
	f.addPrompts()
	f.addResources()
	return s, nil
}

// fixture is what the tools change.
type fixture struct {
	server *mcpcore.Server
}

type nothing struct{}

func main() { mcpcore.Main("conformance-server", newServer) }
