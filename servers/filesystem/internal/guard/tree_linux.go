package guard

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	beneath   = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS
	maxAgains = 128 // EAGAIN of openat2: something above moved meanwhile
)

// fdTree is a tree behind a directory handle. The handle is only a place
// (O_PATH): it reads nothing by itself.
type fdTree struct {
	mu   sync.RWMutex // keeps the descriptor from being closed, and used again, below a call
	dir  *os.File     // closes itself when a narrowed Guard is dropped
	fd   int          // -1 when closed
	proc *procFD
}

// procFD is /proc/self/fd, through which a handle that is only a place is
// opened for reading: that cannot be raced, since no name is looked up.
type procFD struct {
	dir *os.File
	fd  int
}

// pickTree chooses the implementation that the kernel can do.
func pickTree(o Options, log *slog.Logger) func(string) (tree, string, error) {
	if o.portable {
		return openRootTree
	}
	fd, err := unix.Openat2(unix.AT_FDCWD, ".", &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH})
	if err == nil {
		unix.Close(fd)
	} else if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		log.Warn("no openat2 in this kernel: using the slower portable file access")
		return openRootTree
	}
	proc := openProc()
	if proc == nil {
		log.Warn("no /proc/self/fd: files are opened by name beneath their directory")
	}
	return func(path string) (tree, string, error) { return openFDTree(path, proc) }
}

func openProc() *procFD {
	fd, err := unix.Open("/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	return &procFD{dir: os.NewFile(uintptr(fd), "proc"), fd: fd}
}

// openFDTree opens an allowed directory the only time that it is opened by
// its full name. The operator may name it through links.
func openFDTree(path string, proc *procFD) (tree, string, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOTDIR) {
		return nil, "", ErrNotDirectory
	}
	if err != nil {
		return nil, "", err
	}
	// Without search permission nothing in it could be reached later.
	if err := unix.Faccessat(fd, ".", unix.X_OK, unix.AT_EACCESS); err != nil {
		unix.Close(fd)
		return nil, "", err
	}
	real, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		if real, err = filepath.EvalSymlinks(path); err != nil {
			real = path
		}
	}
	return newFDTree(fd, proc), real, nil
}

func newFDTree(fd int, proc *procFD) *fdTree {
	return &fdTree{dir: os.NewFile(uintptr(fd), "root"), fd: fd, proc: proc}
}

func (t *fdTree) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fd = -1
	_ = t.dir.Close() // a place has nothing to flush
}

func (t *fdTree) strict() bool { return true }

// open is every access to the disk: rel beneath the tree, or not at all.
func (t *fdTree) open(rel string, flags uint64, follow bool) (int, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.fd < 0 {
		return -1, os.ErrClosed
	}
	return openBeneath(t.fd, rel, flags, follow)
}

func openBeneath(dir int, rel string, flags uint64, follow bool) (int, error) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: beneath}
	if !follow {
		how.Resolve |= unix.RESOLVE_NO_SYMLINKS
	}
	for again := 0; ; {
		fd, err := unix.Openat2(dir, rel, &how)
		switch err {
		case nil:
			return fd, nil
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			if again++; again < maxAgains {
				continue
			}
			return -1, errSwapped
		case unix.EXDEV, unix.ELOOP:
			return -1, errSwapped
		}
		return -1, err
	}
}

func (t *fdTree) lookup(rel string) (Info, string, error) {
	fd, err := t.open(rel, unix.O_PATH|unix.O_NOFOLLOW, false)
	if err != nil {
		return Info{}, "", err
	}
	defer unix.Close(fd)
	info, err := statAt(fd, "")
	if err != nil || !info.IsLink {
		return info, "", err
	}
	var buf [maxPath]byte
	n, err := unix.Readlinkat(fd, "", buf[:])
	if err != nil {
		return Info{}, "", err
	}
	return info, string(buf[:n]), nil
}

func (t *fdTree) stat(rel string, follow bool) (Info, error) {
	fd, err := t.open(rel, unix.O_PATH, follow)
	if err != nil {
		return Info{}, err
	}
	defer unix.Close(fd)
	return statAt(fd, "")
}

func (t *fdTree) openFile(rel string, follow bool) (handle, Info, error) {
	place, err := t.open(rel, unix.O_PATH, follow)
	if err != nil {
		return nil, Info{}, err
	}
	defer unix.Close(place)
	return openPlace(place, t.proc, func(flags uint64) (int, error) { return t.open(rel, flags, follow) })
}

// openPlace opens for reading what the handle place stands for, if that is a
// regular file. Its type is known before it is opened, so a pipe cannot block
// and a device is not touched. Without proc it is opened by name once more,
// and compared.
func openPlace(place int, proc *procFD, byName func(flags uint64) (int, error)) (handle, Info, error) {
	info, err := statAt(place, "")
	switch {
	case err != nil:
		return nil, Info{}, err
	case info.IsDir:
		return nil, Info{}, ErrIsDirectory
	case info.IsLink:
		return nil, Info{}, errSwapped
	case !info.IsRegular:
		return nil, Info{}, ErrNotRegular
	}
	// O_NONBLOCK keeps a lease that another program holds from stopping us.
	const flags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY
	var fd int
	if proc != nil {
		fd, err = proc.reopen(place, flags)
	} else {
		fd, err = byName(flags)
	}
	if errors.Is(err, unix.EAGAIN) {
		return nil, Info{}, ErrBusy
	}
	if err != nil {
		return nil, Info{}, err
	}
	if proc == nil {
		if now, err := statAt(fd, ""); err != nil || now.Dev != info.Dev || now.Ino != info.Ino {
			unix.Close(fd)
			return nil, Info{}, errSwapped
		}
	}
	return &fdFile{fd: fd}, info, nil
}

// reopen opens again, with other flags, what place already stands for.
func (p *procFD) reopen(place, flags int) (int, error) {
	defer runtime.KeepAlive(p.dir)
	var fd int
	err := retry(func() (err error) {
		fd, err = unix.Openat(p.fd, strconv.Itoa(place), flags|unix.O_CLOEXEC, 0)
		return err
	})
	return fd, err
}

func (t *fdTree) sub(rel string) (tree, error) {
	fd, err := t.open(rel, unix.O_PATH|unix.O_DIRECTORY, false)
	if err != nil {
		return nil, err
	}
	return newFDTree(fd, t.proc), nil
}

// retry repeats a call that a signal interrupted.
func retry(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
