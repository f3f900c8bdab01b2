package filesystem

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

type treeIn struct {
	Path            string   `json:"path" jsonschema:"directory to start from" audit:"target"`
	ExcludePatterns []string `json:"excludePatterns,omitzero" jsonschema:"globs of what to leave out; a plain name is left out at any depth" maxItems:"100"`
}

// leastEntry is the fewest bytes that an entry takes in the result; it bounds
// how many are worth reading.
const leastEntry = len(`{"name":"a","type":"file"},`)

func (s *server) tree(ctx context.Context, in treeIn) (string, error) {
	exclude, err := compileAll(in.ExcludePatterns)
	if err != nil {
		return "", err
	}
	g, err := s.guard(ctx)
	if err != nil {
		return "", err
	}
	keep := func(rel string, e guard.Entry) guard.WalkAction {
		if exclude.match(filepath.ToSlash(rel)) {
			return guard.Skip
		}
		return guard.Continue
	}
	if len(exclude) == 0 {
		keep = nil
	}
	budget := textBudget(ctx)
	root, err := g.Tree(ctx, in.Path, guard.WalkOptions{MaxEntries: budget / leastEntry, OnSeen: tells(ctx)}, keep)
	if err != nil && !errors.Is(err, guard.ErrTooMany) {
		return "", err
	}
	var out []byte
	if err == nil {
		out = appendTree(nil, root, budget)
	}
	if err != nil || len(out) > budget || jsonrpc.EscapedLen(out) > budget { // cut, it would be no JSON
		return "", mcpcore.Hint(fmt.Errorf("the tree takes more than the %d bytes of a result", budget),
			"start from a directory further down, or give excludePatterns")
	}
	return text(out), nil
}

// appendTree writes the children of n as JSON. It gives up once that is more
// than budget.
func appendTree(dst []byte, n *guard.Node, budget int) []byte {
	dst = append(dst, '[')
	for i := range n.Children {
		if len(dst) > budget {
			return dst
		}
		c := &n.Children[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"name":`...)
		dst = jsonrpc.AppendString(dst, c.Name)
		if !c.IsDir() {
			dst = append(dst, `,"type":"file"}`...)
			continue
		}
		dst = append(dst, `,"type":"directory","children":`...)
		dst = append(appendTree(dst, c, budget), '}')
	}
	return append(dst, ']')
}
