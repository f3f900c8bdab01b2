//go:build unix

package guard

import (
	"errors"
	"syscall"
)

// openNonblock keeps a pipe from blocking the open.
const openNonblock = syscall.O_NONBLOCK

// processLives reports whether a process has the id pid.
func processLives(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func isNoSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
