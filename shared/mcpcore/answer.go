package mcpcore

import (
	"runtime/debug"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// answer sends what a call came to and forgets the call.
func (c *Conn) answer(k *Call, res protocol.Result, err error) {
	c.mu.Lock()
	delete(c.calls, k.id)
	c.mu.Unlock()
	if err != nil {
		c.refuseCall(k, rpcError(err, k.revision.CodeNotFound))
	} else {
		c.send(k, res)
	}
	c.settle(k)
}

// settle counts one answer less owed.
func (c *Conn) settle(k *Call) {
	if a, ok := k.out.(answerer); ok {
		a.Settled(k.id)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lessOwed()
}

func (c *Conn) lessOwed() {
	c.owed--
	if c.owed == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// answerer is a Sender that tells answers from other messages, and hears of
// calls that end without one.
type answerer interface {
	Answer(msg []byte) error
	Settled(id jsonrpc.ID)
}

// reply sends an answer.
func reply(out Sender, msg []byte) {
	if a, ok := out.(answerer); ok {
		a.Answer(msg)
		return
	}
	out.Send(msg)
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled keeps the memory of one large answer from being held for ever.
const maxPooled = 64 << 10

// streamer is a Sender that takes a message in pieces.
type streamer interface {
	Stream(make func(piece func([]byte))) error
}

// send encodes a result and sends it. A result that cannot be encoded becomes
// an internal error.
func (c *Conn) send(k *Call, res protocol.Result) {
	if s, ok := k.out.(streamer); ok && protocol.IsLong(res) {
		c.stream(s, k, res)
		return
	}
	buf := buffers.Get().(*[]byte)
	msg, err := c.encode((*buf)[:0], k, res)
	if withheld := k.observed(res, err, len(msg)); withheld != nil && err == nil {
		msg, err = c.withhold((*buf)[:0], k, withheld)
	}
	if err != nil {
		msg = jsonrpc.AppendError((*buf)[:0], k.id, rpcError(err, 0))
	}
	reply(k.out, msg)
	if cap(msg) <= maxPooled {
		*buf = msg
		buffers.Put(buf)
	}
}

// stream sends a long result while it is encoded. Where its record decides
// whether the client may have it, its length is found out before.
func (c *Conn) stream(s streamer, k *Call, res protocol.Result) {
	write := func(piece func([]byte)) []byte {
		w := &jsonrpc.Writer{Buf: jsonrpc.AppendResult(make([]byte, 0, 2*jsonrpc.Long), k.id), Flush: piece}
		k.engine.server.frame(k.revision, k.Method).Write(w, res)
		return w.Buf
	}
	gated := k.gated()
	if gated {
		n := 0
		rest := write(func(p []byte) { n += len(p) })
		if withheld := k.observed(res, nil, n+len(rest)); withheld != nil {
			msg, err := c.withhold(nil, k, withheld)
			if err != nil {
				msg = jsonrpc.AppendError(nil, k.id, rpcError(err, 0))
			}
			reply(k.out, msg)
			return
		}
	}
	s.Stream(func(piece func([]byte)) {
		n := 0
		rest := write(func(p []byte) { n += len(p); piece(p) })
		if !gated {
			k.observed(res, nil, n+len(rest))
		}
		piece(jsonrpc.AppendEnd(rest))
	})
}

// withhold encodes what a client gets in place of a result.
func (c *Conn) withhold(dst []byte, k *Call, why error) ([]byte, error) {
	if r := errorResult(why); r != nil && k.Method == "tools/call" {
		return c.encode(dst, k, r)
	}
	return nil, why
}

func (c *Conn) encode(dst []byte, k *Call, res protocol.Result) (msg []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil { // such as a nil Content
			err = k.engine.server.panicked(k.Method, k.Name, fault, debug.Stack())
		}
	}()
	if res == nil {
		return nil, jsonrpc.Errorf(jsonrpc.CodeInternal, "internal error: there is no result")
	}
	dst = jsonrpc.AppendResult(dst, k.id)
	frame := k.engine.server.frame(k.revision, k.Method)
	return jsonrpc.AppendEnd(frame.Append(dst, res)), nil
}
