module github.com/mcp-toolbelt/toolbelt/internal/pgscan

go 1.26.5

require github.com/pganalyze/pg_query_go/v6 v6.2.5

require google.golang.org/protobuf v1.33.0 // indirect
