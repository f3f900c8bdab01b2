package postgres

import (
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// names are those of the databases that a principal may use.
func (s *server) names(p *auth.Principal) []string {
	var names []string
	for _, source := range s.guard.SourcesOf(p) {
		names = append(names, source.Name)
	}
	return names
}

// changeable are those in which they may change something.
func (s *server) changeable(p *auth.Principal) []string {
	var names []string
	for _, source := range s.guard.SourcesOf(p) {
		if source.Mode > gate.ReadOnly {
			names = append(names, source.Name)
		}
	}
	return names
}

// toolNames are those of the server's own tools.
func toolNames() (names []string) {
	for _, t := range (&server{guard: &guard.Guard{}}).tools() {
		names = append(names, t.Name())
	}
	return names
}

func (s *server) tools() []mcpcore.Tool {
	perf, write, export := mcpcore.Extra("perf"), mcpcore.Extra("write"), mcpcore.Extra("export")
	db, changeable := mcpcore.Choices("database", s.names), mcpcore.Choices("database", s.changeable)
	return []mcpcore.Tool{
		mcpcore.Read("query", "Run one SQL statement that reads, such as SELECT. Nothing can be changed.", s.query,
			mcpcore.Title("Query"), db, mcpcore.Resume("ask for fewer rows or columns")),
		mcpcore.Read("list_schemas", "List the schemas, with how much is in each.", s.listSchemas, mcpcore.Title("List schemas"), db),
		mcpcore.Read("list_objects", "List tables, views, functions and the like, one a line.", s.listObjects,
			mcpcore.Title("List objects"), db, mcpcore.Resume("use a lower limit and the cursor")),
		mcpcore.Read("describe", "Columns, keys both ways and indexes of a table; what a view, function, type, index or sequence is.", s.describe,
			mcpcore.Title("Describe"), db),
		mcpcore.Read("search_schema", "Find schemas, tables, columns and functions by name or comment, best first.", s.searchSchema,
			mcpcore.Title("Search schema"), db),
		mcpcore.Read("server_info", "Version, role in effect, mode, limits, replica lag, extensions, size.", s.serverInfo, mcpcore.Title("Server info"), db),
		mcpcore.Read("explain", "Show how a query would run: its plan, and what stands out in it.", s.explain, mcpcore.Title("Explain"), db),
		mcpcore.Read("health", "Check the database for what goes wrong or will: indexes, vacuum, locks, sequences, replication, settings and more.", s.health,
			mcpcore.Title("Health"), db, perf),
		mcpcore.Read("top_queries", "The statements that take most, from pg_stat_statements.", s.topQueries, mcpcore.Title("Top queries"), db, perf),
		mcpcore.Read("advise_indexes", "Which indexes would help, proved with hypopg where it is there, and which ones do not.", s.adviseIndexes, mcpcore.Title("Advise indexes"), db, perf),
		mcpcore.Read("activity", "What other sessions do: queries that run, who waits for whose locks, open transactions.", s.activity, mcpcore.Title("Activity"), db, perf),
		mcpcore.Read("bloat", "Tables and indexes with empty space.", s.bloat, mcpcore.Title("Bloat"), db, perf),
		mcpcore.Read("export", "Run a query and keep its rows, more than query would return, as a resource to be read.", s.export,
			mcpcore.Title("Export"), db, export, mcpcore.Long(mcpcore.IfSlow)),
		mcpcore.Delete("execute", "Run one statement that changes rows or, where that is allowed, tables. The user sees what it does, and decides.", s.execute,
			mcpcore.Title("Execute"), changeable, write, mcpcore.Asks(), s.shutUnlessChanging()),
	}
}

// shutUnlessChanging takes a tool away where nothing may be changed.
func (s *server) shutUnlessChanging() mcpcore.ToolOption {
	if s.changes() {
		return func(*mcpcore.Tool) {}
	}
	return mcpcore.Shut("--mode", "this server only reads; the operator can allow changes with --mode dml or --mode ddl")
}
