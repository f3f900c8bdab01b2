package mcpcore

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// Texter is an output with a text of its own, shorter for a model to read than
// its JSON.
type Texter interface{ Text() string }

// output turns the values of one type into results.
type output[Out any] struct {
	typ        *schema.Type // nil where the value is content already
	structured bool
}

func newOutput[Out any]() (output[Out], error) {
	t := reflect.TypeFor[Out]()
	switch any(*new(Out)).(type) {
	case string, *Result, Text, Image, Audio, Link, Embedded, []Content:
		return output[Out]{}, nil
	}
	if t == reflect.TypeFor[Content]() {
		return output[Out]{}, nil
	}
	typ, err := schema.For(t)
	if err != nil {
		return output[Out]{}, err
	}
	return output[Out]{typ: typ, structured: typ.IsObject()}, nil
}

func (o output[Out]) schema() []byte {
	if !o.structured {
		return nil
	}
	return o.typ.JSON()
}

// result is the value as a result; nil where the value is none.
func (o output[Out]) result(value Out) (*Result, error) {
	switch v := any(value).(type) {
	case string:
		return &Result{Content: []Content{Text{Text: v}}}, nil
	case *Result:
		if v == nil || v.Structured == nil {
			return v, nil
		}
		raw, err := oneLine(v.Structured)
		if err != nil {
			return nil, &unencodable{err}
		}
		whole := *v
		whole.Structured = raw
		return &whole, nil
	case []Content:
		return &Result{Content: v}, nil
	}
	if o.typ == nil {
		c, ok := any(value).(Content)
		if !ok {
			return nil, nil
		}
		return &Result{Content: []Content{c}}, nil
	}
	raw, err := o.typ.Encode(nil, reflect.ValueOf(&value).Elem())
	if err != nil {
		return nil, &unencodable{err}
	}
	r := &Result{}
	if o.structured && jsonrpc.Kind(raw) == '{' {
		r.Structured = raw
	}
	if t, ok := any(value).(Texter); ok {
		r.Content = []Content{Text{Text: t.Text()}}
	} else {
		r.Content = []Content{Text{Text: string(raw)}}
	}
	return r, nil
}

// oneLine checks JSON that a handler made and takes out the line breaks, as a
// message is one line.
func oneLine(raw []byte) ([]byte, error) {
	if err := jsonrpc.Valid(raw); err != nil || !bytes.ContainsAny(raw, "\r\n") {
		return raw, err
	}
	var out bytes.Buffer
	err := json.Compact(&out, raw)
	return out.Bytes(), err
}

// unencodable is a result that has no form in JSON: a fault of the program.
type unencodable struct{ err error }

func (u *unencodable) Error() string { return "the result has no form in JSON: " + u.err.Error() }
func (u *unencodable) Unwrap() error { return u.err }

// What a result takes beside the bytes of its values: the frame with its
// braces and keys, one block, annotations.
const (
	frameRoom = 220
	blockRoom = 80
	notesRoom = 120
)

// fit holds the result of a tool to the size that was allowed.
func (k *Call) fit(r *Result) *Result {
	budget := k.budget() - frameRoom
	if k.revision.Stateless {
		budget -= len(k.engine.server.identity(k.revision))
	}
	return fit(r, budget, k.Tool.resume)
}

// fit cuts text at the end of a line, with a note that says how to get the
// rest; what cannot be cut becomes a refusal.
func fit(r *Result, budget int, resume string) *Result {
	if resume == "" {
		resume = "ask for less"
	}
	const note = "%s\n[cut: %d of %d bytes shown; for the rest, %s]"
	left := budget - len(r.Structured)
	if left < 0 {
		return tooLarge(len(r.Structured), budget, resume)
	}
	left -= blockRoom + len(note) + 20 + jsonrpc.EscapedLen(resume) // so that there is room for the note
	for i, c := range r.Content {
		left -= blockRoom
		switch c := c.(type) {
		case Text:
			left -= noted(c.Annotations)
			if len(r.Content) == 1 && len(c.Text)*6 <= left { // no need to look
				continue
			}
			text := c.Text
			if !utf8.ValidString(text) {
				text = string([]rune(text)) // as it will be sent
			}
			size := len(text)
			if size <= left {
				size = jsonrpc.EscapedLen(text)
			}
			if size <= left {
				left -= size
				continue
			}
			kept := Cut(text, max(left, 0))
			c.Text = fmt.Sprintf(note, kept, len(kept), len(text), resume)
			out := *r
			out.Content = append(r.Content[:i:i], c)
			return &out
		case Image:
			left -= base64.StdEncoding.EncodedLen(len(c.Data)) + noted(c.Annotations)
		case Audio:
			left -= base64.StdEncoding.EncodedLen(len(c.Data)) + noted(c.Annotations)
		case Embedded:
			left -= contentsLen(&c.Resource) + noted(c.Annotations)
		case Link:
			left -= jsonrpc.EscapedLen(c.URI+c.Name+c.Title+c.Description) + noted(c.Annotations)
		}
		if left < 0 {
			return tooLarge(budget-left, budget, resume)
		}
	}
	return r
}

func noted(a *Annotations) int {
	if a == nil {
		return 0
	}
	return notesRoom
}

// contentsLen is how many bytes c takes as JSON, or a little more.
func contentsLen(c *Contents) int {
	return blockRoom + jsonrpc.EscapedLen(c.URI) + jsonrpc.EscapedLen(c.Text) + base64.StdEncoding.EncodedLen(len(c.Blob))
}

func tooLarge(size, budget int, resume string) *Result {
	text := fmt.Sprintf("the result takes %d bytes or more, and %d are allowed\nhint: %s", size, budget, resume)
	return &Result{IsError: true, Content: []Content{Text{Text: text}}}
}

// encodedLen is how many bytes s takes as JSON, or at least a number on the
// same side of limit.
func encodedLen(s string, limit int) int {
	if len(s)*6 <= limit || len(s) > limit { // no need to look
		return len(s)
	}
	return jsonrpc.EscapedLen(s)
}

// Cut keeps as much from the start of s as takes budget bytes as JSON, which
// may be all: up to the end of a line where there is one in the last quarter,
// or else of a character.
func Cut(s string, budget int) string {
	if encodedLen(s, budget) <= budget {
		return s
	}
	n, size := 0, 0
	for n < len(s) && size < budget {
		size += 1 + jsonrpc.Escaped(s[n])
		n++
	}
	n = max(0, n-1)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	for i := n; i > n-n/4; i-- {
		if s[i-1] == '\n' {
			return s[:i]
		}
	}
	return s[:n]
}
