package mcpcore

import (
	"bytes"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// batch serves a JSON array of messages, which only one revision has, and
// sends the answers as one array when the last is there.
func (c *Conn) batch(raw []byte, out Sender) {
	c.mu.Lock()
	revision := c.revision
	c.mu.Unlock()
	if revision == nil || !revision.Batches {
		c.turnAway(out, "this revision has no batches; send one message a line")
		return
	}
	answers := &collector{direct: out}
	n := 0
	for _, elem := range jsonrpc.Elements(raw) {
		if n++; n > maxTogether {
			c.turnAway(answers, "a batch holds at most %d messages; the rest was skipped", maxTogether)
			break
		}
		m, err := jsonrpc.Parse(elem)
		if err != nil {
			c.unserved(out, m.ID, err)
			c.refuse(answers, m.ID, err)
			continue
		}
		answers.working.Add(1)
		v := &visit{conn: c, batch: answers}
		go func() {
			defer v.leave()
			c.message(&m, answers, v)
		}()
	}
	if n == 0 {
		c.turnAway(out, "a batch holds at least one message")
		return
	}
	answers.working.Wait()
	if len(answers.array) > 0 {
		reply(out, append(answers.array, ']', '\n'))
	}
}

// collector puts the answers to a batch into one array; what else is sent
// goes straight to the client.
type collector struct {
	direct  Sender
	working sync.WaitGroup

	mu    sync.Mutex
	array []byte
}

func (b *collector) Send(msg []byte) error { return b.direct.Send(msg) }

// Answer takes an answer to one of the batch.
func (b *collector) Answer(msg []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.array == nil {
		b.array = []byte{'['}
	} else {
		b.array = append(b.array, ',')
	}
	b.array = append(b.array, bytes.TrimSuffix(msg, []byte("\n"))...)
	return nil
}

// Settled is told when a call of the batch has come to its end.
func (b *collector) Settled(jsonrpc.ID) { b.working.Done() }
