package guard

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
)

const (
	maxHops    = 40 // links in one path, as the kernel has it
	maxRetries = 8  // resolutions of one path while others change it
)

// tree is one opened directory and all beneath it. Every rel is clean and
// relative. Where follow is given, links that stay beneath may be followed;
// otherwise rel must be free of links. A link that was met all the same gives
// errSwapped.
type tree interface {
	// strict reports whether a link in a rel that should have none is always
	// refused, or merely kept from leading outside.
	strict() bool
	lookup(rel string) (info Info, target string, err error) // a link is not followed but read
	stat(rel string, follow bool) (Info, error)
	openFile(rel string, follow bool) (handle, Info, error)
	openDir(rel string, follow bool) (lister, error)
	folder(rel string) (folder, error)
	sub(rel string) (tree, error)
	walker(rel string, follow bool) (walkBase, error)
	close()
}

// place is where a path leads once its links are gone.
type place struct {
	root    *root
	rel     string   // without links, existing
	missing []string // the rest, which does not exist
	linked  bool     // the missing part came out of a link: the link dangles
}

// resolve follows path rel in r component by component, in user space, with
// nothing opened but handles beneath the allowed directories. It is the slow
// way, taken when a link leads from one place to another that the kernel's own
// check cannot see is allowed. Its answer is only a proposal: what is then
// opened is opened beneath the directory's handle again, without links.
func (g *Guard) resolve(asked string, r *root, rel string, last bool) (place, error) {
	for range maxRetries {
		p, err := g.resolveOnce(asked, r, rel, last)
		if !errors.Is(err, errSwapped) {
			return p, explain(asked, err)
		}
	}
	return place{}, outside(asked)
}

// trail is a resolution under way.
type trail struct {
	g    *Guard
	root *root
	done []string
	todo []string
	own  int // how many of todo, counted from the back, the caller wrote
	hops int
}

func (g *Guard) resolveOnce(asked string, r *root, rel string, last bool) (place, error) {
	t := &trail{g: g, root: r, todo: split(rel)}
	t.own = len(t.todo)
	for len(t.todo) > 0 {
		name := t.todo[0]
		fromLink := len(t.todo) > t.own
		t.todo = t.todo[1:]
		t.own = min(t.own, len(t.todo))
		if name == ".." {
			if err := t.up(asked); err != nil {
				return place{}, err
			}
			continue
		}
		next := joinRel(t.at(), name)
		info, target, err := t.root.tree.lookup(next)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			p := place{root: t.root, rel: t.at(), linked: fromLink}
			p.missing = append([]string{name}, t.todo...)
			return p, nil
		case err != nil:
			return place{}, err
		case info.IsLink && len(t.todo) == 0 && !last:
			return place{root: t.root, rel: next}, nil
		case info.IsLink:
			if err := t.link(asked, target); err != nil {
				return place{}, err
			}
		case len(t.todo) > 0 && !info.IsDir:
			return place{}, faultf(ErrNotDirectory, "%s or a part of it is not a directory", quoted(asked))
		default:
			t.done = append(t.done, name)
		}
	}
	return place{root: t.root, rel: t.at()}, nil
}

func (t *trail) at() string {
	if len(t.done) == 0 {
		return "."
	}
	return strings.Join(t.done, string(filepath.Separator))
}

// up goes to the parent directory, which may be in another allowed directory
// when the present one is left at its top.
func (t *trail) up(asked string) error {
	if len(t.done) > 0 {
		t.done = t.done[:len(t.done)-1]
		return nil
	}
	return t.jump(asked, filepath.Dir(t.root.real), t.todo)
}

func (t *trail) link(asked, target string) error {
	if !t.g.shared.follow {
		return refusedLink(asked)
	}
	if t.hops++; t.hops > maxHops {
		return faultf(ErrTooManyLinks, "%s goes through too many links", quoted(asked))
	}
	parts := split(target)
	rest := make([]string, 0, len(parts)+len(t.todo))
	rest = append(append(rest, parts...), t.todo...)
	if !filepath.IsAbs(target) {
		t.todo = rest
		return nil
	}
	vol := filepath.VolumeName(target)
	return t.jump(asked, vol+string(filepath.Separator), rest[len(split(vol)):])
}

// jump continues at an absolute place: base, followed by parts. Only names
// before the first ".." choose the allowed directory, since what a ".." means
// behind a link is known only once the link is read.
func (t *trail) jump(asked, base string, parts []string) error {
	n := 0
	for n < len(parts) && parts[n] != ".." {
		n++
	}
	for _, take := range []int{n, len(parts)} {
		path := filepath.Join(base, filepath.Join(parts[:take]...))
		r, rel := t.g.holder(path)
		if r == nil {
			continue
		}
		t.root, t.done = r, nil
		head := split(rel)
		t.todo = append(head[:len(head):len(head)], parts[take:]...)
		return nil
	}
	return outside(asked)
}

// reach runs do at the place that asked leads to: first as it stands, with the
// kernel following links beneath one directory, and if that meets a link that
// leads on, at the place found by resolve. It returns the absolute path under
// which the caller knows that place.
func (g *Guard) reach(asked string, do func(r *root, rel string, follow bool) error) (string, error) {
	r, rel, err := g.find(asked)
	if err != nil {
		return "", err
	}
	path := r.logical(rel)
	if r.tree.strict() || g.shared.follow {
		if err := do(r, rel, g.shared.follow); !errors.Is(err, errSwapped) {
			return path, explain(asked, err)
		}
	}
	for range maxRetries {
		p, err := g.resolve(asked, r, rel, true)
		if err != nil {
			return "", err
		}
		if len(p.missing) > 0 {
			return "", explain(asked, fs.ErrNotExist)
		}
		if err := do(p.root, p.rel, false); !errors.Is(err, errSwapped) {
			return path, explain(asked, err)
		}
	}
	return "", outside(asked)
}
