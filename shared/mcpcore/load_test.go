package mcpcore_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// sessionBook is an Observer that writes down sessions.
type sessionBook struct {
	notebook
	sessions []*mcpcore.Session
}

func (b *sessionBook) SessionEnded(s *mcpcore.Session) { b.sessions = append(b.sessions, s) }

const greeting = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`

// A session lasts from the first handshake to the end of the connection, and
// is told of once. A connection without a handshake has none.
func TestSessionObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &sessionBook{}
		s := newServer()
		s.Options.Observers = []mcpcore.Observer{b}
		conn := s.Connect(t.Context(), discard{})
		conn.Receive([]byte(call("1", "echo", `{}`)))
		if got := s.Load().Sessions; got != 0 {
			t.Errorf("got %d sessions before a handshake", got)
		}
		conn.Receive([]byte(greeting))
		<-time.After(time.Minute) // of the bubble's clock
		conn.Receive([]byte(greeting))
		if got := s.Load().Sessions; got != 1 || len(b.sessions) > 0 {
			t.Errorf("got %d sessions, %d ended", got, len(b.sessions))
		}
		conn.Close()
		conn.Close()
		if got := s.Load().Sessions; got != 0 || len(b.sessions) != 1 {
			t.Fatalf("got %d sessions, %d ended", got, len(b.sessions))
		}
		if got := b.sessions[0]; got.Duration != time.Minute || got.Revision != "2025-11-25" || got.Client.Name != "t" || got.Origin != nil {
			t.Errorf("got %+v", got)
		}
		conn = s.Connect(t.Context(), discard{})
		conn.Receive([]byte(call("1", "echo", `{}`)))
		conn.Close()
		if len(b.sessions) != 1 {
			t.Error("a session without a handshake")
		}
	})
}

// discard takes messages, from several at once.
type discard struct{}

func (discard) Send([]byte) error { return nil }

// What is running, what waits and who listens is counted, and nothing of it
// is left in the end.
func TestLoad(t *testing.T) {
	g := newGate(t)
	s := newServer(mcpcore.Read("deaf", "Wait.", g.deaf))
	if got := s.Load(); got != (mcpcore.Load{}) {
		t.Errorf("got %+v before serving", got)
	}
	b := &sessionBook{}
	s.Options.MaxConcurrent, s.Options.Observers = 2, []mcpcore.Observer{b}
	handler := s.Handler(mcpcore.HTTPOptions{})
	web := httptest.NewServer(handler)
	post := func(body, method, session string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, web.URL+"/mcp", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		if session != "" {
			r.Header.Set("Mcp-Session-Id", session)
		}
		res, err := web.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	res := post(greeting, "POST", "")
	session := res.Header.Get("Mcp-Session-Id")
	res.Body.Close()
	stream := post("", "GET", session)

	conn := s.Connect(t.Context(), discard{})
	for _, id := range []string{"1", "2"} {
		go conn.Receive([]byte(call(id, "deaf", "{}")))
	}
	g.arrived(t, 2)
	conn.Receive([]byte(call("3", "deaf", "{}"))) // is left in the queue
	if got, want := s.Load(), (mcpcore.Load{Running: 2, Waiting: 1, Sessions: 1, Streams: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	g.release()
	conn.Drain()
	handler.Drain()
	if _, err := io.Copy(io.Discard, stream.Body); err != nil {
		t.Error(err)
	}
	stream.Body.Close()
	web.Close()
	if got := s.Load(); got.Waiting != 0 || got.Sessions != 0 || got.Streams != 0 {
		t.Errorf("got %+v when all is over", got)
	}
	if len(b.sessions) != 1 {
		t.Fatalf("%d sessions ended", len(b.sessions))
	}
	if o := b.sessions[0].Origin; o == nil || o.Protocol != "1.1" || o.Session != session {
		t.Errorf("got the origin %+v", o)
	}
}
