package guard_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/private"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

const people = `CREATE TABLE people (id int PRIMARY KEY, name text, email text UNIQUE, salary int);

INSERT INTO people VALUES (1, 'Ada', 'sesame-ada', 70001), (2, 'Lin', 'sesame-lin', 70002);

CREATE TABLE visits (person int REFERENCES people, at date);

INSERT INTO visits VALUES (1, '2026-01-01'), (2, '2026-01-02');

CREATE VIEW contacts AS SELECT id, email AS address FROM people;

CREATE VIEW firsts AS SELECT id, email AS address FROM people ORDER BY id OFFSET 0;

CREATE VIEW domains AS SELECT id, split_part(email, '-', 2) AS part FROM people;

CREATE SCHEMA vault;

CREATE TABLE vault.codes (code text);

INSERT INTO vault.codes VALUES ('sesame-vault');

CREATE VIEW leak AS SELECT code FROM vault.codes;

CREATE TABLE logs (at date, ip text) PARTITION BY RANGE (at);

CREATE TABLE logs_2026 PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

INSERT INTO logs VALUES ('2026-02-02', 'sesame-ip');

CREATE FUNCTION peek() RETURNS text LANGUAGE sql STABLE AS $$ SELECT string_agg(email, ' ') FROM people $$;

ANALYZE;

`

// text gathers an answer.
type text struct{ strings.Builder }

func (t *text) Columns(columns []guard.Column) {
	for _, c := range columns {
		fmt.Fprintf(t, "%s|", c.Name)
	}
	t.WriteByte('\n')
}

func (t *text) Row(values [][]byte) {
	for _, v := range values {
		fmt.Fprintf(t, "%s|", v)
	}
	t.WriteByte('\n')
}

