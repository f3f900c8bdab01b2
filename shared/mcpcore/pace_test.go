package mcpcore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/rate"
)

func limit(t *testing.T, text string) rate.Limit {
	t.Helper()
	l, err := rate.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A request too many is told so in the form that suits who made it, and when to
// come back; a ping is always answered.
func TestRateLimit(t *testing.T) {
	for _, test := range []struct {
		rule, text string
		options    func(*mcpcore.Options)
	}{
		{"--rate-limit", "all clients together ask for more than the 20/m that the server takes", func(o *mcpcore.Options) {
			o.RateLimit = limit(t, "20/m")
		}},
		{"--rate-limit-per-principal", "these are more requests than the 20/m that one client may make", func(o *mcpcore.Options) {
			o.RateLimit, o.RateLimitPerPrincipal = limit(t, "100/s"), limit(t, "20/m")
		}},
	} {
		t.Run(test.rule, func(t *testing.T) {
			eachRevision(t, func(t *testing.T, revision string) {
				synctest.Test(t, func(t *testing.T) { rateLimited(t, revision, test.rule, test.text, test.options) })
			})
		})
	}
}

func rateLimited(t *testing.T, revision, rule, text string, options func(*mcpcore.Options)) {
	n := &notebook{}
	s := newServer()
	options(&s.Options)
	s.Options.Observers = []mcpcore.Observer{n}
	c := mcptest.Connect(t, s, mcptest.Options{Revision: revision})
	for {
		if _, err := c.Request("prompts/list", nil); err != nil {
			break
		}
	}
	n.take()
	if e := c.Refused("tools/list", nil); e.Code != -32003 || string(e.Data) != `{"retryAfter":3}` || !strings.Contains(e.Message, text) {
		t.Errorf("tools/list: %+v", e)
	}
	raw, err := c.Request("tools/call", map[string]any{"name": "echo"})
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		mcptest.Result
		Meta map[string]any `json:"_meta"`
	}
	decodeInto(t, string(raw), &r)
	if want := "busy: " + text + "\nhint: try again after 3 seconds"; r.Text() != want || !r.IsError {
		t.Errorf("tools/call: got %q, want %q", r.Text(), want)
	}
	if got := r.Meta["io.github.mcp-toolbelt/retryAfter"]; got != 3.0 {
		t.Errorf("tools/call: _meta says %v", got)
	}
	if got, want := n.take(), "tools/list  refused "+rule+"; tools/call echo refused "+rule; got != want {
		t.Errorf("got the records %q, want %q", got, want)
	}
	if revision != "2026-07-28" {
		if _, err := c.Request("ping", nil); err != nil {
			t.Errorf("ping: %v", err)
		}
	}
	<-time.After(3 * time.Second)
	if got := c.Call("echo", map[string]any{"text": "hello"}); got.Text() != "hello" {
		t.Errorf("after the time: %+v", got)
	}
}

