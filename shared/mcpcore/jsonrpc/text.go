package jsonrpc

import (
	"bytes"
	"encoding/base64"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// Unquote decodes the JSON string in raw, which must be valid. Half a
// surrogate pair becomes U+FFFD. Anything that is no string gives "".
func Unquote(raw []byte) string {
	i := skipSpace(raw, 0)
	if i >= len(raw) || raw[i] != '"' {
		return ""
	}
	start := i + 1
	for i = start; i < len(raw) && raw[i] != '"'; i++ {
		if raw[i] == '\\' {
			return unescape(raw, start, i)
		}
	}
	return string(raw[start:i])
}

// view is Unquote of a string without space before it; where nothing in it is
// escaped, the result points into raw.
func view(raw []byte) string {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') >= 0 {
		return Unquote(raw)
	}
	return unsafe.String(unsafe.SliceData(inner), len(inner))
}

// unescape is Unquote from the first backslash on.
func unescape(raw []byte, start, i int) string {
	out := make([]byte, i-start, len(raw)-start-bytes.Count(raw[i:], []byte{'\\'}))
	copy(out, raw[start:i])
	for i < len(raw) && raw[i] != '"' {
		if raw[i] != '\\' {
			run := max(clean(raw[i:]), 1)
			out = append(out, raw[i:i+run]...)
			i += run
			continue
		}
		i++
		if i >= len(raw) {
			break
		}
		switch c := raw[i]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(raw[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if i+2 < len(raw) && raw[i+1] == '\\' && raw[i+2] == 'u' {
					low = hex4(raw[i+3:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, c)
		}
		i++
	}
	return unsafe.String(unsafe.SliceData(out), len(out)) // nobody else has out
}

// escapes says for each byte how a JSON string holds it: 0 as it is, 'u' as
// \u00XX, anything else behind a backslash.
var escapes = func() (t [256]byte) {
	for c := range ' ' {
		t[c] = 'u'
	}
	t['\b'], t['\f'], t['\n'], t['\r'], t['\t'] = 'b', 'f', 'n', 'r', 't'
	t['"'], t['\\'] = '"', '\\'
	return t
}()

// AppendString appends s as a JSON string. Invalid UTF-8 becomes U+FFFD.
func AppendString[S string | []byte](dst []byte, s S) []byte {
	if !valid(s) {
		s = S(toValid(string(s)))
	}
	dst = slices.Grow(dst, len(s)+len(s)/32+2)
	dst = append(dst, '"')
	dst = appendEscaped(dst, s)
	return append(dst, '"')
}

func appendEscaped[S string | []byte](dst []byte, s S) []byte {
	const hex = "0123456789abcdef"
	for start := 0; ; {
		i := start + clean(s[start:])
		dst = append(dst, s[start:i]...)
		if i == len(s) {
			return dst
		}
		if e := escapes[s[i]]; e == 'u' {
			dst = append(dst, '\\', 'u', '0', '0', hex[s[i]>>4], hex[s[i]&15])
		} else {
			dst = append(dst, '\\', e)
		}
		start = i + 1
	}
}

// clean is the number of bytes at the start of s that a JSON string holds as
// they are. It looks at eight at a time.
func clean[S string | []byte](s S) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if mask := dirty(word(s, i)); mask != 0 {
			return i + bits.TrailingZeros64(mask)/8
		}
	}
	for ; i < len(s) && escapes[s[i]] == 0; i++ {
	}
	return i
}

func word[S string | []byte](s S, i int) uint64 {
	_ = s[i+7]
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
		uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
}

// dirty sets the high bit of the first byte in w that must be escaped, and
// perhaps bits above it: a control character, a quotation mark, a backslash.
// The subtraction borrows only from bytes above one that is found.
func dirty(w uint64) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, slash := w^(ones*'"'), w^(ones*'\\')
	return ((w - ones*' ') | (quote - ones) | (slash - ones)) & ^w & highs
}

// EscapedLen is how many bytes s takes inside a JSON string.
func EscapedLen[S string | []byte](s S) int {
	n := len(s)
	for i := clean(s); i < len(s); i += 1 + clean(s[i+1:]) {
		n += Escaped(s[i])
	}
	return n
}

func valid[S string | []byte](s S) bool {
	switch s := any(s).(type) {
	case string:
		return utf8.ValidString(s)
	case []byte:
		return utf8.Valid(s)
	}
	return false
}

func toValid(s string) string {
	out := make([]byte, 0, len(s)+16)
	for _, r := range s {
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

// AppendBase64 appends b as a JSON string in standard base64.
func AppendBase64(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, b)
	return append(dst, '"')
}

// AppendInt appends n.
func AppendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// Escaped is how many bytes more than one c takes inside a JSON string.
func Escaped(c byte) int {
	switch escapes[c] {
	case 0:
		return 0
	case 'u':
		return 5
	}
	return 1
}
