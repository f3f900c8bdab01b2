// Package wire holds Slack's objects as far as they are needed, and reads them
// from JSON whatever shape the rest has: one odd field costs that field and
// never the page.
package wire

import (
	"strconv"
	"strings"
	"time"
)

// Channel is a conversation: a channel, a direct message or one of a group.
type Channel struct {
	ID, Name       string
	Topic, Purpose string
	User           string // the other one in a direct message
	Creator        string
	Latest         string // timestamp of the last message, where it is told
	LastRead       string // timestamp up to which the token's owner has read
	Created        int64  // Unix time
	Members        int    // -1 where it is not told
	Unread         int    // -1 where it is not told

	Private, IM, MPIM, External, Archived, General, Member bool
}

// Kind is public, private, im or mpim.
func (c *Channel) Kind() string {
	switch {
	case c.IM:
		return "im"
	case c.MPIM:
		return "mpim"
	case c.Private:
		return "private"
	}
	return "public"
}

// Kinds are all kinds that the channel is of: beside Kind external, archived
// and general.
func (c *Channel) Kinds() []string {
	out := []string{c.Kind()}
	for _, k := range []struct {
		is   bool
		name string
	}{{c.External, "external"}, {c.Archived, "archived"}, {c.General, "general"}} {
		if k.is {
			out = append(out, k.name)
		}
	}
	return out
}

// User is a person or an app. It has no e-mail address, so that none can be
// kept or told by accident.
type User struct {
	ID, Name      string // Name is the handle
	Display, Real string
	Title, TZ     string
	Team          string
	Deleted, Bot  bool
	Stranger      bool // from another workspace
}

// Label is the name that people see.
func (u *User) Label() string {
	for _, name := range []string{u.Display, u.Real, u.Name} {
		if name != "" {
			return name
		}
	}
	return u.ID
}

// Message is one message.
type Message struct {
	TS, ThreadTS string
	Channel      string // its id, where the message comes from a search
	User, Bot    string // ids
	Author       string // a name that the message brings itself, as those of apps do
	Subtype      string
	Text         string // in Slack's markup
	Permalink    string
	LatestReply  string
	Replies      int
	Edited       bool
	Reactions    []Reaction
	Files        []File
}

// Reaction is an emoji under a message.
type Reaction struct {
	Name  string
	Count int
	Users []string // ids; perhaps not all
}

// File is a file, without the links that may hold tokens.
type File struct {
	ID, Name, Title  string
	MIME, Type, Mode string
	User             string
	Size             int
	Created          int64
	Channels         []string // ids of the conversations it was shared in
	Permalink        string
	URL              string // where it can be downloaded; never shown
	Preview          string // of text
}

// Group is a user group.
type Group struct {
	ID, Handle, Name, About string
	Users                   []string
	Count                   int
	Disabled                bool
}

// Pin is something pinned or bookmarked in a channel.
type Pin struct {
	Kind    string // message, file, or the type of a bookmark
	Title   string
	Link    string
	By      string
	Created int64
	Message *Message
	File    *File
}

// Time is when a timestamp such as 1731700000.123456 was; the zero time where
// it is none.
func Time(ts string) time.Time {
	whole, frac, _ := strings.Cut(ts, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || sec <= 0 || sec > 1<<38 {
		return time.Time{}
	}
	micro, _ := strconv.ParseInt((frac + "000000")[:6], 10, 64)
	return time.Unix(sec, micro*1000).UTC()
}

// Stamp is the timestamp of a time.
func Stamp(t time.Time) string {
	micro := t.UnixMicro()
	s := strconv.FormatInt(micro%1e6, 10)
	return strconv.FormatInt(micro/1e6, 10) + "." + "000000"[len(s):] + s
}

// Less reports whether one timestamp is before another.
func Less(a, b string) bool {
	aw, af, _ := strings.Cut(a, ".")
	bw, bf, _ := strings.Cut(b, ".")
	if len(aw) != len(bw) {
		return len(aw) < len(bw)
	}
	if aw != bw {
		return aw < bw
	}
	return af < bf
}
