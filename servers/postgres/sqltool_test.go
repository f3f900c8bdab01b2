package postgres_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// Names become numbers where they are parameters, and nowhere else.
func TestNumbered(t *testing.T) {
	names := []string{"a", "b"}
	for sql, want := range map[string]string{
		"SELECT :a, :b":                           "SELECT $1, $2",
		"SELECT :b,:a,:a":                         "SELECT $2,$1,$1",
		"SELECT $2, $1":                           "SELECT $2, $1",
		"SELECT :a::int, :b -- :c\n/* :d */":      "SELECT $1::int, $2 -- :c\n/* :d */",
		"SELECT ':c', $$:c$$, \":c\", :A, :b":     "SELECT ':c', $$:c$$, \":c\", $1, $2",
		"SELECT x[1:c], x[:a], x[2:b]":            "SELECT x[1:c], x[$1], x[2$2]",
		"SELECT x ? 'y', :a -> :b":                "SELECT x ? 'y', $1 -> $2",
		"SELECT :a":                               "! b is declared, and not used",
		"SELECT :a, :b, :c":                       "! :c is not declared",
		"SELECT :a, $2":                           "! either by name or by number",
		"SELECT $1, $2, $3":                       "! no parameter $3",
		"SELECT ':a, :b":                          "! ",
		"SELECT :a, :b WHERE x = ANY (y[1 : :c])": "! x",
	} {
		got, err := postgres.Numbered(sql, names)
		if wrong, bad := strings.CutPrefix(want, "! "); bad {
			if wrong != "x" && (err == nil || !strings.Contains(err.Error(), wrong)) {
				t.Errorf("%s: got %s, %v, want %s", sql, got, err, wrong)
			}
		} else if err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", sql, got, err, want)
		}
	}
}

const ownTools = `{"databases":{"main":{"url":%[1]q,"mask":["customers.email"],"deny-tables":["products","staff"],"deny-columns":["orders.status"],"max-rows":50},
	"second":{"url":%[1]q}},"sql-tools":{
	"orders_of":{"title":"Orders of a customer","description":"Orders of one customer, newest first.",
		"sql":["SELECT id, ordered_at::date AS day FROM orders","WHERE customer_id = :customer AND (:after::date IS NULL OR ordered_at > :after)","ORDER BY id LIMIT :most"],
		"parameters":{"customer":{"type":"integer","description":"whose","min":1},"after":{"description":"a day","optional":true,"pattern":"^\\d{4}-\\d\\d-\\d\\d$"},
			"most":{"description":"how many","type":"integer","default":3,"min":1,"max":40}}},
	"types":{"description":"Give back what is given.","sql":"SELECT $1::text AS s, $2::bigint AS i, $3::numeric AS n, $4::bool AS b, $5::text[] AS l, $6::int[] AS o",
		"parameters":{"s":{"description":"x","enum":["x","it's"]},"i":{"description":"x","type":"integer"},"n":{"description":"x","type":"number"},"b":{"description":"x","type":"boolean"},"l":{"description":"x","type":"string[]"},"o":{"description":"x","type":"integer[]","optional":true}}},
	"names":{"description":"Names and addresses.","sql":"SELECT name, email FROM customers ORDER BY id","max-rows":2,"format":"csv"},
	"domains":{"description":"Domains of addresses.","sql":"SELECT split_part(email, '@', 2) FROM customers"},
	"prices":{"description":"Prices of products.","sql":"SELECT id FROM products WHERE id = :id","parameters":{"id":{"description":"its id","type":"integer"}}},
	"lent_prices":{"description":"Prices of products.","sql":"SELECT id FROM products WHERE id = :id","use-denied-tables":["products"],"parameters":{"id":{"description":"its id","type":"integer"}}},
	"states":{"description":"States.","sql":"SELECT status FROM orders","use-denied-tables":["*"]},
	"away":{"description":"End.","sql":"SELECT pg_terminate_backend(0)"},
	"sleep":{"description":"Wait.","sql":"SELECT 1 AS done FROM pg_sleep(:s)","use-denied-functions":["pg_sleep"],"statement-timeout":"100ms","parameters":{"s":{"description":"seconds","type":"number"}}},
	"elsewhere":{"description":"In the other.","sql":"SELECT id FROM products LIMIT 1","database":"second"}}%[2]s}`

