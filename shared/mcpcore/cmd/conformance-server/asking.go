package main

import (
	"context"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// askingTools ask the client, in whichever way its revision has for that.
func (f *fixture) askingTools() []mcpcore.Tool {
	return []mcpcore.Tool{
		mcpcore.Read("test_sampling", "Ask the client's model.", f.sampling),
		mcpcore.Read("test_missing_capability", "Ask the client's model.", f.needsModel),
		mcpcore.Read("test_elicitation", "Ask the user.", f.elicits),
		mcpcore.Read("test_streaming_elicitation", "Ask the user.", f.elicits),
		mcpcore.Read("test_elicitation_sep1034_defaults", "Ask the user, with answers filled in.", f.defaults),
		mcpcore.Read("test_elicitation_sep1330_enums", "Ask the user to choose.", f.choices),
	}
}

type samplingIn struct {
	Prompt string `json:"prompt,omitzero" jsonschema:"what to ask the model" default:"Say hello."`
}

func (f *fixture) sampling(ctx context.Context, in samplingIn) (string, error) {
	out, err := mcpcore.Sample(ctx, mcpcore.Sampling{Messages: []mcpcore.Message{mcpcore.User(in.Prompt)}, MaxTokens: 100})
	if err != nil {
		return "", err
	}
	return "LLM response: " + out.Text, nil
}

func (f *fixture) needsModel(ctx context.Context, _ nothing) (string, error) {
	return f.sampling(ctx, samplingIn{Prompt: "Say hello."})
}

type messageIn struct {
	Message string `json:"message,omitzero" jsonschema:"what to ask the user" default:"What do you say?"`
}

func (f *fixture) elicits(ctx context.Context, in messageIn) (string, error) {
	return show(mcpcore.Input(ctx, "", "elicitation/create", question(in.Message, responseSchema)))
}

const responseSchema = `{"type":"object","properties":{"response":{"type":"string","description":"User's response"}},"required":["response"]}`

func (f *fixture) defaults(ctx context.Context, _ nothing) (string, error) {
	type form struct {
		Name     string  `json:"name" jsonschema:"User name" default:"John Doe"`
		Age      int     `json:"age" jsonschema:"User age" default:"30"`
		Score    float64 `json:"score" jsonschema:"User score" default:"95.5"`
		Status   string  `json:"status" jsonschema:"User status" enum:"active,inactive,pending" default:"active"`
		Verified bool    `json:"verified" jsonschema:"Verification status" default:"true"`
	}
	answer, err := mcpcore.Ask[form](ctx, "Please review and update the form fields with defaults")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Elicitation completed: action=accept, content=%+v", answer), nil
}

func (f *fixture) choices(ctx context.Context, _ nothing) (string, error) {
	return show(mcpcore.Input(ctx, "", "elicitation/create", question("Please select options from the enum fields", choicesSchema)))
}

// choicesSchema has every way in which a form can offer a choice.
const choicesSchema = `{"type":"object","properties":{` +
	`"untitledSingle":{"type":"string","description":"Select one option","enum":["option1","option2","option3"]},` +
	`"titledSingle":{"type":"string","description":"Select one option with titles","oneOf":[` +
	`{"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}]},` +
	`"legacyEnum":{"type":"string","description":"Select one option (legacy)","enum":["opt1","opt2","opt3"],` +
	`"enumNames":["Option One","Option Two","Option Three"]},` +
	`"untitledMulti":{"type":"array","description":"Select multiple options","minItems":1,"maxItems":3,` +
	`"items":{"type":"string","enum":["option1","option2","option3"]}},` +
	`"titledMulti":{"type":"array","description":"Select multiple options with titles","minItems":1,"maxItems":3,"items":{"anyOf":[` +
	`{"const":"value1","title":"First Choice"},{"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}},` +
	`"required":[]}`

// question is the params of elicitation/create.
func question(message, schema string) []byte {
	w := &jsonrpc.Writer{}
	w.Open('{')
	w.Key("message").String(message)
	w.Key("requestedSchema").Raw([]byte(schema))
	w.Close('}')
	return w.Buf
}

func show(answer []byte, err error) (string, error) {
	if err != nil {
		return "", err
	}
	action, content := "", []byte("{}")
	for key, value := range jsonrpc.Members(answer) {
		switch key {
		case "action":
			action = jsonrpc.Unquote(value)
		case "content":
			content = value
		}
	}
	return fmt.Sprintf("User response: action=%s, content=%s", action, content), nil
}
