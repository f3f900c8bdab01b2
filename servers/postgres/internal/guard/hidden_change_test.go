package guard_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

const writableSQL = people + `CREATE TABLE notes (id serial PRIMARY KEY, note text, num int);

INSERT INTO notes (note) VALUES ('plain');

CREATE TABLE guests (id int PRIMARY KEY, email text, age int CHECK (age > 0));

INSERT INTO guests VALUES (1, 'sesame-guest', 20);

CREATE TABLE vault.owners (person int REFERENCES people ON DELETE CASCADE);

INSERT INTO vault.owners VALUES (2);

CREATE TABLE vault.audit (line text);

CREATE FUNCTION audits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO vault.audit VALUES (tg_op); RETURN NULL; END $$;

CREATE TRIGGER audits AFTER INSERT OR UPDATE OR DELETE ON notes FOR EACH ROW EXECUTE FUNCTION audits();

`

// tried is an error by which a statement is rolled back.
var errTried = errors.New("tried")

// tries runs a statement as though to keep what it does, and rolls it back.
func tries(t *testing.T, s *guard.Source, sql string) (string, error) {
	t.Helper()
	out := &text{}
	_, _, err := s.Execute(t.Context(), guard.Write{SQL: sql}, func(*guard.Effect) error { return errTried }, out)
	if errors.Is(err, errTried) {
		err = nil
	}
	return out.String(), err
}

// shownBy is all that a preview says.
func shownBy(t *testing.T, s *guard.Source, sql string) (string, error) {
	t.Helper()
	e, err := s.Preview(t.Context(), guard.Write{SQL: sql})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(e.Sum())
	if e.Sample != nil {
		for _, row := range append(e.Sample.Rows, e.Sample.Before...) {
			for _, v := range row {
				b.Write(append(v, ' '))
			}
		}
	}
	return b.String(), nil
}

