package postgres

import (
	"fmt"
	"strings"
	"testing"
)

// What a condition needs is read as the server writes it in a plan.
func TestPredicates(t *testing.T) {
	for _, test := range []struct{ condition, want string }{
		{"(e.a = 1)", "equal a"},
		{"((e.a)::text = 'x'::text)", "equal a"},
		{"((e.a)::timestamp with time zone >= now())", "range a"},
		{"((e.a = ANY ('{1,2}'::integer[])) AND (e.b < 3))", "equal a range b"},
		{"(1 = e.a)", "equal a"},
		{"(e.a = f.b)", "join a"},
		{"((e.a)::bigint = (f.b)::bigint)", "join a"},
		{"((e.a = 1) OR (e.b = 2))", "apart a b"},
		{"(lower(e.a) = 'x'::text)", ""},
		{"(lower((e.a)::text) = 'x'::text)", ""},
		{"((e.a + 1) = 5)", ""},
		{"((1 + e.a) = 5)", ""},
		{"(5 = (e.a + 1))", ""},
		{"(5 = lower(e.a))", ""},
		{"(e.a = e.b)", ""},
		{"(e.a ~~ 'x%'::text)", ""},
		{`("E x"."A b" = 1)`, "quoted A b"},
		{"(unknown.a = 1)", ""},
		{"(e.a = 'it''s (e.b = 3)'::text)", "equal a"},
		{")", ""},
		{"= = =", ""},
	} {
		e, f, q := &needs{}, &needs{}, &needs{}
		r := reader{tables: map[string]*needs{"e": e, "f": f, "E x": q}}
		r.condition(test.condition)
		var got []string
		for _, part := range []struct {
			name    string
			columns []string
		}{{"equal", e.equal}, {"range", e.ranges}, {"join", e.joins}, {"apart", e.apart}, {"quoted", q.equal}} {
			if len(part.columns) > 0 {
				got = append(got, part.name+" "+strings.Join(part.columns, " "))
			}
		}
		if fmt.Sprint(strings.Join(got, " ")) != test.want {
			t.Errorf("%s: got %q, want %q", test.condition, strings.Join(got, " "), test.want)
		}
	}
}

// Statements of others are shown without what is in them.
func TestWithoutValues(t *testing.T) {
	for _, test := range []struct{ sql, want string }{
		{"SELECT * FROM a WHERE b = 'secret' AND c = 12.5 -- secret", "SELECT * FROM a WHERE b = ? AND c = ?"},
		{"select $$secret$$, E'se\\'cret', x'ff', $1", "select ?, ?, ?, $1"},
		{"ALTER ROLE x PASSWORD 'secret'", "ALTER ROLE …"},
		{"CREATE USER x PASSWORD $$secret$$", "CREATE USER …"},
		{"SELECT * FROM a WHERE b = 'cut off in the mid", "SELECT * FROM a WHERE b = …"},
		{"/* secret */ INSERT INTO a VALUES ('secret')", "INSERT INTO a VALUES (?)"},
		{"'secret'", "?"},
		{"", ""},
	} {
		if got := withoutValues(test.sql); got != test.want {
			t.Errorf("%s: got %q, want %q", test.sql, got, test.want)
		}
	}
}