// A handshake too many begins nothing.
func TestRateLimitOfHandshakes(t *testing.T) {
	s := newServer()
	s.Options.RateLimit = limit(t, "1/h")
	l := mcptest.Pipe(t, s)
	l.Ask(call("1", "echo", "{}"))
	const hello = `{"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	if got := parse(t, l.Ask(hello)); got.Error == nil || got.Error.Code != -32003 {
		t.Errorf("got %+v, want -32003", got)
	}
	if got := parse(t, l.Ask(`{"jsonrpc":"2.0","id":3,"method":"tools/list"}`)); got.Error == nil || got.Error.Code != -32600 {
		t.Errorf("got %+v, want -32600: there was no handshake", got)
	}
}

// What passes, a handler can say too.
func TestRetryAfter(t *testing.T) {
	s := newServer(mcpcore.Read("later", "Later.", func(context.Context, nothing) (string, error) {
		return "", mcpcore.RetryAfter(errors.New("the quota is used up"), 1500*time.Millisecond)
	}))
	eachRevision(t, func(t *testing.T, revision string) {
		c := mcptest.Connect(t, s, mcptest.Options{Revision: revision})
		raw, err := c.Request("tools/call", map[string]any{"name": "later"})
		if err != nil || !strings.Contains(string(raw), `"io.github.mcp-toolbelt/retryAfter":2`) ||
			!strings.Contains(string(raw), `the quota is used up\nhint: try again after 2 seconds`) {
			t.Errorf("%s %v", raw, err)
		}
	})
	if mcpcore.RetryAfter(nil, time.Second) != nil {
		t.Error("nothing went wrong, and it is an error")
	}
}

// workshop is a server whose one tool tells who calls and waits to be let go.
type workshop struct {
	server *mcpcore.Server
	came   chan string
	step   chan struct{}
}

func newWorkshop() *workshop {
	w := &workshop{came: make(chan string, 1000), step: make(chan struct{})}
	w.server = newServer(mcpcore.Read("work", "Work.", func(ctx context.Context, _ nothing) (string, error) {
		w.came <- mcpcore.Principal(ctx)
		select {
		case <-w.step:
			return "done", nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}))
	w.server.Options.CallTimeout = -1
	return w
}

// answers are what a principal's connection was sent.
type answers struct {
	mu    sync.Mutex
	lines []string
}

func (a *answers) Send(msg []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lines = append(a.lines, string(msg))
	return nil
}

func (a *answers) busy() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, line := range a.lines {
		if strings.Contains(line, "busy: ") {
			n++
		}
	}
	return n
}

// flood has a principal make n calls at once.
func (w *workshop) flood(t *testing.T, p *auth.Principal, n int) *answers {
	t.Helper()
	a := &answers{}
	conn := w.server.Connect(auth.With(t.Context(), p), a)
	t.Cleanup(conn.Close)
	for i := range n {
		go conn.Receive([]byte(call(fmt.Sprint(i), "work", "{}")))
		synctest.Wait()
	}
	return a
}

func (w *workshop) taken() (who []string) {
	for len(w.came) > 0 {
		who = append(who, <-w.came)
	}
	return who
}

func named(id string) *auth.Principal { return &auth.Principal{ID: id, Trusted: true} }

// Who floods the server waits behind their own calls: places go round.
func TestFairQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkshop()
		w.server.Options.MaxConcurrent = 1
		w.flood(t, named("ada"), 50)
		w.flood(t, named("bob"), 2)
		w.flood(t, named("cyd"), 1)
		for range 7 {
			w.step <- struct{}{}
			synctest.Wait()
		}
		want := []string{"ada", "ada", "bob", "cyd", "ada", "bob", "ada", "ada"}
		if got := w.taken(); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// Where the queue is full, the longest part of it gives way.
func TestFairTurningAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkshop()
		w.server.Options.MaxConcurrent, w.server.Options.MaxQueue = 1, 6
		ada := w.flood(t, named("ada"), 50)
		if got := ada.busy(); got != 43 {
			t.Errorf("ada: %d are turned away, want 43", got)
		}
		bob := w.flood(t, named("bob"), 50)
		cyd := w.flood(t, named("cyd"), 50)
		if ada.busy() != 47 || bob.busy() != 48 || cyd.busy() != 48 {
			t.Errorf("%d, %d, %d are turned away, want 47, 48, 48: two of each wait, and one runs", ada.busy(), bob.busy(), cyd.busy())
		}
		for range 6 {
			w.step <- struct{}{}
			synctest.Wait()
		}
		want := []string{"ada", "ada", "bob", "cyd", "ada", "bob", "cyd"}
		if got := w.taken(); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// One principal does not hold all places: half of them by default, as many as
// the operator says, and no more than stands in the file of tokens.
func TestPlacesOfPrincipals(t *testing.T) {
	narrow := named("ada")
	narrow.MaxConcurrent = 2
	for _, test := range []struct {
		who       *auth.Principal
		each, run int
	}{{named("ada"), 0, 4}, {named("ada"), 3, 3}, {named("ada"), 100, 8}, {narrow, 0, 2}, {narrow, 1, 1}, {nil, 0, 8}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorkshop()
			w.server.Options.MaxConcurrent, w.server.Options.MaxConcurrentPerPrincipal = 8, test.each
			w.flood(t, test.who, 20)
			if got := len(w.taken()); got != test.run {
				t.Errorf("%+v, %d each: %d run, want %d", test.who, test.each, got, test.run)
			}
			w.flood(t, named("bob"), 1)
			if got := len(w.taken()); got != min(1, 8-test.run) {
				t.Errorf("%+v, %d each: %d of another run", test.who, test.each, got)
			}
			w.step <- struct{}{}
			synctest.Wait()
			if got := len(w.taken()); got != 1 {
				t.Errorf("%+v, %d each: %d follow one that ended", test.who, test.each, got)
			}
		})
	}
}

// A rate of one's own is told by its name, and is narrower than that of all.
func TestRateOfPrincipal(t *testing.T) {
	ada := named("ada")
	ada.RateLimit = limit(t, "2/h")
	n := &notebook{}
	s := newServer()
	s.Options.Observers = []mcpcore.Observer{n}
	for range 2 { // connections: the limit is the principal's
		conn := s.Connect(auth.With(t.Context(), ada), discard{})
		defer conn.Close()
		conn.Receive([]byte(call("1", "echo", "{}")))
	}
	conn := s.Connect(auth.With(t.Context(), ada), discard{})
	defer conn.Close()
	n.take()
	conn.Receive([]byte(call("1", "echo", "{}")))
	if got, want := n.take(), "tools/call echo refused principal rate_limit"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	other := s.Connect(auth.With(t.Context(), named("bob")), discard{})
	defer other.Close()
	other.Receive([]byte(call("1", "echo", "{}")))
	if got, want := n.take(), "tools/call echo ok "; got != want {
		t.Errorf("another: got %q, want %q", got, want)
	}
}

// Crowds that call, cancel and leave: each call runs or is told that there is
// no room, no more run at once than may, and in the end all places are free.
func TestCrowd(t *testing.T) {
	const principals, calls, places = 6, 100, 4
	var running, most atomic.Int64
	s := newServer(mcpcore.Read("work", "Work.", func(context.Context, nothing) (string, error) {
		n := running.Add(1)
		defer running.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		return "done", nil
	}))
	s.Options.MaxConcurrent, s.Options.MaxQueue, s.Options.MaxConcurrentPerPrincipal = places, 10, 3
	var all sync.WaitGroup
	outs := make([]*answers, principals)
	for p := range principals {
		outs[p] = &answers{}
		conn := s.Connect(auth.With(t.Context(), named(fmt.Sprint(p))), outs[p])
		defer conn.Close()
		for i := range calls {
			all.Go(func() { conn.Receive([]byte(call(fmt.Sprint(i), "work", "{}"))) })
			if i%10 == 0 {
				all.Go(func() {
					conn.Receive(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d}}`, i))
				})
			}
		}
		leaver := s.Connect(auth.With(t.Context(), named(fmt.Sprint(p))), discard{})
		all.Go(func() { leaver.Receive([]byte(call("1", "work", "{}"))) })
		all.Go(leaver.Close)
	}
	all.Wait()
	if most.Load() > places {
		t.Errorf("%d ran at once, want at most %d", most.Load(), places)
	}
	w := newGate(t)
	s.AddTools(mcpcore.Read("wait", "Wait.", w.deaf))
	for p := range principals {
		conn := s.Connect(auth.With(t.Context(), named(fmt.Sprint(p))), outs[p])
		all.Go(func() {
			conn.Receive([]byte(call("1", "wait", "{}")))
		})
		defer conn.Close()
	}
	w.arrived(t, places) // all places are there
	w.release()
	w.arrived(t, principals-places)
	all.Wait()
}

