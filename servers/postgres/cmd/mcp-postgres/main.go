// Command mcp-postgres lets MCP clients query PostgreSQL databases.
package main

import (
	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/redis"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/telemetry"
)

func main() { mcpcore.Main("mcp-postgres", postgres.New, redis.Extension(), telemetry.Extension()) }
