package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/mrkdwn"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

type usersIn struct {
	Workspace string   `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Query     string   `json:"query,omitzero" jsonschema:"a part of the name, handle or title"`
	IDs       []string `json:"ids,omitzero" jsonschema:"ids to look up" alias:"user_id,user_ids" maxItems:"100"`
	Email     string   `json:"email,omitzero" jsonschema:"address to look up"`
	Limit     int      `json:"limit,omitzero" min:"1" max:"500" default:"20" jsonschema:"most to return"`
	Cursor    string   `json:"cursor,omitzero" jsonschema:"from the answer before"`
	Format    string   `json:"format,omitzero" enum:"compact,csv,json" default:"compact" jsonschema:"form of the answer"`
}

func (s *server) usersSearch(ctx context.Context, in usersIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	var users []wire.User
	next, note := "", ""
	switch {
	case len(in.IDs) > 0:
		users, err = w.UsersByID(ctx, in.IDs)
	case in.Email != "":
		var u wire.User
		if u, err = w.UserByEmail(ctx, in.Email); errors.Is(err, wire.ErrNotFound) {
			err = nil
		} else if err == nil {
			users = []wire.User{u}
		}
	default:
		start, _ := strconv.Atoi(in.Cursor)
		found, searchErr := w.SearchUsers(ctx, in.Query, max(start, 0), in.Limit)
		users, note, err = found.Users, found.Note, searchErr
		if found.Next > 0 {
			next = strconv.Itoa(found.Next)
		}
	}
	if err != nil {
		return "", err
	}
	return usersText(users, in.Format, next, note), nil
}

// userRow is a user in JSON.
type userRow struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	Name   string `json:"name"`
	Title  string `json:"title,omitempty"`
	Marks  string `json:"marks,omitempty"`
}

func usersText(users []wire.User, format, next, note string) string {
	rows := make([]userRow, len(users))
	for i := range users {
		u := &users[i]
		var marks []string
		for _, m := range []struct {
			is   bool
			name string
		}{{u.Bot, "bot"}, {u.Deleted, "deactivated"}, {u.Stranger, "external"}} {
			if m.is {
				marks = append(marks, m.name)
			}
		}
		rows[i] = userRow{u.ID, line(u.Name, 80), mrkdwn.Name(u.Label()), line(u.Title, 100), strings.Join(marks, ", ")}
	}
	switch format {
	case "json":
		return asJSON(struct {
			Users []userRow `json:"users"`
			Next  string    `json:"next_cursor,omitempty"`
			Note  string    `json:"note,omitempty"`
		}{rows, next, note})
	case "csv":
		records := [][]string{{"id", "handle", "name", "title", "marks"}}
		for _, r := range rows {
			records = append(records, []string{r.ID, r.Handle, r.Name, r.Title, r.Marks})
		}
		return asCSV(records) + remarks(0, "", next, note)
	}
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(r.ID + " @" + r.Handle + " " + r.Name)
		if r.Title != "" {
			b.WriteString(", " + r.Title)
		}
		if r.Marks != "" {
			b.WriteString(" [" + r.Marks + "]")
		}
		b.WriteByte('\n')
	}
	if len(rows) == 0 {
		b.WriteString("no users\n")
	}
	return b.String() + remarks(0, "", next, note)
}

type groupsIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Members   bool   `json:"include_users,omitzero" jsonschema:"name the members too"`
	Disabled  bool   `json:"include_disabled,omitzero" jsonschema:"groups that are switched off too"`
}

func (s *server) groupsList(ctx context.Context, in groupsIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	groups, err := w.Groups(ctx)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i := range groups {
		g := &groups[i]
		if g.Disabled && !in.Disabled {
			continue
		}
		fmt.Fprintf(&b, "@%s %s %s, %s", line(g.Handle, 80), g.ID, line(g.Name, 80), plural(g.Count, "member"))
		if g.About != "" {
			b.WriteString(": " + line(g.About, 160))
		}
		b.WriteByte('\n')
		if in.Members && len(g.Users) > 0 {
			names := w.UserNames(ctx, g.Users...)
			for _, id := range g.Users {
				b.WriteString("  " + mrkdwn.Name(cmp.Or(names.User(id), id)) + " " + id + "\n")
			}
		}
	}
	if b.Len() == 0 {
		return "no user groups", nil
	}
	return b.String(), nil
}

type unreadsIn struct {
	Workspace string   `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Types     []string `json:"channel_types,omitzero" jsonschema:"kinds to look at; all that may be read where none is given" enum:"public,private,im,mpim" alias:"kinds,types"`
	Messages  bool     `json:"include_messages,omitzero" jsonschema:"the messages too, not only how many"`
	Limit     int      `json:"max_messages,omitzero" min:"1" max:"100" default:"10" jsonschema:"most messages of one conversation"`
}

func (s *server) unreads(ctx context.Context, in unreadsIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	if len(in.Types) == 0 {
		in.Types = []string{"public", "private", "im", "mpim"}
	}
	found, withheld, note, err := w.Unreads(ctx, in.Types)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i := range found {
		u := &found[i]
		names := w.UserNames(ctx, u.Channel.User)
		count := plural(len(u.Messages), "unread message")
		if u.More {
			count = "more than " + count
		}
		if !in.Messages {
			fmt.Fprintf(&b, "%s %s: %s\n", title(&u.Channel, names.User), u.Channel.ID, count)
			continue
		}
		c, err := w.Channel(ctx, u.Channel.ID)
		if err != nil {
			continue
		}
		p := &page{channel: c, order: count, messages: u.Messages[:min(len(u.Messages), in.Limit)]}
		reverse(p.messages)
		p.names = w.NamesFor(ctx, p.messages)
		b.WriteString(p.write("compact"))
	}
	if len(found) == 0 {
		b.WriteString("nothing is unread\n")
	}
	return b.String() + remarks(withheld, "conversation", "", note), nil
}
