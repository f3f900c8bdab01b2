package guard

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Members lists who is in a conversation.
func (a *api) Members(ctx context.Context, channel, cursor string, limit int) (wire.Page[string], error) {
	raw, err := a.reader.call(ctx, "conversations.members", args("channel", channel, "cursor", cursor, "limit", number(limit)))
	if err != nil {
		return wire.Page[string]{}, err
	}
	return wire.Page[string]{Items: wire.Texts(wire.Field(raw, "members")), Next: wire.Cursor(raw)}, nil
}

// Search has Slack search, which it does for a user's token alone.
func (a *api) Search(ctx context.Context, q wire.Query) (wire.Page[wire.Message], error) {
	var out wire.Page[wire.Message]
	if a.user == nil {
		return out, errNoSearch
	}
	sort := ""
	if q.Newest {
		sort = "timestamp"
	}
	raw, err := a.user.call(ctx, "search.messages", args("query", searchText(q), "sort", sort, "count", number(q.Limit), "page", q.Cursor, "team_id", a.team))
	if err != nil {
		return out, err
	}
	found := wire.Field(raw, "messages")
	out.Items = wire.ReadMessages(wire.Field(found, "matches"))
	for i := range out.Items {
		if m := &out.Items[i]; m.ThreadTS == "" {
			m.ThreadTS = ParseRef(m.Permalink).Thread // which tells what the hit itself does not
		}
	}
	page, pages := wire.Int(wire.Field(found, "paging", "page")), wire.Int(wire.Field(found, "paging", "pages"))
	if page > 0 && page < pages {
		out.Next = strconv.Itoa(page + 1)
	}
	return out, nil
}

// searchText writes a query in Slack's words.
func searchText(q wire.Query) string {
	parts := []string{q.Words}
	for _, name := range q.Places {
		parts = append(parts, "in:"+name)
	}
	for _, id := range q.From {
		parts = append(parts, "from:<@"+id+">")
	}
	for _, id := range q.With {
		parts = append(parts, "with:<@"+id+">")
	}
	// Slack leaves out the day that is named.
	if !q.After.IsZero() {
		parts = append(parts, "after:"+q.After.AddDate(0, 0, -1).Format(time.DateOnly))
	}
	if !q.Before.IsZero() {
		parts = append(parts, "before:"+q.Before.Format(time.DateOnly))
	}
	if q.Threads {
		parts = append(parts, "is:thread")
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// UserByEmail finds a user by the address.
func (a *api) UserByEmail(ctx context.Context, email string) (wire.User, error) {
	raw, err := a.reader.call(ctx, "users.lookupByEmail", args("email", email))
	if err != nil {
		return wire.User{}, err
	}
	return wire.ReadUser(wire.Field(raw, "user")), nil
}

// Files finds files: by words where there is a user's token, else among the
// newest.
func (a *api) Files(ctx context.Context, q wire.FileQuery) (wire.Page[wire.File], error) {
	var out wire.Page[wire.File]
	if q.Words != "" && a.user != nil {
		text := q.Words
		if q.Place != "" {
			text += " in:" + q.Place
		}
		if q.User != "" {
			text += " from:<@" + q.User + ">"
		}
		raw, err := a.user.call(ctx, "search.files", args("query", text, "count", number(q.Limit), "page", q.Cursor, "team_id", a.team))
		if err != nil {
			return out, err
		}
		found := wire.Field(raw, "files")
		return filePage(wire.Field(found, "matches"), wire.Field(found, "paging"), ""), nil
	}
	raw, err := a.reader.call(ctx, "files.list", args("channel", q.Channel, "user", q.User, "types", q.Types, "count", number(q.Limit), "page", q.Cursor, "team_id", a.team))
	if err != nil {
		return out, err
	}
	return filePage(wire.Field(raw, "files"), wire.Field(raw, "paging"), q.Words), nil
}

func filePage(raw, paging []byte, words string) wire.Page[wire.File] {
	var out wire.Page[wire.File]
	for _, e := range jsonrpc.Elements(raw) {
		if f := wire.ReadFile(e); f.ID != "" && f.Matches(words) {
			out.Items = append(out.Items, f)
		}
	}
	if page := wire.Int(wire.Field(paging, "page")); page > 0 && page < wire.Int(wire.Field(paging, "pages")) {
		out.Next = strconv.Itoa(page + 1)
	}
	return out
}

// File looks a file up.
func (a *api) File(ctx context.Context, id string) (wire.File, error) {
	raw, err := a.reader.call(ctx, "files.info", args("file", id))
	if err != nil {
		return wire.File{}, err
	}
	return wire.ReadFile(wire.Field(raw, "file")), nil
}

// Canvas gives the text of a canvas.
func (a *api) Canvas(ctx context.Context, f *wire.File) (string, error) {
	raw, err := a.reader.call(ctx, "canvases.getContent", args("canvas_id", f.ID, "content_type", "markdown"))
	if err != nil {
		return "", err
	}
	return wire.Text(wire.Field(raw, "content")), nil
}

// Pins lists what is pinned and bookmarked in a channel.
func (a *api) Pins(ctx context.Context, channel string) ([]wire.Pin, error) {
	raw, err := a.reader.call(ctx, "pins.list", args("channel", channel))
	if err != nil {
		return nil, err
	}
	var out []wire.Pin
	for _, e := range jsonrpc.Elements(wire.Field(raw, "items")) {
		p := wire.Pin{Kind: wire.Text(wire.Field(e, "type")), By: wire.Text(wire.Field(e, "created_by")), Created: wire.Int64(wire.Field(e, "created"))}
		if m := wire.Field(e, "message"); m != nil {
			message := wire.ReadMessage(m)
			p.Message = &message
		}
		if f := wire.Field(e, "file"); f != nil {
			file := wire.ReadFile(f)
			p.File = &file
		}
		out = append(out, p)
	}
	raw, err = a.reader.call(ctx, "bookmarks.list", args("channel_id", channel))
	if err != nil {
		return out, err
	}
	for _, e := range jsonrpc.Elements(wire.Field(raw, "bookmarks")) {
		out = append(out, wire.Pin{
			Kind: "bookmark", Title: wire.Text(wire.Field(e, "title")), Link: wire.Text(wire.Field(e, "link")), Created: wire.Int64(wire.Field(e, "date_created")),
		})
	}
	return out, nil
}
