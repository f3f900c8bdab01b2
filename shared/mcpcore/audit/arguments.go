package audit

import (
	"strconv"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/internal/secret"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// Bounds of what one line says of arguments.
const (
	maxArguments = 16 << 10 // bytes, about
	maxText      = 4 << 10  // bytes of one text
	maxMembers   = 64       // of one list or object
	maxLevels    = 8
)

// Redacted is what a call's arguments were like, without what was in them:
// names, kinds and lengths. Of texts not even a hash is kept, as a short one
// could be guessed.
func Redacted(raw []byte) []byte {
	return sketch(raw, func(w *jsonrpc.Writer, _ string, value []byte) {
		switch kind := jsonrpc.Kind(value); kind {
		case '"':
			w.String("text:" + strconv.Itoa(utf8.RuneCountInString(jsonrpc.Unquote(value))))
		case 't', 'f', 'n':
			w.Raw(value)
		default:
			w.String("number")
		}
	})
}

// Full is a call's arguments with what looks like a secret masked, and long
// texts cut.
func Full(raw []byte) []byte {
	return sketch(raw, func(w *jsonrpc.Writer, name string, value []byte) {
		switch kind := jsonrpc.Kind(value); {
		case kind == 'n':
			w.Raw(value)
		case secret.Name(name):
			w.String(secret.Masked)
		case kind == '"':
			w.String(Clip(jsonrpc.Unquote(value), maxText))
		case len(value) > 64: // a number for show
			w.String("number")
		default:
			w.Raw(value)
		}
	})
}

func sketch(raw []byte, scalar func(w *jsonrpc.Writer, name string, value []byte)) []byte {
	if len(raw) == 0 {
		return nil
	}
	s := &sketcher{scalar: scalar}
	s.value("", raw, 0)
	return s.w.Buf
}

type sketcher struct {
	w      jsonrpc.Writer
	scalar func(w *jsonrpc.Writer, name string, value []byte)
}

// room reports whether the nth member has a place.
func (s *sketcher) room(n int) bool { return n <= maxMembers && len(s.w.Buf) < maxArguments }

// more stands for what was left out.
func more(n int) string { return strconv.Itoa(n) + " more" }

func (s *sketcher) value(name string, raw []byte, level int) {
	kind := jsonrpc.Kind(raw)
	switch {
	case kind != '{' && kind != '[':
		s.scalar(&s.w, name, raw)
	case level == maxLevels:
		s.w.String("…")
	case kind == '{':
		s.w.Open('{')
		n, left := 0, 0
		for key, value := range jsonrpc.Members(raw) {
			if n++; !s.room(n) {
				left++
				continue
			}
			s.w.Key(Clip(key, 64))
			s.value(key, value, level+1)
		}
		if left > 0 {
			s.w.Key("…").String(more(left))
		}
		s.w.Close('}')
	default:
		s.w.Open('[')
		n, left := 0, 0
		for _, value := range jsonrpc.Elements(raw) {
			if n++; !s.room(n) {
				left++
				continue
			}
			s.value(name, value, level+1)
		}
		if left > 0 {
			s.w.String(more(left))
		}
		s.w.Close(']')
	}
}

// Clip masks what looks like a secret in a text and cuts it to so many bytes,
// or a few more.
func Clip(text string, most int) string {
	cut := len(text) > most+maxSecret
	if cut { // a secret that is cut must still be known as one
		text = text[:most+maxSecret]
	}
	text = secret.Mask(text)
	if !cut && len(text) <= most {
		return text
	}
	if len(text) > most {
		end := most
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	return text + "…"
}

// maxSecret is the length up to which a secret that begins before a cut is seen
// whole.
const maxSecret = 4 << 10
