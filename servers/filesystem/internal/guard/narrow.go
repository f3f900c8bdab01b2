package guard

import "path/filepath"

// Narrow returns a Guard that allows only what both g and paths allow: a path
// inside an allowed directory leaves that subtree, a path that holds an allowed
// directory leaves the whole of it, and any other path leaves nothing. Paths
// that are not absolute or do not exist leave nothing either.
func (g *Guard) Narrow(paths []string) *Guard {
	n := &Guard{shared: g.shared}
	seen := map[string]bool{}
	keep := func(r *root) {
		if !seen[r.path] {
			seen[r.path] = true
			n.roots = append(n.roots, r)
		}
	}
	for _, p := range paths {
		if !filepath.IsAbs(p) || invalid(p) != "" {
			continue
		}
		p = filepath.Clean(p)
		for _, r := range g.roots {
			if _, ok := within(p, r.path); ok {
				keep(r)
			} else if _, ok := within(p, r.real); ok {
				keep(r)
			}
		}
		if r := g.subRoot(p); r != nil {
			keep(r)
			n.owned = append(n.owned, r.tree)
		}
	}
	return n
}

// subRoot opens the directory p inside one of the roots as a root of its own.
func (g *Guard) subRoot(p string) *root {
	r, rel, err := g.find(p)
	if err != nil || rel == "." {
		return nil
	}
	pl, err := g.resolve(p, r, rel, true)
	if err != nil || len(pl.missing) > 0 {
		return nil
	}
	t, err := pl.root.tree.sub(pl.rel)
	if err != nil {
		return nil
	}
	return &root{path: p, real: filepath.Join(pl.root.real, pl.rel), tree: t}
}
