package gate_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// ruleOf is the rule by which a statement is refused, or "".
func ruleOf(t testing.TB, sql string, rules gate.Rules) string {
	t.Helper()
	s, err := gate.Check(sql, rules)
	if err == nil {
		if s == nil {
			t.Fatalf("%q: neither a statement nor an error", sql)
		}
		return ""
	}
	var r *gate.Refusal
	if !errors.As(err, &r) || s != nil {
		t.Fatalf("%q: %v, %v", sql, s, err)
	}
	if r.Message == "" || r.Hint == "" || r.Position < 1 || r.Position > len(sql)+1 {
		t.Errorf("%q: %#v", sql, *r)
	}
	return r.Rule
}

// modes says what each mode makes of a statement.
type modes struct{ sql, readOnly, dml, ddl string }

const no = gate.RuleMode

var modeTests = []modes{
	{"INSERT INTO t VALUES (1)", no, "", ""},
	{"update t set a = 1", no, "", ""},
	{"DELETE FROM t", no, "", ""},
	{"MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", no, "", ""},
	{"WITH a AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM a", no, "", ""},
	{"WITH a AS (SELECT 1) DELETE FROM t", no, "", ""},
	{"WITH a AS MATERIALIZED (DELETE FROM t RETURNING 1) SELECT 1", no, "", ""},
	{"WITH a AS NOT MATERIALIZED (WITH b AS (SELECT 1) UPDATE t SET a = 1 RETURNING 1) SELECT 1", no, "", ""},
	{"WITH RECURSIVE a(x) AS (SELECT 1), b AS (MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE) SELECT 1", no, "", ""},
	{"WITH a AS (SELECT 1) SEARCH DEPTH FIRST BY x, y SET z DELETE FROM t", no, "", ""},
	{"SELECT 1 FROM t FOR UPDATE", gate.RuleLock, "", ""},
	{"SELECT 1 FROM t FOR NO KEY UPDATE", gate.RuleLock, "", ""},
	{"(SELECT 1 FROM t FOR KEY SHARE)", gate.RuleLock, "", ""},
	{"SELECT * FROM (SELECT 1 FROM t FOR SHARE) x", gate.RuleLock, "", ""},
	{"EXPLAIN DELETE FROM t", no, "", ""},
	{"EXPLAIN (ANALYZE) WITH a AS (DELETE FROM t RETURNING 1) SELECT 1", no, "", ""},
	{"CREATE TABLE t (a int)", no, no, ""},
	{"CREATE UNLOGGED TABLE IF NOT EXISTS s.t AS WITH a AS (SELECT 1) SELECT * FROM a", no, no, ""},
	{"CREATE OR REPLACE VIEW v AS SELECT 1", no, no, ""},
	{"CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", no, no, ""},
	{"CREATE TYPE s.mood AS ENUM ('a')", no, no, ""},
	{"CREATE CONSTRAINT TRIGGER a AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", no, no, ""},
	{"ALTER TABLE t ENABLE ROW LEVEL SECURITY", no, no, ""},
	{"DROP MATERIALIZED VIEW IF EXISTS v", no, no, ""},
	{"COMMENT ON COLUMN t.a IS 'x'", no, no, ""},
	{"TRUNCATE t, u", no, no, ""},
	{"REFRESH MATERIALIZED VIEW v", no, no, ""},
	{"ANALYZE t", no, no, ""},
	// refused in mode ddl too, by another rule
	{"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'", no, no, gate.RuleStatement},
	{"CREATE OR REPLACE PROCEDURE p() LANGUAGE plpgsql SECURITY DEFINER AS ''", no, no, gate.RuleStatement},
	{"CREATE EXTENSION dblink", no, no, gate.RuleStatement},
	{"CREATE FOREIGN TABLE t () SERVER s", no, no, gate.RuleStatement},
	{"CREATE SERVER s FOREIGN DATA WRAPPER w", no, no, gate.RuleStatement},
	{"CREATE USER MAPPING FOR u SERVER s", no, no, gate.RuleStatement},
	{"CREATE RULE r AS ON SELECT TO t DO INSTEAD SELECT 1", no, no, gate.RuleStatement},
	{"CREATE ROLE r SUPERUSER", no, no, gate.RuleStatement},
	{"CREATE POLICY p ON t USING (true)", no, no, gate.RuleStatement},
	{"CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f()", no, no, gate.RuleStatement},
	{"CREATE TYPE t (INPUT = f, OUTPUT = g)", no, no, gate.RuleCode},
	{"CREATE SCHEMA s AUTHORIZATION u", no, no, gate.RuleServer},
	{"CREATE SCHEMA s GRANT ALL ON t TO u", no, no, gate.RuleServer},
	{"ALTER SYSTEM SET work_mem = '1GB'", no, no, gate.RuleStatement},
	{"ALTER ROLE r SUPERUSER", no, no, gate.RuleStatement},
	{"ALTER DATABASE d SET a = b", no, no, gate.RuleStatement},
	{"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO u", no, no, gate.RuleStatement},
	{"ALTER TABLE t OWNER TO u", no, no, gate.RuleServer},
	{"ALTER TABLE t DISABLE ROW LEVEL SECURITY", no, no, gate.RuleServer},
	{"ALTER TABLE t NO FORCE ROW LEVEL SECURITY", no, no, gate.RuleServer},
	{"ALTER TABLE t DISABLE TRIGGER ALL", no, no, gate.RuleServer},
	{"ALTER TABLE t ENABLE REPLICA TRIGGER audit", no, no, gate.RuleServer},
	{"DROP OWNED BY u", no, no, gate.RuleStatement},
	{"CREATE TEMP TABLE t (a int)", no, no, gate.RuleSession},
	{"CREATE LOCAL TEMPORARY TABLE t AS SELECT 1", no, no, gate.RuleSession},
	{"CREATE OR REPLACE TEMP VIEW v AS SELECT 1", no, no, gate.RuleSession},
	{"CREATE TABLE IF NOT EXISTS pg_temp.t (a int)", no, no, gate.RuleSession},
	{`CREATE VIEW "pg_temp".v AS SELECT 1`, no, no, gate.RuleSession},
	{"DROP SCHEMA information_schema CASCADE", no, no, gate.RuleCatalog},
	{"DROP VIEW a, pg_catalog.pg_settings", no, no, gate.RuleCatalog},
	{"CREATE", no, no, gate.RuleStatement},
	// the server's own tables
	{"UPDATE pg_settings SET setting = 'off'", no, gate.RuleCatalog, gate.RuleCatalog},
	{`DELETE FROM ONLY pg_catalog."pg_proc"`, no, gate.RuleCatalog, gate.RuleCatalog},
	{"WITH a AS (INSERT INTO pg_class VALUES (1) RETURNING 1) SELECT 1", no, gate.RuleCatalog, gate.RuleCatalog},
	{"INSERT INTO t WITH a AS (DELETE FROM pg_class RETURNING 1) SELECT * FROM a", no, gate.RuleCatalog, gate.RuleCatalog},
	{"CREATE TABLE t AS WITH RECURSIVE a AS (DELETE FROM pg_class RETURNING 1) SELECT * FROM a", no, no, gate.RuleCatalog},
	{"DELETE FROM pg_catalog.", no, gate.RuleCatalog, gate.RuleCatalog},
	{"UPDATE pg_temp.pg_t SET a = 1", no, "", ""},
	{"UPDATE public.pg_t SET a = 1", no, "", ""},
}

