package mcpcore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

type form struct {
	Name string  `json:"name" jsonschema:"your name" title:"Name" minLength:"1"`
	Age  int     `json:"age,omitzero" min:"0" max:"150"`
	Rate float64 `json:"rate,omitzero"`
	Kind string  `json:"kind,omitzero" enum:"a,b" default:"a" pattern:"."`
	Sure bool    `json:"sure,omitzero" default:"false"`
}

type subject struct {
	What string `json:"what,omitzero"`
}

// asking is a server whose tools ask.
func asking() *mcpcore.Server {
	s := newServer(
		mcpcore.Delete("drop", "Drop it, after asking.", func(ctx context.Context, in subject) (string, error) {
			if err := mcpcore.Confirm(ctx, "Drop "+in.What+"?"); err != nil {
				return "", err
			}
			return "dropped " + in.What, nil
		}),
		mcpcore.Read("fill", "Fill a form.", func(ctx context.Context, _ nothing) (string, error) {
			f, err := mcpcore.Ask[form](ctx, "Who are you?")
			return fmt.Sprint(f), err
		}),
		mcpcore.Write("three", "Ask three times.", func(ctx context.Context, _ nothing) (string, error) {
			var names []string
			for _, q := range []string{"first", "second"} {
				f, err := mcpcore.Ask[form](ctx, q)
				if err != nil {
					return "", err
				}
				names = append(names, f.Name)
			}
			if err := mcpcore.Confirm(ctx, "both?"); err != nil {
				return "", err
			}
			return strings.Join(names, " "), nil
		}),
		mcpcore.Read("roots", "Tell the roots.", func(ctx context.Context, _ nothing) (string, error) {
			roots, err := mcpcore.Roots(ctx)
			return strings.Join(roots, " "), err
		}),
	)
	s.AddPrompts(mcpcore.NewPrompt("ask", "Ask.", func(ctx context.Context, _ nothing) ([]mcpcore.Message, error) {
		return nil, mcpcore.Confirm(ctx, "Prompt?")
	}))
	s.AddResources(mcpcore.Resource{URI: "test:///ask", Name: "ask", Read: func(ctx context.Context, _ string) ([]mcpcore.Contents, error) {
		return mcpcore.TextContents("read"), mcpcore.Confirm(ctx, "Read?")
	}})
	return s
}

// script answers questions one after the other, and notes them.
func script(asked *[]string, answers ...mcptest.Answer) func(mcptest.Question) mcptest.Answer {
	return func(q mcptest.Question) mcptest.Answer {
		*asked = append(*asked, q.Message)
		if len(*asked) > len(answers) {
			return mcptest.Dismiss()
		}
		return answers[len(*asked)-1]
	}
}

func TestAsking(t *testing.T) {
	name := func(n string) mcptest.Answer { return mcptest.Accept(map[string]any{"name": n}) }
	for _, revision := range mcptest.Revisions()[2:] {
		t.Run(revision, func(t *testing.T) {
			for _, test := range []struct {
				tool    string
				args    any
				answers []mcptest.Answer
				asked   []string
				isError bool
				want    string
			}{
				{"drop", subject{"it"}, []mcptest.Answer{mcptest.Accept(nil)}, []string{"Drop it?"}, false, "dropped it"},
				{"drop", subject{"it"}, []mcptest.Answer{mcptest.Decline()}, []string{"Drop it?"}, true, "the user declined: Drop it?\nhint: do something else, or ask the user what to do"},
				{"drop", subject{"it"}, []mcptest.Answer{mcptest.Dismiss()}, []string{"Drop it?"}, true, "the user declined: Drop it?\nhint: do something else, or ask the user what to do"},
				{"fill", nil, []mcptest.Answer{mcptest.Accept(map[string]any{"name": "Ada", "age": 36, "sure": true})}, []string{"Who are you?"}, false, "{Ada 36 0 a true}"},
				{"fill", nil, []mcptest.Answer{mcptest.Accept(map[string]any{"age": 200})}, []string{"Who are you?"}, true, "the user's answer: age: 200 is more than 150; name is missing (your name)"},
				{"three", nil, []mcptest.Answer{name("x"), name("y"), mcptest.Accept(nil)}, []string{"first", "second", "both?"}, false, "x y"},
				{"three", nil, []mcptest.Answer{name("x"), mcptest.Decline()}, []string{"first", "second"}, true, "the user declined: second\nhint: do something else, or ask the user what to do"},
				{"roots", nil, nil, nil, false, "file:///a file:///b"},
			} {
				var asked []string
				c := mcptest.Connect(t, asking(), mcptest.Options{
					Revision: revision, Elicit: script(&asked, test.answers...), Roots: []string{"file:///a", "file:///b"},
				})
				r := c.Call(test.tool, test.args)
				if r.IsError != test.isError || r.Text() != test.want {
					t.Errorf("%s: got error %v, %q, want %q", test.tool, r.IsError, r.Text(), test.want)
				}
				if diff := cmp.Diff(test.asked, asked); diff != "" {
					t.Errorf("%s: %s", test.tool, diff)
				}
			}
			var asked []string
			c := mcptest.Connect(t, asking(), mcptest.Options{Revision: revision, Elicit: script(&asked, mcptest.Accept(nil), mcptest.Accept(nil), mcptest.Decline())})
			c.GetPrompt("ask", nil)
			if got := c.Read("test:///ask"); got[0].Text != "read" {
				t.Errorf("got %+v", got)
			}
			if e := c.Refused("resources/read", map[string]any{"uri": "test:///ask"}); !strings.Contains(e.Message, "declined") {
				t.Errorf("got %v", e)
			}
		})
	}
}

