// Command mcp-github lets MCP clients work with repositories on GitHub.
package main

import (
	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/redis"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/telemetry"
)

func main() { mcpcore.Main("mcp-github", github.New, redis.Extension(), telemetry.Extension()) }
