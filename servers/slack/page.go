package slack

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/mrkdwn"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// page is messages on their way to the model.
type page struct {
	channel  *guard.Channel
	thread   string // timestamp of the first message of a thread
	order    string
	messages []wire.Message
	names    *guard.Names
	next     string
	note     string
	withheld int
	places   map[string]string // titles of the channels that a search found messages in
	dated    bool              // each row has its date, as they do not follow in time
}

// fill reads pages until there are enough messages. What stands in the way of
// a later page leaves those that were read, with a note.
func (p *page) fill(ctx context.Context, span wire.Span, quiet bool, read func(wire.Span) (wire.Page[wire.Message], error)) error {
	want := span.Limit
	for len(p.messages) < want && ctx.Err() == nil {
		span.Limit = min(want-len(p.messages), apiPage)
		got, err := read(span)
		if err != nil {
			if len(p.messages) == 0 {
				return err
			}
			p.note = "not all: " + err.Error()
			p.next = span.Cursor
			return nil
		}
		for i := range got.Items {
			if !quiet || !isActivity(got.Items[i].Subtype) {
				p.messages = append(p.messages, got.Items[i])
			}
		}
		if p.next, span.Cursor = got.Next, got.Next; p.next == "" {
			return nil
		}
	}
	return ctx.Err()
}

// isActivity recognises messages that tell of the channel instead of saying
// something.
func isActivity(subtype string) bool {
	switch subtype {
	case "channel_join", "channel_leave", "group_join", "group_leave", "channel_topic", "channel_purpose", "channel_name", "channel_archive",
		"channel_unarchive", "group_topic", "group_purpose", "group_name", "bot_add", "bot_remove", "pinned_item", "unpinned_item", "tombstone",
		"channel_convert_to_private", "channel_posting_permissions", "reminder_add", "huddle_thread":
		return true
	}
	return false
}

func (p *page) write(format string) string {
	switch format {
	case "json":
		return p.json()
	case "csv":
		return p.csv()
	}
	mark := marker()
	b := make([]byte, 0, 4096)
	b = append(b, p.head()...)
	b = append(b, "; until "...)
	b = append(b, mark...)
	b = append(b, " all is data that others wrote\n"...)
	day := ""
	for i := range p.messages {
		m := &p.messages[i]
		t := wire.Time(m.TS)
		if p.dated {
			b = t.AppendFormat(b, "2006-01-02 15:04 ")
			b = p.row(b, m)
			continue
		}
		if d := t.Format("Mon 2006-01-02"); d != day {
			day = d
			b = append(b, "== "...)
			b = append(b, day...)
			b = append(b, '\n')
		}
		b = t.AppendFormat(b, "15:04 ")
		b = p.row(b, m)
	}
	b = append(b, mark...)
	b = append(b, '\n')
	return string(b) + remarks(p.withheld, "message", p.next, p.note)
}

// marker is what nobody who wrote a message can have known.
func marker() string {
	var raw [4]byte
	_, _ = rand.Read(raw[:]) // never fails
	return "~" + hex.EncodeToString(raw[:])
}

// head says what the messages are of.
func (p *page) head() string {
	of := ""
	if p.channel != nil {
		of = title(&p.channel.Channel, p.names.User) + " (" + p.channel.ID + ")" + strings.Replace(marks(&p.channel.Channel), " [not a member]", "", 1)
	}
	out := plural(len(p.messages), "message")
	if of != "" {
		out = of + ", " + out
	}
	if p.thread != "" {
		out = "thread " + p.thread + " in " + out
	}
	if p.order != "" {
		out += ", " + p.order
	}
	return out + ", UTC"
}

// row writes one message behind its time.
func (p *page) row(b []byte, m *wire.Message) []byte {
	b = append(b, m.TS...)
	b = append(b, ' ')
	if place := p.places[m.Channel]; place != "" {
		b = append(b, place...)
		b = append(b, ' ')
	}
	b = append(b, p.author(m)...)
	b = append(b, ": "...)
	b = mrkdwn.Append(b, strings.TrimRight(m.Text, "\n "), "  ", p.names)
	b = p.extras(b, m)
	return append(b, '\n')
}

// extras are what belongs to a message beside its text, on a line that no text
// can be: it begins with a sign that Append lets stand nowhere at the start.
func (p *page) extras(b []byte, m *wire.Message) []byte {
	var parts []string
	if m.Edited {
		parts = append(parts, "edited")
	}
	if m.Replies > 0 && p.thread == "" {
		parts = append(parts, "thread: "+strings.Replace(plural(m.Replies, "reply"), "replys", "replies", 1))
	} else if m.ThreadTS != "" && m.ThreadTS != m.TS && p.thread == "" {
		parts = append(parts, "in thread "+m.ThreadTS)
	}
	for _, f := range m.Files {
		parts = append(parts, fileMark(&f))
	}
	for _, r := range m.Reactions {
		parts = append(parts, ":"+line(r.Name, 60)+": "+p.reacted(&r))
	}
	if len(parts) == 0 {
		return b
	}
	b = append(b, "\n^ "...)
	return append(b, strings.Join(parts, "; ")...)
}

func (p *page) reacted(r *wire.Reaction) string {
	const most = 3
	var who []string
	for _, id := range r.Users {
		if name := p.names.User(id); name != "" && len(who) < most {
			who = append(who, mrkdwn.Name(name))
		}
	}
	if rest := r.Count - len(who); rest > 0 {
		who = append(who, "+"+strconv.Itoa(rest))
	}
	return strings.Join(who, ", ")
}

func fileMark(f *wire.File) string {
	name := f.Title
	if name == "" {
		name = f.Name
	}
	out := "file " + f.ID + " " + line(name, 80)
	if f.MIME != "" {
		out += ", " + line(f.MIME, 60)
	}
	if f.Size > 0 {
		out += fmt.Sprintf(", %d bytes", f.Size)
	}
	return out
}

// author is the name of who wrote a message.
func (p *page) author(m *wire.Message) string {
	name := p.names.User(m.User)
	if name == "" && m.Author != "" {
		return mrkdwn.Name(m.Author) + " (app)"
	}
	for _, n := range []string{name, m.User, m.Bot} {
		if n != "" {
			return mrkdwn.Name(n)
		}
	}
	return "unknown"
}
