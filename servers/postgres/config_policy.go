package postgres

import (
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Policy is what some principals may do less than the databases allow. A limit
// of 0 is that of the database.
type Policy struct {
	Principals []string // whom it is for; * stands for any text
	Databases  []string // the only ones they may use; empty: all

	AllowSchemas, DenyTables, DenyColumns, Mask []string // beside those of the database
	AllowFunctions                              []string // of those that a database allows, where the policy hides anything
	DenyFunctions                               []string // beside those of the database
	SessionSettings                             []string // of names that the database does not set

	Mode                       string // at most; "": that of the database
	StatementTimeout           time.Duration
	MaxRows, MaxBytes, MaxCost int
}

// flags declares the settings of a policy.
func (p *Policy) flags(f *mcpcore.Flags) {
	f.Strings(&p.Principals, "principals", "whom it is for, by the names in --auth-tokens, or issuer#subject; * stands for any text")
	f.Strings(&p.Databases, "databases", "the only databases they may use")
	f.Strings(&p.AllowSchemas, "allow-schemas", "the only schemas")
	f.Strings(&p.DenyTables, "deny-tables", "tables that may not be used, beside those of the database")
	f.Strings(&p.DenyColumns, "deny-columns", "columns that may not be used, beside those of the database")
	f.Strings(&p.Mask, "mask", "columns whose values are hidden, beside those of the database")
	f.Strings(&p.AllowFunctions, "allow-functions", "which functions that the database allows they may call, where the policy hides anything")
	f.Strings(&p.DenyFunctions, "deny-functions", "functions that may not be called, beside those of the database")
	f.Strings(&p.SessionSettings, "session-settings", "settings for row-level security that the database does not set, such as app.tenant=7")
	f.Choice(&p.Mode, "mode", modes, "what execute may change at most, where it is below that of the database")
	f.Duration(&p.StatementTimeout, "statement-timeout", "longest time for one statement, where it is below that of the database")
	f.Int(&p.MaxRows, "max-rows", "most rows of one answer, likewise")
	f.Bytes(&p.MaxBytes, "max-bytes", "most bytes of the values of one answer, likewise")
	f.Int(&p.MaxCost, "max-cost", "most that the planner may estimate a query to cost, likewise")
}

// policies are those of the settings, as the guard takes them.
func (c *Config) policies() []guard.Policy {
	var out []guard.Policy
	for _, s := range c.Policies {
		p := s.Settings
		var mode *gate.Mode
		if p.Mode != "" {
			m := modeOf(p.Mode)
			mode = &m
		}
		out = append(out, guard.Policy{
			Mode: mode, Name: s.Name, Principals: p.Principals, Databases: p.Databases,
			Access:         guard.Access{AllowSchemas: p.AllowSchemas, DenyTables: p.DenyTables, DenyColumns: p.DenyColumns, Mask: p.Mask},
			AllowFunctions: p.AllowFunctions, DenyFunctions: p.DenyFunctions, Session: p.SessionSettings,
			Timeout: p.StatementTimeout, MaxRows: p.MaxRows, MaxBytes: p.MaxBytes, MaxCost: p.MaxCost,
		})
	}
	return out
}
