package postgres_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/private"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// on is a client of a server for a database.
func on(t *testing.T, url string) *mcptest.Client {
	t.Helper()
	_, client := who(t, postgres.Config{Database: postgres.Database{URL: mcpcore.NewSecret(url)}})
	return client
}

// fails calls a tool that has to fail with these words, and no secret.
func fails(t *testing.T, client *mcptest.Client, tool string, in args, words ...string) {
	t.Helper()
	result := client.Call(tool, in)
	text := result.Text()
	if !result.IsError {
		t.Errorf("%s %v is answered: %s", tool, in, text)
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s %v: got %q, want %q in it", tool, in, text, word)
		}
	}
	if strings.Contains(text, "sesame") || strings.Contains(text, "://") {
		t.Errorf("%s %v: the address is in %q", tool, in, text)
	}
}

// activity is how many sessions beside the own one do what a condition says.
func activity(t *testing.T, s *private.Server, condition string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND "+condition).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// until waits for a number of sessions that do what a condition says.
func until(t *testing.T, s *private.Server, condition string, want int) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(20 * time.Second)
	for activity(t, s, condition) != want {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: not %d sessions, but %d", condition, want, activity(t, s, condition))
		}
	}
}

// A database that cannot be used says why and what to do, and no secret.
func TestNoConnection(t *testing.T) {
	s := started(t, private.Options{TCP: true})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := l.Addr().String()
	l.Close()
	fails(t, on(t, "postgresql://u:sesame@"+free+"/postgres"), "query", args{"sql": "SELECT 1"}, "cannot be reached", "refused", "operator")
	fails(t, on(t, "postgresql://u:sesame@no-such-host.invalid/postgres"), "query", args{"sql": "SELECT 1"}, "cannot be reached", "no-such-host.invalid")
	fails(t, on(t, fmt.Sprintf("postgresql://postgres:sesame@127.0.0.1:%d/nowhere", s.Port())), "query", args{"sql": "SELECT 1"}, "nowhere", "3D000", "another database")
	fails(t, on(t, fmt.Sprintf("postgresql://postgres:sesame@127.0.0.1:%d/postgres?sslmode=require", s.Port())), "query", args{"sql": "SELECT 1"}, "TLS")
	fails(t, on(t, fmt.Sprintf("postgresql://nobody:sesame@127.0.0.1:%d/postgres", s.Port())), "query", args{"sql": "SELECT 1"}, "nobody", "28000")
}

// A server that takes no more connections is told, and of use again when it
// does.
func TestTooManyConnections(t *testing.T) {
	s := started(t, private.Options{Settings: []string{"max_connections=4", "superuser_reserved_connections=1"}})
	superuser(t, s, "CREATE ROLE reader LOGIN")
	var held []*pgx.Conn
	for {
		conn, err := pgx.Connect(t.Context(), s.URL("reader", "postgres"))
		if err != nil {
			break
		}
		held = append(held, conn)
	}
	client := on(t, s.URL("reader", "postgres"))
	fails(t, client, "query", args{"sql": "SELECT 1"}, "53300", "try again")
	for _, conn := range held {
		conn.Close(t.Context())
	}
	until(t, s, "usename = 'reader'", 0)
	works(t, client, "query", args{"sql": "SELECT 1"})
}

// A restart ends what runs with a message, and the next call works, without
// another try.
func TestRestart(t *testing.T) {
	s := started(t, private.Options{})
	client := on(t, s.URL("postgres", "postgres"))
	works(t, client, "query", args{"sql": "SELECT 1"})
	done := make(chan string)
	go func() {
		done <- client.Call("query", args{"sql": "SELECT count(*) FROM generate_series(1, 1e12) n"}).Text()
	}()
	until(t, s, "query LIKE '%1e12%' AND state = 'active'", 1)
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-done; !strings.Contains(got, "57P01") && !strings.Contains(got, "lost") || !strings.Contains(got, "try again") {
		t.Errorf("in the midst of a query: %s", got)
	}
	works(t, client, "query", args{"sql": "SELECT 1"})
	if err := s.Restart(t.Context()); err != nil { // while nothing runs
		t.Fatal(err)
	}
	works(t, client, "query", args{"sql": "SELECT 1"})
	s.Kill()
	fails(t, client, "query", args{"sql": "SELECT 1"}, "cannot be reached")
}

