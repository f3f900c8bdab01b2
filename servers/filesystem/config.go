package filesystem

import (
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Config is what an operator decides. Directories is all it needs.
type Config struct {
	Directories []string // each may end in :ro or :rw; rw is the default
	FollowLinks string   // "inside" (the default): links that stay in the directories; "never"
	ClientRoots string   // "ignore" (the default), or "narrow" to the client's own directories
	Log         *slog.Logger

	// Confine has the kernel keep the whole process, and so also whoever
	// embeds this package, inside the directories. It cannot be undone. The
	// binary sets it.
	Confine bool

	noLandlock bool
	keep, logs []string
	stay       bool
}

// Flags declares the settings of the binary.
func (c *Config) Flags(f *mcpcore.Flags) {
	c.Confine, c.FollowLinks, c.ClientRoots = true, "inside", "ignore"
	f.Args(&c.Directories, "DIR[:ro|:rw]...", "directories the server may use; with :ro only for reading")
	f.Strings(&c.Directories, "root", "a directory as above; repeatable")
	f.Choice(&c.FollowLinks, "follow-links", []string{"inside", "never"}, "follow symbolic links that stay inside the directories, or none")
	f.Choice(&c.ClientRoots, "roots", []string{"ignore", "narrow"}, "what the client's own roots do; they never widen what is allowed")
	f.Bool(&c.noLandlock, "no-landlock", "do not have the kernel confine the process to the directories (Linux)")
}

// SetLog has the server log to the operator.
func (c *Config) SetLog(log *slog.Logger) { c.Log = log }

// Logs are files that the process goes on writing, and no client may change.
func (c *Config) Logs(files []string) { c.logs = files }

// Keep leaves further directories readable when the process is confined.
func (c *Config) Keep(dirs []string) { c.keep = dirs }

// Stay leaves the process confined, or not, as it is.
func (c *Config) Stay() { c.stay = true }

// Validate reports what is wrong with the settings.
func (c *Config) Validate() error {
	if len(c.Directories) == 0 {
		return mcpcore.Hint(errors.New("no directory is allowed"), "name one or more: mcp-filesystem DIR[:ro]...")
	}
	if slices.Contains(c.Directories, "") {
		return mcpcore.Hint(errors.New("a directory has an empty name"), "write . for the current one")
	}
	return nil
}

// roots splits the rights off the directories. A directory whose own name ends
// in :ro is written with :rw behind it.
func (c *Config) roots() []guard.Root {
	roots := make([]guard.Root, len(c.Directories))
	for i, dir := range c.Directories {
		path, readOnly := strings.CutSuffix(dir, ":ro")
		if !readOnly {
			path, _ = strings.CutSuffix(dir, ":rw")
		}
		roots[i] = guard.Root{Path: path, ReadOnly: readOnly}
	}
	return roots
}
