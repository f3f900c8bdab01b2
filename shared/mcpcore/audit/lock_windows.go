package audit

import (
	"errors"
	"os"
	"syscall"
	"unsafe"
)

var (
	kernel32   = syscall.NewLazyDLL("kernel32.dll")
	lockFileEx = kernel32.NewProc("LockFileEx")
	unlockFile = kernel32.NewProc("UnlockFileEx")
)

const (
	lockExclusiveNow = 2 | 1 // LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY
	lockViolation    = syscall.Errno(33)
)

// place is the byte that is locked: one that the file does not have, as here a
// lock keeps others from reading too.
func place() *syscall.Overlapped { return &syscall.Overlapped{OffsetHigh: 1} }

func tryLock(f *os.File) error {
	done, _, err := lockFileEx.Call(f.Fd(), lockExclusiveNow, 0, 1, 0, uintptr(unsafe.Pointer(place())))
	switch {
	case done != 0:
		return nil
	case errors.Is(err, lockViolation):
		return errLocked
	}
	return err
}

func unlock(f *os.File) {
	_, _, _ = unlockFile.Call(f.Fd(), 0, 1, 0, uintptr(unsafe.Pointer(place())))
}

// linked reports whether the file still has a name: an open file keeps it.
func linked(os.FileInfo) bool { return true }
