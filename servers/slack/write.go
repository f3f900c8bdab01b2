package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/mrkdwn"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

type postIn struct {
	Workspace string          `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string          `json:"channel_id" jsonschema:"id, #name, @user or permalink" audit:"target" alias:"channel"`
	Text      string          `json:"text,omitzero" jsonschema:"what to say" alias:"payload,message"`
	Type      string          `json:"content_type,omitzero" enum:"text/markdown,text/mrkdwn,text/plain" default:"text/markdown" jsonschema:"what the text is: mrkdwn is Slack's own markup"`
	Blocks    json.RawMessage `json:"blocks,omitzero" jsonschema:"array of Block Kit blocks, in place of text"`
	Thread    string          `json:"thread_ts,omitzero" jsonschema:"timestamp of a thread's first message, to reply"`
	Broadcast bool            `json:"reply_broadcast,omitzero" jsonschema:"show a reply in the channel too" alias:"broadcast"`
	DryRun    bool            `json:"dry_run,omitzero" jsonschema:"only tell what would be sent"`
	Draft     string          `json:"draft_token,omitzero" jsonschema:"of the draft that the user agreed to"`
}

func (in *postIn) draft() (wire.Draft, error) {
	d := wire.Draft{Text: in.Text, Markdown: in.Type == "text/markdown", Plain: in.Type == "text/plain", Broadcast: in.Broadcast}
	if !jsonrpc.IsNull(in.Blocks) {
		if d.Blocks, d.Markdown = in.Blocks, false; jsonrpc.Kind(d.Blocks) == '"' { // JSON in a string, as many send it
			d.Blocks = []byte(jsonrpc.Unquote(d.Blocks))
		}
	}
	if in.Thread != "" {
		ts, err := guard.ParseTS(in.Thread)
		if err != nil {
			return d, fmt.Errorf("thread_ts: %w", err)
		}
		d.Thread = ts
	} else if ref := guard.ParseRef(in.Channel); ref.TS != "" { // a reply to what the permalink leads to
		d.Thread = cmp.Or(ref.Thread, ref.TS)
	}
	if d.Broadcast && d.Thread == "" {
		return d, errors.New("reply_broadcast is for replies: send thread_ts")
	}
	return d, nil
}

func (s *server) addMessage(ctx context.Context, in postIn) (string, error) {
	w, t, err := s.target(ctx, in.Workspace, in.Channel)
	if err != nil {
		return "", err
	}
	d, err := in.draft()
	if err != nil {
		return "", err
	}
	out, err := t.Prepare(d)
	if err != nil {
		return "", err
	}
	question := "Send to " + s.describe(ctx, w, t, out)
	if in.DryRun {
		return "Nothing was sent. " + question, nil
	}
	return s.once(ctx, "post "+out.Digest(), question, in.Draft, func() (string, error) {
		ts, before, err := out.Send(ctx)
		if err != nil {
			return "", err
		}
		return sent("sent", t, ts, before, out), nil
	})
}

// once does what the user agrees to, once for each agreement.
func (s *server) once(ctx context.Context, subject, question, token string, do func() (string, error)) (string, error) {
	a, draft, err := s.agree(ctx, subject, question, token)
	if err != nil || draft != "" {
		return draft, err
	}
	if result, before := a.take(); before {
		if result == underWay {
			return "", errors.New("the same is being done for another call")
		}
		return result + "\n(by the call before: it is not done twice)", nil
	}
	result, err := do()
	a.used(result, err)
	if err != nil {
		return "", err
	}
	return result, nil
}

func sent(what string, t *guard.Target, ts string, before bool, out *guard.Outgoing) string {
	text := fmt.Sprintf("%s: %s in %s", what, ts, t.ID)
	if before {
		text += " (by an earlier call, whose answer was lost: not twice)"
	}
	for _, change := range out.Changes {
		text += "\n[" + change + "]"
	}
	return text
}

// describe says to whom a message goes, and what it is, for the user to judge.
func (s *server) describe(ctx context.Context, w *guard.Workspace, t *guard.Target, out *guard.Outgoing) string {
	names := w.UserNames(ctx, t.User)
	to := fmt.Sprintf("%s (%s, %s)", title(&t.Channel, names.User), t.ID, strings.Join(t.Kinds(), ", "))
	if t.Channel.Members > 0 {
		to += ", " + plural(t.Channel.Members, "member")
	}
	if t.External {
		to += ", READ BY ANOTHER ORGANISATION"
	}
	if out.Thread != "" {
		to += ", as a reply in the thread " + out.Thread
	}
	text := out.Text
	if out.Blocks != nil {
		text = wire.BlocksText(out.Blocks)
	}
	body := mrkdwn.Append(nil, wire.Escape(text), "  ", nobody{})
	remarks := strings.Join(out.Changes, "; ")
	if remarks != "" {
		remarks = "\n(" + remarks + ")"
	}
	return to + ":\n  " + string(body) + remarks
}

type updateIn struct {
	Workspace string          `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string          `json:"channel_id" jsonschema:"id, #name or the permalink of the message" audit:"target" alias:"channel,permalink"`
	TS        string          `json:"message_ts,omitzero" jsonschema:"timestamp of the message" alias:"ts,timestamp"`
	Text      string          `json:"text,omitzero" jsonschema:"the new text" alias:"payload"`
	Type      string          `json:"content_type,omitzero" enum:"text/markdown,text/mrkdwn,text/plain" default:"text/markdown" jsonschema:"what the text is"`
	Blocks    json.RawMessage `json:"blocks,omitzero" jsonschema:"array of Block Kit blocks, in place of text"`
	Draft     string          `json:"draft_token,omitzero" jsonschema:"of the draft that the user agreed to"`
}

