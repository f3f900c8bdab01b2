package mcpcore

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// With is the tool with further options.
func (t Tool) With(options ...ToolOption) Tool {
	for _, option := range options {
		option(&t)
	}
	return t
}

// Prepare has the arguments of each call, a JSON object, rewritten before they
// are decoded: for forms of them that the schema does not tell of. The last one
// given is the first to run.
func Prepare(how func(args []byte) ([]byte, error)) ToolOption {
	return func(t *Tool) {
		inner := t.run
		t.run = func(ctx context.Context, in *schema.Type, args []byte) (*Result, error) {
			if len(bytes.TrimSpace(args)) == 0 {
				args = []byte("{}")
			}
			args, err := how(args)
			if err != nil {
				return nil, err
			}
			return inner(ctx, in, args)
		}
	}
}

// Preset gives an argument, a string, the one value it has on this server.
// Clients are not told of it; a call that names another value, letters' case
// aside, is refused. It is for tools that have the argument, and leaves others
// as they are.
func Preset(name, value string) ToolOption {
	return func(t *Tool) {
		if !slices.Contains(t.input.Names(), name) {
			return
		}
		Unlisted(name)(t)
		Prepare(func(args []byte) ([]byte, error) {
			named := false
			for key, raw := range jsonrpc.Members(args) { // all of them, as a name may stand there twice
				if key != name {
					continue
				}
				named = true
				if jsonrpc.Kind(raw) != '"' || !strings.EqualFold(jsonrpc.Unquote(raw), value) {
					return nil, Hint(fmt.Errorf("%s: this server has no other than %q", name, value), "leave it out")
				}
			}
			if named {
				return args, nil
			}
			rest := bytes.TrimSpace(args)[1:]
			out := jsonrpc.AppendString([]byte{'{'}, name)
			out = jsonrpc.AppendString(append(out, ':'), value)
			if bytes.TrimSpace(rest)[0] != '}' {
				out = append(out, ',')
			}
			return append(out, rest...), nil
		})(t)
	}
}

// Unlisted leaves arguments out of the schema that clients are shown. They are
// understood all the same: for those of other servers' tools, and for what is
// seldom needed, as each argument is paid for with every request.
func Unlisted(names ...string) ToolOption {
	return func(t *Tool) {
		for _, name := range names {
			if !slices.Contains(t.input.Names(), name) {
				panic(fmt.Sprintf("mcpcore: tool %s has no argument %s", t.info.Name, name))
			}
		}
		t.unlisted = append(slices.Clone(t.unlisted), names...)
		t.info.InputSchema = t.input.Without(t.unlisted...).JSON()
	}
}
