package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/mrkdwn"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

type memberIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string `json:"channel_id" jsonschema:"id or #name" audit:"target" alias:"channel"`
}

func (s *server) joinChannel(ctx context.Context, in memberIn) (string, error) {
	_, t, err := s.target(ctx, in.Workspace, in.Channel)
	if err != nil {
		return "", err
	}
	return "joined " + t.ID, t.Join(ctx)
}

func (s *server) leaveChannel(ctx context.Context, in memberIn) (string, error) {
	_, t, err := s.target(ctx, in.Workspace, in.Channel)
	if err != nil {
		return "", err
	}
	return "left " + t.ID, t.Leave(ctx)
}

type inviteIn struct {
	Workspace string   `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string   `json:"channel_id" jsonschema:"id or #name" audit:"target" alias:"channel"`
	Users     []string `json:"users" jsonschema:"ids or @handles" minItems:"1" maxItems:"100"`
	Draft     string   `json:"draft_token,omitzero" jsonschema:"of the draft that the user agreed to"`
}

func (s *server) invite(ctx context.Context, in inviteIn) (string, error) {
	w, t, err := s.target(ctx, in.Workspace, in.Channel)
	if err != nil {
		return "", err
	}
	who := line(strings.Join(in.Users, ", "), 500)
	return s.once(ctx, "invite "+t.ID+" "+who, fmt.Sprintf("Invite %s to %s (%s)?", who, title(&t.Channel, w.UserNames(ctx, t.User).User), t.ID), in.Draft, func() (string, error) {
		return "invited " + who + " to " + t.ID, t.Invite(ctx, in.Users)
	})
}

type createIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Name      string `json:"name" jsonschema:"small letters, digits and hyphens" pattern:"^#?[a-z0-9_-]{1,80}$"`
	Private   bool   `json:"is_private,omitzero" jsonschema:"make it private"`
	Draft     string `json:"draft_token,omitzero" jsonschema:"of the draft that the user agreed to"`
}

func (s *server) createChannel(ctx context.Context, in createIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	kind := "public"
	if in.Private {
		kind = "private"
	}
	return s.once(ctx, "create "+w.Alias+" "+kind+" "+in.Name, fmt.Sprintf("Create the %s channel %s?", kind, in.Name), in.Draft, func() (string, error) {
		id, err := w.CreateChannel(ctx, in.Name, in.Private)
		return "created " + id, err
	})
}

type describeIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string `json:"channel_id" jsonschema:"id or #name" audit:"target" alias:"channel"`
	What      string `json:"what,omitzero" enum:"topic,purpose" default:"topic" jsonschema:"which of the two"`
	Text      string `json:"text" jsonschema:"the new one" maxLength:"250"`
	Draft     string `json:"draft_token,omitzero" jsonschema:"of the draft that the user agreed to"`
}

func (s *server) describeChannel(ctx context.Context, in describeIn) (string, error) {
	w, t, err := s.target(ctx, in.Workspace, in.Channel)
	if err != nil {
		return "", err
	}
	question := fmt.Sprintf("Set the %s of %s (%s) to:\n  %s", in.What, title(&t.Channel, w.UserNames(ctx, t.User).User), t.ID, line(in.Text, 250))
	return s.once(ctx, "describe "+t.ID+" "+in.What+" "+in.Text, question, in.Draft, func() (string, error) {
		return "set the " + in.What + " of " + t.ID, t.Describe(ctx, in.What, in.Text)
	})
}

type canvasWriteIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string `json:"channel_id,omitzero" jsonschema:"where a new canvas is shared: id or #name" audit:"target" alias:"channel"`
	Canvas    string `json:"canvas_id,omitzero" jsonschema:"which canvas to change, instead" audit:"target"`
	Title     string `json:"title,omitzero" jsonschema:"of a new one"`
	Text      string `json:"markdown" jsonschema:"the text" alias:"text,content"`
	How       string `json:"operation,omitzero" enum:"insert_at_end,insert_at_start,replace" default:"insert_at_end" jsonschema:"what to do with a canvas that is there"`
	Draft     string `json:"draft_token,omitzero" jsonschema:"of the draft that the user agreed to"`
}

func (s *server) canvasWrite(ctx context.Context, in canvasWriteIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	body := string(mrkdwn.Append(nil, wire.Escape(in.Text), "  ", nobody{}))
	if in.Canvas != "" {
		subject := strings.Join([]string{"canvas", w.Alias, in.Canvas, in.How, in.Text}, "\x00")
		return s.once(ctx, subject, fmt.Sprintf("Change the canvas %s (%s):\n  %s", line(in.Canvas, 40), in.How, body), in.Draft, func() (string, error) {
			return "changed the canvas " + in.Canvas, w.EditCanvas(ctx, in.Canvas, in.How, in.Text)
		})
	}
	if in.Channel == "" || in.Title == "" {
		return "", errors.New("send canvas_id to change a canvas, or channel_id and title for a new one")
	}
	t, err := w.Target(ctx, in.Channel)
	if err != nil {
		return "", err
	}
	question := fmt.Sprintf("Create the canvas %s in %s (%s):\n  %s", line(in.Title, 200), title(&t.Channel, w.UserNames(ctx, t.User).User), t.ID, body)
	return s.once(ctx, strings.Join([]string{"canvas", t.ID, in.Title, in.Text}, "\x00"), question, in.Draft, func() (string, error) {
		id, err := t.CreateCanvas(ctx, in.Title, in.Text)
		return "created the canvas " + id, err
	})
}

type groupUpdateIn struct {
	Workspace string   `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Group     string   `json:"usergroup_id" jsonschema:"id of the group, such as S0123ABCD" audit:"target" pattern:"^S[A-Z0-9]{5,}$"`
	Users     []string `json:"users" jsonschema:"ids of all members from now on" minItems:"1" maxItems:"500"`
	Draft     string   `json:"draft_token,omitzero" jsonschema:"of the draft that the user agreed to"`
}

func (s *server) groupUpdate(ctx context.Context, in groupUpdateIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	who := strings.Join(in.Users, ", ")
	return s.once(ctx, "group "+w.Alias+" "+in.Group+" "+who, fmt.Sprintf("Make these the only members of the user group %s: %s?", in.Group, line(who, 2000)), in.Draft, func() (string, error) {
		return fmt.Sprintf("%s has %s", in.Group, plural(len(in.Users), "member")), w.SetGroup(ctx, in.Group, in.Users)
	})
}
