package schema

import (
	"fmt"
	"slices"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Choose is t with one field bound to these values, the first of which is its
// default. With one value the field is left out of the schema, though not out
// of what is decoded.
func (t *Type) Choose(name string, values []string) (*Type, error) {
	i, known := t.index[name]
	if !known || t.fields[i].typ.kind != kindString {
		return nil, fmt.Errorf("%s is no text among the fields", name)
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("%s has no values to choose from", name)
	}
	out := *t
	out.fields = slices.Clone(t.fields)
	f := &out.fields[i]
	f.rule.enum, f.preset, f.hidden = values, jsonrpc.AppendString(nil, values[0]), len(values) == 1
	return &out, nil
}

// shown are the fields that the schema speaks of.
func (t *Type) shown() []field {
	return slices.DeleteFunc(slices.Clone(t.fields), func(f field) bool { return f.hidden })
}