func TestModes(t *testing.T) {
	for _, c := range modeTests {
		for mode, want := range []string{c.readOnly, c.dml, c.ddl} {
			if got := ruleOf(t, c.sql, gate.Rules{Mode: gate.Mode(mode)}); got != want {
				t.Errorf("mode %d: %s\n got %q\nwant %q", mode, c.sql, got, want)
			}
		}
	}
}

// Whatever the mode, these are refused.
func TestNever(t *testing.T) {
	for rule, statements := range map[string][]string{
		gate.RuleOneStatement: {"", ";", "-- only a comment", "SELECT 1; SELECT 2", "SELECT 1;;SELECT 2", "; SELECT 1; COMMIT", "COMMIT; DROP TABLE t", "SELECT (1; 2)"},
		gate.RuleTransaction: {
			"BEGIN", "START TRANSACTION", "commit", "END", "ROLLBACK", "abort", "SAVEPOINT a", "RELEASE a", "rollback to a", "/* x */ commit and chain",
		},
		gate.RuleSession: {
			"SET ROLE postgres", "SET TRANSACTION READ WRITE", "RESET ALL", "DISCARD ALL", "PREPARE a AS SELECT 1", "EXECUTE a", "DEALLOCATE a",
			"PREPARE TRANSACTION 'a'", "DECLARE a CURSOR FOR SELECT 1", "FETCH a", "MOVE a", "CLOSE a", "LISTEN a", "UNLISTEN *", "NOTIFY a",
		},
		gate.RuleLock: {"LOCK t"},
		gate.RuleCode: {"DO $$BEGIN END$$", "CALL p()", "LOAD 'x'"},
		gate.RuleServer: {
			"COPY t TO STDOUT", "COPY (SELECT 1) TO PROGRAM 'id'", "GRANT a TO b", "REVOKE a FROM b", "VACUUM", "CLUSTER t", "REINDEX TABLE t", "CHECKPOINT",
			"SECURITY LABEL ON TABLE t IS 'x'", "REASSIGN OWNED BY a TO b", "IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c",
		},
		gate.RuleExplain: {
			"EXPLAIN", "EXPLAIN ANALYZE", "EXPLAIN (ANALYZE)", "EXPLAIN CREATE TABLE t AS SELECT 1", "EXPLAIN ANALYZE CREATE MATERIALIZED VIEW v AS SELECT 1",
			"EXPLAIN EXECUTE a", "EXPLAIN (ANALYZE, COSTS off) EXECUTE a", "EXPLAIN EXPLAIN SELECT 1", "EXPLAIN ANALYZE VERBOSE REFRESH MATERIALIZED VIEW v",
			"EXPLAIN DECLARE c CURSOR FOR SELECT 1", "EXPLAIN (ANALYZE (1)) SELECT 1", "EXPLAIN (DELETE FROM t)", `EXPLAIN "select" 1`,
			"EXPLAIN (VALUES) CREATE TABLE t AS SELECT 1",
		},
		gate.RuleInto: {
			"SELECT 1 INTO t", "SELECT * INTO TEMP t FROM u", "SELECT 1 insert INTO t", "SELECT 1. INTO t", "WITH a AS (SELECT 1) SELECT * INTO t FROM a",
			"(SELECT 1 INTO t)", "SELECT 1 INTO/**/t", "EXPLAIN SELECT 1 INTO t", "SELECT 1 AS a INTO t", "SELECT (t).* INTO u FROM t", "TABLE a INTO b",
		},
		gate.RuleStatement: {
			"FROM t", "1", "'SELECT 1'", `"SELECT" 1`, "$1", "(INSERT INTO t VALUES (1))", "((SHOW ALL))", "(EXPLAIN SELECT 1)", "SELEC 1", "=", "(",
			"\ufeffSELECT 1", "SELECT\u00a01",
		},
		gate.RuleSyntax: {"SELECT 1)", "SELECT ']'] ", "SELECT 'a", "SELECT {fn now()}", "\\d"},
		gate.RuleText:   {"SELECT 1\x00; DROP TABLE t", "SELECT '\xff'"},
	} {
		for _, sql := range statements {
			for mode := gate.ReadOnly; mode <= gate.ModeDDL; mode++ {
				if got := ruleOf(t, sql, gate.Rules{Mode: mode}); got != rule {
					t.Errorf("mode %d: %s\n got %q\nwant %q", mode, sql, got, rule)
				}
			}
		}
	}
}

