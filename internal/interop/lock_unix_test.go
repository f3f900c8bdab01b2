//go:build linux || darwin

package interop

import (
	"os"
	"syscall"
)

// flock takes an advisory lock, which closing the file gives back.
func flock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }
