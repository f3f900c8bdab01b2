package mcptest_test

import (
	"context"
	"fmt"
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
		mcpcore.Read("ask_around", "Ask whether somebody is known.", func(ctx context.Context, in greetIn) (string, error) {
			mcpcore.Progress(ctx, 1, 2, "asking")
			a, err := mcpcore.Ask[struct {
				Known bool `json:"known" jsonschema:"somebody knows the name"`
			}](ctx, "Does anybody know "+in.Name+"?")
			return fmt.Sprint(a.Known), err
		}, mcpcore.Long()),
		mcpcore.Read("count_letters", "Count the letters of a name.", func(_ context.Context, in greetIn) (string, error) {
			return fmt.Sprint(len(in.Name)), nil
		}, mcpcore.Long(mcpcore.IfSlow)),
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
	mcptest.Suite(t, newServer, mcptest.Limits{
		ToolsList: 5000, Long: mcptest.Trial{Tool: "count_letters", Arguments: map[string]any{"name": "ada"}},
	})
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

// TestTasks: a client that knows tasks sees them to their end.
func TestTasks(t *testing.T) {
	asked := 0
	c := mcptest.Connect(t, newServer(), mcptest.Options{Tasks: true, Elicit: func(mcptest.Question) mcptest.Answer {
		asked++
		return mcptest.Accept(map[string]any{"known": true})
	}})
	if r := c.Call("ask_around", map[string]any{"name": "ada"}); r.Text() != "true" || asked != 1 {
		t.Errorf("got %q after %d questions", r.Text(), asked)
	}
	byHand := mcptest.Connect(t, newServer(), mcptest.Options{Tasks: true, ByHand: true, Capabilities: map[string]any{
		"elicitation": map[string]any{}, "extensions": map[string]any{"io.modelcontextprotocol/tasks": map[string]any{}},
	}})
	id := byHand.Begin("ask_around", map[string]any{"name": "ada"}).ID
	task := byHand.AwaitTask(id, func(t *mcptest.Task) bool { return t.Status == "input_required" })
	if len(task.InputRequests) != 1 || task.StatusMessage != "asking" {
		t.Errorf("got %+v", task)
	}
	for key := range task.InputRequests {
		byHand.UpdateTask(id, map[string]any{key: map[string]any{"action": "accept", "content": map[string]any{"known": false}}})
	}
	if done := byHand.Await(id); done.Status != "completed" || !strings.Contains(string(done.Result), `"text":"false"`) {
		t.Errorf("got %+v", done)
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