func TestStatement(t *testing.T) {
	for _, c := range []struct {
		sql  string
		want gate.Statement
	}{
		{"SELECT 1", gate.Statement{Kind: gate.Select}},
		{"select a.b, c.d as e from a join c on true where a.b = $1 -- f\n;", gate.Statement{Kind: gate.Select, Names: []string{"a", "b", "c", "d", "e", "join"}}},
		{"((TABLE t))", gate.Statement{Kind: gate.Select, Names: []string{"t"}}},
		{"VALUES (1)", gate.Statement{Kind: gate.Select, Names: []string{"values"}}},
		{";SHOW work_mem;;", gate.Statement{Kind: gate.Show, Names: []string{"show", "work_mem"}}},
		{"EXPLAIN SELECT 1", gate.Statement{Kind: gate.Explain, Of: gate.Select, Names: []string{"explain"}}},
		{"EXPLAIN ANALYZE (SELECT 1)", gate.Statement{Kind: gate.Explain, Of: gate.Select, Analyze: true, Names: []string{"explain"}}},
		{"EXPLAIN (VALUES (1))", gate.Statement{Kind: gate.Explain, Of: gate.Select, Names: []string{"explain", "values"}}},
		{"EXPLAIN ((SELECT 1))", gate.Statement{Kind: gate.Explain, Of: gate.Select, Names: []string{"explain"}}},
		{"EXPLAIN (COSTS, analyse) SELECT 1", gate.Statement{Kind: gate.Explain, Of: gate.Select, Analyze: true, Names: []string{"explain", "costs"}}},
		{`EXPLAIN ("analyze" 'on') SELECT 1`, gate.Statement{Kind: gate.Explain, Of: gate.Select, Analyze: true, Names: []string{"explain", "analyze"}}},
		{"EXPLAIN (ANALYZE false, ANALYZE 0) TABLE t", gate.Statement{Kind: gate.Explain, Of: gate.Select, Names: []string{"explain", "t"}}},
		{"EXPLAIN UPDATE t SET a = 1", gate.Statement{Kind: gate.Explain, Of: gate.DML, Names: []string{"explain", "update", "t", "set", "a"}}},
		{"DELETE FROM t", gate.Statement{Kind: gate.DML, Names: []string{"delete", "t"}}},
		{"WITH x AS (DELETE FROM t RETURNING 1) SELECT 2", gate.Statement{Kind: gate.DML, Names: []string{"x", "delete", "t"}}},
		{"DROP TABLE t", gate.Statement{Kind: gate.DDL, Names: []string{"drop", "t"}}},
	} {
		got, err := gate.Check(c.sql, gate.Rules{Mode: gate.ModeDDL})
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		if got.Names = slices.Clip(got.Names); len(got.Names) == 0 {
			got.Names = nil
		}
		if got.SQL() != c.sql || !strings.Contains(c.sql, got.Bare()) || strings.Trim(got.Bare(), "; \n") != got.Bare() {
			t.Errorf("%s: its text is %q, and %q without what stands round it", c.sql, got.SQL(), got.Bare())
		}
		if plain := (gate.Statement{Kind: got.Kind, Of: got.Of, Analyze: got.Analyze, Names: got.Names}); !reflect.DeepEqual(plain, c.want) {
			t.Errorf("%s\n got %+v\nwant %+v", c.sql, plain, c.want)
		}
	}
}

