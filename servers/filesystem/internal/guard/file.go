package guard

import (
	"errors"
	"io"
	"io/fs"
	"sync/atomic"
)

// handle is an open regular file.
type handle interface {
	io.Reader
	io.ReaderAt
	io.Seeker
	io.Closer
}

// File is a regular file that was opened for reading inside the allowed
// directories.
type File struct {
	h      handle
	info   Info
	closed atomic.Bool
}

// Read reads on from the file's position.
func (f *File) Read(p []byte) (int, error) {
	n, err := f.h.Read(p)
	return n, f.explain(err)
}

// ReadAt reads from off without moving the file's position.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.h.ReadAt(p, off)
	return n, f.explain(err)
}

// Seek moves the file's position.
func (f *File) Seek(off int64, whence int) (int64, error) {
	n, err := f.h.Seek(off, whence)
	return n, f.explain(err)
}

// Info describes the file as it was when it was opened.
func (f *File) Info() Info { return f.info }

// Close closes the file; a second call does nothing.
func (f *File) Close() error {
	if f.closed.Swap(true) {
		return nil
	}
	return f.explain(f.h.Close())
}

func (f *File) explain(err error) error {
	if err == nil || err == io.EOF { // io.EOF must stay itself
		return err
	}
	return explain(f.info.Path, err)
}

// ReadAll reads the whole file, from its start, or refuses with ErrTooLarge
// when it is longer than limit. A limit of zero or less is none.
func (f *File) ReadAll(limit int64) ([]byte, error) {
	return readAll(f.h, f.info.Path, f.info.Size, limit)
}

func readAll(h io.ReaderAt, path string, size, limit int64) ([]byte, error) {
	if limit > 0 && size > limit {
		return nil, tooLarge(path, size, limit)
	}
	// A file can be longer than it said, as those in /proc are, and can grow.
	buf := make([]byte, 0, max(size, 0)+512)
	for {
		n, err := h.ReadAt(buf[len(buf):cap(buf)], int64(len(buf)))
		buf = buf[:len(buf)+n]
		if limit > 0 && int64(len(buf)) > limit {
			return nil, tooLarge(path, int64(len(buf)), limit)
		}
		switch {
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return nil, explain(path, err)
		case len(buf) == cap(buf):
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

func tooLarge(path string, size, limit int64) error {
	return faultf(ErrTooLarge, "%s is too large: %d bytes, and the limit is %d", quoted(path), size, limit)
}

// OpenFile opens the regular file at path for reading. Anything else, such as
// a directory, a device or a pipe, is refused before it is opened.
func (g *Guard) OpenFile(path string) (*File, error) {
	f := &File{}
	path, err := g.reach(path, func(r *root, rel string, follow bool) (err error) {
		f.h, f.info, err = r.tree.openFile(rel, follow)
		return err
	})
	if err != nil {
		return nil, err
	}
	f.info.named(path)
	return f, nil
}

// ReadFile reads the regular file at path, of at most limit bytes when limit
// is above zero.
func (g *Guard) ReadFile(path string, limit int64) ([]byte, Info, error) {
	f, err := g.OpenFile(path)
	if err != nil {
		return nil, Info{}, err
	}
	data, err := f.ReadAll(limit)
	_ = f.Close() // nothing was written
	return data, f.info, err
}

// Stat describes what path leads to, following links that stay inside.
func (g *Guard) Stat(path string) (Info, error) {
	var info Info
	path, err := g.reach(path, func(r *root, rel string, follow bool) (err error) {
		info, err = r.tree.stat(rel, follow)
		return err
	})
	if err != nil {
		return Info{}, err
	}
	info.named(path)
	return info, nil
}

// Lstat describes what is at path; a link there is described, not followed,
// even where links are refused.
func (g *Guard) Lstat(path string) (Info, error) {
	r, rel, err := g.find(path)
	if err != nil {
		return Info{}, err
	}
	logical := r.logical(rel)
	info, _, err := r.tree.lookup(rel)
	for range maxRetries {
		if !errors.Is(err, errSwapped) {
			break
		}
		p, rerr := g.resolve(path, r, rel, false)
		if rerr != nil {
			return Info{}, rerr
		}
		if len(p.missing) > 0 {
			return Info{}, explain(path, fs.ErrNotExist)
		}
		info, _, err = p.root.tree.lookup(p.rel)
	}
	if err != nil {
		return Info{}, explain(path, err)
	}
	info.named(logical)
	return info, nil
}
