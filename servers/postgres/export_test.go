package postgres

import (
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

// SampleSQL makes the database of samples.
var SampleSQL = sampleSQL

// WithTicks has the server look for changes of the schema when a tick comes;
// stopped is called when nobody wants to know any more.
func (c Config) WithTicks(ticks <-chan time.Time, stopped func()) Config {
	c.ticks = func() (<-chan time.Time, func()) { return ticks, stopped }
	return c
}

// RemarkOn is what the operator is told of settings that do not fit together.
func RemarkOn(c Config, offered func(string) bool) string {
	databases, err := c.databases()
	if err != nil {
		return err.Error()
	}
	g, err := guard.Open(guard.Options{Databases: databases})
	if err != nil {
		return err.Error()
	}
	defer g.Close()
	return (&server{guard: g}).remark(offered)
}

// Numbered is what becomes of SQL with names for parameters.
var Numbered = numbered
