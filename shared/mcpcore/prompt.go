package mcpcore

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// Prompt is a text that a person picks to start a conversation with.
// NewPrompt makes it.
type Prompt struct {
	info     protocol.Prompt
	fields   []schema.Field
	complete func(context.Context, Completing) ([]string, error)
	run      func(ctx context.Context, args []byte) ([]Message, error)
}

// NewPrompt declares a prompt. In is a flat struct whose tags describe the
// arguments; the values of an enum are suggested while they are typed.
func NewPrompt[In any](name, description string, run func(context.Context, In) ([]Message, error)) Prompt {
	in, err := schema.For(reflect.TypeFor[In]())
	if err == nil && !in.IsObject() {
		err = fmt.Errorf("arguments must be a struct")
	}
	if err != nil {
		panic(fmt.Sprintf("mcpcore: prompt %s: %v", name, err))
	}
	p := Prompt{
		info:   protocol.Prompt{Name: name, Description: description},
		fields: in.Fields(),
		run: func(ctx context.Context, args []byte) ([]Message, error) {
			var arguments In
			if err := in.Decode(args, reflect.ValueOf(&arguments).Elem()); err != nil {
				return nil, err
			}
			return run(ctx, arguments)
		},
	}
	for _, f := range p.fields {
		p.info.Arguments = append(p.info.Arguments, protocol.Argument{
			Name: f.Name, Title: f.Title, Description: f.Doc, Required: f.Required,
		})
	}
	return p
}

// WithTitle gives the prompt a name for people.
func (p Prompt) WithTitle(title string) Prompt {
	p.info.Title = title
	return p
}

// WithIcons gives the prompt pictures.
func (p Prompt) WithIcons(icons ...Icon) Prompt {
	p.info.Icons = icons
	return p
}

// WithCompletion gives the prompt a function that suggests values for
// arguments that are no enum.
func (p Prompt) WithCompletion(complete func(context.Context, Completing) ([]string, error)) Prompt {
	p.complete = complete
	return p
}

func (s *Server) getPrompt(ctx context.Context, call *Call) (protocol.Result, error) {
	p := s.registry.load().prompt(call.Name)
	if p == nil {
		return nil, invalidParams("there is no prompt %q", call.Name)
	}
	messages, err := p.run(ctx, call.Arguments)
	if err != nil {
		return nil, err
	}
	return &protocol.PromptResult{Description: p.info.Description, Messages: messages}, nil
}

// complete answers completion/complete for a prompt's argument or a
// template's variable.
func (s *Server) complete(ctx context.Context, call *Call) (protocol.Result, error) {
	ask, ref, err := parseCompleting(call.params)
	if err != nil {
		return nil, err
	}
	reg := s.registry.load()
	var values []string
	var suggest func(context.Context, Completing) ([]string, error)
	switch ref.kind {
	case "ref/prompt":
		p := reg.prompt(ref.name)
		if p == nil {
			return nil, invalidParams("there is no prompt %q", ref.name)
		}
		suggest = p.complete
		for _, f := range p.fields {
			if f.Name == ask.Argument && f.Enum != nil {
				values, suggest = withPrefix(f.Enum, ask.Value), nil
			}
		}
	case "ref/resource":
		t, known := reg.templateNamed(ref.name), reg.know(call.Principal, ref.name)
		if t == nil || !known {
			if known && reg.resource(ref.name) != nil { // has no variables
				return &protocol.Completion{}, nil
			}
			return nil, invalidParams("there is no resource template %q", ref.name)
		}
		suggest = t.Complete
	default:
		return nil, invalidParams("ref.type is ref/prompt or ref/resource, not %q", ref.kind)
	}
	if suggest != nil {
		var err error
		if values, err = suggest(ctx, ask); err != nil {
			return nil, err
		}
	}
	return &protocol.Completion{Values: values}, nil
}

func withPrefix(all []string, prefix string) (some []string) {
	for _, v := range all {
		if strings.HasPrefix(strings.ToLower(v), strings.ToLower(prefix)) {
			some = append(some, v)
		}
	}
	return some
}

type completionRef struct{ kind, name string }

func parseCompleting(p *params) (ask Completing, ref completionRef, err error) {
	for key, v := range jsonrpc.Members(p.ref) {
		switch key {
		case "type":
			ref.kind = jsonrpc.Unquote(v)
		case "name", "uri":
			ref.name = jsonrpc.Unquote(v)
		}
	}
	for key, v := range jsonrpc.Members(p.argument) {
		switch key {
		case "name":
			ask.Argument = jsonrpc.Unquote(v)
		case "value":
			ask.Value = jsonrpc.Unquote(v)
		}
	}
	if ask.Argument == "" || ref.name == "" {
		return ask, ref, invalidParams("completion/complete needs ref and argument")
	}
	for key, v := range jsonrpc.Members(p.context) {
		if key != "arguments" {
			continue
		}
		ask.Known = map[string]string{}
		for name, value := range jsonrpc.Members(v) {
			ask.Known[name] = jsonrpc.Unquote(value)
		}
	}
	return ask, ref, nil
}
