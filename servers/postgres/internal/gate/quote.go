package gate

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// escapes is how a string between single quotes holds a quote.
type escapes uint8

const (
	none      escapes = iota // not at all: B'…', X'…'
	plain                    // '' is one
	backslash                // and \' is one: E'…'
)

// prefixed takes a string or a quoted name with a letter before its quote; it
// is not ok where the letter is just a word.
func (l *lexer) prefixed() (t token, r *Refusal, ok bool) {
	letter, unicode := l.sql[l.pos]|0x20, l.at(1) == '&'
	switch {
	case unicode && letter == 'u' && l.at(2) == '\'':
		t, r = l.quoted(String, 2, plain)
	case unicode && letter == 'u' && l.at(2) == '"':
		_, t, r = l.unicodeName()
	case unicode:
		return t, nil, false
	case letter == 'e':
		t, r = l.quoted(String, 1, backslash)
	case letter == 'b', letter == 'x':
		t, r = l.quoted(Bits, 1, none)
	case letter == 'n': // the type, and then a string
		t = l.token(Word, l.pos+1)
		t.symbol = kwReserved // it means nchar
	default:
		return t, nil, false
	}
	return t, r, true
}

// quoted takes a string whose opening quote is skip bytes ahead, with all that
// continues it on further lines.
func (l *lexer) quoted(kind TokenKind, skip int, esc escapes) (token, *Refusal) {
	for i := l.pos + skip + 1; i < len(l.sql); i++ {
		switch {
		case l.sql[i] == '\\' && esc == backslash:
			i++
		case l.sql[i] != '\'':
		case esc != none && i+1 < len(l.sql) && l.sql[i+1] == '\'':
			i++
		default:
			open, ok := continued(l.sql, i+1)
			if !ok {
				return l.token(kind, i+1), nil
			}
			i = open
		}
	}
	return token{}, l.syntax(l.pos, "a string does not end", "close it with a single quote, and double each one inside it")
}

// continued returns the quote at which a string goes on that was closed before
// from: only white space and line comments lie between, and a line break.
func continued(sql string, from int) (open int, ok bool) {
	broken := false
	for i := from; i < len(sql); {
		switch c := sql[i]; {
		case in(c, space):
			broken = broken || c == '\n' || c == '\r'
			i++
		case strings.HasPrefix(sql[i:], "--"):
			i = lineEnd(sql, i)
		default:
			return i, broken && c == '\''
		}
	}
	return 0, false
}

// dollar takes a parameter or a string between dollar signs.
func (l *lexer) dollar() (token, *Refusal) {
	end := l.pos + 1
	if in(l.at(1), digit) {
		for end < len(l.sql) && in(l.sql[end], digit) {
			end++
		}
		if end < len(l.sql) && in(l.sql[end], nameStart) {
			return token{}, l.badNumber(end)
		}
		return l.token(Param, end), nil
	}
	for end < len(l.sql) && in(l.sql[end], nameMore) && l.sql[end] != '$' {
		end++
	}
	if end == len(l.sql) || l.sql[end] != '$' {
		return token{}, l.syntax(l.pos, "$ stands alone", "parameters are $1, $2 and so on; text goes between single quotes")
	}
	tag := l.sql[l.pos : end+1]
	size := strings.Index(l.sql[end+1:], tag)
	if size < 0 {
		return token{}, l.syntax(l.pos, "a string that begins with "+shown(tag)+" does not end", "close it with the same "+shown(tag))
	}
	return l.token(String, end+1+size+len(tag)), nil
}

// quotedName takes a name between double quotes.
func (l *lexer) quotedName() (token, *Refusal) {
	end, r := l.inQuotes(l.pos + 1)
	if r != nil {
		return token{}, r
	}
	return l.token(Quoted, end), nil
}

