package corpus_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/corpus"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/private"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

const dir = "../../testdata/corpus"

// secrets are what no answer and no error may hold.
var secrets = []string{"sesame", "SCRAM-SHA-256", "root:x:0"}

// state is a text of all that an attack could change.
const state = `SELECT concat_ws(E'\n',
	(SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM customers c), (SELECT md5(string_agg(o::text, ',' ORDER BY id)) FROM orders o),
	(SELECT string_agg(j::text, ',') FROM journal j), (SELECT string_agg(g::text, ',') FROM größen g),
	(SELECT string_agg(loid || encode(data, 'escape'), ',' ORDER BY loid) FROM pg_largeobject),
	(SELECT string_agg(concat(sequencename, last_value), ',' ORDER BY 1) FROM pg_sequences),
	(SELECT md5(string_agg(concat(oid, relname, relowner, relacl, reltuples, relrowsecurity), ',' ORDER BY oid)) FROM pg_class WHERE relnamespace::regnamespace::text !~ 'toast'),
	(SELECT string_agg(DISTINCT nspname, ',') FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'),
	(SELECT md5(string_agg(concat(oid, proname, prosecdef, proacl), ',' ORDER BY oid)) FROM pg_proc), (SELECT count(*) FROM pg_collation),
	(SELECT md5(string_agg(a::text, ',' ORDER BY oid)) FROM pg_authid a), (SELECT string_agg(s::text, ',') FROM pg_db_role_setting s),
	(SELECT string_agg(extname, ',' ORDER BY 1) FROM pg_extension), (SELECT string_agg(datname, ',' ORDER BY 1) FROM pg_database),
	(SELECT string_agg(slot_name, ',') FROM pg_replication_slots), (SELECT string_agg(roname, ',') FROM pg_replication_origin),
	(SELECT count(*) FROM pg_prepared_xacts), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
	(SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()), (SELECT stats_reset FROM pg_stat_bgwriter),
	pg_conf_load_time(), pg_is_in_recovery(), (SELECT md5(string_agg(d, ',' ORDER BY d)) FROM pg_ls_dir('.') d),
	(SELECT modification FROM pg_stat_file('/tmp/out', true)), (SELECT md5(pg_read_file('postgresql.auto.conf'))))`

// seen is what the next caller finds in a session.
const seen = `SELECT current_user, session_user, md5(string_agg(name || setting, ',' ORDER BY name)),
	(SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors), (SELECT count(*) FROM pg_listening_channels()) FROM pg_settings WHERE name !~ '^pg_trgm'`

// TestServer runs the corpus through the guard on a real server: as a superuser,
// as the owner of the tables, and as someone who may read them. After each
// attack nothing has changed, nothing has leaked, and the next caller finds the
// session as it was.
func TestServer(t *testing.T) {
	if testing.Short() {
		t.Skip("runs every statement three times")
	}
	setup, err := os.ReadFile(filepath.Join(dir, "setup.sql"))
	if err != nil {
		t.Fatal(err)
	}
	cases, err := corpus.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	server := start(t, string(setup))
	watcher := connect(t, server.URL("postgres", "postgres"))
	installed := ask(t, watcher, "SELECT string_agg(extname, ' ') FROM pg_extension")
	for _, login := range []string{"postgres", "owner", "reader"} {
		t.Run(login, func(t *testing.T) {
			r := runner{source: source(t, server.URL(login, "postgres")), watcher: watcher, superuser: login == "postgres", right: map[string]int{}, all: map[string]int{}}
			r.session = r.query(t.Context(), seen, 0).text
			r.state = ask(t, watcher, state)
			for _, c := range cases {
				if c.Needs != "" && !slices.Contains(strings.Fields(installed), c.Needs) {
					t.Logf("%s/%s: %s is not installed", c.Group, c.Name, c.Needs)
					continue
				}
				r.all[c.Group]++
				if faults := r.judge(t, c); len(faults) > 0 {
					t.Errorf("%s/%s: %s\n%s", c.Group, c.Name, c.SQL, strings.Join(faults, "\n"))
				} else {
					r.right[c.Group]++
					told(t, c)
				}
			}
			for _, group := range slices.Sorted(maps.Keys(r.all)) {
				t.Logf("%-10s %3d of %3d", group, r.right[group], r.all[group])
			}
		})
	}
}

// every has each case told, and not their numbers alone.
var every = flag.Bool("every", false, "tell of every case")

// told tells of a case that went right.
func told(t *testing.T, c corpus.Case) {
	t.Helper()
	if *every {
		t.Logf("right: %s/%s, %s: %.100q", c.Group, c.Name, cmp.Or(c.Stops, "answered"), c.SQL)
	}
}

