package mcpcore

import (
	"context"
	"errors"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// ErrNoModel says that the client lets servers use no model.
var ErrNoModel = errors.New("this client lets servers use no model")

// Sampling is a request to the client's model.
type Sampling struct {
	System    string // the system prompt, or ""
	Messages  []Message
	MaxTokens int // default 1024
}

// Sampled is what a model made of it. Text is "" where it gave something else.
type Sampled struct{ Model, Text string }

// Sample asks the client's model. See Confirm for when to call it.
func Sample(ctx context.Context, s Sampling) (Sampled, error) {
	k := CallOf(ctx)
	if k == nil {
		return Sampled{}, ErrNoModel
	}
	raw, err := Input(ctx, "", "sampling/createMessage", s.params(k.revision))
	if err != nil {
		return Sampled{}, err
	}
	var out Sampled
	for key, value := range jsonrpc.Members(raw) {
		switch key {
		case "model":
			out.Model = jsonrpc.Unquote(value)
		case "content":
			out.Text = textOf(value)
		}
	}
	return out, nil
}

func (s *Sampling) params(r *protocol.Revision) []byte {
	w := &jsonrpc.Writer{}
	w.Open('{')
	protocol.WriteMessages(w, r, s.Messages)
	if w.Optional("systemPrompt", s.System); s.MaxTokens <= 0 {
		s.MaxTokens = 1024
	}
	w.Key("maxTokens").Int(int64(s.MaxTokens))
	w.Close('}')
	return w.Buf
}

// textOf is the text of a block, or of all in a list of blocks.
func textOf(raw []byte) (text string) {
	if jsonrpc.Kind(raw) == '[' {
		for _, block := range jsonrpc.Elements(raw) {
			text += textOf(block)
		}
		return text
	}
	for key, value := range jsonrpc.Members(raw) {
		if key == "text" {
			text = jsonrpc.Unquote(value)
		}
	}
	return text
}

// Input puts a request of the protocol to the client, as Ask, Roots and Sample
// do, and returns its result as it came. Under 2026-07-28 the answer is known
// by the key: one of the engine's where it is "" or the call goes on as a task,
// in which case it must answer a question that this server asked, or else
// whatever the client sends under it.
func Input(ctx context.Context, key, method string, params []byte) ([]byte, error) {
	k := CallOf(ctx)
	if k == nil {
		return nil, ErrCannotAsk
	}
	if err := k.able(method); err != nil {
		return nil, err
	}
	if key == "" || !k.revision.Stateless {
		return k.ask(ctx, method, params, nil)
	}
	for name, value := range jsonrpc.Members(k.params.inputResponses) {
		if name == key && jsonrpc.Kind(value) == '{' {
			return value, nil
		}
	}
	a := &k.asks
	a.mu.Lock()
	if t := k.task.Load(); t != nil {
		a.mu.Unlock()
		return t.ask(ctx, method, params)
	}
	defer a.mu.Unlock()
	a.pending = append(a.pending, protocol.InputRequest{Key: key, Method: method, Params: params})
	return nil, errAsked
}

// able reports why the client does not understand a request, or nil.
func (k *Call) able(method string) error {
	var missing string
	switch {
	case method == "elicitation/create" && !k.Client.CanBeAsked:
		return cannotAsk(k)
	case method == "sampling/createMessage" && !k.Client.CanSample:
		missing = "sampling"
	case method == "roots/list" && !k.Client.HasRoots:
		missing = "roots"
	default:
		return nil
	}
	if !k.revision.Stateless {
		if missing == "roots" {
			return ErrNoRoots
		}
		return ErrNoModel
	}
	return &jsonrpc.Error{
		Code: protocol.CodeMissingCapability, Message: fmt.Sprintf("the client lacks the capability %s", missing),
		Data: []byte(`{"requiredCapabilities":{"` + missing + `":{}}}`),
	}
}
