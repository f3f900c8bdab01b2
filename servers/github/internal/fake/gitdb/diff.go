package gitdb

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Change is what happened to one file between two trees.
type Change struct {
	Status               string // added, removed, modified, renamed
	Path, Previous       string // Previous of a renamed file
	Old, New             Entry
	Additions, Deletions int
	Patch                string // the hunks; "" for a binary file
	Binary               bool
	Similarity           int // percent, of a renamed file
}

// Diff lists what changed from one tree to another, by path. A tree "" is empty.
func (db *DB) Diff(from, to string) []Change {
	a, b := db.Files(from), db.Files(to)
	var out []Change
	var gone, come []string
	for name, e := range b {
		if was, ok := a[name]; !ok {
			come = append(come, name)
		} else if was != e {
			out = append(out, Change{Status: "modified", Path: name, Old: was, New: e})
		}
	}
	for name := range a {
		if _, ok := b[name]; !ok {
			gone = append(gone, name)
		}
	}
	slices.Sort(gone)
	slices.Sort(come)
	for _, name := range come {
		i, like := db.origin(a, gone, b[name])
		if i < 0 {
			out = append(out, Change{Status: "added", Path: name, New: b[name]})
			continue
		}
		out = append(out, Change{Status: "renamed", Path: name, Previous: gone[i], Old: a[gone[i]], New: b[name], Similarity: like})
		gone = slices.Delete(gone, i, i+1)
	}
	for _, name := range gone {
		out = append(out, Change{Status: "removed", Path: name, Old: a[name]})
	}
	for i := range out {
		db.patch(&out[i])
	}
	slices.SortFunc(out, func(x, y Change) int { return strings.Compare(x.Path, y.Path) })
	return out
}

// origin finds the file among those gone that a new one is most like, if half
// of its lines are the same.
func (db *DB) origin(files Files, gone []string, e Entry) (index, similarity int) {
	index = -1
	text, ok := db.Blob(e.SHA)
	if !ok || len(text) == 0 {
		return -1, 0
	}
	for i, name := range gone {
		if files[name].SHA == e.SHA {
			return i, 100
		}
		old, ok := db.Blob(files[name].SHA)
		if !ok {
			continue
		}
		if s := alike(old, text); s >= 50 && s > similarity {
			index, similarity = i, s
		}
	}
	return index, similarity
}

func alike(a, b []byte) int {
	count := map[string]int{}
	for line := range strings.SplitSeq(string(a), "\n") {
		count[line] += len(line) + 1
	}
	same := 0
	for line := range strings.SplitSeq(string(b), "\n") {
		if count[line] > 0 {
			same += len(line) + 1
			count[line] -= len(line) + 1
		}
	}
	return min(99, 100*same/(max(len(a), len(b))+1))
}

func (db *DB) patch(c *Change) {
	old, _ := db.Blob(c.Old.SHA)
	text, _ := db.Blob(c.New.SHA)
	if bytes.IndexByte(old, 0) >= 0 || bytes.IndexByte(text, 0) >= 0 {
		c.Binary = true
		return
	}
	c.Patch = Hunks(string(old), string(text))
	for line := range strings.SplitSeq(c.Patch, "\n") {
		switch {
		case strings.HasPrefix(line, "+"):
			c.Additions++
		case strings.HasPrefix(line, "-"):
			c.Deletions++
		}
	}
}

// Hunks is the unified difference of two texts with three lines of context,
// without the lines that name the files and without the last line break.
func Hunks(old, text string) string {
	if old == text {
		return ""
	}
	unified, err := udiff.ToUnified("a", "b", old, udiff.Lines(old, text), 3)
	if err != nil {
		return ""
	}
	_, hunks, _ := strings.Cut(unified, "\n+++ b\n")
	return strings.TrimSuffix(hunks, "\n")
}

// Text is the difference as git prints it.
func Text(changes []Change) string {
	var b strings.Builder
	for _, c := range changes {
		from := c.Path
		if c.Previous != "" {
			from = c.Previous
		}
		fmt.Fprintf(&b, "diff --git a/%s b/%s\n", from, c.Path)
		oldName, newName := "a/"+from, "b/"+c.Path
		before, after := short(c.Old.SHA), short(c.New.SHA)
		switch c.Status {
		case "added":
			fmt.Fprintf(&b, "new file mode %s\n", c.New.Mode)
			oldName = "/dev/null"
		case "removed":
			fmt.Fprintf(&b, "deleted file mode %s\n", c.Old.Mode)
			newName = "/dev/null"
		case "renamed":
			fmt.Fprintf(&b, "similarity index %d%%\nrename from %s\nrename to %s\n", c.Similarity, c.Previous, c.Path)
		}
		if c.Old.SHA == c.New.SHA {
			continue
		}
		mode := ""
		if c.Status == "modified" || c.Status == "renamed" {
			if c.Old.Mode != c.New.Mode {
				fmt.Fprintf(&b, "old mode %s\nnew mode %s\n", c.Old.Mode, c.New.Mode)
			} else {
				mode = " " + c.New.Mode
			}
		}
		fmt.Fprintf(&b, "index %s..%s%s\n", before, after, mode)
		switch {
		case c.Binary:
			fmt.Fprintf(&b, "Binary files %s and %s differ\n", oldName, newName)
		case c.Patch != "":
			fmt.Fprintf(&b, "--- %s\n+++ %s\n%s\n", oldName, newName, c.Patch)
		}
	}
	return b.String()
}

func short(sha string) string {
	if sha == "" {
		return "0000000"
	}
	return sha[:7]
}
