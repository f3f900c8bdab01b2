// Package replicas holds what the replicas of a server need to know of the
// sessions of clients with a handshake, so that each of them can serve any
// client, and how they pass on what belongs to another replica.
package replicas

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// What a Store says beside a session.
var (
	ErrNotFound = errors.New("there is no such session")
	ErrFull     = errors.New("no more sessions can be kept")
)

// Session is what is kept of a session. It goes through JSON and back
// unharmed.
type Session struct {
	ID       string `json:"id"`
	Owner    string `json:"owner,omitempty"`    // the principal that began it, or ""
	Listener string `json:"listener,omitempty"` // the replica where the client last began to listen
	State

	Version int64 `json:"-"` // is another one after each change
}

// State is what came of the client's messages.
type State struct {
	Revision      string          `json:"revision"`
	Client        json.RawMessage `json:"client,omitempty"`       // as it describes itself
	Capabilities  json.RawMessage `json:"capabilities,omitempty"` // as it told them
	Level         string          `json:"level,omitempty"`        // of log messages
	Subscriptions []string        `json:"subscriptions,omitempty"`
}

// Kind says what a Message is about.
type Kind string

// The kinds of messages between replicas.
const (
	FromClient Kind = "client"  // the client's, for a replica with something under way for it
	ToClient   Kind = "server"  // for the stream on which the client listens
	Changed    Kind = "changed" // the session is no longer what it was
	Ended      Kind = "ended"   // the client has ended the session
	Lost       Kind = "lost"    // what was sent meanwhile may not have come; is about every session
)

// Message is what a replica tells others about a session.
type Message struct {
	Kind    Kind            `json:"kind"`
	Session string          `json:"session,omitempty"`
	From    string          `json:"from,omitempty"` // the replica
	Body    json.RawMessage `json:"body,omitempty"` // a JSON-RPC message
}

// Store keeps sessions for all replicas, and carries messages between them.
// Its methods return in a few seconds, whether what they need is there or not.
type Store interface {
	// Create keeps a new session until nobody has used it for so long. ErrFull
	// refuses it.
	Create(ctx context.Context, s *Session, idle time.Duration) error
	// Use returns a session of the caller's own, and puts off its end; or
	// ErrNotFound.
	Use(ctx context.Context, id string, idle time.Duration) (*Session, error)
	// Change has edit change a session while nobody else does, and returns what
	// came of it. edit may be called more than once, and reports whether there is
	// a change to keep.
	Change(ctx context.Context, id string, edit func(*Session) bool) (*Session, error)
	// Delete forgets a session.
	Delete(ctx context.Context, id string) error

	// Send passes a message to a replica, or with "" to all, and reports whether
	// anyone was there to take it.
	Send(ctx context.Context, to string, m *Message) (taken bool, err error)
	// Receive has take called for each message to the replica of this name, one
	// after the other, until stop is called.
	Receive(replica string, take func(*Message)) (stop func())

	// Ping tells whether the store can be reached.
	Ping(ctx context.Context) error
}
