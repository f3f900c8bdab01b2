package mcpcore_test

import (
	"context"
	"encoding/json"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

type step struct{ Done, Total float64 }

// telling is a tool that reports steps, pausing before each.
func telling(pause time.Duration, steps ...step) mcpcore.Tool {
	return mcpcore.Read("work", "Work.", func(ctx context.Context, _ nothing) (string, error) {
		for _, s := range steps {
			<-time.After(pause)
			mcpcore.Progress(ctx, s.Done, s.Total, "working")
		}
		return "done", nil
	})
}

type told struct {
	ProgressToken json.RawMessage `json:"progressToken"`
	Progress      float64         `json:"progress"`
	Total         float64         `json:"total"`
	Message       string          `json:"message"`
}

func progressOf(t *testing.T, c *mcptest.Client) []told {
	t.Helper()
	var all []told
	for _, n := range c.Notifications("notifications/progress") {
		var one told
		if err := json.Unmarshal(n.Params, &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

func withToken(tool, token string) map[string]any {
	return map[string]any{"name": tool, "_meta": map[string]any{"progressToken": json.RawMessage(token)}}
}

func TestProgress(t *testing.T) {
	eachRevision(t, func(t *testing.T, revision string) {
		for _, test := range []struct {
			name, token string
			pause       time.Duration
			steps       []step
			want        []float64
		}{
			{"each", `"a"`, time.Second, []step{{1, 3}, {2, 3}, {3, 3}}, []float64{1, 2, 3}},
			{"number", `9007199254740993`, time.Second, []step{{1, 3}}, []float64{1}},
			{"no total", `1`, time.Second, []step{{1, 0}, {2, 0}}, []float64{1, 2}},
			{"backwards", `1`, time.Second, []step{{5, 9}, {4, 9}, {5, 9}, {6, 9}}, []float64{5, 6}},
			{"too fast", `1`, time.Millisecond, []step{{1, 9}, {2, 9}, {3, 9}, {9, 9}}, []float64{1, 9}},
			{"too fast without total", `1`, time.Millisecond, []step{{1, 0}, {2, 0}, {3, 0}, {4, 0}}, []float64{1}},
			{"no numbers", `1`, time.Second, []step{{math.NaN(), 1}, {math.Inf(1), 1}, {1, math.Inf(1)}, {2, math.NaN()}}, nil},
			{"token null", `null`, time.Second, []step{{1, 3}}, nil},
			{"token object", `{}`, time.Second, []step{{1, 3}}, nil},
			{"token true", `true`, time.Second, []step{{1, 3}}, nil},
		} {
			t.Run(test.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := mcptest.Connect(t, newServer(telling(test.pause, test.steps...)), mcptest.Options{Revision: revision})
					if _, err := c.Request("tools/call", withToken("work", test.token)); err != nil {
						t.Fatal(err)
					}
					var got []float64
					for _, p := range progressOf(t, c) {
						got = append(got, p.Progress)
						if string(p.ProgressToken) != test.token {
							t.Errorf("got token %s, want %s", p.ProgressToken, test.token)
						}
						if (p.Message == "working") != (revision > "2024-11-05") {
							t.Errorf("got message %q", p.Message)
						}
					}
					if diff := cmp.Diff(test.want, got); diff != "" {
						t.Error(diff)
					}
				})
			})
		}
	})
}

func TestNoProgressUnasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := mcptest.Connect(t, newServer(telling(time.Second, step{1, 2})), mcptest.Options{})
		c.Call("work", nil)
		if got := c.Notifications(""); got != nil {
			t.Errorf("got %v, want none", got)
		}
	})
}

// Steps told by several goroutines still only grow, and after the answer there
// are none.
func TestProgressOfManyGoroutines(t *testing.T) {
	late := make(chan context.Context, 1)
	tool := mcpcore.Read("work", "Work.", func(ctx context.Context, _ nothing) (string, error) {
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() { mcpcore.Progress(ctx, float64(i), float64(i), "") }) // each is an end, so none is too fast
		}
		wg.Wait()
		late <- ctx
		return "done", nil
	})
	c := mcptest.Connect(t, newServer(tool), mcptest.Options{})
	if _, err := c.Request("tools/call", withToken("work", `"x"`)); err != nil {
		t.Fatal(err)
	}
	ctx := <-late
	mcpcore.Progress(ctx, 1e6, 0, "too late")
	mcpcore.Log(ctx, mcpcore.LevelEmergency, "", "too late")
	last := -1.0 // the first may be 0
	for _, p := range progressOf(t, c) {
		if p.Progress <= last || p.Progress == 1e6 {
			t.Errorf("got %v after %v", p.Progress, last)
		}
		last = p.Progress
	}
	if last != 199 {
		t.Errorf("got %v at the end, want 199", last)
	}
}
