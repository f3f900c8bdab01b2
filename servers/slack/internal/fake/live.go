package fake

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
)

// live is Socket Mode: connections that events are sent to.
type live struct {
	mu    sync.Mutex
	conns []*websocket.Conn
	acks  []string
}

func connect(s *Server, _ url.Values, _ string) object {
	return object{"url": strings.Replace(s.http.URL, "http://", "ws://", 1) + "/socket"}
}

func (l *live) serve(w http.ResponseWriter, r *http.Request) {
	var upgrader websocket.Upgrader
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	hello := object{"type": "hello", "num_connections": 1, "connection_info": object{"app_id": "A0FAKE"}, "debug_info": object{"host": "fake"}}
	if conn.WriteJSON(hello) != nil {
		return
	}
	l.mu.Lock()
	l.conns = append(l.conns, conn)
	l.mu.Unlock()
	for {
		var ack struct {
			ID string `json:"envelope_id"`
		}
		if conn.ReadJSON(&ack) != nil {
			return
		}
		l.mu.Lock()
		l.acks = append(l.acks, ack.ID)
		l.mu.Unlock()
	}
}

func (l *live) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}

// Connected is how many connections listen.
func (s *Server) Connected() int {
	s.live.mu.Lock()
	defer s.live.mu.Unlock()
	return len(s.live.conns)
}

// Acks are the events that were acknowledged.
func (s *Server) Acks() []string {
	s.live.mu.Lock()
	defer s.live.mu.Unlock()
	return append([]string(nil), s.live.acks...)
}

// Cut ends all connections, as Slack does from time to time.
func (s *Server) Cut() { s.live.close() }

// Send sends an event to all who listen.
func (s *Server) Send(id string, event map[string]any) {
	raw, err := json.Marshal(object{
		"envelope_id": id, "type": "events_api", "accepts_response_payload": false,
		"payload": object{"type": "event_callback", "team_id": "T0FAKE001", "api_app_id": "A0FAKE", "event_id": "Ev" + id, "event": event},
	})
	if err != nil {
		panic(err)
	}
	s.live.mu.Lock()
	defer s.live.mu.Unlock()
	for _, c := range s.live.conns {
		_ = c.WriteMessage(websocket.TextMessage, raw)
	}
}
