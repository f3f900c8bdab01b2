package schema_test

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

type edit struct {
	OldText string `json:"oldText" jsonschema:"text to find"`
	NewText string `json:"newText,omitzero"`
}

type input struct {
	Path    string            `json:"path" jsonschema:"file to read"`
	Sort    string            `json:"sort,omitzero" enum:"name,size" default:"name"`
	Limit   int               `json:"limit,omitzero" min:"1" max:"1000" default:"100"`
	Name    string            `json:"name,omitzero" pattern:"^[a-z]+$" minLength:"2" maxLength:"4" alias:"label,tag_name"`
	Tags    []string          `json:"tags,omitzero" minItems:"1" maxItems:"3" enum:"a,b,c"`
	Sizes   []int             `json:"sizes,omitzero"`
	Ratio   float64           `json:"ratio,omitzero" min:"0.5" max:"1.5"`
	Tiny    int8              `json:"tiny,omitzero"`
	Big     uint64            `json:"big,omitzero"`
	Deep    bool              `json:"deep,omitzero"`
	Edits   []edit            `json:"edits,omitzero"`
	Labels  map[string]int    `json:"labels,omitzero"`
	Since   *time.Time        `json:"since,omitzero"`
	Data    []byte            `json:"data,omitzero"`
	Pair    [2]int            `json:"pair,omitzero"`
	Any     any               `json:"any,omitzero"`
	Raw     json.RawMessage   `json:"raw,omitzero"`
	Number  json.Number       `json:"number,omitzero"`
	Strings map[string]string `json:"strings,omitzero"`
}

func decode(t *testing.T, text string) (input, error) {
	t.Helper()
	typ, err := schema.For(reflect.TypeFor[input]())
	if err != nil {
		t.Fatal(err)
	}
	var in input
	return in, typ.Decode([]byte(text), reflect.ValueOf(&in).Elem())
}

// What a model sends wrongly, and the words it gets.
func TestRefused(t *testing.T) {
	const all = "path, sort, limit, name, tags, sizes, ratio, tiny, big, deep, edits, labels, since, data, pair, any, raw, number, strings"
	for _, test := range []struct{ text, want string }{
		{`{}`, `path is missing (file to read)`},
		{`null`, `path is missing (file to read)`},
		{`[]`, `[] is not an object with ` + all},
		{`"x"`, `"x" is not an object with ` + all},
		{`{"path":null}`, `path is missing (file to read)`},
		{`{"path":"p","sort":"x"}`, `sort: "x" is not one of name, size`},
		{`{"path":"p","sort":""}`, `sort: "" is not one of name, size`},
		{`{"path":"p","Sort":"size"}`, `there is no argument "Sort"; did you mean sort?`},
		{`{"path":"p","s_o-rt":"size"}`, `there is no argument "s_o-rt"; did you mean sort?`},
		{`{"path":"p","depth":1}`, `there is no argument "depth", only ` + all},
		{`{"path":"p","path":"q"}`, `path is given twice`},
		{`{"path":"p","name":"ab","label":"cd"}`, `label is given twice`},
		{`{"path":{}}`, `path: {} is not a string`},
		{`{"path":true}`, `path: true is not a string`},
		{`{"path":["a"]}`, `path: ["a"] is not a string`},
		{`{"path":"p","limit":0}`, `limit: 0 is less than 1`},
		{`{"path":"p","limit":1001}`, `limit: 1001 is more than 1000`},
		{`{"path":"p","limit":1.5}`, `limit: 1.5 is not a whole number`},
		{`{"path":"p","limit":"many"}`, `limit: "many" is not a whole number`},
		{`{"path":"p","limit":""}`, `limit: "" is not a whole number`},
		{`{"path":"p","limit":[]}`, `limit: [] is not a whole number`},
		{`{"path":"p","limit":1e400}`, `limit: 1e400 is not a whole number`},
		{`{"path":"p","limit":99999999999999999999}`, `limit: 99999999999999999999 is out of range`},
		{`{"path":"p","tiny":128}`, `tiny: 128 is out of range`},
		{`{"path":"p","big":-1}`, `big: -1 is less than 0`},
		{`{"path":"p","big":18446744073709551616}`, `big: 18446744073709551616 is out of range`},
		{`{"path":"p","ratio":0.4}`, `ratio: 0.4 is less than 0.5`},
		{`{"path":"p","ratio":2}`, `ratio: 2 is more than 1.5`},
		{`{"path":"p","ratio":1e999}`, `ratio: 1e999 is out of range`},
		{`{"path":"p","ratio":"NaN"}`, `ratio: "NaN" is not a number`},
		{`{"path":"p","deep":"maybe"}`, `deep: "maybe" is not true or false`},
		{`{"path":"p","deep":1}`, `deep: 1 is not true or false`},
		{`{"path":"p","name":"a"}`, `name: 1 characters long, at least 2 needed`},
		{`{"path":"p","name":"abcde"}`, `name: 5 characters long, at most 4 taken`},
		{`{"path":"p","name":"A1"}`, `name: "A1" does not match ^[a-z]+$`},
		{`{"path":"p","tags":[]}`, `tags: 0 given, at least 1 needed`},
		{`{"path":"p","tags":["a","b","c","a"]}`, `tags: 4 given, at most 3 taken`},
		{`{"path":"p","tags":["a","z"]}`, `tags[1]: "z" is not one of a, b, c`},
		{`{"path":"p","tags":[null]}`, `tags[0]: null is not a string`},
		{`{"path":"p","sizes":[1,"x"]}`, `sizes[1]: "x" is not a whole number`},
		{`{"path":"p","edits":[{"newText":"x"}]}`, `edits[0]: oldText is missing (text to find)`},
		{`{"path":"p","edits":[{"oldText":"x"},{"oldText":5,"old":1}]}`, `edits[1]: there is no argument "old", only oldText, newText`},
		{`{"path":"p","edits":[{"oldText":{}}]}`, `edits[0].oldText: {} is not a string`},
		{`{"path":"p","edits":"x"}`, `edits[0]: "x" is not an object with oldText, newText`},
		{`{"path":"p","labels":{"a":"x"}}`, `labels.a: "x" is not a whole number`},
		{`{"path":"p","labels":[1]}`, `labels: [1] is not an object`},
		{`{"path":"p","data":"%"}`, `data: not base64`},
		{`{"path":"p","pair":[1]}`, `pair: 1 given, 2 needed`},
		{`{"path":"p","number":"x"}`, `number: "x" is not a number`},
		{`{"path":{},"limit":0}`, `path: {} is not a string; limit: 0 is less than 1`},
	} {
		_, err := decode(t, test.text)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.text, diff)
		}
	}
}

