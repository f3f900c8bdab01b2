package guard

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// WalkAction is what a walk does next.
type WalkAction int

// What the function given to Walk can answer.
const (
	Continue WalkAction = iota // go on, and into the entry if it is a directory
	Skip                       // do not go into the entry
	Stop                       // end the walk without an error
)

// WalkOptions bounds and orders a walk.
type WalkOptions struct {
	// MaxEntries ends the walk with ErrTooMany once more entries than this
	// were met. Zero is no bound.
	MaxEntries int
	// MaxDepth is how many levels are visited; 1 is the directory alone. Zero
	// is no bound.
	MaxDepth int
	// Ordered visits entries in order of their names, a directory before what
	// is in it, one at a time. Otherwise several are visited at once, in no
	// order.
	Ordered bool
	// OnError hears of directories that could not be read; they are left out.
	// It is called concurrently unless Ordered.
	OnError func(rel string, err error)
	// OnSeen hears how many entries were met, and how many before that. It is
	// called concurrently unless Ordered.
	OnSeen func(before, now int)
}

// walkBase opens directories beneath the one where a walk began.
type walkBase interface {
	open(rel string) (lister, error)
	close()
}

// Walk calls fn for everything beneath the directory at path, without the
// directory itself and without following links. rel is relative to path, with
// the system's separators. fn is called concurrently unless o.Ordered. Strings
// that fn keeps keep the memory of a whole batch of names.
func (g *Guard) Walk(ctx context.Context, path string, o WalkOptions, fn func(rel string, e Entry) WalkAction) error {
	w, err := g.newWalk(ctx, path, o)
	if err != nil {
		return err
	}
	defer w.base.close()
	w.fn = func(_ *Node, it *item) (WalkAction, *Node) { return fn(it.rel, it.Entry), nil }
	if o.Ordered {
		w.ordered(job{depth: 1}, nil)
		return w.result()
	}
	return w.run(job{depth: 1})
}

// newWalk opens the base of a walk.
func (g *Guard) newWalk(ctx context.Context, path string, o WalkOptions) (*walk, error) {
	w := &walk{ctx: ctx, o: o}
	w.cond.L = &w.mu
	path, err := g.reach(path, func(r *root, rel string, follow bool) (err error) {
		w.base, err = r.tree.walker(rel, follow)
		return err
	})
	w.path = path
	return w, err
}

// job is a directory yet to be read.
type job struct {
	rel   string
	depth int
	node  *Node // where its entries go, for a tree
}

type walk struct {
	ctx   context.Context
	o     WalkOptions
	path  string
	base  walkBase
	fn    func(parent *Node, it *item) (WalkAction, *Node)
	batch func(j job, items []item) // prepares a whole directory, for a tree
	// unread marks a directory that could not be read, for a tree.
	unread func(j job, err error)
	seen   atomic.Int64
	ended  atomic.Bool

	mu    sync.Mutex
	cond  sync.Cond
	todo  []job
	busy  int
	err   error
	panic any
}

// run walks with as many workers as there are processors. Jobs are taken from
// the end, so that the list stays short.
func (w *walk) run(first job) error {
	w.todo = append(w.todo, first)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 8) - 1 {
		wg.Go(w.work)
	}
	w.work()
	wg.Wait()
	if w.panic != nil {
		panic(w.panic) // in the caller's goroutine, where it can be handled
	}
	return w.result()
}

func (w *walk) work() {
	var items []item
	defer func() {
		if p := recover(); p != nil {
			w.mu.Lock()
			w.panic = p
			w.mu.Unlock()
			w.end(nil)
		}
	}()
	for {
		w.mu.Lock()
		for len(w.todo) == 0 && w.busy > 0 && !w.ended.Load() {
			w.cond.Wait()
		}
		if len(w.todo) == 0 || w.ended.Load() {
			w.mu.Unlock()
			w.cond.Broadcast()
			return
		}
		j := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		w.busy++
		w.mu.Unlock()

		items = w.directory(j, items[:0])

		w.mu.Lock()
		w.busy--
		idle := w.busy == 0
		w.mu.Unlock()
		if idle {
			w.cond.Broadcast()
		}
	}
}

