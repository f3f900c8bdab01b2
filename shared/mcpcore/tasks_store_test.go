package mcpcore_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/tasks"
)

// testStore is a store in memory whose methods can be held up or made to fail.
type testStore struct {
	tasks.Store

	mu      sync.Mutex
	fault   map[string]error // by the name of the method
	creates chan *hold       // nil: nothing is held up
	live    map[string]bool  // what was created and not deleted
	watches int              // that have not been stopped
}

// hold is a Create that waits to be let go.
type hold struct{ release, done chan struct{} }

func newTestStore() *testStore {
	return &testStore{Store: tasks.NewMemory(100, 1<<20), fault: map[string]error{}, live: map[string]bool{}}
}

// holding has each Create wait for the test.
func (s *testStore) holding() *testStore {
	s.creates = make(chan *hold, 1000)
	return s
}

// held waits until a task is about to be created.
func (s *testStore) held(t *testing.T) *hold {
	t.Helper()
	select {
	case h := <-s.creates:
		return h
	case <-time.After(30 * time.Second):
		t.Fatal("no task is created")
		return nil
	}
}

// letGo has it create the task, and waits until it has.
func (h *hold) letGo() {
	close(h.release)
	<-h.done
}

func (s *testStore) fails(method string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault[method] = err
}

func (s *testStore) faultOf(method string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault[method]
}

// left is how many tasks are kept and how many watches are open.
func (s *testStore) left() (kept, watches int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.live), s.watches
}

func (s *testStore) Create(ctx context.Context, t *tasks.Task) error {
	if s.creates != nil {
		h := &hold{make(chan struct{}), make(chan struct{})}
		defer close(h.done)
		s.creates <- h
		<-h.release
	}
	err := s.faultOf("Create")
	if err == nil {
		err = s.Store.Create(ctx, t)
	}
	if err == nil {
		s.mu.Lock()
		s.live[t.ID] = true
		s.mu.Unlock()
	}
	return err
}

func (s *testStore) Get(ctx context.Context, id string) (*tasks.Task, error) {
	if err := s.faultOf("Get"); err != nil {
		return nil, err
	}
	return s.Store.Get(ctx, id)
}

func (s *testStore) Change(ctx context.Context, id string, edit func(*tasks.Task) bool) error {
	if err := s.faultOf("Change"); err != nil {
		return err
	}
	return s.Store.Change(ctx, id, edit)
}

func (s *testStore) Delete(ctx context.Context, id string) error {
	if err := s.faultOf("Delete"); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.live, id)
	s.mu.Unlock()
	return s.Store.Delete(ctx, id)
}

func (s *testStore) Watch(id string, changed func()) (stop func()) {
	s.mu.Lock()
	s.watches++
	s.mu.Unlock()
	end := s.Store.Watch(id, changed)
	return func() {
		end()
		s.mu.Lock()
		s.watches--
		s.mu.Unlock()
	}
}

// settled waits until nothing is kept and nobody watches.
func (s *testStore) settled(t *testing.T, kept int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		got, watches := s.left()
		if got == kept && watches == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d tasks are kept and %d watched, want %d and none", got, watches, kept)
		}
		<-time.After(time.Millisecond)
	}
}