type runner struct {
	source         *guard.Source
	watcher        *pgconn.PgConn
	superuser      bool
	state, session string
	right, all     map[string]int
}

func source(t *testing.T, url string) *guard.Source {
	t.Helper()
	return sourceOf(t, guard.Database{URL: url, Connections: 1})
}

func sourceOf(t *testing.T, d guard.Database) *guard.Source {
	t.Helper()
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

// start starts a server of its own.
func start(t testing.TB, setup string) *private.Server {
	t.Helper()
	server, err := private.Start(t.Context(), private.Options{SQL: setup, Settings: []string{"autovacuum=off", "shared_preload_libraries=plpgsql"}})
	if errors.Is(err, private.ErrNotInstalled) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server
}

func connect(t testing.TB, url string) *pgconn.PgConn {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// ask is one value, asked for behind the guard's back.
func ask(t *testing.T, conn *pgconn.PgConn, sql string) string {
	t.Helper()
	r := conn.ExecParams(t.Context(), sql, nil, nil, nil, nil).Read()
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	return string(r.Rows[0][0])
}

// answer is what a statement brought.
type answer struct {
	guard.Answer
	text string
	err  error
}

type lines struct{ strings.Builder }

func (l *lines) Columns(columns []guard.Column) { fmt.Fprintln(l, columns) }
func (l *lines) Row(values [][]byte)            { fmt.Fprintf(l, "%s\n", values) }

func (r *runner) query(ctx context.Context, sql string, limit time.Duration) answer {
	var out lines
	a, err := r.source.Query(ctx, guard.Query{SQL: sql, Timeout: limit}, &out)
	return answer{a, out.String(), err}
}

// judge runs a case and says what is wrong with what came of it.
func (r *runner) judge(t *testing.T, c corpus.Case) (faults []string) {
	limit := time.Duration(0)
	if c.Stops == corpus.Limits {
		limit = 200 * time.Millisecond // of what takes hours, or its answer is too large
	}
	got := r.query(t.Context(), c.SQL, limit)
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if c.Group == corpus.Legitimate {
		if got.err != nil {
			fault("is refused: %v", got.err)
		}
		return faults
	}
	return r.weigh(t, c, got)
}

// weigh says what is wrong with what came of an attack.
func (r *runner) weigh(t *testing.T, c corpus.Case, got answer) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	stopped := ""
	if got.err != nil {
		stopped = got.err.Error() + "\n" + mcpcore.HintOf(got.err)
	}
	for _, secret := range secrets {
		if strings.Contains(got.text+stopped, secret) {
			fault("leaks %q", secret)
		}
	}
	if !r.expected(c, got, stopped) {
		fault("stopped by %q, not by %s; rows %d", stopped, c.Stops, got.Rows)
	}
	if c.Stops == corpus.Limits {
		r.awaitIdle(t, c.SQL)
	}
	if state := ask(t, r.watcher, state); state != r.state {
		fault("changes the database:\n%s\nwas:\n%s", state, r.state)
		r.state = state
	}
	if session := r.query(t.Context(), seen, 0); session.err != nil || session.text != r.session {
		fault("changes the session: %s %v, was %s", session.text, session.err, r.session)
		r.session = session.text
	}
	return faults
}

// awaitIdle returns when the server no longer works at a statement.
func (r *runner) awaitIdle(t *testing.T, sql string) {
	t.Helper()
	const works = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query = $1"
	for range 10_000 {
		res := r.watcher.ExecParams(t.Context(), works, [][]byte{[]byte(sql)}, nil, nil, nil).Read()
		if res.Err != nil {
			t.Fatal(res.Err)
		}
		if string(res.Rows[0][0]) == "0" {
			return
		}
	}
	t.Errorf("the server still works at %s", sql)
}

// expected tells whether a case was stopped by what it says. Other logins than
// the superuser may be stopped sooner, for lack of rights.
func (r *runner) expected(c corpus.Case, got answer, stopped string) bool {
	rule := mcpcore.RuleOf(got.err)
	code, fromServer := strings.CutPrefix(c.Stops, "server ")
	denied := strings.Contains(stopped, "SQLSTATE 42501")
	switch {
	case c.Rule() != "":
		return rule == c.Rule()
	case c.Stops == corpus.Harmless:
		return true
	case !r.superuser && denied:
		return true
	case c.Stops == corpus.Names:
		return rule == gate.RuleName || strings.Contains(stopped, "SQLSTATE 42883") // of an extension that is not installed
	case c.Stops == corpus.Role:
		return denied
	case c.Stops == corpus.Limits:
		return got.err != nil || got.More
	}
	return fromServer && strings.Contains(stopped, "SQLSTATE "+code) || rule == c.Stops && rule != ""
}
