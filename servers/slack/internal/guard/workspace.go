package guard

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Workspace is one workspace and what is allowed in it.
type Workspace struct {
	Alias string

	back        backend
	read, write Rules
	sending     Sending
	pending     pending
	names       *names
	people      *directory

	mu       sync.Mutex
	lookedUp map[string]lookup
	groups   map[string]string // handles of user groups by id

	suggested   []wire.Channel // see suggestions
	suggestedAt time.Time
}

type lookup struct {
	channel wire.Channel
	at      time.Time
}

// fresh is for how long a look-up serves further reading. Writing looks up
// anew each time.
const fresh = 30 * time.Second

func newWorkspace(alias string, b backend, read, write Rules, sending Sending) *Workspace {
	return &Workspace{Alias: alias, back: b, read: read, write: write, sending: sending, names: newNames(b), people: &directory{back: b}, lookedUp: map[string]lookup{}}
}

// Channel is a conversation that may be read.
type Channel struct {
	wire.Channel
	w *Workspace
}

// Ref names a conversation and perhaps a message in it.
type Ref struct{ Channel, TS, Thread string }

var (
	channelID = regexp.MustCompile(`^[CGD][A-Z0-9]{5,}$`)
	userID    = regexp.MustCompile(`^[UW][A-Z0-9]{5,}$`)
	permalink = regexp.MustCompile(`^https://[a-z0-9.-]+/archives/([CGD][A-Z0-9]+)(?:/p(\d+)(\d{6}))?/?(?:\?(.*))?$`)
	threadTS  = regexp.MustCompile(`(?:^|&)thread_ts=(\d+\.\d{6})(?:&|$)`)
	timestamp = regexp.MustCompile(`^p?(\d+)\.?(\d{6})$`)
)

// ParseRef reads a reference to a conversation or message: an id, a #name, an
// @user, or a permalink.
func ParseRef(text string) Ref {
	text = strings.Trim(strings.TrimSpace(text), "<>")
	if m := permalink.FindStringSubmatch(text); m != nil {
		r := Ref{Channel: m[1]}
		if m[2] != "" {
			r.TS = m[2] + "." + m[3]
			if t := threadTS.FindStringSubmatch(m[4]); t != nil {
				r.Thread = t[1]
			}
		}
		return r
	}
	return Ref{Channel: text}
}

// ParseTS reads a timestamp in any of its forms: 1731700000.123456,
// p1731700000123456, or a permalink.
func ParseTS(text string) (string, error) {
	text = strings.TrimSpace(text)
	if m := timestamp.FindStringSubmatch(text); m != nil && len(m[1]) >= 10 {
		return m[1] + "." + m[2], nil
	}
	if r := ParseRef(text); r.TS != "" {
		return r.TS, nil
	}
	return "", mcpcore.Hint(fmt.Errorf("%q is no timestamp of a message", clip(text)), "take it from conversations_history, such as 1731700000.123456, or send a permalink")
}

func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}

// Self is whom the workspace's token belongs to.
func (w *Workspace) Self(ctx context.Context) (wire.Self, error) { return w.back.Self(ctx) }

// Channel finds a conversation that may be read.
func (w *Workspace) Channel(ctx context.Context, ref string) (*Channel, error) {
	return w.readable(ctx, ref, fresh)
}

// ChannelNow is Channel as it is at this moment.
func (w *Workspace) ChannelNow(ctx context.Context, ref string) (*Channel, error) {
	return w.readable(ctx, ref, 0)
}

func (w *Workspace) readable(ctx context.Context, ref string, within time.Duration) (*Channel, error) {
	name := ParseRef(ref).Channel
	id, err := w.resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	c, err := w.look(ctx, id, within)
	if err != nil {
		return nil, err
	}
	if err := w.read.check(&c); err != nil {
		if id != name { // whoever knows only a name is not told that it exists
			err = mcpcore.Refused(mcpcore.RuleOf(err), noneNamed(name))
		}
		return nil, mcpcore.Hint(err, "channels_list lists those that may be read")
	}
	w.names.learn(c.ID, c.Name)
	return &Channel{Channel: c, w: w}, nil
}

func noneNamed(name string) error {
	return fmt.Errorf("there is no conversation %q that may be read", clip(name))
}

// look looks a conversation up, unless that was done a moment ago.
func (w *Workspace) look(ctx context.Context, id string, within time.Duration) (wire.Channel, error) {
	w.mu.Lock()
	found, ok := w.lookedUp[id]
	w.mu.Unlock()
	if ok && time.Since(found.at) < within {
		return found.channel, nil
	}
	c, err := w.back.Channel(ctx, id)
	if err != nil {
		return c, err
	}
	if c.ID != id {
		return c, fmt.Errorf("channel %s: Slack told of another one", id)
	}
	w.note(c)
	return c, nil
}

const mostLookups = 4096 // that are remembered

func (w *Workspace) note(c wire.Channel) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.lookedUp) >= mostLookups {
		clear(w.lookedUp)
	}
	c.Topic, c.Purpose = "", "" // nothing that was written is kept
	w.lookedUp[c.ID] = lookup{c, time.Now()}
}

// Channels lists the conversations of these kinds that may be read, and tells
// how many may not.
func (w *Workspace) Channels(ctx context.Context, q wire.Listing) (page wire.Page[wire.Channel], withheld int, err error) {
	found, err := w.back.Channels(ctx, q)
	if err != nil {
		return page, 0, err
	}
	page.Next = found.Next
	for _, c := range found.Items {
		if w.read.check(&c) != nil {
			withheld++
			continue
		}
		w.names.learn(c.ID, c.Name)
		page.Items = append(page.Items, c)
	}
	return page, withheld, nil
}

// History gives messages, the newest first.
func (c *Channel) History(ctx context.Context, span wire.Span) (wire.Page[wire.Message], error) {
	return c.w.back.History(ctx, c.ID, span)
}

// Replies gives a thread, from its first message on.
func (c *Channel) Replies(ctx context.Context, ts string, span wire.Span) (wire.Page[wire.Message], error) {
	return c.w.back.Replies(ctx, c.ID, ts, span)
}

// resolve finds the id of a conversation by its id or name, or of the direct
// message with a user.
func (w *Workspace) resolve(ctx context.Context, name string) (string, error) {
	switch {
	case channelID.MatchString(name):
		return name, nil
	case userID.MatchString(name):
		return w.directWith(ctx, name)
	case strings.HasPrefix(name, "@"):
		return w.directWithNamed(ctx, name[1:])
	}
	name = strings.TrimPrefix(name, "#")
	if name == "" {
		return "", mcpcore.Hint(errors.New("no channel is named"), "send an id such as C0123ABCD, a name such as #general, or a permalink")
	}
	return w.named(ctx, name)
}

func (w *Workspace) close() error {
	w.people.close()
	return w.back.Close()
}
