package guard

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
)

// errCross is internal: a rename cannot do it, since the two names are on
// different file systems, or in directories that have no handle in common.
var errCross = errors.New("guard: cannot rename across")

// Move renames src to dst and never replaces anything: that something is at
// dst, even a link to nothing, is ErrExists. A link is moved itself, whatever
// it leads to. An allowed directory, or one that holds an allowed directory,
// cannot be moved. A regular file goes to another file system by being copied
// whole and then removed; anything else is ErrCrossDevice.
func (g *Guard) Move(src, dst string) error {
	s, err := g.spot(src, false)
	if err != nil {
		return err
	}
	defer s.close()
	if !s.exists {
		return explain(src, fs.ErrNotExist)
	}
	for _, r := range g.shared.rules {
		if _, ok := within(s.key(), r.real); s.info.IsDir && (ok || r.is(s.info)) {
			return faultf(ErrRoot, "%s is or holds an allowed directory and cannot be moved", quoted(src))
		}
	}
	d, err := g.spot(dst, false)
	if errors.Is(err, ErrRoot) {
		return explain(dst, ErrExists)
	}
	if err != nil {
		return err
	}
	defer d.close()
	if namesDir(dst) && !s.info.IsDir {
		return faultf(ErrInvalid, "%s names a directory: give the whole new path, with the name of the file", quoted(dst))
	}
	if d.exists && s.key() != d.key() && sameButCase(s, d) {
		d.exists = false // a change of case, where case does not count
	}
	if d.exists {
		return explain(dst, ErrExists)
	}
	if _, ok := within(s.key(), d.key()); ok && s.info.IsDir {
		return faultf(ErrInvalid, "%s cannot be moved into itself", quoted(src))
	}
	err = s.dir.rename(s.name, d.dir, d.name)
	switch {
	case errors.Is(err, errCross):
		return g.moveAcross(s, d, src, dst)
	case errors.Is(err, fs.ErrExist), errors.Is(err, syscall.ENOTEMPTY):
		return explain(dst, err)
	}
	return explain(src, err)
}

// sameButCase reports whether both names are one entry of a file system that
// does not tell cases apart.
func sameButCase(s, d *spot) bool {
	return s.info.Ino != 0 && s.info.Ino == d.info.Ino && s.info.Dev == d.info.Dev &&
		filepath.Dir(s.key()) == filepath.Dir(d.key()) && s.info.Links == 1 && strings.EqualFold(s.name, d.name)
}

// moveAcross copies a regular file and removes the source only while it is
// still what was copied.
func (g *Guard) moveAcross(s, d *spot, src, dst string) error {
	if !s.info.IsRegular {
		return faultf(ErrCrossDevice, "%s cannot be moved to %s: only regular files can be moved from one file system to another",
			quoted(src), quoted(dst))
	}
	h, info, err := s.dir.openFile(s.name)
	if err != nil {
		return explain(src, err)
	}
	defer h.Close()
	made, err := g.put(d, put{mode: 0o600, like: &info, fill: func(w io.Writer) error {
		_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{h}, make([]byte, 256<<10))
		return err
	}})
	if err != nil {
		return explain(dst, err)
	}
	now, err := s.dir.lstat(s.name)
	if err == nil && !same(info, now) {
		err = ErrBusy
	}
	if err == nil {
		err = s.dir.remove(s.name)
	}
	if err == nil {
		return nil
	}
	// The source stays, so the copy goes, unless somebody put something else there.
	if at, lerr := d.dir.lstat(d.name); lerr == nil && at.Ino == made.Ino && at.Dev == made.Dev {
		_ = d.dir.remove(d.name) // the first fault is the one to report
	}
	return explain(src, err)
}
