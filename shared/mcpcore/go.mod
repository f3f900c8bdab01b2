module github.com/mcp-toolbelt/toolbelt/shared/mcpcore

go 1.26.5
