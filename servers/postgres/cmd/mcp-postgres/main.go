// Command mcp-postgres lets MCP clients query PostgreSQL databases.
package main

import (
	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

func main() { mcpcore.Main("mcp-postgres", postgres.New) }
