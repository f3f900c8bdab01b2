// Package guard stands between the server and Slack. It holds the tokens and
// the only way to a workspace, be it at Slack or in an export, and gives out
// conversations only after it has looked them up and found them allowed.
package guard

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/archive"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Options say which workspaces may be used, and how.
type Options struct {
	Accounts []Account
	Export   string // file of an export; instead of accounts
	Demo     bool   // the sample workspace; instead of accounts

	ReadAllow, ReadDeny   []string // rules; see Rules
	WriteAllow, WriteDeny []string
	Sending               Sending

	Log *slog.Logger // default: nothing is logged
}

// Guard holds the workspaces.
type Guard struct {
	workspaces []*Workspace
}

// Open makes a Guard. It asks nothing of Slack: the first call does.
func Open(o Options) (*Guard, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	read, err := parseRules(o.ReadAllow, o.ReadDeny, "--read-allow", "--read-deny")
	if len(o.ReadAllow) == 0 {
		read.Allow = []rule{{text: "kind:public", conditions: []condition{{"kind", "public"}}}}
	}
	write, err2 := parseRules(o.WriteAllow, o.WriteDeny, "--write-allow", "--write-deny")
	write.writing = true
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	g := &Guard{}
	add := func(alias string, b backend) {
		g.workspaces = append(g.workspaces, newWorkspace(alias, b, read, write, o.Sending))
	}
	switch {
	case o.Demo:
		demo, err := archive.Demo(time.Now())
		if err != nil {
			return nil, err
		}
		add("demo", demo)
	case o.Export != "":
		store, err := archive.Open(o.Export)
		if err != nil {
			return nil, mcpcore.Hint(fmt.Errorf("--export: %w", err), "name the ZIP of an export of a Slack workspace")
		}
		add("export", store)
	default:
		for _, a := range o.Accounts {
			b, err := newAPI(a, o.Log)
			if err != nil {
				return nil, err
			}
			add(a.Alias, b)
		}
	}
	return g, nil
}

// Close ends what is open.
func (g *Guard) Close() error {
	var errs []error
	for _, w := range g.workspaces {
		errs = append(errs, w.close())
	}
	return errors.Join(errs...)
}

// Workspaces are all that there are.
func (g *Guard) Workspaces() []*Workspace { return g.workspaces }

// Workspace finds a workspace by its alias; "" is the first.
func (g *Guard) Workspace(alias string) (*Workspace, error) {
	if len(g.workspaces) == 0 {
		return nil, mcpcore.Hint(errors.New("no workspace is set up"),
			"set SLACK_BOT_TOKEN or SLACK_USER_TOKEN, or start with --export FILE.zip, or with --demo to look around")
	}
	var known []string
	for _, w := range g.workspaces {
		if alias == "" || w.Alias == alias {
			return w, nil
		}
		known = append(known, w.Alias)
	}
	return nil, mcpcore.Hint(fmt.Errorf("there is no workspace %q", alias), "there are "+strings.Join(known, ", "))
}
