package engine

import "time"

// SetWindow sets the limit that is assumed.
func (c *client) SetWindow(limit int, period time.Duration) {
	c.limits.mu.Lock()
	defer c.limits.mu.Unlock()
	c.limits.windows = []Window{{Limit: limit, Period: period, Remaining: -1}}
}
