package mcpcore_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/tasks"
)

// frail is a server over a store that can be made to fail, and its log.
func frail(t *testing.T, g *gate) (*mcpcore.Server, *testStore, *safeBuffer) {
	s, store := longServer(t, g), newTestStore()
	s.Options.Tasks = store
	return s, store, logged(s)
}

// tells fails the test unless the operator was told of the fault and the client
// was not.
func tells(t *testing.T, log *safeBuffer, client string) {
	t.Helper()
	if !strings.Contains(log.String(), errBroken.Error()) {
		t.Errorf("the operator does not hear of it: %s", log)
	}
	if strings.Contains(client, errBroken.Error()) {
		t.Errorf("the client hears too much: %s", client)
	}
}

// TestTaskStoreRefusesTasks: no task without a store, and no place is lost.
func TestTaskStoreRefusesTasks(t *testing.T) {
	g := newGate(t)
	s, store, log := frail(t, g)
	s.Options.MaxTasks = 1
	c := inMemoryAs(t, s, "ada")
	store.fails("Create", errBroken)
	for range 20 {
		r := c.ask("tools/call", `"name":"hears","arguments":{}`).Result
		if r.ResultType != "complete" || !r.IsError || !strings.HasPrefix(r.Content[0].Text, "no task can be kept at present\nhint: ") {
			t.Errorf("got %+v", r)
		}
		tells(t, log, r.Content[0].Text)
	}
	store.fails("Create", nil)
	id := c.begin("hears")
	g.release()
	c.until(id, "completed")
}

// TestTaskStoreCannotBeRead: the work goes on, and is found when it can be read.
func TestTaskStoreCannotBeRead(t *testing.T) {
	g := newGate(t)
	s, store, log := frail(t, g)
	c := inMemory(t, s)
	id := c.begin("tells")
	g.arrived(t, 1)
	store.fails("Get", errBroken)
	for method, more := range map[string]string{"tasks/get": "", "tasks/cancel": "", "tasks/update": `,"inputResponses":{}`} {
		r := c.ask(method, `"taskId":"`+id+`"`+more)
		if r.Error == nil || r.Error.Code != -32603 || !strings.Contains(r.Error.Message, "try again in a moment") {
			t.Errorf("%s: %+v", method, r)
		} else {
			tells(t, log, r.Error.Message)
		}
	}
	g.release()
	store.fails("Get", nil)
	c.until(id, "completed")
}

// TestTaskStoreCannotBeWritten: what a task came to is kept once it can be.
func TestTaskStoreCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		s, store, log := frail(t, g)
		c := inMemory(t, s)
		id := c.begin("hears")
		g.arrived(t, 1)
		store.fails("Change", errBroken)
		for method, more := range map[string]string{"tasks/cancel": "", "tasks/update": `,"inputResponses":{"x":{}}`} {
			if r := c.ask(method, `"taskId":"`+id+`"`+more); r.Error == nil || r.Error.Code != -32603 {
				t.Errorf("%s: %+v", method, r)
			} else {
				tells(t, log, r.Error.Message)
			}
		}
		g.release()
		<-time.After(20 * time.Second)
		if r := c.get(id); r.Result.Status != "working" {
			t.Errorf("%+v", r)
		}
		store.fails("Change", nil)
		if r := c.until(id, "completed"); r.Result.Result.Content[0].Text != "late" {
			t.Errorf("%+v", r)
		}
	})
	synctest.Test(t, func(t *testing.T) { // a question is not put, and its work hears of it
		s, store, log := frail(t, newGate(t))
		c := inMemory(t, s)
		store.fails("Change", errBroken)
		id := c.begin("asks")
		<-time.After(10 * time.Second)
		store.fails("Change", nil)
		r := c.until(id, "completed").Result.Result
		if !r.IsError || !strings.HasPrefix(r.Content[0].Text, "the user cannot be asked at present\nhint: ") {
			t.Errorf("got %+v", r)
		}
		tells(t, log, r.Content[0].Text)
	})
	synctest.Test(t, func(t *testing.T) { // a store that stays broken holds up neither the work nor the end
		g := newGate(t)
		s, store, log := frail(t, g)
		c := inMemory(t, s)
		first := c.begin("tells")
		store.fails("Change", errBroken)
		g.release()
		<-time.After(2 * time.Minute)
		if !strings.Contains(log.String(), "what a task came to is lost") {
			t.Errorf("the operator does not hear of it: %s", log)
		}
		c.begin("hears")
		<-time.After(time.Second) // its end is tried again
		start := time.Now()
		if err := s.Close(); err != nil || time.Since(start) > time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if r := c.get(first); r.Result.Status != "working" {
			t.Errorf("%+v", r)
		}
	})
}

