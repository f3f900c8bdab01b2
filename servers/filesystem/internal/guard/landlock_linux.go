package guard

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// Rights beyond reading that a writable directory needs. No directory may be
// executed from, and no device node or socket made.
const (
	rightsRead  = ll.AccessFSReadFile | ll.AccessFSReadDir
	rightsWrite = rightsRead | ll.AccessFSWriteFile | ll.AccessFSTruncate | ll.AccessFSMakeReg |
		ll.AccessFSMakeSym | // to move a link; none is made
		ll.AccessFSMakeDir | ll.AccessFSRemoveFile | ll.AccessFSRemoveDir
)

// confine restricts the whole process to the allowed directories, so that even
// a fault in this package cannot reach beyond them. There is no way back.
// Moving a file from one directory to another needs the second version of
// Landlock; with the first, nothing is confined.
func confine(g *Guard, o Options, log *slog.Logger) (bool, error) {
	abi, err := ll.LandlockGetABIVersion()
	if err != nil || abi < 2 {
		log.Warn("landlock is not available: the process is not confined by the kernel", "abi", abi)
		return false, nil
	}
	rules := []landlock.Rule{
		landlock.RODirs("/proc/self", "/usr/share/zoneinfo").IgnoreIfMissing(),
		landlock.RWFiles("/dev/null").IgnoreIfMissing(),
	}
	var paths []string
	for _, r := range g.roots {
		rules = append(rules, rootRule(r))
		paths = append(paths, r.path)
	}
	for _, p := range o.LandlockRead {
		rules = append(rules, extraRule(p, false))
	}
	for _, p := range o.LandlockWrite {
		rules = append(rules, extraRule(p, true))
	}
	if err := landlock.V6.BestEffort().RestrictPaths(rules...); err != nil {
		return false, fmt.Errorf("landlock: %w", err)
	}
	log.Info("landlock confines the process", "abi", abi, "directories", paths)
	return true, nil
}

// rootRule names the directory by its handle: the path may lead elsewhere by
// now.
func rootRule(r *root) landlock.Rule {
	path := r.path
	if t, ok := r.tree.(*fdTree); ok {
		path = "/proc/self/fd/" + strconv.Itoa(t.fd)
	}
	if !r.writable {
		return landlock.PathAccess(rightsRead, path)
	}
	return landlock.PathAccess(rightsWrite, path).WithRefer()
}

func extraRule(path string, write bool) landlock.Rule {
	fi, err := os.Stat(path)
	dir := err == nil && fi.IsDir()
	switch {
	case write && dir:
		return landlock.RWDirs(path).IgnoreIfMissing()
	case write:
		return landlock.RWFiles(path).IgnoreIfMissing()
	case dir:
		return landlock.RODirs(path).IgnoreIfMissing()
	}
	return landlock.ROFiles(path).IgnoreIfMissing()
}
