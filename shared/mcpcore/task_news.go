package mcpcore

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// taskNews tells a client that listens how its tasks come along. It has a
// goroutine of its own, so that a client which does not read holds up nobody's
// work, and hears the latest when it reads again.
type taskNews struct {
	l    *listen
	stop map[string]func() // by the id of the task; ends the watch
	wake chan struct{}
	done chan struct{}

	mu    sync.Mutex
	fresh map[string]bool // tasks that have changed since they were told

	told map[string]time.Time // when what was told last had come about; of run alone
}

// mayHearOfTasks refuses a client that wants news of tasks and knows none.
func (k *Call) mayHearOfTasks() error {
	for key := range jsonrpc.Members(k.params.notifications) {
		if key == "taskIds" && !k.Client.HasTasks {
			return missingTasks(k)
		}
	}
	return nil
}

// taskNews watches those of the tasks that the client may see; nil where there
// are none. Nothing is told before it is started.
func (l *listen) taskNews(ids []byte) *taskNews {
	n := &taskNews{
		l: l, stop: map[string]func(){}, fresh: map[string]bool{},
		wake: make(chan struct{}, 1), done: make(chan struct{}), told: map[string]time.Time{},
	}
	c := l.call.conn
	for i, elem := range jsonrpc.Elements(ids) {
		id := jsonrpc.Unquote(elem)
		if _, again := n.stop[id]; i >= maxListened || again || !c.mayUse(id) {
			continue
		}
		n.stop[id] = c.engine().Tasks.Watch(id, func() { n.changed(id) })
		n.changed(id) // how it is now is news too
	}
	if len(n.stop) == 0 {
		return nil
	}
	return n
}

// mayUse reports whether there is such a task, and it is the client's.
func (c *Conn) mayUse(id string) bool {
	t, err := c.engine().Tasks.Get(c.ctx, id)
	return err == nil && t.Owner == Principal(c.ctx)
}

func (n *taskNews) changed(id string) {
	n.mu.Lock()
	n.fresh[id] = true
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default: // it is awake
	}
}

func (n *taskNews) run() {
	for {
		select {
		case <-n.wake:
		case <-n.done:
			return
		}
		n.mu.Lock()
		ids := slices.Collect(maps.Keys(n.fresh))
		clear(n.fresh)
		n.mu.Unlock()
		for _, id := range ids {
			n.tell(id)
		}
	}
}

func (n *taskNews) tell(id string) {
	c := n.l.call.conn
	t, err := c.engine().Tasks.Get(c.ctx, id)
	if err != nil { // forgotten: there is no state that says so
		return
	}
	if at, before := n.told[id]; before && at.Equal(t.Updated) { // was told with an earlier change
		return
	}
	n.told[id] = t.Updated
	n.l.send("notifications/tasks", func(w *jsonrpc.Writer) { (*protocol.TaskState)(shown(t)).Write(w) })
}

// acknowledged writes which tasks are watched.
func (n *taskNews) acknowledged(w *jsonrpc.Writer) {
	if n == nil {
		return
	}
	w.Key("taskIds").Open('[')
	for id := range n.stop {
		w.String(id)
	}
	w.Close(']')
}

// start begins to tell.
func (n *taskNews) start() {
	if n != nil {
		go n.run()
	}
}

// end is called once.
func (n *taskNews) end() {
	if n == nil {
		return
	}
	for _, stop := range n.stop {
		stop()
	}
	close(n.done)
}
