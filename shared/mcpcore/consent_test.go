package mcpcore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// removal is a tool that asks about as many things as there are, which may
// change from round to round.
type removal struct {
	things []int    // at each round; the last stays
	ids    []string // of consents that it acted on
}

func (r *removal) run(ctx context.Context, _ nothing) (string, error) {
	n := r.things[0]
	if len(r.things) > 1 {
		r.things = r.things[1:]
	}
	subject := fmt.Sprint(n)
	consent, err := mcpcore.HasConsent(ctx)
	if err != nil {
		return "", err
	}
	if consent == nil || consent.Subject != subject {
		asked, err := mcpcore.AskConsent(ctx, subject, fmt.Sprintf("Remove %d, as of round %d?", n, len(r.things)))
		if err != nil {
			return "", err
		}
		consent = &asked
	}
	again := slices.Contains(r.ids, consent.ID)
	r.ids = append(r.ids, consent.ID)
	return fmt.Sprintf("removed %s, again %v", consent.Subject, again), nil
}

func (r *removal) server() *mcpcore.Server {
	return newServer(mcpcore.Delete("remove", "Remove, after asking.", r.run, mcpcore.Asks()))
}

func TestConsent(t *testing.T) {
	for _, revision := range mcptest.Revisions()[2:] {
		t.Run(revision, func(t *testing.T) {
			for _, test := range []struct {
				name    string
				things  []int
				answers []mcptest.Answer
				policy  mcpcore.Confirmation
				asked   int // where calls are made again; once where they wait
				want    string
			}{
				{"yes", []int{3}, []mcptest.Answer{mcptest.Accept(nil)}, "", 1, "removed 3, again false"},
				{"no", []int{3}, []mcptest.Answer{mcptest.Decline()}, "", 1, "the user declined"},
				{"policy does not ask too", []int{3}, []mcptest.Answer{mcptest.Accept(nil)}, mcpcore.ConfirmDestructive, 1, "removed 3, again false"},
				{"nobody asks", []int{3}, nil, mcpcore.ConfirmNever, 0, "removed 3, again false"},
				{"other words", []int{3, 3, 3}, []mcptest.Answer{mcptest.Accept(nil)}, "", 1, "removed 3, again false"},
			} {
				var asked []string
				s := (&removal{things: test.things}).server()
				s.Options.Policy.Confirm = test.policy
				r := mcptest.Connect(t, s, mcptest.Options{Revision: revision, Elicit: script(&asked, test.answers...)}).Call("remove", nil)
				if !strings.HasPrefix(r.Text(), test.want) || len(asked) != test.asked {
					t.Errorf("%s: got %q, having asked %q; want %q", test.name, r.Text(), asked, test.want)
				}
			}
		})
	}
}

// A yes to one thing is none to another, and a yes that is sent twice is known
// for the same.
func TestConsentIsForOneThing(t *testing.T) {
	var asked []string
	c := mcptest.Connect(t, (&removal{things: []int{3, 4}}).server(), mcptest.Options{Elicit: script(&asked, mcptest.Accept(nil), mcptest.Accept(nil))})
	if r := c.Call("remove", nil); r.Text() != "removed 4, again false" || len(asked) != 2 {
		t.Errorf("got %q, having asked %q", r.Text(), asked)
	}

	r := &removal{things: []int{3}}
	c = mcptest.Connect(t, r.server(), mcptest.Options{ByHand: true, Capabilities: map[string]any{"elicitation": map[string]any{}}})
	call := map[string]any{"name": "remove", "arguments": map[string]any{}}
	raw, err := c.Request("tools/call", call)
	var q mcptest.InputRequired
	if err != nil || json.Unmarshal(raw, &q) != nil || len(q.InputRequests) != 1 {
		t.Fatalf("got %s, %v", raw, err)
	}
	call["requestState"] = q.RequestState
	call["inputResponses"] = map[string]any{"ask-1": map[string]any{"action": "accept", "content": map[string]any{}}}
	for _, want := range []string{"removed 3, again false", "removed 3, again true"} {
		if raw, err := c.Request("tools/call", call); err != nil || !strings.Contains(string(raw), want) {
			t.Errorf("got %s, %v, want %s", raw, err, want)
		}
	}
}

func TestConsentCannotBeAsked(t *testing.T) {
	eachRevision(t, func(t *testing.T, revision string) {
		r := &removal{things: []int{3}}
		raw, err := mcptest.Connect(t, r.server(), mcptest.Options{Revision: revision}).Request("tools/call", map[string]any{"name": "remove"})
		if got := fmt.Sprint(string(raw), err); !strings.Contains(got, "--confirm never") || len(r.ids) > 0 {
			t.Errorf("got %s", got)
		}
	})
}

// Tools that a setting shuts are refused with the setting's name, and their
// toolset cannot be asked for.
func TestShut(t *testing.T) {
	for _, test := range []struct {
		args     string
		code     int
		out, err string
	}{
		{"call odd", 1, "", "the tool odd cannot be used here: the greeting is not odd (--greeting)"},
		{"tools --toolsets all", 0, "greet", ""},
		{"--toolsets odd", 2, "", "--toolsets: odd has the tool odd, which cannot be used: the greeting is not odd (--greeting)"},
		{"call odd --greeting odd --toolsets odd", 0, "odd\n", ""},
		{"call greet --greeting odd", 0, "odd, ", "the greeting is odd, and nothing else is"},
	} {
		cmd := command(t, nil, strings.Fields(test.args)...)
		var out, errs strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.Contains(out.String(), test.out) || !strings.Contains(errs.String(), test.err) {
			t.Errorf("%s: got code %d (%v)\n%s\n%s", test.args, code, err, &out, &errs)
		}
	}
}
