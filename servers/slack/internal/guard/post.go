package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/mrkdwn"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Sending is how messages may be sent.
type Sending struct {
	Allowed       bool     // anything at all
	UnfurlDomains []string // whose links Slack may fetch
	MassMentions  bool     // of channels and user groups
	UploadRoot    string   // directory that files may be shared from; "" for none
}

// Target is a conversation that may be written to, as it was a moment ago.
type Target struct {
	wire.Channel
	w *Workspace
}

// Target finds a conversation that may be written to. It is looked up anew.
func (w *Workspace) Target(ctx context.Context, ref string) (*Target, error) {
	if !w.sending.Allowed {
		return nil, mcpcore.Refused("--allow-write", mcpcore.Hint(errors.New("nothing may be written"), "a person can start the server with --allow-write and --write-allow"))
	}
	name := ParseRef(ref).Channel
	id, err := w.resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	c, err := w.back.Target(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.ID != id {
		return nil, fmt.Errorf("channel %s: Slack told of another one", id)
	}
	if c.External, err = w.external(ctx, &c); err != nil {
		return nil, fmt.Errorf("%s: whether it is shared with others cannot be told: %w", id, err)
	}
	if err := w.write.check(&c); err != nil {
		if id != name {
			err = mcpcore.Refused(mcpcore.RuleOf(err), fmt.Errorf("%q may not be written to (--write-allow, --write-deny)", clip(name)))
		}
		return nil, mcpcore.Hint(err, "tell the user: a person can allow it by --write-allow")
	}
	return &Target{Channel: c, w: w}, nil
}

// external reports whether people of another organisation read along.
func (w *Workspace) external(ctx context.Context, c *wire.Channel) (bool, error) {
	if c.External || !c.IM && !c.MPIM {
		return c.External, nil
	}
	self, err := w.back.Writer(ctx)
	if err != nil {
		return true, err
	}
	ids := []string{c.User}
	if c.MPIM {
		members, err := w.back.Members(ctx, c.ID, "", 100)
		if err != nil {
			return true, err
		}
		ids = members.Items
	}
	return w.strangers(ctx, ids, self)
}

// strangers reports whether one of the users is of another organisation.
func (w *Workspace) strangers(ctx context.Context, ids []string, self wire.Self) (bool, error) {
	users, err := w.back.Users(ctx, ids)
	if err != nil {
		return true, err
	}
	for i := range users {
		if u := &users[i]; u.Stranger || u.Team != "" && u.Team != self.TeamID && self.Enterprise == "" {
			return true, nil
		}
	}
	return len(users) < len(ids), nil // whom nobody knows is a stranger
}

// Outgoing is a message that may be sent.
type Outgoing struct {
	wire.Draft
	Changes []string // what was changed for safety's sake, in words
	t       *Target
}

const (
	mostText     = 12_000 // characters of a message
	mostPeople   = 10     // that are mentioned in one
	mostFallback = 3000
)

// Prepare makes a draft safe to send, or says why it is not.
func (t *Target) Prepare(d wire.Draft) (*Outgoing, error) {
	d.Channel = t.ID
	out := &Outgoing{t: t}
	if !utf8.ValidString(d.Text) {
		return nil, errors.New("the text is not valid UTF-8")
	}
	tamed := 0
	sending := &t.w.sending
	if !sending.MassMentions {
		d.Text, tamed = mrkdwn.Tame(d.Text)
	}
	texts := []string{d.Text}
	fetched := mrkdwn.Pictures(d.Text)
	if d.Blocks != nil {
		b, err := mrkdwn.ReadBlocks(d.Blocks, !sending.MassMentions)
		if err != nil {
			return nil, err
		}
		d.Blocks, tamed = b.JSON, tamed+b.Tamed
		texts, fetched = append(texts, b.Strings...), append(fetched, b.Fetched...)
		if d.Text == "" {
			d.Text = mrkdwn.Line(wire.BlocksText(b.JSON), mostFallback)
		}
	}
	if tamed > 0 {
		out.Changes = append(out.Changes, "mentions of many were made plain text")
	}
	all := strings.Join(texts, "\n")
	switch {
	case strings.TrimSpace(d.Text) == "" && d.Blocks == nil:
		return nil, errors.New("there is no text to send")
	case utf8.RuneCountInString(d.Text) > mostText:
		return nil, mcpcore.Hint(fmt.Errorf("the text has more than %d characters", mostText), "send it in parts, or share it with file_upload")
	case mrkdwn.HasSecret(all) || mrkdwn.HasSecret(strings.Join(texts, "")):
		return nil, mcpcore.Refused("secrets", mcpcore.Hint(errors.New("the text holds what looks like a token, a key or a password"), "leave it out; say where it can be found instead"))
	case mrkdwn.People(all) > mostPeople && !sending.MassMentions:
		return nil, mcpcore.Refused("--allow-mass-mentions", fmt.Errorf("the text mentions %d people, more than %d", mrkdwn.People(all), mostPeople))
	}
	for _, address := range fetched {
		if hosts := mrkdwn.Hosts(address); len(hosts) == 0 || !mrkdwn.Listed(hosts, sending.UnfurlDomains) {
			return nil, mcpcore.Refused("--unfurl-domains", mcpcore.Hint(errors.New("it shows a picture, which Slack would fetch, from a domain that is not on the list"), "send a link in place of the picture"))
		}
	}
	hosts := mrkdwn.Hosts(all)
	d.Unfurl = len(sending.UnfurlDomains) > 0 && len(hosts) > 0 && mrkdwn.Listed(hosts, sending.UnfurlDomains)
	out.Draft = d
	return out, nil
}

// Digest stands for all of a message, and for where it goes.
func (o *Outgoing) Digest() string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q %q %q %t %t %t %t", o.t.w.Alias, o.Channel, o.Thread, o.Text, o.Markdown, o.Plain, o.Broadcast, o.Unfurl)
	sum.Write(o.Blocks)
	return hex.EncodeToString(sum.Sum(nil))
}