// What is cancelled, or takes too long, is no longer worked at, and the next
// call works.
func TestNoWorkForNobody(t *testing.T) {
	s := started(t, private.Options{})
	client := on(t, s.URL("postgres", "postgres"))
	const sql, working = "SELECT count(*) FROM generate_series(1, 1e12) n", "query LIKE '%1e12%' AND state <> 'idle'"
	fails(t, client, "query", args{"sql": sql, "timeout_ms": 100}, "57014", "statement timeout", "LIMIT")
	until(t, s, working, 0)
	running := client.Start("tools/call", args{"name": "query", "arguments": args{"sql": sql}})
	until(t, s, working, 1)
	client.Cancel(running)
	until(t, s, working, 0)
	works(t, client, "query", args{"sql": "SELECT 1"})
}

// Texts that are no UTF-8, and a disk that is full, are the server's errors,
// with what to do.
func TestServerErrors(t *testing.T) {
	s := started(t, private.Options{Settings: []string{"temp_file_limit=64kB", "work_mem=64kB"}, SQL: "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0;\n\n"})
	client := on(t, s.URL("postgres", "postgres"))
	fails(t, client, "query", args{"sql": "SELECT $1::text", "params": []any{"a\x00b"}}, "22021", "UTF-8")
	fails(t, client, "query", args{"sql": "SELECT chr(0)"}, "54000")
	superuser(t, s, "CREATE ROLE modest LOGIN", "GRANT pg_read_all_data TO modest") // a superuser has no limit
	modest := on(t, s.URL("modest", "postgres"))
	fails(t, modest, "query", args{"sql": "SELECT n, repeat('x', 100) FROM generate_series(1, 100000) n ORDER BY 2, 1 DESC"}, "53400", "ask for less")
	works(t, modest, "query", args{"sql": "SELECT 1"})
	odd := on(t, s.URL("postgres", "ascii"))
	got := odd.Call("query", args{"sql": `SELECT E'a\xff' AS odd`})
	if text := got.Text(); got.IsError && !strings.Contains(text, "SQLSTATE") {
		t.Errorf("a value that is no UTF-8: %s", text)
	}
	works(t, odd, "query", args{"sql": "SELECT 1"})
	works(t, client, "query", args{"sql": "SELECT 1"})
}

// Of two hosts the standby answers, with its lag; without it the primary does.
// When that is killed the next call is answered by the other.
func TestFailover(t *testing.T) {
	primary := started(t, private.Options{SQL: "CREATE TABLE t (n int);\n\nINSERT INTO t VALUES (7);\n\n", Settings: []string{"wal_level=replica"}})
	standby := started(t, private.Options{Of: primary})
	hosts := func(more string) string {
		return fmt.Sprintf("postgresql:///postgres?user=postgres&host=%s,%s&port=%d,%d%s", primary.Dir(), standby.Dir(), primary.Port(), standby.Port(), more)
	}
	standby.Kill()
	either := on(t, hosts(""))
	if got := works(t, either, "server_info", nil); !strings.Contains(got, "\nprimary") {
		t.Errorf("the host that is there is not taken: %s", got)
	}
	if err := standby.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	reader := on(t, hosts(""))
	if got := works(t, reader, "server_info", nil); !strings.Contains(got, "\nreplica") || !strings.Contains(got, "behind its primary") {
		t.Errorf("the standby is not preferred, or its lag not told: %s", got)
	}
	superuser(t, primary, "INSERT INTO t VALUES (8)")
	for range 1000 { // streamed a moment later
		if strings.Contains(works(t, reader, "query", args{"sql": "SELECT count(*) AS n FROM t"}), `"2"`) {
			break
		}
	}
	primary.Kill()
	if got := works(t, either, "query", args{"sql": "SELECT n FROM t ORDER BY n"}); !strings.Contains(got, "8") {
		t.Errorf("after the primary's end: %s", got)
	}
	if got := works(t, either, "server_info", nil); !strings.Contains(got, "\nreplica") {
		t.Errorf("after the primary's end: %s", got)
	}
	fails(t, on(t, hosts("&target_session_attrs=primary")), "query", args{"sql": "SELECT 1"}, "cannot be reached")
}
