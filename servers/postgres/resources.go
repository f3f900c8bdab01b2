package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/render"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

const (
	jsonType    = "application/json"
	textType    = "text/plain"
	mermaidType = "text/vnd.mermaid"
)

// address is what the URIs of a database's resources begin with.
type address struct {
	whole string // such as postgres://user@host/database/
	short string // of tables, for clients of the archived reference server, which left the database out; "" where another has it
}

// addresses are those of databases, by their names, no two alike: databases
// that differ in their rules alone have their names in them.
func addresses(all []*guard.Source) map[string]address {
	out, taken := map[string]address{}, map[string]bool{}
	for _, source := range all {
		user, host, database := source.Address()
		escape := func(part string) string { return strings.ReplaceAll(url.QueryEscape(part), "+", "%20") }
		if host = strings.TrimSuffix(host, ":5432"); strings.HasPrefix(host, "/") { // a socket's directory, which no URI takes as a host
			host = "localhost"
		}
		if user != "" {
			host = escape(user) + "@" + host
		}
		a := address{short: "postgres://" + host + "/"}
		a.whole = a.short + escape(database) + "/"
		if taken[a.whole] {
			a.whole = a.short + escape(database) + ";" + source.Name + "/"
		}
		if taken[a.short] {
			a.short = ""
		}
		taken[a.whole], taken[a.short] = true, true
		out[source.Name] = a
	}
	return out
}

// resources offers what is in each database.
func (s *server) resources(out *mcpcore.Server) {
	for _, source := range s.guard.All() {
		at := s.addresses[source.Name]
		database := s.label(source)
		out.AddResources(
			mcpcore.Resource{URI: at.whole + "er.mmd", Name: database + " diagram", MIMEType: mermaidType,
				Description: "Tables and their foreign keys, as a Mermaid diagram", Read: s.readResource},
			mcpcore.Resource{URI: at.whole + "settings", Name: database + " settings", MIMEType: jsonType,
				Description: "Settings of the server that are not the default", Read: s.readResource},
			mcpcore.Resource{URI: at.whole + "stats", Name: database + " statistics", MIMEType: jsonType,
				Description: "How the tables are used: rows, scans, changes, vacuum", Read: s.readResource},
		)
		complete := func(ctx context.Context, ask mcpcore.Completing) ([]string, error) {
			theirs, err := s.guard.Source(ctx, source.Name)
			if err != nil {
				return nil, err
			}
			return complete(ctx, theirs, ask)
		}
		const columns = "Names and types of the columns of a table"
		for _, t := range []mcpcore.Template{
			{URITemplate: at.whole + "{schema}", Name: "schema", MIMEType: textType, Description: "The objects of a schema, one a line"},
			{URITemplate: at.whole + "{table}/schema", Name: "public table", MIMEType: jsonType, Description: columns + " in the schema public"},
			{URITemplate: at.whole + "{schema}/{table}/schema", Name: "table", MIMEType: jsonType, Description: columns},
			{URITemplate: at.short + "{table}/schema", Name: "public table, without the database", MIMEType: jsonType, Description: columns + " in the schema public"},
		} {
			if strings.HasPrefix(t.URITemplate, "{") {
				continue
			}
			t.Read, t.Complete = s.readResource, complete
			out.AddTemplates(t)
		}
	}
	out.SetResourceList(s.listTables)
	out.SetResourceAccess(s.access())
}

// label is what people call a database: its own name where there is one alone.
func (s *server) label(source *guard.Source) string {
	if len(s.addresses) > 1 {
		return source.Name
	}
	_, _, database := source.Address()
	return database
}

// readResource gives the contents of any of the resources.
func (s *server) readResource(ctx context.Context, uri string) ([]mcpcore.Contents, error) {
	source, parts, err := s.placeIn(ctx, uri)
	if err != nil {
		return nil, err
	}
	text, err := readPart(ctx, source, parts)
	return mcpcore.TextContents(text), err
}

// placeIn finds the database of a URI, as whoever calls may use it, and the
// parts behind it.
func (s *server) placeIn(ctx context.Context, uri string) (*guard.Source, []string, error) {
	source, path, ok := s.placeAmong(s.guard.Sources(ctx), uri)
	if !ok {
		return nil, nil, fmt.Errorf("resource %s: %w", uri, mcpcore.ErrNotFound)
	}
	parts, err := partsOf(path)
	return source, parts, err
}

// placeAmong finds the database of a URI, or of a template of them, among some.
func (s *server) placeAmong(sources []*guard.Source, uri string) (source *guard.Source, path string, ok bool) {
	for _, source := range sources {
		if path, ok := strings.CutPrefix(uri, s.addresses[source.Name].whole); ok {
			return source, path, true
		}
	}
	for _, source := range sources {
		short := s.addresses[source.Name].short
		if path, ok := strings.CutPrefix(uri, short); ok && short != "" && strings.Count(path, "/") == 1 && strings.HasSuffix(path, "/schema") {
			return source, path, true
		}
	}
	return nil, "", false
}

// access lets principals know of the resources of their databases alone.
func (s *server) access() mcpcore.ResourceAccess {
	return mcpcore.ResourceAccess{
		Know: func(p *auth.Principal, uri string) bool {
			of, _, ok := s.placeAmong(s.guard.All(), uri)
			return !ok || slices.Contains(s.names(p), of.Name)
		},
		Watch: func(p *auth.Principal, uri string) error {
			source, _, ok := s.placeAmong(s.guard.SourcesOf(p), uri)
			if ok && source.Narrowed() { // changes of what is hidden from them would be told
				return mcpcore.Hint(errors.New("a part of this database is hidden from you, and so are its changes"), "read the resource when you need it")
			}
			return nil
		},
	}
}

