package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

type searchIn struct {
	Pattern string `json:"pattern" jsonschema:"words, all of which are in the name or comment; * stands for any text" minLength:"1"`
	Limit   int    `json:"limit,omitzero" jsonschema:"most to list" min:"1" max:"200" default:"30"`
	where
}

// searchSQL finds schemas, objects and columns: $1 is an array of patterns for
// LIKE, $2 what is typed, in small letters. A name that is the text
// comes first, then those that begin with it, have it in them, have all its
// words, and last those whose comment has. Partitions and what belongs to
// extensions is left out.
const searchSQL guard.Own = `SELECT m.class, m.nspname, m.name,
	CASE WHEN m.class <> 's' THEN pg_catalog.quote_ident(m.nspname) || '.' ELSE '' END || CASE WHEN m.sub > 0 THEN pg_catalog.quote_ident(m.relname) || '.' ELSE '' END
		|| pg_catalog.quote_ident(m.name) || CASE m.class WHEN 'f' THEN '(' || pg_catalog.pg_get_function_identity_arguments(m.oid) || ')' ELSE '' END,
	CASE WHEN m.sub > 0 THEN (SELECT 'column ' || pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
		WHERE a.attrelid = m.oid AND a.attnum = m.sub) ELSE m.kind END, d.description,
	CASE WHEN m.class IN ('r', 'c') THEN (SELECT ` + guard.KinSQL + ` FROM (SELECT m.oid) k) END
	FROM (SELECT 's' AS class, n.nspname, NULL::name AS relname, n.nspname AS name, n.oid, 0 AS sub, 'pg_catalog.pg_namespace'::regclass AS catalog, 'schema' AS kind
		FROM pg_catalog.pg_namespace n
	UNION ALL SELECT o.class, o.nspname, NULL, o.name, o.oid, 0, o.catalog, o.kind FROM ` + objectsSQL + ` WHERE NOT o.minor
	UNION ALL SELECT 'c', n.nspname, c.relname, a.attname, c.oid, a.attnum, 'pg_catalog.pg_class'::regclass, 'column'
		FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE a.attnum > 0 AND NOT a.attisdropped AND NOT c.relispartition AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
	) m LEFT JOIN pg_catalog.pg_description d ON d.objoid = m.oid AND d.classoid = m.catalog AND d.objsubid = m.sub
	CROSS JOIN LATERAL (SELECT m.nspname || '.' || coalesce(m.relname || '.', '') || m.name AS whole) w
	WHERE m.nspname NOT IN ('pg_catalog', 'information_schema') AND m.nspname !~ '^pg_(toast|temp)'
	AND NOT EXISTS (SELECT FROM pg_catalog.unnest($1::text[]) p WHERE m.name NOT ILIKE p AND w.whole NOT ILIKE p AND coalesce(d.description, '') NOT ILIKE p)
	AND EXISTS (SELECT FROM pg_catalog.unnest($1::text[]) p WHERE m.name ILIKE p OR d.description ILIKE p OR pg_catalog.strpos(p, '.') > 0)
	ORDER BY CASE WHEN lower(m.name) = $2 OR lower(w.whole) = $2 THEN 0 WHEN pg_catalog.starts_with(lower(m.name), $2) THEN 1
		WHEN pg_catalog.strpos(lower(m.name), $2) > 0 THEN 2
		WHEN NOT EXISTS (SELECT FROM pg_catalog.unnest($1::text[]) p WHERE w.whole NOT ILIKE p) THEN 3 ELSE 4 END,
		m.class = 'c', w.whole COLLATE "C", m.oid LIMIT $3::int OFFSET $4::int`

func (s *server) searchSchema(ctx context.Context, in searchIn) (string, error) {
	source, err := s.guard.Source(ctx, in.Database)
	if err != nil {
		return "", err
	}
	words := strings.Fields(in.Pattern)
	if len(words) == 0 {
		words = []string{in.Pattern}
	}
	patterns := make([]string, len(words))
	for i, word := range words {
		patterns[i] = like(strings.Trim(word, `"`))
	}
	var lines []string
	params := []guard.Param{guard.Texts(patterns), guard.Text(strings.ToLower(strings.TrimSpace(in.Pattern)))}
	err = batches(ctx, source, searchSQL, params, func(r guard.Record) bool {
		text, ok := match(source, r)
		if ok && len(lines) == in.Limit {
			text = "more: narrow the pattern, or raise limit"
		}
		if ok {
			lines = append(lines, text)
		}
		return len(lines) <= in.Limit
	})
	if err != nil {
		return "", err
	}
	if len(lines) == 0 {
		return fmt.Sprintf("nothing has %q in its name or comment", in.Pattern), nil
	}
	return strings.Join(lines, "\n"), nil
}

// match is a line of the answer, unless it is of what may not be known of.
func match(source *guard.Source, r guard.Record) (string, bool) {
	class, schema, object := r.Text(0), r.Text(1), r.Text(2)
	kind := oneLine(r.Text(4), 0)
	var ok bool
	switch kin := guard.KinOf(r.Text(6)); class {
	case "s":
		ok = source.Schema(schema)
	case "f":
		ok = source.Function(schema, object)
	case "t":
		ok = source.Table(schema, object)
	case "r":
		ok = source.Table(schema, object) && source.Seen(kin)
	case "c":
		ok = source.ColumnSeen(kin, object)
		if source.ColumnMasked(kin, object) {
			kind += " (masked)"
		}
	}
	return plain(r.Text(3)) + " " + kind + remarkOf(r.Text(5), shortComment), ok
}