// A client that cannot ask is told what a person can do; nothing is done.
func TestCannotAsk(t *testing.T) {
	eachRevision(t, func(t *testing.T, revision string) {
		c := mcptest.Connect(t, asking(), mcptest.Options{Revision: revision})
		if revision >= "2026-07-28" {
			e := c.Refused("tools/call", map[string]any{"name": "drop"})
			if e.Code != -32021 || !strings.Contains(e.Message, "--confirm never") || string(e.Data) != `{"requiredCapabilities":{"elicitation":{"form":{}}}}` {
				t.Errorf("got %v %s", e, e.Data)
			}
			return
		}
		if r := c.Call("drop", nil); !r.IsError || !strings.Contains(r.Text(), "this client cannot ask\nhint: a person can allow it for good by starting the server with --confirm never") {
			t.Errorf("got %+v", r)
		}
		if r := c.Call("roots", nil); !r.IsError || !strings.Contains(r.Text(), "does not tell its roots") {
			t.Errorf("got %+v", r)
		}
		never := asking()
		never.Options.Policy.Confirm = mcpcore.ConfirmNever
		if r := mcptest.Connect(t, never, mcptest.Options{Revision: revision}).Call("drop", subject{"it"}); r.Text() != "dropped it" {
			t.Errorf("got %+v", r)
		}
	})
}

func TestClientThatFailsToAsk(t *testing.T) {
	for _, revision := range []string{"2025-06-18", "2025-11-25"} {
		c := mcptest.Connect(t, asking(), mcptest.Options{Revision: revision, Elicit: func(mcptest.Question) mcptest.Answer {
			return mcptest.Answer{Error: &mcptest.Error{Code: -1, Message: "no screen"}}
		}})
		if r := c.Call("drop", nil); !r.IsError || r.Text() != "the client could not ask its user: no screen" {
			t.Errorf("got %+v", r)
		}
	}
}

// While the user thinks, the call's own time stands still; the question has a
// time of its own, and is taken back when the call is cancelled or nobody
// answers.
func TestSlowUser(t *testing.T) {
	for _, test := range []struct {
		name    string
		thinks  time.Duration
		cancel  bool
		drain   bool
		isError bool
		want    string
	}{
		{"answers late", 9 * time.Minute, false, false, false, "dropped it"},
		{"never", time.Hour, false, false, true, "the user did not answer within 10m0s\nhint: ask again when the user is there"},
		{"cancelled", time.Hour, true, false, false, ""},
		{"closing", time.Hour, false, true, true, "the user must be asked, and this client cannot ask: the connection is closing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := mcptest.Connect(t, asking(), mcptest.Options{Revision: "2025-11-25", Elicit: func(mcptest.Question) mcptest.Answer {
					<-time.After(test.thinks)
					return mcptest.Accept(nil)
				}})
				p := c.Start("tools/call", map[string]any{"name": "drop", "arguments": subject{"it"}})
				synctest.Wait()
				switch {
				case test.cancel:
					c.Cancel(p)
					c.WaitNotifications("notifications/cancelled", 1)
					<-time.After(2 * time.Hour)
					if p.Answered() {
						t.Error("the cancelled call was answered")
					}
					return
				case test.drain:
					c.Drain()
				default:
					<-time.After(test.thinks + time.Minute)
				}
				r := result(t, p)
				if r.IsError != test.isError || r.Text() != test.want {
					t.Errorf("got error %v, %q, want %q", r.IsError, r.Text(), test.want)
				}
				<-time.After(2 * time.Hour) // the user answers after all
			})
		})
	}
}

