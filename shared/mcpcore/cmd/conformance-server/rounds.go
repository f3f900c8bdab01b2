package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// roundTools end with questions and are called again with the answers.
func (f *fixture) roundTools() []mcpcore.Tool {
	const name = "test_input_required_result_"
	// Two of the names are longer than the engine lets a tool's own name be.
	return []mcpcore.Tool{
		mcpcore.Read(name+"elicitation", "Ask for a name.", f.asksName),
		mcpcore.Read(name+"sampling", "Ask the client's model.", f.asksModel),
		mcpcore.Read(name+"list_roots", "Ask for directories.", f.asksRoots),
		mcpcore.Read(name+"request_state", "Ask to go on.", f.confirms),
		mcpcore.Read("test_tampered_state", "Ask to go on.", f.confirms, mcpcore.Alias(name+"tampered_state")),
		mcpcore.Read("test_multiple_inputs", "Ask for three things at once.", f.asksAll, mcpcore.Alias(name+"multiple_inputs")),
		mcpcore.Read(name+"multi_round", "Ask one thing after the other.", f.asksTwice),
		mcpcore.Read(name+"capabilities", "Ask for what the client can give.", f.asksWhatItCan),
	}
}

const nameSchema = `{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}`

func (f *fixture) asksName(ctx context.Context, _ nothing) (string, error) {
	return show(mcpcore.Input(ctx, "user_name", "elicitation/create", question("What is your name?", nameSchema)))
}

func (f *fixture) asksModel(ctx context.Context, _ nothing) (string, error) {
	return f.sampling(ctx, samplingIn{Prompt: "What is the capital of France?"})
}

func (f *fixture) asksRoots(ctx context.Context, _ nothing) (string, error) {
	roots, err := mcpcore.Roots(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("roots: %v", roots), nil
}

func (f *fixture) confirms(ctx context.Context, _ nothing) (string, error) {
	type form struct {
		OK bool `json:"ok" jsonschema:"go on"`
	}
	answer, err := mcpcore.Ask[form](ctx, "Please confirm")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("state-ok: confirmed %v", answer.OK), nil
}

type nameForm struct {
	Name string `json:"name" jsonschema:"your name"`
}

func (f *fixture) asksAll(ctx context.Context, _ nothing) (string, error) {
	who, err1 := mcpcore.Ask[nameForm](ctx, "What is your name?")
	greeting, err2 := mcpcore.Sample(ctx, mcpcore.Sampling{Messages: []mcpcore.Message{mcpcore.User("Generate a greeting")}, MaxTokens: 50})
	roots, err3 := mcpcore.Roots(ctx)
	if err := errors.Join(err1, err2, err3); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, %s (%v)", greeting.Text, who.Name, roots), nil
}

func (f *fixture) asksTwice(ctx context.Context, _ nothing) (string, error) {
	type colorForm struct {
		Color string `json:"color" jsonschema:"a colour"`
	}
	who, err := mcpcore.Ask[nameForm](ctx, "Step 1: What is your name?")
	if err != nil {
		return "", err
	}
	what, err := mcpcore.Ask[colorForm](ctx, "Step 2: What is your favorite color?")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s likes %s", who.Name, what.Color), nil
}

func (f *fixture) asksWhatItCan(ctx context.Context, _ nothing) (string, error) {
	can := mcpcore.CallOf(ctx).Client
	switch {
	case can.CanSample:
		return f.asksModel(ctx, nothing{})
	case can.CanBeAsked:
		return f.confirms(ctx, nothing{})
	case can.HasRoots:
		return f.asksRoots(ctx, nothing{})
	}
	return "this client can be asked nothing", nil
}
