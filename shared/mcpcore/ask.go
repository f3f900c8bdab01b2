package mcpcore

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// What asking can come to, beside an answer. A handler returns the error as it
// is.
var (
	// ErrDeclined is wrapped where the user said no or closed the question.
	ErrDeclined = errors.New("the user declined")
	// ErrCannotAsk is wrapped where the client has no way to ask its user.
	ErrCannotAsk = errors.New("the user must be asked, and this client cannot ask")

	errAsked = errors.New("the user is being asked")
)

// Confirm asks the user a question to be answered by yes or no and returns nil
// for yes. Where the client speaks 2026-07-28 the call ends here and is made
// again with the answer, so a handler asks before it changes anything.
func Confirm(ctx context.Context, question string) error {
	if k := CallOf(ctx); k != nil && k.engine.Policy.Confirm == ConfirmNever {
		return nil
	}
	_, err := elicit(ctx, question, noFields, nil)
	return err
}

// noFields is the form of a question that is answered by yes or no.
var noFields = []byte(`{"type":"object","properties":{}}`)

// Ask puts a form before the user and returns what was filled in. T is a flat
// struct of strings, numbers and booleans; see Confirm for when to call it.
func Ask[T any](ctx context.Context, question string) (T, error) {
	var out T
	form, err := schema.For(reflect.TypeFor[T]())
	if err != nil {
		return out, err
	}
	k := CallOf(ctx)
	raw, err := elicit(ctx, question, form.Form(k != nil && k.revision.FormMode), nil)
	if err != nil {
		return out, err
	}
	if err := form.Decode(raw, reflect.ValueOf(&out).Elem()); err != nil {
		return out, fmt.Errorf("the user's answer: %w", err)
	}
	return out, nil
}

// elicit puts a form before the user and returns what was filled in. consent is
// what a yes is for, where that is not the question.
func elicit(ctx context.Context, question string, form []byte, consent *Consent) ([]byte, error) {
	k := CallOf(ctx)
	if k == nil || !k.Client.CanBeAsked {
		return nil, cannotAsk(k)
	}
	w := &jsonrpc.Writer{}
	w.Open('{')
	if k.revision.FormMode {
		w.Key("mode").String("form")
	}
	w.Key("message").String(question)
	w.Key("requestedSchema").Raw(form)
	w.Close('}')
	raw, err := k.ask(ctx, "elicitation/create", w.Buf, consent)
	if err != nil {
		return nil, err
	}
	return accepted(raw, question)
}

// accepted is the content of an answer, or why it is no yes.
func accepted(raw []byte, question string) ([]byte, error) {
	var action string
	var content []byte
	for key, value := range jsonrpc.Members(raw) {
		switch key {
		case "action":
			action = jsonrpc.Unquote(value)
		case "content":
			content = value
		}
	}
	if action != "accept" {
		return nil, Hint(fmt.Errorf("%w: %s", ErrDeclined, question), "do something else, or ask the user what to do")
	}
	return content, nil
}

func cannotAsk(k *Call) error {
	const fix = "a person can allow it for good by starting the server with --confirm never"
	if k != nil && k.revision.Stateless {
		err := jsonrpc.Errorf(protocol.CodeMissingCapability, "%s (capability elicitation); %s", ErrCannotAsk, fix)
		err.Data = []byte(`{"requiredCapabilities":{"elicitation":{"form":{}}}}`)
		return err
	}
	return Hint(ErrCannotAsk, fix)
}

// ErrNoRoots says that the client does not tell the directories it works in.
var ErrNoRoots = errors.New("the client does not tell its roots")

// Roots asks the client for the URIs of the directories it works in. See
// Confirm for when to call it.
func Roots(ctx context.Context) ([]string, error) {
	k := CallOf(ctx)
	if k == nil || !k.Client.HasRoots {
		return nil, ErrNoRoots
	}
	if known := k.conn.knownRoots(nil); known != nil && !k.revision.Stateless {
		return known, nil
	}
	raw, err := k.ask(ctx, "roots/list", nil, nil)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for key, roots := range jsonrpc.Members(raw) {
		if key != "roots" {
			continue
		}
		for _, root := range jsonrpc.Elements(roots) {
			for name, uri := range jsonrpc.Members(root) {
				if name == "uri" {
					out = append(out, jsonrpc.Unquote(uri))
				}
			}
		}
	}
	if !k.revision.Stateless {
		k.conn.knownRoots(out)
	}
	return out, nil
}

// knownRoots keeps the roots of a client with a handshake until it says that
// they have changed. nil only asks.
func (c *Conn) knownRoots(fresh []string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if fresh != nil {
		c.roots = fresh
	}
	return c.roots
}

// answer is what a client replied to a request of ours.
type answer struct {
	result []byte
	err    error
}

// askNow sends a request to the client and waits for the reply. The call's own
// time stands still meanwhile: people think slowly.
func (c *Conn) askNow(ctx context.Context, k *Call, method string, params []byte) ([]byte, error) {
	reply := make(chan answer, 1)
	c.mu.Lock()
	if c.draining {
		c.mu.Unlock()
		return nil, ErrCannotAsk
	}
	id := c.askID()
	if c.asked == nil {
		c.asked = map[string]chan answer{}
	}
	c.asked[id] = reply
	c.mu.Unlock()
	if k.timer != nil && k.timer.Stop() {
		defer k.timer.Reset(k.limit())
	}
	if params == nil {
		params = []byte("{}")
	}
	msg := append(jsonrpc.AppendCall(nil, jsonrpc.ID(id), method), params...)
	k.out.Send(jsonrpc.AppendEnd(msg))

	patience := time.NewTimer(k.engine.AskTimeout)
	defer patience.Stop()
	select {
	case a, ok := <-reply:
		if !ok {
			return nil, fmt.Errorf("%w: the connection is closing", ErrCannotAsk)
		}
		return a.result, a.err
	case <-ctx.Done():
		c.withdraw(id, k.out)
		return nil, context.Cause(ctx)
	case <-patience.C:
		c.withdraw(id, k.out)
		return nil, Hint(fmt.Errorf("the user did not answer within %s", k.engine.AskTimeout), "ask again when the user is there")
	}
}

// withdraw tells the client that an answer is no longer needed.
func (c *Conn) withdraw(id string, out Sender) {
	c.mu.Lock()
	_, open := c.asked[id]
	delete(c.asked, id)
	c.mu.Unlock()
	if open {
		msg := jsonrpc.AppendCall(nil, "", "notifications/cancelled")
		out.Send(jsonrpc.AppendEnd(append(msg, `{"requestId":`+id+`}`...)))
	}
}

// deliver hands a reply to the one who asked.
func (c *Conn) deliver(m *jsonrpc.Message) {
	c.mu.Lock()
	reply := c.asked[string(m.ID)]
	delete(c.asked, string(m.ID))
	c.mu.Unlock()
	if reply == nil {
		return
	}
	if m.Error != nil {
		text := "an error"
		for key, value := range jsonrpc.Members(m.Error) {
			if key == "message" {
				text = jsonrpc.Unquote(value)
			}
		}
		reply <- answer{err: fmt.Errorf("the client could not ask its user: %s", text)}
		return
	}
	reply <- answer{result: m.Result}
}
