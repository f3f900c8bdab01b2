package mcpcore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

type chooseIn struct {
	Database string `json:"database,omitzero" jsonschema:"which one"`
	Text     string `json:"text,omitzero"`
}

// The values of an argument depend on who calls: they are shown, and taken,
// only as far as they are the caller's.
func TestChoices(t *testing.T) {
	of := map[string][]string{"": {"main", "sales"}, "ada": {"sales", "audit"}, "bob": {"audit"}, "eve": nil}
	choices := func(p *auth.Principal) []string {
		if p == nil {
			return of[""]
		}
		return of[p.ID]
	}
	s := mcpcore.New(mcpcore.Info{Name: "chooser"},
		mcpcore.Read("where", "Say where.", func(_ context.Context, in chooseIn) (string, error) { return in.Database, nil },
			mcpcore.Choices("database", choices)),
		mcpcore.Read("other", "Say nothing.", func(context.Context, struct{}) (string, error) { return "", nil },
			mcpcore.OnlyFor(func(p *auth.Principal) bool { return p == nil || p.ID == "ada" })))
	defer s.Close()
	for _, test := range []struct{ who, shown, none, good, bad string }{
		{"", `"enum":["main","sales"],"default":"main"`, "main", "sales", "audit"},
		{"ada", `"enum":["sales","audit"],"default":"sales"`, "sales", "audit", "main"},
		{"bob", "", "audit", "audit", "sales"},
		{"eve", "nothing", "", "", "main"},
	} {
		var o mcptest.Options
		if test.who != "" {
			o.As = &auth.Principal{ID: test.who, Trusted: true}
		}
		c := mcptest.Connect(t, s, o)
		var schema string
		for _, raw := range c.List("tools/list") {
			var tool struct {
				Name        string
				InputSchema json.RawMessage
			}
			if err := json.Unmarshal(raw, &tool); err != nil {
				t.Fatal(err)
			}
			if tool.Name == "where" {
				schema = string(tool.InputSchema)
			}
		}
		if theirs, got := test.who == "" || test.who == "ada", c.Call("other", nil); got.IsError == theirs {
			t.Errorf("%s: what is not for all: %s", test.who, got.Text())
		}
		switch {
		case test.shown == "nothing":
			if schema != "" || !c.Call("where", nil).IsError || !c.Call("where", map[string]any{"database": "main"}).IsError {
				t.Errorf("%s: there is %s", test.who, schema)
			}
			continue
		case test.shown == "" && (schema == "" || strings.Contains(schema, "database")), !strings.Contains(schema, test.shown):
			t.Errorf("%s: got %s, want %s", test.who, schema, test.shown)
		}
		if got := c.Call("where", nil); got.Text() != test.none {
			t.Errorf("%s: without: %s", test.who, got.Text())
		}
		if got := c.Call("where", map[string]any{"database": test.good}); got.IsError || got.Text() != test.good {
			t.Errorf("%s: with %s: %s", test.who, test.good, got.Text())
		}
		if got := c.Call("where", map[string]any{"database": test.bad}); !got.IsError || !strings.Contains(got.Text(), "database: ") {
			t.Errorf("%s: with %s: %s", test.who, test.bad, got.Text())
		}
	}
}

// A tool may be described while the program runs.
func TestReadAs(t *testing.T) {
	input := reflect.StructOf([]reflect.StructField{
		{Name: "A", Type: reflect.TypeFor[string](), Tag: `json:"name" enum:"x,y"`},
		{Name: "B", Type: reflect.TypeFor[*int64](), Tag: `json:"count,omitzero" min:"1" default:"7"`},
	})
	s := mcpcore.New(mcpcore.Info{Name: "described"}, mcpcore.ReadAs("told", "Tell.", input, func(_ context.Context, in reflect.Value) (string, error) {
		return fmt.Sprint(in.Field(0), " ", in.Field(1).Elem()), nil
	}))
	defer s.Close()
	c := mcptest.Connect(t, s, mcptest.Options{})
	if got := string(c.List("tools/list")[0]); !strings.Contains(got, `"properties":{"name":{"type":"string","enum":["x","y"]},"count":{"type":"integer","minimum":1,"default":7}},"required":["name"]`) {
		t.Errorf("got %s", got)
	}
	if got := c.Call("told", map[string]any{"name": "y"}); got.Text() != "y 7" {
		t.Errorf("got %s", got.Text())
	}
	if got := c.Call("told", map[string]any{"name": "z", "count": 0}); !got.IsError || !strings.Contains(got.Text(), "z") {
		t.Errorf("got %s", got.Text())
	}
}
