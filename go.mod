module github.com/mcp-toolbelt/toolbelt

go 1.26.5

require github.com/mcp-toolbelt/toolbelt/shared/mcpcore v0.1.0
