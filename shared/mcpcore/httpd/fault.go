package httpd

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
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

	rule   string           // that refused it; "": the one that goes with the status
	reason error            // for the operator; nil: as the client is told
	about  *jsonrpc.Message // what was refused, where it was read
}

// Refusal is a request that was refused before it came to a Conn.
type Refusal struct {
	Origin    *Origin
	Principal *auth.Principal  // nil where it is not known
	Status    int              // of the response
	Rule      string           // that refused it
	Err       error            // the *jsonrpc.Error of the response, or why it was sent
	Code      int              // of that error
	Message   *jsonrpc.Message // nil where none could be read
}

// rules are those that the statuses stand for.
var rules = map[int]string{
	http.StatusUnauthorized:          "token",
	http.StatusForbidden:             "scope",
	http.StatusNotFound:              "path",
	http.StatusMethodNotAllowed:      "http-method",
	http.StatusNotAcceptable:         "accept",
	http.StatusRequestTimeout:        "body-timeout",
	http.StatusRequestEntityTooLarge: "--max-body-bytes",
	http.StatusUnsupportedMediaType:  "content-type",
	http.StatusTooManyRequests:       "rate",
	http.StatusServiceUnavailable:    "busy",
}

// refuse answers with a fault, and tells whoever wants to know.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, f *fault) {
	if h.o.Refused != nil {
		about := &Refusal{
			Origin: h.origin(r, ""), Principal: auth.Of(r.Context()), Status: f.status, Rule: f.rule, Err: f.err, Code: f.err.Code, Message: f.about,
		}
		if f.reason != nil {
			about.Err = f.reason
		}
		switch {
		case about.Rule != "":
		case f.err.Code == codeSession:
			about.Rule = "session"
		default:
			about.Rule = rules[f.status]
		}
		h.o.Refused(about)
	}
	f.write(w)
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
	f.close, f.rule = true, "stopping"
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