// What a model means is taken, where it can mean only one thing.
func TestTaken(t *testing.T) {
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, test := range []struct {
		text string
		want input
	}{
		{`{"path":"p"}`, input{}},
		{`{"path":"p","limit":null,"tags":null,"since":null}`, input{}},
		{`{"path":"p","limit":"42"}`, input{Limit: 42}},
		{`{"path":"p","limit":42.0}`, input{Limit: 42}},
		{`{"path":"p","limit":4e1}`, input{Limit: 40}},
		{`{"path":42}`, input{Path: "42"}},
		{`{"path":1e400}`, input{Path: "1e400"}},
		{`{"path":"p","tags":"a"}`, input{Tags: []string{"a"}}},
		{`{"path":"p","sizes":7}`, input{Sizes: []int{7}}},
		{`{"path":"p","sizes":"7"}`, input{Sizes: []int{7}}},
		{`{"path":"p","sizes":"[1, 2]"}`, input{Sizes: []int{1, 2}}},
		{`{"path":"p","edits":"[{\"oldText\":\"x\"}]"}`, input{Edits: []edit{{OldText: "x"}}}},
		{`{"path":"p","edits":{"oldText":"x"}}`, input{Edits: []edit{{OldText: "x"}}}},
		{`"{\"path\":\"p\"}"`, input{}},
		{`{"path":"p","deep":"true"}`, input{Deep: true}},
		{`{"path":"p","label":"ab"}`, input{Name: "ab"}},
		{`{"path":"p","tag_name":"ab"}`, input{Name: "ab"}},
		{`{"path":"p","labels":"{\"a\":1}"}`, input{Labels: map[string]int{"a": 1}}},
		{`{"path":"p","since":"2026-01-02T03:04:05Z"}`, input{Since: &when}},
		{`{"path":"p","data":"aGk="}`, input{Data: []byte("hi")}},
		{`{"path":"p","pair":[1,2]}`, input{Pair: [2]int{1, 2}}},
		{`{"path":"p","big":18446744073709551615}`, input{Big: math.MaxUint64}},
		{`{"path":"p","big":-0}`, input{}},
		{`{"path":"p","number":1e400}`, input{Number: "1e400"}},
		{`{"path":"p","number":"9007199254740993"}`, input{Number: "9007199254740993"}},
		{`{"path":"p","any":9007199254740993}`, input{Any: json.Number("9007199254740993")}},
		{`{"path":"p","any":[1.0,{"a":-0}]}`, input{Any: []any{json.Number("1.0"), map[string]any{"a": json.Number("-0")}}}},
		{`{"path":"p","any":null}`, input{}},
		{`{"path":"p","raw":{"n": 1.0}}`, input{Raw: json.RawMessage(`{"n": 1.0}`)}},
		{`{"path":"p","raw":null}`, input{Raw: json.RawMessage(`null`)}},
		{`{"path":"\u00e9\ud83d\ude00\n"}`, input{Path: "é😀\n"}},
	} {
		want := test.want
		if want.Path == "" {
			want.Path = "p"
		}
		if want.Sort = "name"; want.Limit == 0 {
			want.Limit = 100
		}
		got, err := decode(t, test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", test.text, diff)
		}
	}
}

// A type that cannot be described is a mistake that is told at the start.
func TestNotDescribable(t *testing.T) {
	for _, v := range []any{
		make(chan int), func() {}, complex(1, 1), map[int]string{},
		struct{ C chan int }{},
		struct {
			A int `json:"a" default:"x"`
		}{},
		struct {
			A string `json:"a" enum:"x,y" default:"z"`
		}{},
		struct {
			A string `json:"a" pattern:"("`
		}{},
		struct {
			A int `json:"a" min:"x"`
		}{},
		struct {
			A []int `json:"a" minItems:"x"`
		}{},
		struct {
			A int `json:"a,string"`
		}{},
		struct {
			A int `json:"a"`
			B int `json:"b" alias:"a"`
		}{},
	} {
		if _, err := schema.For(reflect.TypeOf(v)); err == nil {
			t.Errorf("%T: got no error", v)
		}
	}
}
