package slack

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

type reactionIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string `json:"channel_id" jsonschema:"id, #name or the permalink of the message" audit:"target" alias:"channel,permalink"`
	TS        string `json:"timestamp,omitzero" jsonschema:"timestamp of the message" alias:"ts,message_ts"`
	Emoji     string `json:"emoji" jsonschema:"name, such as thumbsup" alias:"reaction,name"`
}

var emojiName = regexp.MustCompile(`^[a-z0-9_+'-]+(?:::skin-tone-[2-6])?$`)

func (s *server) addReaction(ctx context.Context, in reactionIn) (string, error) {
	return s.react(ctx, in, true)
}

func (s *server) removeReaction(ctx context.Context, in reactionIn) (string, error) {
	return s.react(ctx, in, false)
}

func (s *server) react(ctx context.Context, in reactionIn, add bool) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	ts, err := stamped(in.Channel, in.TS)
	if err != nil {
		return "", err
	}
	emoji := strings.Trim(in.Emoji, ":")
	if len(emoji) > 120 || !emojiName.MatchString(emoji) {
		return "", fmt.Errorf("%q is no name of an emoji, such as thumbsup", line(in.Emoji, 40))
	}
	t, err := w.Target(ctx, in.Channel)
	if err != nil {
		return "", err
	}
	if err := t.React(ctx, ts, emoji, add); err != nil {
		return "", err
	}
	if add {
		return fmt.Sprintf("reacted with :%s: to %s in %s", emoji, ts, t.ID), nil
	}
	return fmt.Sprintf("took :%s: from %s in %s", emoji, ts, t.ID), nil
}

type openIn struct {
	Workspace string   `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Users     []string `json:"users" jsonschema:"ids or @handles; several make a group" minItems:"1" maxItems:"8" audit:"target" alias:"user,user_id"`
}

func (s *server) openConversation(ctx context.Context, in openIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	t, err := w.Open(ctx, in.Users)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("open: %s (%s)", t.ID, strings.Join(t.Kinds(), ", ")), nil
}

type markIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string `json:"channel_id" jsonschema:"id, #name or the permalink of a message" audit:"target" alias:"channel,permalink"`
	TS        string `json:"ts,omitzero" jsonschema:"timestamp of the last message that was read; the newest where none is given" alias:"message_ts,timestamp"`
}

func (s *server) markConversation(ctx context.Context, in markIn) (string, error) {
	w, t, err := s.target(ctx, in.Workspace, in.Channel)
	if err != nil {
		return "", err
	}
	ts, err := stamped(in.Channel, in.TS)
	if err != nil {
		c, readErr := w.Channel(ctx, t.ID)
		if readErr != nil {
			return "", readErr
		}
		page, readErr := c.History(ctx, wire.Span{Limit: 1})
		if readErr != nil {
			return "", readErr
		}
		if in.TS != "" || len(page.Items) == 0 {
			return "", err
		}
		ts = page.Items[0].TS
	}
	return fmt.Sprintf("read up to %s in %s", ts, t.ID), t.Mark(ctx, ts)
}

type uploadIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string `json:"channel_id" jsonschema:"id, #name, @user or permalink" audit:"target" alias:"channel"`
	Name      string `json:"filename,omitzero" jsonschema:"name with its ending" maxLength:"255"`
	Title     string `json:"title,omitzero" jsonschema:"what people see" maxLength:"255"`
	Content   string `json:"content,omitzero" jsonschema:"the text of the file"`
	Base64    string `json:"content_base64,omitzero" jsonschema:"the bytes of the file instead"`
	Path      string `json:"path,omitzero" jsonschema:"a file below the directory that the operator allows, instead"`
	Comment   string `json:"initial_comment,omitzero" jsonschema:"what to say with it"`
	Thread    string `json:"thread_ts,omitzero" jsonschema:"timestamp of a thread's first message, to reply"`
	Draft     string `json:"draft_token,omitzero" jsonschema:"of the draft that the user agreed to"`
}

func (s *server) uploadFile(ctx context.Context, in uploadIn) (string, error) {
	w, t, err := s.target(ctx, in.Workspace, in.Channel)
	if err != nil {
		return "", err
	}
	u := wire.Upload{Name: in.Name, Title: cmp.Or(in.Title, in.Name), Comment: in.Comment, Content: []byte(in.Content)}
	if in.Base64 != "" {
		if u.Content, err = base64.StdEncoding.DecodeString(in.Base64); err != nil {
			return "", errors.New("content_base64 is not base64")
		}
	}
	if in.Thread != "" {
		if u.Thread, err = guard.ParseTS(in.Thread); err != nil {
			return "", err
		}
	}
	shared, err := t.PrepareFile(u, in.Path)
	if err != nil {
		return "", err
	}
	question := fmt.Sprintf("Share the file %s (%d bytes) in %s (%s, %s)", line(shared.Name, 120), len(shared.Content), title(&t.Channel, w.UserNames(ctx, t.User).User), t.ID, strings.Join(t.Kinds(), ", "))
	if shared.Comment != "" {
		question += " with the words:\n  " + line(shared.Comment, 2000)
	}
	return s.once(ctx, "upload "+shared.Digest(), question, in.Draft, func() (string, error) {
		id, err := shared.Share(ctx)
		return "shared: file " + id + " in " + t.ID, err
	})
}

// target is a place to write to, in a workspace.
func (s *server) target(ctx context.Context, workspace, channel string) (*guard.Workspace, *guard.Target, error) {
	w, err := s.guard.Workspace(workspace)
	if err != nil {
		return nil, nil, err
	}
	t, err := w.Target(ctx, channel)
	return w, t, err
}
