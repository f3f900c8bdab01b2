package guard

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// maxPath is the longest path that is taken from a caller, in bytes.
const maxPath = 4096

// invalid says what is wrong with path before anything is looked up.
func invalid(path string) string {
	switch {
	case path == "":
		return "the path is empty"
	case strings.IndexByte(path, 0) >= 0:
		return "the path holds a NUL byte"
	case len(path) > maxPath:
		return "the path is longer than 4096 bytes"
	case strings.HasPrefix(path, "file://"): // in the place of a path it would make directories of odd names
		return "this is a URI: write the path without file://"
	}
	return ""
}

// namesDir reports whether path ends as that of a directory.
func namesDir(path string) bool { return path != "" && os.IsPathSeparator(path[len(path)-1]) }

func expandHome(path string) (string, error) {
	if path != "~" && !strings.HasPrefix(path, "~/") && !strings.HasPrefix(path, "~"+string(filepath.Separator)) {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, path[1:]), nil
}

// find maps what a caller asked for to an allowed directory and a clean path
// relative to it. It touches the disk only to choose between several allowed
// directories for a relative path.
func (g *Guard) find(asked string) (*root, string, error) {
	if what := invalid(asked); what != "" {
		return nil, "", faultf(ErrInvalid, "%s: %s", quoted(asked), what)
	}
	path, err := expandHome(asked)
	if err != nil {
		return nil, "", outside(asked)
	}
	if filepath.IsAbs(path) {
		if r, rel := g.holder(filepath.Clean(path)); r != nil {
			return r, rel, nil
		}
		return nil, "", outside(asked)
	}
	if runtime.GOOS == "windows" && (filepath.VolumeName(path) != "" || os.IsPathSeparator(path[0])) {
		return nil, "", outside(asked) // neither absolute nor relative: depends on a drive's own directory
	}
	return g.findRelative(asked, filepath.Clean(path))
}

// findRelative tries a relative path in each allowed directory: the first in
// which it exists is meant, or else the first that has its parent directory.
func (g *Guard) findRelative(asked, path string) (*root, string, error) {
	type candidate struct {
		root *root
		rel  string
	}
	var cands []candidate
	for _, r := range g.roots {
		if c, rel := g.holder(filepath.Join(r.path, path)); c != nil {
			cands = append(cands, candidate{c, rel})
		}
	}
	if len(cands) == 0 {
		return nil, "", outside(asked)
	}
	if len(cands) > 1 {
		best, missing := 0, -1
		for i, c := range cands {
			p, err := g.resolve(asked, c.root, c.rel, false)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil && len(p.missing) == 0 {
				best = i
				break
			}
			if err == nil && (missing < 0 || len(p.missing) < missing) {
				best, missing = i, len(p.missing)
			}
		}
		return cands[best].root, cands[best].rel, nil
	}
	return cands[0].root, cands[0].rel, nil
}

// holder returns the most specific allowed directory that holds the clean
// absolute path, under its own spelling or under its real one.
func (g *Guard) holder(path string) (*root, string) {
	var best *root
	var bestRel string
	n := -1
	for _, r := range g.roots {
		if rel, ok := within(r.path, path); ok && len(r.path) > n {
			best, bestRel, n = r, rel, len(r.path)
		}
		if r.real == r.path {
			continue
		}
		if rel, ok := within(r.real, path); ok && len(r.real) > n {
			best, bestRel, n = r, rel, len(r.real)
		}
	}
	return best, bestRel
}

// within returns path relative to dir when dir holds it. Whole components are
// compared, so /a/bc is not in /a/b.
func within(dir, path string) (string, bool) {
	if len(path) < len(dir) || !samePath(path[:len(dir)], dir) {
		return "", false
	}
	rest := path[len(dir):]
	switch {
	case rest == "":
		return ".", true
	case os.IsPathSeparator(rest[0]):
		rest = rest[1:]
	case !os.IsPathSeparator(dir[len(dir)-1]): // "/" ends in its own separator
		return "", false
	}
	if rest == "" {
		return ".", true
	}
	return rest, true
}

func samePath(a, b string) bool {
	if runtime.GOOS == "windows" {
		return strings.EqualFold(a, b)
	}
	return a == b
}

// logical is the path that is shown for rel in r.
func (r *root) logical(rel string) string {
	if rel == "." {
		return r.path
	}
	if r.path[len(r.path)-1] == filepath.Separator {
		return r.path + rel
	}
	return r.path + string(filepath.Separator) + rel
}

// split cuts a path at its separators and drops what means nothing.
func split(path string) []string {
	parts := strings.FieldsFunc(path, func(c rune) bool { return c < 0x80 && os.IsPathSeparator(uint8(c)) })
	kept := parts[:0]
	for _, p := range parts {
		if p != "." {
			kept = append(kept, p)
		}
	}
	return kept
}

// dirBase cuts a clean relative path into its directory and its last name.
func dirBase(rel string) (dir, base string) {
	for i := len(rel) - 1; i >= 0; i-- {
		if os.IsPathSeparator(rel[i]) {
			return rel[:i], rel[i+1:]
		}
	}
	return ".", rel
}

func joinRel(dir, name string) string {
	if dir == "." || dir == "" {
		return name
	}
	return dir + string(filepath.Separator) + name
}

// plainName reports whether name is one component that names an entry.
func plainName(name string) bool {
	if name == "" || name == "." || name == ".." || strings.IndexByte(name, 0) >= 0 {
		return false
	}
	for i := range len(name) {
		if os.IsPathSeparator(name[i]) {
			return false
		}
	}
	return filepath.IsLocal(name)
}