// The operator bounds single tools.
func TestToolBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t)
		much := func(ctx context.Context, _ nothing) (string, error) {
			return strings.Repeat(fmt.Sprintln(mcpcore.ResultBudget(ctx)), 1000), nil
		}
		s := newServer(
			mcpcore.Read("wait_short", "Wait.", g.hears, mcpcore.Timeout(time.Hour)), mcpcore.Read("wait_long", "Wait.", g.hears, mcpcore.Alias("linger")),
			mcpcore.Read("read_much", "Read.", much), mcpcore.Read("list_much", "List.", much),
		)
		s.Options.ToolTimeouts = []mcpcore.ForTools[time.Duration]{{Pattern: "wait_*", Value: time.Second}, {Pattern: "linger", Value: 5 * time.Second}}
		s.Options.ToolResultBytes = []mcpcore.ForTools[int]{{Pattern: "read_*", Value: 2000}}
		c := mcptest.Connect(t, s, mcptest.Options{})
		for tool, want := range map[string]string{"wait_short": "1s", "wait_long": "5s", "linger": "5s"} {
			if got := c.Call(tool, nil); !got.IsError || !strings.HasPrefix(got.Text(), "stopped: it took longer than "+want+"\n") {
				t.Errorf("%s: %q", tool, got.Text())
			}
		}
		if got := c.Call("read_much", nil).Text(); len(got) > 2000 || !strings.HasPrefix(got, "2000\n") || !strings.Contains(got, "[cut: ") {
			t.Errorf("read_much: %d bytes: %.50q", len(got), got)
		}
		if got := c.Call("list_much", nil).Text(); len(got) < 5000 || strings.Contains(got, "[cut: ") {
			t.Errorf("list_much: %d bytes", len(got))
		}
	})
}

// Limits that are read anew hold for what comes, and forget nothing of what came.
func TestLimitsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		with := func(rates string, places int) *workshop {
			w := newWorkshop()
			w.server.Options.RateLimitPerPrincipal, w.server.Options.MaxConcurrentPerPrincipal = limit(t, rates), places
			return w
		}
		w := with("5/h", 1)
		conn := w.server.Connect(auth.With(t.Context(), named("ada")), &answers{})
		defer conn.Close()
		for i := range 4 {
			go conn.Receive([]byte(call(fmt.Sprint(i), "work", "{}")))
			synctest.Wait()
		}
		if got := len(w.taken()); got != 1 {
			t.Errorf("%d run, want 1", got)
		}
		next := with("3/h", 2)
		w.server.Adopt(next.server)
		synctest.Wait()
		if got := len(w.taken()); got != 1 {
			t.Errorf("%d more run, want 1", got)
		}
		out := &answers{}
		other := w.server.Connect(auth.With(t.Context(), named("ada")), out)
		defer other.Close()
		other.Receive([]byte(call("1", "echo", "{}")))
		if out.busy() != 1 {
			t.Error("what came before is forgotten")
		}
	})
}
