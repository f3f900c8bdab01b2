//go:build differential

package gate_test

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/corpus"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

var pgscan = flag.String("pgscan", "", "the command internal/pgscan, built with the tag differential")

var assemblies = flag.Int("assemblies", 20_000, "statements of TestAssembled")

// judge is PostgreSQL's scanner and parser in a process of its own.
type judge struct {
	mu  sync.Mutex
	in  io.WriteCloser
	out *bufio.Reader
}

func newJudge(f testing.TB) *judge {
	if *pgscan == "" {
		f.Fatal("-pgscan names no command; run make fuzz-sql")
	}
	cmd := exec.Command(*pgscan)
	in, err := cmd.StdinPipe()
	if err != nil {
		f.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		f.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			f.Error(err)
		}
	})
	return &judge{in: in, out: bufio.NewReader(out)}
}

// verdict is what PostgreSQL finds in a statement.
type verdict struct {
	tokens     []string // "start end class"
	failed     string   // why there are none
	statements []string // "SelectStmt"; none where it is no SQL
	holds      map[string]bool
	names      []string
}

func (j *judge) ask(t *testing.T, sql string) verdict {
	j.mu.Lock()
	defer j.mu.Unlock()
	size := binary.BigEndian.AppendUint32(nil, uint32(len(sql)))
	if _, err := j.in.Write(append(size, sql...)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(j.out, size); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, binary.BigEndian.Uint32(size))
	if _, err := io.ReadFull(j.out, answer); err != nil {
		t.Fatal(err)
	}
	v := verdict{holds: map[string]bool{}}
	for line := range strings.Lines(string(answer)) {
		what, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		text, _ := strconv.Unquote(rest)
		switch what {
		case "token":
			v.tokens = append(v.tokens, rest)
		case "error":
			v.failed = text
		case "statement":
			v.statements = append(v.statements, rest)
		case "holds":
			v.holds[rest] = true
		case "name":
			v.names = append(v.names, text)
		}
	}
	return v
}

// class is what PostgreSQL calls a kind of token.
func class(token gate.Token, sql string) string {
	switch token.Kind {
	case gate.Quoted:
		if sql[token.Start] != '"' {
			return "uname"
		}
		return "name"
	case gate.String:
		return "string"
	case gate.Bits:
		return "bits"
	case gate.Number:
		return "number"
	case gate.Param:
		return "param"
	case gate.Word:
		return "word"
	}
	return "other"
}

// FuzzScanner compares the tokens.
func FuzzScanner(f *testing.F) {
	seeds(f)
	j := newJudge(f)
	f.Fuzz(func(t *testing.T, sql string) {
		j.tokens(t, sql)
		j.tokens(t, corpus.Assemble(sql))
	})
}

func (j *judge) tokens(t *testing.T, sql string) {
	if strings.ContainsRune(sql, 0) || !utf8.ValidString(sql) {
		return // they cannot reach the server's scanner
	}
	want := j.ask(t, sql)
	var got []string
	escaped := false // there is a string whose escapes the server looks into
	for token, err := range gate.Lex(sql) {
		if err != nil {
			if want.failed == "" && !stricter(sql, want) {
				t.Fatalf("%q is refused: %v; PostgreSQL finds %v", sql, err, want.tokens)
			}
			return
		}
		text := sql[token.Start:token.End]
		if (token.Kind == gate.String || token.Kind == gate.Bits) && strings.Contains(text, "--") && strings.ContainsAny(text, "\r\n") {
			return // pg_query keeps comments, and so knows none within a continued string, unlike any server
		}
		escaped = escaped || token.Kind == gate.String && strings.ContainsRune("eE", rune(text[0])) && strings.Contains(text, `\`)
		got = append(got, fmt.Sprintf("%s %d %d", class(token, sql), token.Start, token.End))
	}
	if want.failed != "" {
		if !escaped {
			t.Fatalf("%q is let through: %v; PostgreSQL refuses: %s", sql, got, want.failed)
		}
		return
	}
	for i, token := range want.tokens {
		kind, place, _ := strings.Cut(token, " ")
		if i < len(got) && strings.HasPrefix(got[i], "word ") && (kind == "name" || kind == "keyword") {
			want.tokens[i] = "word " + place
		}
	}
	if !slices.Equal(got, want.tokens) {
		t.Fatalf("%q\n      got %v\nPostgreSQL %v", sql, got, want.tokens)
	}
}

// stricter tells whether a statement has what Lex refuses and pg_query's scanner
// does not: characters that mean nothing and U& names, which PostgreSQL leaves
// to its parser, and a name right behind a parameter, which servers refuse.
func stricter(sql string, v verdict) bool {
	param := 0
	for _, token := range v.tokens {
		var start, end int
		var kind string
		if _, err := fmt.Sscan(token, &kind, &start, &end); err != nil {
			return false
		}
		if param == start && start > 0 && !strings.ContainsRune("0123456789$'\"", rune(sql[start])) && kind != "other" {
			return true
		}
		if kind == "param" {
			param = end
		}
		if kind == "uname" || kind == "other" && !strings.ContainsRune(",()[].;:+-*/%^<>=~!@#&|`?", rune(sql[start])) {
			return true
		}
	}
	return false
}

