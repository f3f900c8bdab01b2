//go:build linux || darwin

package npm

import (
	"os"
	"syscall"
)

// Lock takes an advisory lock, which closing the file gives back.
func Lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }
