package postgres

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore"

func (s *server) tools() []mcpcore.Tool {
	return []mcpcore.Tool{
		mcpcore.Read("query", "Run one SQL statement that reads, such as SELECT. Nothing can be changed.", s.query,
			mcpcore.Title("Query"), mcpcore.Resume("ask for fewer rows or columns")),
	}
}
