package filesystem

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type searchIn struct {
	Path            string   `json:"path" jsonschema:"directory to search" audit:"target"`
	Pattern         string   `json:"pattern" jsonschema:"glob against the path below that directory: *.go there, **/*.go at any depth"`
	ExcludePatterns []string `json:"excludePatterns,omitzero" jsonschema:"globs of what to leave out; a plain name is left out at any depth" maxItems:"100"`
}

// maxWalked bounds one search, so that one over a whole disk ends.
const maxWalked = 5_000_000

func (s *server) search(ctx context.Context, in searchIn) (string, error) {
	pattern, err := compile(in.Pattern)
	if err != nil {
		return "", err
	}
	exclude, err := compileAll(in.ExcludePatterns)
	if err != nil {
		return "", err
	}
	g, err := s.guard(ctx)
	if err != nil {
		return "", err
	}
	base, err := g.Stat(in.Path)
	if err != nil {
		return "", err
	}
	found := collected{base: joined(base.Path, ""), budget: textBudget(ctx)}
	o := guard.WalkOptions{MaxEntries: maxWalked, OnSeen: tells(ctx), OnError: func(string, error) { found.unread.Add(1) }}
	err = g.Walk(ctx, in.Path, o, func(rel string, e guard.Entry) guard.WalkAction {
		path := filepath.ToSlash(rel)
		if len(exclude) > 0 && exclude.match(path) {
			return guard.Skip
		}
		if pattern.match(path) && !found.add(rel) {
			return guard.Stop
		}
		return guard.Continue
	})
	full := found.full || errors.Is(err, guard.ErrTooMany)
	if err != nil && !full {
		return "", err
	}
	return found.text(full), nil
}

// collected are the matches of a search, found by several goroutines.
type collected struct {
	base   string
	budget int

	mu    sync.Mutex
	paths []string
	size  int
	full  bool

	unread atomic.Int64 // directories
}

// add reports whether there is room for more.
func (c *collected) add(rel string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paths = append(c.paths, strings.Clone(rel)) // rel keeps more than itself alive
	c.size += len(c.base) + len(rel) + 1
	c.full = c.full || c.size > c.budget
	return !c.full
}

func (c *collected) text(full bool) string {
	slices.Sort(c.paths)
	var notes string
	if full {
		notes = fmt.Sprintf("[cut: there may be more than these %d; use a narrower pattern or path]\n", len(c.paths))
	} else if len(c.paths) == 0 {
		notes = "No matches found\n"
	}
	if n := c.unread.Load(); n > 0 {
		notes += fmt.Sprintf("[directories that could not be read: %d]\n", n)
	}
	out := make([]byte, 0, c.size)
	for _, rel := range c.paths {
		out = append(out, guard.Quote(c.base+rel)...)
		out = append(out, '\n')
	}
	return strings.TrimSuffix(text(append(out, notes...)), "\n")
}

type infoIn struct {
	Path string `json:"path" jsonschema:"file or directory" audit:"target"`
}

func (s *server) info(ctx context.Context, in infoIn) (string, error) {
	g, err := s.guard(ctx)
	if err != nil {
		return "", err
	}
	i, err := g.Stat(in.Path)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "size: %d\n", i.Size)
	for _, t := range []struct {
		name string
		time time.Time
	}{{"created", i.BirthTime}, {"modified", i.ModTime}, {"accessed", i.AccessTime}} {
		if !t.time.IsZero() {
			fmt.Fprintf(&out, "%s: %s\n", t.name, t.time.UTC().Format("2006-01-02T15:04:05.000Z"))
		}
	}
	fmt.Fprintf(&out, "isDirectory: %t\nisFile: %t\npermissions: %03o", i.IsDir, i.IsRegular, i.Mode.Perm())
	return out.String(), nil
}

type allowedIn struct{}

func (s *server) allowed(ctx context.Context, _ allowedIn) (string, error) {
	g, err := s.guard(ctx)
	if err != nil {
		return "", err
	}
	roots := g.Roots()
	if len(roots) == 0 {
		return "", mcpcore.Hint(errors.New("no directory is allowed: none of the client's roots is inside those of the server"),
			"a person can start the server with --roots ignore")
	}
	out := "Allowed directories:"
	for _, r := range roots {
		out += "\n" + rootLine(r)
	}
	return out, nil
}