// stamped finds the timestamp of a message in its argument or a permalink.
func stamped(channel, ts string) (string, error) {
	if ts != "" {
		return guard.ParseTS(ts)
	}
	if ref := guard.ParseRef(channel); ref.TS != "" {
		return ref.TS, nil
	}
	return "", mcpcore.Hint(errors.New("no message is named"), "send message_ts, or the permalink of the message as channel_id")
}

func (s *server) updateMessage(ctx context.Context, in updateIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	ts, err := stamped(in.Channel, in.TS)
	if err != nil {
		return "", err
	}
	t, err := w.Target(ctx, in.Channel)
	if err != nil {
		return "", err
	}
	if _, err := t.Own(ctx, ts); err != nil {
		return "", err
	}
	d, err := (&postIn{Text: in.Text, Type: in.Type, Blocks: in.Blocks}).draft()
	if err != nil {
		return "", err
	}
	out, err := t.Prepare(d)
	if err != nil {
		return "", err
	}
	return s.once(ctx, "update "+ts+" "+out.Digest(), "Put in place of the message "+ts+" in "+s.describe(ctx, w, t, out), in.Draft, func() (string, error) {
		return sent("changed", t, ts, false, out), out.Update(ctx, ts)
	})
}

type deleteIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string `json:"channel_id" jsonschema:"id, #name or the permalink of the message" audit:"target" alias:"channel,permalink"`
	TS        string `json:"message_ts,omitzero" jsonschema:"timestamp of the message" alias:"ts,timestamp"`
	Draft     string `json:"draft_token,omitzero" jsonschema:"of the draft that the user agreed to"`
}

func (s *server) deleteMessage(ctx context.Context, in deleteIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	ts, err := stamped(in.Channel, in.TS)
	if err != nil {
		return "", err
	}
	t, err := w.Target(ctx, in.Channel)
	if err != nil {
		return "", err
	}
	m, err := t.Own(ctx, ts)
	if err != nil {
		return "", err
	}
	text := mrkdwn.Append(nil, m.Text, "  ", w.NamesFor(ctx, []wire.Message{m}))
	question := fmt.Sprintf("Delete the message %s in %s (%s):\n  %s", ts, title(&t.Channel, w.UserNames(ctx, t.User).User), t.ID, text)
	return s.once(ctx, "delete "+t.ID+" "+ts, question, in.Draft, func() (string, error) {
		return fmt.Sprintf("deleted: %s in %s", ts, t.ID), t.Delete(ctx, ts)
	})
}

type scheduleIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Action    string `json:"action,omitzero" enum:"create,list,cancel" default:"create" jsonschema:"what to do"`
	Channel   string `json:"channel_id" jsonschema:"id, #name, @user or permalink" audit:"target" alias:"channel"`
	Text      string `json:"text,omitzero" jsonschema:"what to say" alias:"payload"`
	Type      string `json:"content_type,omitzero" enum:"text/markdown,text/mrkdwn,text/plain" default:"text/markdown" jsonschema:"what the text is"`
	Thread    string `json:"thread_ts,omitzero" jsonschema:"timestamp of a thread's first message, to reply"`
	At        string `json:"post_at,omitzero" jsonschema:"when, such as 2026-11-28T09:00:00Z, within 120 days"`
	ID        string `json:"scheduled_message_id,omitzero" jsonschema:"which to cancel" alias:"id"`
	Draft     string `json:"draft_token,omitzero" jsonschema:"of the draft that the user agreed to"`
}

func (s *server) scheduleMessage(ctx context.Context, in scheduleIn) (string, error) {
	w, t, err := s.target(ctx, in.Workspace, in.Channel)
	if err != nil {
		return "", err
	}
	switch in.Action {
	case "list":
		return scheduled(ctx, t)
	case "cancel":
		if in.ID == "" {
			return "", mcpcore.Hint(errors.New("no message is named"), "send scheduled_message_id; action list shows it")
		}
		return s.once(ctx, "cancel "+t.ID+" "+in.ID, fmt.Sprintf("Cancel the scheduled message %s to %s?", in.ID, t.ID), in.Draft, func() (string, error) {
			return "cancelled: " + in.ID, t.Unschedule(ctx, in.ID)
		})
	}
	at, err := time.Parse(time.RFC3339, in.At)
	if err != nil || time.Until(at) < time.Minute || time.Until(at) > 120*24*time.Hour {
		return "", errors.New("post_at is a time of RFC 3339 such as 2026-11-28T09:00:00Z, from a minute to 120 days from now")
	}
	d, err := (&postIn{Channel: in.Channel, Text: in.Text, Type: in.Type, Thread: in.Thread}).draft()
	if err != nil {
		return "", err
	}
	out, err := t.Prepare(d)
	if err != nil {
		return "", err
	}
	when := at.UTC().Format(time.RFC3339)
	return s.once(ctx, "schedule "+when+" "+out.Digest(), "Send at "+when+" to "+s.describe(ctx, w, t, out), in.Draft, func() (string, error) {
		id, before, err := out.Schedule(ctx, at)
		if err != nil {
			return "", err
		}
		return sent("scheduled for "+when, t, id, before, out), nil
	})
}

func scheduled(ctx context.Context, t *guard.Target) (string, error) {
	list, err := t.Scheduled(ctx)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, m := range list {
		fmt.Fprintf(&b, "%s %s %s\n", m.ID, time.Unix(m.At, 0).UTC().Format(time.RFC3339), line(m.Text, 200))
	}
	if len(list) == 0 {
		return "nothing is scheduled for " + t.ID, nil
	}
	return b.String(), nil
}