// TestTaskThatCannotBeDeleted: nobody has heard of it, so it may stay until its
// time is up.
func TestTaskThatCannotBeDeleted(t *testing.T) {
	g := newGate(t)
	s := slowServer(t, g, atOnce)
	store := newTestStore().holding()
	store.fails("Delete", errBroken)
	s.Options.Tasks = store
	c := inMemory(t, s)
	answer := c.started("deaf")
	h := store.held(t)
	g.release()
	if r := <-answer; r.Result.ResultType != "complete" || r.Result.Content[0].Text != "late" {
		t.Errorf("%+v", r)
	}
	h.letGo()
	store.settled(t, 1)
}

// TestTaskResultTooLarge is cut, or refused, as that of a call is.
func TestTaskResultTooLarge(t *testing.T) {
	s := newServer(
		mcpcore.Read("text", "Much.", func(context.Context, nothing) (string, error) { return strings.Repeat("x\n", 1<<20), nil },
			mcpcore.Long(), mcpcore.Resume("read on")),
		mcpcore.Read("image", "Much.", func(context.Context, nothing) (mcpcore.Image, error) {
			return mcpcore.Image{Data: make([]byte, 1<<20), MIMEType: "image/png"}, nil
		}, mcpcore.Long()),
	)
	s.Options.MaxResultBytes = 10_000
	c := inMemory(t, s)
	if r := c.until(c.begin("text"), "completed").Result.Result; r.IsError || len(r.Content[0].Text) > 10_000 || !strings.Contains(r.Content[0].Text, "for the rest, read on]") {
		t.Errorf("%d bytes: %.200s", len(r.Content[0].Text), r.Content[0].Text)
	}
	if r := c.until(c.begin("image"), "completed").Result.Result; !r.IsError || !strings.Contains(r.Content[0].Text, "bytes or more, and") {
		t.Errorf("%+v", r)
	}
}

// TestTaskPanics leaves the other tasks alone, and what the client is told can
// be found in the log.
func TestTaskPanics(t *testing.T) {
	g := newGate(t)
	s := longServer(t, g)
	log := logged(s)
	c := inMemory(t, s)
	other := c.begin("hears")
	g.arrived(t, 1)
	r := c.until(c.begin("panics"), "failed").Result
	_, reference, _ := strings.Cut(r.Error.Message, "reference ")
	if reference = strings.TrimSuffix(reference, ")"); reference == "" || !strings.Contains(log.String(), reference) || !strings.Contains(log.String(), "secret") {
		t.Errorf("%q is not in %s", r.Error.Message, log)
	}
	g.release()
	c.until(other, "completed")
}

