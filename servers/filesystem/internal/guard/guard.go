// Package guard is the only door from the filesystem server to the disk.
//
// An allowed directory is opened once, when the server starts, and everything
// later happens relative to that handle. No path is checked and then opened by
// name: the open is the check. On Linux that is openat2 with RESOLVE_BENEATH;
// elsewhere, and on kernels without openat2, it is [os.Root].
package guard

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Root is a directory that the operator allows, as named on the command line.
type Root struct {
	Path     string
	ReadOnly bool
}

// Options says what a Guard lets through.
type Options struct {
	Roots []Root

	// FollowLinks allows symbolic links that stay inside the allowed
	// directories. Without it every path that meets a link is refused.
	FollowLinks bool

	// Landlock confines the whole process to Roots, where the kernel can. A
	// process that is confined stays so, and can open only less from then on.
	Landlock bool
	// LandlockRead are further files and directories that stay readable for other
	// parts of the process once it is confined. The Guard itself never uses them.
	LandlockRead []string
	// Logs are files that the process writes, none of which may be where a caller
	// can change it. One in a directory of its own can be opened anew by a
	// confined process, once it was moved away.
	Logs []string

	// Sync makes every write wait for the disk (fsync). Without it a write
	// survives a killed process but perhaps not a power cut.
	Sync bool

	// MaxUpdate is the size in bytes above which Update refuses a file, since
	// it holds the whole of it in memory. Zero means 64 MiB.
	MaxUpdate int64

	Log *slog.Logger // nil discards

	portable bool // forces the os.Root implementation, for tests
}

// RootInfo describes one allowed directory.
type RootInfo struct {
	Path     string
	Writable bool
}

// Guard gives out files and directories that lie inside the allowed ones. It
// is safe for concurrent use.
type Guard struct {
	roots  []*root
	shared *shared
	owned  []tree // handles to close with this Guard
}

// shared is what a Guard and all that were narrowed from it have in common.
type shared struct {
	rules  []*root // all directories the operator allowed: they decide writability
	follow bool
	sync   bool
	locks  keyLocks

	maxUpdate int64
	mixed     bool // a read-only directory lies inside a writable one
	// publish keeps the moment in which a replacement has a temporary name to
	// one at a time, so that one process never occupies more than one name.
	publish sync.Mutex
}

// root is an allowed directory with its handle.
type root struct {
	path     string // absolute, as the operator spelled it
	real     string // absolute, without links, at the time it was opened
	writable bool
	tree     tree
	dev, ino uint64
}

// is reports whether info describes the directory r itself.
func (r *root) is(info Info) bool { return r.ino != 0 && r.ino == info.Ino && r.dev == info.Dev }

// Open opens all allowed directories. Faults are reported together, each with
// the directory and its cure.
func Open(o Options) (*Guard, error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &shared{follow: o.FollowLinks, sync: o.Sync, maxUpdate: o.MaxUpdate}
	if s.maxUpdate <= 0 {
		s.maxUpdate = 64 << 20
	}
	g := &Guard{shared: s}
	var faults []error
	if len(o.Roots) == 0 {
		faults = append(faults, mcpcore.Hint(errors.New("no directory is allowed"), "name at least one directory"))
	}
	openTree := pickTree(o, log)
	for _, spec := range o.Roots {
		r, err := openRoot(spec, openTree)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		g.add(r)
	}
	if err := errors.Join(faults...); err != nil {
		_ = g.Close() // the faults are what the operator has to see
		return nil, err
	}
	s.rules = g.roots
	s.mixed = mixed(s.rules)
	err := errors.Join(beyond(g), g.exposed(o.Logs))
	if err == nil && o.Landlock {
		o.Log = log
		err = confineOnce(g, o)
	}
	if err != nil {
		_ = g.Close()
		return nil, err
	}
	return g, nil
}

// add keeps r, or merges it into the same directory given twice. Of two
// entries that disagree, the read-only one wins.
func (g *Guard) add(r *root) {
	for _, old := range g.roots {
		if old.path == r.path {
			old.writable = old.writable && r.writable
			r.tree.close()
			return
		}
	}
	g.roots = append(g.roots, r)
	g.owned = append(g.owned, r.tree)
}

func openRoot(spec Root, openTree func(string) (tree, string, error)) (*root, error) {
	fault := func(what, cure string) error {
		return mcpcore.Hint(fmt.Errorf("allowed directory %s: %s", quoted(spec.Path), what), cure)
	}
	if spec.Path == "" {
		return nil, fault("the path is empty", "name a directory")
	}
	path, err := expandHome(spec.Path)
	if err != nil {
		return nil, fault("the home directory is not known", "write the path without ~")
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, fault("the working directory is not known", "write an absolute path")
	}
	t, real, err := openTree(path)
	switch {
	case err == nil:
		r := &root{path: path, real: real, writable: !spec.ReadOnly, tree: t}
		if info, err := t.stat(".", false); err == nil {
			r.dev, r.ino = info.Dev, info.Ino
		}
		return r, nil
	case errors.Is(err, os.ErrNotExist):
		return nil, fault("it does not exist", "create it or correct the path")
	case errors.Is(err, os.ErrPermission):
		return nil, fault("permission denied", "give the user who runs the server access to it")
	case errors.Is(err, ErrNotDirectory):
		return nil, fault("it is not a directory", "name the directory that holds it")
	default:
		return nil, fault(cause(err).Error(), "correct the path")
	}
}

// Close closes the handles that g opened. A narrowed Guard closes only its
// own; one that is dropped without Close has them closed by the garbage
// collector.
func (g *Guard) Close() error {
	for _, t := range g.owned {
		t.close()
	}
	return nil
}

// Roots returns the allowed directories, in the operator's order.
func (g *Guard) Roots() []RootInfo {
	infos := make([]RootInfo, 0, len(g.roots))
	for _, r := range g.roots {
		infos = append(infos, RootInfo{Path: r.path, Writable: g.writableAt(r.real)})
	}
	return infos
}

// FollowsLinks reports whether links that stay inside are followed.
func (g *Guard) FollowsLinks() bool { return g.shared.follow }