// end stops the walk, with err unless another came first.
func (w *walk) end(err error) {
	w.mu.Lock()
	if w.err == nil {
		w.err = err
	}
	w.ended.Store(true) // under the lock, or a worker about to wait would miss it
	w.mu.Unlock()
	w.cond.Broadcast()
}

func (w *walk) result() error { return w.err }

// directory reads one directory and hands its entries on, batch by batch. A
// tree needs them all at once.
func (w *walk) directory(j job, items []item) []item {
	l, err := w.open(j)
	if err != nil {
		return items
	}
	defer l.close()
	prefix := j.prefix()
	for !w.ended.Load() {
		from := len(items)
		if w.batch == nil {
			from, items = 0, items[:0]
		}
		items, err = l.next(prefix, items)
		if err != nil {
			w.failed(j, err)
			break
		}
		if len(items) == from {
			break
		}
		if !w.count(len(items) - from) {
			return items
		}
		if w.batch == nil {
			w.entries(j, items)
		}
	}
	if w.batch != nil {
		w.batch(j, items)
		w.entries(j, items)
	}
	return items
}

func (j job) prefix() string {
	if j.rel == "" {
		return ""
	}
	return joinRel(j.rel, "")
}

func (w *walk) open(j job) (lister, error) {
	if err := context.Cause(w.ctx); err != nil {
		w.end(err)
		return nil, err
	}
	l, err := w.base.open(j.rel)
	if err != nil {
		w.failed(j, err)
	}
	return l, err
}

// failed reports a directory that cannot be read. That the one where the walk
// began cannot be read fails the walk.
func (w *walk) failed(j job, err error) {
	if j.rel == "" {
		w.end(explain(w.path, err))
		return
	}
	err = explain(joinRel(w.path, j.rel), err)
	if w.unread != nil {
		w.unread(j, err)
	}
	if w.o.OnError != nil {
		w.o.OnError(j.rel, err)
	}
}

func (w *walk) count(n int) bool {
	seen := w.seen.Add(int64(n))
	if w.o.OnSeen != nil {
		w.o.OnSeen(int(seen)-n, int(seen))
	}
	if w.o.MaxEntries > 0 && seen > int64(w.o.MaxEntries) {
		w.end(faultf(ErrTooMany, "%s holds more than %d entries", quoted(w.path), w.o.MaxEntries))
		return false
	}
	return true
}

func (w *walk) entries(j job, items []item) {
	var subs []job
	for i := range items {
		if i%1024 == 1023 && w.ctx.Err() != nil {
			w.end(context.Cause(w.ctx))
		}
		if w.ended.Load() {
			return
		}
		it := &items[i]
		action, node := w.fn(j.node, it)
		if action == Stop {
			w.end(nil)
			return
		}
		if action == Continue && it.IsDir() && (w.o.MaxDepth <= 0 || j.depth < w.o.MaxDepth) {
			subs = append(subs, job{rel: it.rel, depth: j.depth + 1, node: node})
		}
	}
	if len(subs) == 0 {
		return
	}
	w.mu.Lock()
	w.todo = append(w.todo, subs...)
	w.mu.Unlock()
	w.cond.Broadcast()
}

// ordered walks depth first, by name.
func (w *walk) ordered(j job, items []item) {
	l, err := w.open(j)
	if err != nil {
		return
	}
	for !w.ended.Load() {
		from := len(items)
		if items, err = l.next(j.prefix(), items); err != nil {
			w.failed(j, err)
			break
		}
		if len(items) == from {
			break
		}
		if w.o.MaxEntries > 0 && len(items) > w.o.MaxEntries {
			break // more would only be thrown away
		}
	}
	l.close()
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.Name, b.Name) })
	for i := range items {
		if w.ctx.Err() != nil {
			w.end(context.Cause(w.ctx))
		}
		if w.ended.Load() || !w.count(1) {
			return
		}
		action, _ := w.fn(nil, &items[i])
		if action == Stop {
			w.end(nil)
			return
		}
		if action == Continue && items[i].IsDir() && (w.o.MaxDepth <= 0 || j.depth < w.o.MaxDepth) {
			w.ordered(job{rel: items[i].rel, depth: j.depth + 1}, nil)
		}
	}
}
