package postgres

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/config"
)

// Config is what an operator decides. The zero value uses the database that
// the PG* variables name.
type Config struct {
	Database                             // the only one; or what the others have that they do not name themselves
	Databases []config.Section[Database] // by name, the default first
	Policies  []config.Section[Policy]   // who may do less over HTTP; none: everybody may do the same
	SQLTools  []config.Section[SQLTool]  // the operator's own, by name
	Demo      bool                       // use a database of samples, started for the purpose

	ExportTTL        time.Duration // for which an export can be read; default 15 min
	ExportStoreBytes int           // that exports take on disk; default 256 MiB

	Log *slog.Logger

	args  []string
	ticks func() (<-chan time.Time, func()) // see notices; nil: a clock
}

// Database is one database, and what is allowed in it.
type Database struct {
	URL              mcpcore.Secret // or key=value pairs
	Description      string         // what it is for, for a model that has to choose one
	PasswordCommand  []string       // program and arguments that print the password
	Mode             string         // read-only (default), dml or ddl: what execute may do
	Role             string         // taken on in each transaction
	StatementTimeout time.Duration  // default 30 s
	MaxRows          int            // of an answer; default 1000
	MaxBytes         int            // of an answer's values; default 256 KiB
	MaxCost          int            // that the planner may estimate for a query; 0: any
	ExportMaxRows    int            // of one export; default 1 000 000
	ExportMaxBytes   int            // of its values; default 64 MiB
	ExportTimeout    time.Duration  // of its statement; default 10 min
	CursorIdle       time.Duration  // for which the rest of an answer that was cut is held; default 60 s, negative: it is not
	MaxCursors       int            // that are held; default 4

	AllowSchemas, DenyTables, DenyColumns, Mask []string // patterns of names; see guard.Access
	AllowFunctions, DenyFunctions               []string // patterns of names of functions
	SessionSettings                             []string // name=value, such as app.tenant=7
}

// Flags declares the settings of the binary.
func (c *Config) Flags(f *mcpcore.Flags) {
	c.Mode, c.StatementTimeout, c.MaxRows, c.MaxBytes = modes[0], 30*time.Second, 1000, 256<<10
	c.CursorIdle, c.MaxCursors = time.Minute, 4
	c.ExportMaxRows, c.ExportMaxBytes, c.ExportTimeout = 1_000_000, 64<<20, 10*time.Minute
	c.ExportTTL, c.ExportStoreBytes = exportTTL, exportStore
	f.Args(&c.args, "[[NAME=]URL...]", "the database, such as postgresql://user@host/database; without one, the PG* variables say; several have a name each, such as sales=postgresql://host/sales")
	f.Secret(&c.URL, "url", "DATABASE_URL,DATABASE_URI", "the database, kept off the command line")
	f.Bool(&c.Demo, "demo", "use a database of samples, which is started for this and gone afterwards")
	f.Duration(&c.ExportTTL, "export-ttl", "how long an export can be read")
	f.Bytes(&c.ExportStoreBytes, "export-store-bytes", "most bytes that exports take on disk, all together")
	c.rules(f)
	config.Sections(f, &c.Databases, "databases", "databases by their names, the default first; what one does not set is as outside, and what is denied or masked outside is so in each", func(d *Database, f *mcpcore.Flags) {
		*d = c.Database.apart()
		f.Secret(&d.URL, "url", "", "the database")
		f.String(&d.Description, "description", "what it is for, for a model that has to choose one")
		d.rules(f)
	})
	config.Sections(f, &c.Policies, "policies", "what some principals may do less, over HTTP; one that none is for may do nothing", (*Policy).flags)
	config.Sections(f, &c.SQLTools, "sql-tools", "tools of your own by their names, each a query with parameters", (*SQLTool).flags)
}

// rules declares the settings that each database can have of its own.
func (d *Database) rules(f *mcpcore.Flags) {
	f.Command(&d.PasswordCommand, "password-command", "program that prints the password, run without a shell; it is asked again when the server refuses the password, as one that has expired")
	f.Choice(&d.Mode, "mode", modes, "what the tool execute, which is in the toolset write, may change: nothing, rows, or tables too")
	f.String(&d.Role, "role", "role to take on in each transaction; a superuser takes on pg_read_all_data where none is named")
	f.Duration(&d.StatementTimeout, "statement-timeout", "longest time for one statement")
	f.Int(&d.MaxRows, "max-rows", "most rows of one answer")
	f.Bytes(&d.MaxBytes, "max-bytes", "most bytes of the values of one answer")
	f.Int(&d.MaxCost, "max-cost", "most that the planner may estimate a query to cost; 0 for any")
	f.Int(&d.ExportMaxRows, "export-max-rows", "most rows of one export, where the toolset export is on")
	f.Bytes(&d.ExportMaxBytes, "export-max-bytes", "most bytes of the values of one export")
	f.Duration(&d.ExportTimeout, "export-timeout", "longest time for the statement of an export")
	f.Duration(&d.CursorIdle, "cursor-idle", "how long the rest of an answer that was cut is held for the next page, in a transaction that stays open; -1s: not at all")
	f.Int(&d.MaxCursors, "max-cursors", "most answers of which the rest is held, each by a connection of its own; one principal has half of them")
	f.Strings(&d.AllowSchemas, "allow-schemas", "the only schemas that may be used; * stands for any text")
	f.Strings(&d.DenyTables, "deny-tables", "tables that may not be used, as table or schema.table, nor what is made of them; * stands for any text")
	f.Strings(&d.DenyColumns, "deny-columns", "columns that may not be used, as schema.table.column or table.column")
	f.Strings(&d.Mask, "mask", "columns whose values are hidden, as schema.table.column or table.column")
	f.Strings(&d.AllowFunctions, "allow-functions", "functions that may be called though they are volatile, or of the users' own where anything is hidden")
	f.Strings(&d.DenyFunctions, "deny-functions", "functions that may not be called, beside those that act outside of a transaction")
	f.Strings(&d.SessionSettings, "session-settings", "settings for row-level security in each transaction, such as app.tenant=7")
}

