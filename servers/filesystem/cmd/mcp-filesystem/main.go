// Command mcp-filesystem serves files below the directories it is given to MCP
// clients.
package main

import (
	"github.com/mcp-toolbelt/toolbelt/servers/filesystem"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/redis"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/telemetry"
)

func main() {
	mcpcore.Main("mcp-filesystem", filesystem.New, redis.Extension(), telemetry.Extension())
}
