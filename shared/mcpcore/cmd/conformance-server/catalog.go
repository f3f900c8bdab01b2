package main

import (
	"context"
	"fmt"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// changingTools change what the server offers.
func (f *fixture) changingTools() []mcpcore.Tool {
	return []mcpcore.Tool{
		mcpcore.Write("test_trigger_tool_change", "Add a tool and take it away.", f.changeTools),
		mcpcore.Write("test_trigger_prompt_change", "Add a prompt and take it away.", f.changePrompts),
	}
}

func (f *fixture) changeTools(context.Context, nothing) (string, error) {
	f.server.AddTools(mcpcore.Read("test_passing_tool", "Is here for a moment.", f.simpleText))
	f.server.RemoveTools("test_passing_tool")
	return "changed", nil
}

func (f *fixture) changePrompts(context.Context, nothing) (string, error) {
	f.server.AddPrompts(mcpcore.NewPrompt("test_passing_prompt", "Is here for a moment.", f.simplePrompt))
	f.server.RemovePrompts("test_passing_prompt")
	return "changed", nil
}

func (f *fixture) addPrompts() {
	f.server.AddPrompts(
		mcpcore.NewPrompt("test_simple_prompt", "A prompt without arguments.", f.simplePrompt),
		mcpcore.NewPrompt("test_prompt_with_arguments", "A prompt with two arguments.", f.argumentsPrompt).WithCompletion(f.suggest),
		mcpcore.NewPrompt("test_prompt_with_embedded_resource", "A prompt with a resource in it.", f.embeddedPrompt),
		mcpcore.NewPrompt("test_prompt_with_image", "A prompt with a picture in it.", f.imagePrompt),
		mcpcore.NewPrompt("test_input_required_result_prompt", "A prompt that asks the user.", f.askingPrompt),
	)
}

func (f *fixture) simplePrompt(context.Context, nothing) ([]mcpcore.Message, error) {
	return []mcpcore.Message{mcpcore.User("This is a simple prompt for testing.")}, nil
}

type argumentsIn struct {
	Arg1 string `json:"arg1" jsonschema:"first argument"`
	Arg2 string `json:"arg2" jsonschema:"second argument"`
}

func (f *fixture) argumentsPrompt(_ context.Context, in argumentsIn) ([]mcpcore.Message, error) {
	return []mcpcore.Message{mcpcore.User(fmt.Sprintf("Prompt with arguments: arg1='%s', arg2='%s'", in.Arg1, in.Arg2))}, nil
}

func (f *fixture) suggest(_ context.Context, ask mcpcore.Completing) ([]string, error) {
	return []string{ask.Value + "-one", ask.Value + "-two"}, nil
}

type resourceIn struct {
	URI string `json:"resourceUri" jsonschema:"URI of the resource to put in"`
}

func (f *fixture) embeddedPrompt(_ context.Context, in resourceIn) ([]mcpcore.Message, error) {
	return []mcpcore.Message{
		{Role: "user", Content: mcpcore.Embedded{Resource: mcpcore.Contents{
			URI: in.URI, MIMEType: "text/plain", Text: "Embedded resource content for testing.",
		}}},
		mcpcore.User("Please process the embedded resource above."),
	}, nil
}

func (f *fixture) imagePrompt(context.Context, nothing) ([]mcpcore.Message, error) {
	return []mcpcore.Message{
		{Role: "user", Content: mcpcore.Image{Data: pixel, MIMEType: "image/png"}},
		mcpcore.User("Please analyze the image above."),
	}, nil
}

func (f *fixture) askingPrompt(ctx context.Context, _ nothing) ([]mcpcore.Message, error) {
	type form struct {
		Context string `json:"context" jsonschema:"what the prompt is for"`
	}
	answer, err := mcpcore.Ask[form](ctx, "What context should the prompt use?")
	if err != nil {
		return nil, err
	}
	return []mcpcore.Message{mcpcore.User("Context: " + answer.Context)}, nil
}

// watched is the resource that changes by itself.
const watched = "test://watched-resource"

func (f *fixture) addResources() {
	f.server.AddResources(
		mcpcore.Resource{URI: "test://static-text", Name: "static-text", MIMEType: "text/plain", Read: text("This is the content of the static text resource.")},
		mcpcore.Resource{URI: "test://static-binary", Name: "static-binary", MIMEType: "image/png", Read: binary},
		mcpcore.Resource{URI: watched, Name: "watched-resource", MIMEType: "text/plain", Read: text("Watched resource content")},
	)
	f.server.AddTemplates(mcpcore.Template{
		URITemplate: "test://template/{id}/data", Name: "template", MIMEType: "application/json", Read: readTemplate,
		Complete: f.suggest,
	})
	f.server.SetWatch(f.watch)
}

func text(content string) func(context.Context, string) ([]mcpcore.Contents, error) {
	return func(context.Context, string) ([]mcpcore.Contents, error) { return mcpcore.TextContents(content), nil }
}

func binary(context.Context, string) ([]mcpcore.Contents, error) {
	return []mcpcore.Contents{{Blob: pixel}}, nil
}

func readTemplate(ctx context.Context, _ string) ([]mcpcore.Contents, error) {
	id := mcpcore.Variable(ctx, "id")
	return mcpcore.TextContents(fmt.Sprintf(`{"id":%q,"templateTest":true,"data":"Data for ID: %s"}`, id, id)), nil
}

// watch tells of a change every few seconds.
func (f *fixture) watch(uri string) (stop func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	if uri == watched {
		go func() {
			for pause(ctx, 3*time.Second) == nil {
				f.server.ResourceUpdated(uri)
			}
		}()
	}
	return cancel, nil
}
