package guard

import (
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// fdFile is an open regular file. The lock keeps a descriptor from being
// closed, and perhaps used again for something else, below a read.
type fdFile struct {
	mu sync.RWMutex
	fd int // -1 when closed
}

func (f *fdFile) use(call func(fd int) (int, error)) (n int, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.fd < 0 {
		return 0, os.ErrClosed
	}
	for {
		if n, err = call(f.fd); err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

func (f *fdFile) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := f.use(func(fd int) (int, error) { return unix.Read(fd, p) })
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

func (f *fdFile) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) {
		n, err := f.use(func(fd int) (int, error) { return unix.Pread(fd, p[done:], off+int64(done)) })
		if err != nil {
			return done, err
		}
		if n == 0 {
			return done, io.EOF
		}
		done += n
	}
	return done, nil
}

func (f *fdFile) Seek(off int64, whence int) (pos int64, err error) {
	_, err = f.use(func(fd int) (int, error) {
		pos, err = unix.Seek(fd, off, whence)
		return 0, err
	})
	return pos, err
}

func (f *fdFile) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fd < 0 {
		return os.ErrClosed
	}
	fd := f.fd
	f.fd = -1
	return unix.Close(fd)
}

// tryLock takes the exclusive advisory lock without waiting for it.
func (f *fdFile) tryLock() error {
	_, err := f.use(func(fd int) (int, error) { return 0, unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	return err
}
