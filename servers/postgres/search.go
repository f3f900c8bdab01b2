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
}

// maxMatches bounds what is ranked.
const maxMatches = "10000"

// searchSQL finds schemas, objects and columns: $1 is an array of patterns for
// LIKE, $2 what is typed, in small letters, $3 most. A name that is the text
// comes first, then those that begin with it, have it in them, have all its
// words, and last those whose comment has. Partitions and what belongs to
// extensions is left out.
const searchSQL guard.Own = `SELECT m.class, m.nspname, m.relname, m.name, m.label, m.kind, m.comment, CASE WHEN m.oid IS NOT NULL THEN ` + guard.KinSQL + ` END FROM (
	SELECT 's' AS class, n.nspname, '' AS relname, n.nspname AS name, pg_catalog.quote_ident(n.nspname) AS label, 'schema' AS kind,
		pg_catalog.obj_description(n.oid, 'pg_namespace') AS comment, NULL::oid AS oid FROM pg_catalog.pg_namespace n
	UNION ALL
	SELECT o.class, o.nspname, o.owner, o.name, pg_catalog.quote_ident(o.nspname) || '.' || pg_catalog.quote_ident(o.name)
		|| CASE o.class WHEN 'f' THEN '(' || o.arguments || ')' ELSE '' END, o.kind, o.comment, CASE o.class WHEN 'r' THEN o.kin END
	FROM ` + objectsSQL + ` WHERE NOT o.minor
	UNION ALL
	SELECT 'c', n.nspname, c.relname, a.attname, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) || '.'
		|| pg_catalog.quote_ident(a.attname), 'column ' || pg_catalog.format_type(a.atttypid, a.atttypmod), pg_catalog.col_description(c.oid, a.attnum), c.oid
	FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE a.attnum > 0 AND NOT a.attisdropped AND NOT c.relispartition AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
	) m CROSS JOIN LATERAL (SELECT m.oid) k CROSS JOIN LATERAL (SELECT m.nspname || '.' || coalesce(m.relname || '.', '') || m.name) w (whole)
	WHERE m.nspname NOT IN ('pg_catalog', 'information_schema') AND m.nspname !~ '^pg_(toast|temp)'
	AND NOT EXISTS (SELECT FROM pg_catalog.unnest($1::text[]) p WHERE m.name NOT ILIKE p AND w.whole NOT ILIKE p AND coalesce(m.comment, '') NOT ILIKE p)
	AND EXISTS (SELECT FROM pg_catalog.unnest($1::text[]) p WHERE m.name ILIKE p OR m.comment ILIKE p OR pg_catalog.strpos(p, '.') > 0)
	ORDER BY CASE WHEN lower(m.name) = $2 OR lower(w.whole) = $2 THEN 0 WHEN pg_catalog.starts_with(lower(m.name), $2) THEN 1
		WHEN pg_catalog.strpos(lower(m.name), $2) > 0 THEN 2
		WHEN NOT EXISTS (SELECT FROM pg_catalog.unnest($1::text[]) p WHERE w.whole NOT ILIKE p) THEN 3 ELSE 4 END,
		m.class = 'c', m.label COLLATE "C" LIMIT ` + maxMatches

func (s *server) searchSchema(ctx context.Context, in searchIn) (string, error) {
	source, err := s.guard.Source("")
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
	records, err := source.Own(ctx, searchSQL, guard.Texts(patterns), guard.Text(strings.ToLower(strings.TrimSpace(in.Pattern))))
	if err != nil {
		return "", err
	}
	var lines []string
	for _, r := range records {
		text, ok := match(source, r)
		if !ok {
			continue
		}
		if len(lines) == in.Limit {
			lines = append(lines, "more: narrow the pattern, or raise limit")
			break
		}
		lines = append(lines, text)
	}
	if len(lines) == 0 {
		return fmt.Sprintf("nothing has %q in its name or comment", in.Pattern), nil
	}
	return strings.Join(lines, "\n"), nil
}

// match is a line of the answer, unless it is of what may not be known of.
func match(source *guard.Source, r guard.Record) (string, bool) {
	class, schema, object := r.Text(0), r.Text(1), r.Text(3)
	kind := oneLine(r.Text(5), 0)
	var ok bool
	switch kin := guard.KinOf(r.Text(7)); class {
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
	return plain(r.Text(4)) + " " + kind + remarkOf(r.Text(6), shortComment), ok
}
