package mcpcore

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/replicas"
)

// Share says that other replicas serve the client too. The name of this one
// stands in what it asks the client, so that the answers find their way here.
func (c *Conn) Share(replica string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.replica = replica
}

// askID is the id of the next request to the client. The lock is held.
func (c *Conn) askID() string {
	c.asks++
	if c.replica == "" {
		return fmt.Sprintf(`"ask-%d"`, c.asks)
	}
	return fmt.Sprintf(`"ask-%d@%s"`, c.asks, c.replica)
}

// State is what another replica needs to serve the client as well.
func (c *Conn) State() replicas.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := replicas.State{Level: string(c.level), Subscriptions: slices.Sorted(maps.Keys(c.subs))}
	if c.revision != nil {
		s.Revision, s.Client, s.Capabilities = c.revision.Name, c.client.info, c.client.capabilities
	}
	return s
}

// Restore makes the connection one with a client of which another replica
// knows this.
func (c *Conn) Restore(s replicas.State) {
	revision := protocol.Lookup(s.Revision)
	if revision == nil || revision.Stateless { // is of a replica that knows more
		return
	}
	c.mu.Lock()
	if c.revision != revision || !c.client.same(s.Client, s.Capabilities) {
		c.revision, c.client = revision, newClient(revision, s.Client, s.Capabilities)
	}
	c.level = cmp.Or(Level(s.Level), LevelInfo)
	var gone []func()
	for uri, release := range c.subs {
		if !slices.Contains(s.Subscriptions, uri) {
			gone = append(gone, release)
			delete(c.subs, uri)
		}
	}
	c.mu.Unlock()
	for _, release := range gone {
		release()
	}
	for _, uri := range s.Subscriptions {
		if err := c.watch(auth.Of(c.ctx), uri); err != nil {
			c.engine().Log.Warn("a resource cannot be watched here as another replica did", "error", err)
		}
	}
}
