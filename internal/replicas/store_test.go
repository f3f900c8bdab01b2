//go:build unix

package replicas

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/replicas"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/tasks"
)

const secret = "what nobody else may read"

func newTask(id string) *tasks.Task {
	now := time.Now()
	return &tasks.Task{ID: id, Owner: "ada", Status: tasks.Working, Message: secret, Created: now, Updated: now, TTL: time.Hour}
}

func wait[T any](t *testing.T, what string, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		t.Fatalf("%s: nothing came", what)
	}
	return v
}

// TestTasks has two replicas share tasks.
func TestTasks(t *testing.T) {
	r, ctx := startRedis(t), t.Context()
	a, b := r.open(key).Tasks(), r.open(key).Tasks()
	one := newTask(tasks.NewID())
	if err := a.Create(ctx, one); err != nil {
		t.Fatal(err)
	}
	got, err := b.Get(ctx, one.ID)
	if err != nil || got.Message != secret || got.Owner != "ada" || !got.Created.Equal(one.Created) || got.TTL != time.Hour {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err := b.Get(ctx, "another"); !errors.Is(err, tasks.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}

	told := make(chan struct{}, 1000)
	stop := a.Watch(one.ID, func() { told <- struct{}{} })
	var work sync.WaitGroup
	for n := range 40 { // from both sides at once: none is lost
		work.Go(func() {
			store := []*struct {
				change func(context.Context, string, func(*tasks.Task) bool) error
			}{{a.Change}, {b.Change}}[n%2]
			if err := store.change(ctx, one.ID, func(t *tasks.Task) bool { return t.Ask(tasks.Request{Key: fmt.Sprint(n), Method: "m"}) }); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if got, err := a.Get(ctx, one.ID); err != nil || len(got.Asked) != 40 || got.Status != tasks.InputRequired {
		t.Errorf("got %+v, %v", got, err)
	}
	wait(t, "word of a change", told)
	if err := b.Change(ctx, one.ID, func(*tasks.Task) bool { return false }); err != nil {
		t.Error(err)
	}
	stop()

	for _, key := range strings.Fields(r.cli("--scan")) {
		if strings.Contains(key, one.ID) {
			t.Errorf("the key %s tells the id", key)
		}
	}
	dump := r.cli("--scan", "--pattern", "*task:*")
	for name := range strings.FieldsSeq(dump) {
		if strings.HasPrefix(r.cli("type", name), "hash") {
			dump += r.cli("hgetall", name)
		}
	}
	if strings.Contains(dump, secret) || strings.Contains(dump, "ada") || !strings.Contains(dump, "\nt\n") {
		t.Errorf("Redis shows what it should not, or nothing: %q", dump)
	}
	if _, err := r.open(append([]byte{9}, key[1:]...)).Tasks().Get(ctx, one.ID); !errors.Is(err, tasks.ErrNotFound) {
		t.Errorf("with another key: %v", err)
	}

	stop = a.Watch(one.ID, func() { told <- struct{}{} })
	defer stop()
	for len(told) > 0 {
		<-told
	}
	if err := b.Delete(ctx, one.ID); err != nil {
		t.Error(err)
	}
	wait(t, "word of the end", told)
	if err := b.Delete(ctx, one.ID); !errors.Is(err, tasks.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	if err := a.Change(ctx, one.ID, func(*tasks.Task) bool { return true }); !errors.Is(err, tasks.ErrNotFound) {
		t.Errorf("after the end: %v", err)
	}
	brief := newTask(tasks.NewID())
	brief.TTL = 50 * time.Millisecond
	if err := a.Create(ctx, brief); err != nil {
		t.Fatal(err)
	}
	stopBrief := b.Watch(brief.ID, func() { told <- struct{}{} })
	defer stopBrief()
	wait(t, "word that its time is up", told)
	if _, err := a.Get(ctx, brief.ID); !errors.Is(err, tasks.ErrNotFound) {
		t.Errorf("when its time is up: %v", err)
	}
	if err := a.Create(ctx, newTask("counted")); err != nil {
		t.Error(err)
	}
	if n := strings.TrimSpace(r.cli("zcard", "mcp:{test}:task")); n != "1" {
		t.Errorf("%s tasks are counted, want 1", n)
	}
}

// What one owner keeps is bounded, and a full store can still end what is in it.
func TestTasksAreBounded(t *testing.T) {
	r, ctx := startRedis(t), t.Context()
	a := r.open(key).Tasks()
	finish := func(id string) error {
		return a.Change(ctx, id, func(t *tasks.Task) bool {
			return t.End(tasks.Completed, "", []byte(`"`+strings.Repeat("x", 200<<10)+`"`), nil)
		})
	}
	var err error
	n := 0
	for ; err == nil && n < 6; n++ {
		if err = a.Create(ctx, newTask(fmt.Sprint(n))); err == nil {
			err = finish(fmt.Sprint(n))
		}
	}
	if !errors.Is(err, tasks.ErrFull) || n != 3 {
		t.Errorf("after %d tasks of 200 KiB: %v", n, err)
	}
	last := fmt.Sprint(n - 1)
	if err := a.Change(ctx, last, func(t *tasks.Task) bool { return t.End(tasks.Failed, "no room", nil, []byte(`{}`)) }); err != nil {
		t.Errorf("the end of one that found no room: %v", err)
	}
	other := newTask("other")
	other.Owner = "bob"
	if err := a.Create(ctx, other); err != nil {
		t.Errorf("another owner: %v", err)
	}
	if err := finish("other"); err != nil {
		t.Errorf("another owner: %v", err)
	}
	for i := range n {
		if err := a.Delete(ctx, fmt.Sprint(i)); err != nil {
			t.Error(err)
		}
	}
	if err := errors.Join(a.Create(ctx, newTask("again")), finish("again")); err != nil {
		t.Errorf("there is room again: %v", err)
	}
}

// The work of a replica that has died has failed, and whoever waits hears so.
func TestOrphan(t *testing.T) {
	r, ctx := startRedis(t), t.Context()
	dead, b := r.open(key), r.open(key).Tasks()
	one := newTask(tasks.NewID())
	if err := dead.Tasks().Create(ctx, one); err != nil {
		t.Fatal(err)
	}
	if err := dead.Close(); err != nil { // which says no more that it lives
		t.Fatal(err)
	}
	told := make(chan struct{}, 100)
	defer b.Watch(one.ID, func() { told <- struct{}{} })()
	if got, err := b.Get(ctx, one.ID); err != nil || got.Status != tasks.Working {
		t.Errorf("while it may live: %+v, %v", got, err)
	}
	for name := range strings.FieldsSeq(r.cli("--scan", "--pattern", "*alive*")) {
		r.cli("del", name) // as time would
	}
	wait(t, "word of the failure", told)
	got, err := b.Get(ctx, one.ID)
	if err != nil || got.Status != tasks.Failed || !strings.Contains(string(got.Error), "replica") {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestSessions has two replicas share sessions and messages.
func TestSessions(t *testing.T) {
	r, ctx := startRedis(t), t.Context()
	a, b := r.open(key).Sessions(), r.open(key).Sessions()
	one := &replicas.Session{ID: "one", Owner: "ada", State: replicas.State{
		Revision: "2025-11-25", Client: []byte(`{"name":"` + secret + `"}`), Capabilities: []byte(`{"roots":{}}`), Level: "info",
	}}
	if err := a.Create(ctx, one, time.Minute); err != nil {
		t.Fatal(err)
	}
	got, err := b.Use(ctx, "one", time.Hour)
	if err != nil || got.Owner != "ada" || got.Revision != "2025-11-25" || string(got.Client) != string(one.Client) || got.Version != one.Version {
		t.Fatalf("got %+v, %v", got, err)
	}
	var work sync.WaitGroup
	for n := range 20 {
		work.Go(func() {
			_, err := []*struct {
				change func(context.Context, string, func(*replicas.Session) bool) (*replicas.Session, error)
			}{{a.Change}, {b.Change}}[n%2].change(ctx, "one", func(s *replicas.Session) bool {
				s.Subscriptions = append(s.Subscriptions, fmt.Sprint(n))
				return true
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if got, err := a.Use(ctx, "one", time.Hour); err != nil || len(got.Subscriptions) != 20 || got.Version != 21 {
		t.Errorf("got %+v, %v", got, err)
	}

	heard := make(chan replicas.Message, 100)
	defer b.Receive("B", func(m *replicas.Message) { heard <- *m })()
	send := func(to string) bool {
		taken, err := a.Send(ctx, to, &replicas.Message{Kind: replicas.FromClient, Session: "one", From: "A", Body: []byte(`{"x":1}`)})
		if err != nil {
			t.Error(err)
		}
		return taken
	}
	for _, to := range []string{"", "B"} {
		if !send(to) {
			t.Errorf("nobody takes what is for %q", to)
		}
		if m := wait(t, "the message", heard); m.Kind != replicas.FromClient || m.Session != "one" || m.From != "A" || string(m.Body) != `{"x":1}` {
			t.Errorf("got %+v", m)
		}
	}
	if send("C") {
		t.Error("somebody takes what is for nobody")
	}
	r.cli("publish", "mcp:{test}:session:all", `{"kind":"ended","session":"one"}`) // by somebody without the key
	r.cli("client", "kill", "type", "pubsub")
	for m := wait(t, "word of what was lost", heard); m.Kind != replicas.Lost; m = wait(t, "word of what was lost", heard) {
		t.Errorf("got %+v", m)
	}
	if !send("B") {
		t.Error("nobody takes a message after the connection was lost")
	}
	for wait(t, "the message", heard).Kind != replicas.FromClient {
		continue // it is told for each of the channels
	}

	if err := b.Delete(ctx, "one"); err != nil {
		t.Error(err)
	}
	if _, err := a.Use(ctx, "one", time.Hour); !errors.Is(err, replicas.ErrNotFound) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := a.Change(ctx, "one", func(*replicas.Session) bool { return true }); !errors.Is(err, replicas.ErrNotFound) {
		t.Errorf("a change brings it back: %v", err)
	}
	if _, err := a.Use(ctx, "one", time.Hour); !errors.Is(err, replicas.ErrNotFound) {
		t.Errorf("after a change: %v", err)
	}
}

// Without Redis everything says so soon, and works again when it is back.
func TestAway(t *testing.T) {
	r, ctx := startRedis(t), t.Context()
	s := r.open(key)
	a, all := s.Tasks(), s.Sessions()
	if err := a.Create(ctx, newTask("one")); err != nil {
		t.Fatal(err)
	}
	refused := func(what string) {
		t.Helper()
		began := time.Now()
		var work sync.WaitGroup
		for name, do := range map[string]func() error{
			"get":    func() error { _, err := a.Get(ctx, "one"); return err },
			"create": func() error { return a.Create(ctx, newTask("two")) },
			"change": func() error { return a.Change(ctx, "one", func(*tasks.Task) bool { return true }) },
			"use":    func() error { _, err := all.Use(ctx, "x", time.Hour); return err },
			"send":   func() error { _, err := all.Send(ctx, "", &replicas.Message{}); return err },
			"ping":   func() error { return all.Ping(ctx) },
		} {
			work.Go(func() {
				if err := do(); err == nil || !strings.Contains(err.Error(), "try again in a moment") || strings.Contains(err.Error(), "password") {
					t.Errorf("%s, %s: %v", what, name, err)
				}
			})
		}
		work.Wait()
		if took := time.Since(began); took > patience {
			t.Errorf("%s: it took %s to say so", what, took)
		}
	}
	r.stall()
	refused("Redis does not answer")
	r.goOn()
	if _, err := a.Get(ctx, "one"); err != nil {
		t.Errorf("it goes on: %v", err)
	}
	r.kill()
	refused("Redis is gone")
	r.start()
	if err := a.Create(ctx, newTask("two")); err != nil {
		t.Errorf("it is back: %v", err)
	}
}
