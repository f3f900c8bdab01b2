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
	rightsLog = ll.AccessFSReadFile | ll.AccessFSWriteFile | ll.AccessFSMakeReg // nothing can be taken away
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
		rules = append(rules, readRule(p))
	}
	for _, file := range o.Logs {
		if dir, own := logDir(file); own {
			rules = append(rules, landlock.PathAccess(rightsLog, dir))
		} else {
			log.Info("the log has no directory of its own, so it cannot be opened anew when it is moved away", "log", file)
		}
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

func readRule(path string) landlock.Rule {
	if fi, err := os.Stat(path); err == nil && fi.IsDir() {
		return landlock.RODirs(path).IgnoreIfMissing()
	}
	return landlock.ROFiles(path).IgnoreIfMissing()
}
