package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/config"
)

type place struct {
	Key   config.Secret
	Count int
	List  []string
	Parts []config.Section[part]
}

type part struct{ Type string }

// places are settings with groups, which begin with what stands outside.
type places struct {
	Count  int
	Groups []config.Section[place]
}

func declarePlaces(p *places) *config.Flags {
	*p = places{Count: 3}
	f := config.New("mcp-test")
	f.Int(&p.Count, "count", "a number")
	config.Sections(f, &p.Groups, "places", "places by their names", func(one *place, f *config.Flags) {
		one.Count = p.Count
		f.Secret(&one.Key, "key", "", "a key")
		f.Int(&one.Count, "count", "a number")
		f.Strings(&one.List, "some-list", "a list")
		config.Sections(f, &one.Parts, "parts", "parts of it", func(one *part, f *config.Flags) {
			f.String(&one.Type, "type", "what it is")
		})
	})
	return f
}

func written(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "c.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSections(t *testing.T) {
	key := written(t, "from a file\n")
	file := written(t, `{"places":{"b":{"key":"x","some_list":["a,b","c"]},"a-1":{"count":7,"parts":{"z":{"type":"int"},"y":{}}}},"count":5}`)
	env := map[string]string{"MCP_TEST_PLACES_A_1_KEY_FILE": key, "MCP_TEST_PLACES_B_COUNT": "9"}
	var got places
	f := declarePlaces(&got)
	if err := f.Parse([]string{"--config", file}, func(name string) (string, bool) { v, ok := env[name]; return v, ok }); err != nil {
		t.Fatal(err)
	}
	want := places{5, []config.Section[place]{
		{"b", place{Key: config.NewSecret("x"), Count: 9, List: []string{"a,b", "c"}}},
		{"a-1", place{Key: config.NewSecret("from a file"), Count: 7, Parts: []config.Section[part]{{"z", part{"int"}}, {"y", part{}}}}},
	}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(config.Secret{})); diff != "" {
		t.Error(diff)
	}
	if files := f.Files(); len(files) != 2 {
		t.Errorf("files: %v", files)
	}
	var help strings.Builder
	f.Help(&help)
	if text := help.String() + f.Table(); !strings.Contains(text, "places (in the file)\n      places by their names: key, count, some-list, parts") ||
		!strings.Contains(text, "| `places` (in the file) | `MCP_TEST_PLACES` |  | places by their names: `key`, `count`, `some-list`, `parts` |") {
		t.Error(text)
	}
	other := declarePlaces(&places{})
	line := func(name string) (string, bool) {
		return `{"b":{"key":"other"}}`, name == "MCP_TEST_PLACES"
	}
	if err := other.Parse(nil, line); err != nil {
		t.Fatal(err)
	}
	if now, _ := other.Changed(f); fmt.Sprint(now) != "[config count places]" {
		t.Errorf("changed: %v", now)
	}
	like := config.New("mcp-test")
	like.Like(f)
	if err := like.Parse([]string{"--config", file}, nil); err != nil {
		t.Error(err)
	}
}

// All faults are told at once, each with its place.
func TestSectionFaults(t *testing.T) {
	var p places
	file := written(t, `{"places":{"a":{"somelist":"x","none":1,"some-list":[],"some_list":[],"count":"many"},"b c":{},"d":1,"e_1":{},"e-1":{},
		"f":{"parts":{"p":{"kind":1}}},"g":{"count":[1]},"h":{"key":{}}},"other":1}`)
	err := declarePlaces(&p).Parse([]string{"--config", file, "--places=x"}, func(string) (string, bool) { return "", false })
	for _, want := range []string{
		": places.a: there is no setting \"somelist\"; did you mean some-list?",
		": places.a: there is no setting \"none\", only key, count, some-list, parts",
		": places.a: \"some-list\" stands twice",
		": places.a.count: \"many\" is not a whole number",
		": places: \"b c\" is no name: write up to 40",
		": places: d is not an object with settings",
		": places: the name \"e-1\" stands twice",
		": places.f.parts.p: there is no setting \"kind\", only type",
		": places.g: \"count\" takes one value, not a list",
		": places.h: \"key\" takes a value, not an object",
		": there is no setting \"other\"; --help lists them",
		"--places: this stands in the file that --config names, or in MCP_TEST_PLACES as JSON",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for _, text := range []string{"{", "[]"} {
		err := declarePlaces(&p).Parse(nil, func(name string) (string, bool) { return text, name == "MCP_TEST_PLACES" })
		if err == nil || !strings.Contains(err.Error(), "MCP_TEST_PLACES is not a") && !strings.Contains(err.Error(), "MCP_TEST_PLACES is not an") {
			t.Errorf("%s: got %v", text, err)
		}
	}
}
