package mcpcore

import (
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// Load is how busy a server is at one moment.
type Load struct {
	Running  int // calls
	Waiting  int // calls, for a place
	Tasks    int // at work
	Sessions int // connections that began with a handshake
	Streams  int // over HTTP, of those that only listen
}

// Load tells how busy the server is. It is zero before the server is used.
func (s *Server) Load() Load {
	f := s.front.Load()
	e := f.current.Load()
	if e == nil {
		return Load{}
	}
	l := Load{Sessions: int(f.sessions.Load())}
	l.Running, l.Waiting = e.limit.count()
	l.Tasks = e.board.count()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.handlers {
		l.Streams += h.Streams()
	}
	return l
}

// Session is a connection that began with a handshake and has ended.
type Session struct {
	Began     time.Time
	Duration  time.Duration
	Revision  string // of the protocol
	Client    *Client
	Principal *auth.Principal // nil where nobody has to say
	Origin    *Origin         // of the handshake; nil over stdio
}

// SessionObserver is an Observer that is told of sessions too. The revisions
// without a handshake have none.
type SessionObserver interface {
	Observer
	// SessionEnded is called once for each session.
	SessionEnded(s *Session)
}

// begin notes the handshake of a session; a second one does not begin another.
// The connection's lock is held.
func (c *Conn) begin(k *Call) {
	if c.session != nil || c.closed {
		return
	}
	c.session = &Session{Began: time.Now(), Revision: k.revision.Name, Client: k.Client, Principal: k.Principal, Origin: originOf(k.out)}
	c.front.sessions.Add(1)
}

// ended tells of a session that has ended; nil is none.
func (c *Conn) ended(session *Session) {
	if session == nil {
		return
	}
	c.front.sessions.Add(-1)
	session.Duration = time.Since(session.Began)
	for _, o := range c.engine().Observers {
		if o, ok := o.(SessionObserver); ok {
			o.SessionEnded(session)
		}
	}
}