// What is hidden comes out by no statement that changes rows, and is not copied
// to where it is not.
func TestHiddenFromChanges(t *testing.T) {
	s := opened(t, writableSQL, guard.Database{Mode: gate.ModeDML, Access: guard.Access{
		Mask: []string{"people.email", "logs.ip", "guests.email"}, DenyColumns: []string{"public.people.salary"}, AllowSchemas: []string{"public"},
	}})
	for _, sql := range []string{
		"INSERT INTO notes (note) SELECT email FROM people", "INSERT INTO notes (note) SELECT p.email FROM people p", "INSERT INTO notes (note) SELECT \"email\" FROM people",
		"INSERT INTO notes (note) SELECT U&\"e\\006dail\" FROM people", "INSERT INTO notes (note) SELECT upper(email) FROM people",
		"INSERT INTO notes (note) SELECT address FROM contacts", "INSERT INTO notes (note) SELECT address FROM firsts", "INSERT INTO notes (note) SELECT part FROM domains",
		"INSERT INTO notes (note) SELECT p::text FROM people p", "INSERT INTO notes (note) SELECT row_to_json(p) FROM people p", "INSERT INTO notes SELECT * FROM guests",
		"INSERT INTO notes (id, note) SELECT q.* FROM (SELECT id, email FROM guests) q", "INSERT INTO guests TABLE guests", "INSERT INTO notes (note) SELECT to_json(g) FROM guests g",
		"INSERT INTO notes (note) VALUES ((SELECT email FROM people LIMIT 1))", "INSERT INTO notes (note) SELECT ip FROM logs_2026", "INSERT INTO notes (note) SELECT ip FROM logs",
		"INSERT INTO notes (note) SELECT x FROM guests AS g(a, x, c)", "WITH q(a, x, c) AS (SELECT * FROM guests) INSERT INTO notes (note) SELECT x FROM q",
		"UPDATE notes SET note = (SELECT email FROM people WHERE id = 1)", "UPDATE notes n SET note = p.email FROM people p", "UPDATE notes n SET note = c.address FROM contacts c",
		"UPDATE notes SET (note, num) = (SELECT email, 1 FROM people LIMIT 1)", "UPDATE notes SET note = g::text FROM guests g",
		"UPDATE guests SET age = length(email)", "UPDATE guests SET age = 5 WHERE email LIKE 'sesame%'", "UPDATE guests SET age = CASE WHEN email > 'm' THEN 1 ELSE 2 END",
		"UPDATE guests SET email = email || 'x'", "UPDATE guests SET age = 1, email = lower(email)", "UPDATE guests SET age = (email = 'a')::int",
		"UPDATE guests SET age = f(1, email = 'x')", "DELETE FROM guests WHERE email > 'm'", "DELETE FROM people p USING guests g WHERE p.email = g.email",
		"DELETE FROM notes USING contacts c WHERE c.address > 'm'", "DELETE FROM guests g WHERE g::text LIKE '%sesame%'",
		"UPDATE guests SET age = 5 RETURNING upper(email)", "UPDATE guests SET age = 5 RETURNING guests", "UPDATE guests SET age = 5 RETURNING guests::text", "DELETE FROM guests RETURNING to_json(guests)",
		"DELETE FROM guests RETURNING email || ''", "UPDATE guests g SET age = 5 RETURNING (g).email || ''", "WITH d AS (DELETE FROM guests RETURNING email) SELECT email FROM d",
		"WITH d AS (DELETE FROM guests RETURNING *) SELECT * FROM d", "WITH d AS (DELETE FROM guests RETURNING *) INSERT INTO notes (note) SELECT d::text FROM d",
		"WITH d AS (DELETE FROM guests RETURNING guests AS g) SELECT g FROM d", "WITH d AS (UPDATE notes SET num = 1) SELECT email FROM guests",
		"WITH d AS (UPDATE notes SET num = 1) SELECT address FROM contacts WHERE address > 'a'", "WITH d AS (UPDATE notes SET num = 1) SELECT upper(address) FROM contacts",
		"INSERT INTO guests (id, email) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET age = length(guests.email)",
		"INSERT INTO guests (id, email) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET age = 3 WHERE guests.email LIKE 's%'",
		"INSERT INTO guests (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET age = length(guests::text)", "INSERT INTO guests (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET age = length(\"guests\"::text)",
		"INSERT INTO public.guests AS g (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET age = length(to_json(g)::text)", "INSERT INTO guests AS \"G\" (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET age = length(\"G\"::text)",
		"INSERT INTO guests (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET age = 3 WHERE guests::text LIKE '%sesame%'", "INSERT INTO guests (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET age = (SELECT length(guests::text))",
		"MERGE INTO guests g USING notes n ON n.id = g.id WHEN MATCHED THEN UPDATE SET age = length(g::text)", "MERGE INTO guests AS g USING notes n ON n.id = g.id WHEN MATCHED AND g::text LIKE '%sesame%' THEN DELETE",
		"MERGE INTO guests USING notes n ON n.id = guests.id WHEN MATCHED THEN UPDATE SET age = length(guests::text)", "MERGE INTO public.guests USING notes n ON n.id = guests.id WHEN MATCHED AND (guests) IS NOT NULL THEN DELETE",
		"MERGE INTO notes n USING guests g ON n.id = g.id WHEN MATCHED THEN UPDATE SET note = g::text",
		"INSERT INTO notes (id, note) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET note = (SELECT address FROM contacts LIMIT 1)",
		"INSERT INTO notes (id, note) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET num = (SELECT length(c.address) FROM contacts c WHERE c.id = excluded.id)",
		"INSERT INTO notes (id, note) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET num = 1 WHERE EXISTS (SELECT FROM contacts c WHERE c.address > 'm' AND c.id = notes.id)",
		"MERGE INTO notes n USING visits v ON n.id = v.person WHEN MATCHED THEN UPDATE SET note = (SELECT address FROM contacts c WHERE c.id = n.id)",
		"MERGE INTO notes n USING visits v ON n.id = v.person WHEN MATCHED AND (SELECT c.address > 'm' FROM contacts c WHERE c.id = n.id) THEN DELETE",
		"MERGE INTO notes n USING visits v ON n.id = v.person WHEN NOT MATCHED THEN INSERT (note) VALUES ((SELECT max(address) FROM contacts))",
		"UPDATE notes SET note = (SELECT address FROM firsts f WHERE f.id = notes.id)", "UPDATE notes SET num = 1 RETURNING (SELECT address FROM contacts LIMIT 1)", "DELETE FROM notes RETURNING (SELECT max(address) FROM contacts)",
		"MERGE INTO guests " + strings.Repeat("g", 70) + " USING notes n ON true WHEN MATCHED THEN UPDATE SET age = length(" + strings.Repeat("g", 63) + "::text)",
		"UPDATE guests SET age = 1 RETURNING (SELECT email)", "UPDATE guests SET age = 1 RETURNING email, upper(name)", "INSERT INTO guests (id, email) VALUES (5, (SELECT email FROM people LIMIT 1))",
		"INSERT INTO people (id, email) VALUES (9, 'sesame-ada') ON CONFLICT (email) DO UPDATE SET name = 'was there'",
		"MERGE INTO notes n USING guests g ON n.id = g.id WHEN MATCHED THEN UPDATE SET note = g.email", "MERGE INTO notes n USING guests g ON n.note = g.email WHEN MATCHED THEN DELETE",
		"MERGE INTO notes n USING guests g ON n.id = g.id WHEN MATCHED AND g.email > 'm' THEN DELETE", "MERGE INTO notes n USING contacts c ON n.id = c.id WHEN MATCHED THEN UPDATE SET note = c.address",
		"UPDATE people SET salary = 5", "UPDATE people SET name = 'x' RETURNING salary", "UPDATE people SET name = 'x' RETURNING *", "INSERT INTO people (id, salary) VALUES (9, 1)",
		"UPDATE people SET name = salary::text", "INSERT INTO notes (num) SELECT salary FROM people", "DELETE FROM people WHERE salary > 70001",
		"INSERT INTO notes (note) SELECT code FROM vault.codes", "INSERT INTO notes (note) SELECT code FROM leak", "DELETE FROM vault.codes", "UPDATE vault.codes SET code = 'x'",
		"WITH d AS (DELETE FROM vault.codes) DELETE FROM notes", "DELETE FROM people WHERE id = 2", "INSERT INTO notes (note) SELECT peek()", "INSERT INTO notes (note) SELECT most_common_vals::text FROM pg_stats",
		"UPDATE guests SET age = -1", "INSERT INTO guests (id, email, age) VALUES (2, 'x', 0), (1, 'y', 1)", "INSERT INTO notes (note) SELECT string_agg(g.id::text, ' ' ORDER BY email) FROM guests g",
		"INSERT INTO notes (note) SELECT count(*)::text FROM guests a NATURAL JOIN people b", "INSERT INTO notes (note) SELECT first_value(email) OVER () FROM guests",
	} {
		for name, try := range map[string]func(*testing.T, *guard.Source, string) (string, error){"run": tries, "preview": shownBy} {
			out, err := try(t, s, sql)
			if err == nil {
				t.Errorf("%s\nis allowed by %s: %s", sql, name, out)
				continue
			}
			for _, secret := range []string{"sesame", "7000"} {
				if strings.Contains(err.Error()+out, secret) && !strings.Contains(sql, secret) {
					t.Errorf("%s\nleaks: %v %s", sql, err, out)
				}
			}
		}
	}
	for _, q := range []struct{ sql, out, shown string }{
		{"UPDATE guests SET email = 'new', age = 30", "", "UPDATE 1 [{public guests 0 1 0}] 01 [masked] 30 1 [masked] 20 "},
		{"UPDATE guests SET age = 31 WHERE id = 1 RETURNING id, email, age", "id|email|age|\n1|[masked]|31|\n", "UPDATE 1 [{public guests 0 1 0}] 01 [masked] 31 "},
		{"UPDATE guests SET age = 31 RETURNING email AS remark", "remark|\n[masked]|\n", "UPDATE 1 [{public guests 0 1 0}] 0[masked] "},
		{"DELETE FROM guests RETURNING *", "id|email|age|\n1|[masked]|20|\n", "DELETE 1 [{public guests 0 0 1}] 01 [masked] 20 "},
		{"DELETE FROM guests", "", "DELETE 1 [{public guests 0 0 1}] 01 [masked] 20 "},
		{"INSERT INTO guests (id, email, age) VALUES (2, 'b', 5) RETURNING id", "id|\n2|\n", "INSERT 0 1 [{public guests 1 0 0}] 02 "},
		{"INSERT INTO public.guests AS g (id, email) SELECT id + 10, name FROM people ON CONFLICT (id) DO UPDATE SET age = 7, email = 'z'", "", "INSERT 0 2 [{public guests 2 0 0}] 0"},
		{"UPDATE people SET name = 'Eve', email = 'eve' WHERE id = 1", "", "UPDATE 1 [{public people 0 1 0}] 0"},
		{"UPDATE notes n SET note = p.name FROM people p WHERE p.id = 1", "", "UPDATE 1 [{public notes 0 1 0}] 1"},
		{"DELETE FROM notes USING visits v WHERE v.person = notes.id", "", "DELETE 1 [{public notes 0 0 1}] 11 plain  "},
		{"UPDATE notes SET (note, num) = (SELECT name, id FROM people WHERE id = 1)", "", "UPDATE 1 [{public notes 0 1 0}] 1"},
		{"UPDATE guests SET (age, id) = (3, 4) RETURNING greatest(age, id)", "greatest|\n4|\n", "UPDATE 1 [{public guests 0 1 0}] 04 "},
		{"MERGE INTO guests g USING people p ON p.id = g.id WHEN MATCHED THEN UPDATE SET email = p.name WHEN NOT MATCHED THEN INSERT (id, email) VALUES (p.id, 'm')", "", "MERGE 2 [{public guests 1 1 0}] 0"},
		{"WITH d AS (DELETE FROM notes RETURNING note) SELECT note FROM d", "note|\nplain|\n", "SELECT 1 [{public notes 0 0 1}] 1plain "},
		{"INSERT INTO logs (at, ip) VALUES ('2026-03-03', '::1')", "", "INSERT 0 1 [{public logs_2026 1 0 0}] 02026-03-03 [masked] "},
		{"INSERT INTO notes (num) SELECT count(*) FROM people", "", "INSERT 0 1 [{public notes 1 0 0}] 1"},
	} {
		if out, err := tries(t, s, q.sql); err != nil || out != q.out {
			t.Errorf("%s\ngot  %q, %v\nwant %q", q.sql, out, err, q.out)
		}
		if shown, err := shownBy(t, s, q.sql); err != nil || shown != q.shown {
			t.Errorf("%s\nshows %q, %v\nwant  %q", q.sql, shown, err, q.shown)
		}
	}
}

