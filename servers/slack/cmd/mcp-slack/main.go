// Command mcp-slack lets MCP clients read Slack workspaces and, where rules
// allow, write to them.
package main

import (
	"github.com/mcp-toolbelt/toolbelt/servers/slack"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/redis"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/telemetry"
)

func main() { mcpcore.Main("mcp-slack", slack.New, redis.Extension(), telemetry.Extension()) }
