package kb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/document"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/guard"
)

const (
	batchDocs  = 500
	batchBytes = 4 << 20
	maxFaults  = 20
	muchWork   = 500 // documents after which the memory that the work took is given back
)

// skip reports whether a path is left out: what is hidden, what tools put there
// and nobody wrote, what the operator says, and what is not read at all.
func (c *Collection) skip(name string, dir bool) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != "." || part == "node_modules" || part == "__pycache__" {
			return true
		}
	}
	for _, glob := range c.o.Exclude {
		if matches(glob, name) {
			return true
		}
		for up := path.Dir(name); up != "."; up = path.Dir(up) { // all that is below
			if ok, err := doublestar.Match(glob, up); ok && err == nil {
				return true
			}
		}
	}
	return !dir && document.KindOf(name) == ""
}

// change is what a scan finds to be done.
type change struct {
	put  []guard.File
	gone []string
}

// compare finds what differs between the index and the files at or below a
// path.
func (c *Collection) compare(ctx context.Context, at string) (change, error) {
	var out change
	seen := map[string]bool{}
	err := c.o.Root.Walk(ctx, at, c.skip, func(f guard.File) error {
		seen[f.Path] = true
		if e := c.Entry(f.Path); e == nil || e.Size != f.Size || !e.ModTime.Equal(f.ModTime) {
			out.put = append(out.put, f)
		}
		return nil
	}, func(name string, err error) { c.fault(name, err) })
	if err != nil {
		return out, err
	}
	c.listMu.RLock()
	defer c.listMu.RUnlock()
	for name := range c.entries {
		if !seen[name] && (at == "" || name == at || strings.HasPrefix(name, at+"/")) {
			out.gone = append(out.gone, name)
		}
	}
	return out, nil
}

// Sync brings the index in step with the files at or below paths; "" stands for
// all.
func (c *Collection) Sync(ctx context.Context, paths ...string) error {
	c.scanMu.Lock()
	defer c.scanMu.Unlock()
	began := time.Now()
	c.scan.done.Store(0)
	c.scan.total.Store(0)
	c.scan.running.Store(true)
	defer c.scan.running.Store(false)
	whole := len(paths) == 1 && paths[0] == ""
	if whole {
		c.scan.mu.Lock()
		c.scan.faults = nil
		c.scan.mu.Unlock()
	}
	var all change
	for _, at := range paths {
		found, err := c.compare(ctx, at)
		if err != nil {
			return err
		}
		all.put, all.gone = append(all.put, found.put...), append(all.gone, found.gone...)
	}
	c.scan.total.Store(int64(len(all.put)))
	err := c.index(ctx, all)
	c.scan.mu.Lock()
	c.scan.err = err
	if whole {
		c.scan.last, c.scan.took = time.Now(), time.Since(began)
	}
	c.scan.mu.Unlock()
	if len(all.put) >= muchWork {
		debug.FreeOSMemory()
	}
	return err
}

func (c *Collection) fault(name string, err error) {
	c.scan.mu.Lock()
	defer c.scan.mu.Unlock()
	if len(c.scan.faults) < maxFaults {
		c.scan.faults = append(c.scan.faults, Fault{name, err.Error()})
	}
}

// index reads files side by side and writes them to the index in batches.
func (c *Collection) index(ctx context.Context, all change) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	jobs, results := make(chan guard.File), make(chan *prepared, 16)
	var workers sync.WaitGroup
	for range max(1, min(4, runtime.GOMAXPROCS(0))) {
		workers.Go(func() {
			s := c.splitter()
			defer c.splitters.Put(s)
			for f := range jobs {
				d, file, err := c.Document(ctx, f.Path)
				if ctx.Err() != nil {
					continue // the reason may be that nobody waits any more
				}
				if err != nil {
					if !errors.Is(err, os.ErrNotExist) {
						c.fault(f.Path, err)
					}
					d, file = &document.Document{}, f // known, so that it is not read at every scan, and not found by its text
				}
				results <- prepare(s, &Entry{Path: f.Path, Size: file.Size, ModTime: file.ModTime}, d)
			}
		})
	}
	go func() {
		defer close(results)
		defer workers.Wait()
		defer close(jobs)
		for _, f := range all.put {
			select {
			case jobs <- f:
			case <-ctx.Done():
				return
			}
		}
	}()
	var failed error
	var batch []*prepared
	bytes, gone := int64(0), all.gone
	flush := func() {
		if failed == nil && (len(batch) > 0 || len(gone) > 0) {
			if failed = c.apply(batch, gone); failed != nil {
				cancel()
			}
		}
		batch, bytes, gone = nil, 0, nil
	}
	for p := range results {
		c.scan.done.Add(1)
		batch = append(batch, p)
		if bytes += p.entry.Size; len(batch) >= batchDocs || bytes >= batchBytes {
			flush()
		}
	}
	if ctx.Err() == nil {
		flush()
	}
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

// apply writes a batch to the index, and to the list of documents.
func (c *Collection) apply(put []*prepared, gone []string) (err error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.store == nil {
		return c.openErr
	}
	if err := c.store.apply(put, gone); err != nil {
		return fmt.Errorf("index of %s: %w", c.o.Name, err)
	}
	c.scan.updates.Add(int64(len(put)))
	c.listMu.Lock()
	defer c.listMu.Unlock()
	forget := func(name string) {
		if old := c.entries[name]; old != nil {
			for i, n := range old.lengths {
				c.lengths[i] -= uint64(n)
			}
			delete(c.entries, name)
		}
	}
	for _, name := range gone {
		forget(name)
	}
	for _, p := range put {
		forget(p.entry.Path)
		p.entry.headings = nil
		c.entries[p.entry.Path] = p.entry
		for i, n := range p.entry.lengths {
			c.lengths[i] += uint64(n)
		}
	}
	return nil
}

// Reindex makes the index anew.
func (c *Collection) Reindex(ctx context.Context) error {
	if err := c.Ready(ctx, func(int64, int64) {}); err != nil {
		return err
	}
	if err := c.renew(); err != nil {
		return err
	}
	return c.Sync(ctx, "")
}

func (c *Collection) renew() error {
	c.scanMu.Lock()
	defer c.scanMu.Unlock()
	c.mu.Lock()
	if c.store != nil {
		s := c.store
		c.store, c.openErr = nil, errors.New("the index is being made anew")
		if err := errors.Join(s.close(), os.RemoveAll(s.dir)); err != nil {
			c.openErr = err
			c.mu.Unlock()
			return err
		}
	}
	c.mu.Unlock()
	return c.open()
}