// FuzzParser compares what Check makes of a statement with what PostgreSQL's
// parser does: what passes as read-only only reads, what only reads passes, and
// every name is known.
func FuzzParser(f *testing.F) {
	seeds(f)
	for _, m := range modeTests {
		f.Add(m.sql)
	}
	j := newJudge(f)
	f.Fuzz(func(t *testing.T, sql string) {
		j.meaning(t, sql)
		j.meaning(t, corpus.Assemble(sql))
	})
}

// meaning reports whether the statement is SQL.
func (j *judge) meaning(t *testing.T, sql string) bool {
	if strings.ContainsRune(sql, 0) || !utf8.ValidString(sql) {
		return false
	}
	want := j.ask(t, sql)
	reads := len(want.statements) == 1 && !want.holds["dml"] && !want.holds["into"] && !want.holds["lock"] &&
		(want.statements[0] == "SelectStmt" || want.statements[0] == "VariableShowStmt")
	for mode := gate.ReadOnly; mode <= gate.ModeDDL; mode++ {
		s, err := gate.Check(sql, gate.Rules{Mode: mode})
		switch {
		case len(want.statements) == 0: // no SQL, whatever Check says
			continue
		case err != nil:
			if reads && !odd(sql) && !stricter(sql, want) {
				t.Fatalf("mode %d: %q is refused: %v", mode, sql, err)
			}
			continue
		case len(want.statements) != 1:
			t.Fatalf("mode %d: %q passes, and is %v", mode, sql, want.statements)
		case want.holds["dml"] && s.Kind < gate.DML && s.Of != gate.DML:
			t.Fatalf("mode %d: %q passes as kind %d of %d, and changes rows", mode, sql, s.Kind, s.Of)
		case mode == gate.ReadOnly && !reads && !(s.Kind == gate.Explain && want.statements[0] == "ExplainStmt" && !want.holds["dml"] && !want.holds["into"]):
			t.Fatalf("%q passes as read-only, and is %v, %v", sql, want.statements, want.holds)
		}
		for _, name := range want.names {
			if !slices.Contains(s.Names, name) && !strings.Contains(strings.ToLower(sql), "u&") {
				t.Fatalf("mode %d: %q mentions %q, not among %q", mode, sql, name, s.Names)
			}
		}
	}
	return len(want.statements) > 0
}

// odd tells whether a statement has what no one writes and Check refuses for
// good measure: a column named like the verb of a change of rows where WITH or
// FOR stand, a name before INTO, U& names.
func odd(sql string) bool {
	lower := strings.ToLower(sql)
	for _, s := range []string{"u&", "with", "for", "into", "explain"} {
		if strings.Contains(lower, s) {
			return true
		}
	}
	return false
}

// TestAssembled puts statements together at random; fuzzing takes longer to get as far.
func TestAssembled(t *testing.T) {
	j := newJudge(t)
	random := rand.New(rand.NewPCG(1, uint64(*assemblies)))
	parsed := 0
	for range *assemblies {
		choice := make([]byte, 1+random.IntN(14))
		for i := range choice {
			choice[i] = byte(random.IntN(256))
		}
		sql := corpus.Assemble(string(choice))
		j.tokens(t, sql)
		if j.meaning(t, sql) {
			parsed++
		}
	}
	t.Logf("%d statements, of which PostgreSQL can parse %d", *assemblies, parsed)
	if parsed == 0 {
		t.Error("none of them is SQL")
	}
}
