package guard

import (
	"io/fs"
	"sync/atomic"
)

// Entry is one name in a directory. Links are links, whatever they lead to.
type Entry struct {
	Name string
	Type fs.FileMode // type bits only
}

// IsDir reports whether the entry is a directory, which a link to one is not.
func (e Entry) IsDir() bool { return e.Type.IsDir() }

// item is an entry with its path relative to where a walk began. Both strings
// share one piece of memory with the rest of their batch.
type item struct {
	Entry
	rel string
}

// lister is an open directory.
type lister interface {
	// next appends the next few entries to items, with prefix before each
	// relative path. It appends none at the end.
	next(prefix string, items []item) ([]item, error)
	info(name string) (Info, error)
	close()
}

// Dir is a directory that was opened inside the allowed ones. It is not safe
// for concurrent use.
type Dir struct {
	l      lister
	path   string
	batch  []item
	closed atomic.Bool
}

// OpenDir opens the directory at path.
func (g *Guard) OpenDir(path string) (*Dir, error) {
	d := &Dir{}
	path, err := g.reach(path, func(r *root, rel string, follow bool) (err error) {
		d.l, err = r.tree.openDir(rel, follow)
		return err
	})
	if err != nil {
		return nil, err
	}
	d.path = path
	return d, nil
}

// Path returns the absolute path of the directory, as the caller reached it.
func (d *Dir) Path() string { return d.path }

// ReadBatch returns some more entries, in the order of the file system, and
// none when there are no more. The slice is good until the next call; the
// names stay good, and a kept name keeps the memory of its whole batch.
func (d *Dir) ReadBatch() ([]Entry, error) {
	items, err := d.l.next("", d.batch[:0])
	d.batch = items
	if err != nil {
		return nil, explain(d.path, err)
	}
	entries := make([]Entry, len(items))
	for i := range items {
		entries[i] = items[i].Entry
	}
	return entries, nil
}

// Entries calls yield for each entry, in the order of the file system, until
// it returns false. Nothing is sorted and nothing is looked up.
func (d *Dir) Entries(yield func(Entry) bool) error {
	for {
		items, err := d.l.next("", d.batch[:0])
		d.batch = items
		if err != nil {
			return explain(d.path, err)
		}
		if len(items) == 0 {
			return nil
		}
		for i := range items {
			if !yield(items[i].Entry) {
				return nil
			}
		}
	}
}

// Info describes the entry name. A link is described itself: nothing is told
// of what it leads to.
func (d *Dir) Info(name string) (Info, error) {
	path := joinRel(d.path, name)
	if !plainName(name) {
		return Info{}, faultf(ErrInvalid, "%s is not the name of an entry", quoted(name))
	}
	info, err := d.l.info(name)
	if err != nil {
		return Info{}, explain(path, err)
	}
	info.named(path)
	return info, nil
}

// Close closes the directory; a second call does nothing.
func (d *Dir) Close() error {
	if !d.closed.Swap(true) {
		d.l.close()
	}
	return nil
}
