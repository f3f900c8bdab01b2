package postgres_test

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
)

// exact are values in whose digits or characters nothing may change: an
// expression, its text in CSV and TSV before quoting, and its JSON.
var exact = []struct{ sql, text, json string }{
	{"9223372036854775807::bigint", "9223372036854775807", `"9223372036854775807"`},
	{"(-9223372036854775808)::bigint", "-9223372036854775808", `"-9223372036854775808"`},
	{"2147483647", "2147483647", "2147483647"},
	{"'NaN'::numeric", "NaN", `"NaN"`},
	{"'-Infinity'::numeric", "-Infinity", `"-Infinity"`},
	{"repeat('123456789.', 1)::numeric", "123456789", `"123456789"`},
	{"('1' || repeat('0', 998) || '7')::numeric", "1" + strings.Repeat("0", 998) + "7", `"1` + strings.Repeat("0", 998) + `7"`},
	{"1.10::numeric", "1.10", `"1.10"`},
	{"0.1::float8", "0.1", "0.1"},
	{"1e300::float8", "1e+300", "1e+300"},
	{"'NaN'::float8", "NaN", `"NaN"`},
	{"'\\xdeadbeef00'::bytea", `\xdeadbeef00`, `"\\xdeadbeef00"`},
	{"true", "t", "true"},
	{"ARRAY[1,NULL,3]", "{1,NULL,3}", "[1,null,3]"},
	{"ARRAY[[1,2],[3,4]]", "{{1,2},{3,4}}", "[[1,2],[3,4]]"},
	{"ARRAY['a','NULL','b,c','d\"e',NULL,'']::text[]", `{a,"NULL","b,c","d\"e",NULL,""}`, `["a","NULL","b,c","d\"e",null,""]`},
	{"'{}'::int[]", "{}", "[]"},
	{"'[0:1]={7,8}'::int[]", "[0:1]={7,8}", `"[0:1]={7,8}"`},
	{"ARRAY[9007199254740993]::bigint[]", "{9007199254740993}", `["9007199254740993"]`},
	{"ARRAY['{\"a\":1}'::jsonb]", `{"{\"a\": 1}"}`, `[{"a":1}]`},
	{"int4range(1, 5)", "[1,5)", `"[1,5)"`},
	{"'1 year 2 mons 3 days 04:05:06.000007'::interval", "1 year 2 mons 3 days 04:05:06.000007", `"1 year 2 mons 3 days 04:05:06.000007"`},
	{"'2026-01-02 03:04:05.678901+00'::timestamptz", "2026-01-02 03:04:05.678901+00", `"2026-01-02 03:04:05.678901+00"`},
	{"'infinity'::timestamp", "infinity", `"infinity"`},
	{"'0044-03-15 BC'::date", "0044-03-15 BC", `"0044-03-15 BC"`},
	{"'{\"n\": 12345678901234567890.10, \"n\": 2}'::json", `{"n": 12345678901234567890.10, "n": 2}`, `{"n":12345678901234567890.10,"n":2}`},
	{"'[1, {\"b\": null}]'::jsonb", `[1, {"b": null}]`, `[1,{"b":null}]`},
	{"'<a>x</a>'::xml", "<a>x</a>", `"<a>x</a>"`},
	{"E'tab\\tline\\nquote\" comma, \\\\ snow ☃'", "tab\tline\nquote\" comma, \\ snow ☃", `"tab\tline\nquote\" comma, \\ snow ☃"`},
	{"ROW(1, 'x y', NULL)", `(1,"x y",)`, `"(1,\"x y\",)"`},
	{"NULL", "", "null"},
	{"''", "", `""`},
}

func TestExact(t *testing.T) {
	c := served(t)
	for _, e := range exact {
		ask := func(format string) string {
			res := c.Call("query", map[string]any{"sql": "SELECT " + e.sql + " AS v", "format": format})
			if res.IsError {
				t.Fatalf("%s as %s: %s", e.sql, format, res.Content[0].Text)
			}
			return res.Content[0].Text
		}
		text := ask("json")
		var rows []map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &rows); err != nil || len(rows) != 1 {
			t.Fatalf("%s: %v: %s", e.sql, err, text)
		}
		if got := squeezed(string(rows[0]["v"])); got != squeezed(e.json) {
			t.Errorf("%s as JSON: got %s, want %s", e.sql, got, e.json)
		}
		records, err := csv.NewReader(strings.NewReader(ask("csv"))).ReadAll()
		if e.sql != "NULL" && (err != nil || len(records) != 2 || records[1][0] != e.text) {
			t.Errorf("%s as CSV: got %q, %v, want %q", e.sql, records, err, e.text)
		}
		_, line, _ := strings.Cut(ask("tsv"), "\n")
		want := strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`).Replace(e.text)
		if e.sql == "NULL" {
			want = `\N`
		}
		if strings.TrimSuffix(line, "\n") != want {
			t.Errorf("%s as TSV: got %q, want %q", e.sql, line, want)
		}
		if table := ask("markdown"); strings.Count(table, "\n") != 3 {
			t.Errorf("%s as Markdown is not three lines: %q", e.sql, table)
		}
	}
}

// squeezed is JSON without the white space between its parts.
func squeezed(text string) string {
	var out strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			out.WriteByte(c)
			i++
			out.WriteByte(text[i])
			continue
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\n'):
			continue
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// Columns of one name are all there.
func TestSameNames(t *testing.T) {
	c := served(t)
	res := c.Call("query", map[string]any{"sql": `SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a`})
	var rows []map[string]int
	if err := json.Unmarshal([]byte(res.Content[0].Text), &rows); err != nil || len(rows) != 1 || len(rows[0]) != 4 {
		t.Errorf("got %s, %v", res.Content[0].Text, err)
	}
}
