//go:build unix

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// owned reports whether a directory is one of ours, that nobody else may write to.
func owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.IsDir() && int(stat.Uid) == os.Getuid() && info.Mode().Perm()&0o022 == 0
}
