package mcpcore

import (
	"fmt"
	"time"
)

// payer is whose share of the server a request uses up: that of its principal,
// or where nobody has to say who they are, of the address that it came from.
func (k *Call) payer() string {
	if k.Principal != nil {
		return k.Principal.ID
	}
	out := k.out
	if b, ok := out.(*collector); ok {
		out = b.direct
	}
	if o, ok := out.(interface{ Peer() string }); ok {
		return o.Peer()
	}
	return ""
}

// pace counts a request against the limits of how often there may be one, and
// says when to come back where one is reached. A ping is never refused: it asks
// whether the server is there.
func (e *engine) pace(k *Call) error {
	var own = e.RateLimitPerPrincipal
	if k.Principal != nil {
		own = own.Narrow(k.Principal.RateLimit)
	}
	if own.Unlimited() && e.RateLimit.Unlimited() || k.Method == "ping" {
		return nil
	}
	r := e.rates.Take(k.payer(), own, e.RateLimit)
	switch {
	case r == nil:
		return nil
	case r.All:
		return busy("--rate-limit", r.After, "all clients together ask for more than the %s that the server takes", r.Limit)
	case r.Limit != e.RateLimitPerPrincipal:
		return busy("principal rate_limit", r.After, "these are more requests than the %s that %s may make", r.Limit, k.Principal.ID)
	}
	return busy("--rate-limit-per-principal", r.After, "these are more requests than the %s that one client may make", r.Limit)
}

// busy is the refusal of what the server has no room for at present.
func busy(rule string, after time.Duration, format string, args ...any) error {
	return Refused(rule, RetryAfter(fmt.Errorf("busy: "+format, args...), after))
}

// queueAgain is when to come back to a queue that is full: nobody knows when
// there will be room.
const queueAgain = time.Second

func (e *engine) queueFull() error {
	return busy("--max-queue", queueAgain, "%d calls are waiting already", e.MaxQueue)
}

// refuseBusy answers a request that is not served for now: a call of a tool by
// a failed result, which the model reads, and all else by an error.
func (c *Conn) refuseBusy(k *Call, err error) {
	k.fails(err)
	if k.Method == "tools/call" {
		c.send(k, errorResult(err))
		return
	}
	c.refuseCall(k, rpcError(err, 0))
}

// ForTools is a value for the tools whose name fits a pattern such as
// "search_*".
type ForTools[T any] struct {
	Pattern string
	Value   T
}

// forTool is the last value that is for a tool, or fallback.
func forTool[T any](rules []ForTools[T], t *Tool, fallback T) T {
	if t == nil {
		return fallback
	}
	for i := len(rules) - 1; i >= 0; i-- {
		if matches([]string{rules[i].Pattern}, t.names()) {
			return rules[i].Value
		}
	}
	return fallback
}

// budget is how many bytes the result of the call may take.
func (k *Call) budget() int {
	e := k.engine
	return forTool(e.ToolResultBytes, k.Tool, e.MaxResultBytes)
}
