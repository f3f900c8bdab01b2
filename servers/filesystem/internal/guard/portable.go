package guard

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// rootTree is a tree on [os.Root]: for systems other than Linux, and for old
// kernels. os.Root never leaves its directory, whatever is swapped meanwhile,
// but where a path should be free of links it cannot insist on it: a link put
// there in between is followed as long as it stays beneath.
type rootTree struct{ r *os.Root }

func openRootTree(path string) (tree, string, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, "", err
	}
	if !fi.IsDir() {
		return nil, "", ErrNotDirectory
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, "", err
	}
	r, err := os.OpenRoot(real)
	if err != nil {
		return nil, "", err
	}
	if _, err := r.Lstat("."); err != nil {
		_ = r.Close()
		return nil, "", err
	}
	return &rootTree{r: r}, real, nil
}

// translate tells a link that leads out, which os.Root gives no name, from
// other errors.
func translate(err error) error {
	if err == nil {
		return nil
	}
	c := cause(err)
	switch {
	case strings.Contains(c.Error(), "escapes from parent"), errors.Is(c, syscall.ELOOP),
		strings.Contains(c.Error(), "too many"):
		return errSwapped
	case strings.Contains(c.Error(), "not a directory"):
		return syscall.ENOTDIR
	}
	return c
}

func (t *rootTree) strict() bool { return false }

func (t *rootTree) close() { _ = t.r.Close() } // nothing to flush

func (t *rootTree) lookup(rel string) (Info, string, error) {
	fi, err := t.r.Lstat(rel)
	if err != nil {
		return Info{}, "", translate(err)
	}
	info := fsInfo(fi)
	if !info.IsLink {
		return info, "", nil
	}
	target, err := t.r.Readlink(rel)
	return info, target, translate(err)
}

func (t *rootTree) stat(rel string, follow bool) (Info, error) {
	get := t.r.Lstat
	if follow {
		get = t.r.Stat
	}
	fi, err := get(rel)
	if err != nil {
		return Info{}, translate(err)
	}
	info := fsInfo(fi)
	if info.IsLink {
		return Info{}, errSwapped
	}
	return info, nil
}

// openFile looks before it opens. A device put there in between is opened
// after all, without blocking, and refused before it is read.
func (t *rootTree) openFile(rel string, follow bool) (handle, Info, error) {
	info, err := t.stat(rel, follow)
	switch {
	case err != nil:
		return nil, Info{}, err
	case info.IsDir:
		return nil, Info{}, ErrIsDirectory
	case !info.IsRegular:
		return nil, Info{}, ErrNotRegular
	}
	f, err := t.r.OpenFile(rel, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, Info{}, translate(err)
	}
	fi, err := f.Stat()
	if err == nil && !fi.Mode().IsRegular() {
		err = ErrNotRegular
	}
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, Info{}, cause(err)
	}
	return f, fsInfo(fi), nil
}

func (t *rootTree) sub(rel string) (tree, error) {
	r, err := t.r.OpenRoot(rel)
	if err != nil {
		return nil, translate(err)
	}
	return &rootTree{r: r}, nil
}

func (t *rootTree) openDir(rel string, follow bool) (lister, error) {
	info, err := t.stat(rel, follow)
	if err != nil {
		return nil, err
	}
	if !info.IsDir {
		return nil, syscall.ENOTDIR
	}
	r, err := t.r.OpenRoot(rel)
	if err != nil {
		return nil, translate(err)
	}
	return newRootDir(r)
}

// rootDir lists a directory that it holds as a root of its own.
type rootDir struct {
	r *os.Root
	f *os.File
}

func newRootDir(r *os.Root) (lister, error) {
	f, err := r.Open(".")
	if err != nil {
		_ = r.Close() // nothing was written
		return nil, translate(err)
	}
	return &rootDir{r: r, f: f}, nil
}

func (d *rootDir) close() {
	_ = d.f.Close() // nothing was written
	_ = d.r.Close()
}

func (d *rootDir) info(name string) (Info, error) {
	fi, err := d.r.Lstat(name)
	if err != nil {
		return Info{}, translate(err)
	}
	return fsInfo(fi), nil
}

func (d *rootDir) next(prefix string, items []item) ([]item, error) {
	entries, err := d.f.ReadDir(1024)
	for _, e := range entries {
		it := item{rel: prefix + e.Name(), Entry: Entry{Type: e.Type()}}
		it.Name = it.rel[len(prefix):]
		items = append(items, it)
	}
	if err == io.EOF {
		return items, nil
	}
	return items, cause(err)
}

// rootWalk opens the directories of a walk.
type rootWalk struct{ r *os.Root }

func (t *rootTree) walker(rel string, follow bool) (walkBase, error) {
	info, err := t.stat(rel, follow)
	if err != nil {
		return nil, err
	}
	if !info.IsDir {
		return nil, syscall.ENOTDIR
	}
	r, err := t.r.OpenRoot(rel)
	if err != nil {
		return nil, translate(err)
	}
	return &rootWalk{r: r}, nil
}

func (w *rootWalk) open(rel string) (lister, error) {
	if rel == "" {
		rel = "."
	}
	fi, err := w.r.Lstat(rel)
	if err != nil {
		return nil, translate(err)
	}
	if fi.Mode()&fs.ModeSymlink != 0 {
		return nil, errSwapped
	}
	r, err := w.r.OpenRoot(rel)
	if err != nil {
		return nil, translate(err)
	}
	// What was opened must be what was seen, or the walk could follow a link.
	if now, err := r.Lstat("."); err != nil || !os.SameFile(fi, now) {
		_ = r.Close() // nothing was written
		return nil, errSwapped
	}
	return newRootDir(r)
}

func (w *rootWalk) close() { _ = w.r.Close() } // nothing to flush
