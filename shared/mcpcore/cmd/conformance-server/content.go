package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// pixel is a PNG of one red pixel, silence a WAV without a sound in it.
var (
	pixel   = unbase64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==")
	silence = unbase64("UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=")
)

func unbase64(text string) []byte {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return raw
}

func (f *fixture) contentTools() []mcpcore.Tool {
	return []mcpcore.Tool{
		mcpcore.Read("test_simple_text", "Give a text.", f.simpleText),
		mcpcore.Read("test_image_content", "Give a picture.", f.image),
		mcpcore.Read("test_audio_content", "Give a sound.", f.audio),
		mcpcore.Read("test_embedded_resource", "Give a resource.", f.embedded),
		mcpcore.Read("test_multiple_content_types", "Give a text, a picture and a resource.", f.mixed),
		mcpcore.Read("test_tool_with_logging", "Log on the way.", f.logs),
		mcpcore.Read("test_logging_tool", "Log on the way.", f.logs),
		mcpcore.Read("test_tool_with_progress", "Tell of progress on the way.", f.progresses),
		mcpcore.Read("test_error_handling", "Fail.", f.fails),
		mcpcore.Read("test_reconnection", "Send the client away, and answer when it is back.", f.reconnects),
		mcpcore.Read("test_x_mcp_header", "Say which region was asked for.", f.region),
		mcpcore.Read("json_schema_2020_12_tool", "Take what a wide schema describes.", f.contact, mcpcore.InputSchema([]byte(wideSchema))),
	}
}

func (f *fixture) simpleText(context.Context, nothing) (string, error) {
	return "This is a simple text response for testing.", nil
}

func (f *fixture) image(context.Context, nothing) (mcpcore.Content, error) {
	return mcpcore.Image{Data: pixel, MIMEType: "image/png"}, nil
}

func (f *fixture) audio(context.Context, nothing) (mcpcore.Content, error) {
	return mcpcore.Audio{Data: silence, MIMEType: "audio/wav"}, nil
}

func (f *fixture) embedded(context.Context, nothing) (mcpcore.Content, error) {
	return mcpcore.Embedded{Resource: mcpcore.Contents{
		URI: "test://embedded-resource", MIMEType: "text/plain", Text: "This is an embedded resource content.",
	}}, nil
}

func (f *fixture) mixed(context.Context, nothing) ([]mcpcore.Content, error) {
	return []mcpcore.Content{
		mcpcore.Text{Text: "Multiple content types test:"},
		mcpcore.Image{Data: pixel, MIMEType: "image/png"},
		mcpcore.Embedded{Resource: mcpcore.Contents{
			URI: "test://mixed-content-resource", MIMEType: "application/json", Text: `{"test":"data","value":123}`,
		}},
	}, nil
}

// step is a little longer than the engine lets progress come at most.
const step = 60 * time.Millisecond

// pause waits, or reports that the call has ended.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *fixture) logs(ctx context.Context, _ nothing) (string, error) {
	for _, line := range []string{"Tool execution started", "Tool processing data", "Tool execution completed"} {
		mcpcore.Log(ctx, mcpcore.LevelInfo, "conformance-server", line)
		if err := pause(ctx, step); err != nil {
			return "", err
		}
	}
	return "Tool with logging executed successfully", nil
}

func (f *fixture) progresses(ctx context.Context, _ nothing) (string, error) {
	for _, done := range []float64{10, 50, 100} {
		mcpcore.Progress(ctx, done, 100, fmt.Sprintf("Completed step %v of 100", done))
		if err := pause(ctx, step); err != nil {
			return "", err
		}
	}
	return "Tool with progress executed successfully", nil
}

func (f *fixture) fails(context.Context, nothing) (string, error) {
	return "", errors.New("this tool intentionally returns an error for testing")
}

func (f *fixture) reconnects(ctx context.Context, _ nothing) (string, error) {
	mcpcore.Detach(ctx)
	if err := pause(ctx, 2*step); err != nil {
		return "", err
	}
	return "Reconnection test completed successfully.", nil
}

type regionIn struct {
	Region  string `json:"region" jsonschema:"where to run" header:"Region"`
	Retries int    `json:"retries,omitzero" jsonschema:"how often to try" header:"Retries"`
}

func (f *fixture) region(_ context.Context, in regionIn) (string, error) {
	return "region " + in.Region, nil
}

type contactIn struct {
	Name    string `json:"name,omitzero"`
	Address struct {
		Street string `json:"street,omitzero"`
		City   string `json:"city,omitzero"`
	} `json:"address,omitzero"`
	ContactMethod string `json:"contactMethod,omitzero" enum:"phone,email"`
	Phone         string `json:"phone,omitzero"`
	Email         string `json:"email,omitzero"`
}

func (f *fixture) contact(_ context.Context, in contactIn) (string, error) {
	return fmt.Sprintf("called with %+v", in), nil
}

// wideSchema has the keywords of JSON Schema 2020-12 that must reach a client.
const wideSchema = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",` +
	`"$defs":{"address":{"$anchor":"addressDef","type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}}}},` +
	`"properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},` +
	`"contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},"email":{"type":"string"}},` +
	`"allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],` +
	`"if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},` +
	`"then":{"required":["phone"]},"else":{"required":["email"]},"additionalProperties":false}`
