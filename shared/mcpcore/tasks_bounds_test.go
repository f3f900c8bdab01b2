package mcpcore_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/tasks"
)

// TestTaskTTL: what a task came to is there until its time is up, and work that
// lasts longer is told to stop.
func TestTaskTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		s := longServer(t, g)
		s.Options.TaskTTL = 10 * time.Minute // longer than a call may take
		c := inMemory(t, s)
		done, open := c.begin("quick"), c.begin("hears")
		g.arrived(t, 1)
		<-time.After(10*time.Minute - time.Second)
		if r := c.get(done); r.Result.Status != "completed" || r.Result.TTLMs != 600_000 {
			t.Errorf("before its time is up: %+v", r)
		}
		if r := c.get(open); r.Result.Status != "working" {
			t.Errorf("before its time is up: %+v", r)
		}
		<-time.After(2 * time.Second)
		synctest.Wait() // the handler has returned, or Close would wait for it
		for _, id := range []string{done, open} {
			if r := c.get(id); r.Error == nil || r.Error.Code != -32602 {
				t.Errorf("after its time: %+v", r)
			}
		}
		start := time.Now()
		if err := s.Close(); err != nil || time.Since(start) > 0 {
			t.Errorf("something was still at work: %v, %v", err, time.Since(start))
		}
	})
}

// TestTaskTimeout is of a tool with a limit of its own.
func TestTaskTimeout(t *testing.T) {
	for _, tool := range []string{"hears", "deaf"} {
		synctest.Test(t, func(t *testing.T) {
			g := newGate(t)
			c := inMemory(t, longServer(t, g, mcpcore.Timeout(3*time.Minute)))
			id := c.begin(tool)
			<-time.After(3*time.Minute - time.Second)
			if r := c.get(id); r.Result.Status != "working" {
				t.Errorf("too early: %+v", r)
			}
			<-time.After(2 * time.Second)
			synctest.Wait()
			r := c.get(id).Result
			if r.Status != "completed" || !r.Result.IsError || !strings.HasPrefix(r.Result.Content[0].Text, "stopped: it took longer than 3m0s") {
				t.Errorf("%s: %+v", tool, r)
			}
		})
	}
}

