package jsonrpc

import "strconv"

// Writer appends JSON to a buffer and places the commas. The zero value is
// ready; Buf may start with bytes of the caller's.
type Writer struct {
	Buf []byte

	// Flush, where it is set, is given what is in Buf while a long string is
	// written, and Buf starts anew: so a large result takes little memory, and
	// its start can travel while its end is being made.
	Flush func([]byte)

	comma bool
}

// Long is the length from which a string is written in pieces.
const Long = 64 << 10

// Open starts an object or array with its bracket.
func (w *Writer) Open(bracket byte) {
	w.sep()
	w.Buf = append(w.Buf, bracket)
	w.comma = false
}

// Close ends an object or array with its bracket.
func (w *Writer) Close(bracket byte) {
	w.Buf = append(w.Buf, bracket)
	w.comma = true
}

// Key starts a member of an object.
func (w *Writer) Key(key string) *Writer {
	w.sep()
	w.Buf = AppendString(w.Buf, key)
	w.Buf = append(w.Buf, ':')
	w.comma = false
	return w
}

// String writes a string.
func (w *Writer) String(s string) {
	w.sep()
	if w.Flush == nil || len(s) < Long {
		w.Buf = AppendString(w.Buf, s)
		return
	}
	if !valid(s) {
		s = toValid(s)
	}
	w.Buf = append(w.Buf, '"')
	for len(s) > 0 {
		n := min(Long, len(s)) // bytes are escaped one by one: a character may be cut
		w.Buf = appendEscaped(w.Buf, s[:n])
		s = s[n:]
		if len(w.Buf) >= Long {
			w.Flush(w.Buf)
			w.Buf = w.Buf[:0]
		}
	}
	w.Buf = append(w.Buf, '"')
}

// Raw writes a value that is JSON already.
func (w *Writer) Raw(raw []byte) {
	w.sep()
	w.Buf = append(w.Buf, raw...)
}

// Base64 writes bytes as a base64 string.
func (w *Writer) Base64(b []byte) {
	w.sep()
	w.Buf = AppendBase64(w.Buf, b)
}

// Int writes a whole number.
func (w *Writer) Int(n int64) {
	w.sep()
	w.Buf = AppendInt(w.Buf, n)
}

// Bool writes true or false.
func (w *Writer) Bool(b bool) {
	if b {
		w.Raw([]byte("true"))
	} else {
		w.Raw([]byte("false"))
	}
}

// Optional writes the member key unless s is empty.
func (w *Writer) Optional(key, s string) {
	if s != "" {
		w.Key(key).String(s)
	}
}

// OptionalRaw writes the member key unless raw is empty.
func (w *Writer) OptionalRaw(key string, raw []byte) {
	if len(raw) > 0 {
		w.Key(key).Raw(raw)
	}
}

func (w *Writer) sep() {
	if w.comma {
		w.Buf = append(w.Buf, ',')
	}
	w.comma = true
}

// Float writes a number that is neither NaN nor infinite.
func (w *Writer) Float(f float64) {
	w.sep()
	w.Buf = strconv.AppendFloat(w.Buf, f, 'g', -1, 64)
}
