package wire

import (
	"errors"
	"time"
)

// ErrNotFound is wrapped where there is no such channel, message, file or user.
var ErrNotFound = errors.New("not found")

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	Next  string // cursor of the next part; "" at the end
}

// Self is whom a token belongs to.
type Self struct {
	Team, TeamID, URL string // of the workspace
	User, UserID, Bot string // Bot is the bot's own id, where it is one
	Enterprise        string // id of the organisation, in Enterprise Grid
}

// Listing asks for a list of conversations.
type Listing struct {
	Kinds    []string // public, private, im, mpim
	Mine     bool     // only those that the token's owner is in
	Archived bool     // archived ones too
	Cursor   string
	Limit    int
}

// Span asks for messages between two timestamps, which are left out unless
// Inclusive is set. The newest come first in a history, the oldest in a thread.
type Span struct {
	Oldest, Latest string
	Inclusive      bool
	Cursor         string
	Limit          int
}

// Query asks for messages that hold all words.
type Query struct {
	Words         string // as they were written, phrases in quotes
	Channels      []string
	From, With    []string // ids of users
	Before, After time.Time
	Threads       bool // only replies in threads
	Newest        bool // first, instead of the best
	Cursor        string
	Limit         int
}

// FileQuery asks for files.
type FileQuery struct {
	Words   string
	Channel string
	User    string
	Types   string
	Cursor  string
	Limit   int
}