func TestTasksAreBounded(t *testing.T) {
	busy := func(c *peer, why string) {
		t.Helper()
		r := c.ask("tools/call", `"name":"hears","arguments":{}`)
		if r.Result.ResultType != "complete" || !r.Result.IsError || !strings.Contains(r.Result.Content[0].Text, why) {
			t.Errorf("got %+v, want %q", r, why)
		}
	}
	t.Run("at work", func(t *testing.T) {
		g := newGate(t)
		s := longServer(t, g)
		s.Options.MaxTasks = 2
		c := inMemory(t, s)
		first, second := c.begin("hears"), c.begin("hears")
		busy(c, "busy: 2 tasks are at work")
		c.acked(c.ask("tasks/cancel", `"taskId":"`+first+`"`))
		for c.ask("tools/call", `"name":"hears","arguments":{}`).Result.ResultType != "task" { // when its handler has returned
		}
		g.release()
		c.until(second, "completed")
	})
	t.Run("kept", func(t *testing.T) {
		s := longServer(t, newGate(t))
		s.Options.Tasks = tasks.NewMemory(2, 1<<20)
		c := inMemory(t, s)
		first := c.begin("quick")
		c.begin("quick")
		busy(c, "busy: no more tasks can be kept")
		if r := c.until(first, "completed"); r.Result.Result == nil {
			t.Errorf("a full store has forgotten: %+v", r)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		s := longServer(t, newGate(t))
		s.Options.Tasks = tasks.NewMemory(100, 1<<20)
		c := inMemory(t, s)
		if r := c.until(c.begin("large"), "failed").Result.Error; r.Code != -32603 || !strings.Contains(r.Message, "no room") {
			t.Errorf("a result that finds no room: %+v", r)
		}
		c.until(c.begin("quick"), "completed")
	})
}

// TestTasksOfOnePrincipal: nobody takes the places of the others, at work or
// kept. Those without a name are not told apart, and share what there is.
func TestTasksOfOnePrincipal(t *testing.T) {
	refusedTo := func(c *peer, tool string) string {
		t.Helper()
		r := c.ask("tools/call", fmt.Sprintf(`"name":%q,"arguments":{}`, tool))
		if r.Result.ResultType != "complete" || !r.Result.IsError {
			t.Errorf("not refused: %+v", r)
			return ""
		}
		return r.Result.Content[0].Text
	}
	t.Run("at work", func(t *testing.T) {
		g := newGate(t)
		s := longServer(t, g)
		s.Options.MaxTasks, s.Options.MaxTasksPerPrincipal = 6, 2
		as := webPeers(t, s)
		ada, bob, nobody := as("ada"), as("bob"), as("")
		first := ada.begin("hears")
		ada.begin("hears")
		if why := refusedTo(ada, "hears"); !strings.Contains(why, "busy: 2 of your tasks are at work\nhint: ") {
			t.Errorf("got %q", why)
		}
		bob.begin("hears")
		for range 3 {
			nobody.begin("hears")
		}
		if why := refusedTo(bob, "hears"); !strings.Contains(why, "busy: 6 tasks are at work") {
			t.Errorf("got %q", why)
		}
		ada.acked(ada.ask("tasks/cancel", `"taskId":"`+first+`"`))
		for ada.ask("tools/call", `"name":"hears","arguments":{}`).Result.ResultType != "task" { // when its handler has returned
		}
	})
	t.Run("kept", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newGate(t)
			s := longServer(t, g)
			s.Options.MaxTasksPerPrincipal = 1
			ada, bob := inMemoryAs(t, s, "ada"), inMemoryAs(t, s, "bob")
			for range 16 {
				ada.until(ada.begin("quick"), "completed")
				<-time.After(time.Second)
			}
			<-time.After(10*time.Minute + time.Millisecond)
			want := "busy: 16 of your tasks are kept\nhint: try again in 49m44s, when the first of them is forgotten"
			if why := refusedTo(ada, "quick"); why != want {
				t.Errorf("got %q, want %q", why, want)
			}
			bob.until(bob.begin("quick"), "completed")
			<-time.After(49*time.Minute + 44*time.Second)
			ada.until(ada.begin("quick"), "completed")
			synctest.Wait() // its handler has returned
			if why := refusedTo(ada, "quick"); !strings.Contains(why, "busy: 16 of your tasks are kept") {
				t.Errorf("got %q", why)
			}
		})
	})
}

// TestTasksAtShutdown: those at work are told to stop, and are waited for.
func TestTasksAtShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		s := longServer(t, g)
		s.Options.DrainTimeout = 5 * time.Second
		c := inMemory(t, s)
		hears, asks, quick := c.begin("hears"), c.begin("asks"), c.begin("quick")
		c.until(quick, "completed")
		start := time.Now()
		if err := s.Close(); err != nil || time.Since(start) > 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		for _, id := range []string{hears, asks} {
			if r := c.get(id).Result; r.Status != "failed" || !strings.Contains(r.Error.Message, "the server stopped") {
				t.Errorf("%+v", r)
			}
		}
		if r := c.get(quick).Result; r.Status != "completed" {
			t.Errorf("%+v", r)
		}
		if r := c.ask("tools/call", `"name":"quick","arguments":{}`); r.Error == nil {
			t.Errorf("a task after the end: %+v", r)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		s := longServer(t, g)
		s.Options.DrainTimeout = 5 * time.Second
		log := logged(s)
		inMemory(t, s).begin("deaf")
		g.arrived(t, 1)
		start := time.Now()
		if err := s.Close(); err != nil || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if !strings.Contains(log.String(), "tasks did not stop") {
			t.Errorf("the operator does not hear of it: %s", log)
		}
	})
}
