package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// web is a server over HTTP, where everybody has to say who they are.
type web struct {
	t      *testing.T
	server *httptest.Server
}

func token(name string) string { return name + "-0123456789abcdef" }

// overHTTP serves settings to the principals of these names.
func overHTTP(t *testing.T, c postgres.Config, names ...string) (*web, *mcpcore.Server) {
	t.Helper()
	var principals []string
	for _, name := range names {
		principals = append(principals, fmt.Sprintf(`{"name":%q,"token":%q,"scopes":["mcp:read"]}`, name, token(name)))
	}
	file := filepath.Join(t.TempDir(), "tokens.json")
	if err := os.WriteFile(file, []byte(`{"principals":[`+strings.Join(principals, ",")+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	tokens, err := auth.LoadTokens(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := postgres.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s.Options.Policy.Toolsets = []string{"default", "perf"}
	handler := s.Handler(mcpcore.HTTPOptions{Guard: &auth.Guard{Verifiers: []auth.Verifier{tokens}}})
	w := &web{t, httptest.NewServer(handler)}
	t.Cleanup(func() {
		handler.Drain()
		w.server.Close()
		s.Close()
	})
	return w, s
}

// request asks on behalf of somebody, and returns the result or the error.
func (w *web) request(who, method, name string, params map[string]any) string {
	w.t.Helper()
	params["_meta"] = map[string]any{"io.modelcontextprotocol/protocolVersion": "2026-07-28",
		"io.modelcontextprotocol/clientInfo": args{"name": "test", "version": "1"}, "io.modelcontextprotocol/clientCapabilities": args{}}
	body, err := json.Marshal(args{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		w.t.Error(err)
		return ""
	}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+"/mcp", strings.NewReader(string(body)))
	if err != nil {
		w.t.Error(err)
		return ""
	}
	for key, value := range map[string]string{
		"Authorization": "Bearer " + token(who), "Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": method, "Mcp-Name": name,
	} {
		if value != "" {
			r.Header.Set(key, value)
		}
	}
	res, err := w.server.Client().Do(r)
	if err != nil {
		w.t.Error(err)
		return ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Error(err)
	}
	return string(text)
}

// call is the text of a tool's result.
func (w *web) call(who, tool string, in args) string {
	w.t.Helper()
	raw := w.request(who, "tools/call", tool, map[string]any{"name": tool, "arguments": in})
	var answer struct {
		Result struct{ Content []struct{ Text string } }
		Error  struct{ Message string }
	}
	if err := json.Unmarshal([]byte(raw), &answer); err != nil {
		return raw
	}
	text := answer.Error.Message
	for _, block := range answer.Result.Content {
		text += block.Text + "\n"
	}
	return text
}

const tenantsSQL = `CREATE SCHEMA shared; CREATE TABLE shared.notes (tenant int, note text, secret text);
	INSERT INTO shared.notes VALUES (1, 'of ada', 'hush-1'), (2, 'of bob', 'hush-2'), (3, 'of nobody', 'hush-3');
	ALTER TABLE shared.notes ENABLE ROW LEVEL SECURITY;
	CREATE POLICY own ON shared.notes USING (tenant = nullif(current_setting('app.tenant', true), '')::int);
	CREATE TABLE shared.plans (plan text); INSERT INTO shared.plans VALUES ('hush-plan');
	CREATE FUNCTION shared.peek() RETURNS text STABLE LANGUAGE sql AS 'SELECT string_agg(secret, '','') FROM shared.notes';
	CREATE VIEW shared.busy AS SELECT query FROM pg_stat_activity;
	CREATE VIEW shared.reading AS SELECT plan FROM shared.plans`

func policies(t *testing.T) (*web, *mcpcore.Server) {
	t.Helper()
	if database == nil {
		t.Skip("no PostgreSQL is installed here")
	}
	change(t, tenantsSQL)
	t.Cleanup(func() { change(t, "DROP SCHEMA shared CASCADE") })
	c, err := read(t, fmt.Sprintf(`{"databases":{"main":{"url":%[1]q,"max-rows":100},"second":{"url":%[1]q,"description":"the other"}},"policies":{
		"a":{"principals":["ada"],"databases":["main"],"session-settings":["app.tenant=1"],"mask":["shared.notes.secret"],"deny-tables":["plans"]},
		"b":{"principals":["bob"],"session-settings":["app.tenant=2"],"max-rows":2},
		"c":{"principals":["b*"],"max-rows":50,"allow-schemas":["shared","public"]}}}`, urlOf("postgres")))
	if err != nil {
		t.Fatal(err)
	}
	return overHTTP(t, c, "ada", "bob", "eve")
}

// Two principals at once, on the same connections, each with rules of his own.
func TestPolicies(t *testing.T) {
	w, _ := policies(t)
	const notes = "SELECT note, secret FROM shared.notes"
	for _, test := range []struct {
		who, tool    string
		in           args
		want, wanted string // and what must not be there
	}{
		{"ada", "query", args{"sql": notes}, `"note": "of ada",` + "\n" + `    "secret": "[masked]"`, "hush"},
		{"bob", "query", args{"sql": notes}, `"note": "of bob",` + "\n" + `    "secret": "hush-2"`, "of ada"},
		{"ada", "query", args{"sql": "SELECT upper(secret) FROM shared.notes"}, "values are hidden", "HUSH"},
		{"bob", "query", args{"sql": "SELECT upper(secret) FROM shared.notes"}, "HUSH-2", "HUSH-1"},
		{"ada", "query", args{"sql": "SELECT * FROM shared.plans"}, "may not be used here", "hush"},
		{"ada", "query", args{"sql": "SELECT * FROM shared.reading"}, "may not be used here", "hush"},
		{"bob", "query", args{"sql": "SELECT * FROM shared.reading"}, "hush-plan", ""},
		{"ada", "query", args{"sql": "SELECT shared.peek()"}, "it may read what is hidden here", "hush"},
		{"ada", "query", args{"sql": "SELECT histogram_bounds FROM pg_stats"}, "it holds values of columns that are hidden", ""},
		{"ada", "query", args{"sql": "SELECT set_config('app.tenant', '2', false)"}, "set_config", ""},
		{"ada", "query", args{"sql": "SELECT generate_series(1, 200)"}, "Cut after 100 rows", ""},
		{"bob", "query", args{"sql": "SELECT generate_series(1, 200)", "max_rows": 90}, "Cut after 2 rows", ""},
		{"bob", "query", args{"sql": "SELECT query FROM pg_stat_activity"}, "it shows what others do here", ""},
		{"bob", "query", args{"sql": "SELECT * FROM shared.busy"}, "it leads to pg_stat_activity", ""},
		{"bob", "query", args{"sql": "SELECT * FROM hr.staff"}, "may not be used here", ""},
		{"ada", "query", args{"sql": "SELECT 1", "database": "second"}, "is not one of main", ""},
		{"bob", "query", args{"sql": "SELECT 1 AS one", "database": "second"}, `"one": 1`, ""},
		{"ada", "list_objects", args{"schema": "shared"}, "shared.notes", "plans"},
		{"bob", "list_objects", args{"schema": "shared"}, "shared.plans", ""},
		{"ada", "describe", args{"object": "shared.notes"}, "masked", ""},
		{"bob", "describe", args{"object": "shared.notes"}, "secret", "masked"},
		{"ada", "search_schema", args{"pattern": "plan"}, "shared.reading.plan", "shared.plans"},
		{"ada", "explain", args{"sql": "SELECT * FROM shared.plans"}, "may not be used here", ""},
		{"ada", "server_info", args{}, "PostgreSQL", "second"},
		{"bob", "server_info", args{}, "second (the other): PostgreSQL", "main (the other)"},
		{"bob", "top_queries", args{}, "statements of others are not shown here", ""},
		{"eve", "query", args{"sql": "SELECT 1"}, "nothing here that it may be used for", ""},
	} {
		got := w.call(test.who, test.tool, test.in)
		if !strings.Contains(got, test.want) || test.wanted != "" && strings.Contains(got, test.wanted) {
			t.Errorf("%s, %s %v: got %s, want %q and not %q", test.who, test.tool, test.in, got, test.want, test.wanted)
		}
	}
	var all sync.WaitGroup
	for i := range 8 {
		who, own := "ada", "of ada"
		if i%2 == 1 {
			who, own = "bob", "of bob"
		}
		all.Go(func() {
			for range 25 {
				got := w.call(who, "query", args{"sql": notes})
				if !strings.Contains(got, own) || strings.Contains(got, "hush-1") || who == "ada" && strings.Contains(got, "hush") {
					t.Errorf("%s: %s", who, got)
					return
				}
			}
		})
	}
	all.Wait()
}

// Nobody sees what others do, in whatever tool.
func TestOthersOfPolicies(t *testing.T) {
	w, _ := policies(t)
	ctx, stop := context.WithCancel(t.Context())
	var other sync.WaitGroup
	other.Go(func() {
		conn, err := pgx.Connect(ctx, urlOf("postgres"))
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.WithoutCancel(ctx))
		_, _ = conn.Exec(ctx, "SELECT 1 AS hush_sleep FROM pg_sleep(60)") // until it is cancelled
	})
	defer other.Wait()
	defer stop()
	operator := mcptest.Connect(t, toolsets(newServer(t), "perf"), mcptest.Options{})
	for !strings.Contains(operator.Call("activity", nil).Text(), "hush_sleep") {
		if t.Context().Err() != nil {
			t.Fatal("the other session is not seen")
		}
	}
	if got := w.call("bob", "activity", args{}); !strings.Contains(got, "pid ") || strings.Contains(got, "hush") {
		t.Errorf("activity: %s", got)
	}
}

func toolsets(s *mcpcore.Server, names ...string) *mcpcore.Server {
	s.Options.Policy.Toolsets = names
	return s
}

// Lists are those of whoever asks, and nobody may keep them for others.
func TestListsOfPolicies(t *testing.T) {
	w, _ := policies(t)
	second := "postgres://postgres@localhost/postgres;second/"
	for _, test := range []struct {
		who, method  string
		want, wanted string
	}{
		{"ada", "tools/list", `"name":"query"`, `"database":`},
		{"bob", "tools/list", `"enum":["main","second"],"default":"main"`, ""},
		{"eve", "tools/list", `"tools":[]`, "query"},
		{"ada", "resources/list", base + "shared/notes/schema", "second"},
		{"ada", "resources/list", base + "er.mmd", "plans"},
		{"bob", "resources/list", second + "shared/plans/schema", "staff"},
		{"eve", "resources/list", `"resources":[]`, "postgres://"},
		{"ada", "resources/templates/list", base + "{schema}", "second"},
		{"bob", "resources/templates/list", second + "{schema}/{table}/schema", ""},
		{"eve", "resources/templates/list", `"resourceTemplates":[]`, "postgres://"},
	} {
		got := w.request(test.who, test.method, "", map[string]any{})
		if !strings.Contains(got, test.want) || test.wanted != "" && strings.Contains(got, test.wanted) || !strings.Contains(got, `"cacheScope":"private"`) {
			t.Errorf("%s, %s: got %s, want %q and not %q", test.who, test.method, got, test.want, test.wanted)
		}
	}
	for _, test := range []struct{ who, uri, want, wanted string }{
		{"ada", base + "shared/notes/schema", "secret", ""},
		{"ada", base + "shared/plans/schema", "not found", "text"},
		{"bob", base + "shared/plans/schema", "plan", ""},
		{"ada", base + "er.mmd", "notes", "plans"},
		{"bob", base + "er.mmd", "plans", "staff"},
		{"ada", second + "shared/notes/schema", "not found", "secret"},
		{"bob", second + "shared/notes/schema", "secret", ""},
		{"eve", base + "shared/notes/schema", "not found", "secret"},
	} {
		got := w.request(test.who, "resources/read", test.uri, map[string]any{"uri": test.uri})
		if !strings.Contains(got, test.want) || test.wanted != "" && strings.Contains(got, test.wanted) {
			t.Errorf("%s, %s: got %s, want %q and not %q", test.who, test.uri, got, test.want, test.wanted)
		}
	}
}

// Who has something hidden from them is not told of changes, and nobody of those
// of others' databases.
func TestNoticesOfPolicies(t *testing.T) {
	_, s := policies(t)
	for _, revision := range []string{"2025-06-18", mcptest.Latest()} {
		for _, test := range []struct{ who, uri, want string }{
			{"ada", base + "shared/notes/schema", "is hidden from you"},
			{"ada", "postgres://postgres@localhost/postgres;second/shared/notes/schema", "not found"},
			{"eve", base + "shared/notes/schema", "not found"},
		} {
			c := mcptest.Connect(t, s, mcptest.Options{Revision: revision, As: &auth.Principal{ID: test.who, Trusted: true}})
			if revision != mcptest.Latest() {
				if e := c.Refused("resources/subscribe", args{"uri": test.uri}); !strings.Contains(e.Message, test.want) {
					t.Errorf("%s, %s: %v", test.who, test.uri, e)
				}
				continue
			}
			listening := c.Start("subscriptions/listen", args{"notifications": args{"resourceSubscriptions": []string{test.uri}}})
			if ack := string(c.WaitNotifications("notifications/subscriptions/acknowledged", 1)[0].Params); strings.Contains(ack, test.uri) {
				t.Errorf("%s, %s: %s", test.who, test.uri, ack)
			}
			c.Cancel(listening)
		}
	}
}

// Settings for row-level security are of no use for who passes by it.
func TestSettingsOfNoUse(t *testing.T) {
	c := mcptest.Connect(t, newServerWith(t, postgres.Config{Database: postgres.Database{SessionSettings: []string{"app.tenant=1"}, Role: "postgres"}}), mcptest.Options{})
	if got := works(t, c, "server_info", nil); !strings.Contains(got, "row-level security does not hold for postgres") {
		t.Errorf("got %s", got)
	}
	c = mcptest.Connect(t, newServerWith(t, postgres.Config{Database: postgres.Database{SessionSettings: []string{"app.tenant=1"}}}), mcptest.Options{})
	if got := works(t, c, "server_info", nil); strings.Contains(got, "of no use") {
		t.Errorf("got %s", got)
	}
}

// A policy can only narrow, and one that cannot be meant stops the start.
func TestPolicyFaults(t *testing.T) {
	for file, want := range map[string]string{
		`{"policies":{"p":{"databases":["main"]}}}`:                                                                       "policy p: it is for nobody",
		`{"policies":{"p":{"principals":["a"],"databases":["sales"]}}}`:                                                   `policy p: there is no database "sales"`,
		`{"policies":{"p":{"principals":["a"],"mask":["email"]}}}`:                                                        `policy p: --mask: "email" would match nothing`,
		`{"policies":{"p":{"principals":["a"],"max-rows":-1}}}`:                                                           "policy p: a limit is below 0",
		`{"policies":{"p":{"principals":["a"],"role":"x"}}}`:                                                              `policies.p: there is no setting "role", only principals`,
		`{"policies":{"p":{"principals":["a"],"url":"x"}}}`:                                                               `policies.p: there is no setting "url", only principals`,
		`{"session-settings":["app.tenant=1"],"policies":{"p":{"principals":["a"],"session-settings":["App.Tenant=2"]}}}`: "app.tenant is set by the database main",
		`{"policies":{"p":{"principals":["a"],"session-settings":["role=postgres"]}}}`:                                    `"role=postgres" is none`,
	} {
		if _, err := read(t, file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", file, err, want)
		}
	}
	if database == nil {
		t.Skip("no PostgreSQL is installed here")
	}
	c, err := read(t, `{"mask":["customers.email"],"max-rows":5,"deny-tables":["products"],"allow-functions":["peeking"],"policies":{
		"wide":{"principals":["ada"],"max-rows":900,"allow-schemas":["*"]},
		"one":{"principals":["bob"],"session-settings":["app.tenant=1"]},"two":{"principals":["*"],"session-settings":["APP.tenant=2"]}}}`)
	if err != nil {
		t.Fatal(err)
	}
	change(t, "CREATE FUNCTION peeking() RETURNS int STABLE LANGUAGE sql AS 'SELECT 1'")
	defer change(t, "DROP FUNCTION peeking()")
	c.URL = mcpcore.NewSecret(urlOf("postgres"))
	if got := works(t, mcptest.Connect(t, newServerWith(t, c), mcptest.Options{}), "query", args{"sql": "SELECT peeking()"}); !strings.Contains(got, "1 row") {
		t.Errorf("for the operator: %s", got)
	}
	w, _ := overHTTP(t, c, "ada", "bob")
	for sql, want := range map[string]string{
		"SELECT generate_series(1, 20)":        "Cut after 5 rows",
		"SELECT email FROM customers LIMIT 1":  "[masked]",
		"SELECT * FROM products":               "may not be used here",
		"SELECT peeking()":                     "it may read what is hidden here", // the policy does not let it be called
		"SELECT current_setting('app.tenant')": `"2"`,
		"SELECT pg_terminate_backend(1)":       "outside of a transaction",
		"DELETE FROM customers":                "read-only",
	} {
		if got := w.call("ada", "query", args{"sql": sql}); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", sql, got, want)
		}
	}
	if got := w.call("bob", "query", args{"sql": "SELECT 1"}); !strings.Contains(got, "nothing here that it may be used for") {
		t.Errorf("two policies that contradict each other: %s", got)
	}
}
