package mcptest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// envelopeMembers are of JSON-RPC: the older schemas leave them out where they
// describe a request or a notification.
var envelopeMembers = []string{"jsonrpc", "id"}

// surplus lists the members of v that s does not name. The schemas allow any,
// so that newer revisions may add some; but what a server sends in a revision
// should be of that revision.
func surplus(s *jsonschema.Schema, v any, at string) []string {
	var nodes []*jsonschema.Schema
	gather(s, v, &nodes)
	var extra []string
	switch v := v.(type) {
	case map[string]any:
		named := slices.ContainsFunc(nodes, func(n *jsonschema.Schema) bool { return len(n.Properties) > 0 })
		for key, value := range v {
			here := at + "." + key
			known := false
			for _, n := range nodes {
				if next := n.Properties[key]; next != nil {
					known = true
					if key != "inputSchema" && key != "outputSchema" { // JSON Schemas are open
						extra = append(extra, surplus(next, value, here)...)
					}
				} else if next, ok := n.AdditionalProperties.(*jsonschema.Schema); ok {
					known = true
					extra = append(extra, surplus(next, value, here)...)
				}
			}
			if named && !known && (at != "" || !slices.Contains(envelopeMembers, key)) && !ofVendor(at, key) {
				extra = append(extra, here)
			}
		}
	case []any:
		for i, elem := range v {
			for _, n := range nodes {
				for _, next := range []any{n.Items, n.Items2020} {
					if next, ok := next.(*jsonschema.Schema); ok && next != nil {
						extra = append(extra, surplus(next, elem, at+"["+strconv.Itoa(i)+"]")...)
					}
				}
			}
		}
	}
	slices.Sort(extra)
	return slices.Compact(extra)
}

// ofVendor reports whether key is one that a server may put into _meta in every
// revision, as its prefix is not the protocol's own.
func ofVendor(at, key string) bool {
	prefix, _, ok := strings.Cut(key, "/")
	return ok && strings.HasSuffix(at, "._meta") && prefix != "io.modelcontextprotocol"
}

// gather collects the schemas that speak of v itself.
func gather(s *jsonschema.Schema, v any, into *[]*jsonschema.Schema) {
	if s == nil || slices.Contains(*into, s) {
		return
	}
	*into = append(*into, s)
	gather(s.Ref, v, into)
	for _, next := range s.AllOf {
		gather(next, v, into)
	}
	for _, next := range slices.Concat(s.AnyOf, s.OneOf) {
		if next.Validate(v) == nil {
			gather(next, v, into)
		}
	}
}
