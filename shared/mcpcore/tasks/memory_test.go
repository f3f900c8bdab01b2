package tasks_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/tasks"
)

func task(id string) *tasks.Task {
	return &tasks.Task{ID: id, Status: tasks.Working, Created: time.Now(), Updated: time.Now(), TTL: time.Minute}
}

func TestIDs(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := tasks.NewID()
		if len(id) < 26 || seen[id] { // 26 characters of base32 are 130 bits
			t.Fatalf("%q", id)
		}
		seen[id] = true
	}
}

func TestRoundTrip(t *testing.T) {
	want := task("a")
	want.Owner, want.Message, want.Result, want.Error = "ada", "m", json.RawMessage(`{"n":12345678901234567890}`), json.RawMessage(`{}`)
	want.Created, want.Updated = want.Created.UTC().Round(0), want.Updated.UTC().Round(0)
	want.Ask(tasks.Request{Key: "x", Method: "elicitation/create", Params: json.RawMessage(`{}`)})
	want.Ask(tasks.Request{Key: "y", Method: "roots/list"})
	want.Answer("y", []byte(`{"roots":[]}`))
	raw, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got := &tasks.Task{}
	if err := json.Unmarshal(raw, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStates(t *testing.T) {
	one := task("a")
	one.Ask(tasks.Request{Key: "x"})
	one.Ask(tasks.Request{Key: "y"})
	if one.Answer("z", []byte("{}")) || one.Status != tasks.InputRequired {
		t.Errorf("an answer to no question: %+v", one)
	}
	if !one.Answer("x", []byte("{}")) || one.Answer("x", []byte("{}")) || one.Status != tasks.InputRequired {
		t.Errorf("one of two answers: %+v", one)
	}
	if !one.Answer("y", nil) || one.Status != tasks.Working || len(one.Answers) != 1 {
		t.Errorf("a question that was given up: %+v", one)
	}
	if !one.End(tasks.Cancelled, "", nil, nil) || one.End(tasks.Completed, "", []byte("{}"), nil) || one.Ask(tasks.Request{}) {
		t.Errorf("something happened after the end: %+v", one)
	}
}

func TestMemoryForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ctx, told := tasks.NewMemory(2, 1000), t.Context(), 0
		if err := m.Create(ctx, task("a")); err != nil {
			t.Fatal(err)
		}
		stop := m.Watch("a", func() { told++ })
		<-time.After(59 * time.Second)
		if _, err := m.Get(ctx, "a"); err != nil {
			t.Errorf("forgotten before its time: %v", err)
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if _, err := m.Get(ctx, "a"); !errors.Is(err, tasks.ErrNotFound) || told != 1 {
			t.Errorf("after its time: %v, told %d times", err, told)
		}
		stop()
		if err := m.Change(ctx, "a", func(*tasks.Task) bool { return true }); !errors.Is(err, tasks.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	m, ctx := tasks.NewMemory(2, 10_000), context.Background()
	for _, id := range []string{"a", "b"} {
		if err := m.Create(ctx, task(id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Create(ctx, task("c")); !errors.Is(err, tasks.ErrFull) {
		t.Errorf("a third of two: %v", err)
	}
	finish := func(id string, size int) error {
		return m.Change(ctx, id, func(t *tasks.Task) bool {
			return t.End(tasks.Completed, "", []byte(`"`+strings.Repeat("x", size)+`"`), nil)
		})
	}
	if err := finish("a", 9000); err != nil {
		t.Error(err)
	}
	if err := finish("b", 9000); !errors.Is(err, tasks.ErrFull) {
		t.Errorf("more bytes than there is room for: %v", err)
	}
	if err := finish("b", 100); err != nil {
		t.Errorf("how it ended must find room: %v", err)
	}
	if err := m.Delete(ctx, "a"); err != nil {
		t.Error(err)
	}
	if err := m.Create(ctx, task("c")); err != nil {
		t.Errorf("after one was deleted: %v", err)
	}
}

// TestMemoryIsShared: one owner with a name leaves room to the others.
func TestMemoryIsShared(t *testing.T) {
	m, ctx := tasks.NewMemory(10, 40_000), context.Background()
	for _, id := range []string{"a1", "a2", "b1", "1", "2"} {
		one := task(id)
		one.Owner = strings.TrimRight(id, "12")
		if err := m.Create(ctx, one); err != nil {
			t.Fatal(err)
		}
	}
	finish := func(id string) error {
		return m.Change(ctx, id, func(t *tasks.Task) bool {
			return t.End(tasks.Completed, "", []byte(`"`+strings.Repeat("x", 12_000)+`"`), nil)
		})
	}
	if err := errors.Join(finish("a1"), finish("b1")); err != nil {
		t.Error(err)
	}
	if err := finish("a2"); !errors.Is(err, tasks.ErrFull) {
		t.Errorf("more than half for one: %v", err)
	}
	if err := finish("1"); err != nil {
		t.Errorf("where no owner has a name, the room is one: %v", err)
	}
	if err := m.Delete(ctx, "a1"); err != nil {
		t.Error(err)
	}
	if err := finish("a2"); err != nil {
		t.Errorf("after the other was deleted: %v", err)
	}
}

// TestMemoryGivesCopies changes what Get gave, and what many change at once.
func TestMemoryGivesCopies(t *testing.T) {
	m, ctx := tasks.NewMemory(2, 10_000), context.Background()
	first := task("a")
	first.Ask(tasks.Request{Key: "x"})
	if err := m.Create(ctx, first); err != nil {
		t.Fatal(err)
	}
	got, _ := m.Get(ctx, "a")
	got.Asked[0].Key, first.Asked[0].Key = "broken", "broken"
	if again, _ := m.Get(ctx, "a"); again.Asked[0].Key != "x" {
		t.Error("what is kept was changed from outside")
	}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			_ = m.Change(ctx, "a", func(t *tasks.Task) bool { t.Message += "."; return true }) // is there
		})
	}
	all.Wait()
	if got, _ := m.Get(ctx, "a"); len(got.Message) != 100 {
		t.Errorf("%d of 100 changes were kept", len(got.Message))
	}
}
