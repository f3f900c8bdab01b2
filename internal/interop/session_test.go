package interop

import (
	"context"
	"encoding/json"
	"testing"
	"time"
)

// session is a client that is connected to a server of its own.
type session interface {
	// revision is the one that client and server agreed upon.
	revision() string
	// do has the client send a request and decodes the result as the client
	// shows it to its user. Subscribing goes by the old name in every revision.
	do(ctx context.Context, method string, params, result any) error
	// updated receives the address of each resource that the server reports as changed.
	updated() <-chan string
	// close ends the session and reports a server that did not end by itself.
	close() error
}

const (
	listTools     = "tools/list"
	callTool      = "tools/call"
	listResources = "resources/list"
	listTemplates = "resources/templates/list"
	readResource  = "resources/read"
	complete      = "completion/complete"
	subscribe     = "resources/subscribe"
	unsubscribe   = "resources/unsubscribe"
)

// object is JSON with fields of any kind, as models and scripts write it.
type object = map[string]any

// contents are those of a resource.
type contents struct {
	URI      string `json:"uri"`
	MIMEType string `json:"mimeType"`
	Text     string `json:"text"`
	Blob     string `json:"blob"`
}

// result is what a tool answered.
type result struct {
	Content []struct {
		Type     string    `json:"type"`
		Text     string    `json:"text"`
		Data     string    `json:"data"`
		MIMEType string    `json:"mimeType"`
		Resource *contents `json:"resource"`
	} `json:"content"`
	IsError bool `json:"isError"`
}

func (r result) text() string {
	out := ""
	for _, c := range r.Content {
		out += c.Text
	}
	return out
}

// patience bounds every single request, so that a lost answer fails a test
// long before the test binary is killed.
const patience = 30 * time.Second

// ask sends a request that must be answered with a result.
func ask[R any](t *testing.T, s session, method string, params any) R {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out R
	if err := s.do(ctx, method, params, &out); err != nil {
		t.Fatalf("%s %s: %v", method, compact(params), err)
	}
	return out
}

// refused sends a request that must be answered with a protocol error.
func refused(t *testing.T, s session, method string, params any) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out json.RawMessage
	err := s.do(ctx, method, params, &out)
	if err == nil || ctx.Err() != nil {
		t.Fatalf("%s %s: got %s and error %v, want a refusal", method, compact(params), out, err)
	}
	return err.Error()
}

func call(t *testing.T, s session, tool string, args object) result {
	t.Helper()
	return ask[result](t, s, callTool, object{"name": tool, "arguments": args})
}

// text calls a tool that must succeed.
func text(t *testing.T, s session, tool string, args object) string {
	t.Helper()
	r := call(t, s, tool, args)
	if r.IsError {
		t.Fatalf("%s %s: %s", tool, compact(args), r.text())
	}
	return r.text()
}

func compact(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
