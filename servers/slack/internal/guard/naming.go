package guard

import (
	"context"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/mrkdwn"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// mostChannelNames is how many channels that a page mentions without a name
// are looked up for it.
const mostChannelNames = 5

// NamesFor finds the names of all users and channels that messages mention, and
// of those who wrote them and reacted.
func (w *Workspace) NamesFor(ctx context.Context, messages []wire.Message) *Names {
	var users, channels []string
	groups := false
	for i := range messages {
		m := &messages[i]
		users = append(users, m.User)
		for _, r := range m.Reactions {
			users = append(users, r.Users...)
		}
		mrkdwn.Mentions(m.Text, func(id string) { users = append(users, id) })
		channels = unnamed(channels, m.Text, "<#")
		groups = groups || len(unnamed(nil, m.Text, "<!subteam^")) > 0
	}
	out := &Names{users: w.names.resolve(ctx, users), channels: map[string]string{}}
	for _, id := range channels {
		out.channels[id] = w.nameOf(ctx, id)
	}
	if groups {
		out.groups = w.groupNames(ctx)
	}
	return out
}

// UserNames finds the names of users.
func (w *Workspace) UserNames(ctx context.Context, ids ...string) *Names {
	return &Names{users: w.names.resolve(ctx, ids)}
}

// nameOf is the name of a channel that may be read, or "".
func (w *Workspace) nameOf(ctx context.Context, id string) string {
	w.names.mu.Lock()
	name, ok := w.names.channels.get(id)
	w.names.mu.Unlock()
	if ok {
		return name
	}
	if c, err := w.look(ctx, id, fresh); err == nil && w.read.check(&c) == nil {
		w.names.learn(id, c.Name)
		return c.Name
	}
	return ""
}

// unnamed appends the ids of mentions that bring no name, up to so many.
func unnamed(ids []string, text, sign string) []string {
	for len(ids) < mostChannelNames {
		i := strings.Index(text, sign)
		if i < 0 {
			break
		}
		text = text[i+len(sign):]
		if end := strings.IndexAny(text, ">|\n<"); end > 0 && end <= 24 && (text[end] == '>' || strings.HasPrefix(text[end:], "|>")) {
			ids = append(ids, text[:end])
		}
	}
	return ids
}

// groupNames are the handles of all user groups, which are few.
func (w *Workspace) groupNames(ctx context.Context) map[string]string {
	w.mu.Lock()
	known := w.groups
	w.mu.Unlock()
	if known != nil {
		return known
	}
	groups, err := w.back.Groups(ctx)
	if err != nil {
		return nil
	}
	known = make(map[string]string, len(groups))
	for _, g := range groups {
		known[g.ID] = g.Handle
	}
	w.mu.Lock()
	w.groups = known
	w.mu.Unlock()
	return known
}
