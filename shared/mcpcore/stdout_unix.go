//go:build unix

package mcpcore

import (
	"os"
	"syscall"
)

// takeStdout keeps standard output for the caller and points everyone else's,
// os.Stdout and descriptor 1 alike, at standard error.
func takeStdout() (*os.File, error) {
	fd, err := syscall.Dup(1)
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	syscall.CloseOnExec(fd)
	if err := redirect(2, 1); err != nil {
		return nil, os.NewSyscallError("dup2", err)
	}
	widen(fd)
	os.Stdout = os.Stderr
	return os.NewFile(uintptr(fd), "stdout"), nil
}