// A name is denied however it is spelled.
func TestDenied(t *testing.T) {
	long := strings.Repeat("n", 63)
	deny := func(name string) string {
		switch name {
		case "pg_sleep", "user", "größe", long, "prénom_" + strings.Repeat("é", 27) + "e", strings.Repeat("я", 40):
			return "test"
		}
		return ""
	}
	for _, sql := range []string{
		"SELECT pg_sleep(1)", "SELECT PG_Sleep (1)", `SELECT "pg_sleep"(1)`, "SELECT pg_catalog.pg_sleep(1)", "SELECT pg_catalog /**/ . -- \n PG_SLEEP(1)",
		`SELECT U&"pg\005fsleep"(1)`, `SELECT U&"pg!005fsleep" UESCAPE '!' (1)`, "SELECT (1).pg_sleep", "SELECT * FROM pg_sleep(1)", "SELECT 1 AS pg_sleep",
		"SELECT 1 pg_sleep", "SELECT TREAT(1 AS pg_sleep)", "SHOW pg_sleep", "EXPLAIN SELECT pg_sleep(1)", "SELECT 'a' pg_sleep", "SELECT $$x$$pg_sleep",
		"SELECT 1 OPERATOR(pg_sleep.+) 1", "SELECT x[pg_sleep(1)]", "WITH pg_sleep AS (SELECT 1) TABLE pg_sleep",
		`SELECT "user"`, "SELECT t.user FROM t", "SELECT t . USER FROM t",
		"SELECT größe", "SELECT GRößE", "SELECT GRÖSSE, GRÖßE", // the last only in a database that is not in UTF-8
		"SELECT " + long, "SELECT " + strings.ToUpper(long), "SELECT " + long + "n", `SELECT "` + long + `xyz"`, "SELECT " + strings.Repeat("n", 5000),
		"SELECT prénom_" + strings.Repeat("é", 27) + "eé", // cut to 63 bytes within the last character
		"SELECT " + strings.Repeat("я", 40),               // which Latin encodings need not cut
		"SELECT " + strings.Repeat("Я", 40),               // and put in lower case
	} {
		if got := ruleOf(t, sql, gate.Rules{Denied: deny}); got != gate.RuleName {
			t.Errorf("%s: %q", sql, got)
		}
	}
	for _, sql := range []string{
		"SELECT 'pg_sleep'", "SELECT $$pg_sleep$$", "SELECT $pg_sleep$ x $pg_sleep$", "SELECT 1 -- pg_sleep", "SELECT 1 /* pg_sleep(1) */", `SELECT "PG_SLEEP"`,
		"SELECT pg_sleep_for", "SELECT user", "SELECT current_user, USER", `SELECT "Größe"`, "SELECT " + long[:62], "SELECT E'\\'pg_sleep'",
	} {
		if got := ruleOf(t, sql, gate.Rules{Denied: deny}); got != "" {
			t.Errorf("%s: refused by %q", sql, got)
		}
	}
}

