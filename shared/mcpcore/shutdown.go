package mcpcore

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// cancelShare is the part of the drain time after which handlers are told to
// stop, so that those that listen still have some left to answer in.
const cancelShare = 0.8

// lastWords is how long a batch has to go out once its last call is answered.
const lastWords = 100 * time.Millisecond

// Drain ends the connection gracefully, once nothing more is received: what
// was received is answered. What is not finished within the drain time is cancelled
// and answered with an error, whether its handler listens or not.
func (c *Conn) Drain() {
	c.mu.Lock()
	c.draining = true
	idle := make(chan struct{})
	if c.owed == 0 {
		close(idle)
	} else {
		c.idle = idle
	}
	for id, ch := range c.asked { // nobody is left to answer
		close(ch)
		delete(c.asked, id)
	}
	c.mu.Unlock()

	total := c.engine().DrainTimeout
	soft := time.Duration(float64(total) * cancelShare)
	if !waits(idle, soft) {
		for _, k := range c.underWay() {
			if !k.ended() {
				k.cancel(context.Canceled)
			}
		}
		waits(idle, total-soft)
	}
	for _, k := range c.underWay() {
		k.finish(nil, jsonrpc.Errorf(jsonrpc.CodeInternal, "the server stopped before the call was done"))
	}
	waits(idle, lastWords)
	c.Close()
}

func (c *Conn) underWay() []*Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.calls))
}

// waits reports whether done was closed within d.
func waits(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// Close ends the connection at once: calls are cancelled and get no answer,
// subscriptions are closed.
func (c *Conn) Close() {
	c.mu.Lock()
	c.draining, c.closed = true, true
	calls, listens, subs, session := c.calls, c.listens, c.subs, c.session
	c.calls, c.listens, c.subs, c.session = nil, nil, nil, nil // nothing is added any more
	c.mu.Unlock()
	for _, k := range calls {
		if !k.claim() {
			continue
		}
		if k.timer != nil {
			k.timer.Stop()
		}
		k.unqueue()
		k.vanished()
		c.settle(k)
		k.cancel(context.Canceled)
	}
	for _, l := range listens {
		l.close()
		c.send(l.call, &protocol.ListenEnd{ID: l.call.id})
	}
	for _, release := range subs {
		release()
	}
	c.ended(session)
	c.front.mu.Lock()
	delete(c.front.conns, c)
	c.front.mu.Unlock()
}
