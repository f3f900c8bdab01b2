package guard

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// completeScan is how many entries of a directory are looked at for one
// completion: it is asked for at every key.
const completeScan = 100_000

// Complete returns up to limit paths that begin with prefix, sorted, with a
// separator after directories. Links are offered only when they lead to
// something inside. A faulty prefix has no completions.
func (g *Guard) Complete(prefix string, limit int) []string {
	sep := string(filepath.Separator)
	var found []string
	for _, r := range g.roots {
		if strings.HasPrefix(r.path+sep, prefix) {
			found = append(found, strings.TrimSuffix(r.path, sep)+sep)
		}
	}
	dir := prefix[:strings.LastIndex(filepath.ToSlash(prefix), "/")+1]
	part := prefix[len(dir):]
	if dir != "" && limit > 0 {
		found = append(found, g.completeIn(dir, part, limit)...)
	}
	slices.Sort(found)
	found = slices.Compact(found)
	return found[:min(len(found), max(limit, 0))]
}

func (g *Guard) completeIn(dir, part string, limit int) []string {
	d, err := g.OpenDir(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	var matches []Entry
	seen := 0
	err = d.Entries(func(e Entry) bool {
		if strings.HasPrefix(e.Name, part) && (part != "" || e.Name[0] != '.') {
			matches = append(matches, e)
		}
		seen++
		return seen < completeScan
	})
	if err != nil {
		return nil
	}
	slices.SortFunc(matches, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	var found []string
	for _, e := range matches {
		if len(found) == limit {
			break
		}
		isDir := e.IsDir()
		if e.Type&fs.ModeSymlink != 0 {
			info, err := g.Stat(dir + e.Name)
			if err != nil {
				continue
			}
			isDir = info.IsDir
		}
		path := dir + e.Name
		if isDir {
			path += string(filepath.Separator)
		}
		found = append(found, path)
	}
	return found
}
