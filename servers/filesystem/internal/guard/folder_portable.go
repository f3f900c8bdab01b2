package guard

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// rootFolder is a folder on [os.Root]. It keeps the handle of the allowed
// directory too, since a rename needs one that holds both names.
type rootFolder struct {
	r   *os.Root
	top *os.Root
	rel string
}

func (t *rootTree) folder(rel string) (folder, error) {
	r, err := t.r.OpenRoot(rel)
	if err != nil {
		return nil, translate(err)
	}
	return &rootFolder{r: r, top: t.r, rel: rel}, nil
}

func (d *rootFolder) close() { _ = d.r.Close() } // nothing to flush

func (d *rootFolder) lstat(name string) (Info, error) {
	fi, err := d.r.Lstat(name)
	if err != nil {
		return Info{}, translate(err)
	}
	return fsInfo(fi), nil
}

func (d *rootFolder) openFile(name string) (handle, Info, error) {
	return (&rootTree{r: d.r}).openFile(name, false)
}

func (d *rootFolder) mkdir(name string) error { return translate(d.r.Mkdir(name, 0o777)) }

func (d *rootFolder) sub(name string) (folder, error) {
	info, err := d.lstat(name)
	if err != nil {
		return nil, err
	}
	if info.IsLink {
		return nil, errSwapped
	}
	r, err := d.r.OpenRoot(name)
	if err != nil {
		return nil, translate(err)
	}
	return &rootFolder{r: r, top: d.top, rel: joinRel(d.rel, name)}, nil
}

func (d *rootFolder) remove(name string) error { return translate(d.r.Remove(name)) }

// rename links a file to its new name and removes the old one, since a plain
// rename would replace. What cannot be linked is renamed after a look.
func (d *rootFolder) rename(name string, to folder, newName string) error {
	dst, ok := to.(*rootFolder)
	if !ok || dst.top != d.top {
		return errCross
	}
	from, onto := joinRel(d.rel, name), joinRel(dst.rel, newName)
	fi, err := d.top.Lstat(from)
	if err != nil {
		return translate(err)
	}
	if at, err := d.top.Lstat(onto); err == nil && !(os.SameFile(fi, at) && strings.EqualFold(name, newName) && from != onto && links(fi) == 1) {
		return ErrExists
	}
	if fi.Mode().IsRegular() && !strings.EqualFold(from, onto) {
		err := d.top.Link(from, onto)
		if err == nil {
			return translate(d.top.Remove(from))
		}
		if errors.Is(err, fs.ErrExist) {
			return ErrExists
		}
	}
	err = d.top.Rename(from, onto)
	if errors.Is(err, syscall.EXDEV) {
		return errCross
	}
	return translate(err)
}

func links(fi fs.FileInfo) uint64 {
	if n := fsInfo(fi).Links; n > 0 {
		return n
	}
	return 1
}

func (d *rootFolder) put(name string, p put) (Info, error) {
	mode := p.mode
	if p.old != nil {
		// A rename asks only the directory. Replacing a file that its mode
		// protects would surprise its owner.
		f, err := d.r.OpenFile(name, os.O_WRONLY|openNonblock, 0)
		if err != nil {
			return Info{}, translate(err)
		}
		_ = f.Close() // nothing was written
		mode = 0o600
	}
	tmp := tempPrefix + "p" + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatUint(rand.Uint64(), 36) + tempSuffix
	f, err := d.r.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode.Perm())
	if err != nil {
		return Info{}, translate(err)
	}
	err = d.fill(f, tmp, p)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = d.publish(tmp, name, p.old)
	}
	if err != nil {
		_ = d.r.Remove(tmp) // the first fault is the one to report
		return Info{}, translate(err)
	}
	d.sweep()
	return d.lstat(name)
}

func (d *rootFolder) fill(f *os.File, tmp string, p put) error {
	if err := p.fill(f); err != nil {
		return err
	}
	from := p.old
	if from == nil {
		from = p.like
	}
	if from != nil {
		mode := from.Mode.Perm()
		mine, err := f.Stat()
		if err != nil {
			return err
		}
		if m := fsInfo(mine); m.uid != from.uid || m.gid != from.gid {
			if f.Chown(int(from.uid), int(from.gid)) != nil && f.Chown(-1, int(from.gid)) != nil {
				mode = mode&^0o070 | mode&0o007<<3 // another group must not get what the old one could do
			}
		}
		if err := f.Chmod(mode); err != nil {
			return err
		}
	}
	if p.sync {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	if p.like != nil {
		_ = d.r.Chtimes(tmp, p.like.AccessTime, p.like.ModTime) // a time is no reason to refuse a move
	}
	return nil
}

func (d *rootFolder) publish(tmp, name string, old *Info) error {
	if old == nil {
		err := d.r.Link(tmp, name)
		switch {
		case err == nil:
			return d.r.Remove(tmp)
		case errors.Is(err, fs.ErrExist):
			return ErrExists
		}
		if _, err := d.r.Lstat(name); err == nil { // no links on this file system
			return ErrExists
		}
		return d.r.Rename(tmp, name)
	}
	now, err := d.lstat(name)
	if err != nil || !same(now, *old) {
		return errChanged
	}
	return d.r.Rename(tmp, name)
}

// staleAge is how old a temporary file must be to count as left behind.
const staleAge = 10 * time.Minute

// sweep removes what killed processes left behind. It reads the directory, so
// it looks at no more than the beginning of a large one.
func (d *rootFolder) sweep() {
	f, err := d.r.Open(".")
	if err != nil {
		return
	}
	defer f.Close()
	entries, _ := f.ReadDir(4096) // what could be read is enough
	for _, e := range entries {
		if !isTemp(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		fi, err := d.r.Lstat(e.Name())
		if err != nil {
			continue
		}
		if pid, ok := tempPID(e.Name()); ok && pid != os.Getpid() && !processLives(pid) || time.Since(fi.ModTime()) > staleAge {
			_ = d.r.Remove(e.Name()) // the next write tries again
		}
	}
}

func tempPID(name string) (int, bool) {
	s, ok := strings.CutPrefix(name, tempPrefix+"p")
	if !ok {
		return 0, false
	}
	s, _, _ = strings.Cut(s, "-")
	pid, err := strconv.Atoi(s)
	return pid, err == nil && pid > 0
}