// inQuotes finds the end of a token with a name between double quotes, from the
// byte behind the first on.
func (l *lexer) inQuotes(from int) (end int, r *Refusal) {
	for i := from; i < len(l.sql); i++ {
		switch {
		case l.sql[i] != '"':
		case i+1 < len(l.sql) && l.sql[i+1] == '"':
			i++
		case i == from:
			return 0, l.syntax(l.pos, "a quoted name is empty", "write the name between the double quotes, or a text between single quotes")
		default:
			return i + 1, nil
		}
	}
	return 0, l.syntax(l.pos, "a quoted name does not end", "close it with a double quote; text goes between single quotes")
}

func undouble(s string) string { return strings.ReplaceAll(s, `""`, `"`) }

// unicodeName takes U&"…" and decodes it, by the escape character that UESCAPE
// names behind it.
func (l *lexer) unicodeName() (name string, t token, r *Refusal) {
	end, r := l.inQuotes(l.pos + 3)
	if r != nil {
		return "", token{}, r
	}
	escape, r := l.uescape(end)
	if r != nil {
		return "", token{}, r
	}
	name, ok := decodeUnicode(undouble(l.sql[l.pos+3:end-1]), escape)
	if !ok {
		return "", token{}, l.syntax(l.pos, "a quoted name has a Unicode escape that means nothing", `write the name without U&, between double quotes`)
	}
	return name, l.token(Quoted, end), nil
}

// uescape looks behind a U& name for UESCAPE and its character; it is a
// backslash otherwise. The server takes any one-character string there, and
// here only the form 'c' is known.
func (l *lexer) uescape(from int) (byte, *Refusal) {
	ahead := lexer{sql: l.sql, pos: from}
	if r := ahead.skipSpace(); r != nil {
		return 0, r
	}
	const keyword = "uescape"
	word := l.sql[ahead.pos:min(ahead.pos+len(keyword), len(l.sql))]
	if !strings.EqualFold(word, keyword) || in(ahead.at(len(keyword)), nameMore) {
		return '\\', nil
	}
	ahead.pos += len(keyword)
	if r := ahead.skipSpace(); r != nil {
		return 0, r
	}
	at := ahead.pos
	t, r := ahead.next()
	if r != nil {
		return 0, r
	}
	if c := l.sql[min(at+1, len(l.sql)-1)]; t.kind == String && t.end-t.start == 3 && l.sql[at] == '\'' &&
		!in(c, space|hexDigit) && c != '+' && c != '"' && c < utf8.RuneSelf {
		return c, nil
	}
	return 0, l.syntax(at, "UESCAPE is not followed by an escape character", "write UESCAPE '!', or the name without U&")
}

// decodeUnicode decodes \XXXX and \+XXXXXX, where \ is the escape character,
// which stands for itself when doubled.
func decodeUnicode(s string, escape byte) (string, bool) {
	first := strings.IndexByte(s, escape)
	if first < 0 {
		return s, true
	}
	out := append(make([]byte, 0, len(s)), s[:first]...)
	high := rune(0) // the first half of a surrogate pair
	for i := first; i < len(s); {
		if s[i] != escape || i+1 < len(s) && s[i+1] == escape {
			if high != 0 {
				return "", false
			}
			out = append(out, s[i])
			if s[i] == escape {
				i++
			}
			i++
			continue
		}
		char, size := unicodeEscape(s[i+1:])
		if size == 0 {
			return "", false
		}
		i += 1 + size
		switch {
		case high != 0:
			if char = utf16.DecodeRune(high, char); char == utf8.RuneError {
				return "", false
			}
			high = 0
		case 0xD800 <= char && char < 0xDC00:
			high = char
			continue
		}
		if char == 0 || !utf8.ValidRune(char) {
			return "", false
		}
		out = utf8.AppendRune(out, char)
	}
	return string(out), high == 0
}

// unicodeEscape reads XXXX or +XXXXXX; the size is 0 where there is neither.
func unicodeEscape(s string) (char rune, size int) {
	from, size := 0, 4
	if strings.HasPrefix(s, "+") {
		from, size = 1, 7
	}
	if len(s) < size {
		return 0, 0
	}
	for _, c := range []byte(s[from:size]) {
		switch {
		case in(c, digit):
			char = char<<4 | rune(c-'0')
		case in(c, hexDigit):
			char = char<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, 0
		}
	}
	return char, size
}
