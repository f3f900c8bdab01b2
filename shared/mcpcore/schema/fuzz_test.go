package schema_test

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

// plain has every kind of field and no rules beyond its types, so that what
// encoding/json takes must be taken, and mean the same.
type plain struct {
	S string                 `json:"s,omitzero"`
	I int                    `json:"i,omitzero"`
	T int8                   `json:"t,omitzero"`
	U uint64                 `json:"u,omitzero"`
	F float64                `json:"f,omitzero"`
	B bool                   `json:"b,omitzero"`
	D []byte                 `json:"d,omitzero"`
	L []string               `json:"l,omitzero"`
	N []int                  `json:"n,omitzero"`
	M map[string]float64     `json:"m,omitzero"`
	P *string                `json:"p,omitzero"`
	K []plain                `json:"k,omitzero"`
	J map[string]json.Number `json:"j,omitzero"`
	A any                    `json:"a,omitzero"`
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"s":"x","i":1,"t":-128,"u":18446744073709551615,"f":1e308,"b":true,"d":"aGk=","l":["a",""],"n":[1],"m":{"a":0.1},"p":"x","k":[{"s":"y"}],"j":{"a":1e400},"a":[1.0,{"x":null}]}`,
		`{"s":1}`, `{"i":"1"}`, `{"n":"[1,2]"}`, `{"k":"[{}]"}`, `{"k":{"k":{}}}`, `{"s":null}`, `{"S":"x"}`, `{"s":"a","s":"b"}`, `{"i":1e2}`, `{"t":200}`, `{"d":"x"}`,
		`{"m":{"a":1,"a":2}}`, `{"i":-0}`, `{"u":-0}`, `{"f":-0.0}`, `null`, `[]`, `"{}"`, `{"l":["\ud800"]}`, `{"a":9007199254740993}`, `{"d":"aGk\n="}`,
	} {
		f.Add([]byte(s))
	}
	typ, err := schema.For(reflect.TypeFor[plain]())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if jsonrpc.Valid(raw) != nil {
			return
		}
		var got plain
		fault := typ.Decode(raw, reflect.ValueOf(&got).Elem())
		if want, ok := strict(raw); ok {
			if fault != nil {
				t.Errorf("%s: %v", raw, fault)
			} else if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b []byte) bool { return bytes.Equal(a, b) })); diff != "" {
				t.Errorf("%s: %s", raw, diff)
			}
		}
		if fault != nil {
			return
		}
		out, err := typ.Encode(nil, reflect.ValueOf(got))
		if err != nil || jsonrpc.Valid(out) != nil {
			t.Fatalf("%s: went out as %s, %v", raw, out, err)
		}
		var again plain
		if err := typ.Decode(out, reflect.ValueOf(&again).Elem()); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if twice, err := typ.Encode(nil, reflect.ValueOf(again)); err != nil || !bytes.Equal(out, twice) {
			t.Errorf("%s went round as %s, %v", out, twice, err)
		}
	})
}

// strict is what encoding/json makes of an object, where it is one that a
// client may send: no unknown members, none twice, none of another case, null
// only where a value may be missing.
func strict(raw []byte) (plain, bool) {
	var v plain
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		return v, false
	}
	if _, err := dec.Token(); err != io.EOF || jsonrpc.Kind(raw) != '{' {
		return v, false
	}
	return v, exact(raw, true)
}

func exact(raw []byte, named bool) bool {
	seen := map[string]bool{}
	for key, value := range jsonrpc.Members(raw) {
		if seen[key] || (named && (len(key) != 1 || key[0] < 'a' || key[0] > 'z')) || (jsonrpc.Kind(value) == 'n' && key != "a") {
			return false
		}
		seen[key] = true
		switch {
		case !named:
		case key == "k":
			for _, elem := range jsonrpc.Elements(value) {
				if jsonrpc.Kind(elem) != '{' || !exact(elem, true) {
					return false
				}
			}
		case key == "m" || key == "j":
			if !exact(value, false) {
				return false
			}
		case key == "l" || key == "n" || key == "d":
			for _, elem := range jsonrpc.Elements(value) {
				if jsonrpc.Kind(elem) == 'n' || key == "d" {
					return false
				}
			}
		}
	}
	return true
}
