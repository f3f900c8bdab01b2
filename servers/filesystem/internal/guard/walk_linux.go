package guard

import "golang.org/x/sys/unix"

// fdWalk opens each directory of a walk by its path beneath the first. That
// needs no handle kept open for every level, and no more than one call.
type fdWalk struct{ fd int }

func (t *fdTree) walker(rel string, follow bool) (walkBase, error) {
	fd, err := t.open(rel, unix.O_PATH|unix.O_DIRECTORY, follow)
	if err != nil {
		return nil, err
	}
	return &fdWalk{fd: fd}, nil
}

func (w *fdWalk) open(rel string) (lister, error) {
	if rel == "" {
		rel = "."
	}
	fd, err := openBeneath(w.fd, rel, dirFlags, false)
	if err != nil {
		return nil, err
	}
	return &fdDir{fd: fd}, nil
}

func (w *fdWalk) close() { unix.Close(w.fd) }
