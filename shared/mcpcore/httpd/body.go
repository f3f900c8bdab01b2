package httpd

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// message is the body of a POST: one message, or a batch.
type message struct {
	jsonrpc.Message
	batch []byte
}

// takes are the forms of a response that a client takes.
type takes struct{ json, events bool }

// accepts reads the Accept header; without one a client takes everything.
func accepts(r *http.Request) takes {
	values := r.Header.Values("Accept")
	if len(values) == 0 || (len(values) == 1 && values[0] == "application/json, text/event-stream") { // as most clients say
		return takes{true, true}
	}
	var t takes
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			kind, parameters, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			if weight, has := parameters["q"]; has {
				if q, err := strconv.ParseFloat(weight, 64); err == nil && q == 0 {
					continue
				}
			}
			switch kind {
			case "*/*":
				t = takes{true, true}
			case "application/*", "application/json":
				t.json = true
			case "text/*", "text/event-stream":
				t.events = true
			}
		}
	}
	return t
}

// read reads and parses the body of a POST.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) (message, *fault) {
	kinds := r.Header.Values("Content-Type")
	if len(kinds) != 1 || !isJSON(kinds[0]) {
		return message{}, refusal(http.StatusUnsupportedMediaType, codeRefused, "a message is application/json")
	}
	for _, encoding := range r.Header["Content-Encoding"] {
		if encoding != "" && encoding != "identity" {
			return message{}, refusal(http.StatusUnsupportedMediaType, codeRefused, "the content encoding %q is not understood", clip(encoding))
		}
	}
	raw, fault := h.body(w, r)
	if fault != nil {
		return message{}, fault
	}
	if deeper(raw, h.o.MaxDepth) {
		return message{}, badRequest("", jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "the message is nested more than %d levels deep", h.o.MaxDepth))
	}
	m, batch, rest, err := jsonrpc.Next(raw)
	if err == nil && len(rest) > 0 {
		err = jsonrpc.Errorf(jsonrpc.CodeInvalidRequest, "a request holds one message")
	}
	if err != nil {
		return message{}, badRequest(m.ID, err)
	}
	return message{m, batch}, nil
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	kind, parameters, err := mime.ParseMediaType(contentType)
	charset, has := parameters["charset"]
	return err == nil && kind == "application/json" && (!has || strings.EqualFold(charset, "utf-8"))
}

// body reads all of it, within a time and a size.
func (h *Handler) body(w http.ResponseWriter, r *http.Request) ([]byte, *fault) {
	if r.ContentLength > int64(h.o.MaxBody) {
		return nil, h.tooLarge()
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(h.o.BodyTimeout)) // not there in tests without a network
	var raw []byte
	var err error
	if r.ContentLength >= 0 { // and there is no more than that
		raw = make([]byte, r.ContentLength)
		_, err = io.ReadFull(r.Body, raw)
	} else {
		raw, err = io.ReadAll(http.MaxBytesReader(w, r.Body, int64(h.o.MaxBody)))
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, h.tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		f := refusal(http.StatusRequestTimeout, codeRefused, "the message took longer than %s", h.o.BodyTimeout)
		f.close = true
		return nil, f
	case err != nil:
		return nil, refusal(http.StatusBadRequest, codeRefused, "the message broke off")
	}
	_ = control.SetReadDeadline(time.Time{})
	return raw, nil
}

func (h *Handler) tooLarge() *fault {
	f := refusal(http.StatusRequestEntityTooLarge, codeRefused, "a message is at most %d bytes (--max-body-bytes)", h.o.MaxBody)
	f.close = true
	return f
}

// deeper reports whether raw, which need not be valid, nests more than limit
// levels.
func deeper(raw []byte, limit int) bool {
	if bytes.Count(raw, []byte{'{'})+bytes.Count(raw, []byte{'['}) <= limit { // no need to look
		return false
	}
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
