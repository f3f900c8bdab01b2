module github.com/mcp-toolbelt/toolbelt/servers/postgres

go 1.26.5
