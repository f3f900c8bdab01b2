//go:build darwin || linux || freebsd || netbsd || openbsd || dragonfly

package guard

import (
	"errors"
	"os"
	"syscall"
)

// hasLocks says that a locked file can be replaced.
const hasLocks = true

// tryLock takes the exclusive advisory lock on h, or says errLocked.
func tryLock(h handle) error {
	var err error
	switch f := h.(type) {
	case interface{ tryLock() error }:
		err = f.tryLock()
	case *os.File:
		conn, cerr := f.SyscallConn()
		if cerr != nil {
			return cerr
		}
		if cerr := conn.Control(func(fd uintptr) { err = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB) }); cerr != nil {
			return cerr
		}
	}
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return errLocked
	}
	return err
}
