package jsonrpc

import "strconv"

// Writer appends JSON to a buffer and places the commas. The zero value is
// ready; Buf may start with bytes of the caller's.
type Writer struct {
	Buf   []byte
	comma bool
}

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
	w.Buf = AppendString(w.Buf, s)
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
