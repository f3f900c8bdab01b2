package mcpcore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Gateway marks a tool by which others are found, or called through Forward.
// Whether those may be used is asked of each, so lists of allowed tools and
// toolsets do not shut the gateway itself.
func Gateway() ToolOption { return func(t *Tool) { t.gateway = true } }

// Behind takes a tool off the list that clients get. It is reached through a
// gateway, and by its name.
func Behind() ToolOption { return func(t *Tool) { t.behind = true } }

// Shown is what a client would be told of the tool, were it listed.
func (t *Tool) Shown() (name, description string, input json.RawMessage) {
	return t.info.Name, t.info.Description, t.info.InputSchema
}

// Reachable lists the tools behind gateways that may be used by whoever makes
// the call in ctx.
func Reachable(ctx context.Context) []*Tool {
	k := CallOf(ctx)
	if k == nil {
		return nil
	}
	var out []*Tool
	for _, t := range k.engine.server.registry.load().tools {
		if !t.behind || hides(k.Principal, t) {
			continue
		}
		if _, why := refusal(&k.engine.Policy, k.Principal, t); why == "" {
			out = append(out, t)
		}
	}
	return out
}

// Forward makes another tool of the call in ctx, which is one of a gateway:
// the rules are those of the other tool. It must have one of the effects.
func Forward(ctx context.Context, name string, args []byte, effects ...Effect) (*Result, error) {
	k := CallOf(ctx)
	if k == nil {
		return nil, errors.New("only a call can be forwarded")
	}
	t := k.engine.server.registry.load().byName[name]
	switch {
	case t == nil || t.gateway:
		return nil, fmt.Errorf("there is no tool %q", name)
	case !slices.Contains(effects, t.effect):
		return nil, fmt.Errorf("the tool %s is not one for this: its effect is %s", t.info.Name, t.effect)
	}
	if rule, why := refusal(&k.engine.Policy, k.Principal, t); why != "" {
		return nil, Refused(rule, fmt.Errorf("the tool %s cannot be used here: %s", t.info.Name, why))
	}
	if k.engine.Policy.asks(t) && !k.engine.Policy.asks(k.Tool) {
		if err := Confirm(ctx, question(k)); err != nil {
			return nil, err
		}
	}
	in, _ := t.inputOf(k.Principal)
	res, err := t.run(ctx, in, args)
	if err == nil && res == nil {
		return nil, errors.New("the tool gave no result")
	}
	return res, err
}
