// Package protocol holds the wire form of MCP and all that differs between its
// revisions. Each revision is one file that says what it changed in the one
// before; nothing outside this package compares revision names.
//
// The published schemas at https://github.com/modelcontextprotocol/modelcontextprotocol
// are the authority for every form written here.
package protocol

import (
	"maps"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Revision is what one revision of the protocol knows.
type Revision struct {
	Name string // its date, such as "2025-11-25"

	// Stateless revisions have no handshake: each request says its revision,
	// client and capabilities in _meta, each result says its type and server,
	// and the server asks the user by a result instead of a request.
	Stateless bool

	Batches           bool // a JSON array of messages is a batch
	AudioContent      bool
	ToolAnnotations   bool
	ProgressMessage   bool
	CompletionsFlag   bool // a capability announces completion
	Titles            bool
	ResourceLinks     bool
	StructuredContent bool // with output schemas
	StructuredValues  bool // of any JSON type, not only objects
	Elicitation       bool
	LastModified      bool
	Icons             bool // and descriptions of an implementation
	FormMode          bool // elicitation names its mode
	CacheHints        bool
	Tasks             bool // the extension of this name is defined
	Polling           bool // an HTTP client may be sent away and comes back for the rest

	CodeNotFound int // of a resource that does not exist

	methods map[string]bool
}

// Has reports whether a client may send method in this revision.
func (r *Revision) Has(method string) bool { return r.methods[method] }

// next is a revision that differs from r by what change does.
func (r *Revision) next(name string, change func(*Revision)) *Revision {
	n := *r
	n.Name = name
	n.methods = maps.Clone(r.methods)
	change(&n)
	return &n
}

func (r *Revision) add(methods ...string) {
	for _, m := range methods {
		r.methods[m] = true
	}
}

func (r *Revision) remove(methods ...string) {
	for _, m := range methods {
		delete(r.methods, m)
	}
}

// revisions are all that are served, newest first.
var revisions = []*Revision{v20260728, v20251125, v20250618, v20250326, v20241105}

// Names lists the revisions served, newest first.
func Names() []string {
	names := make([]string, len(revisions))
	for i, r := range revisions {
		names[i] = r.Name
	}
	return names
}

// Latest is the newest revision.
func Latest() *Revision { return revisions[0] }

// Lookup finds a revision by name, or returns nil.
func Lookup(name string) *Revision {
	for _, r := range revisions {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// Negotiate answers the revision of an initialize request: the one asked for
// when it has a handshake, or else the newest that has.
func Negotiate(asked string) *Revision {
	var newest *Revision
	for _, r := range revisions {
		switch {
		case r.Stateless:
		case r.Name == asked:
			return r
		case newest == nil:
			newest = r
		}
	}
	return newest
}

// Unsupported is the error for a client that asks for a revision that is not
// served.
func Unsupported(requested string, supported []string) *jsonrpc.Error {
	w := &jsonrpc.Writer{}
	w.Open('{')
	w.Key("requested").String(requested)
	w.Key("supported").Open('[')
	for _, name := range supported {
		w.String(name)
	}
	w.Close(']')
	w.Close('}')
	return &jsonrpc.Error{Code: CodeUnsupportedVersion, Message: "unsupported protocol version", Data: w.Buf}
}
