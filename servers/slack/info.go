package slack

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/mrkdwn"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

type channelInfoIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string `json:"channel_id" jsonschema:"id, #name, @user or permalink" audit:"target" alias:"channel"`
	Members   int    `json:"members,omitzero" min:"0" max:"200" default:"20" jsonschema:"most members to name"`
	Cursor    string `json:"cursor,omitzero" jsonschema:"from the answer before, for more members"`
}

func (s *server) channelInfo(ctx context.Context, in channelInfoIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	c, err := w.ChannelNow(ctx, in.Channel)
	if err != nil {
		return "", err
	}
	var members wire.Page[string]
	note := ""
	if in.Members > 0 {
		if members, err = c.MemberIDs(ctx, in.Cursor, in.Members); err != nil {
			note = "members: " + err.Error()
		}
	}
	names := w.UserNames(ctx, append(members.Items, c.User, c.Creator)...)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, %s", title(&c.Channel, names.User), c.ID, strings.Join(c.Kinds(), ", "))
	if !c.Member {
		b.WriteString(", not a member")
	}
	if c.External {
		b.WriteString("\nshared with another organisation: what is written here is read there")
	}
	if c.Created > 0 {
		fmt.Fprintf(&b, "\ncreated: %s", time.Unix(c.Created, 0).UTC().Format(time.DateOnly))
		if name := names.User(c.Creator); name != "" {
			b.WriteString(" by " + mrkdwn.Name(name))
		}
	}
	for _, l := range []struct{ label, text string }{{"topic", c.Topic}, {"purpose", c.Purpose}} {
		if l.text != "" {
			b.WriteString("\n" + l.label + " (written by members): " + line(l.text, 500))
		}
	}
	if c.Members >= 0 {
		fmt.Fprintf(&b, "\nmembers: %d", c.Members)
	}
	for _, id := range members.Items {
		name := names.User(id)
		if name == "" {
			name = id
		}
		b.WriteString("\n- " + mrkdwn.Name(name) + " " + id)
	}
	return b.String() + "\n" + remarks(0, "", members.Next, note), nil
}

type pinsIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string `json:"channel_id" jsonschema:"id, #name, @user or permalink" audit:"target" alias:"channel"`
}

func (s *server) pinsBookmarks(ctx context.Context, in pinsIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	c, err := w.Channel(ctx, in.Channel)
	if err != nil {
		return "", err
	}
	pins, err := c.Pins(ctx)
	note := ""
	if err != nil {
		if len(pins) == 0 {
			return "", err
		}
		note = "not all: " + err.Error()
	}
	p := &page{channel: c}
	for i := range pins {
		if pins[i].Message != nil {
			p.messages = append(p.messages, *pins[i].Message)
		}
	}
	p.names = w.NamesFor(ctx, p.messages)
	var b strings.Builder
	for i := range pins {
		switch pin := &pins[i]; {
		case pin.Message != nil:
		case pin.File != nil:
			b.WriteString("pinned " + fileMark(pin.File) + "\n")
		default:
			b.WriteString("bookmark " + line(pin.Title, 120) + " <" + line(pin.Link, 500) + ">\n")
		}
	}
	if len(pins) == 0 {
		return "nothing is pinned or bookmarked in " + title(&c.Channel, p.names.User), nil
	}
	text := b.String()
	if len(p.messages) > 0 {
		text = "pinned in " + p.write("compact") + text
	}
	return text + remarks(0, "", "", note), nil
}