func partsOf(path string) ([]string, error) {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		var err error
		if parts[i], err = url.PathUnescape(part); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// readPart reads what the parts of a URI name.
func readPart(ctx context.Context, source *guard.Source, parts []string) (string, error) {
	switch {
	case len(parts) == 3 && parts[2] == "schema":
		return columnTypes(ctx, source, parts[0], parts[1])
	case len(parts) == 2 && parts[1] == "schema":
		return columnTypes(ctx, source, "public", parts[0])
	case len(parts) != 1:
	case parts[0] == "er.mmd":
		return diagram(ctx, source)
	case parts[0] == "settings":
		return settings(ctx, source)
	case parts[0] == "stats":
		return stats(ctx, source)
	default:
		return schemaText(ctx, source, parts[0])
	}
	return "", fmt.Errorf("resource %s: %w", strings.Join(parts, "/"), mcpcore.ErrNotFound)
}

// maxListed bounds the tables that are listed as resources, as nobody picks one
// of more; the templates lead to all.
const maxListed = 1000

// tablesSQL are the tables, and what is like them, that hold rows.
const tablesSQL = objectColumns + ` FROM ` + objectsSQL + ` WHERE NOT o.minor AND o.class = 'r' AND o.kind NOT IN ('sequence', 'type') AND` + notSystem + `
	ORDER BY o.nspname <> 'public', o.nspname, o.name, o.oid LIMIT $1::int OFFSET $2::int`

// listTables are the schemas and tables as resources.
func (s *server) listTables(ctx context.Context) ([]mcpcore.Resource, error) {
	var out []mcpcore.Resource
	for _, source := range s.guard.Sources(ctx) {
		whole := s.addresses[source.Name].whole
		count := 0
		err := batches(ctx, source, tablesSQL, nil, func(r guard.Record) bool {
			if o := objectOf(r); seen(source, &o) {
				out = append(out, tableResource(whole, &o))
				count++
			}
			return count < maxListed
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// tableResource is a table as a resource; one in public is called as the
// archived reference server called it.
func tableResource(whole string, o *object) mcpcore.Resource {
	uri, label := whole+url.PathEscape(o.schema)+"/"+url.PathEscape(o.name)+"/schema", o.label()
	if o.schema == "public" {
		uri, label = whole+url.PathEscape(o.name)+"/schema", `"`+oneLine(o.name, 0)+`"`
	}
	return mcpcore.Resource{URI: uri, Name: label + " database schema", MIMEType: jsonType, Description: oneLine(o.comment, shortComment)}
}

// typesSQL are the columns of a table as information_schema names their types,
// which is what clients of the archived reference server know.
const typesSQL guard.Own = `SELECT a.attname, CASE WHEN t.typtype = 'd' THEN CASE WHEN b.typelem <> 0 AND b.typlen = -1 THEN 'ARRAY'
		WHEN n.nspname = 'pg_catalog' THEN pg_catalog.format_type(t.typbasetype, NULL) ELSE 'USER-DEFINED' END
	WHEN t.typelem <> 0 AND t.typlen = -1 THEN 'ARRAY' WHEN n.nspname = 'pg_catalog' THEN pg_catalog.format_type(a.atttypid, NULL) ELSE 'USER-DEFINED' END
	FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
	JOIN pg_catalog.pg_namespace n ON n.oid = CASE WHEN t.typtype = 'd' THEN b.typnamespace ELSE t.typnamespace END
	WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

// namedSQL finds the table of a name, exactly.
const namedSQL = objectColumns + ` FROM ` + objectsSQL + ` WHERE o.class = 'r' AND o.kind NOT IN ('sequence', 'type', 'index') AND` + notSystem + `
	AND o.nspname = $1 AND o.name = $2`

// columnTypes is the resource of a table: JSON of its columns.
func columnTypes(ctx context.Context, source *guard.Source, schema, table string) (string, error) {
	found, err := objects(ctx, source, namedSQL, guard.Text(schema), guard.Text(table))
	if err == nil && len(found) == 0 {
		err = mcpcore.Hint(fmt.Errorf("table %s.%s: %w", schema, table, mcpcore.ErrNotFound), "list_objects lists the tables")
	}
	if err != nil {
		return "", err
	}
	columns, err := source.Own(ctx, typesSQL, guard.Text(found[0].oid))
	if err != nil {
		return "", err
	}
	w := render.New(render.JSON)
	w.Columns([]render.Column{{Name: "column_name"}, {Name: "data_type"}})
	for _, c := range columns {
		if source.ColumnSeen(found[0].kin, c.Text(0)) {
			w.Row(c)
		}
	}
	return w.String(), nil
}

// schemaText is the resource of a schema: its objects, one a line.
func schemaText(ctx context.Context, source *guard.Source, schema string) (string, error) {
	if err := known(ctx, source, schema); err != nil {
		return "", fmt.Errorf("%w: %w", err, mcpcore.ErrNotFound)
	}
	found, err := page(ctx, source, listObjectsIn{Schema: schema, Limit: 1000}, nil)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i := range found {
		b.WriteString(line(&found[i]) + "\n")
	}
	return b.String(), nil
}
