package guard

import "path/filepath"

// writableAt reports whether the most specific allowed directory that holds
// real, a path without links, may be written to.
func (g *Guard) writableAt(real string) bool {
	best, ok := -1, false
	for _, r := range g.shared.rules {
		if _, in := within(r.real, real); !in {
			continue
		}
		switch n := len(r.real); {
		case n > best:
			best, ok = n, r.writable
		case n == best:
			ok = ok && r.writable
		}
	}
	return ok
}

// writable reports whether rel in r, a path without links, may be changed. The
// rules are kept by path and, where they could be got round by another
// spelling of the same directory (a file system that ignores case, a second
// mount), by identity as well.
func (g *Guard) writable(r *root, rel string) bool {
	if !g.writableAt(filepath.Join(r.real, rel)) {
		return false
	}
	if !g.shared.mixed {
		return true
	}
	for at := rel; ; at, _ = dirBase(at) {
		if info, _, err := r.tree.lookup(at); err == nil && info.IsDir {
			for _, rule := range g.shared.rules {
				if rule.is(info) {
					return g.writableAt(rule.real)
				}
			}
		}
		if at == "." {
			return true
		}
	}
}

func mixed(rules []*root) bool {
	for _, inner := range rules {
		for _, outer := range rules {
			if _, in := within(outer.real, inner.real); in && outer.writable && !inner.writable {
				return true
			}
		}
	}
	return false
}
