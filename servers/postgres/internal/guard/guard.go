// Package guard stands between the server and PostgreSQL. It holds the
// connections, which nobody else sees, and lets nothing but checked statements
// reach them, in transactions that are always rolled back.
package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Options say which databases may be used, and how.
type Options struct {
	Databases []Database
	Policies  []Policy     // who may do less; none: everybody may do the same
	Log       *slog.Logger // default: nothing is logged
}

// Database is one database and what is allowed in it. The zero value of a
// limit is its default.
type Database struct {
	Name string // by which calls choose it
	URL  string // or keyword=value pairs; "" leaves all to the PG* variables
	Role string // taken on in each transaction; "" is chosen by what the login may do

	PasswordCommand []string      // program and arguments that print the password; empty: the URL or a file has it
	PasswordTime    time.Duration // that the program may take; default 20 s

	Description string // what it is for

	Access
	Mode           gate.Mode
	AllowFunctions []string // patterns of functions that are allowed though they are volatile
	DenyFunctions  []string // patterns of functions that are denied beside the others

	apart      bool       // it is for some principals, who are not to see what others do
	allowedToo [][]string // beside AllowFunctions each of these has to allow a function; see Policy

	Session       []string      // name=value of settings in each transaction, such as app.tenant=7
	MaxCost       int           // that the planner may estimate for a query; 0: any
	Connections   int           // at once; default 4
	ExportRows    int           // of one export; default 1 000 000
	ExportBytes   int           // of its values; default 64 MiB
	ExportTimeout time.Duration // of its statement; default 10 min

	MaxCursors int           // answers that were cut whose rest is held, each with a connection of its own; default 4
	CursorIdle time.Duration // for which it is held; default 60 s, negative: nothing is held
	Timeout    time.Duration // of a statement; default 30 s
	MaxRows    int           // of an answer; default 1000
	MaxBytes   int           // of an answer's values; default 256 KiB
	MaxValue   int           // of one row as it comes from the server; default 8 MiB
}

// Validate finds settings that cannot be meant.
func (d *Database) Validate() error {
	errs := []error{d.Access.Validate()}
	if len(d.Description) > 300 || strings.ContainsFunc(d.Description, unicode.IsControl) {
		errs = append(errs, mcpcore.Hint(fmt.Errorf("database %s: the description is more than one short line", d.Name), "write up to 300 bytes"))
	}
	return errors.Join(append(errs, sessionSettings(d.Session))...)
}

func sessionSettings(all []string) error {
	var errs []error
	for _, setting := range all {
		if name, _, ok := strings.Cut(setting, "="); !ok || !settingName.MatchString(name) {
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--session-settings: %q is none", setting), "write a name of two parts and a value, such as app.tenant=7"))
		}
	}
	return errors.Join(errs...)
}

func (d Database) withDefaults() Database {
	for _, f := range []struct {
		field *int
		value int
	}{{&d.Connections, 4}, {&d.MaxCursors, 4}, {&d.ExportRows, 1_000_000}, {&d.ExportBytes, 64 << 20}, {&d.MaxRows, 1000}, {&d.MaxBytes, 256 << 10}, {&d.MaxValue, 8 << 20}} {
		if *f.field <= 0 {
			*f.field = f.value
		}
	}
	if d.Timeout <= 0 {
		d.Timeout = 30 * time.Second
	}
	if d.PasswordTime <= 0 {
		d.PasswordTime = 20 * time.Second
	}
	if d.ExportTimeout <= 0 {
		d.ExportTimeout = 10 * time.Minute
	}
	if d.CursorIdle == 0 {
		d.CursorIdle = time.Minute
	}
	return d
}

// Guard holds the databases.
type Guard struct {
	sources  []*Source
	policies []Policy
	log      *slog.Logger

	mu     sync.Mutex
	narrow map[string][]*Source // by the policies that hold
}

// Open makes a Guard. It connects to nothing: the first statement does.
func Open(o Options) (*Guard, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	g := &Guard{policies: o.Policies, log: o.Log, narrow: map[string][]*Source{}}
	var errs []error
	for _, p := range o.Policies {
		errs = append(errs, p.Validate(o.Databases))
	}
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	for _, d := range o.Databases {
		s, err := newSource(d.withDefaults(), o.Log)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		g.sources = append(g.sources, s)
	}
	if len(errs) > 0 {
		return nil, errors.Join(append(errs, g.Close())...)
	}
	return g, nil
}

// Close ends all connections.
func (g *Guard) Close() error {
	for _, s := range g.sources {
		s.held.close()
		s.pool.Close()
	}
	return nil
}

// All are the databases with no principal's rules.
func (g *Guard) All() []*Source { return g.sources }

// Source finds a database by its name, as far as whoever calls may use it; ""
// is the first.
func (g *Guard) Source(ctx context.Context, name string) (*Source, error) {
	sources := g.Sources(ctx)
	names := make([]string, len(sources))
	for i, s := range sources {
		if names[i] = s.Name; name == "" || s.Name == name {
			return s, nil
		}
	}
	return nil, mcpcore.Hint(fmt.Errorf("there is no database %q here", name), "there are: "+strings.Join(names, ", "))
}

// Sources are the databases that whoever calls may use, the default first.
func (g *Guard) Sources(ctx context.Context) []*Source { return g.SourcesOf(caller(ctx)) }

// Ping finds out whether a database answers.
func (s *Source) Ping(ctx context.Context) error {
	_, err := s.Own(ctx, "SELECT 1")
	return err
}
