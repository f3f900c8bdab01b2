package guard

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Live reports whether the workspace can tell what happens in it, and what is
// missing where it cannot.
func (w *Workspace) Live() error {
	if a, ok := w.back.(*api); !ok || a.app == nil {
		return mcpcore.Hint(errors.New("this workspace does not tell what happens in it"), "a person can set SLACK_APP_TOKEN, of an app with Socket Mode")
	}
	return nil
}

// Event is something that happened in a conversation: in a thread, where it is
// in one.
type Event struct{ Channel, Thread string }

const (
	mostEvent = 4 << 20         // bytes of one event
	mostQuiet = 2 * time.Minute // without a ping of Slack's
	againMin  = time.Second
	againMax  = time.Minute
)

// Listen calls see for what happens in the workspace until ctx ends, and
// connects again whenever the connection is lost.
func (w *Workspace) Listen(ctx context.Context, see func(Event)) {
	a, ok := w.back.(*api)
	if !ok || a.app == nil {
		return
	}
	for wait := againMin; ctx.Err() == nil; wait = min(2*wait, againMax) {
		began := time.Now()
		a.listen(ctx, see)
		if time.Since(began) > againMax {
			wait = againMin
		}
		if ctx.Err() == nil {
			a.log.Warn("the connection for live events is lost", "workspace", w.Alias, "again", wait)
		}
		_ = sleep(ctx, wait) // the loop looks whether it is to end
	}
}

// listen holds one connection until it ends: Slack asks for a new one every
// few hours.
func (a *api) listen(ctx context.Context, see func(Event)) {
	raw, err := a.app.call(ctx, "apps.connections.open", nil)
	if err != nil {
		return
	}
	dialer := websocket.Dialer{HandshakeTimeout: hopTimeout, Proxy: http.ProxyFromEnvironment}
	conn, res, err := dialer.DialContext(ctx, wire.Text(wire.Field(raw, "url")), nil)
	if err != nil {
		return // what the error says may hold the ticket of the address
	}
	res.Body.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	defer conn.Close()
	conn.SetReadLimit(mostEvent)
	alive := func() { _ = conn.SetReadDeadline(time.Now().Add(mostQuiet)) }
	pong := conn.PingHandler()
	conn.SetPingHandler(func(data string) error {
		alive()
		return pong(data)
	})
	for {
		alive()
		_, raw, err := conn.ReadMessage()
		if err != nil || ctx.Err() != nil {
			return
		}
		if raw, err = wire.Check(raw); err != nil {
			continue
		}
		if wire.Text(wire.Field(raw, "type")) == "disconnect" {
			return
		}
		id := wire.Text(wire.Field(raw, "envelope_id"))
		if id == "" {
			continue // hello
		}
		ack := append(jsonrpc.AppendString([]byte(`{"envelope_id":`), id), '}')
		if conn.WriteMessage(websocket.TextMessage, ack) != nil { // or else Slack sends it again
			return
		}
		if out := eventOf(wire.Field(raw, "payload", "event")); out.Channel != "" {
			see(out)
		}
	}
}

// eventOf finds where something happened. What it was, whoever is told can read.
func eventOf(raw []byte) Event {
	out := Event{Channel: wire.Text(wire.Field(raw, "channel")), Thread: wire.Text(wire.Field(raw, "thread_ts"))}
	if out.Channel == "" { // a reaction, a pin
		out.Channel = wire.Text(wire.Field(raw, "item", "channel"))
	}
	for _, inner := range []string{"message", "previous_message"} { // an edit, a deletion
		if out.Thread == "" {
			out.Thread = wire.Text(wire.Field(raw, inner, "thread_ts"))
		}
	}
	return out
}
