module github.com/mcp-toolbelt/toolbelt

go 1.26.5
