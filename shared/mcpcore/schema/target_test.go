package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/schema"
)

type part struct {
	Channel string `json:"channel,omitzero" audit:"target"`
	Text    string `json:"text,omitzero"`
}

type touching struct {
	Path   string   `json:"path,omitzero" audit:"target" alias:"file_path"`
	Where  string   `json:"where" audit:"target" default:"here"`
	Number *int     `json:"number,omitzero" audit:"target"`
	Others []string `json:"others,omitzero" audit:"target"`
	Parts  []part   `json:"parts,omitzero"`
	Inner  *part    `json:"inner,omitzero"`
	Secret string   `json:"secret,omitzero"`
}

// Targets are found wherever they stand, also in arguments that are refused.
func TestTargets(t *testing.T) {
	typ, err := schema.For(reflect.TypeFor[touching]())
	if err != nil {
		t.Fatal(err)
	}
	if !typ.HasTargets() {
		t.Error("there are targets")
	}
	for raw, want := range map[string][]string{
		``:                                       {"here"},
		`{}`:                                     {"here"},
		`{"where":null}`:                         {"here"},
		`{"path":"a","secret":"s"}`:              {"a", "here"},
		`{"file_path":"a","where":"b"}`:          {"a", "b"},
		`{"others":["a","b"],"where":"w"}`:       {"a", "b", "w"},
		`{"others":"a","where":"w"}`:             {"a", "w"},
		`{"others":"[\"a\",\"b\"]","where":"w"}`: {"a", "b", "w"},
		`{"number":7,"where":"w"}`:               {"7", "w"},
		`{"path":{"no":"text"},"where":"w"}`:     {"w"},
		`{"nothing":1,"path":"a","path":"b"}`:    {"a", "b", "here"},
		`{"parts":[{"channel":"c","text":"t"},{"text":"t"}],"inner":{"channel":"d"},"where":"w"}`: {"c", "d", "w"},
		`{"inner":"{\"channel\":\"d\"}","where":"w"}`:                                             {"d", "w"},
		`{"others":["a","b","c","d","e","f"],"where":"w"}`:                                        {"a", "b", "c", "d", "e"},
		`[1,2]`: {"here"},
	} {
		if diff := cmp.Diff(want, typ.Targets([]byte(raw), 5)); diff != "" {
			t.Errorf("%s: %s", raw, diff)
		}
	}
}

func TestTargetTags(t *testing.T) {
	type none struct {
		Text string `json:"text"`
	}
	if typ, err := schema.For(reflect.TypeFor[none]()); err != nil || typ.HasTargets() {
		t.Errorf("got a target, %v", err)
	}
	type wrongTag struct {
		Text string `json:"text" audit:"tragte"`
	}
	type wrongType struct {
		Part part `json:"part" audit:"target"`
	}
	for want, in := range map[string]reflect.Type{
		`"tragte" is not target`:       reflect.TypeFor[wrongTag](),
		"only texts and whole numbers": reflect.TypeFor[wrongType](),
	} {
		if _, err := schema.For(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", in, err, want)
		}
	}
}
