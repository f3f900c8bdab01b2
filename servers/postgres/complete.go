package postgres

import (
	"context"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// maxCompletions is one more than a client is told, so that it knows there are
// more.
const maxCompletions = 101

// complete suggests schemas and tables that begin with what was typed.
func complete(ctx context.Context, source *guard.Source, ask mcpcore.Completing) ([]string, error) {
	if ask.Argument == "schema" {
		schemas, err := source.Own(ctx, schemasSQL)
		if err != nil {
			return nil, err
		}
		var out []string
		for _, r := range schemas {
			if name := r.Text(0); source.Schema(name) && strings.HasPrefix(strings.ToLower(name), strings.ToLower(ask.Value)) {
				out = append(out, name)
			}
		}
		return out, nil
	}
	schema := "public"
	if known := ask.Known["schema"]; known != "" {
		schema = known
	}
	tables, err := source.Own(ctx, completeSQL, guard.Text(schema), guard.Text(like(ask.Value+"*")))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range tables {
		if o := objectOf(r); seen(source, &o) && len(out) < maxCompletions {
			out = append(out, o.name)
		}
	}
	return out, nil
}

const completeSQL = objectColumns + ` FROM ` + objectsSQL + ` WHERE NOT o.minor AND o.class = 'r' AND o.kind NOT IN ('sequence', 'type') AND` + notSystem + `
	AND o.nspname = $1 AND o.name ILIKE $2 ORDER BY o.name`
