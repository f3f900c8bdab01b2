package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// taskTools go on as tasks, and one stands beside them that does not.
func (f *fixture) taskTools() []mcpcore.Tool {
	return []mcpcore.Tool{
		mcpcore.Read("greet", "Greet someone.", f.greets),
		mcpcore.Read("slow_compute", "Take some seconds.", f.computes, mcpcore.Long()),
		mcpcore.Read("failing_job", "Fail after a while.", f.failsLate, mcpcore.Long(mcpcore.TasksOnly)),
		mcpcore.Read("protocol_error_job", "Fail as the protocol does.", f.failsBadly, mcpcore.Long()),
		mcpcore.Delete("confirm_delete", "Ask the user, and delete nothing.", f.confirmsDelete, mcpcore.Long()),
		mcpcore.Read("multi_input", "Ask two things side by side.", f.asksBoth, mcpcore.Long()),
		mcpcore.Read("test_tool_with_task", "Ask for a name, then take a while.", f.asksThenWorks,
			mcpcore.Long(mcpcore.TasksOnly, mcpcore.AsksFirst)),
	}
}

type greetIn struct {
	Name string `json:"name" jsonschema:"whom to greet"`
}

func (f *fixture) greets(_ context.Context, in greetIn) (string, error) {
	return fmt.Sprintf("Hello, %s!", in.Name), nil
}

type computeIn struct {
	Seconds float64 `json:"seconds,omitzero" jsonschema:"how long to take" min:"0" max:"3600"`
	Label   string  `json:"label,omitzero" jsonschema:"what to call it"`
}

func (f *fixture) computes(ctx context.Context, in computeIn) (string, error) {
	if err := pause(ctx, time.Duration(in.Seconds*float64(time.Second))); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s: done after %v seconds", in.Label, in.Seconds), nil
}

func (f *fixture) failsLate(ctx context.Context, _ nothing) (string, error) {
	if err := pause(ctx, time.Second); err != nil {
		return "", err
	}
	return "", errors.New("this job intentionally fails")
}

func (f *fixture) failsBadly(ctx context.Context, _ nothing) (string, error) {
	if err := pause(ctx, step); err != nil {
		return "", err
	}
	return "", jsonrpc.Errorf(jsonrpc.CodeInternal, "this job intentionally ends with an error of the protocol")
}

type fileIn struct {
	Filename string `json:"filename,omitzero" jsonschema:"what to delete"`
}

type confirmForm struct {
	Confirm bool `json:"confirm" jsonschema:"go on"`
}

func (f *fixture) confirmsDelete(ctx context.Context, in fileIn) (string, error) {
	answer, err := mcpcore.Ask[confirmForm](ctx, "Delete "+in.Filename+"?")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("delete %s: %v", in.Filename, answer.Confirm), nil
}

func (f *fixture) asksBoth(ctx context.Context, _ nothing) (string, error) {
	type reply struct {
		form nameForm
		err  error
	}
	first := make(chan reply, 1)
	go func() {
		form, err := mcpcore.Ask[nameForm](ctx, "What is the first name?")
		first <- reply{form, err}
	}()
	second, err := mcpcore.Ask[nameForm](ctx, "What is the second name?")
	one := <-first
	if err := errors.Join(one.err, err); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s and %s", one.form.Name, second.Name), nil
}

func (f *fixture) asksThenWorks(ctx context.Context, _ nothing) (string, error) {
	who, err := mcpcore.Ask[nameForm](ctx, "What is your name?")
	if err != nil {
		return "", err
	}
	if err := mcpcore.Background(ctx); err != nil {
		return "", err
	}
	if err := pause(ctx, step); err != nil {
		return "", err
	}
	return fmt.Sprintf("Hello, %s!", who.Name), nil
}
