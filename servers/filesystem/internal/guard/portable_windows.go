package guard

import (
	"errors"
	"os"
	"syscall"
)

// openNonblock has no meaning here: opening does not block.
const openNonblock = 0

// processLives reports whether a process has the id pid.
func processLives(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = p.Release() // it was only asked for
	return true
}

func isNoSpace(err error) bool {
	const handleDiskFull, diskFull = syscall.Errno(39), syscall.Errno(112)
	return errors.Is(err, handleDiskFull) || errors.Is(err, diskFull)
}
