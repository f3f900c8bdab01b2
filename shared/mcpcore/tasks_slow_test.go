package mcpcore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// slowServer has tools that become tasks after a time.
func slowServer(t *testing.T, g *gate, after time.Duration, options ...mcpcore.ToolOption) *mcpcore.Server {
	slow := func(name string, run func(context.Context, nothing) (string, error)) mcpcore.Tool {
		return mcpcore.Write(name, "May take long.", run, append(options, mcpcore.Long(mcpcore.IfSlow))...)
	}
	ask := func(ctx context.Context) (string, error) {
		f, err := mcpcore.Ask[form](ctx, "Who are you?")
		return f.Name, err
	}
	s := newServer(
		slow("hears", g.hears), slow("deaf", g.deaf),
		slow("quick", func(context.Context, nothing) (string, error) { return "quick", nil }),
		slow("panics_late", func(context.Context, nothing) (string, error) { g.came <- struct{}{}; <-g.open; panic("secret") }),
		slow("asks_late", func(ctx context.Context, _ nothing) (string, error) {
			g.came <- struct{}{}
			<-g.open
			return ask(ctx)
		}),
		slow("asks_twice", func(ctx context.Context, _ nothing) (string, error) {
			first, err := ask(ctx)
			if err != nil {
				return "", err
			}
			g.came <- struct{}{}
			<-g.open
			second, err := ask(ctx)
			return first + " and " + second, err
		}),
		slow("tells", func(ctx context.Context, _ nothing) (string, error) {
			g.came <- struct{}{}
			<-g.open
			mcpcore.Progress(ctx, 1, 2, "half of it")
			<-ctx.Done()
			return "", ctx.Err()
		}),
		slow("hurries", func(ctx context.Context, _ nothing) (string, error) {
			if err := mcpcore.Background(ctx); err != nil {
				return "", err
			}
			return g.hears(ctx, nothing{})
		}),
	)
	s.Options.TaskAfter = after
	t.Cleanup(func() {
		g.release()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// atOnce leaves no call the time to end before a task is made of it.
const atOnce = time.Nanosecond

// started calls a tool and does not wait for the answer.
func (p *peer) started(tool string) <-chan reply {
	answer := make(chan reply, 1)
	go func() { answer <- p.ask("tools/call", fmt.Sprintf(`"name":%q,"arguments":{}`, tool)) }()
	return answer
}

// TestSlowCall: a call becomes a task when its time is up, and not before, for
// those who know tasks.
func TestSlowCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		c := inMemory(t, slowServer(t, g, 2*time.Second))
		start := time.Now()
		if r := c.ask("tools/call", `"name":"quick","arguments":{}`); r.Result.ResultType != "complete" || r.Result.Content[0].Text != "quick" {
			t.Errorf("a quick call: %+v", r)
		}
		id := c.begin("hears")
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("it became a task after %s", took)
		}
		<-time.After(5 * time.Minute) // no limit of calls holds for it
		if r := c.get(id); r.Result.Status != "working" {
			t.Errorf("%+v", r)
		}
		g.release()
		if r := c.until(id, "completed"); r.Result.Result.Content[0].Text != "late" {
			t.Errorf("%+v", r)
		}
	})
	synctest.Test(t, func(t *testing.T) { // who knows no tasks waits
		g := newGate(t)
		c := inMemory(t, slowServer(t, g, 2*time.Second))
		c.can = `{}`
		go func() {
			<-time.After(30 * time.Second)
			g.release()
		}()
		if r := c.ask("tools/call", `"name":"hears","arguments":{}`); r.Result.ResultType != "complete" || r.Result.Content[0].Text != "late" {
			t.Errorf("%+v", r)
		}
	})
	synctest.Test(t, func(t *testing.T) { // where the operator wants none
		g := newGate(t)
		c := inMemory(t, slowServer(t, g, -1))
		go func() {
			<-time.After(30 * time.Second)
			g.release()
		}()
		if r := c.ask("tools/call", `"name":"hears","arguments":{}`); r.Result.ResultType != "complete" {
			t.Errorf("%+v", r)
		}
	})
}