// TestDrainWithTasks: a task at work holds up no connection, and ends with the
// server.
func TestDrainWithTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		s, store, _ := frail(t, g)
		l := mcptest.Pipe(t, s)
		answer := l.Ask(tasked("1", "hears"))
		asks := l.Ask(tasked("2", "asks"))
		g.arrived(t, 1)
		start := time.Now()
		l.CloseInput()
		if err := l.Wait(); err != nil || time.Since(start) > 0 {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if err := s.Close(); err != nil || time.Since(start) > 0 {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		for _, line := range []string{answer, asks} {
			var m struct{ Result struct{ TaskID string } }
			decodeInto(t, line, &m)
			kept, err := store.Get(t.Context(), m.Result.TaskID)
			if err != nil || kept.Status != tasks.Failed || !strings.Contains(kept.Message, "the server stopped") || len(kept.Asked) > 0 {
				t.Errorf("%v: %+v", err, kept)
			}
		}
		store.settled(t, 2)
	})
}

// TestTaskTTLAtWork: work whose time is up is told to stop, whatever it waits
// for; where it is deaf its place is free when it returns, and its result is
// nobody's.
func TestTaskTTLAtWork(t *testing.T) {
	for _, tool := range []string{"asks", "hears", "deaf"} {
		synctest.Test(t, func(t *testing.T) {
			g := newGate(t)
			s, store, log := frail(t, g)
			s.Options.TaskTTL, s.Options.MaxTasks, s.Options.AskTimeout = time.Minute, 1, time.Hour
			c := inMemory(t, s)
			id := c.begin(tool)
			<-time.After(61 * time.Second)
			synctest.Wait()
			if r := c.get(id); r.Error == nil || r.Error.Code != -32602 {
				t.Errorf("%s: %+v", tool, r)
			}
			if tool == "deaf" {
				if r := c.ask("tools/call", `"name":"quick","arguments":{}`); !r.Result.IsError {
					t.Errorf("its place is taken again: %+v", r)
				}
				g.release()
				synctest.Wait()
			}
			c.until(c.begin("quick"), "completed")
			synctest.Wait()
			if _, watches := store.left(); watches != 0 || log.String() != "" {
				t.Errorf("%s: %d watches are left, and the log says %s", tool, watches, log)
			}
		})
	}
}

// blocked is a client that takes nothing until it is let go.
type blocked struct {
	sending, release chan struct{}
	once             sync.Once
}

func (b *blocked) Send([]byte) error {
	b.once.Do(func() { close(b.sending) })
	<-b.release
	return io.ErrClosedPipe
}

// TestManyListenToOneTask: clients come, go and stop reading; the task and the
// others do not mind, and nothing is left of them.
func TestManyListenToOneTask(t *testing.T) {
	g := newGate(t)
	s, store, _ := frail(t, g)
	c := inMemory(t, s)
	id := c.begin("asks")
	c.until(id, "input_required")
	listen := func(out mcpcore.Sender) *mcpcore.Conn {
		conn := s.Connect(context.Background(), out)
		go conn.Receive(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{"notifications":{"taskIds":[%q]},`+
			`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":%s}}}`, id, withTasks))
		return conn
	}
	const many = 200
	var stay, leave []*mcpcore.Conn
	var hear []stream
	for n := range many {
		out := make(stream, 100)
		conn := listen(out)
		if n%2 == 0 {
			leave = append(leave, conn)
			continue
		}
		stay, hear = append(stay, conn), append(hear, out)
		out.next(t) // the acknowledgement
	}
	stuck := &blocked{sending: make(chan struct{}), release: make(chan struct{})}
	lazy := listen(stuck)
	<-stuck.sending
	var all sync.WaitGroup
	for _, conn := range leave {
		all.Go(conn.Close)
	}
	c.acked(c.ask("tasks/update", `"taskId":"`+id+`","inputResponses":{"ask-1":{"action":"accept","content":{"name":"Ada"}}}`))
	all.Wait()
	for _, out := range hear {
		for !strings.Contains(out.next(t), `"status":"completed"`) {
		}
	}
	c.until(id, "completed")
	for _, conn := range stay {
		conn.Close()
	}
	close(stuck.release)
	lazy.Close()
	store.settled(t, 1) // the goroutines end too, or the check for leaks finds them
}
