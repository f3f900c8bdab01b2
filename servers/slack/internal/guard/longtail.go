package guard

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/mrkdwn"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// longtail does what only Slack itself can do: the methods that few need.
type longtail interface {
	do(ctx context.Context, method string, with url.Values) ([]byte, error)
}

// ask asks a method of the long tail.
func (w *Workspace) ask(ctx context.Context, method string, with url.Values) ([]byte, error) {
	if !w.sending.Allowed {
		return nil, mcpcore.Refused("--allow-write", errors.New("nothing may be written"))
	}
	b, ok := w.back.(longtail)
	if !ok {
		return nil, errors.New("this takes a workspace at Slack: neither an export nor the sample can do it")
	}
	return b.do(ctx, method, with)
}

// Join makes the writer a member of the channel.
func (t *Target) Join(ctx context.Context) error {
	_, err := t.w.ask(ctx, "conversations.join", args("channel", t.ID))
	return err
}

// Leave ends that.
func (t *Target) Leave(ctx context.Context) error {
	_, err := t.w.ask(ctx, "conversations.leave", args("channel", t.ID))
	return err
}

// Invite adds people to the channel. Those of another organisation come in
// only where the rules allow an external channel.
func (t *Target) Invite(ctx context.Context, users []string) error {
	self, err := t.w.back.Writer(ctx)
	if err != nil {
		return err
	}
	ids := make([]string, len(users))
	for i, u := range users {
		if ids[i], err = t.w.UserID(ctx, u); err != nil {
			return err
		}
	}
	strangers, err := t.w.strangers(ctx, ids, self)
	if err != nil {
		return err
	}
	if would := t.Channel; strangers {
		would.External = true
		if err := t.w.write.check(&would); err != nil {
			return err
		}
	}
	_, err = t.w.ask(ctx, "conversations.invite", args("channel", t.ID, "users", strings.Join(ids, ",")))
	return err
}

// Describe sets the topic or the purpose of the channel.
func (t *Target) Describe(ctx context.Context, what, text string) error {
	out, err := t.Prepare(wire.Draft{Text: text})
	if err != nil {
		return err
	}
	method := map[string]string{"topic": "conversations.setTopic", "purpose": "conversations.setPurpose"}[what]
	_, err = t.w.ask(ctx, method, args("channel", t.ID, what, out.Text))
	return err
}

// CreateChannel makes a channel, where the rules would let it be written to.
func (w *Workspace) CreateChannel(ctx context.Context, name string, private bool) (string, error) {
	name = strings.ToLower(strings.TrimPrefix(name, "#"))
	would := wire.Channel{ID: "the new channel", Name: name, Private: private, Member: true}
	if err := w.write.check(&would); err != nil {
		return "", err
	}
	with := args("name", name)
	if private {
		with.Set("is_private", "true")
	}
	raw, err := w.ask(ctx, "conversations.create", with)
	return wire.Text(wire.Field(raw, "channel", "id")), err
}

// document is the text of a canvas, once it is found safe.
func (t *Target) document(text string) (map[string]string, error) {
	out, err := t.Prepare(wire.Draft{Text: text, Markdown: true})
	if err != nil {
		return nil, err
	}
	return map[string]string{"type": "markdown", "markdown": out.Text}, nil
}

// CreateCanvas makes a canvas that the channel sees.
func (t *Target) CreateCanvas(ctx context.Context, title, text string) (string, error) {
	document, err := t.document(text)
	if err != nil {
		return "", err
	}
	raw, err := schema.Marshal(document)
	if err != nil {
		return "", err
	}
	answer, err := t.w.ask(ctx, "canvases.create", args("title", mrkdwn.Line(title, 200), "document_content", string(raw), "channel_id", t.ID))
	return wire.Text(wire.Field(answer, "canvas_id")), err
}

// EditCanvas changes a canvas: each conversation that sees it must be one that
// may be written to.
func (w *Workspace) EditCanvas(ctx context.Context, id, operation, text string) error {
	f, err := w.File(ctx, id)
	if err != nil {
		return err
	}
	if !f.IsCanvas() || len(f.Channels) == 0 {
		return fmt.Errorf("file %s is no canvas", id)
	}
	var t *Target
	for _, channel := range f.Channels {
		if t, err = w.Target(ctx, channel); err != nil {
			return fmt.Errorf("canvas %s is seen where nothing may be written: %w", id, err)
		}
	}
	document, err := t.document(text)
	if err != nil {
		return err
	}
	changes, err := schema.Marshal([]map[string]any{{"operation": operation, "document_content": document}})
	if err != nil {
		return err
	}
	_, err = w.ask(ctx, "canvases.edit", args("canvas_id", id, "changes", string(changes)))
	return err
}

// SetGroup replaces the members of a user group.
func (w *Workspace) SetGroup(ctx context.Context, group string, users []string) error {
	for _, u := range users {
		if !userID.MatchString(u) {
			return mcpcore.Hint(fmt.Errorf("%q is no id of a user", clip(u)), "users_search finds the ids")
		}
	}
	_, err := w.ask(ctx, "usergroups.users.update", args("usergroup", group, "users", strings.Join(users, ",")))
	return err
}
