package httpd

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// The error codes of this package, from the range that is a server's own.
const (
	codeRefused = -32000 // by a rule of HTTP
	codeSession = -32001 // there is no such session
)

// fault is a request refused: a status and a JSON-RPC error.
type fault struct {
	status int
	id     jsonrpc.ID
	err    *jsonrpc.Error
	close  bool // the connection is of no use any more

	challenge string // of the header WWW-Authenticate
}

func refusal(status, code int, format string, args ...any) *fault {
	return &fault{status: status, err: &jsonrpc.Error{Code: code, Message: fmt.Sprintf(format, args...)}}
}

// badRequest is a message refused.
func badRequest(id jsonrpc.ID, err *jsonrpc.Error) *fault {
	return &fault{status: http.StatusBadRequest, id: id, err: err}
}

func stoppingFault() *fault {
	f := refusal(http.StatusServiceUnavailable, codeRefused, "the server is stopping")
	f.close = true
	return f
}

func (f *fault) write(w http.ResponseWriter) {
	if f.close {
		w.Header().Set("Connection", "close")
	}
	if f.status == http.StatusServiceUnavailable || f.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", again)
	}
	if f.challenge != "" {
		w.Header().Set("WWW-Authenticate", f.challenge)
	}
	writeJSON(w, f.status, jsonrpc.AppendError(nil, f.id, f.err))
}

// Values of headers that every response has: nobody may change them.
var (
	jsonType = []string{"application/json"}
	noStore  = []string{"no-store"}
	noSniff  = []string{"nosniff"}
)

// lengthy is more than net/http keeps back to tell its length.
const lengthy = 2000

func writeJSON(w http.ResponseWriter, status int, msg []byte) {
	header := w.Header()
	header["Content-Type"], header["Cache-Control"] = jsonType, noStore
	if len(msg) > lengthy {
		header.Set("Content-Length", strconv.Itoa(len(msg)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(msg) // a client that has left needs no answer
}
