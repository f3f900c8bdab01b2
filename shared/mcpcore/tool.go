package mcpcore

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"regexp"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// Effect is what a tool can do to the world outside the server.
type Effect int

// The effects, mildest first.
const (
	Reads   Effect = iota // looks, and changes nothing
	Writes                // adds or changes
	Deletes               // takes away what may be needed again
)

func (e Effect) String() string { return [...]string{"read", "write", "delete"}[e] }

// Tool is one line of a server's table of tools. Read, Write and Delete make
// them.
type Tool struct {
	info    protocol.Tool
	effect  Effect
	toolset string
	extra   bool // its toolset is off unless it is named
	aliases []string
	timeout time.Duration
	resume  string
	asks    bool    // by itself
	shut    refused // by a setting of the server's own
	length  length
	headers []httpd.Param
	input   *schema.Type
	choices *choices // nil where the arguments are the same for all
	only    func(*auth.Principal) bool
	run     func(ctx context.Context, in *schema.Type, args []byte) (*Result, error)

	also     []string // further toolsets
	unlisted []string // arguments that clients are not told of
	gateway  bool     // through which others are found and called
	behind   bool     // such a one: it is not listed
}

// Name is the tool's name.
func (t *Tool) Name() string { return t.info.Name }

// Effect is what the tool can do.
func (t *Tool) Effect() Effect { return t.effect }

// Destructive reports whether the tool may destroy what it meets.
func (t *Tool) Destructive() bool { return t.info.Destructive }

// Toolset is the group the tool belongs to: "default" unless it was set.
func (t *Tool) Toolset() string { return t.toolset }

// Description is what the model is told of the tool.
func (t *Tool) Description() string { return t.info.Description }

// HasTarget reports whether an argument is marked as what a call touches
// (audit:"target", see package schema).
func (t *Tool) HasTarget() bool { return t.input.HasTargets() }

// ToolOption says more about a tool.
type ToolOption func(*Tool)

// Title is the tool's name for people.
func Title(title string) ToolOption { return func(t *Tool) { t.info.Title = title } }

// Destructive marks a writing tool that may overwrite.
func Destructive() ToolOption { return func(t *Tool) { t.info.Destructive = true } }

// Idempotent marks a tool for which a second same call changes nothing more.
func Idempotent() ToolOption { return func(t *Tool) { t.info.Idempotent = true } }

// OpenWorld marks a tool that reaches systems beyond the operator's own, such
// as the web.
func OpenWorld() ToolOption { return func(t *Tool) { t.info.OpenWorld = true } }

// Alias gives further names that are understood in calls and not listed.
func Alias(names ...string) ToolOption {
	return func(t *Tool) { t.aliases = append(t.aliases, names...) }
}

// Toolset puts the tool into a group that an operator can switch, and into
// further ones that hold more.
func Toolset(name string, wider ...string) ToolOption {
	return func(t *Tool) { t.toolset, t.also = name, wider }
}

// Extra is Toolset for a group that is offered only where the operator names it,
// or all: each default tool is paid for with every request.
func Extra(name string) ToolOption {
	return func(t *Tool) { t.toolset, t.extra = name, true }
}

// Timeout replaces the server's time limit for this tool.
func Timeout(d time.Duration) ToolOption { return func(t *Tool) { t.timeout = d } }

// Resume says how to get the rest of a result that had to be cut, such as
// "call again with a higher startLine".
func Resume(how string) ToolOption { return func(t *Tool) { t.resume = how } }

// Asks marks a tool that has the user asked before it changes anything, by
// AskConsent or Confirm, about more than policy could: policy does not ask too.
func Asks() ToolOption { return func(t *Tool) { t.asks = true } }

// Shut has a tool not offered because of a setting of the server's own, which
// rule names and why explains. A server whose operator names its toolset does
// not start.
func Shut(rule, why string) ToolOption {
	return func(t *Tool) { t.shut = refused{rule: rule, why: why} }
}

// Off is Shut for a tool that the operator has named: its toolset may be named
// as well.
func Off(rule, why string) ToolOption {
	return func(t *Tool) { t.shut = refused{rule, why, true} }
}

type refused struct {
	rule, why string
	alone     bool // the rest of its toolset may be used
}

