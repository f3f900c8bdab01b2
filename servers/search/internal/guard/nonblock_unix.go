//go:build unix

package guard

import "syscall"

// nonblock has the opening of a pipe that nobody writes to return.
const nonblock = syscall.O_NONBLOCK
