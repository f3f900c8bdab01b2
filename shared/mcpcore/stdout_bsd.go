//go:build unix && !linux

package mcpcore

import "syscall"

func redirect(from, to int) error { return syscall.Dup2(from, to) }

func widen(int) {}
