package guard_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

const numbersSQL = people + `CREATE TABLE numbers AS SELECT n, repeat('x', CASE WHEN n % 100 = 0 THEN 3000 ELSE 10 END) AS fill FROM generate_series(1, 5000) n;

`

// all reads every page, of rows of one column, and says how many pages there were.
func all(t *testing.T, s *guard.Source, q guard.Query) (values string, pages int, last error) {
	t.Helper()
	var b strings.Builder
	for {
		out := &text{}
		_, cursor, err := s.Page(t.Context(), q, out)
		if err != nil {
			return b.String(), pages, err
		}
		pages++
		_, rows, _ := strings.Cut(out.String(), "\n")
		b.WriteString(rows)
		if cursor == "" {
			return b.String(), pages, nil
		}
		q = guard.Query{Cursor: cursor, MaxRows: q.MaxRows, MaxBytes: q.MaxBytes}
	}
}

// Pages put together are the whole answer, whatever the size of the rows, and all
// are of one moment.
func TestPages(t *testing.T) {
	s := opened(t, numbersSQL, guard.Database{MaxRows: 100_000, MaxBytes: 100_000_000})
	whole := &text{}
	const sql = "SELECT n, fill FROM numbers ORDER BY n"
	if _, err := s.Query(t.Context(), guard.Query{SQL: sql}, whole); err != nil {
		t.Fatal(err)
	}
	_, want, _ := strings.Cut(whole.String(), "\n")
	for _, q := range []struct{ rows, bytes, pages int }{{100, 0, 50}, {4999, 0, 2}, {5000, 0, 1}, {1, 0, 0}, {0, 5000, 0}, {70, 4000, 0}, {1000, 9000, 0}, {3, 3500, 0}} {
		query := guard.Query{SQL: sql, MaxRows: q.rows, MaxBytes: q.bytes}
		if q.rows == 1 {
			query.SQL += " LIMIT 300"
		}
		got, pages, err := all(t, s, query)
		if err != nil || q.rows != 1 && got != want || q.rows == 1 && (pages != 300 || !strings.HasPrefix(want, got)) || q.pages > 0 && pages != q.pages {
			t.Errorf("%+v: %d pages, %d bytes of %d, %v", q, pages, len(got), len(want), err)
		}
	}

	// what others change meanwhile is not seen
	out := &text{}
	_, cursor, err := s.Page(t.Context(), guard.Query{SQL: "SELECT n FROM numbers ORDER BY n", MaxRows: 10}, out)
	if err != nil || cursor == "" {
		t.Fatal(cursor, err)
	}
	other(t, s, "DELETE FROM numbers")
	if got, _, err := all(t, s, guard.Query{Cursor: cursor, MaxRows: 1000}); err != nil || strings.Count(got, "\n") != 4990 {
		t.Errorf("got %d rows, %v", strings.Count(got, "\n"), err)
	}
}

// other changes something beside the guard.
func other(t *testing.T, s *guard.Source, sql string) string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	res := conn.ExecParams(t.Context(), sql, nil, nil, nil, nil).Read()
	if res.Err != nil {
		t.Fatal(res.Err)
	}
	if len(res.Rows) == 0 {
		return ""
	}
	return string(res.Rows[0][0])
}

// The rules of the first page are those of all, and what a row hides is not kept.
func TestPagesHide(t *testing.T) {
	s := opened(t, numbersSQL, guard.Database{Access: guard.Access{Mask: []string{"people.email"}, DenyTables: []string{"visits"}}, MaxRows: 100_000})
	got, pages, err := all(t, s, guard.Query{SQL: "SELECT p.id, email FROM people p, numbers WHERE n < 50 ORDER BY p.id, n", MaxRows: 7})
	if err != nil || pages != 14 || strings.Contains(got, "sesame") || strings.Count(got, "[masked]") != 98 {
		t.Errorf("%d pages, %v: %s", pages, err, got)
	}
	if _, _, err := all(t, s, guard.Query{SQL: "SELECT person FROM visits", MaxRows: 1}); err == nil {
		t.Error("a denied table is read")
	}
}

// A cursor is of use once, to whom it was given, in its database, for some time.
func TestCursors(t *testing.T) {
	s := opened(t, numbersSQL, guard.Database{MaxCursors: 3, CursorIdle: 400 * time.Millisecond, Connections: 2})
	open := func(ctx context.Context, rows int) string {
		t.Helper()
		_, cursor, err := s.Page(ctx, guard.Query{SQL: "SELECT n FROM numbers", MaxRows: rows}, &text{})
		if err != nil {
			t.Fatal(err)
		}
		return cursor
	}
	next := func(ctx context.Context, cursor string) error {
		_, _, err := s.Page(ctx, guard.Query{Cursor: cursor, MaxRows: 10}, &text{})
		return err
	}
	gone := func(what string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "this cursor is none that is held") || !strings.Contains(mcpcore.HintOf(err), "run the query again") {
			t.Errorf("%s: got %v", what, err)
		}
	}
	held := func() string {
		return other(t, s, "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND application_name = 'mcp-postgres'")
	}
	ada, bob := mcpcore.WithPrincipal(t.Context(), "ada"), mcpcore.WithPrincipal(t.Context(), "bob")

	cursor := open(ada, 10)
	gone("another principal", next(bob, cursor))
	gone("nobody", next(t.Context(), cursor))
	if err := next(ada, cursor); err != nil {
		t.Errorf("got %v", err)
	}
	gone("a second time", next(ada, cursor))
	gone("forged", next(ada, "AAAAAAAAAAAAAAAAAAAAAAAAAA"))

	first, second := open(bob, 10), open(bob, 10)
	third := open(bob, 10) // who has half gives up the oldest
	gone("the oldest", next(bob, first))
	for _, c := range []string{second, third} {
		if err := next(bob, c); err != nil {
			t.Errorf("got %v", err)
		}
	}
	if open(t.Context(), 10) != "" { // no room is left for others, who get their answers all the same
		t.Error("more is held than may be")
	}
	for deadline := time.Now().Add(10 * time.Second); held() != "0"; {
		if time.Now().After(deadline) {
			t.Fatalf("%s are held", held())
		}
	}
	cursor = open(t.Context(), 10)
	for range 2 * 3 { // every one of them more than may be held, and connections are there for other queries
		open(t.Context(), 10)
	}
	gone("let go", next(t.Context(), cursor))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	cursor = open(t.Context(), 10)
	if err := next(cancelled, cursor); err == nil {
		t.Error("a cancelled call is answered")
	}
	gone("after a cancelled call", next(t.Context(), cursor))
	if _, cursor, err := s.Page(t.Context(), guard.Query{SQL: "SELECT n FROM numbers LIMIT 10", MaxRows: 10}, &text{}); err != nil || cursor != "" {
		t.Errorf("an answer that is whole has the cursor %q, %v", cursor, err)
	}
}
