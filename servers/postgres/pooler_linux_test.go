package postgres_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/private"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

const poolerConfig = `[databases]
* = host=%s port=%d user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
ignore_startup_parameters =
logfile =
pidfile = %s
`

// pooled is the address of a server behind a PgBouncer that lends its two
// connections for a transaction at a time.
func pooled(t *testing.T, s *private.Server) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	libs := ""
	if err != nil {
		program, libs = unpackedPooler(t, s)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	config := filepath.Join(s.Dir(), "pgbouncer.ini")
	text := fmt.Sprintf(poolerConfig, s.Dir(), s.Port(), port, filepath.Join(s.Dir(), "pgbouncer.pid"))
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd, err := s.Command(context.WithoutCancel(t.Context()), program, "-q", config)
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr.Pdeathsig = 0 // this thread may end before the test does
	cmd.Env, cmd.Stderr, cmd.Stdout = append(cmd.Env, "LD_LIBRARY_PATH="+libs), t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	tick, limit := time.NewTicker(10*time.Millisecond), time.After(10*time.Second)
	defer tick.Stop()
	for {
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			conn.Close()
			return fmt.Sprintf("postgresql://postgres@127.0.0.1:%d/postgres?sslmode=disable", port)
		}
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("PgBouncer does not answer")
		}
	}
}

// unpackedPooler is Debian's, with its libraries, where the server's user can
// read them.
func unpackedPooler(t *testing.T, s *private.Server) (program, libs string) {
	t.Helper()
	libs = filepath.Join(s.Dir(), "libs")
	files, err := unpacked("pgbouncer")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	err = filepath.WalkDir(files, func(path string, _ os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(path, "/sbin/pgbouncer"):
			program = filepath.Join(s.Dir(), "pgbouncer")
			return copyTo(program, path, 0o755)
		case strings.Contains(filepath.Base(path), ".so."):
			return copyTo(filepath.Join(libs, filepath.Base(path)), path, 0o755)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return program, libs
}

// Many callers share a few connections. Nobody finds what another has left.
func TestCallersShareConnections(t *testing.T) {
	crowd(t, started(t, private.Options{SQL: postgres.SampleSQL + pooledSQL}).URL("postgres", "postgres"))
}

// crowd has many callers do what could leave something, and look for it.
func crowd(t *testing.T, url string) (client *mcptest.Client) {
	t.Helper()
	open := postgres.Config{Database: postgres.Database{URL: mcpcore.NewSecret(url), SessionSettings: []string{"app.tenant=7"}, CursorIdle: time.Second}}
	ruled := open
	ruled.Mask, ruled.CursorIdle = []string{"people.email"}, -1 // or both connections of a pooler could be held
	_, free := who(t, open)
	_, masked := who(t, ruled)
	var callers sync.WaitGroup
	for caller := range 24 {
		callers.Go(func() {
			for i := range 15 {
				n := fmt.Sprint(1000*caller + i)
				client := []*mcptest.Client{free, masked}[i%2]
				sql := "SELECT $1::text || ' of ' || current_setting('app.tenant') || ' for ' || current_user AS it"
				if got := works(t, client, "query", args{"sql": sql, "params": []string{n}}); !strings.Contains(got, `"`+n+` of 7 for pg_read_all_data"`) {
					t.Errorf("caller %s: %s", n, got)
				}
				if got := works(t, masked, "query", args{"sql": "SELECT id, email FROM people"}); !strings.Contains(got, "[masked]") {
					t.Errorf("caller %s: %s", n, got)
				}
				client.Call("query", args{"sql": "SELECT 1 / (SELECT 0)"})                                          // fails in its transaction
				client.Call("query", args{"sql": "SELECT leaves()"})                                                // a function of the user's own
				client.Call("query", args{"sql": "SELECT n FROM generate_series(1, 100000) n", "max_rows": 3})      // is cut
				client.Call("query", args{"sql": "SELECT count(*) FROM generate_series(1, 1e12)", "timeout_ms": 1}) // is cancelled
				works(t, client, "explain", args{"sql": "SELECT * FROM people WHERE id = $1"})                      // prepares
				if got := works(t, free, "query", args{"sql": foundSQL}); !strings.Contains(got, `"found": "0"`) {
					t.Errorf("caller %s finds what another has left: %s", n, got)
				}
			}
		})
	}
	callers.Wait()
	return free
}

const foundSQL = `SELECT (SELECT count(*) FROM pg_prepared_statements) + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS found`

// Through a pooler of two connections it is the same, and what others use these
// for is left alone.
func TestPooler(t *testing.T) {
	s := started(t, private.Options{SQL: postgres.SampleSQL + pooledSQL})
	url := pooled(t, s)
	if got := works(t, crowd(t, url), "server_info", nil); !strings.Contains(got, "through a pooler") {
		t.Errorf("the pooler is not noticed: %s", got)
	}
	_, client := who(t, postgres.Config{Database: postgres.Database{URL: mcpcore.NewSecret(url), CursorIdle: time.Second}})
	for range 3 { // one is held at a time, and goes on in its snapshot
		r := client.Call("query", args{"sql": "SELECT n FROM generate_series(1, 7) n", "max_rows": 4})
		m := cursorSaid.FindStringSubmatch(r.Text())
		if m == nil {
			t.Fatalf("nothing is held: %s", r.Text())
		}
		if r.Text() == "" || !strings.Contains(works(t, client, "query", args{"cursor": m[1], "format": "csv"}), "n\n5\n6\n7\n") {
			t.Error("the rest is not what it should be")
		}
	}
	changes, err := postgres.New(postgres.Config{Database: postgres.Database{URL: mcpcore.NewSecret(url), Mode: "dml"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { changes.Close() })
	changes.Options.Policy.Toolsets, changes.Options.Policy.Confirm = []string{"write"}, mcpcore.ConfirmNever
	writer := mcptest.Connect(t, changes, mcptest.Options{})
	for range 3 {
		works(t, writer, "execute", args{"sql": "UPDATE people SET id = id", "dry_run": true})
		if got := works(t, writer, "execute", args{"sql": "UPDATE people SET id = id + 1 RETURNING id"}); !strings.Contains(got, "Committed. UPDATE 1") {
			t.Errorf("got %s", got)
		}
	}
	if got := works(t, client, "query", args{"sql": "SELECT id FROM people", "format": "csv"}); !strings.HasPrefix(got, "id\n4\n") {
		t.Errorf("got %s", got)
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	for range 2 { // each holds one of the connections
		conn, err := pgx.ConnectConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.WithoutCancel(t.Context()))
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var left string
		if err := tx.QueryRow(t.Context(), leftSQL).Scan(&left); err != nil {
			t.Fatal(err)
		}
		if left != "postgres 0 0 0 0" {
			t.Errorf("in a connection of the pooler is left: %s", left)
		}
	}
}

const pooledSQL = `CREATE TABLE people (id int, email text);

INSERT INTO people VALUES (1, 'sesame@example.org');

CREATE FUNCTION leaves() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
EXECUTE 'SELECT pg_ad' || 'visory_lock(4711)';
EXECUTE 'PREPARE mine AS SELECT 1';
RETURN 1;
END $$;

`

// leftSQL is what a caller could have left.
const leftSQL = `SELECT concat_ws(' ', current_user, (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors WHERE name <> ''),
	(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'), (SELECT count(*) FROM pg_settings WHERE name IN ('statement_timeout', 'role') AND source = 'session'))`
