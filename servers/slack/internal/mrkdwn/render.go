// Package mrkdwn turns Slack's markup into text that a model can read and no
// author can forge, and makes outgoing texts safe to send.
package mrkdwn

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Names turns ids into the names that people see. A name that is not known is
// "".
type Names interface {
	User(id string) string
	Channel(id string) string
	Group(id string) string
}

// Append writes a text in Slack's markup as plain text: mentions as names,
// links with their labels, entities as characters. What would begin a new line
// begins it with indent, so that no text can stand where a row begins, and
// characters that hide or reorder text are shown by their numbers.
func Append(dst []byte, text, indent string, names Names) []byte {
	w := writer{dst: dst, indent: indent}
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && plain[text[j]] {
			j++
		}
		w.flush(j > i)
		w.dst = append(w.dst, text[i:j]...)
		if i = j; i == len(text) {
			break
		}
		switch c := text[i]; {
		case c == '<':
			if end := strings.IndexAny(text[i+1:], "<>\n"); end >= 0 && text[i+1+end] == '>' {
				w.token(text[i+1:i+1+end], names)
				i += end + 2
				continue
			}
			w.rune('<')
			i++
		case c == '&':
			r, n := entity(text[i:])
			w.rune(r)
			i += n
		default:
			r, n := utf8.DecodeRuneInString(text[i:])
			if r == '\r' && strings.HasPrefix(text[i+1:], "\n") {
				n = 2
			}
			w.rune(r)
			i += n
		}
	}
	w.flush(true)
	return w.dst
}

// Line is a text of one line, such as a name: without markup, and at most so
// many characters.
func Line(text string, most int) string {
	w := writer{indent: " ", flat: true}
	count := 0
	for _, r := range text {
		if count++; count > most {
			w.flush(true)
			return string(w.dst) + "…"
		}
		w.rune(r)
	}
	w.flush(true)
	return strings.TrimSpace(string(w.dst))
}

// Name is the name of an author: Line, and nothing in it can be taken for the
// end of a name.
func Name(text string) string {
	text = Line(text, 60)
	if strings.Contains(text, ":") {
		text = strings.ReplaceAll(text, ":", "\u2236")
	}
	return text
}

var plain = func() (t [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		t[c] = c != '<' && c != '&'
	}
	return t
}()

type writer struct {
	dst    []byte
	indent string
	flat   bool // everything on one line
	hidden int  // characters that are not shown yet
	last   rune // of them
}

func (w *writer) rune(r rune) {
	switch {
	case r == '\n' || r == '\r' || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0x0b || r == 0x0c:
		w.flush(true)
		if !w.flat {
			w.dst = append(w.dst, '\n')
		}
		w.dst = append(w.dst, w.indent...)
	case Hidden(r):
		w.hidden, w.last = w.hidden+1, r
	default:
		w.flush(true)
		w.dst = utf8.AppendRune(w.dst, r)
	}
}

// flush shows the hidden characters that came last.
func (w *writer) flush(really bool) {
	if w.hidden == 0 || !really {
		return
	}
	if w.hidden == 1 {
		w.dst = append(w.dst, "⟨U+"...)
		hex := strings.ToUpper(strconv.FormatInt(int64(w.last), 16))
		w.dst = append(w.dst, "0000"[min(4, len(hex)):]...)
		w.dst = append(w.dst, hex...)
	} else {
		w.dst = append(w.dst, "⟨"...)
		w.dst = strconv.AppendInt(w.dst, int64(w.hidden), 10)
		w.dst = append(w.dst, " hidden characters"...)
	}
	w.dst = append(w.dst, "⟩"...)
	w.hidden = 0
}

// Hidden reports whether a character shows nothing itself, or changes how
// others are shown: controls, bidirectional marks, what has no width, tags.
func Hidden(r rune) bool {
	switch {
	case r < ' ':
		return r != '\n' && r != '\t' && r != '\r' && r != 0x0b && r != 0x0c
	case r < 0x7f:
		return false
	case r <= 0x9f:
		return r != 0x85
	}
	switch r {
	case 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180e, 0x200b, 0x200e, 0x200f, 0x3164, 0xfeff, 0xffa0:
		return true
	}
	return r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r >= 0xfff9 && r <= 0xfffb || r >= 0xfe00 && r <= 0xfe0d ||
		r >= 0x1bca0 && r <= 0x1bca3 || r >= 0x1d173 && r <= 0x1d17a || r >= 0xe0000 && r <= 0xe0fff
}

func entity(s string) (r rune, n int) {
	for _, e := range []struct {
		name string
		r    rune
	}{{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}} {
		if strings.HasPrefix(s, e.name) {
			return e.r, len(e.name)
		}
	}
	return '&', 1
}

// text writes a part of a token, which has entities and no tokens of its own.
func (w *writer) text(s string) {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == '&' {
			r, n = entity(s[i:])
		}
		w.rune(r)
		i += n
	}
}

// token writes what stands between < and >.
func (w *writer) token(token string, names Names) {
	id, label, _ := strings.Cut(token, "|")
	first := byte(0)
	if id != "" {
		first = id[0]
	}
	switch first {
	case '@':
		w.mention('@', id[1:], label, names.User)
	case '#':
		w.mention('#', id[1:], label, names.Channel)
	case '!':
		name, rest, _ := strings.Cut(id[1:], "^")
		switch name {
		case "subteam":
			w.mention('@', rest, label, names.Group)
		case "date":
			w.text(label)
		default:
			w.rune('@')
			w.text(name)
		}
	default:
		if label != "" && label != id {
			w.text(label)
			w.text(" <")
			w.text(id)
			w.text(">")
			return
		}
		w.text(id)
	}
}

func (w *writer) mention(sign byte, id, label string, name func(string) string) {
	known := name(id)
	if known == "" {
		known = strings.TrimLeft(label, "@#")
	}
	if known == "" {
		known = id
	}
	w.flush(true)
	w.dst = append(w.dst, sign)
	w.dst = append(w.dst, Line(known, 80)...)
}

// Mentions calls user for each id of a user that a text mentions.
func Mentions(text string, user func(id string)) {
	for {
		i := strings.Index(text, "<@")
		if i < 0 {
			return
		}
		text = text[i+2:]
		end := strings.IndexAny(text, ">|\n<")
		if end > 0 && (text[end] == '>' || text[end] == '|') && end <= 24 {
			user(text[:end])
		}
	}
}
