package postgres

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore"

func (s *server) tools() []mcpcore.Tool {
	perf := mcpcore.Extra("perf")
	return []mcpcore.Tool{
		mcpcore.Read("query", "Run one SQL statement that reads, such as SELECT. Nothing can be changed.", s.query,
			mcpcore.Title("Query"), mcpcore.Resume("ask for fewer rows or columns")),
		mcpcore.Read("list_schemas", "List the schemas, with how much is in each.", s.listSchemas, mcpcore.Title("List schemas")),
		mcpcore.Read("list_objects", "List tables, views, functions and the like, one a line.", s.listObjects,
			mcpcore.Title("List objects"), mcpcore.Resume("use a lower limit and the cursor")),
		mcpcore.Read("describe", "Columns, keys both ways and indexes of a table; what a view, function, type, index or sequence is.", s.describe,
			mcpcore.Title("Describe")),
		mcpcore.Read("search_schema", "Find schemas, tables, columns and functions by name or comment, best first.", s.searchSchema,
			mcpcore.Title("Search schema")),
		mcpcore.Read("server_info", "Version, role in effect, mode, limits, replica lag, extensions, size.", s.serverInfo, mcpcore.Title("Server info")),
		mcpcore.Read("explain", "Show how a query would run: its plan, and what stands out in it.", s.explain, mcpcore.Title("Explain")),
		mcpcore.Read("health", "Check the database for what goes wrong or will: indexes, vacuum, locks, sequences, replication, settings and more.", s.health,
			mcpcore.Title("Health"), perf),
		mcpcore.Read("top_queries", "The statements that take most, from pg_stat_statements.", s.topQueries, mcpcore.Title("Top queries"), perf),
		mcpcore.Read("advise_indexes", "Which indexes would help, proved with hypopg where it is there, and which ones do not.", s.adviseIndexes, mcpcore.Title("Advise indexes"), perf),
		mcpcore.Read("activity", "What other sessions do: queries that run, who waits for whose locks, open transactions.", s.activity, mcpcore.Title("Activity"), perf),
		mcpcore.Read("bloat", "Tables and indexes with empty space.", s.bloat, mcpcore.Title("Bloat"), perf),
	}
}
