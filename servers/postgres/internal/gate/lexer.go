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
			if t.kind == 0 || !yield(Token{t.kind, int(t.start), int(t.end), l.name(t)}, nil) {
				return
			}
		}
	}
}

// lexer follows src/backend/parser/scan.l of PostgreSQL.
type lexer struct {
	sql   string
	pos   int
	signs int // up to here there are only + and -, each a token of its own
}

// all appends every token of the statement to room.
func (l *lexer) all(room []token) ([]token, *Refusal) {
	if r := l.checkText(); r != nil {
		return nil, r
	}
	for {
		t, r := l.next()
		if r != nil {
			return nil, r
		}
		if t.kind == 0 {
			return room, nil
		}
		room = append(room, t)
	}
}

// checkText refuses what the server could not even read.
func (l *lexer) checkText() *Refusal {
	if len(l.sql) > mostBytes {
		return refuse(l.sql, 0, RuleText, "the statement is longer than 4 MiB", "send long lists as parameters, such as one array for = ANY ($1)")
	}
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
func (l *lexer) next() (token, *Refusal) {
	sql, i := l.sql, l.pos
	for i < len(sql) && in(sql[i], space) {
		i++
	}
	l.pos = i
	if i == len(sql) {
		return token{}, nil
	}
	switch c := sql[i]; c {
	case ',', '(', ')', '[', ']', ';':
		return l.punct(1), nil
	case '.', ':':
		return l.point()
	case '\'':
		return l.quoted(String, 0, plain)
	case '"':
		return l.quotedName()
	case '$':
		return l.dollar()
	case '-', '/':
		if opensComment(sql[i:]) {
			if r := l.skipSpace(); r != nil {
				return token{}, r
			}
			return l.next()
		}
		return l.operator()
	default:
		switch {
		case in(c, nameStart):
			return l.word()
		case in(c, digit):
			return l.number()
		case in(c, operator):
			return l.operator()
		}
	}
	char, _ := utf8.DecodeRuneInString(sql[i:])
	return token{}, l.syntax(i, fmt.Sprintf("%q stands outside a string", char), "put text between single quotes")
}

// point takes what begins with a dot or a colon.
func (l *lexer) point() (token, *Refusal) {
	switch c, next := l.sql[l.pos], l.at(1); {
	case c == '.' && in(next, digit):
		return l.number()
	case next == c, c == ':' && next == '=':
		return l.punct(2), nil
	}
	return l.punct(1), nil
}

// punct takes punctuation of so many characters.
func (l *lexer) punct(size int) token {
	known := symbol(0)
	if size == 1 {
		known = symbol(l.sql[l.pos])
	}
	t := l.token(Punct, l.pos+size)
	t.symbol = known
	return t
}

// at is the byte i places ahead, or 0 beyond the end.
func (l *lexer) at(i int) byte {
	if l.pos+i < len(l.sql) {
		return l.sql[l.pos+i]
	}
	return 0
}

// token takes what is up to end.
func (l *lexer) token(kind TokenKind, end int) token {
	t := token{kind: kind, start: uint32(l.pos), end: uint32(end)} // at most mostBytes
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

// word takes a word, or what begins like one.
func (l *lexer) word() (token, *Refusal) {
	sql, start, end := l.sql, l.pos, l.pos
	found := uint8(0) // classes of its letters
	for end < len(sql) && in(sql[end], nameMore) {
		found |= classes[sql[end]]
		end++
	}
	if end == start+1 && end < len(sql) && (sql[end] == '\'' || sql[end] == '&') {
		if t, r, ok := l.prefixed(); ok {
			return t, r
		}
	}
	known := lookUp(sql[start:end]).symbol
	switch {
	case known == 0 && found&cased != 0:
		known = kwCased
	case known == kwCommon && found&cased == 0:
		known = 0 // it is a name as it stands
	}
	l.pos = end
	return token{Word, known, uint32(start), uint32(end)}, nil
}

// name is what a Word or a Quoted stands for; "" for other tokens.
func (l *lexer) name(t token) string {
	switch {
	case t.kind == Word && t.symbol == 0:
		return l.sql[t.start:t.end]
	case t.kind == Quoted && l.sql[t.start] != '"':
		again := lexer{sql: l.sql, pos: int(t.start)}
		name, _, _ := again.unicodeName() // it was there before
		return name
	case t.kind == Quoted:
		return undouble(l.sql[t.start+1 : t.end-1])
	case t.kind != Word:
		return ""
	}
	if t.symbol >= kwCommon {
		return lookUp(l.sql[t.start:t.end]).word
	}
	return lowerASCII(l.sql[t.start:t.end])
}

// lowerASCII is what the server does to a word in UTF-8: letters outside ASCII stay.
func lowerASCII(word string) string {
	for i := range len(word) {
		if toLower[word[i]] == 0 {
			continue
		}
		b := []byte(word)
		for ; i < len(b); i++ {
			b[i] |= toLower[b[i]]
		}
		return string(b)
	}
	return word
}

// number takes a number as PostgreSQL 16 does. Older servers refuse 0x1f and
// 1_000, and all refuse a letter right behind a number.
func (l *lexer) number() (token, *Refusal) {
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
				return token{}, l.badNumber(end)
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
				return token{}, l.badNumber(end)
			}
		}
	}
	if end < len(l.sql) && (in(l.sql[end], nameStart) || l.sql[end] == '$' && endsInName(l.sql[start:end])) {
		return token{}, l.badNumber(end)
	}
	return l.token(Number, end), nil
}

// endsInName tells whether a number ends in what, but for the digits before,
// could begin a name: PostgreSQL 17 lets that name take in a $ behind it.
func endsInName(number string) bool {
	for i := len(number) - 1; i >= 0 && in(number[i], nameMore); i-- {
		if in(number[i], nameStart) {
			return true
		}
	}
	return false
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
func (l *lexer) operator() (token, *Refusal) {
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
		return token{}, l.syntax(start, "an operator is longer than 63 characters", "put spaces between operators")
	}
	return l.token(Operator, end), nil
}

func opensComment(s string) bool { return strings.HasPrefix(s, "--") || strings.HasPrefix(s, "/*") }