// pending are messages of which nobody knows whether they were sent.
type pending struct {
	mu    sync.Mutex
	since map[string]time.Time // by digest
}

const mostPending = 1000

func (p *pending) get(digest string) (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.since[digest]
	return t, ok
}

func (p *pending) set(digest string, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since == nil || len(p.since) > mostPending {
		p.since = map[string]time.Time{}
	}
	if t.IsZero() {
		delete(p.since, digest)
		return
	}
	p.since[digest] = t
}

// Send sends the message. One that may have been sent before is looked for, and
// not sent again when it is there, or when that cannot be told.
func (o *Outgoing) Send(ctx context.Context) (ts string, before bool, err error) {
	w, digest := o.t.w, o.Digest()
	if since, ok := w.pending.get(digest); ok {
		ts, err := o.sentSince(ctx, since)
		if err != nil || ts != "" {
			return ts, true, err
		}
	}
	began := time.Now()
	ts, err = w.back.Post(ctx, o.Draft)
	if errors.Is(err, errUnknown) {
		w.pending.set(digest, began)
		return "", false, mcpcore.Hint(err, "look with conversations_history whether the message is there; sending the same again looks first, and sends nothing twice")
	}
	w.pending.set(digest, time.Time{})
	return ts, false, err
}

// sentSince finds the message among what was said since a time.
func (o *Outgoing) sentSince(ctx context.Context, since time.Time) (string, error) {
	self, err := o.t.w.back.Writer(ctx)
	if err == nil {
		var recent []wire.Message
		recent, err = o.t.w.back.Recent(ctx, o.Channel, o.Thread, since.Add(-time.Minute))
		for i := range recent {
			if m := &recent[i]; isOf(m, self) && bones(m.Text) == bones(o.Text) {
				return m.TS, nil
			}
		}
	}
	if err != nil {
		return "", fmt.Errorf("the same may have been sent before, and that cannot be told now: %w", err)
	}
	return "", nil
}

// bones are the letters and digits of a text, which Slack leaves as they are.
func bones(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// isOf reports whether a message was written by the writer.
func isOf(m *wire.Message, self wire.Self) bool {
	return m.User != "" && m.User == self.UserID || m.Bot != "" && m.Bot == self.Bot
}

// Own finds a message of the conversation that the writer itself has written.
func (t *Target) Own(ctx context.Context, ts string) (wire.Message, error) {
	m, err := t.w.back.Sent(ctx, t.ID, ts)
	if err != nil {
		return m, err
	}
	self, err := t.w.back.Writer(ctx)
	if err != nil {
		return m, err
	}
	if !isOf(&m, self) {
		return m, mcpcore.Refused("own messages", mcpcore.Hint(fmt.Errorf("message %s was written by somebody else", ts), "only messages of this server's own account are edited or deleted"))
	}
	return m, nil
}

// Update puts the message in place of one of the writer's own.
func (o *Outgoing) Update(ctx context.Context, ts string) error {
	if _, err := o.t.Own(ctx, ts); err != nil {
		return err
	}
	return o.t.w.back.Update(ctx, ts, o.Draft)
}

// Delete takes away one of the writer's own messages.
func (t *Target) Delete(ctx context.Context, ts string) error {
	if _, err := t.Own(ctx, ts); err != nil {
		return err
	}
	return t.w.back.Delete(ctx, t.ID, ts)
}

// Schedule has the message sent later.
func (o *Outgoing) Schedule(ctx context.Context, at time.Time) (id string, before bool, err error) {
	w := o.t.w
	digest := o.Digest() + at.String()
	if _, ok := w.pending.get(digest); ok {
		planned, err := w.back.Scheduled(ctx, o.Channel)
		if err != nil {
			return "", true, fmt.Errorf("the same may have been scheduled before, and that cannot be told now: %w", err)
		}
		i := slices.IndexFunc(planned, func(s wire.Scheduled) bool { return s.At == at.Unix() && bones(s.Text) == bones(o.Text) })
		if i >= 0 {
			return planned[i].ID, true, nil
		}
	}
	id, err = w.back.Schedule(ctx, o.Draft, at)
	if errors.Is(err, errUnknown) {
		w.pending.set(digest, time.Now())
		return "", false, mcpcore.Hint(err, "message_schedule with action list shows whether it is there")
	}
	w.pending.set(digest, time.Time{})
	return id, false, err
}

// Scheduled lists what will be sent here.
func (t *Target) Scheduled(ctx context.Context) ([]wire.Scheduled, error) {
	return t.w.back.Scheduled(ctx, t.ID)
}

// Unschedule has a message not be sent.
func (t *Target) Unschedule(ctx context.Context, id string) error {
	return t.w.back.Unschedule(ctx, t.ID, id)
}

// React adds a reaction to a message, or takes it away.
func (t *Target) React(ctx context.Context, ts, emoji string, add bool) error {
	err := t.w.back.React(ctx, t.ID, ts, emoji, add)
	if coded(err, "already_reacted", "no_reaction") {
		return nil // it is as it was wanted
	}
	return err
}

// Mark says up to where the conversation was read.
func (t *Target) Mark(ctx context.Context, ts string) error { return t.w.back.Mark(ctx, t.ID, ts) }
