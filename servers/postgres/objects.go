package postgres

import (
	"context"
	"strconv"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

// objectsSQL is everything that has a name of its own: tables and what is like
// them, functions, and types. minor is what a list leaves out unless it is asked
// for: partitions, indexes, sequences of columns, parts of extensions. owner is
// the table that an index or sequence belongs to, kin whose rules count, and
// columns are those of an index.
const objectsSQL guard.Own = `(
	SELECT n.nspname, c.relname AS name, c.oid, 'r' AS class,
		CASE WHEN c.relispartition AND c.relkind IN ('r', 'p', 'f') THEN 'partition' ELSE
			CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned_table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view'
			WHEN 'f' THEN 'foreign_table' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'index' END END AS kind,
		'' AS arguments, '' AS result, o.relname AS owner, k.oid AS kin,
		CASE WHEN c.relkind IN ('i', 'I') THEN (SELECT json_agg(a.attname) FROM pg_catalog.pg_index i
			JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND (a.attnum = ANY (i.indkey) OR EXISTS (
				SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
				AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum))
			WHERE i.indexrelid = c.oid) END AS columns,
		c.reltuples::bigint AS tuples, c.relpages::bigint * pg_catalog.current_setting('block_size')::int AS bytes,
		pg_catalog.obj_description(c.oid, 'pg_class') AS comment,
		c.relispartition OR c.relkind IN ('i', 'I') OR c.relkind = 'S' AND o.oid IS NOT NULL AS minor
	FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	LEFT JOIN pg_catalog.pg_depend d ON c.relkind = 'S' AND d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
		AND d.refclassid = d.classid AND d.deptype IN ('a', 'i')
	LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid
	LEFT JOIN pg_catalog.pg_class o ON o.oid = coalesce(d.refobjid, x.indrelid)
	CROSS JOIN LATERAL (SELECT coalesce(o.oid, c.oid) AS oid) k
	WHERE c.relkind <> 't'
	UNION ALL
	SELECT n.nspname, p.proname, p.oid, 'f', 'function', pg_catalog.pg_get_function_identity_arguments(p.oid),
		CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate, returns ' ELSE 'returns ' END
			|| coalesce(pg_catalog.pg_get_function_result(p.oid), ''),
		NULL, NULL, NULL, -1, 0, pg_catalog.obj_description(p.oid, 'pg_proc'), EXISTS (SELECT FROM pg_catalog.pg_depend d
			WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
	FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
	UNION ALL
	SELECT n.nspname, t.typname, t.oid, 't', 'type', '', CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'range' END,
		NULL, NULL, NULL, -1, 0, pg_catalog.obj_description(t.oid, 'pg_type'), EXISTS (SELECT FROM pg_catalog.pg_depend d
			WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
	FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
	WHERE t.typtype IN ('e', 'd', 'r')
) o`

// objectColumns are those that an object is made from.
const objectColumns guard.Own = `SELECT o.nspname, o.name, o.oid, o.class, o.kind, o.arguments, o.result, o.owner, o.columns, o.tuples, o.bytes, o.comment,
	pg_catalog.quote_ident(o.nspname), pg_catalog.quote_ident(o.name), pg_catalog.quote_ident(o.owner),
	CASE o.class WHEN 'r' THEN (SELECT ` + guard.KinSQL + ` FROM (SELECT o.kin AS oid) k) END`

// notSystem leaves out what is never listed, early.
const notSystem guard.Own = ` o.nspname NOT IN ('pg_catalog', 'information_schema') AND o.nspname !~ '^pg_(toast|temp)'`

// object is one of objectsSQL.
type object struct {
	schema, name      string // as they are
	oid, class, kind  string
	arguments, result string // of a function; result is also the sort of a type
	owner             string
	kin               guard.Kin // of the table, or of the one that it belongs to
	columns           []string
	tuples, bytes     int64
	comment           string

	quotedSchema, quotedName, quotedOwner string
}

func objectOf(r guard.Record) object {
	return object{
		schema: r.Text(0), name: r.Text(1), oid: r.Text(2), class: r.Text(3), kind: r.Text(4), arguments: r.Text(5), result: r.Text(6),
		owner: r.Text(7), columns: guard.TextsOf(r.Text(8)), tuples: number(r.Text(9)), bytes: number(r.Text(10)), comment: r.Text(11),
		quotedSchema: plain(r.Text(12)), quotedName: plain(r.Text(13)), quotedOwner: plain(r.Text(14)), kin: guard.KinOf(r.Text(15)),
	}
}

// label is the object as a statement, or describe, takes it.
func (o *object) label() string {
	text := o.quotedSchema + "." + o.quotedName
	if o.class == "f" {
		text += "(" + oneLine(o.arguments, 0) + ")"
	}
	return text
}

// seen reports whether an object may be known of.
func seen(source *guard.Source, o *object) bool {
	switch o.class {
	case "f":
		return source.Function(o.schema, o.name)
	case "t":
		return source.Table(o.schema, o.name)
	}
	for _, column := range o.columns {
		if !source.ColumnSeen(o.kin, column) {
			return false
		}
	}
	return source.Table(o.schema, o.name) && source.Seen(o.kin)
}

// objects runs a statement that begins with objectColumns and keeps what may be
// known of.
func objects(ctx context.Context, source *guard.Source, sql guard.Own, params ...guard.Param) (kept []object, all int, err error) {
	records, err := source.Own(ctx, sql, params...)
	if err != nil {
		return nil, 0, err
	}
	for _, r := range records {
		if o := objectOf(r); seen(source, &o) {
			kept = append(kept, o)
		}
	}
	return kept, len(records), nil
}

// number is 0 where there is none.
func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