// What a client sends back with a question's answer counts only if it is the
// state that was given out, for the same request, in time.
func TestSealedState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, other := asking(), asking()
		c := mcptest.Connect(t, s, mcptest.Options{ByHand: true, Capabilities: map[string]any{"elicitation": map[string]any{}}})
		ask := func(params map[string]any) mcptest.InputRequired {
			t.Helper()
			raw, err := c.Request("tools/call", params)
			var q mcptest.InputRequired
			if err != nil || json.Unmarshal(raw, &q) != nil {
				t.Fatalf("%v %s", err, raw)
			}
			return q
		}
		with := func(q mcptest.InputRequired, tool, args string) map[string]any {
			responses := map[string]any{}
			for key := range q.InputRequests {
				responses[key] = map[string]any{"action": "accept", "content": map[string]any{}}
			}
			return map[string]any{"name": tool, "arguments": json.RawMessage(args), "inputResponses": responses, "requestState": q.RequestState}
		}
		drop := map[string]any{"name": "drop", "arguments": map[string]any{"what": "it"}}
		q := ask(drop)
		if q.ResultType != "input_required" || len(q.InputRequests) != 1 || q.RequestState == "" || strings.Contains(q.RequestState, "drop") {
			t.Fatalf("got %+v", q)
		}
		good := with(q, "drop", `{"what":"it"}`)
		done := func(what string, params map[string]any) {
			t.Helper()
			if raw, err := c.Request("tools/call", params); err != nil || !strings.Contains(string(raw), "dropped it") {
				t.Errorf("%s: got %s, %v", what, raw, err)
			}
		}
		done("good", good)
		done("arguments written differently", with(q, "drop", "{ \"what\" : \"\\u0069t\" }"))

		refused := func(what string, params map[string]any) {
			t.Helper()
			if e := c.Refused("tools/call", params); e.Code != -32602 || !strings.Contains(e.Message, "requestState") {
				t.Errorf("%s: got %v", what, e)
			}
		}
		refused("other arguments", with(q, "drop", `{"what":"all"}`))
		refused("other tool", with(q, "three", `{}`))
		tampered := with(q, "drop", `{"what":"it"}`)
		raw := []byte(q.RequestState)
		raw[len(raw)/2] ^= 1
		tampered["requestState"] = string(raw)
		refused("tampered", tampered)
		tampered["requestState"] = ""
		refused("empty", tampered)
		tampered["requestState"] = 5
		refused("number", tampered)
		foreign := mcptest.Connect(t, other, mcptest.Options{ByHand: true, Capabilities: map[string]any{"elicitation": map[string]any{}}})
		if e := foreign.Refused("tools/call", good); e.Code != -32602 {
			t.Errorf("another server: got %v", e)
		}

		forged := with(q, "drop", `{"what":"it"}`)
		delete(forged, "requestState")
		if again := ask(forged); again.ResultType != "input_required" {
			t.Errorf("forged answers without state: got %+v", again)
		}
		forged = with(q, "drop", `{"what":"it"}`)
		forged["inputResponses"] = map[string]any{"ask-2": map[string]any{"action": "accept"}, "other": 5}
		if again := ask(forged); again.ResultType != "input_required" {
			t.Errorf("answers to other questions: got %+v", again)
		}
		<-time.After(16 * time.Minute)
		refused("expired", good)
	})
}

