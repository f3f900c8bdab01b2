package gitdb

import (
	"maps"
	"slices"
)

// Log lists the commits that can be reached, newest first.
func (db *DB) Log(from ...string) []*Commit {
	seen := map[string]bool{}
	var out []*Commit
	queue := slices.Clone(from)
	for len(queue) > 0 {
		sha := queue[0]
		queue = queue[1:]
		c := db.commits[sha]
		if c == nil || seen[sha] {
			continue
		}
		seen[sha] = true
		out = append(out, c)
		queue = append(queue, c.Parents...)
	}
	// A child comes before its parents even where they are of the same second.
	depth := map[string]int{}
	for _, c := range out {
		db.depth(c.SHA, depth)
	}
	slices.SortStableFunc(out, func(a, b *Commit) int {
		if n := b.Committer.When.Compare(a.Committer.When); n != 0 {
			return n
		}
		return depth[b.SHA] - depth[a.SHA]
	})
	return out
}

func (db *DB) depth(sha string, known map[string]int) int {
	stack := []string{sha}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		if _, ok := known[top]; ok {
			stack = stack[:len(stack)-1]
			continue
		}
		d, ready := 0, true
		if c := db.commits[top]; c != nil {
			for _, p := range c.Parents {
				if n, ok := known[p]; ok {
					d = max(d, n+1)
				} else {
					stack, ready = append(stack, p), false
				}
			}
		}
		if ready {
			known[top] = d
			stack = stack[:len(stack)-1]
		}
	}
	return known[sha]
}

// Ancestors are the commits that can be reached, the one itself included.
func (db *DB) Ancestors(sha string) map[string]bool {
	seen := map[string]bool{}
	queue := []string{sha}
	for len(queue) > 0 {
		c := db.commits[queue[0]]
		queue = queue[1:]
		if c != nil && !seen[c.SHA] {
			seen[c.SHA] = true
			queue = append(queue, c.Parents...)
		}
	}
	return seen
}

// MergeBase is the newest common ancestor, or "".
func (db *DB) MergeBase(a, b string) string {
	of := db.Ancestors(a)
	for _, c := range db.Log(b) {
		if of[c.SHA] {
			return c.SHA
		}
	}
	return ""
}

// Between lists what head has that base has not, oldest first.
func (db *DB) Between(base, head string) []*Commit {
	have := db.Ancestors(base)
	var out []*Commit
	for _, c := range db.Log(head) {
		if !have[c.SHA] {
			out = append(out, c)
		}
	}
	slices.Reverse(out)
	return out
}

// Touching keeps the commits that changed what is at a path.
func (db *DB) Touching(commits []*Commit, name string) []*Commit {
	var out []*Commit
	for _, c := range commits {
		now, ok := db.At(c.Tree, name)
		before, had := Entry{}, false
		if len(c.Parents) > 0 {
			before, had = db.At(db.commits[c.Parents[0]].Tree, name)
		}
		if ok != had || now != before {
			out = append(out, c)
		}
	}
	return out
}

// Merge merges two commits file by file. Files that both changed in different
// ways are conflicts, and then there is no tree.
func (db *DB) Merge(ours, theirs string) (tree string, conflicts []string) {
	var base Files
	if mb := db.MergeBase(ours, theirs); mb != "" {
		base = db.Files(db.commits[mb].Tree)
	}
	a, b := db.Files(db.commits[ours].Tree), db.Files(db.commits[theirs].Tree)
	out := maps.Clone(a)
	names := map[string]bool{}
	for n := range base {
		names[n] = true
	}
	for n := range b {
		names[n] = true
	}
	for n := range names {
		was, inBase := base[n]
		left, inA := a[n]
		right, inB := b[n]
		switch {
		case inB == inBase && right == was, inA == inB && left == right: // theirs is as it was, or both are the same
		case inA == inBase && left == was && inB:
			out[n] = right
		case inA == inBase && left == was:
			delete(out, n)
		default:
			conflicts = append(conflicts, n)
		}
	}
	if len(conflicts) > 0 {
		slices.Sort(conflicts)
		return "", conflicts
	}
	return db.PutTree(out), nil
}
