package slack

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

type channelsIn struct {
	Workspace string   `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Types     []string `json:"channel_types,omitzero" jsonschema:"kinds to list; public where none is given" enum:"public,private,im,mpim" alias:"kinds,types"`
	Query     string   `json:"query,omitzero" jsonschema:"a part of the name, topic or purpose"`
	Member    bool     `json:"member_only,omitzero" jsonschema:"only those that the token is a member of" alias:"mine"`
	Sort      string   `json:"sort,omitzero" enum:"name,members" jsonschema:"order within the answer"`
	Limit     int      `json:"limit,omitzero" min:"1" max:"1000" default:"100" jsonschema:"most to list"`
	Cursor    string   `json:"cursor,omitzero" jsonschema:"from the answer before"`
	Format    string   `json:"format,omitzero" enum:"compact,csv,json" default:"compact" jsonschema:"form of the answer"`
}

// mostPages is how many pages of a list are read for one call that looks for
// something.
const mostPages = 25

func (s *server) channelsList(ctx context.Context, in channelsIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	if len(in.Types) == 0 {
		in.Types = []string{"public"}
	}
	q := wire.Listing{Kinds: in.Types, Mine: in.Member, Cursor: in.Cursor, Limit: in.Limit}
	if in.Query != "" {
		q.Limit = 1000
	}
	list := &channelTable{}
	for range mostPages {
		page, withheld, err := w.Channels(ctx, q)
		if err != nil {
			if len(list.rows) == 0 {
				return "", err
			}
			list.note = "stopped early: " + err.Error()
			break
		}
		list.withheld += withheld
		for i := range page.Items {
			if matches(&page.Items[i], in.Query) {
				list.rows = append(list.rows, page.Items[i])
			}
		}
		q.Cursor = page.Next
		if q.Cursor == "" || len(list.rows) >= in.Limit {
			break
		}
	}
	list.next = q.Cursor
	switch in.Sort {
	case "name":
		slices.SortStableFunc(list.rows, func(a, b wire.Channel) int { return strings.Compare(a.Name, b.Name) })
	case "members":
		slices.SortStableFunc(list.rows, func(a, b wire.Channel) int { return cmp.Compare(b.Members, a.Members) })
	}
	var users []string
	for i := range list.rows {
		users = append(users, list.rows[i].User)
	}
	list.names = w.UserNames(ctx, users...)
	return list.write(in.Format), nil
}

func matches(c *wire.Channel, query string) bool {
	if query == "" {
		return true
	}
	query = strings.ToLower(strings.TrimPrefix(query, "#"))
	for _, text := range []string{c.Name, c.Topic, c.Purpose} {
		if strings.Contains(strings.ToLower(text), query) {
			return true
		}
	}
	return false
}

// title is how a conversation is called: #name, or @user for direct messages.
func title(c *wire.Channel, user func(string) string) string {
	switch {
	case c.IM:
		name := user(c.User)
		if name == "" {
			name = c.User
		}
		return "@" + line(name, 80)
	case c.Name == "":
		return c.ID
	}
	return "#" + line(c.Name, 80)
}

// marks are the kinds that are not what a channel usually is.
func marks(c *wire.Channel) string {
	var out []string
	for _, kind := range c.Kinds() {
		if kind != "public" {
			out = append(out, kind)
		}
	}
	if !c.Member {
		out = append(out, "not a member")
	}
	if len(out) == 0 {
		return ""
	}
	return " [" + strings.Join(out, ", ") + "]"
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
