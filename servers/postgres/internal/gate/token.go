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

// token is a Token in little space, as every call makes hundreds of them. It
// has four fields, as the compiler keeps no more in registers.
type token struct {
	kind       TokenKind
	symbol     symbol
	start, end uint32
}

// symbol is what the gate acts upon: a Punct of one character, as that, or one
// of the words that keyword.go lists.
type symbol uint8

// mostBytes is what a statement may have: more than anybody writes, and little
// enough for uint32.
const mostBytes = 4 << 20

func (t token) named() bool { return t.kind == Word || t.kind == Quoted }

// A byte belongs to any of these classes.
const (
	space     = 1 << iota // \v too, as of PostgreSQL 16; older servers refuse it
	nameStart             // any byte of a character outside ASCII is a letter
	nameMore
	digit
	hexDigit
	operator
	special // an operator with one of these may end in + or -
	cased   // a name with one of these may stand for another
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
		table['A'+c] |= nameStart | nameMore | cased
	}
	for c := 0x80; c <= 0xff; c++ {
		table[c] |= nameStart | nameMore | cased
	}
	return table
}()

// toLower has the bit that puts a letter of ASCII in lower case.
var toLower = func() (table [256]byte) {
	for c := 'A'; c <= 'Z'; c++ {
		table[c] = 'a' - 'A'
	}
	return table
}()

func in(c byte, class uint8) bool { return classes[c]&class != 0 }
