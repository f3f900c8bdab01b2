package postgres

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

// maxDrawn bounds the tables of a diagram, which nobody can read with more.
const maxDrawn = 300

const drawnSQL = objectColumns + ` FROM ` + objectsSQL + ` WHERE NOT o.minor AND o.kind IN ('table', 'partitioned_table', 'foreign_table') AND` + notSystem + `
	ORDER BY o.nspname <> 'public', o.nspname, o.name`

// drawnColumnsSQL are the columns of tables, with whether each is in the
// primary key, and in a foreign key.
const drawnColumnsSQL guard.Own = `SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, NULL),
	EXISTS (SELECT FROM pg_catalog.pg_constraint r WHERE r.conrelid = a.attrelid AND r.contype = 'p' AND a.attnum = ANY (r.conkey)),
	EXISTS (SELECT FROM pg_catalog.pg_constraint r WHERE r.conrelid = a.attrelid AND r.contype = 'f' AND a.attnum = ANY (r.conkey))
	FROM pg_catalog.pg_attribute a WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum`

// drawnKeysSQL are foreign keys: both tables, the columns of each, whether one
// has to be there, and whether at most one can refer to the same row.
const drawnKeysSQL guard.Own = `SELECT f.conrelid, f.confrelid, l.names, l.required, EXISTS (SELECT FROM pg_catalog.pg_index i
		WHERE i.indrelid = f.conrelid AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = array_length(f.conkey, 1) AND i.indkey::int2[] @> f.conkey),
	(SELECT json_agg(a.attname) FROM pg_catalog.pg_attribute a WHERE a.attrelid = f.confrelid AND a.attnum = ANY (f.confkey))
	FROM pg_catalog.pg_constraint f CROSS JOIN LATERAL (SELECT json_agg(a.attname ORDER BY k.nr) AS names, bool_and(a.attnotnull) AS required
		FROM pg_catalog.unnest(f.conkey) WITH ORDINALITY k (attnum, nr) JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum) l
	WHERE f.contype = 'f' AND f.conrelid = ANY ($1::oid[]) AND f.confrelid = ANY ($1::oid[]) ORDER BY f.conrelid, f.conname`

// diagram is the resource er.mmd: the tables and what leads from one to
// another, in Mermaid's language for entities and relations.
func diagram(ctx context.Context, source *guard.Source) (string, error) {
	tables, err := objects(ctx, source, drawnSQL)
	if err != nil {
		return "", err
	}
	more := len(tables) - maxDrawn
	if more > 0 {
		tables = tables[:maxDrawn]
	}
	oids := make([]string, len(tables))
	drawn := map[string]*entity{}
	for i := range tables {
		oids[i] = tables[i].oid
		drawn[oids[i]] = &entity{object: &tables[i], id: entityID(&tables[i], i)}
	}
	columns, err := source.Own(ctx, drawnColumnsSQL, guard.Texts(oids))
	if err != nil {
		return "", err
	}
	keys, err := source.Own(ctx, drawnKeysSQL, guard.Texts(oids))
	if err != nil {
		return "", err
	}
	for _, r := range columns {
		if e := drawn[r.Text(0)]; source.ColumnSeen(e.kin, r.Text(1)) {
			e.attributes = append(e.attributes, attribute(r))
		}
	}
	var b strings.Builder
	b.WriteString("erDiagram\n")
	for _, oid := range oids {
		drawn[oid].write(&b)
	}
	for _, r := range keys {
		b.WriteString(relation(source, drawn[r.Text(0)], drawn[r.Text(1)], r))
	}
	if more > 0 {
		fmt.Fprintf(&b, "  %%%% %d more tables are not drawn\n", more)
	}
	return b.String(), nil
}

// entity is a table in a diagram.
type entity struct {
	*object
	id         string
	attributes []string
}

// drawable is a name that Mermaid takes as it stands.
var drawable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// entityID is what a table is called in the diagram: its name where that is
// plain, and another that the name is shown for.
func entityID(o *object, n int) string {
	if o.schema == "public" && drawable.MatchString(o.name) {
		return o.name
	}
	return fmt.Sprintf(`t%d["%s"]`, n, shownName(o.schema+"."+o.name))
}

// shownName is a text between double quotes, which Mermaid cannot escape.
func shownName(text string) string { return strings.ReplaceAll(oneLine(text, 0), `"`, "'") }

func (e *entity) ref() string {
	id, _, _ := strings.Cut(e.id, "[")
	return id
}

func (e *entity) write(b *strings.Builder) {
	if len(e.attributes) == 0 {
		b.WriteString("  " + e.id + "\n")
		return
	}
	b.WriteString("  " + e.id + " {\n")
	for _, a := range e.attributes {
		b.WriteString("    " + a + "\n")
	}
	b.WriteString("  }\n")
}

var undrawable = regexp.MustCompile(`[^A-Za-z0-9_\[\]]+`)

// attribute is a column of drawnColumnsSQL: type, name and keys, and the name as
// it is where that cannot stand.
func attribute(r guard.Record) string {
	name, kind := r.Text(1), strings.Trim(undrawable.ReplaceAllString(r.Text(2), "_"), "_")
	if kind == "" || !drawable.MatchString(kind[:1]) {
		kind = "t_" + kind
	}
	remark := ""
	if !drawable.MatchString(name) {
		remark = ` "` + shownName(name) + `"`
		name = "c_" + strings.Trim(undrawable.ReplaceAllString(name, "_"), "_[]")
	}
	var keys []string
	if r.Bool(3) {
		keys = append(keys, "PK")
	}
	if r.Bool(4) {
		keys = append(keys, "FK")
	}
	text := kind + " " + name
	if len(keys) > 0 {
		text += " " + strings.Join(keys, ", ")
	}
	return text + remark
}

// relation is a foreign key of drawnKeysSQL, unless a column of it may not be
// seen.
func relation(source *guard.Source, from, to *entity, r guard.Record) string {
	names := guard.TextsOf(r.Text(2))
	hides := func(e *entity) func(string) bool {
		return func(column string) bool { return !source.ColumnSeen(e.kin, column) }
	}
	if slices.ContainsFunc(names, hides(from)) || slices.ContainsFunc(guard.TextsOf(r.Text(5)), hides(to)) {
		return ""
	}
	one, many := "|o", "o{"
	if r.Bool(3) {
		one = "||"
	}
	if r.Bool(4) {
		many = "o|"
	}
	return fmt.Sprintf("  %s %s--%s %s : \"%s\"\n", to.ref(), one, many, from.ref(), shownName(strings.Join(names, ", ")))
}
