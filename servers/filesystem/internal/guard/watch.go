package guard

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watchDelay gathers the several events of one change, such as those of a file
// written in pieces, into one.
const watchDelay = 100 * time.Millisecond

// maxWatches bounds the directories watched at once: the system's supply is
// shared with other programs.
const maxWatches = 512

// Watcher tells of changes to files and directories.
type Watcher struct {
	guard *Guard

	mu     sync.Mutex
	notify *fsnotify.Watcher // nil until the first Watch
	dirs   map[string]*watched
}

// watched is a directory under watch, held open so that what is watched is
// what was allowed.
type watched struct {
	key   string
	dir   *Dir
	users map[*user]bool
}

type user struct {
	name    string // of the entry that matters; "" for all
	changed func()
	timer   *time.Timer
}

// Watcher makes a Watcher for what g allows.
func (g *Guard) Watcher() *Watcher { return &Watcher{guard: g, dirs: map[string]*watched{}} }

// Watch calls changed, on a goroutine of its own, a moment after something
// happened to the file at path, or to an entry of the directory at path, until
// stop is called. A file is watched through its directory, so that its
// replacement is noticed too. Through a link, changes of the link are noticed,
// and not those of what it leads to.
func (w *Watcher) Watch(path string, changed func()) (stop func(), err error) {
	info, err := w.guard.Stat(path)
	if err != nil {
		return nil, err
	}
	dirPath, name := info.Path, ""
	if !info.IsDir {
		dirPath, name = filepath.Split(info.Path)
	}
	dir, err := w.guard.OpenDir(filepath.Clean(dirPath))
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	d, err := w.add(dir)
	if err != nil {
		dir.Close()
		return nil, fmt.Errorf("%s cannot be watched: %w", quoted(path), err)
	}
	u := &user{name: name, changed: changed}
	d.users[u] = true
	return sync.OnceFunc(func() { w.remove(d, u) }), nil
}

// add watches a directory, or finds that it is watched already.
func (w *Watcher) add(dir *Dir) (*watched, error) {
	for _, d := range w.dirs {
		if d.dir.Path() == dir.Path() {
			dir.Close()
			return d, nil
		}
	}
	if len(w.dirs) >= maxWatches {
		return nil, errors.New("too many directories are being watched")
	}
	if w.notify == nil {
		n, err := fsnotify.NewWatcher()
		if err != nil {
			return nil, err
		}
		w.notify = n
		go w.listen(n)
	}
	d := &watched{key: watchKey(dir), dir: dir, users: map[*user]bool{}}
	if err := w.notify.Add(d.key); err != nil {
		return nil, err
	}
	w.dirs[d.key] = d
	return d, nil
}

// watchKey is the name under which the system watches the open directory
// itself, whatever its path leads to by now; where there is no such name, it
// is the path.
func watchKey(dir *Dir) string {
	if l, ok := dir.l.(interface{ descriptor() int }); ok {
		return "/proc/self/fd/" + strconv.Itoa(l.descriptor())
	}
	return dir.Path()
}

func (w *Watcher) remove(d *watched, u *user) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u.timer != nil {
		u.timer.Stop()
	}
	delete(d.users, u)
	if len(d.users) > 0 || w.dirs[d.key] != d {
		return
	}
	delete(w.dirs, d.key)
	_ = w.notify.Remove(d.key) // it may be gone with the directory
	d.dir.Close()
}

func (w *Watcher) listen(n *fsnotify.Watcher) {
	for {
		select {
		case e, ok := <-n.Events:
			if !ok {
				return
			}
			w.event(e)
		case _, ok := <-n.Errors: // such as an overflow: what was missed cannot be told
			if !ok {
				return
			}
		}
	}
}

func (w *Watcher) event(e fsnotify.Event) {
	if e.Op == fsnotify.Chmod {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	d, name := w.dirs[filepath.Dir(e.Name)], filepath.Base(e.Name)
	if d == nil || isTemp(name) {
		return
	}
	for u := range d.users {
		if u.name != "" && u.name != name {
			continue
		}
		if u.timer == nil {
			u.timer = time.AfterFunc(watchDelay, u.changed)
		} else {
			u.timer.Reset(watchDelay)
		}
	}
}

// Close ends all watching.
func (w *Watcher) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key, d := range w.dirs {
		for u := range d.users {
			if u.timer != nil {
				u.timer.Stop()
			}
		}
		d.dir.Close()
		delete(w.dirs, key)
	}
	if w.notify == nil {
		return nil
	}
	err := w.notify.Close()
	w.notify = nil
	return err
}