// A name is asked for once, however often it stands in a statement.
func TestDeniedOnce(t *testing.T) {
	asked := map[string]int{}
	sql := "SELECT a, A, \"a\", a.a" + strings.Repeat(", b, c.d", 100)
	for i := range 100 {
		sql += ", n" + string(rune('a'+i%26)) + string(rune('a'+i/26))
	}
	if got := ruleOf(t, sql, gate.Rules{Denied: func(name string) string { asked[name]++; return "" }}); got != "" {
		t.Fatal(got)
	}
	if len(asked) != 104 {
		t.Errorf("%d names, want 104", len(asked))
	}
	for name, n := range asked {
		if n != 1 {
			t.Errorf("%s was asked for %d times", name, n)
		}
	}
}

func TestPosition(t *testing.T) {
	for _, c := range []struct {
		sql  string
		want int
	}{
		{"SELECT 1; SELECT 2", 11},
		{"SELECT 'ä'; DROP TABLE t", 13},
		{"DROP TABLE t", 1},
		{"SELECT 1 INTO t", 10},
		{"SELECT 'äö', 'x", 14},
		{"SELECT 'äö\xff'", 11},
		{"SELECT bad()", 8},
		{"", 1},
	} {
		_, err := gate.Check(c.sql, gate.Rules{Denied: func(name string) string {
			if name == "bad" {
				return "test"
			}
			return ""
		}})
		var r *gate.Refusal
		if !errors.As(err, &r) || r.Position != c.want {
			t.Errorf("%q: %+v, want position %d", c.sql, r, c.want)
		}
	}
}