// Icons are pictures for the tool.
func Icons(icons ...Icon) ToolOption { return func(t *Tool) { t.info.Icons = icons } }

// Read declares a tool that changes nothing.
//
// In is a struct whose tags describe the arguments (see package schema). Out
// decides the form of the result: a string is text; a Content, []Content or
// *Result stands as it is; a struct or map goes out as structured content, with
// the text of its Text method, or else its JSON, beside it; anything else is
// text holding its JSON. An error of the handler is told to the model, with its
// Hint, as a failed result.
func Read[In, Out any](name, description string, run func(context.Context, In) (Out, error), options ...ToolOption) Tool {
	return newTool(name, description, Reads, run, options)
}

// Write declares a tool that adds or changes something. Where it may overwrite,
// say Destructive.
func Write[In, Out any](name, description string, run func(context.Context, In) (Out, error), options ...ToolOption) Tool {
	return newTool(name, description, Writes, run, options)
}

// Delete declares a tool that takes something away.
func Delete[In, Out any](name, description string, run func(context.Context, In) (Out, error), options ...ToolOption) Tool {
	return newTool(name, description, Deletes, run, options)
}

// toolName is what every client accepts, with room for the prefix that some
// put before it.
var toolName = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)

func newTool[In, Out any](name, description string, effect Effect, run func(context.Context, In) (Out, error), options []ToolOption) Tool {
	return makeTool(name, description, effect, reflect.TypeFor[In](), func(ctx context.Context, in reflect.Value) (Out, error) {
		return run(ctx, *in.Addr().Interface().(*In))
	}, options)
}

// ReadAs is Read for a tool whose arguments are known only when the program
// runs, such as one that the operator describes. input is a struct, as
// reflect.StructOf makes it, with the tags of package schema, which should have
// taken it (schema.For); run is given a value of it.
func ReadAs[Out any](name, description string, input reflect.Type, run func(context.Context, reflect.Value) (Out, error), options ...ToolOption) Tool {
	return makeTool(name, description, Reads, input, run, options)
}

func makeTool[Out any](name, description string, effect Effect, input reflect.Type, run func(context.Context, reflect.Value) (Out, error), options []ToolOption) Tool {
	if !toolName.MatchString(name) {
		panic(fmt.Sprintf("mcpcore: tool %q: a name is 1 to 40 of a-z, 0-9 and _", name))
	}
	in, err := schema.For(input)
	if err == nil && !in.IsObject() {
		err = fmt.Errorf("arguments must be a struct")
	}
	var headers []httpd.Param
	if err == nil {
		headers, err = headersOf(in)
	}
	if err != nil {
		panic(fmt.Sprintf("mcpcore: tool %s: input: %v", name, err))
	}
	out, err := newOutput[Out]()
	if err != nil {
		panic(fmt.Sprintf("mcpcore: tool %s: output: %v", name, err))
	}
	t := Tool{
		effect:  effect,
		toolset: "default",
		headers: headers,
		input:   in,
		info: protocol.Tool{
			Name: name, Description: description,
			InputSchema: in.JSON(), OutputSchema: out.schema(),
			ReadOnly: effect == Reads, Destructive: effect == Deletes, Idempotent: effect == Reads,
		},
		run: func(ctx context.Context, in *schema.Type, args []byte) (*Result, error) {
			arguments := reflect.New(input).Elem()
			if err := in.Decode(args, arguments); err != nil {
				return nil, err
			}
			if err := begin(ctx); err != nil {
				return nil, err
			}
			value, err := run(ctx, arguments)
			if err != nil {
				return nil, err
			}
			return out.result(value)
		},
	}
	for _, option := range options {
		option(&t)
	}
	return t
}

// InputSchema shows clients this schema in place of the one made from In, for
// rules that tags cannot say. The arguments are still decoded into In.
func InputSchema(raw []byte) ToolOption {
	if jsonrpc.Valid(raw) != nil || jsonrpc.Kind(raw) != '{' || bytes.ContainsAny(raw, "\r\n") {
		panic("mcpcore: an input schema is a JSON object on one line")
	}
	return func(t *Tool) { t.info.InputSchema = raw }
}
