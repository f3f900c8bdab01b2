package guard

import (
	"errors"
	"io/fs"
)

// Mkdir makes the directory at path and those above it that are missing. That
// it exists already is not an error.
func (g *Guard) Mkdir(path string) error {
	r, rel, err := g.find(path)
	if err != nil {
		return err
	}
	for range maxRetries {
		p, err := g.resolve(path, r, rel, true)
		if err != nil {
			return err
		}
		err = g.mkdirAt(path, p)
		if !errors.Is(err, errSwapped) {
			return explain(path, err)
		}
	}
	return outside(path)
}

func (g *Guard) mkdirAt(asked string, p place) error {
	if len(p.missing) == 0 {
		info, err := p.root.tree.stat(p.rel, false)
		if err == nil && !info.IsDir {
			return &fault{text: quoted(asked) + " already exists and is not a directory", is: []error{ErrExists, fs.ErrExist, ErrNotDirectory}}
		}
		return err
	}
	if p.linked {
		return faultf(ErrDangling, "%s is or goes through a link to something that does not exist", quoted(asked))
	}
	rel := p.rel
	for _, name := range p.missing {
		rel = joinRel(rel, name)
		if !plainName(name) || isTemp(name) {
			return faultf(ErrInvalid, "%s holds a name that cannot be used", quoted(asked))
		}
	}
	if !g.writable(p.root, rel) {
		return g.readOnly(asked)
	}
	dir, err := p.root.tree.folder(p.rel)
	if err != nil {
		return err
	}
	for _, name := range p.missing {
		// Whoever made it first, what counts is that it is a directory now.
		if err := dir.mkdir(name); err != nil && !errors.Is(err, fs.ErrExist) {
			dir.close()
			return err
		}
		next, err := dir.sub(name)
		dir.close()
		if err != nil {
			return err
		}
		dir = next
	}
	dir.close()
	return nil
}
