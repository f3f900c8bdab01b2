package kb

import (
	"context"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	settle     = 100 * time.Millisecond // for which nothing must change before what changed is read
	maxChanged = 1000                   // paths after which all is looked at instead
)

// run opens the index, scans, and then follows changes.
func (c *Collection) run(ctx context.Context) {
	defer close(c.done)
	c.scanMu.Lock()
	err := c.open()
	c.scanMu.Unlock()
	if err != nil {
		c.o.Log.Error("the index cannot be opened", "collection", c.o.Name, "error", err)
		close(c.first)
		return
	}
	var w *fsnotify.Watcher
	if c.o.Watch {
		var err error
		if w, err = fsnotify.NewWatcher(); err == nil {
			defer w.Close()
			err = c.watchBelow(w, c.o.Root.Dir)
		}
		if err != nil { // there are limits to how much can be watched
			c.o.Log.Warn("changes are found by looking from time to time", "collection", c.o.Name, "every", c.o.Rescan, "error", err)
		}
	}
	c.sync(ctx, "")
	close(c.first)
	var events chan fsnotify.Event
	var errs chan error
	if w != nil {
		events, errs = w.Events, w.Errors
	}
	var again <-chan time.Time
	if c.o.Rescan > 0 {
		t := time.NewTicker(c.o.Rescan)
		defer t.Stop()
		again = t.C
	}
	changed := map[string]bool{}
	quiet := time.NewTimer(time.Hour)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again:
			c.sync(ctx, "")
		case e := <-events:
			if rel := c.changed(w, e); rel != "." && !c.hidden(rel) {
				changed[rel] = true
				quiet.Reset(settle)
			}
		case <-errs: // events were lost
			changed[""] = true
			quiet.Reset(settle)
		case <-quiet.C:
			c.follow(ctx, changed)
			clear(changed)
		}
	}
}

// follow brings in what changed.
func (c *Collection) follow(ctx context.Context, changed map[string]bool) {
	if changed[""] || len(changed) > maxChanged {
		c.sync(ctx, "")
		return
	}
	paths := make([]string, 0, len(changed))
	for p := range changed {
		paths = append(paths, p)
	}
	if len(paths) > 0 {
		c.sync(ctx, paths...)
	}
}

func (c *Collection) sync(ctx context.Context, paths ...string) {
	if err := c.Sync(ctx, paths...); err != nil && ctx.Err() == nil {
		c.o.Log.Error("documents cannot be indexed", "collection", c.o.Name, "error", err)
		c.scan.mu.Lock()
		c.scan.err = err
		c.scan.mu.Unlock()
	}
}

// hidden reports whether what is at a path, be it a file or a directory, is
// left out.
func (c *Collection) hidden(rel string) bool { return c.skip(rel, true) }

// changed is the path, below the directory, that an event is about. A directory
// that is new is watched too.
func (c *Collection) changed(w *fsnotify.Watcher, e fsnotify.Event) string {
	rel, err := filepath.Rel(c.o.Root.Dir, e.Name)
	if err != nil {
		return "."
	}
	rel = filepath.ToSlash(rel)
	if e.Has(fsnotify.Create) && !c.hidden(rel) {
		if err := c.watchBelow(w, e.Name); err != nil {
			c.o.Log.Debug("a directory is not watched", "collection", c.o.Name, "error", err)
		}
	}
	return rel
}

// watchBelow watches a directory and those in it. Only names are looked at: what
// they hold is read through the root.
func (c *Collection) watchBelow(w *fsnotify.Watcher, dir string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil //nolint:nilerr // what cannot be read is told by the scan
		}
		rel, err := filepath.Rel(c.o.Root.Dir, name)
		if err != nil {
			return err
		}
		if rel = filepath.ToSlash(rel); rel != "." && c.hidden(rel) {
			return filepath.SkipDir
		}
		return w.Add(name)
	})
}
