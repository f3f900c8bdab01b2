package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/kb"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// allowed are the collections that the caller may use.
func (s *server) allowed(ctx context.Context) []*kb.Collection {
	who := mcpcore.Principal(ctx)
	return slices.DeleteFunc(slices.Clone(s.collections), func(c *kb.Collection) bool { return !s.access.allows(who, c.Name()) })
}

// chosen are the collections of a name, or all for "".
func (s *server) chosen(ctx context.Context, name string) ([]*kb.Collection, error) {
	all := s.allowed(ctx)
	if name == "" {
		if len(all) == 0 {
			return nil, mcpcore.Refused("--collection-access", mcpcore.Hint(errors.New("no collection is open to you"), "ask a person to allow one"))
		}
		return all, nil
	}
	for _, c := range all {
		if c.Name() == name {
			return []*kb.Collection{c}, nil
		}
	}
	return nil, mcpcore.Hint(fmt.Errorf("there is no collection %q", name), "use one of "+names(all))
}

func names(all []*kb.Collection) string {
	out := make([]string, len(all))
	for i, c := range all {
		out[i] = c.Name()
	}
	return strings.Join(out, ", ")
}

// patience is how long a search waits for a collection that is indexed for the
// first time; after that it searches what is there.
const patience = 20 * time.Second

// await waits for collections to be indexed, and tells the client how far that
// is. It returns what has to be said when it gives up.
func await(ctx context.Context, all []*kb.Collection) (note string, err error) {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, c := range all {
		err := c.Ready(within, func(done, total int64) {
			mcpcore.Progress(ctx, float64(done), float64(total), fmt.Sprintf("indexing %s: %d of %d files", c.Name(), done, total))
		})
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return "", ctx.Err()
		case within.Err() != nil:
			st := c.Status()
			note += fmt.Sprintf("%s is still being indexed: %d of %d files; search again later for the rest. ", c.Name(), st.Done, st.Total)
		default:
			return "", err
		}
	}
	return strings.TrimSpace(note), nil
}

// place finds the collection and the path that a caller means: PATH,
// COLLECTION/PATH or kb://COLLECTION/PATH.
func (s *server) place(ctx context.Context, collection, path string) (*kb.Collection, string, error) {
	if rest, ok := strings.CutPrefix(path, uriPrefix); ok {
		name, rest, _ := strings.Cut(rest, "/")
		collection, path = unescape(name), unescape(rest)
	}
	all, err := s.chosen(ctx, collection)
	if err != nil {
		return nil, "", err
	}
	path = strings.TrimPrefix(path, "./")
	for _, c := range all {
		if c.Entry(path) != nil {
			return c, path, nil
		}
	}
	if name, rest, ok := strings.Cut(path, "/"); ok && collection == "" {
		for _, c := range all {
			if c.Name() == name && c.Entry(rest) != nil {
				return c, rest, nil
			}
		}
	}
	if collection == "" && len(all) > 1 {
		return nil, "", mcpcore.Hint(fmt.Errorf("no collection has a document %q", path), "use a path that kb_search gave")
	}
	if _, _, err := all[0].Document(ctx, path); err == nil { // newer than the index
		return all[0], path, nil
	}
	return nil, "", mcpcore.Hint(fmt.Errorf("%s has no document %q", all[0].Name(), path), "use a path that kb_search gave")
}
