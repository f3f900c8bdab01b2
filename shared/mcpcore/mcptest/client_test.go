package mcptest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

type greetIn struct {
	Name  string   `json:"name" jsonschema:"whom to greet"`
	Loud  bool     `json:"loud,omitzero" jsonschema:"in capitals"`
	Times int      `json:"times,omitzero" jsonschema:"how often" min:"1" max:"9" default:"1"`
	Also  []string `json:"also,omitzero" jsonschema:"further names"`
}

type greetOut struct {
	Words []string `json:"words" jsonschema:"what was said"`
}

func newServer() *mcpcore.Server {
	s := mcpcore.New(mcpcore.Info{Name: "mcp-greet", Version: "1"},
		mcpcore.Read("greet", "Greet somebody.", func(_ context.Context, in greetIn) (greetOut, error) {
			return greetOut{Words: []string{"hello", in.Name}}, nil
		}),
		mcpcore.Delete("forget_name", "Forget a name, after asking.", func(ctx context.Context, in greetIn) (string, error) {
			if err := mcpcore.Confirm(ctx, "Forget "+in.Name+"?"); err != nil {
				return "", err
			}
			return "forgotten", nil
		}),
	)
	s.AddPrompts(mcpcore.NewPrompt("hello", "Say hello.", func(_ context.Context, in greetIn) ([]mcpcore.Message, error) {
		return []mcpcore.Message{mcpcore.User("say hello to " + in.Name)}, nil
	}))
	s.AddResources(mcpcore.Resource{URI: "greet:///names", Name: "names", Read: func(context.Context, string) ([]mcpcore.Contents, error) {
		return mcpcore.TextContents("ada"), nil
	}})
	return s
}

func TestSuite(t *testing.T) {
	mcptest.Suite(t, newServer, mcptest.Limits{ToolsList: 3000})
}

func TestSnapshot(t *testing.T) { mcptest.Snapshot(t, newServer(), "testdata/tools") }

func TestClient(t *testing.T) {
	for _, revision := range mcptest.Revisions() {
		t.Run(revision, func(t *testing.T) {
			c := mcptest.Connect(t, newServer(), mcptest.Options{Revision: revision})
			r := c.Call("greet", map[string]any{"name": "ada"})
			if got, want := r.Text(), `{"words":["hello","ada"]}`; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if diff := cmp.Diff("say hello to bob", c.GetPrompt("hello", map[string]string{"name": "bob"})[0].Content.Text); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]mcptest.Contents{{URI: "greet:///names", Text: "ada"}}, c.Read("greet:///names")); diff != "" {
				t.Error(diff)
			}
			if got := c.Complete("hello", "name", "a", nil).Values; len(got) != 0 {
				t.Errorf("got %v, want none", got)
			}
		})
	}
}

func TestElicit(t *testing.T) {
	for _, revision := range []string{"2025-06-18", "2025-11-25", "2026-07-28"} {
		t.Run(revision, func(t *testing.T) {
			var asked []string
			c := mcptest.Connect(t, newServer(), mcptest.Options{Revision: revision, Elicit: func(q mcptest.Question) mcptest.Answer {
				asked = append(asked, q.Message)
				if len(asked) == 1 {
					return mcptest.Accept(nil)
				}
				return mcptest.Decline()
			}})
			if r := c.Call("forget_name", map[string]any{"name": "ada"}); r.IsError || r.Text() != "forgotten" {
				t.Errorf("accepted: got %+v", r)
			}
			if r := c.Call("forget_name", map[string]any{"name": "bob"}); !r.IsError || !strings.Contains(r.Text(), "declined") {
				t.Errorf("declined: got %+v", r)
			}
			if diff := cmp.Diff([]string{"Forget ada?", "Forget bob?"}, asked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPipe(t *testing.T) {
	l := mcptest.Pipe(t, newServer())
	l.Alive()
	l.Handshake("2025-06-18")
	if got, want := l.Ask(`{"jsonrpc":"2.0","id":7,"method":"ping"}`), `{"jsonrpc":"2.0","id":7,"result":{}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	l.CloseInput()
	if err := l.Wait(); err != nil {
		t.Error(err)
	}
	if rest := l.Rest(); rest != nil {
		t.Errorf("got %q, want nothing more", rest)
	}
}
