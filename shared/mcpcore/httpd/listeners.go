package httpd

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// listeners count the streams that only listen. Without a bound they would
// cost whoever opens them nothing.
type listeners struct {
	max, maxEach int

	mu   sync.Mutex
	open int
	by   map[string]int // each payer
}

func (l *listeners) enter(payer string) *fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.open >= l.max:
		return tooMany(http.StatusServiceUnavailable, "streams")
	case l.by[payer] >= l.maxEach:
		return tooMany(http.StatusTooManyRequests, "streams of yours")
	}
	l.open++
	l.by[payer]++
	return nil
}

func (l *listeners) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

func (l *listeners) leave(payer string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.by[payer]--; l.by[payer] == 0 {
		delete(l.by, payer)
	}
}

// each is how much one payer may have of something. Where clients have to say
// who they are, there is always room left for others; an address may be that
// of many, who share a proxy.
func (o *Options) each(most int) int {
	if o.Guard == nil {
		return most
	}
	return (most + 1) / 2
}

// again is after how many seconds to come back where there was no room: nobody
// knows when there will be some.
const again = "1"

func tooMany(status int, what string) *fault {
	f := refusal(status, protocol.CodeBusy, "busy: there are too many %s\nhint: try again after %s second", what, again)
	f.err.Data = []byte(`{"retryAfter":` + again + `}`)
	return f
}

// retryAfter is the seconds after which to try again what an answer refuses
// for now, as they stand there; "" for other answers.
func retryAfter(msg []byte, id jsonrpc.ID) string {
	const head = `{"jsonrpc":"2.0","id":`
	rest := msg[min(len(msg), len(head)+len(id)):]
	if !bytes.HasPrefix(rest, busyCode) {
		return ""
	}
	key := []byte(`"retryAfter":`)
	if i := bytes.LastIndex(rest, key); i >= 0 {
		seconds, _, _ := bytes.Cut(rest[i+len(key):], []byte("}"))
		return string(seconds)
	}
	return ""
}

var busyCode = fmt.Appendf(nil, `,"error":{"code":%d,`, protocol.CodeBusy)
