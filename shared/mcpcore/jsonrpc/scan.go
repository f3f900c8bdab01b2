package jsonrpc

import (
	"errors"
	"iter"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may be nested in a message. Nothing
// in the protocol comes near it; without a bound a hostile line of brackets
// would cost a stack frame for each.
const MaxDepth = 512

var (
	errSyntax = errors.New("invalid JSON")
	errDepth  = errors.New("nested too deeply")
	errUTF8   = errors.New("invalid UTF-8")
)

// Valid reports why b is not exactly one JSON value, with space around it
// allowed, or nil. Beyond the grammar it asks for valid UTF-8 and at most
// MaxDepth levels.
func Valid(b []byte) error {
	end, err := Value(b)
	if err != nil {
		return err
	}
	if skipSpace(b, end) != len(b) {
		return errSyntax
	}
	return nil
}

// Value checks the first JSON value in b and returns the offset behind it.
func Value(b []byte) (end int, err error) {
	end, err = scanValue(b, skipSpace(b, 0), 0)
	if err != nil {
		return 0, err
	}
	if !utf8.Valid(b[:end]) {
		return 0, errUTF8
	}
	return end, nil
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

func scanValue(b []byte, i, depth int) (int, error) {
	if i >= len(b) {
		return 0, errSyntax
	}
	switch b[i] {
	case '{':
		return scanObject(b, i, depth+1)
	case '[':
		return scanArray(b, i, depth+1)
	case '"':
		return scanString(b, i)
	case 't':
		return scanWord(b, i, "true")
	case 'f':
		return scanWord(b, i, "false")
	case 'n':
		return scanWord(b, i, "null")
	default:
		return scanNumber(b, i)
	}
}

func scanObject(b []byte, i, depth int) (int, error) {
	if depth > MaxDepth {
		return 0, errDepth
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1, nil
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return 0, errSyntax
		}
		end, err := scanString(b, i)
		if err != nil {
			return 0, err
		}
		i = skipSpace(b, end)
		if i >= len(b) || b[i] != ':' {
			return 0, errSyntax
		}
		if i, err = scanValue(b, skipSpace(b, i+1), depth); err != nil {
			return 0, err
		}
		next, more, err := scanComma(b, i, '}')
		if !more {
			return next, err
		}
		i = next
	}
}

func scanArray(b []byte, i, depth int) (int, error) {
	if depth > MaxDepth {
		return 0, errDepth
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1, nil
	}
	for {
		end, err := scanValue(b, i, depth)
		if err != nil {
			return 0, err
		}
		next, more, err := scanComma(b, end, ']')
		if !more {
			return next, err
		}
		i = next
	}
}

// scanComma reads what follows an element: a comma (more is true and next the
// start of the next element) or the closing bracket.
func scanComma(b []byte, i int, closing byte) (next int, more bool, err error) {
	i = skipSpace(b, i)
	switch {
	case i >= len(b):
		return 0, false, errSyntax
	case b[i] == ',':
		return skipSpace(b, i+1), true, nil
	case b[i] == closing:
		return i + 1, false, nil
	default:
		return 0, false, errSyntax
	}
}

func scanString(b []byte, i int) (int, error) {
	for i++; i < len(b); i++ {
		if i += clean(b[i:]); i == len(b) {
			break
		}
		switch b[i] {
		case '"':
			return i + 1, nil
		case '\\':
			i++
			if i == len(b) {
				return 0, errSyntax
			}
			switch b[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if hex4(b[i+1:]) < 0 {
					return 0, errSyntax
				}
				i += 4
			default:
				return 0, errSyntax
			}
		default: // a control character
			return 0, errSyntax
		}
	}
	return 0, errSyntax
}

// hex4 is the value of the first four bytes as hexadecimal digits, or -1.
func hex4(b []byte) rune {
	if len(b) < 4 {
		return -1
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

func scanWord(b []byte, i int, word string) (int, error) {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return 0, errSyntax
	}
	return i + len(word), nil
}

func scanNumber(b []byte, i int) (int, error) {
	if i < len(b) && b[i] == '-' {
		i++
	}
	start := i
	i = skipDigits(b, i)
	if i == start || (b[start] == '0' && i > start+1) {
		return 0, errSyntax
	}
	if i < len(b) && b[i] == '.' {
		start = i + 1
		if i = skipDigits(b, start); i == start {
			return 0, errSyntax
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start = i
		if i = skipDigits(b, start); i == start {
			return 0, errSyntax
		}
	}
	return i, nil
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}

// Members goes through the members of the object in raw, which must be valid
// JSON: keys decoded, values as they stand. Both point into raw, which is to
// stay as it is while they are used. It yields nothing when raw is no object.
func Members(raw []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		i := skipSpace(raw, 0)
		if i >= len(raw) || raw[i] != '{' {
			return
		}
		i = skipSpace(raw, i+1)
		for i < len(raw) && raw[i] == '"' {
			end, _ := scanString(raw, i)
			key := view(raw[i:end])
			start := skipSpace(raw, skipSpace(raw, end)+1)
			i, _ = scanValue(raw, start, 0)
			if !yield(key, raw[start:i]) {
				return
			}
			i, _, _ = scanComma(raw, i, '}')
		}
	}
}

// Elements goes through the elements of the array in raw, which must be valid
// JSON. It yields nothing when raw is no array.
func Elements(raw []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		i := skipSpace(raw, 0)
		if i >= len(raw) || raw[i] != '[' {
			return
		}
		i = skipSpace(raw, i+1)
		if i < len(raw) && raw[i] == ']' {
			return
		}
		for n := 0; ; n++ {
			end, err := scanValue(raw, i, 0)
			if err != nil || !yield(n, raw[i:end]) {
				return
			}
			more := false
			if i, more, _ = scanComma(raw, end, ']'); !more {
				return
			}
		}
	}
}

// Kind is the first byte of the JSON value in raw: one of { [ " t f n, or a
// digit or minus for a number; 0 when there is none.
func Kind(raw []byte) byte {
	if i := skipSpace(raw, 0); i < len(raw) {
		return raw[i]
	}
	return 0
}

// IsNull reports whether raw is absent or null.
func IsNull(raw []byte) bool {
	k := Kind(raw)
	return k == 0 || k == 'n'
}
