// Command mcp-search lets MCP clients search documents and the web.
package main

import (
	"os"

	"github.com/mcp-toolbelt/toolbelt/servers/search"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/redis"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/telemetry"
)

func main() {
	if search.Child(os.Stdout) {
		return
	}
	mcpcore.Main("mcp-search", search.New, redis.Extension(), telemetry.Extension())
}
