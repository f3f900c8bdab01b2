package guard

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"strconv"

	"golang.org/x/sys/unix"
)

// temp is a file being written.
type temp struct {
	d    *fdFolder
	fd   int
	name string // "" as long as it has none
}

func (t *temp) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := unix.Write(t.fd, p[done:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return done, err
		}
		if n == 0 {
			return done, io.ErrShortWrite
		}
		done += n
	}
	return done, nil
}

// newTemp makes the file to write to. From then until it is closed it is
// locked, by which others tell a temporary file in use from a stale one.
func (d *fdFolder) newTemp(mode fs.FileMode) (*temp, error) {
	fd, err := openBeneathMode(d.fd, ".", unix.O_TMPFILE|unix.O_WRONLY, uint64(mode.Perm()))
	if err == nil {
		_ = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) // nobody else has it, and without locks there is no sweep
		return &temp{d: d, fd: fd}, nil
	}
	if !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EINVAL) {
		return nil, err
	}
	for _, name := range tempNames() {
		fd, err := openBeneathMode(d.fd, name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW, uint64(mode.Perm()))
		if errors.Is(err, unix.EEXIST) && d.reap(name) {
			fd, err = openBeneathMode(d.fd, name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW, uint64(mode.Perm()))
		}
		if errors.Is(err, unix.EEXIST) {
			continue
		}
		if err != nil {
			return nil, err
		}
		_ = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) // see below
		t := &temp{d: d, fd: fd, name: name}
		// Between making and locking it, a sweep could have taken it for stale.
		if !t.stillNamed() {
			unix.Close(fd)
			continue
		}
		return t, nil
	}
	return nil, ErrBusy
}

func openBeneathMode(dir int, rel string, flags, mode uint64) (fd int, err error) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Mode: mode, Resolve: beneath | unix.RESOLVE_NO_SYMLINKS}
	err = retry(func() error {
		fd, err = unix.Openat2(dir, rel, &how)
		return err
	})
	return fd, err
}

func (t *temp) stillNamed() bool {
	here, err := statAt(t.fd, "")
	if err != nil {
		return false
	}
	there, err := statAt(t.d.fd, t.name)
	return err == nil && here.Ino == there.Ino && here.Dev == there.Dev
}

// publish gives the complete file its name.
func (t *temp) publish(name string, old *Info) error {
	if old == nil {
		if t.name == "" {
			return t.link(name)
		}
		err := renameNew(t.d.fd, t.name, t.d.fd, name)
		if err == nil {
			t.name = ""
		}
		return err
	}
	if t.name == "" {
		if err := t.linkTemp(); err != nil {
			return err
		}
	}
	now, err := statAt(t.d.fd, name)
	if err != nil || !same(now, *old) {
		return errChanged
	}
	err = retry(func() error { return unix.Renameat(t.d.fd, t.name, t.d.fd, name) })
	if err == nil {
		t.name = ""
	}
	return err
}

func (t *temp) link(name string) error {
	err := error(unix.ENOENT)
	if t.d.proc != nil {
		err = retry(func() error {
			return unix.Linkat(t.d.proc.fd, strconv.Itoa(t.fd), t.d.fd, name, unix.AT_SYMLINK_FOLLOW)
		})
	}
	if errors.Is(err, unix.ENOENT) {
		err = retry(func() error { return unix.Linkat(t.fd, "", t.d.fd, name, unix.AT_EMPTY_PATH) })
	}
	return err
}

func (t *temp) linkTemp() error {
	for _, name := range tempNames() {
		err := t.link(name)
		if errors.Is(err, unix.EEXIST) && t.d.reap(name) {
			err = t.link(name)
		}
		if errors.Is(err, unix.EEXIST) {
			continue
		}
		if err == nil {
			t.name = name
		}
		return err
	}
	return ErrBusy
}

// drop closes the file, and removes it if it did not get its name.
func (t *temp) drop() {
	if t.name != "" && t.stillNamed() {
		_ = unix.Unlinkat(t.d.fd, t.name, 0) // the fault that led here is reported
	}
	unix.Close(t.fd)
}

// tempSlots is how many fixed temporary names a directory has. Fixed names are
// what lets a stale file be found without reading the directory.
const tempSlots = 8

func tempNames() []string {
	names := make([]string, 0, tempSlots+2)
	for i := range tempSlots {
		names = append(names, tempName(i))
	}
	// Only when eight processes replace files here in the same instant.
	return append(names, tempPrefix+strconv.FormatUint(rand.Uint64(), 36)+tempSuffix)
}

func tempName(i int) string { return tempPrefix + strconv.Itoa(i) + tempSuffix }

// sweep removes what killed processes left behind.
func (d *fdFolder) sweep() {
	for i := range tempSlots {
		name := tempName(i)
		if unix.Faccessat(d.fd, name, unix.F_OK, unix.AT_SYMLINK_NOFOLLOW) == nil {
			d.reap(name)
		}
	}
}

// reap removes the temporary file name if nobody writes to it: its writer
// holds a lock, which the kernel takes away when the process ends, however it
// ends. While we hold the lock, nobody else removes or renames the file.
func (d *fdFolder) reap(name string) bool {
	h, info, err := d.openFile(name)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer h.Close()
	if tryLock(h) != nil {
		return false
	}
	now, err := statAt(d.fd, name)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	if now.Ino != info.Ino || now.Dev != info.Dev {
		return false
	}
	return unix.Unlinkat(d.fd, name, 0) == nil
}
