// Package filesystem is an MCP server for the files below directories that an
// operator allows.
package filesystem

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// New makes the server. Closing it closes the directories.
func New(c Config) (*mcpcore.Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	confine := c.Confine && !c.noLandlock
	if c.stay && confine != guard.Confined() && c.Log != nil {
		c.Log.Warn("whether the kernel confines the process does not change before a restart", "confined", guard.Confined())
	}
	g, err := guard.Open(guard.Options{
		Roots:       c.roots(),
		FollowLinks: c.FollowLinks != "never",
		Landlock:    confine && !c.stay,
		MaxUpdate:   maxEdit,

		LandlockRead: c.keep,
		Logs:         c.logs,
		Log:          c.Log,
	})
	if err != nil {
		return nil, err
	}
	s := &server{all: g, narrow: c.ClientRoots == "narrow", narrowed: map[string]*guard.Guard{}}
	out := mcpcore.New(mcpcore.Info{
		Name:         "mcp-filesystem",
		Title:        "Filesystem",
		Description:  "Files below the directories that the operator allows.",
		Instructions: "Paths are absolute, or relative to an allowed directory; list_allowed_directories tells which there are.",
	}, s.tools()...)
	out.OnClose(g.Close)
	s.resources(out)
	out.Check("directories", func(context.Context) (string, error) { return s.check() })
	return out, nil
}

// maxEdit is the size of the largest file that is edited: an edit holds it
// several times over.
const maxEdit = 8 << 20

// server holds what the handlers share.
type server struct {
	all    *guard.Guard
	narrow bool // to the directories the client works in

	mu       sync.Mutex
	narrowed map[string]*guard.Guard
}

// guard is the door for one call: to all allowed directories, or to those
// among them in which the client works.
func (s *server) guard(ctx context.Context) (*guard.Guard, error) {
	if !s.narrow {
		return s.all, nil
	}
	uris, err := mcpcore.Roots(ctx)
	switch {
	case errors.Is(err, mcpcore.ErrNoRoots):
		return s.all, nil
	case err != nil:
		return nil, err
	}
	key := strings.Join(uris, "\n")
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.narrowed[key]
	if g == nil {
		var paths []string
		for _, uri := range uris {
			if path, err := pathOf(uri); err == nil {
				paths = append(paths, path)
			}
		}
		if len(s.narrowed) > 100 { // clients that keep changing; the old ones close themselves
			clear(s.narrowed)
		}
		g = s.all.Narrow(paths)
		s.narrowed[key] = g
	}
	return g, nil
}

// check is what doctor says of the directories.
func (s *server) check() (string, error) {
	var names []string
	for _, r := range s.all.Roots() {
		if _, err := s.all.Stat(r.Path); err != nil {
			return "", err
		}
		names = append(names, rootLine(r))
	}
	return fmt.Sprintf("%d: %s", len(names), strings.Join(names, ", ")), nil
}

func rootLine(r guard.RootInfo) string {
	if r.Writable {
		return guard.Quote(r.Path)
	}
	return guard.Quote(r.Path) + " (read-only)"
}