// The operator's policy holds when a tool is called, by whatever name.
func TestPolicy(t *testing.T) {
	tools := []mcpcore.Tool{
		gives("read_it", "read"), gives("read_more", "read"),
		mcpcore.Write("write_it", "Write.", func(context.Context, nothing) (string, error) { return "written", nil }, mcpcore.Alias("put_it")),
		mcpcore.Write("replace_it", "Replace.", func(context.Context, nothing) (string, error) { return "replaced", nil }, mcpcore.Destructive()),
		mcpcore.Delete("delete_it", "Delete.", func(context.Context, nothing) (string, error) { return "deleted", nil }, mcpcore.Toolset("danger")),
		mcpcore.Read("rare_it", "Rare.", func(context.Context, nothing) (string, error) { return "rare", nil }, mcpcore.Extra("rare")),
	}
	for _, test := range []struct {
		name   string
		policy mcpcore.Policy
		want   string // the tools that are listed and served
		asked  string // those before which the user is asked
	}{
		{"none", mcpcore.Policy{}, "read_it read_more write_it replace_it delete_it", ""},
		{"read-only", mcpcore.Policy{ReadOnly: true}, "read_it read_more", ""},
		{"allow", mcpcore.Policy{Allow: []string{"read_it", "delete_it"}}, "read_it delete_it", ""},
		{"allow pattern", mcpcore.Policy{Allow: []string{"read_*"}}, "read_it read_more", ""},
		{"allow alias", mcpcore.Policy{Allow: []string{"put_it"}}, "write_it", ""},
		{"deny", mcpcore.Policy{Deny: []string{"delete_it"}}, "read_it read_more write_it replace_it", ""},
		{"deny pattern", mcpcore.Policy{Deny: []string{"*_it"}}, "read_more", ""},
		{"deny alias", mcpcore.Policy{Deny: []string{"put_*"}}, "read_it read_more replace_it delete_it", ""},
		{"deny wins", mcpcore.Policy{Allow: []string{"*"}, Deny: []string{"read_it"}}, "read_more write_it replace_it delete_it", ""},
		{"toolset", mcpcore.Policy{Toolsets: []string{"danger"}}, "delete_it", ""},
		{"all toolsets", mcpcore.Policy{Toolsets: []string{"all"}}, "read_it read_more write_it replace_it delete_it rare_it", ""},
		{"extra toolset", mcpcore.Policy{Toolsets: []string{"default", "rare"}}, "read_it read_more write_it replace_it rare_it", ""},
		{"read-only allow", mcpcore.Policy{ReadOnly: true, Allow: []string{"write_it"}}, "", ""},
		{"confirm destructive", mcpcore.Policy{Confirm: mcpcore.ConfirmDestructive}, "read_it read_more write_it replace_it delete_it", "replace_it delete_it"},
		{"confirm writes", mcpcore.Policy{Confirm: mcpcore.ConfirmWrites}, "read_it read_more write_it replace_it delete_it", "write_it replace_it delete_it"},
		{"confirm never", mcpcore.Policy{Confirm: mcpcore.ConfirmNever}, "read_it read_more write_it replace_it delete_it", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := mcpcore.New(mcpcore.Info{Name: "mcp-test"}, tools...)
			s.Options.Policy = test.policy
			for _, revision := range []string{"2025-06-18", "2026-07-28"} {
				asked := false
				c := mcptest.Connect(t, s, mcptest.Options{Revision: revision, Elicit: func(mcptest.Question) mcptest.Answer {
					asked = true
					return mcptest.Accept(nil)
				}})
				var listed []string
				for _, tool := range c.Tools() {
					listed = append(listed, tool.Name)
				}
				if diff := cmp.Diff(strings.Fields(test.want), listed, emptyIsNil); diff != "" {
					t.Error(diff)
				}
				for _, name := range []string{"read_it", "read_more", "write_it", "put_it", "replace_it", "delete_it"} {
					listed := strings.Contains(" "+test.want+" ", " "+strings.Replace(name, "put_it", "write_it", 1)+" ")
					asked = false
					if r := c.Call(name, nil); r.IsError == listed {
						t.Errorf("%s: got error %v, %q", name, r.IsError, r.Text())
					}
					if want := strings.Contains(test.asked, strings.Replace(name, "put_it", "write_it", 1)); asked != want {
						t.Errorf("%s: asked is %v, want %v", name, asked, want)
					}
				}
			}
		})
	}
}

var emptyIsNil = cmp.Transformer("len", func(s []string) string { return strings.Join(s, " ") })
