package postgres_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/config"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

type section = config.Section[postgres.Database]

// read makes settings of a file and a command line.
func read(t *testing.T, file string, line ...string) (postgres.Config, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "postgres.json")
	if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	var c postgres.Config
	f := config.New("mcp-postgres")
	c.Flags(f)
	if err := f.Parse(append([]string{"--config", name}, line...), func(string) (string, bool) { return "", false }); err != nil {
		return c, err
	}
	return c, c.Validate()
}

// urlOf is that of the shared database, or of another one on its server.
func urlOf(name string) string { return database.URL("postgres", name) }

// Several databases are told apart by an argument, which nobody sees who has
// only one.
func TestSeveralDatabases(t *testing.T) {
	if database == nil {
		t.Skip("no PostgreSQL is installed here")
	}
	change(t, "CREATE DATABASE second")
	defer change(t, "DROP DATABASE second WITH (FORCE)")
	file := fmt.Sprintf(`{"deny-tables":["products"],"max-rows":7,"databases":{
		"main":{"url":%q,"deny-tables":["customers"],"description":"the shop"},
		"second":{"url":%q,"max-rows":2},
		"again":{"url":%q,"allow-schemas":["hr"]}}}`, urlOf("postgres"), urlOf("second"), urlOf("postgres"))
	c, err := read(t, file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := postgres.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := mcptest.Connect(t, s, mcptest.Options{})
	for _, tool := range m.List("tools/list") {
		if !strings.Contains(string(tool), `"database":{"description":"which one","type":"string","enum":["main","second","again"],"default":"main"}`) {
			t.Errorf("without the argument: %s", tool)
		}
	}
	if tools := fmt.Sprintf("%s", served(t).List("tools/list")); strings.Contains(tools, `"database"`) {
		t.Errorf("one database, and an argument for it: %s", tools)
	}
	const which = "SELECT current_database() AS d"
	for _, q := range []struct{ database, want string }{{"", "postgres"}, {"second", "second"}, {"again", "postgres"}} {
		in := args{"sql": which}
		if q.database != "" {
			in["database"] = q.database
		}
		if got := works(t, m, "query", in); !strings.Contains(got, `"d": "`+q.want+`"`) {
			t.Errorf("%s: %s", q.database, got)
		}
	}
	if got := m.Call("query", args{"sql": which, "database": "third"}); !got.IsError || !strings.Contains(got.Text(), "main, second, again") {
		t.Errorf("third: %s", got.Text())
	}
	for _, denied := range []string{"products", "customers"} { // outside, and in the group
		if got := m.Call("query", args{"sql": "SELECT * FROM " + denied}); !got.IsError || !strings.Contains(got.Text(), "may not be used here") {
			t.Errorf("%s: %s", denied, got.Text())
		}
	}
	for name, rows := range map[string]int{"main": 7, "second": 2} {
		if got := works(t, m, "query", args{"sql": "SELECT generate_series(1, 20)", "database": name}); !strings.Contains(got, fmt.Sprintf("Cut after %d rows", rows)) {
			t.Errorf("%s: %s", name, got)
		}
	}
	info := works(t, m, "server_info", args{"database": "second"})
	for _, want := range []string{"database second", "databases:\n  main (the shop): PostgreSQL ", "\n  second: this one\n  again: PostgreSQL "} {
		if !strings.Contains(info, want) {
			t.Errorf("server_info without %q: %s", want, info)
		}
	}
	if got := works(t, m, "list_schemas", args{"database": "again"}); strings.Contains(got, "public") || !strings.Contains(got, "hr") {
		t.Errorf("schemas: %s", got)
	}
	if got := m.GetPrompt("health_report", nil)[0].Content.Text; !strings.Contains(got, "to be named to each tool as database: main (the shop), second, again.") {
		t.Errorf("prompt: %s", got)
	}
	testResourcesOfEach(t, m)
}

func testResourcesOfEach(t *testing.T, m *mcptest.Client) {
	again := strings.TrimSuffix(base, "/") + ";again/"
	listed := fmt.Sprintf("%s", m.List("resources/list"))
	for _, want := range []string{`"` + base + `er.mmd","name":"main diagram"`, `"postgres://postgres@localhost/second/settings","name":"second settings"`, `"` + again + `hr/staff/schema"`} {
		if !strings.Contains(listed, want) {
			t.Errorf("resources without %s: %s", want, listed)
		}
	}
	if strings.Contains(listed, again+"orders") || strings.Contains(listed, "/products/") {
		t.Errorf("resources that rules deny: %s", listed)
	}
	m.Read(again + "hr/staff/schema")
	m.Refused("resources/read", args{"uri": again + "orders/schema"})
	m.Refused("resources/read", args{"uri": "postgres://postgres@localhost/second/orders/schema"})
	var short []struct {
		Column string `json:"column_name"`
	}
	if err := json.Unmarshal([]byte(m.Read(strings.TrimSuffix(base, "postgres/") + "orders/schema")[0].Text), &short); err != nil || len(short) == 0 {
		t.Errorf("by the old URI: %v, %v", short, err)
	}
	if got := m.Complete(again+"{schema}", "schema", "", nil).Values; fmt.Sprint(got) != "[hr]" {
		t.Errorf("completion: %v", got)
	}
}

// Names, and what is outside of groups.
func TestDatabasesOfSettings(t *testing.T) {
	for _, q := range []struct {
		file string
		line []string
		want string // of the error
	}{
		{`{}`, []string{"postgresql://h/d"}, ""},
		{`{}`, []string{"host=h dbname=d"}, ""},
		{`{}`, []string{"a=postgresql://h/d", "b=postgres://h/e"}, ""},
		{`{"databases":{"a":{},"b":{"url":"postgresql://h/e"}}}`, []string{"postgresql://h/d"}, ""},
		{`{"databases":{"a":{"role":"x"}}}`, []string{"b=postgresql://h/d"}, ""},
		{`{}`, []string{"postgresql://h/d", "postgresql://h/e"}, "not each has a name"},
		{`{}`, []string{"a=postgresql://h/d", "postgresql://h/e"}, "not each has a name"},
		{`{"databases":{"a":{"url":"postgresql://h/e"}}}`, []string{"postgresql://h/d"}, "not each has a name"},
		{`{"databases":{"a":{}}}`, []string{"a=postgresql://h/d"}, "two databases are called a"},
		{`{"demo":true,"databases":{"a":{}}}`, nil, "--demo brings"},
		{`{"databases":{"a":{"rol":"x"},"b":{"maxrows":1}}}`, nil, `did you mean max-rows?`},
		{`{"databases":{"a":{"deny-columns":["x"],"session-settings":["role=a"]},"b":{"mask":"y"}}}`, nil, `--mask: "y" would match nothing`},
	} {
		_, err := read(t, q.file, q.line...)
		if (err == nil) != (q.want == "") || err != nil && !strings.Contains(err.Error(), q.want) {
			t.Errorf("%s %v: got %v, want %q", q.file, q.line, err, q.want)
		}
	}
	if _, err := postgres.New(postgres.Config{Databases: []section{{Name: "a", Settings: postgres.Database{URL: mcpcore.NewSecret("postgres://h:port/d")}}}}); err == nil || !strings.Contains(err.Error(), "database a") {
		t.Errorf("a URL that is none: %v", err)
	}
}

// A server with all that a file can hold passes the suite too.
func TestSuiteOfFile(t *testing.T) {
	if database == nil {
		t.Skip("no PostgreSQL is installed here")
	}
	c, err := read(t, fmt.Sprintf(ownTools, urlOf("postgres"), `,"policies":{"p":{"principals":["ada"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	mcptest.Suite(t, func() *mcpcore.Server { return newServerWith(t, c) }, mcptest.Limits{ToolsList: 12_000})
}
