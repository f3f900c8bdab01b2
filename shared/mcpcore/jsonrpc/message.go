// Package jsonrpc reads and writes JSON-RPC 2.0 messages without ever turning
// a number into a float: ids and values keep every digit.
//
// A message is scanned once, for its grammar; what follows walks over bytes
// that are known to be good.
package jsonrpc

import (
	"errors"
	"fmt"
)

// The error codes of JSON-RPC 2.0, section 5.1.
const (
	CodeParse          = -32700
	CodeInvalidRequest = -32600
	CodeMethodNotFound = -32601
	CodeInvalidParams  = -32602
	CodeInternal       = -32603
)

// Error is the error member of a response.
type Error struct {
	Code    int
	Message string
	Data    []byte // JSON, or nil
}

func (e *Error) Error() string { return e.Message }

// Errorf makes an Error.
func Errorf(code int, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// ID is the id of a request: the JSON text as the client wrote it, so that it
// goes back byte for byte and "1" is not 1. It is "" for a notification.
type ID string

// Message is a request, a notification (no ID) or a response (no Method).
// Its slices point into the bytes it was read from.
type Message struct {
	ID     ID
	Method string
	Params []byte
	Result []byte
	Error  []byte
}

// IsResponse reports whether m answers a request of ours.
func (m *Message) IsResponse() bool { return m.Method == "" }

// Next reads the first message in line and returns what follows it. Where line
// is no JSON the Error is CodeParse and nothing follows; where it is JSON but no
// message it is CodeInvalidRequest, with the id in Message where one could be
// told. An array is returned as a batch: see Batch.
func Next(line []byte) (m Message, batch, rest []byte, err *Error) {
	start := skipSpace(line, 0)
	end, scanErr := scanValue(line, start, 0)
	switch {
	case errors.Is(scanErr, errDepth):
		return m, nil, nil, Errorf(CodeInvalidRequest, "the message is nested more than %d levels deep", MaxDepth)
	case scanErr != nil:
		return m, nil, nil, Errorf(CodeParse, "the line is not valid JSON")
	}
	raw := line[start:end]
	if !valid(raw) {
		return m, nil, nil, Errorf(CodeParse, "the line is not valid UTF-8")
	}
	rest = line[skipSpace(line, end):]
	switch raw[0] {
	case '[':
		return m, raw, rest, nil
	case '{':
		m, err = parse(raw)
		return m, nil, rest, err
	}
	if len(rest) > 0 { // such as "12 oops": no use in reading on
		return m, nil, nil, Errorf(CodeParse, "the line is not valid JSON")
	}
	return m, nil, rest, Errorf(CodeInvalidRequest, "a message is a JSON object")
}

// Parse reads one message from raw, which must be valid JSON.
func Parse(raw []byte) (Message, *Error) {
	if Kind(raw) != '{' {
		return Message{}, Errorf(CodeInvalidRequest, "a message is a JSON object")
	}
	return parse(raw)
}

func parse(raw []byte) (m Message, err *Error) {
	var version, id, method []byte
	for key, value := range Members(raw) {
		var field *[]byte
		switch key {
		case "jsonrpc":
			field = &version
		case "id":
			field = &id
		case "method":
			field = &method
		case "params":
			field = &m.Params
		case "result":
			field = &m.Result
		case "error":
			field = &m.Error
		default:
			continue
		}
		if *field != nil { // two readers could take two different ones
			return Message{}, Errorf(CodeInvalidRequest, "the member %q stands twice", key)
		}
		*field = value
	}
	switch k := Kind(id); {
	case k == '"' || k == '-' || ('0' <= k && k <= '9'):
		m.ID = ID(id)
	case id != nil && m.Error == nil: // an error answer to an unreadable message has a null id
		return m, Errorf(CodeInvalidRequest, "an id is a string or a number")
	}
	switch {
	case string(version) != `"2.0"`:
		return m, Errorf(CodeInvalidRequest, `a message has "jsonrpc": "2.0"`)
	case method != nil && (m.Result != nil || m.Error != nil):
		return m, Errorf(CodeInvalidRequest, "a message has a method or a result, not both")
	case method != nil:
		if m.Method = Unquote(method); m.Method == "" {
			return m, Errorf(CodeInvalidRequest, "a method is a string that is not empty")
		}
	case (m.Result == nil) == (m.Error == nil):
		return m, Errorf(CodeInvalidRequest, "a message has a method, a result or an error")
	}
	if IsNull(m.Params) {
		m.Params = nil
	} else if Kind(m.Params) != '{' {
		return m, Errorf(CodeInvalidParams, "params must be an object")
	}
	return m, nil
}

// AppendResult appends the start of a response to id, up to where its result
// follows; AppendEnd closes it.
func AppendResult(dst []byte, id ID) []byte {
	dst = append(dst, `{"jsonrpc":"2.0","id":`...)
	dst = append(dst, id...)
	return append(dst, `,"result":`...)
}

// AppendEnd ends a message.
func AppendEnd(dst []byte) []byte { return append(dst, '}', '\n') }

// AppendError appends a whole response with an error. An empty id becomes
// null, as JSON-RPC 2.0 asks where the id could not be told.
func AppendError(dst []byte, id ID, e *Error) []byte {
	if id == "" {
		id = "null"
	}
	dst = append(dst, `{"jsonrpc":"2.0","id":`...)
	dst = append(dst, id...)
	dst = append(dst, `,"error":{"code":`...)
	dst = AppendInt(dst, int64(e.Code))
	dst = append(dst, `,"message":`...)
	dst = AppendString(dst, e.Message)
	if e.Data != nil {
		dst = append(dst, `,"data":`...)
		dst = append(dst, e.Data...)
	}
	return append(dst, '}', '}', '\n')
}

// AppendCall appends the start of a request (or, without id, a notification)
// up to where its params follow; AppendEnd closes it.
func AppendCall(dst []byte, id ID, method string) []byte {
	dst = append(dst, `{"jsonrpc":"2.0"`...)
	if id != "" {
		dst = append(dst, `,"id":`...)
		dst = append(dst, id...)
	}
	dst = append(dst, `,"method":`...)
	dst = AppendString(dst, method)
	return append(dst, `,"params":`...)
}
