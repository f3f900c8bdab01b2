package mcpcore

import "syscall"

func redirect(from, to int) error { return syscall.Dup3(from, to, 0) }

// widen gives a pipe the room that the system grants to anyone, so that a
// large result takes fewer turns of writer and reader. It does nothing to
// what is no pipe.
func widen(fd int) {
	const setPipeSize, most = 1031, 1 << 20 // F_SETPIPE_SZ, the default of fs.pipe-max-size
	_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), setPipeSize, most)
}
