package gate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/corpus"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

func seeds(f *testing.F) {
	for _, c := range lexTests {
		f.Add(c.sql)
	}
	for _, sql := range []string{
		"SELECT a.\"b\", U&\"\\0063\" UESCAPE '!' FROM t WHERE x ->> 'k' ? 'v' AND y = $1 -- c\n FOR UPDATE;",
		"EXPLAIN (ANALYZE, FORMAT json) WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL TABLE a) SEARCH DEPTH FIRST BY x SET y SELECT * INTO z FROM a",
		"WITH a AS NOT MATERIALIZED (DELETE FROM pg_class RETURNING *), b AS (SELECT $$;$$) INSERT INTO t SELECT * FROM a, b",
		"CREATE TABLE t AS WITH a AS (VALUES (1)) TABLE a", "((VALUES (1), (2)) UNION (SELECT 3)) ORDER BY 1", "SHOW ALL",
	} {
		f.Add(sql)
	}
}

// Tokens lie one behind the other, nothing but space and comments is between
// them, and each is the same token when it stands alone.
func FuzzLex(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, sql string) {
		lexTwice(t, sql)
		lexTwice(t, corpus.Assemble(sql))
	})
}

func lexTwice(t *testing.T, sql string) {
	end, anew := 0, strings.Builder{}
	var names []string
	for token, err := range gate.Lex(sql) {
		if err != nil {
			var r *gate.Refusal
			if !errors.As(err, &r) || r.Position < 1 || r.Position > len(sql)+1 {
				t.Fatalf("%q: %v", sql, err)
			}
			return
		}
		if token.Start < end || token.End <= token.Start || token.End > len(sql) {
			t.Fatalf("%q: token %+v after %d", sql, token, end)
		}
		if gap := lexed(sql[end:token.Start]); gap != "" {
			t.Fatalf("%q: %q was passed over as %q", sql, gap, sql[end:token.Start])
		}
		end = token.End
		text := sql[token.Start:token.End]
		names = append(names, kinds[token.Kind]+text)
		anew.WriteString(text + " ")
	}
	if strings.Contains(strings.ToLower(sql), `u&"`) || strings.Contains(strings.ToLower(sql), "n'") {
		return // two tokens that know of each other
	}
	i := 0
	for token, err := range gate.Lex(anew.String()) {
		text := anew.String()
		if err != nil || i >= len(names) || kinds[token.Kind]+text[token.Start:token.End] != names[i] {
			t.Fatalf("%q: token %d of %q is %+v, %v, where there was %q", sql, i, text, token, err, names[min(i, len(names)-1)])
		}
		i++
	}
	if i != len(names) {
		t.Fatalf("%q: %d tokens, where there were %d", sql, i, len(names))
	}
}

// What a stricter mode lets through, a laxer one does; and a name that was
// found is a name that can be denied.
func FuzzCheck(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, sql string) {
		checkModes(t, sql)
		checkModes(t, corpus.Assemble(sql))
	})
}

func checkModes(t *testing.T, sql string) {
	passed := false
	for mode := gate.ReadOnly; mode <= gate.ModeDDL; mode++ {
		s, err := gate.Check(sql, gate.Rules{Mode: mode})
		if passed && err != nil && ruleOf(t, sql, gate.Rules{Mode: mode}) != gate.RuleCatalog {
			t.Fatalf("%q: mode %d refuses what a stricter one allows: %v", sql, mode, err)
		}
		if err != nil {
			ruleOf(t, sql, gate.Rules{Mode: mode})
			continue
		}
		passed = true
		if mode == gate.ReadOnly && (s.Kind == gate.DML || s.Kind == gate.DDL || s.Of == gate.DML) || s.Kind == 0 {
			t.Fatalf("%q: kind %d in mode %d", sql, s.Kind, mode)
		}
		for _, name := range s.Names {
			rules := gate.Rules{Mode: mode, Denied: func(n string) string {
				if n == name {
					return "test"
				}
				return ""
			}}
			if got := ruleOf(t, sql, rules); got != gate.RuleName {
				t.Fatalf("%q: %q is not denied but %q", sql, name, got)
			}
		}
	}
}
