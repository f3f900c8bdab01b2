package guard

import (
	"context"
	"io/fs"
	"slices"
	"strings"
)

// Node is one entry of a directory tree.
type Node struct {
	Name     string
	Type     fs.FileMode // type bits; links stay links
	Children []Node      // sorted by name
	// Err says why the children of a directory are missing.
	Err error
}

// IsDir reports whether n is a directory.
func (n *Node) IsDir() bool { return n.Type.IsDir() }

// Tree reads everything beneath the directory at path into one tree, without
// following links. keep, which may be nil, is called concurrently: Skip leaves
// an entry out, with all that is beneath it. With ErrTooMany comes what was
// read until then. o.Ordered has no effect, since the result is always sorted.
func (g *Guard) Tree(ctx context.Context, path string, o WalkOptions, keep func(rel string, e Entry) WalkAction) (*Node, error) {
	w, err := g.newWalk(ctx, path, o)
	if err != nil {
		return nil, err
	}
	defer w.base.close()
	_, name := dirBase(w.path)
	top := &Node{Name: name, Type: fs.ModeDir}
	w.batch = func(j job, items []item) {
		slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.Name, b.Name) })
		// The capacity is exact: a child that moved would leave its own
		// children behind.
		j.node.Children = make([]Node, 0, len(items))
	}
	w.fn = func(parent *Node, it *item) (WalkAction, *Node) {
		action := Continue
		if keep != nil {
			action = keep(it.rel, it.Entry)
		}
		if action != Continue {
			return action, nil
		}
		parent.Children = append(parent.Children, Node{Name: it.Name, Type: it.Type})
		return action, &parent.Children[len(parent.Children)-1]
	}
	w.unread = func(j job, err error) { j.node.Err = err }
	return top, w.run(job{depth: 1, node: top})
}