// TestSlowCallOverEachTransport becomes a task while its handler works.
func TestSlowCallOverEachTransport(t *testing.T) {
	for name, connect := range transports {
		t.Run(name, func(t *testing.T) {
			g := newGate(t)
			c := connect(t, slowServer(t, g, atOnce))
			id := c.begin("tells")
			g.arrived(t, 1)
			g.release()
			for c.get(id).Result.StatusMessage != "half of it" {
				<-time.After(time.Millisecond)
			}
			c.acked(c.ask("tasks/cancel", `"taskId":"`+id+`"`)) // the handler hears of it, or Close would wait
			if r := c.get(id); r.Result.Status != "cancelled" {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestSlowCallTimeout: the limit of calls counts until there is a task, that of
// the tool counts on.
func TestSlowCallTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // while a task is being made of it
		g := newGate(t)
		s := slowServer(t, g, 2*time.Second)
		store := newTestStore().holding()
		s.Options.Tasks = store
		c := inMemory(t, s)
		start := time.Now()
		answer := c.started("deaf")
		h := store.held(t)
		r := <-answer
		if took := time.Since(start); took != time.Minute || !r.Result.IsError || !strings.Contains(r.Result.Content[0].Text, "longer than 1m0s") {
			t.Errorf("after %s: %+v", took, r)
		}
		h.letGo()
		g.release()
		store.settled(t, 0)
	})
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		c := inMemory(t, slowServer(t, g, 2*time.Second, mcpcore.Timeout(3*time.Minute)))
		start := time.Now()
		id := c.begin("hears")
		r := c.get(id)
		for ; r.Result.Status == "working"; r = c.get(id) {
			<-time.After(time.Second)
		}
		if took := time.Since(start); took < 3*time.Minute || took > 3*time.Minute+time.Second ||
			!r.Result.Result.IsError || !strings.Contains(r.Result.Result.Content[0].Text, "longer than 3m0s") {
			t.Errorf("after %s: %+v", took, r)
		}
	})
	synctest.Test(t, func(t *testing.T) { // the tool's is shorter than that of calls, and comes before there is a task
		g := newGate(t)
		c := inMemory(t, slowServer(t, g, 2*time.Second, mcpcore.Timeout(time.Second)))
		if r := c.ask("tools/call", `"name":"hears","arguments":{}`); r.Result.ResultType != "complete" || !strings.Contains(r.Result.Content[0].Text, "longer than 1s") {
			t.Errorf("%+v", r)
		}
	})
}

// TestSlowCallAsks asks before and after there is a task.
func TestSlowCallAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		c := inMemory(t, slowServer(t, g, 2*time.Second))
		const call = `"name":"asks_twice","arguments":{}`
		raw := string(c.sendRaw("tools/call", call))
		_, state, _ := strings.Cut(raw, `"requestState":"`)
		state, _, _ = strings.Cut(state, `"`)
		if !strings.Contains(raw, `"resultType":"input_required"`) || state == "" {
			t.Fatalf("the first round: %s", raw)
		}
		r := c.ask("tools/call", call+`,"requestState":"`+state+`","inputResponses":{"ask-1":{"action":"accept","content":{"name":"Ada"}}}`)
		if r.Result.ResultType != "task" {
			t.Fatalf("the second round: %+v", r)
		}
		g.release()
		q := c.until(r.Result.TaskID, "input_required").Result.InputRequests
		if len(q) != 1 {
			t.Errorf("%+v", q)
		}
		for key := range q {
			c.acked(c.ask("tasks/update", `"taskId":"`+r.Result.TaskID+`","inputResponses":{"`+key+`":{"action":"accept","content":{"name":"Bob"}}}`))
		}
		if done := c.until(r.Result.TaskID, "completed"); done.Result.Result.Content[0].Text != "Ada and Bob" {
			t.Errorf("%+v", done)
		}
	})
}

// TestSlowCallWithoutPlace goes on as a call, and becomes a task when there is
// a place.
func TestSlowCallWithoutPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		s := slowServer(t, g, 2*time.Second)
		s.Options.MaxTasks = 1
		c, other := inMemory(t, s), inMemory(t, s)
		first := c.begin("hears")
		answer := other.started("hears")
		<-time.After(9 * time.Second)
		synctest.Wait()
		if len(answer) > 0 {
			t.Fatalf("a second task of one: %+v", <-answer)
		}
		c.acked(c.ask("tasks/cancel", `"taskId":"`+first+`"`))
		if r := <-answer; r.Result.ResultType != "task" {
			t.Errorf("%+v", r)
		}
	})
	synctest.Test(t, func(t *testing.T) { // or is answered as a call
		g := newGate(t)
		s := slowServer(t, g, 2*time.Second)
		store := newTestStore()
		store.fails("Create", errBroken)
		s.Options.Tasks = store
		log := logged(s)
		c := inMemory(t, s)
		answer := c.started("hears")
		<-time.After(9 * time.Second)
		g.release()
		if r := <-answer; r.Result.ResultType != "complete" || r.Result.Content[0].Text != "late" {
			t.Errorf("%+v", r)
		}
		if !strings.Contains(log.String(), errBroken.Error()) {
			t.Errorf("the operator does not hear of it: %s", log)
		}
	})
}

// TestSlowCallAtTheEnd: a connection that is being drained begins no tasks.
func TestSlowCallAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		s := slowServer(t, g, 2*time.Second)
		out := make(stream, 10)
		conn := s.Connect(context.Background(), out)
		conn.Receive([]byte(tasked("1", "hears")))
		g.arrived(t, 1)
		go func() {
			<-time.After(3 * time.Second)
			g.release()
		}()
		conn.Drain()
		if got := out.next(t); !strings.Contains(got, `"text":"late"`) {
			t.Errorf("got %s", got)
		}
	})
}
