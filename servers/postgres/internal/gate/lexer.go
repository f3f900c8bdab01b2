package gate

import (
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// Lex splits a statement into tokens as the server does, with
// standard_conforming_strings on, which has to be made sure of elsewhere. Where
// servers of different versions disagree, or would refuse, it yields a
// [*Refusal] and ends.
func Lex(sql string) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		l := lexer{sql: sql}
		if r := l.checkText(); r != nil {
			yield(Token{}, r)
			return
		}
		for {
			t, r := l.next()
			if r != nil {
				yield(Token{}, r)
				return
			}
			if t.Kind == 0 || !yield(t, nil) {
				return
			}
		}
	}
}

// lexer follows src/backend/parser/scan.l of PostgreSQL.
type lexer struct {
	sql   string
	pos   int
	signs int    // up to here there are only + and -, each a token of its own
	lower string // sql with A to Z in lower case, once a word needs it
}

// all appends every token of the statement to room.
func (l *lexer) all(room []Token) ([]Token, *Refusal) {
	if r := l.checkText(); r != nil {
		return nil, r
	}
	for {
		t, r := l.next()
		if r != nil {
			return nil, r
		}
		if t.Kind == 0 {
			return room, nil
		}
		room = append(room, t)
	}
}

// checkText refuses what the server could not even read.
func (l *lexer) checkText() *Refusal {
	if i := strings.IndexByte(l.sql, 0); i >= 0 {
		return refuse(l.sql, i, RuleText, "the statement has a zero byte", "leave it out; no text in PostgreSQL can hold one")
	}
	if utf8.ValidString(l.sql) {
		return nil
	}
	for i, c := range l.sql {
		if _, size := utf8.DecodeRuneInString(l.sql[i:]); c == utf8.RuneError && size == 1 {
			return refuse(l.sql, i, RuleText, "the statement is not valid UTF-8", "send it as UTF-8")
		}
	}
	return nil
}

// next returns the next token; its kind is 0 at the end.
func (l *lexer) next() (Token, *Refusal) {
	if r := l.skipSpace(); r != nil {
		return Token{}, r
	}
	start := l.pos
	if start == len(l.sql) {
		return Token{Start: start, End: start}, nil
	}
	c := l.sql[start]
	switch {
	case in(c, nameStart):
		if l.at(1) == '\'' || l.at(1) == '&' {
			if t, r, ok := l.prefixed(); ok {
				return t, r
			}
		}
		return l.word(), nil
	case c == '\'':
		return l.quoted(String, 0, plain)
	case c == '"':
		return l.name()
	case in(c, digit), c == '.' && in(l.at(1), digit):
		return l.number()
	case c == '$':
		return l.dollar()
	case in(c, operator):
		return l.operator()
	}
	switch size := l.punct(); size {
	case 0:
		char, _ := utf8.DecodeRuneInString(l.sql[start:])
		return Token{}, l.syntax(start, fmt.Sprintf("%q stands outside a string", char), "put text between single quotes")
	default:
		return l.token(Punct, start+size), nil
	}
}

// punct is the length of the punctuation at the current position, or 0.
func (l *lexer) punct() int {
	switch c := l.sql[l.pos]; c {
	case ',', '(', ')', '[', ']', ';':
		return 1
	case '.':
		if l.at(1) == '.' {
			return 2
		}
		return 1
	case ':':
		if l.at(1) == ':' || l.at(1) == '=' {
			return 2
		}
		return 1
	}
	return 0
}

// at is the byte i places ahead, or 0 beyond the end.
func (l *lexer) at(i int) byte {
	if l.pos+i < len(l.sql) {
		return l.sql[l.pos+i]
	}
	return 0
}

// token takes what is up to end.
func (l *lexer) token(kind TokenKind, end int) Token {
	t := Token{Kind: kind, Start: l.pos, End: end}
	l.pos = end
	return t
}

func (l *lexer) syntax(at int, message, hint string) *Refusal {
	return refuse(l.sql, at, RuleSyntax, message, hint)
}

// skipSpace passes white space and comments.
func (l *lexer) skipSpace() *Refusal {
	for l.pos < len(l.sql) {
		switch c := l.sql[l.pos]; {
		case in(c, space):
			l.pos++
		case c == '-' && l.at(1) == '-':
			l.pos = lineEnd(l.sql, l.pos)
		case c == '/' && l.at(1) == '*':
			if r := l.comment(); r != nil {
				return r
			}
		default:
			return nil
		}
	}
	return nil
}

