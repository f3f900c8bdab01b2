package postgres_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// The resource of a table is what information_schema says of it, as the
// archived reference server gave it; also by the URI that that one listed.
func TestTableResource(t *testing.T) {
	c := served(t)
	var tables []struct{ Schema, Name string }
	if err := json.Unmarshal([]byte(c.Call("query", args{"sql": `SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
		WHERE table_schema !~ '^(pg_|information_schema)'`}).Content[0].Text), &tables); err != nil || len(tables) < 10 {
		t.Fatal(tables, err)
	}
	short := strings.TrimSuffix(base, "postgres/")
	for _, table := range tables {
		literal := func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
		want := c.Call("query", args{"sql": "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = " + literal(table.Schema) +
			" AND table_name = " + literal(table.Name) + " ORDER BY ordinal_position"}).Content[0].Text
		uris := []string{base + url.PathEscape(table.Schema) + "/" + url.PathEscape(table.Name) + "/schema"}
		if table.Schema == "public" {
			uris = append(uris, base+table.Name+"/schema", short+table.Name+"/schema")
		}
		for _, uri := range uris {
			if got := c.Read(uri); len(got) != 1 || got[0].Text != want || got[0].MIMEType != "application/json" || got[0].URI != uri {
				t.Errorf("%s: got %+v, want %s", uri, got, want)
			}
		}
	}
}

func TestFigures(t *testing.T) {
	c := served(t)
	var chosen []struct{ Name, Setting string }
	if err := json.Unmarshal([]byte(c.Read(base + "settings")[0].Text), &chosen); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, s := range chosen {
		names[s.Name] = s.Setting
	}
	if names["max_connections"] != "50" || names["data_directory"] != "" || names["statement_timeout"] != "" {
		t.Errorf("settings: %v", names)
	}
	var used []struct {
		Schema, Table string
		Bytes         int64
	}
	if err := json.Unmarshal([]byte(c.Read(base + "stats")[0].Text), &used); err != nil || len(used) < 10 {
		t.Fatal(used, err)
	}
	if used[0].Table != "order_lines" || used[0].Bytes < 100_000 {
		t.Errorf("the largest table is %+v", used[0])
	}
	s := newServerWith(t, postgres.Config{Database: postgres.Database{DenyTables: []string{"order_lines"}}})
	if text := mcptest.Connect(t, s, mcptest.Options{}).Read(base + "stats")[0].Text; strings.Contains(text, "order_lines") || !strings.Contains(text, "customers") {
		t.Errorf("statistics of a denied table: %s", text)
	}
}

