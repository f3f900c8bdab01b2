package postgres

import (
	"errors"
	"log/slog"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Config is what an operator decides. The zero value uses the database that
// the PG* variables name.
type Config struct {
	URL              mcpcore.Secret // of the database, or key=value pairs
	Demo             bool           // use a database of samples, started for the purpose
	Role             string         // taken on in each transaction
	StatementTimeout time.Duration  // default 30 s
	MaxRows          int            // of an answer; default 1000
	MaxBytes         int            // of an answer's values; default 256 KiB
	MaxCost          int            // that the planner may estimate for a query; 0: any

	AllowSchemas, DenyTables, DenyColumns, Mask []string // patterns of names; see guard.Access
	AllowFunctions, DenyFunctions               []string // patterns of names of functions
	SessionSettings                             []string // name=value, such as app.tenant=7

	Log *slog.Logger

	args  []string
	ticks func() (<-chan time.Time, func()) // see notices; nil: a clock
}

// Flags declares the settings of the binary.
func (c *Config) Flags(f *mcpcore.Flags) {
	c.StatementTimeout, c.MaxRows, c.MaxBytes = 30*time.Second, 1000, 256<<10
	f.Args(&c.args, "[URL]", "the database, such as postgresql://user@host/database; without one, the PG* variables say")
	f.Secret(&c.URL, "url", "DATABASE_URL,DATABASE_URI", "the database, kept off the command line")
	f.Bool(&c.Demo, "demo", "use a database of samples, which is started for this and gone afterwards")
	f.String(&c.Role, "role", "role to take on in each transaction; a superuser takes on pg_read_all_data where none is named")
	f.Duration(&c.StatementTimeout, "statement-timeout", "longest time for one statement")
	f.Int(&c.MaxRows, "max-rows", "most rows of one answer")
	f.Bytes(&c.MaxBytes, "max-bytes", "most bytes of the values of one answer")
	f.Int(&c.MaxCost, "max-cost", "most that the planner may estimate a query to cost; 0 for any")
	f.Strings(&c.AllowSchemas, "allow-schemas", "the only schemas that may be used; * stands for any text")
	f.Strings(&c.DenyTables, "deny-tables", "tables that may not be used, as table or schema.table, nor what is made of them; * stands for any text")
	f.Strings(&c.DenyColumns, "deny-columns", "columns that may not be used, as schema.table.column or table.column")
	f.Strings(&c.Mask, "mask", "columns whose values are hidden, as schema.table.column or table.column")
	f.Strings(&c.AllowFunctions, "allow-functions", "functions that may be called though they are volatile, or of the users' own where anything is hidden")
	f.Strings(&c.DenyFunctions, "deny-functions", "functions that may not be called, beside those that act outside of a transaction")
	f.Strings(&c.SessionSettings, "session-settings", "settings for row-level security in each transaction, such as app.tenant=7")
}

// SetLog has the server log to the operator.
func (c *Config) SetLog(log *slog.Logger) { c.Log = log }

// Validate reports what is wrong with the settings.
func (c *Config) Validate() error {
	var errs []error
	if len(c.args) > 1 {
		errs = append(errs, mcpcore.Hint(errors.New("more than one database is named"), "name one: mcp-postgres postgresql://user@host/database"))
	}
	if c.Demo && (len(c.args) > 0 || c.URL.Reveal() != "") {
		errs = append(errs, mcpcore.Hint(errors.New("--demo brings a database of its own"), "leave the other out"))
	}
	for _, d := range c.databases() {
		errs = append(errs, d.Validate())
	}
	return errors.Join(errs...)
}

// databases are those of the settings.
func (c *Config) databases() []guard.Database {
	d := guard.Database{
		Name: "main", URL: c.URL.Reveal(), Role: c.Role, Timeout: c.StatementTimeout, MaxRows: c.MaxRows, MaxBytes: c.MaxBytes,
		Access:         guard.Access{AllowSchemas: c.AllowSchemas, DenyTables: c.DenyTables, DenyColumns: c.DenyColumns, Mask: c.Mask},
		AllowFunctions: c.AllowFunctions, DenyFunctions: c.DenyFunctions, Session: c.SessionSettings, MaxCost: c.MaxCost,
	}
	if len(c.args) == 1 {
		d.URL = c.args[0]
	}
	return []guard.Database{d}
}