// apart is what a database begins with that is named beside d.
func (d Database) apart() Database {
	d.URL = mcpcore.Secret{} // and what follows: see databases
	d.DenyTables, d.DenyColumns, d.Mask, d.DenyFunctions, d.SessionSettings = nil, nil, nil, nil, nil
	return d
}

// withBase is a database with what is denied outside of it.
func (d Database) withBase(base *Database) Database {
	d.DenyTables = slices.Concat(base.DenyTables, d.DenyTables)
	d.DenyColumns = slices.Concat(base.DenyColumns, d.DenyColumns)
	d.Mask = slices.Concat(base.Mask, d.Mask)
	d.DenyFunctions = slices.Concat(base.DenyFunctions, d.DenyFunctions)
	d.SessionSettings = slices.Concat(base.SessionSettings, d.SessionSettings)
	return d
}

// modes are those of gate.Mode, by name.
var modes = []string{"read-only", "dml", "ddl"}

// modeOf is the mode of a name; what is none only reads.
func modeOf(name string) gate.Mode { return gate.Mode(max(slices.Index(modes, name), 0)) }

// SetLog has the server log to the operator.
func (c *Config) SetLog(log *slog.Logger) { c.Log = log }

// Validate reports what is wrong with the settings.
func (c *Config) Validate() error {
	all, err := c.databases()
	errs := []error{err}
	for _, p := range c.policies() {
		errs = append(errs, p.Validate(all))
	}
	for _, q := range c.SQLTools {
		errs = append(errs, q.Settings.validate(q.Name, all, toolNames()))
	}
	if c.Demo && (len(c.args)+len(c.Databases) > 0 || c.URL.Reveal() != "") {
		errs = append(errs, mcpcore.Hint(errors.New("--demo brings a database of its own"), "leave the others out"))
	}
	for _, mode := range c.modes() {
		if mode != "" && !slices.Contains(modes, mode) {
			errs = append(errs, mcpcore.Hint(fmt.Errorf("--mode: %q is none", mode), "it is one of "+strings.Join(modes, ", ")))
		}
	}
	for _, d := range all {
		errs = append(errs, d.Validate())
	}
	return errors.Join(errs...)
}

// modes are what the databases say of it.
func (c *Config) modes() []string {
	all := []string{c.Mode}
	for _, d := range c.Databases {
		all = append(all, d.Settings.Mode)
	}
	for _, p := range c.Policies {
		all = append(all, p.Settings.Mode)
	}
	return all
}

// named is a URL with a name before it. The parts of key=value pairs are no
// URLs.
var named = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_-]{0,39})=(postgres(?:ql)?://.*)$`)

// onlyName is what a database is called that has no other name.
const onlyName = "main"

// databases are those of the settings and of the command line.
func (c *Config) databases() ([]guard.Database, error) {
	var errs []error
	base, all, lone := c.Database, slices.Clone(c.Databases), 0
	ownURL := func(d config.Section[Database]) bool { return d.Settings.URL.Reveal() != "" }
	for _, arg := range c.args {
		if m := named.FindStringSubmatch(arg); m != nil {
			d := c.Database.apart()
			d.URL = mcpcore.NewSecret(m[2])
			all = append(all, config.Section[Database]{Name: m[1], Settings: d})
			continue
		}
		base.URL = mcpcore.NewSecret(arg)
		lone++
	}
	if unused := len(all) > 0 && !slices.ContainsFunc(all, func(d config.Section[Database]) bool { return !ownURL(d) }); lone > 1 || lone == 1 && unused {
		errs = append(errs, mcpcore.Hint(errors.New("more than one database is named, and not each has a name"),
			"give each a name: mcp-postgres main=postgresql://user@host/database sales=postgresql://user@host/sales"))
	}
	if len(all) == 0 {
		return []guard.Database{base.guarded(onlyName)}, errors.Join(errs...)
	}
	var out []guard.Database
	for i, d := range all {
		if slices.ContainsFunc(all[:i], func(o config.Section[Database]) bool { return o.Name == d.Name }) {
			errs = append(errs, mcpcore.Hint(fmt.Errorf("two databases are called %s", d.Name), "give each a name of its own"))
		}
		if !ownURL(d) {
			d.Settings.URL = base.URL
		}
		out = append(out, d.Settings.withBase(&c.Database).guarded(d.Name))
	}
	return out, errors.Join(errs...)
}

// guarded is a database as the guard takes it.
func (d Database) guarded(name string) guard.Database {
	return guard.Database{
		Name: name, URL: d.URL.Reveal(), PasswordCommand: d.PasswordCommand, Description: d.Description, Role: d.Role, Timeout: d.StatementTimeout, MaxRows: d.MaxRows, MaxBytes: d.MaxBytes,
		Access:         guard.Access{AllowSchemas: d.AllowSchemas, DenyTables: d.DenyTables, DenyColumns: d.DenyColumns, Mask: d.Mask},
		AllowFunctions: d.AllowFunctions, DenyFunctions: d.DenyFunctions, Session: d.SessionSettings, MaxCost: d.MaxCost, CursorIdle: d.CursorIdle, MaxCursors: d.MaxCursors,
		ExportRows: d.ExportMaxRows, ExportBytes: d.ExportMaxBytes, ExportTimeout: d.ExportTimeout,
		Mode: modeOf(d.Mode),
	}
}
