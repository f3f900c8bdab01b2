package guard

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// confinement is what the kernel confines this process to. It is the process's
// and no Guard's: every Guard that is opened later has to do with it.
var confinement struct {
	mu    sync.Mutex
	on    bool
	roots []*root
}

// Confined reports whether the kernel confines the process.
func Confined() bool {
	confinement.mu.Lock()
	defer confinement.mu.Unlock()
	return confinement.on
}

// confineOnce confines the process to the allowed directories, or leaves it as
// it is where it is confined already.
func confineOnce(g *Guard, o Options) error {
	confinement.mu.Lock()
	defer confinement.mu.Unlock()
	if confinement.on {
		return nil
	}
	on, err := confine(g, o, o.Log)
	if on {
		confinement.on, confinement.roots = true, g.roots
	}
	return err
}

// beyond refuses directories that a confined process cannot use: the kernel
// would refuse what is done there, one call after the other.
func beyond(g *Guard) error {
	confinement.mu.Lock()
	defer confinement.mu.Unlock()
	if !confinement.on {
		return nil
	}
	var faults []error
	for _, r := range g.roots {
		if !confinedTo(r) {
			faults = append(faults, mcpcore.Hint(
				fmt.Errorf("allowed directory %s: the process is confined to the directories that it was started with", quoted(r.path)),
				"restart the server to allow more"))
		}
	}
	return errors.Join(faults...)
}

// confinedTo reports whether the process can use a directory as r says. Its
// name may lead elsewhere than it did, so the kernel is asked as well.
func confinedTo(r *root) bool {
	if !slices.ContainsFunc(confinement.roots, func(c *root) bool {
		_, inside := within(c.real, r.real)
		return inside && (c.writable || !r.writable)
	}) {
		return false
	}
	dir, err := r.tree.openDir(".", false)
	if err != nil {
		return false
	}
	dir.close()
	return true
}