// Rules go by names, which a change of the schema could change.
func TestHiddenFromDefinitions(t *testing.T) {
	s := opened(t, writableSQL, guard.Database{Mode: gate.ModeDDL, Access: guard.Access{
		Mask: []string{"people.email", "logs.ip"}, DenyColumns: []string{"guests.age"}, DenyTables: []string{"visits"}, AllowSchemas: []string{"public"},
	}})
	for _, sql := range []string{
		"ALTER TABLE people RENAME COLUMN email TO open", "ALTER TABLE people RENAME TO open", "ALTER TABLE logs_2026 RENAME COLUMN ip TO open", "ALTER TABLE logs DETACH PARTITION logs_2026",
		"CREATE TABLE open AS SELECT email FROM people", "CREATE TABLE open AS SELECT ip AS x FROM logs_2026", "CREATE TABLE open AS TABLE contacts",
		"CREATE VIEW open AS SELECT email AS open FROM people", "CREATE MATERIALIZED VIEW open AS SELECT p FROM people p",
		"CREATE TABLE open (LIKE people)", "CREATE TABLE open () INHERITS (people)", "CREATE INDEX open ON people (email)", "ALTER TABLE people ADD COLUMN open text GENERATED ALWAYS AS (email) STORED",
		"ALTER TABLE people ADD CHECK (email < 'm')", "ALTER TABLE guests RENAME COLUMN age TO open", "CREATE TABLE open AS SELECT age FROM guests", "DROP TABLE guests", "TRUNCATE people CASCADE",
		"DROP TABLE visits", "ALTER TABLE visits RENAME TO open", "TRUNCATE visits", "CREATE VIEW open AS SELECT * FROM visits", "DROP TABLE vault.codes", "ALTER TABLE vault.codes SET SCHEMA public",
		"CREATE TABLE vault.open (a int)", "ALTER TABLE notes SET SCHEMA vault", "CREATE TYPE vault.open AS ENUM ('a')", "ALTER SCHEMA vault RENAME TO open", "CREATE SCHEMA open", "DROP SCHEMA vault CASCADE",
		"COMMENT ON SCHEMA vault IS 'x'", "CREATE TABLE open AS SELECT * FROM leak", "ANALYZE people", "CREATE STATISTICS open ON email, name FROM people",
		"CREATE TRIGGER open AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION audits()", "ALTER TABLE notes ADD FOREIGN KEY (num) REFERENCES people", "DROP TABLE people CASCADE",
		"CREATE TABLE open AS SELECT peek() AS x", "ALTER TABLE notes ALTER COLUMN note SET DEFAULT peek()",
	} {
		for name, try := range map[string]func(*testing.T, *guard.Source, string) (string, error){"run": tries, "preview": shownBy} {
			if out, err := try(t, s, sql); err == nil || strings.Contains(err.Error(), "sesame") {
				t.Errorf("%s\nby %s: %s, %v", sql, name, out, err)
			}
		}
	}
	// a view shows no more under another name
	for _, sql := range []string{"CREATE VIEW open AS SELECT address AS open FROM contacts", "ALTER VIEW contacts RENAME TO widely", "ALTER VIEW leak RENAME TO opened"} {
		if _, _, err := s.Execute(t.Context(), guard.Write{SQL: sql}, func(*guard.Effect) error { return nil }, &text{}); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for sql, want := range map[string]string{
		"SELECT open FROM open LIMIT 1": "open|\n[masked]|\n", "SELECT address FROM widely LIMIT 1": "address|\n[masked]|\n",
		"SELECT upper(open) FROM open": "refused", "SELECT 1 FROM widely WHERE address > 'm'": "refused", "SELECT * FROM opened": "refused",
	} {
		out := &text{}
		_, err := s.Query(t.Context(), guard.Query{SQL: sql}, out)
		if got := out.String(); (want == "refused") != (err != nil) || err == nil && got != want {
			t.Errorf("%s: got %q, %v", sql, got, err)
		}
	}
	for _, sql := range []string{
		"CREATE TABLE plain (id int PRIMARY KEY, note int REFERENCES notes)", "ALTER TABLE notes ADD COLUMN more text", "DROP TABLE notes", "CREATE VIEW public.plain AS SELECT note FROM notes",
		"CREATE INDEX ON notes (note)", "CREATE TABLE plain AS SELECT count(*) FROM notes", "COMMENT ON TABLE notes IS 'x'", "ALTER TABLE notes RENAME TO remarks", "TRUNCATE notes", "CREATE TYPE plain AS ENUM ('a')",
	} {
		for name, try := range map[string]func(*testing.T, *guard.Source, string) (string, error){"run": tries, "preview": shownBy} {
			if out, err := try(t, s, sql); err != nil {
				t.Errorf("%s\nby %s: %s, %v", sql, name, out, err)
			}
		}
	}
}