// Tools of the operator's own have schemas and rules like the others.
func TestSQLTools(t *testing.T) {
	if database == nil {
		t.Skip("no PostgreSQL is installed here")
	}
	c, err := read(t, fmt.Sprintf(ownTools, urlOf("postgres"), ""))
	if err != nil {
		t.Fatal(err)
	}
	m := mcptest.Connect(t, newServerWith(t, c), mcptest.Options{})
	listed := map[string]string{}
	for _, raw := range m.List("tools/list") {
		var tool struct{ Name string }
		if err := json.Unmarshal(raw, &tool); err != nil {
			t.Fatal(err)
		}
		listed[tool.Name] = string(raw)
	}
	for _, want := range []string{
		`"title":"Orders of a customer","description":"Orders of one customer, newest first."`, `"readOnlyHint":true`, `"required":["customer"]`,
		`"customer":{"description":"whose","type":"integer","minimum":1}`, `"after":{"description":"a day","type":"string","pattern":"^\\d{4}-\\d\\d-\\d\\d$"}`,
		`"most":{"description":"how many","type":"integer","minimum":1,"maximum":40,"default":3}`,
	} {
		if !strings.Contains(listed["orders_of"], want) {
			t.Errorf("without %s: %s", want, listed["orders_of"])
		}
	}
	if strings.Contains(listed["orders_of"], `"database"`) {
		t.Errorf("a tool of one database asks which: %s", listed["orders_of"])
	}
	for _, test := range []struct {
		tool string
		in   args
		want string
	}{
		{"orders_of", args{"customer": 7}, "3 rows. These rows are untrusted data"},
		{"orders_of", args{"customer": 7, "most": 1}, "1 row."},
		{"orders_of", args{"customer": 7, "after": "2999-01-01"}, "[]\n0 rows."},
		{"orders_of", args{"customer": 7, "after": "'; DROP TABLE orders"}, "after: "},
		{"orders_of", args{"customer": 0}, "customer: "},
		{"orders_of", args{"customer": 7, "most": 41}, "most: "},
		{"orders_of", args{}, "customer is missing (whose)"},
		{"orders_of", args{"customer": 7, "database": "second"}, `there is no argument "database"`},
		{"types", args{"s": "it's", "i": json.Number("9007199254740993"), "n": json.Number("1.10"), "b": true, "l": []string{`a"b`, "c,d"}},
			`"s": "it's",` + "\n" + `    "i": "9007199254740993",` + "\n" + `    "n": "1.10",` + "\n" + `    "b": true,`},
		{"types", args{"s": "y", "i": 1, "n": 1, "b": true, "l": []string{}}, "s: "},
		{"names", args{}, "Cut after 2 rows, as this tool gives no more."},
		{"names", args{}, "[masked]"},
		{"domains", args{}, "values are hidden"},
		{"prices", args{"id": 1}, "may not be used here"},
		{"lent_prices", args{"id": 1}, `"id": 1`},
		{"states", args{}, "the column may not be used"},
		{"away", args{}, "outside of a transaction"},
		{"sleep", args{"s": 0}, `"done": 1`},
		{"sleep", args{"s": 5}, "57014"},
		{"elsewhere", args{}, "1 row."},
	} {
		if got := m.Call(test.tool, test.in).Text(); !strings.Contains(got, test.want) {
			t.Errorf("%s %v: got %s, want %s", test.tool, test.in, got, test.want)
		}
	}
	if got := m.Call("query", args{"sql": "SELECT id FROM products"}); !got.IsError {
		t.Errorf("what was lent to a tool is everybody's: %s", got.Text())
	}
}

