package schema_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

type benchIn struct {
	Path      string   `json:"path" jsonschema:"directory to list"`
	Sort      string   `json:"sort,omitzero" enum:"name,size" default:"name"`
	Limit     int      `json:"limit,omitzero" min:"1" max:"1000" default:"100"`
	Recursive bool     `json:"recursive,omitzero"`
	Exclude   []string `json:"exclude,omitzero"`
}

var benchArguments = []struct{ name, text string }{
	{"small", `{"path":"/srv/data"}`},
	{"all", `{"path":"/srv/data/reports/2026","sort":"size","limit":500,"recursive":true,"exclude":["*.tmp",".git","node_modules"]}`},
}

// Decoding that is derived from the struct, beside validation against the
// JSON Schema followed by encoding/json. The second way also rounds large
// numbers.
func BenchmarkDecode(b *testing.B) {
	for _, args := range benchArguments {
		raw := []byte(args.text)
		b.Run(args.name+"/derived", func(b *testing.B) {
			typ, err := schema.For(reflect.TypeFor[benchIn]())
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				var in benchIn
				if err := typ.Decode(raw, reflect.ValueOf(&in).Elem()); err != nil || in.Path == "" {
					b.Fatal(err)
				}
			}
		})
		b.Run(args.name+"/jsonschema-go", func(b *testing.B) {
			typ, err := schema.For(reflect.TypeFor[benchIn]())
			if err != nil {
				b.Fatal(err)
			}
			var s jsonschema.Schema
			if err := json.Unmarshal(typ.JSON(), &s); err != nil { // the same rules
				b.Fatal(err)
			}
			resolved, err := s.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				var plain map[string]any
				if err := json.Unmarshal(raw, &plain); err != nil {
					b.Fatal(err)
				}
				if err := resolved.ApplyDefaults(&plain); err != nil {
					b.Fatal(err)
				}
				if err := resolved.Validate(plain); err != nil {
					b.Fatal(err)
				}
				whole, err := json.Marshal(plain)
				if err != nil {
					b.Fatal(err)
				}
				var in benchIn
				if err := json.Unmarshal(whole, &in); err != nil || in.Path == "" {
					b.Fatal(err)
				}
			}
		})
		b.Run(args.name+"/jsonschema-go without defaults", func(b *testing.B) {
			typ, err := schema.For(reflect.TypeFor[benchIn]())
			if err != nil {
				b.Fatal(err)
			}
			var s jsonschema.Schema
			if err := json.Unmarshal(typ.JSON(), &s); err != nil {
				b.Fatal(err)
			}
			resolved, err := s.Resolve(nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				var plain map[string]any
				if err := json.Unmarshal(raw, &plain); err != nil {
					b.Fatal(err)
				}
				if err := resolved.Validate(plain); err != nil {
					b.Fatal(err)
				}
				var in benchIn
				if err := json.Unmarshal(raw, &in); err != nil || in.Path == "" {
					b.Fatal(err)
				}
			}
		})
		b.Run(args.name+"/encoding-json alone", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var in benchIn
				if err := json.Unmarshal(raw, &in); err != nil || in.Path == "" {
					b.Fatal(err)
				}
			}
		})
	}
}
