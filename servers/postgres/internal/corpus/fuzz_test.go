package corpus_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/corpus"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// lexical are what the server says of a text that it cannot split into tokens.
var lexical = []string{"unterminated", "trailing junk", "zero-length delimited identifier", "operator too long", "invalid Unicode", "UESCAPE", "multiple commands"}

// FuzzServer has a server parse what the gate reads: what the server takes for
// one statement the gate does, too, and a name that the gate finds is the one
// that the server makes of it. Nothing is run.
func FuzzServer(f *testing.F) {
	conn := connect(f, start(f, "").URL("postgres", "postgres"))
	cases, err := corpus.Read(dir)
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		f.Add(c.SQL)
	}
	for _, name := range []string{
		"Name", `"A""b"`, `U&"d\0061t\+000061"`, `u&"!0061!!" uescape '!'`, "ÄÖ_$1", strings.Repeat("N", 70), `"` + strings.Repeat("é", 40) + `"`,
		`U&"` + strings.Repeat(`\00e9`, 40) + `"`, "a" + strings.Repeat("я", 40), `U&"\D83D\DE00"`, strings.Repeat("😀", 20),
	} {
		f.Add(name)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		choice := make([]byte, 1+random.IntN(10))
		for i := range choice {
			choice[i] = byte(random.IntN(256))
		}
		f.Add(string(choice))
	}
	f.Fuzz(func(t *testing.T, sql string) {
		for _, sql := range []string{sql, corpus.Assemble(sql)} {
			compareText(t, conn, sql)
			compareName(t, conn, sql)
		}
	})
}

func compareText(t *testing.T, conn *pgconn.PgConn, sql string) {
	_, failed := parse(t, conn, sql)
	_, err := gate.Check(sql, gate.Rules{Mode: gate.ModeDDL})
	var r *gate.Refusal
	errors.As(err, &r)
	if failed == "" && r != nil && (r.Rule == gate.RuleText || r.Rule == gate.RuleSyntax || r.Rule == gate.RuleOneStatement) && !blank(sql) && !strings.Contains(strings.ToLower(sql), "uescape") {
		t.Fatalf("%q is refused, %v, and the server takes it", sql, err)
	}
	if r == nil && slices.ContainsFunc(lexical, func(s string) bool { return strings.Contains(failed, s) }) && !later(sql, failed) {
		t.Fatalf("%q passes, and the server says: %s", sql, failed)
	}
}

// blank tells whether a text has no statement at all, which a server takes.
func blank(sql string) bool {
	for t, err := range gate.Lex(sql) {
		if err != nil || sql[t.Start:t.End] != ";" {
			return false
		}
	}
	return true
}

// later tells whether the server refuses by rules newer or older than those of
// the gate, or for what is in a string, where the gate does not look.
func later(sql, failed string) bool {
	return strings.Contains(failed, "trailing junk after numeric") || // 0x1f, before PostgreSQL 16
		(strings.Contains(failed, "Unicode") || strings.Contains(failed, "UESCAPE")) && strings.ContainsAny(sql, "eEuU")
}

// compareName compares names, where the text is nothing but one.
func compareName(t *testing.T, conn *pgconn.PgConn, sql string) {
	if strings.ContainsAny(sql, "\x00,;") {
		return
	}
	s, err := gate.Check("SELECT 1 AS "+sql, gate.Rules{})
	if err != nil || len(s.Names) == 0 {
		return
	}
	n := 0
	for range gate.Lex(sql) {
		n++
	}
	columns, failed := parse(t, conn, "SELECT 1 AS "+sql)
	if n != 1 || failed != "" || len(columns) != 1 {
		return
	}
	if columns[0] != s.Names[0] {
		t.Fatalf("%q is the name %q, and to the server %q", sql, s.Names, columns[0])
	}
}

// parse has the server parse a statement, and returns the names of its columns
// or what was wrong.
func parse(t *testing.T, conn *pgconn.PgConn, sql string) (columns []string, failed string) {
	if strings.ContainsRune(sql, 0) || !utf8.ValidString(sql) {
		return nil, "no text"
	}
	d, err := conn.Prepare(context.Background(), "", sql, nil)
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return nil, e.Message
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range d.Fields {
		columns = append(columns, f.Name)
	}
	return columns, ""
}
