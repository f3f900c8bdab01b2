package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// unreadEnd ends the head of the responses that net/http gives by itself to
// requests that it cannot read, and which no handler sees. Those of handlers
// have a date.
const unreadEnd = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"

// unread is what a client gets in place of such a response: a refusal in the
// form of all others. It is nil for all else that is written.
func (h *Handler) unread(written []byte, remote string) []byte {
	status, known := bytes.CutPrefix(written, []byte("HTTP/1.1 "))
	if !known || len(status) < 3 {
		return nil
	}
	code, err := strconv.Atoi(string(status[:3]))
	if err != nil || code < 400 {
		return nil
	}
	line, _, ended := bytes.Cut(status, []byte("\r\n"))
	if !ended || code != http.StatusExpectationFailed && !bytes.HasPrefix(status[len(line):], []byte(unreadEnd)) {
		return nil
	}
	refused := &jsonrpc.Error{Code: codeRefused, Message: "this is no request that can be read"}
	switch code {
	case http.StatusRequestHeaderFieldsTooLarge:
		refused.Message = fmt.Sprintf("the head of a request is at most %d bytes", maxHeaderBytes)
	case http.StatusExpectationFailed:
		refused.Message = "the only expectation is 100-continue"
	case http.StatusNotImplemented:
		refused.Message = "the only transfer encoding is chunked"
	case http.StatusHTTPVersionNotSupported:
		refused.Message = "the versions of HTTP are 1.0, 1.1 and, with TLS, 2"
	}
	if h.o.Refused != nil {
		h.o.Refused(&Refusal{Origin: &Origin{Remote: remote}, Status: code, Rule: "http", Err: errors.New(string(line)), Code: refused.Code})
	}
	body := jsonrpc.AppendError(nil, "", refused)
	head := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
		code, http.StatusText(code), len(body))
	return append([]byte(head), body...)
}