// Nothing is asked of a database before somebody wants to know.
func TestResourcesLater(t *testing.T) {
	s, err := postgres.New(postgres.Config{Database: postgres.Database{URL: mcpcore.NewSecret("postgres://nobody:sesame@127.0.0.1:1/none")}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := mcptest.Connect(t, s, mcptest.Options{})
	if got := c.List("resources/templates/list"); len(got) != 4 || !strings.Contains(string(got[2]), `"postgres://nobody@127.0.0.1:1/none/{schema}/{table}/schema"`) {
		t.Errorf("templates: %s", got)
	}
	if e := c.Refused("resources/list", nil); !strings.Contains(e.Message, "cannot be reached") || strings.Contains(e.Message, "sesame") {
		t.Errorf("resources/list: %v", e)
	}
}

// Changes of the schema are told to those who asked, each of what has changed.
func TestNotices(t *testing.T) {
	for i, revision := range []string{"2025-06-18", mcptest.Latest()} {
		t.Run(revision, func(t *testing.T) {
			ticks, stopped := make(chan time.Time), make(chan struct{})
			s := newServerWith(t, postgres.Config{}.WithTicks(ticks, func() { close(stopped) }))
			c := mcptest.Connect(t, s, mcptest.Options{Revision: revision})
			name := fmt.Sprintf("noticed_%d", i)
			change(t, "CREATE SCHEMA "+name+"; CREATE TABLE "+name+".a (id int); CREATE TABLE "+name+".b (id int)")
			defer change(t, "DROP SCHEMA "+name+" CASCADE")
			a, b := base+name+"/a/schema", base+name+"/b/schema"
			var listening *mcptest.Pending
			if revision == mcptest.Latest() {
				listening = c.Start("subscriptions/listen", args{"notifications": args{
					"resourcesListChanged": true, "resourceSubscriptions": []string{a, b, base + "stats", "postgres://other/table/schema"}}})
				ack := string(c.WaitNotifications("notifications/subscriptions/acknowledged", 1)[0].Params)
				if !strings.Contains(ack, `"resourceSubscriptions":["`+a+`","`+b+`"]`) {
					t.Errorf("acknowledged: %s", ack)
				}
			} else {
				for _, uri := range []string{a, b} {
					if _, err := c.Request("resources/subscribe", args{"uri": uri}); err != nil {
						t.Error(err)
					}
				}
				c.Refused("resources/subscribe", args{"uri": base + "stats"})
			}
			tick := func() { ticks <- time.Time{} } // comes back when a round has ended
			told := func(n int, uri string) {
				t.Helper()
				tick()
				got := c.WaitNotifications("notifications/resources/updated", n)
				if len(got) != n || !strings.Contains(string(got[n-1].Params), `"`+uri+`"`) {
					t.Errorf("got %s, want one of %s", got, uri)
				}
			}
			tick()
			change(t, "ALTER TABLE "+name+".a ADD name text")
			told(1, a)
			change(t, "INSERT INTO "+name+".a VALUES (1, 'x')") // is none of the schema
			tick()
			tick()
			change(t, "ALTER TABLE "+name+".b ALTER id TYPE bigint")
			told(2, b)
			if got := c.Notifications("notifications/resources/list_changed"); len(got) != 0 {
				t.Errorf("the list has not changed: %v", got)
			}
			change(t, "DROP TABLE "+name+".b")
			told(3, b)
			c.WaitNotifications("notifications/resources/list_changed", 1)
			if listening != nil {
				c.Cancel(listening)
			} else {
				for _, uri := range []string{a, b} {
					if _, err := c.Request("resources/unsubscribe", args{"uri": uri}); err != nil {
						t.Error(err)
					}
				}
			}
			<-stopped // nobody listens, and nothing is asked
		})
	}
}

func TestPrompts(t *testing.T) {
	c := served(t)
	for name, arguments := range map[string]map[string]string{
		"explore_database": nil, "diagnose_slow_query": {"sql": "SELECT '```'"}, "design_schema": {"purpose": "bookings"}, "review_indexes": nil, "health_report": nil,
	} {
		messages := c.GetPrompt(name, arguments)
		if len(messages) != 1 || messages[0].Role != "user" {
			t.Fatalf("%s: %+v", name, messages)
		}
		for _, value := range arguments {
			if !strings.Contains(messages[0].Content.Text, value) {
				t.Errorf("%s: without %q: %s", name, value, messages[0].Content.Text)
			}
		}
	}
	if text := c.GetPrompt("diagnose_slow_query", map[string]string{"sql": "SELECT '```'"})[0].Content.Text; !strings.Contains(text, "````sql\nSELECT '```'\n````") {
		t.Errorf("the query ends its block: %s", text)
	}
	if text := c.GetPrompt("explore_database", map[string]string{"goal": "find the zebra"})[0].Content.Text; !strings.Contains(text, "find the zebra") {
		t.Errorf("without the goal: %s", text)
	}
}

// What rules leave is found behind any number of tables that they do not.
func TestManyDenied(t *testing.T) {
	s := newServerWith(t, postgres.Config{Database: postgres.Database{DenyTables: []string{"crowd_*"}}})
	change(t, "CREATE SCHEMA \"A crowd\"; DO $$ BEGIN FOR i IN 1..1100 LOOP EXECUTE format('CREATE TABLE \"A crowd\".crowd_%s ()', i); END LOOP; END $$")
	defer change(t, `DROP SCHEMA "A crowd" CASCADE`)
	c := mcptest.Connect(t, s, mcptest.Options{})
	if got := fmt.Sprintf("%s", c.List("resources/list")); strings.Contains(got, "crowd_") || !strings.Contains(got, "hr/staff/schema") {
		t.Errorf("resources: %s", got)
	}
	if got := works(t, c, "search_schema", args{"pattern": "crow*"}); strings.Contains(got, "crowd_") {
		t.Errorf("search: %s", got)
	}
	if got := works(t, c, "search_schema", args{"pattern": "r"}); strings.Contains(got, "crowd_") || !strings.Contains(got, "hr.raise(text)") {
		t.Errorf("search: %s", got)
	}
	if got := works(t, c, "list_objects", args{"limit": 1000}); strings.Contains(got, "crowd_") || !strings.Contains(got, "public.orders table") {
		t.Errorf("list: %s", got)
	}
	if got := works(t, c, "list_schemas", nil); !strings.Contains(got, "\"A crowd\": empty") {
		t.Errorf("schemas: %s", got)
	}
}
