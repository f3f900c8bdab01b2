//go:build !(darwin || linux || freebsd || netbsd || openbsd || dragonfly)

package guard

// tryLock does nothing here: a locked file could not be replaced. What remains
// between processes is the check just before the rename.
func tryLock(handle) error { return nil }