// opened is a database of its own, with rules.
func opened(t *testing.T, sql string, d guard.Database) *guard.Source {
	t.Helper()
	p, err := private.Start(t.Context(), private.Options{SQL: sql})
	if errors.Is(err, private.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	d.URL = p.URL("postgres", "postgres")
	g, err := guard.Open(guard.Options{Databases: []guard.Database{d}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	s, err := g.Source(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hiddenAttacks would bring out what TestHidden hides.
var hiddenAttacks = []string{
	"SELECT * FROM people", "SELECT salary FROM people", "SELECT p.salary FROM people p", "TABLE people",
	"SELECT id FROM people WHERE email LIKE 'sesame-a%'", "SELECT id FROM people ORDER BY email", "SELECT upper(email) FROM people",
	"SELECT id, email || '' AS x FROM people", "SELECT count(*) FROM people WHERE email > 'm'", "SELECT row_to_json(p) FROM people p",
	"SELECT p FROM people p", "SELECT p::text FROM people p", "SELECT json_agg(people) FROM people", "SELECT max(email) FROM people",
	"SELECT lower(x) FROM people AS p(a, b, x, d)", "SELECT x FROM people AS p(a, b, x, d)",
	"WITH q(a, b, x, d) AS (SELECT * FROM people) SELECT x FROM q", "WITH q AS MATERIALIZED (SELECT email AS e FROM people) SELECT e FROM q",
	"SELECT id FROM (SELECT id, email AS e FROM people OFFSET 0) q WHERE e > 'a'",
	"SELECT email FROM people UNION ALL SELECT 'x'", "SELECT 'x' UNION SELECT email FROM people", "SELECT (SELECT email FROM people LIMIT 1)",
	"VALUES ((SELECT email FROM people LIMIT 1))", "SELECT id FROM people WHERE email::int = 1", "SELECT 1 / length(email) FROM people",
	"SELECT array_agg(email) FROM people", "SELECT DISTINCT ON (email) id FROM people", "SELECT id FROM people GROUP BY id, email",
	"SELECT a.id FROM people a JOIN people b USING (email)", "SELECT a.id FROM people a NATURAL JOIN people b", "SELECT peek()",
	"SELECT upper(address) FROM contacts", "SELECT id FROM contacts WHERE address > 'm'", "SELECT upper(address) FROM firsts",
	"SELECT address FROM firsts", "SELECT part FROM domains", "SELECT count(*) FROM domains WHERE part = 'ada'", "SELECT c FROM contacts c",
	"SELECT * FROM vault.codes", "SELECT code FROM leak", "SELECT * FROM leak", "SELECT most_common_vals FROM pg_stats", "EXPLAIN SELECT email FROM people",
	"SELECT histogram_bounds FROM pg_stats WHERE attname = 'email'", "SELECT stavalues1 FROM pg_statistic", "SELECT U&\"e\\006dail\" || '' FROM people",
	"SELECT \"email\" || '' FROM people", "SELECT jsonb_build_object('a', email) FROM people", "SELECT (p).email || '' FROM people p",
	"SELECT q.* FROM people p, LATERAL (SELECT p.*) q", "SELECT q FROM (SELECT id, name, email FROM people) q", "SELECT p.*::text FROM people p",
	"SELECT email FROM people EXCEPT SELECT 'x'", "SELECT first_value(email) OVER () FROM people", "SELECT id FROM people p WHERE p IS NOT NULL",
	"SELECT xmlforest(email) FROM people", "SELECT string_agg(ip, ' ') FROM logs_2026", "SELECT ip || '' FROM logs", "SELECT id FROM people ORDER BY 1, email",
	"SELECT CASE WHEN email > 'm' THEN 1 ELSE 2 END FROM people", "SELECT name FROM people WHERE (SELECT email) > 'a'", "SELECT coalesce(email, '') FROM people",
}

// hiddenFine is of use all the same.
var hiddenFine = []struct{ sql, want string }{
	{"SELECT id, name FROM people ORDER BY id", "id|name|\n1|Ada|\n2|Lin|\n"},
	{"SELECT id, email FROM people WHERE id = 1", "id|email|\n1|[masked]|\n"},
	{"SELECT p.email AS remark FROM people p WHERE id = 1", "remark|\n[masked]|\n"},
	{"SELECT id, address FROM contacts WHERE id = 1", "id|address|\n1|[masked]|\n"},
	{"SELECT a FROM (SELECT email AS a FROM people WHERE id = 1) q", "a|\n[masked]|\n"},
	{"SELECT * FROM contacts WHERE id = 1", "id|address|\n1|[masked]|\n"},
	{"SELECT e FROM (SELECT email AS e FROM people WHERE id = 1 OFFSET 0) q", "e|\n[masked]|\n"},
	{"SELECT count(*) FROM people", "count|\n2|\n"},
	{"SELECT p.name, v.at FROM people p JOIN visits v ON v.person = p.id ORDER BY v.at", "name|at|\nAda|2026-01-01|\nLin|2026-01-02|\n"},
	{"SELECT upper(name), id * 2 FROM people ORDER BY id LIMIT 1", "upper|?column?|\nADA|2|\n"},
	{"SELECT at, ip FROM logs", "at|ip|\n2026-02-02|[masked]|\n"},
	{"SELECT at, ip FROM logs_2026", "at|ip|\n2026-02-02|[masked]|\n"},
	{"SELECT * FROM logs", "at|ip|\n2026-02-02|[masked]|\n"},
	{"SELECT max(at) FROM visits", "max|\n2026-01-02|\n"},
	{"SHOW server_encoding", "server_encoding|\nUTF8|\n"},
}

// What is hidden comes out by no name, expression, plan or error; what is not
// stays of use. It is all the same whether the database hides it, or a policy.
func TestHidden(t *testing.T) {
	all := guard.Access{Mask: []string{"people.email", "logs.ip"}, DenyColumns: []string{"public.people.salary"}, AllowSchemas: []string{"public"}}
	s := opened(t, people, guard.Database{})
	for name, o := range map[string]guard.Options{
		"database": {Databases: []guard.Database{{URL: s.URL, Access: all}}},
		"policy":   {Databases: []guard.Database{{URL: s.URL}}, Policies: []guard.Policy{{Name: "all", Principals: []string{"ada"}, Access: all}}},
		"parts": {Databases: []guard.Database{{URL: s.URL, Access: guard.Access{Mask: []string{"logs.ip"}}}}, Policies: []guard.Policy{
			{Name: "some", Principals: []string{"a*"}, Access: guard.Access{DenyColumns: all.DenyColumns, Mask: []string{"people.email"}}},
			{Name: "rest", Principals: []string{"*"}, Access: guard.Access{AllowSchemas: all.AllowSchemas}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := guard.Open(o)
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			source, err := g.Source(mcpcore.WithPrincipal(t.Context(), "ada"), "")
			if err != nil {
				t.Fatal(err)
			}
			testHidden(t, source)
			testHidden(t, source.Lending([]string{"visits"}, nil))
		})
	}
}

func testHidden(t *testing.T, s *guard.Source) {
	t.Helper()
	for _, sql := range hiddenAttacks {
		out := &text{}
		_, err := s.Query(context.Background(), guard.Query{SQL: sql}, out)
		if err == nil {
			t.Errorf("%s\nis answered: %s", sql, out.String())
			continue
		}
		for _, secret := range []string{"sesame", "7000"} {
			if strings.Contains(err.Error()+out.String(), secret) {
				t.Errorf("%s\nleaks: %v %s", sql, err, out.String())
			}
		}
	}
	for _, q := range hiddenFine {
		out := &text{}
		if _, err := s.Query(context.Background(), guard.Query{SQL: q.sql}, out); err != nil || out.String() != q.want {
			t.Errorf("%s\ngot  %q, %v\nwant %q", q.sql, out.String(), err, q.want)
		}
	}
}
