package gate

// TokenKind is the class of a token.
type TokenKind uint8

// The kinds of tokens. White space and comments are none.
const (
	Word     TokenKind = iota + 1 // a keyword or a name without quotes
	Quoted                        // "name" or U&"name"
	String                        // '…', E'…', U&'…', $$…$$
	Bits                          // B'…' or X'…'
	Number                        // 1, 1.5e3, 0x1f
	Param                         // $1
	Operator                      // a run such as ->> or <=
	Punct                         // ( ) [ ] , ; . .. : :: :=
)

// Token is a piece of a statement: the bytes from Start up to End.
type Token struct {
	Kind       TokenKind
	Start, End int
	// Name is what a Word or a Quoted stands for: in lower case where it has no
	// quotes, decoded where it has. The server cuts it to 63 bytes, see spellings.
	Name string
}

// is tells whether t is the keyword, which a quoted name never is.
func (t Token) is(keyword string) bool { return t.Kind == Word && t.Name == keyword }

// A byte belongs to any of these classes.
const (
	space     = 1 << iota // \v too, as of PostgreSQL 16; older servers refuse it
	nameStart             // any byte of a character outside ASCII is a letter
	nameMore
	digit
	hexDigit
	operator
	special // an operator with one of these may end in + or -
)

var classes = func() (table [256]uint8) {
	set := func(chars string, class uint8) {
		for i := range len(chars) {
			table[chars[i]] |= class
		}
	}
	set(" \t\n\r\f\v", space)
	set("0123456789", digit|nameMore|hexDigit)
	set("abcdefABCDEF", hexDigit)
	set("_", nameStart|nameMore)
	set("$", nameMore)
	set("~!@#^&|`?+-*/%<>=", operator)
	set("~!@#^&|`?%", special)
	for c := range 26 {
		table['a'+c] |= nameStart | nameMore
		table['A'+c] |= nameStart | nameMore
	}
	for c := 0x80; c <= 0xff; c++ {
		table[c] |= nameStart | nameMore
	}
	return table
}()

func in(c byte, class uint8) bool { return classes[c]&class != 0 }

// reserved are the keywords that every supported server reserves, 14 to 18: without
// quotes they are a name only after a dot, where any keyword is one.
func reserved(word string) bool {
	switch word {
	case "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both", "case", "cast", "check",
		"collate", "column", "constraint", "create", "current_catalog", "current_date", "current_role", "current_time",
		"current_timestamp", "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except",
		"false", "fetch", "for", "foreign", "from", "grant", "group", "having", "in", "initially", "intersect", "into",
		"lateral", "leading", "limit", "localtime", "localtimestamp", "not", "null", "offset", "on", "only", "or", "order",
		"placing", "primary", "references", "returning", "select", "session_user", "some", "symmetric", "table", "then",
		"to", "trailing", "true", "union", "unique", "user", "using", "variadic", "when", "where", "window", "with":
		return true
	}
	return false
}
