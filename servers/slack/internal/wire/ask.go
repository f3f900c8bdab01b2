package wire

import (
	"errors"
	"strings"
	"time"
)

// ErrNotFound is wrapped where there is no such channel, message, file or user.
var ErrNotFound = errors.New("not found")

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	Next  string // cursor of the next part; "" at the end
	Note  string // what is to be said of it
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
	Words         string   // as they were written, phrases in quotes
	Channels      []string // ids
	Places        []string // the same by the names that Slack's search knows
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
	Channel string // id
	Place   string // the same by its name
	User    string
	Types   string
	Cursor  string
	Limit   int
}

// Matches reports whether all words are in the file's names.
func (f *File) Matches(words string) bool {
	text := strings.ToLower(f.Name + " " + f.Title + " " + f.Type)
	for word := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(text, strings.Trim(word, `"`)) {
			return false
		}
	}
	return true
}

// Draft is a message that is to be sent.
type Draft struct {
	Channel   string // id
	Thread    string // timestamp of the first message of a thread; "" for the channel
	Text      string
	Markdown  bool   // Text is Markdown, and not Slack's markup
	Plain     bool   // Text is plain
	Blocks    []byte // JSON of blocks, to be shown in place of Text
	Broadcast bool   // a reply is shown in the channel too
	Unfurl    bool   // Slack may fetch what links lead to
}

// Scheduled is a message that will be sent.
type Scheduled struct {
	ID, Channel, Text string
	At                int64 // Unix time
}

// Upload is a file that is to be shared.
type Upload struct {
	Channel, Thread string
	Name, Title     string
	Comment         string
	Content         []byte
}