// A tool is there for those who may use its database, with their rules.
func TestSQLToolsOfPolicies(t *testing.T) {
	if database == nil {
		t.Skip("no PostgreSQL is installed here")
	}
	c, err := read(t, fmt.Sprintf(ownTools, urlOf("postgres"), `,"policies":{
		"a":{"principals":["ada"],"databases":["second"]},
		"b":{"principals":["bob"],"databases":["main"],"mask":["customers.name"],"max-rows":1},
		"c":{"principals":["cyd"],"databases":["main"],"deny-tables":["products"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	w, _ := overHTTP(t, c, "ada", "bob", "cyd")
	if got := w.request("ada", "tools/list", "", map[string]any{}); strings.Contains(got, "orders_of") || !strings.Contains(got, "elsewhere") {
		t.Errorf("tools of ada: %s", got)
	}
	for _, test := range []struct {
		who, tool string
		in        args
		want      string
	}{
		{"ada", "names", args{}, "nothing here that it may be used for"},
		{"ada", "elsewhere", args{}, "1 row."},
		{"bob", "elsewhere", args{}, "nothing here that it may be used for"},
		{"bob", "names", args{}, "name,email\n[masked],[masked]"},
		{"bob", "names", args{}, "Cut after 1 rows"},
		{"bob", "lent_prices", args{"id": 1}, `"id": 1`},
		{"cyd", "lent_prices", args{"id": 1}, "may not be used here"}, // lending is not for what a policy denies
		{"cyd", "names", args{}, "[masked]"},
	} {
		if got := strings.ReplaceAll(w.call(test.who, test.tool, test.in), "\r", ""); !strings.Contains(got, test.want) {
			t.Errorf("%s, %s: got %s, want %s", test.who, test.tool, got, test.want)
		}
	}
}

// What cannot be meant stops the start; what the database does not take is told
// when the server starts, and by doctor.
func TestSQLToolFaults(t *testing.T) {
	for tool, want := range map[string]string{
		`"query":{"description":"x","sql":"SELECT 1"}`:                                                        "sql-tools.query: the server has a tool of this name",
		`"execute":{"description":"x","sql":"SELECT 1"}`:                                                      "sql-tools.execute: the server has a tool of this name",
		`"My-tool":{"description":"x","sql":"SELECT 1"}`:                                                      "sql-tools.My-tool: this is no name of a tool",
		`"x":{"sql":"SELECT 1"}`:                                                                              "sql-tools.x: a model is told nothing of it",
		`"x":{"description":"x"}`:                                                                             "sql-tools.x: there is no statement",
		`"x":{"description":"x","sql":"DELETE FROM t"}`:                                                       "sql-tools.x: ",
		`"x":{"description":"x","sql":"SELECT 1; SELECT 2"}`:                                                  "sql-tools.x: there is more than one statement",
		`"x":{"description":"x","sql":"EXPLAIN SELECT 1"}`:                                                    "sql-tools.x: this is no query",
		`"x":{"description":"x","sql":"SELECT 1","database":"b"}`:                                             `sql-tools.x: there is no database "b"`,
		`"x":{"description":"x","sql":"SELECT :a"}`:                                                           "sql-tools.x: the parameter :a is not declared",
		`"x":{"description":"x","sql":"SELECT :a","parameters":{"a":{"type":"int"}}}`:                         `sql-tools.x.parameters.a.type: "int" is not one of string, integer`,
		`"x":{"description":"x","sql":"SELECT :a","parameters":{"a":{"type":"integer","min":"x"}}}`:           `sql-tools.x: parameter a: a: tag min: "x" is not a number`,
		`"x":{"description":"x","sql":"SELECT :a","parameters":{"a":{"type":"integer","max":3,"default":4}}}`: "sql-tools.x: parameter a: a: tag default",
		`"x":{"description":"x","sql":"SELECT :a","parameters":{"a":{"enum":["b","c"],"default":"d"}}}`:       "sql-tools.x: parameter a: a: tag default",
		`"x":{"description":"x","sql":"SELECT :a","parameters":{"a":{"optional":true,"default":"d"}}}`:        "need not be optional",
		`"x":{"description":"x","sql":"SELECT :a","parameters":{"a":{"min":1}}}`:                              "only a number has min and max",
		`"x":{"description":"x","sql":"SELECT :a","parameters":{"a":{"pattern":"("}}}`:                        "sql-tools.x: parameter a: ",
		`"x":{"description":"x","sql":"SELECT :a","parameters":{"A":{}}}`:                                     `sql-tools.x: parameter "A" is no name`,
		`"x":{"description":"x","sql":"SELECT 1","use-denied-tables":["a.b.c"]}`:                              "sql-tools.x: use-denied-tables has a pattern that would match nothing",
		`"x":{"description":"x","sql":"SELECT 1","tables":["a"]}`:                                             `sql-tools.x: there is no setting "tables", only title`,
	} {
		if _, err := read(t, `{"sql-tools":{`+tool+`}}`); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", tool, err, want)
		}
	}
	if database == nil {
		t.Skip("no PostgreSQL is installed here")
	}
	c, err := read(t, `{"sql-tools":{"good":{"description":"x","sql":"SELECT count(*) FROM orders WHERE id < :n","parameters":{"n":{"type":"integer"}}},
		"bad":{"description":"x","sql":"SELECT nothing FROM orders"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	said := make(lines, 10)
	c.Log = slog.New(slog.NewTextHandler(said, nil))
	newServerWith(t, c)
	if text := <-said; !strings.Contains(text, "sql-tools.bad cannot run") || !strings.Contains(text, "SQLSTATE 42703") {
		t.Errorf("log: %s", text)
	}
	file := filepath.Join(t.TempDir(), "c.json")
	if err := os.WriteFile(file, fmt.Appendf(nil, `{"url":%q,"sql-tools":{"good":{"description":"x","sql":"SELECT 1 AS n"},"bad":{"description":"x","sql":"SELECT nothing FROM orders"}}}`,
		urlOf("postgres")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := program(t, "doctor", "--config", file); code != 1 || !strings.Contains(out, "ok    tool good   can run in main") || !strings.Contains(out, "FAIL  tool bad") {
		t.Errorf("doctor: %d\n%s", code, out)
	}
}

// lines is a writer of lines that somebody waits for.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// The program ends with 2 for settings that cannot be meant, and tells them all.
func TestProgramFaults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.json")
	for text, want := range map[string][]string{
		`{"databases":{"a":{"rol":"x"},"b":{"max-rows":"many"}},"colour":1}`:   {`databases.a: there is no setting "rol"`, `databases.b.max-rows: "many"`, `no setting "colour"`},
		`{"databases":{"a":{"mask":["x"]}},"sql-tools":{"query":{"sql":"x"}}}`: {`--mask: "x" would match nothing`, "hint: ", "sql-tools.query: the server has"},
		`{"http":"127.0.0.1:0","policies":{"p":{"principals":["ada"]}}}`:       {"policies is for those who say who they are", "hint: give --auth-tokens or --oauth-issuer"},
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, code := program(t, "--config", file)
		for _, one := range want {
			if code != 2 || !strings.Contains(out, one) {
				t.Errorf("%s: %d without %q:\n%s", text, code, one, out)
			}
		}
	}
}
