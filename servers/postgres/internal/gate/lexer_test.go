package gate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// kinds are the letters by which the tests below name kinds of tokens.
var kinds = map[gate.TokenKind]string{
	gate.Word: "w", gate.Quoted: "q", gate.String: "s", gate.Bits: "b", gate.Number: "n", gate.Param: "p", gate.Operator: "o", gate.Punct: ".",
}

// lexed writes tokens as letter:text, and letter=name for names that are not their text.
func lexed(sql string) string {
	var out []string
	for t, err := range gate.Lex(sql) {
		if err != nil {
			var r *gate.Refusal
			if !errors.As(err, &r) || r.Hint == "" || r.Message == "" {
				return fmt.Sprintf("no refusal: %#v", err)
			}
			return strings.Join(append(out, r.Rule), " ")
		}
		text := sql[t.Start:t.End]
		if t.Name != "" && t.Name != text {
			out = append(out, kinds[t.Kind]+"="+t.Name)
		} else {
			out = append(out, kinds[t.Kind]+":"+text)
		}
	}
	return strings.Join(out, " ")
}

var lexTests = []struct{ sql, want string }{
	{"", ""},
	{" \t\n\r\f\v", ""},
	{"SELECT a$1,_b", "w=select w:a$1 .:, w:_b"},
	{"Größe ÄB", "w=größe w=Äb"}, // letters outside ASCII stay as they are
	{"a/**/b", "w:a w:b"},
	// comments
	{"a--b\nc", "w:a w:c"},
	{"a--b\rc", "w:a w:c"},
	{"a--b\\nc", "w:a"},
	{"/* /* */ */a", "w:a"},
	{"/*/a*/b", "w:b"},
	{"/* -- */a", "w:a"},
	{"/***/a/**/", "w:a"},
	{"--", ""},
	{"a /* /* */", "w:a sql-syntax"},
	{"'/*' a '*/'", "s:'/*' w:a s:'*/'"},
	// strings
	{"'a''b'", "s:'a''b'"},
	{`'\' a`, `s:'\' w:a`},
	{`E'\'' a`, `s:E'\'' w:a`},
	{`e'\\' a`, `s:e'\\' w:a`},
	{`E'\`, "sql-syntax"},
	{"'a' 'b'", "s:'a' s:'b'"},
	{"'a'\n 'b' c", "s:'a'\n 'b' w:c"},
	{"'a'\r'b'", "s:'a'\r'b'"},
	{"'a'--x\n--y\n'b' c", "s:'a'--x\n--y\n'b' w:c"},
	{"'a'--x", "s:'a'"},
	{"'a'--x\n-1", "s:'a' o:- n:1"},
	{"'a'\n/**/'b'", "s:'a' s:'b'"},
	{`E'a'` + "\n" + `'\' b'`, `s:E'a'` + "\n" + `'\' b'`},
	{`'a'` + "\n" + `'\' b`, `s:'a'` + "\n" + `'\' w:b`},
	{"'a'\nE'b'", "s:'a' s:E'b'"},
	{"b'01''01'", "b:b'01' s:'01'"},
	{"X'1'\n'2'", "b:X'1'\n'2'"},
	{"N'a'", "w:N s:'a'"},
	{"ex'a'", "w:ex s:'a'"},
	{"U&'\\0061''' a", "s:U&'\\0061''' w:a"},
	{"'a", "sql-syntax"},
	{"'a'\n'b", "sql-syntax"},
	// dollar quotes and parameters
	{"$$a'$b$$", "s:$$a'$b$$"},
	{"$a$ $$ $b$ $a $a$b", "s:$a$ $$ $b$ $a $a$ w:b"},
	{"$Ä1$x$Ä1$", "s:$Ä1$x$Ä1$"},
	{"a$$b$$", "w:a$$b$$"},
	{"1$$b$$", "n:1 s:$$b$$"},
	{"$1$$b$$", "p:$1 s:$$b$$"},
	{"$1+$23", "p:$1 o:+ p:$23"},
	{"$1a", "sql-syntax"},
	{"$", "sql-syntax"},
	{"$a", "sql-syntax"},
	{"$a$ $b$", "sql-syntax"},
	{"$1a$ x $1a$", "sql-syntax"},
	// quoted names
	{`"A b" "c""d"`, `q=A b q=c"d`},
	{`""`, "sql-syntax"},
	{`"a`, "sql-syntax"},
	{`U&"d\0061t\+000061"`, "q=data"},
	{`u&"d!0061!!" UESCAPE '!'`, "q=da! w=uescape s:'!'"},
	{"U&\"d!0061\"/**/uescape--\n'!'", "q=da w:uescape s:'!'"},
	{`U&"d!0061" uescapes`, "q=d!0061 w:uescapes"},
	{`U&"\D83D\DE00\d83d\+00de00"`, "q=😀😀"},
	{`U&"a""b"`, `q=a"b`},
	{`U & "a"`, `w=u o:& q=a`},
	{`U&a`, `w=u o:& w:a`},
	{`U&"\D83D"`, "sql-syntax"},
	{`U&"\D83Dx\DE00"`, "sql-syntax"},
	{`U&"\DE00"`, "sql-syntax"},
	{`U&"\0000"`, "sql-syntax"},
	{`U&"\+110000"`, "sql-syntax"},
	{`U&"\006"`, "sql-syntax"},
	{`U&"\"`, "sql-syntax"},
	{`U&""`, "sql-syntax"},
	{`U&"a" UESCAPE 'a'`, "sql-syntax"},
	{`U&"a" UESCAPE '+'`, "sql-syntax"},
	{`U&"a" UESCAPE '!!'`, "sql-syntax"},
	{`U&"a" UESCAPE $$!$$`, "sql-syntax"},
	{`U&"a" UESCAPE`, "sql-syntax"},
	{"U&\"a\" UESCAPE '!'\n'!'", "sql-syntax"},
	// numbers
	{"1 1.5 .5 1. 1e5 1.5E-3 .5e+1 1.e1", "n:1 n:1.5 n:.5 n:1. n:1e5 n:1.5E-3 n:.5e+1 n:1.e1"},
	{"1..10", "n:1 .:.. n:10"},
	{"1.5..2", "n:1.5 .:.. n:2"},
	{"a.5", "w:a n:.5"},
	{"1.5.3", "n:1.5 n:.3"},
	{"1_000 0x1F 0o17 0b1_1 0X_f", "n:1_000 n:0x1F n:0o17 n:0b1_1 n:0X_f"},
	{"1_", "sql-syntax"},
	{"1__0", "sql-syntax"},
	{"0x", "sql-syntax"},
	{"0o8", "sql-syntax"},
	{"0b12", "sql-syntax"},
	{"1a", "sql-syntax"},
	{"1e", "sql-syntax"},
	{"1e+", "sql-syntax"},
	{"1.5x", "sql-syntax"},
	{"1into", "sql-syntax"},
	{"0b1$1", "sql-syntax"},
	{"1e5$1 ", "sql-syntax"},
	{"1e+5$1", "n:1e+5 p:$1"},
	// operators
	{"a->>'b'", "w:a o:->> s:'b'"},
	{"a?b ?| ?& @? #>>", "w:a o:? w:b o:?| o:?& o:@? o:#>>"},
	{"a=-1", "w:a o:= o:- n:1"},
	{"a@-1", "w:a o:@- n:1"},
	{"a*-+-1", "w:a o:* o:- o:+ o:- n:1"},
	{"1+/*x*/2", "n:1 o:+ n:2"},
	{"1+--x\n2", "n:1 o:+ n:2"},
	{"a@-/**/b", "w:a o:@- w:b"},
	{"a<=b<>c!=d=>e", "w:a o:<= w:b o:<> w:c o:!= w:d o:=> w:e"},
	{"a::b:=c:d[1:2]", "w:a .::: w:b .::= w:c .:: w:d .:[ n:1 .:: n:2 .:]"},
	{strings.Repeat("@", 63), "o:" + strings.Repeat("@", 63)},
	{strings.Repeat("@", 64), "sql-syntax"},
	// what is no text, and what is no token
	{"a\x00b", "sql-text"},
	{"'\xff'", "sql-text"},
	{"a \xc0\xaf", "sql-text"},
	{"a \\ b", "w:a sql-syntax"},
	{"{a}", "sql-syntax"},
	{"a\x01", "w:a sql-syntax"},
	{"\ufeffSELECT\u00a01", "w=\ufeffselect\u00a01"},
}

func TestLex(t *testing.T) {
	for _, c := range lexTests {
		if got := lexed(c.sql); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}
