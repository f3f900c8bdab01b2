package mcpcore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// TestSlowCallEndsFirst: what happens to a call while a task is being made of
// it wins, there is one answer, and nothing is left of the task.
func TestSlowCallEndsFirst(t *testing.T) {
	for name, test := range map[string]struct {
		tool    string
		happens func(g *gate, conn *mcpcore.Conn)
		want    string // in the answer; "" for none
	}{
		"result":    {"deaf", func(g *gate, _ *mcpcore.Conn) { g.release() }, `"text":"late"`},
		"panic":     {"panics_late", func(g *gate, _ *mcpcore.Conn) { g.release() }, `"message":"internal error (reference `},
		"question":  {"asks_late", func(g *gate, _ *mcpcore.Conn) { g.release() }, `"resultType":"input_required"`},
		"cancelled": {"deaf", func(_ *gate, c *mcpcore.Conn) { c.Cancel("1") }, ""},
		"closed":    {"deaf", func(_ *gate, c *mcpcore.Conn) { c.Close() }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t)
			s := slowServer(t, g, atOnce)
			store := newTestStore().holding()
			s.Options.Tasks = store
			out := make(stream, 100)
			conn := s.Connect(context.Background(), out)
			defer conn.Close()
			conn.Receive([]byte(tasked("1", test.tool)))
			g.arrived(t, 1)
			h := store.held(t)
			test.happens(g, conn)
			if test.want != "" {
				if got := out.next(t); !strings.Contains(got, test.want) {
					t.Errorf("got %s, want %s", got, test.want)
				}
			}
			h.letGo()
			store.settled(t, 0)
			g.release()
			if err := s.Close(); err != nil { // waits for all that is at work
				t.Error(err)
			}
			if len(out) > 0 {
				t.Errorf("one answer too many: %s", <-out)
			}
		})
	}
}

// TestSlowCallAsksMeanwhile: a call that has asked, by its answer to come, becomes
// no task any more, though its handler has not returned.
func TestSlowCallAsksMeanwhile(t *testing.T) {
	ask, asked, leave := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s := newServer(mcpcore.Read("asks", "Ask and linger.", func(ctx context.Context, _ nothing) (string, error) {
		<-ask
		err := mcpcore.Confirm(ctx, "Really?")
		close(asked)
		<-leave
		return "", err
	}, mcpcore.Long(mcpcore.IfSlow)))
	store := newTestStore().holding()
	s.Options.Tasks, s.Options.TaskAfter = store, atOnce
	out := make(stream, 10)
	conn := s.Connect(context.Background(), out)
	defer conn.Close()
	conn.Receive([]byte(tasked("1", "asks")))
	h := store.held(t)
	close(ask)
	<-asked
	h.letGo()
	store.settled(t, 0)
	close(leave)
	if got := out.next(t); !strings.Contains(got, `"resultType":"input_required"`) {
		t.Errorf("got %s", got)
	}
	if err := s.Close(); err != nil || len(out) > 0 {
		t.Errorf("%v, and %d answers too many", err, len(out))
	}
}

// tasked is a call of a client that knows tasks and can be asked.
func tasked(id, tool string) string {
	return strings.Replace(call(id, tool, "{}"), `clientCapabilities":{}`, `clientCapabilities":`+withTasks, 1)
}

// TestSlowCallIsTaskFirst: the same things happen to the task.
func TestSlowCallIsTaskFirst(t *testing.T) {
	for tool, status := range map[string]string{"deaf": "completed", "panics_late": "failed", "asks_late": "input_required"} {
		t.Run(tool, func(t *testing.T) {
			g := newGate(t)
			s := slowServer(t, g, atOnce)
			store := newTestStore().holding()
			s.Options.Tasks = store
			c := inMemory(t, s)
			answer := c.started(tool)
			g.arrived(t, 1)
			store.held(t).letGo()
			r := <-answer
			if r.Result.ResultType != "task" {
				t.Fatalf("%+v", r)
			}
			g.release()
			c.until(r.Result.TaskID, status)
		})
	}
}

// TestSlowCallHurries: the handler and the clock make a task at the same time,
// and it takes one place.
func TestSlowCallHurries(t *testing.T) {
	for range 50 {
		g := newGate(t)
		s := slowServer(t, g, atOnce)
		s.Options.MaxTasks = 1
		c := inMemory(t, s)
		id := c.begin("hurries")
		g.arrived(t, 1)
		g.release()
		c.until(id, "completed")
	}
}

// TestSlowCallRaces runs calls that end at about the time they become tasks:
// each has one answer, by either way.
func TestSlowCallRaces(t *testing.T) {
	ends := mcpcore.Write("ends", "End about now.", func(ctx context.Context, in textIn) (string, error) {
		for range rand.IntN(200) {
			runtime.Gosched()
		}
		return in.Text, ctx.Err()
	}, mcpcore.Long(mcpcore.IfSlow))
	s := newServer(ends)
	store := newTestStore()
	s.Options.Tasks, s.Options.TaskAfter, s.Options.TaskTTL = store, 20*time.Microsecond, time.Hour
	var all sync.WaitGroup
	var mu sync.Mutex
	ways := map[string]int{}
	for n := range 8 {
		c := inMemory(t, s)
		c.judge = nil // takes longer than the calls
		all.Go(func() {
			for i := range 200 {
				text := fmt.Sprintf("%d of %d", i, n)
				r := c.ask("tools/call", fmt.Sprintf(`"name":"ends","arguments":{"text":%q}`, text))
				way, content := "call", r.Result.Content
				if id := r.Result.TaskID; id != "" {
					way, content = "task", c.until(id, "completed").Result.Result.Content
					_ = store.Delete(context.Background(), id) // makes room
				}
				if len(content) != 1 || content[0].Text != text {
					t.Errorf("%s: got %+v, want %q", way, r, text)
				}
				mu.Lock()
				ways[way]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	t.Logf("answered: %v", ways)
	store.settled(t, 0)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
