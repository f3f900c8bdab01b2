package mcpcore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// ErrNotFound is wrapped by the error of a resource that does not exist, so
// that the client gets the code its revision has for that.
var ErrNotFound = errors.New("not found")

// Hint adds to err what its reader can do next. The model reads it behind the
// error ("…\nhint: …"), a person reads it on a line of its own. A fix names a
// real tool, argument or flag. Hint(nil, …) is nil.
func Hint(err error, fix string) error {
	if err == nil {
		return nil
	}
	return &hinted{err: err, fix: fix}
}

type hinted struct {
	err error
	fix string
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

// HintOf returns the outermost hint that err carries, or "".
func HintOf(err error) string {
	var h *hinted
	if errors.As(err, &h) {
		return h.fix
	}
	return ""
}

// RetryAfter marks err as one that passes: what was asked for may work after
// that time. The client is told in seconds, for its model to read and for its
// program; over HTTP a request that is answered by an error of the protocol has
// the status 429 and a header Retry-After. RetryAfter(nil, …) is nil.
func RetryAfter(err error, after time.Duration) error {
	if err == nil {
		return nil
	}
	seconds := max(1, int(math.Ceil(after.Seconds())))
	unit := "seconds"
	if seconds == 1 {
		unit = "second"
	}
	return Hint(&passing{err, seconds}, fmt.Sprintf("try again after %d %s", seconds, unit))
}

type passing struct {
	error
	seconds int
}

func (p *passing) Unwrap() error { return p.error }

// explain is err and its hint as a model reads them.
func explain(err error) string {
	text := err.Error()
	if text == "" {
		text = "it did not work"
	}
	if fix := HintOf(err); fix != "" {
		text += "\nhint: " + fix
	}
	return text
}

// errorResult tells the model what went wrong, or returns nil where the fault
// is not the model's to mend and belongs to the protocol.
func errorResult(err error) *Result {
	var rpc *jsonrpc.Error
	var broken *unencodable
	if errors.As(err, &rpc) || errors.As(err, &broken) {
		return nil
	}
	r := &Result{IsError: true, Content: []Content{Text{Text: explain(err)}}}
	var later *passing
	if errors.As(err, &later) {
		r.RetryAfter = later.seconds
	}
	return r
}

// rpcError is err as a JSON-RPC error of a client that speaks a revision in
// which a missing resource has the code notFound.
func rpcError(err error, notFound int) *jsonrpc.Error {
	var rpc *jsonrpc.Error
	var faults schema.Faults
	var later *passing
	switch {
	case errors.As(err, &rpc):
		return rpc
	case errors.As(err, &later):
		busy := jsonrpc.Errorf(protocol.CodeBusy, "%s", explain(err))
		busy.Data = fmt.Appendf(nil, `{"retryAfter":%d}`, later.seconds)
		return busy
	case errors.As(err, &faults):
		return jsonrpc.Errorf(jsonrpc.CodeInvalidParams, "%s", faults.Error())
	case errors.Is(err, ErrNotFound):
		return jsonrpc.Errorf(notFound, "%s", explain(err))
	case errors.Is(err, context.DeadlineExceeded):
		return jsonrpc.Errorf(jsonrpc.CodeInternal, "it took too long")
	}
	return jsonrpc.Errorf(jsonrpc.CodeInternal, "%s", explain(err))
}

func invalidParams(format string, args ...any) *jsonrpc.Error {
	return jsonrpc.Errorf(jsonrpc.CodeInvalidParams, format, args...)
}

// reference is a number by which a client's error and the operator's log can
// be brought together.
func reference() string {
	var b [4]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
