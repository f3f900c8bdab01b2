package guard

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// fdFolder is a folder behind a handle that is only a place.
type fdFolder struct {
	fd   int
	proc *procFD
}

func (t *fdTree) folder(rel string) (folder, error) {
	fd, err := t.open(rel, unix.O_PATH|unix.O_DIRECTORY, false)
	if err != nil {
		return nil, err
	}
	return &fdFolder{fd: fd, proc: t.proc}, nil
}

func (d *fdFolder) close() { unix.Close(d.fd) }

func (d *fdFolder) lstat(name string) (Info, error) { return statAt(d.fd, name) }

func (d *fdFolder) openFile(name string) (handle, Info, error) {
	place, err := openBeneath(d.fd, name, unix.O_PATH|unix.O_NOFOLLOW, false)
	if err != nil {
		return nil, Info{}, err
	}
	defer unix.Close(place)
	return openPlace(place, d.proc, func(flags uint64) (int, error) { return openBeneath(d.fd, name, flags, false) })
}

func (d *fdFolder) mkdir(name string) error {
	return retry(func() error { return unix.Mkdirat(d.fd, name, 0o777) })
}

func (d *fdFolder) sub(name string) (folder, error) {
	fd, err := openBeneath(d.fd, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW, false)
	if err != nil {
		return nil, err
	}
	return &fdFolder{fd: fd, proc: d.proc}, nil
}

func (d *fdFolder) remove(name string) error {
	return retry(func() error { return unix.Unlinkat(d.fd, name, 0) })
}

func (d *fdFolder) rename(name string, to folder, newName string) error {
	dst, ok := to.(*fdFolder)
	if !ok {
		return errCross
	}
	err := renameNew(d.fd, name, dst.fd, newName)
	if errors.Is(err, unix.EXDEV) {
		return errCross
	}
	return err
}

// renameNew renames without ever replacing. Where the file system cannot
// promise that, a file is linked to its new name first, which can. A directory
// has no such way: a look before the rename must do, and rename itself refuses
// all but an empty directory.
func renameNew(from int, name string, to int, newName string) error {
	err := retry(func() error { return unix.Renameat2(from, name, to, newName, unix.RENAME_NOREPLACE) })
	if !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOSYS) {
		return err
	}
	info, serr := statAt(from, name)
	if serr != nil {
		return serr
	}
	if !info.IsDir {
		if err := unix.Linkat(from, name, to, newName, 0); err != nil {
			return err
		}
		return unix.Unlinkat(from, name, 0)
	}
	if _, serr := statAt(to, newName); serr == nil {
		return fs.ErrExist
	}
	return unix.Renameat(from, name, to, newName)
}

// put writes a file without a name (O_TMPFILE) and gives it one when it is
// complete.
func (d *fdFolder) put(name string, p put) (Info, error) {
	if p.old != nil {
		// A rename asks only the directory. Replacing a file that its mode
		// protects would surprise its owner.
		if err := unix.Faccessat(d.fd, name, unix.W_OK, unix.AT_EACCESS|unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return Info{}, err
		}
		p.mode = 0o600 // until it has its owner
	}
	t, err := d.newTemp(p.mode)
	if err != nil {
		return Info{}, err
	}
	defer t.drop()
	if err := p.fill(t); err != nil {
		return Info{}, err
	}
	if err := d.dress(t.fd, name, p); err != nil {
		return Info{}, err
	}
	if p.sync {
		if err := retry(func() error { return unix.Fsync(t.fd) }); err != nil {
			return Info{}, err
		}
	}
	p.publish.Lock()
	err = t.publish(name, p.old)
	p.publish.Unlock()
	if err != nil {
		return Info{}, err
	}
	if p.sync {
		d.syncDir()
	}
	d.sweep()
	return statAt(t.fd, "")
}

// syncDir makes the name last. A file system that cannot do so is no fault of
// the file.
func (d *fdFolder) syncDir() {
	fd, err := openBeneath(d.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY, false)
	if err == nil {
		_ = unix.Fsync(fd) // see above
		unix.Close(fd)
	}
}