// lineEnd is where a comment that begins with two dashes ends: before \n or \r.
func lineEnd(sql string, from int) int {
	for i := from; i < len(sql); i++ {
		if sql[i] == '\n' || sql[i] == '\r' {
			return i
		}
	}
	return len(sql)
}

// comment passes a comment, which may hold others.
func (l *lexer) comment() *Refusal {
	start, depth := l.pos, 0
	for l.pos < len(l.sql) {
		switch {
		case l.sql[l.pos] == '/' && l.at(1) == '*':
			depth++
			l.pos += 2
		case l.sql[l.pos] == '*' && l.at(1) == '/':
			depth--
			l.pos += 2
			if depth == 0 {
				return nil
			}
		default:
			l.pos++
		}
	}
	return l.syntax(start, "a comment does not end", "close it with */, once for each /* in it")
}

func (l *lexer) word() Token {
	start, end, upper := l.pos, l.pos, false
	for end < len(l.sql) && in(l.sql[end], nameMore) {
		upper = upper || 'A' <= l.sql[end] && l.sql[end] <= 'Z'
		end++
	}
	t := l.token(Word, end)
	t.Name = l.sql[start:end]
	if upper {
		if l.lower == "" {
			l.lower = lowerASCII(l.sql)
		}
		t.Name = l.lower[start:end]
	}
	return t
}

// lowerASCII is what the server does to a word in UTF-8: letters outside ASCII stay.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// number takes a number as PostgreSQL 16 does. Older servers refuse 0x1f and
// 1_000, and all refuse a letter right behind a number.
func (l *lexer) number() (Token, *Refusal) {
	start := l.pos
	end, whole := l.digits(start, digit, false), true
	if l.sql[start] == '0' {
		class, wrong := uint8(digit), ""
		switch l.at(1) | 0x20 {
		case 'x':
			class, whole = hexDigit, false
		case 'o':
			wrong, whole = "89", false
		case 'b':
			wrong, whole = "23456789", false
		}
		if !whole {
			end = l.digits(start+2, class, true)
			if end == start+2 || strings.ContainsAny(l.sql[start+2:end], wrong) {
				return Token{}, l.badNumber(end)
			}
		}
	}
	if whole {
		if rest := l.sql[end:]; strings.HasPrefix(rest, ".") && !strings.HasPrefix(rest, "..") {
			end = l.digits(end+1, digit, false)
		}
		if end < len(l.sql) && l.sql[end]|0x20 == 'e' {
			exponent := end + 1
			if exponent < len(l.sql) && (l.sql[exponent] == '+' || l.sql[exponent] == '-') {
				exponent++
			}
			if end = l.digits(exponent, digit, false); end == exponent {
				return Token{}, l.badNumber(end)
			}
		}
	}
	if end < len(l.sql) && in(l.sql[end], nameStart) {
		return Token{}, l.badNumber(end)
	}
	return l.token(Number, end), nil
}

// digits passes digits of a class from i on, a single _ between two of them,
// and where lead is set one before the first.
func (l *lexer) digits(i int, class uint8, lead bool) int {
	for i < len(l.sql) {
		switch {
		case in(l.sql[i], class):
			i, lead = i+1, true
		case lead && l.sql[i] == '_' && i+1 < len(l.sql) && in(l.sql[i+1], class):
			i += 2
		default:
			return i
		}
	}
	return i
}

func (l *lexer) badNumber(end int) *Refusal {
	return l.syntax(l.pos, "a number runs into "+shown(l.sql[end:]), "put a space behind the number, and double quotes round a name that starts with a digit")
}

// operator takes a run of operator characters. A comment ends it; and it ends
// in + or - only if it has a character that standard SQL knows in no operator.
func (l *lexer) operator() (Token, *Refusal) {
	if l.pos < l.signs {
		return l.token(Operator, l.pos+1), nil
	}
	start, end, odd := l.pos, l.pos, false
	for end < len(l.sql) && in(l.sql[end], operator) && !opensComment(l.sql[end:]) {
		odd = odd || in(l.sql[end], special)
		end++
	}
	if !odd {
		l.signs = end // what follows the operator, so that it is looked at once
		for end > start+1 && (l.sql[end-1] == '+' || l.sql[end-1] == '-') {
			end--
		}
	}
	if end-start > longestName {
		return Token{}, l.syntax(start, "an operator is longer than 63 characters", "put spaces between operators")
	}
	return l.token(Operator, end), nil
}

func opensComment(s string) bool { return strings.HasPrefix(s, "--") || strings.HasPrefix(s, "/*") }
