//go:build unix && !linux

package private

import "syscall"

// endWithParent has no way to do so here.
func endWithParent(*syscall.SysProcAttr) {}
