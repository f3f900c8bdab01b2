package filesystem_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// slowContext holds those up who use it, at numbered uses: a walk looks at its
// context before each directory.
type slowContext struct {
	context.Context
	uses  *atomic.Int64
	gates map[int64]chan struct{}
}

func (s *slowContext) use() {
	if gate := s.gates[s.uses.Add(1)]; gate != nil {
		<-gate
	}
}

func (s *slowContext) Err() error {
	s.use()
	return s.Context.Err()
}

func (s *slowContext) Value(key any) any {
	s.use()
	return s.Context.Value(key)
}

// slowWalk is a walk through many entries that is held up half way and shortly
// before its end.
type slowWalk struct {
	*mcptest.Client
	dir         string
	first, last chan struct{}
	came        chan error // what the walk came to
}

func newSlowWalk(t *testing.T) *slowWalk {
	t.Helper()
	w := &slowWalk{dir: tempDir(t), first: make(chan struct{}), last: make(chan struct{}), came: make(chan error, 1)}
	const dirs, files = 60, 50
	for d := range dirs {
		if err := os.Mkdir(fmt.Sprintf("%s/d%d", w.dir, d), 0o777); err != nil {
			t.Fatal(err)
		}
		for f := range files {
			write(t, fmt.Sprintf("%s/d%d/f%d", w.dir, d, f), "")
		}
	}
	gates := map[int64]chan struct{}{}
	for n := range int64(8) { // as many as walk at once
		gates[20+n], gates[55+n] = w.first, w.last
	}
	s := newServer(t, filesystem.Config{Directories: []string{w.dir}})
	s.Options.TaskAfter = time.Nanosecond
	s.Use(func(next mcpcore.Handler) mcpcore.Handler {
		return func(ctx context.Context, call *mcpcore.Call) (protocol.Result, error) {
			res, err := next(&slowContext{Context: ctx, uses: &atomic.Int64{}, gates: gates}, call)
			w.came <- err
			return res, err
		}
	})
	w.Client = mcptest.Connect(t, s, mcptest.Options{Tasks: true})
	return w
}

// TestSlowWalk: a walk that takes long becomes a task, says how far it has come,
// and finds what a quick one finds.
func TestSlowWalk(t *testing.T) {
	for tool, a := range map[string]args{
		"search_files":   {"pattern": "**/f7"},
		"directory_tree": {},
	} {
		t.Run(tool, func(t *testing.T) {
			w := newSlowWalk(t)
			a["path"] = w.dir
			id := w.Begin(tool, a).ID
			if got := w.Task(id); got.Status != "working" || got.Result != nil {
				t.Errorf("in the middle it is %s", got.Status)
			}
			close(w.first)
			told := w.AwaitTask(id, func(t *mcptest.Task) bool { return t.StatusMessage != "" })
			if !strings.HasSuffix(told.StatusMessage, " entries seen") || told.Status != "working" {
				t.Errorf("%s, and told %q", told.Status, told.StatusMessage)
			}
			close(w.last)
			done := w.Await(id)
			if got := strings.Count(string(done.Result), "f7"); done.Status != "completed" || got != 60 {
				t.Errorf("%s, and f7 is there %d times", done.Status, got)
			}
		})
	}
}

// TestSlowWalkCancelled: a walk ends when its task is cancelled.
func TestSlowWalkCancelled(t *testing.T) {
	w := newSlowWalk(t)
	id := w.Begin("search_files", args{"path": w.dir, "pattern": "**"}).ID
	w.CancelTask(id)
	close(w.first)
	select {
	case err := <-w.came:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the walk goes on, up to where it is held up again")
	}
	close(w.last)
	if got := w.Await(id); got.Status != "cancelled" || got.Result != nil {
		t.Errorf("it is %s", got.Status)
	}
}
