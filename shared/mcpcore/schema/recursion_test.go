package schema_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

type list struct {
	Next *list `json:"next,omitzero"`
}

type tree struct {
	Name string `json:"name,omitzero"`
	Kids []tree `json:"kids,omitzero"`
}

type forest struct {
	Roots []tree `json:"roots,omitzero"`
}

type byName struct {
	Sub map[string]byName `json:"sub,omitzero"`
}

type holder struct {
	Sub map[string]byName `json:"sub,omitzero"`
}

type ping struct {
	Pong *pong `json:"pong,omitzero"`
}

type pong struct {
	Pings []*ping `json:"pings,omitzero"`
}

// A type that holds itself, by whichever way, has a finite schema that its
// values hold to.
func TestRecursive(t *testing.T) {
	for _, test := range []struct {
		v    any
		text string
	}{
		{list{}, `{"next":{"next":{}}}`},
		{&list{}, `{"next":{"next":{}}}`},
		{tree{}, `{"name":"a","kids":[{"name":"b","kids":[{"name":"c"}]}]}`},
		{forest{}, `{"roots":[{"name":"a","kids":[{"name":"b"}]}]}`},
		{byName{}, `{"sub":{"a":{"sub":{"b":{}}}}}`},
		{holder{}, `{"sub":{"a":{"sub":{"b":{}}}}}`},
		{ping{}, `{"pong":{"pings":[{"pong":{"pings":[{}]}}]}}`},
		{struct {
			A *pong  `json:"a,omitzero"`
			B []ping `json:"b,omitzero"`
		}{}, `{"a":{"pings":[{}]},"b":[{"pong":{}}]}`},
	} {
		typ, err := schema.For(reflect.TypeOf(test.v))
		if err != nil {
			t.Errorf("%T: %v", test.v, err)
			continue
		}
		validator, err := mcptest.Compile(typ.JSON())
		if err != nil {
			t.Errorf("%T: %v in %s", test.v, err, typ.JSON())
			continue
		}
		var plain any
		if err := json.NewDecoder(strings.NewReader(test.text)).Decode(&plain); err != nil {
			t.Fatal(err)
		}
		if err := validator.Validate(plain); err != nil {
			t.Errorf("%T: %v", test.v, err)
		}
		into := reflect.New(reflect.TypeOf(test.v)).Elem()
		if err := typ.Decode([]byte(test.text), into); err != nil {
			t.Errorf("%T: %v", test.v, err)
		}
		if got, err := typ.Encode(nil, into); err != nil || string(got) != test.text {
			t.Errorf("%T: got %s, %v, want %s", test.v, got, err, test.text)
		}
	}
}
