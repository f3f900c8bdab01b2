package guard

import (
	"context"
	"strings"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// mostNames is how many names of one kind are kept, twice over.
const mostNames = 20_000

// names knows users and channels by their ids: names alone, as many as have
// room, and those that were needed last.
type names struct {
	back backend

	mu       sync.Mutex
	users    cache // names of users by id
	channels cache // names of channels by id
	ids      cache // ids of channels by name
}

func newNames(b backend) *names { return &names{back: b} }

// cache keeps what was used last: when the young half is full it becomes the
// old one, and the old one goes.
type cache struct{ young, old map[string]string }

func (c *cache) get(key string) (string, bool) {
	if v, ok := c.young[key]; ok {
		return v, true
	}
	v, ok := c.old[key]
	if ok {
		c.put(key, v)
	}
	return v, ok
}

func (c *cache) put(key, value string) {
	if len(c.young) >= mostNames {
		c.old, c.young = c.young, nil
	}
	if c.young == nil {
		c.young = map[string]string{}
	}
	c.young[key] = value
}

func (n *names) learn(id, name string) {
	if name == "" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.channels.put(id, name)
}

func (n *names) learnID(name, id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ids.put(strings.ToLower(name), id)
}

func (n *names) idOf(name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, _ := n.ids.get(strings.ToLower(name))
	return id
}

func (n *names) learnUser(u *wire.User) {
	label := u.Label()
	if u.Stranger {
		label += " (external)"
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.users.put(u.ID, label)
}

// Names are what is known of ids when a page is written.
type Names struct{ users, channels, groups map[string]string }

// User is the name of a user, or "".
func (n *Names) User(id string) string { return n.users[id] }

// Channel is the name of a channel, or "".
func (n *Names) Channel(id string) string { return n.channels[id] }

// Group is the handle of a user group, or "".
func (n *Names) Group(id string) string { return n.groups[id] }

// resolve finds names of users: those that are not known yet are asked for all
// at once. A name that cannot be had is left out.
func (n *names) resolve(ctx context.Context, ids []string) map[string]string {
	out := make(map[string]string, len(ids))
	var missing []string
	n.mu.Lock()
	for _, id := range ids {
		if _, done := out[id]; done || id == "" {
			continue
		}
		name, ok := n.users.get(id)
		out[id] = name
		if !ok {
			missing = append(missing, id)
		}
	}
	n.mu.Unlock()
	if len(missing) == 0 {
		return out
	}
	found, _ := n.back.Users(ctx, missing) // what was found serves, whatever stopped it
	for i := range found {
		n.learnUser(&found[i])
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, id := range missing {
		out[id], _ = n.users.get(id)
	}
	return out
}
