package postgres

import (
	"context"
	"strconv"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

// objectsSQL is everything that has a name of its own: tables and what is like
// them, functions, and types. minor is what a list leaves out unless it is asked
// for: partitions, indexes, sequences of columns, parts of extensions. kin is the
// table whose rules count: the object itself, or the one that an index or a
// sequence belongs to. There are many objects, so that all which takes time to
// find out is left to objectColumns.
const objectsSQL guard.Own = `(
	SELECT n.nspname, c.relname AS name, c.oid, 'r' AS class, 'pg_catalog.pg_class'::regclass AS catalog,
		CASE WHEN c.relispartition AND c.relkind IN ('r', 'p', 'f') THEN 'partition' ELSE
			CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned_table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view'
			WHEN 'f' THEN 'foreign_table' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'index' END END AS kind,
		coalesce(d.refobjid, x.indrelid, c.oid) AS kin, c.reltuples::bigint AS tuples, c.relpages::bigint AS pages,
		c.relispartition OR c.relkind IN ('i', 'I') OR c.relkind = 'S' AND d.refobjid IS NOT NULL AS minor
	FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	LEFT JOIN pg_catalog.pg_depend d ON c.relkind = 'S' AND d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
		AND d.refclassid = d.classid AND d.deptype IN ('a', 'i')
	LEFT JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid
	WHERE c.relkind <> 't'
	UNION ALL
	SELECT n.nspname, p.proname, p.oid, 'f', 'pg_catalog.pg_proc'::regclass, 'function', NULL, -1, 0, EXISTS (SELECT FROM pg_catalog.pg_depend d
		WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
	FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
	UNION ALL
	SELECT n.nspname, t.typname, t.oid, 't', 'pg_catalog.pg_type'::regclass, 'type', NULL, -1, 0, EXISTS (SELECT FROM pg_catalog.pg_depend d
		WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
	FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
	WHERE t.typtype IN ('e', 'd', 'r')
) o`

// objectKin is the kin of a table, left out where it is the table and nothing
// else.
const objectKin guard.Own = `CASE WHEN o.class = 'r' AND (o.kin <> o.oid OR o.oid IN (SELECT i.inhrelid FROM pg_catalog.pg_inherits i))
	THEN (SELECT ` + guard.KinSQL + ` FROM (SELECT o.kin AS oid) k) END`

// objectColumns are those that an object is made from.
const objectColumns guard.Own = `SELECT o.nspname, o.name, o.oid, o.class, o.kind,
	CASE o.class WHEN 'f' THEN pg_catalog.pg_get_function_identity_arguments(o.oid) END,
	CASE o.class WHEN 'f' THEN (SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate, returns ' ELSE 'returns ' END
			|| coalesce(pg_catalog.pg_get_function_result(p.oid), '') FROM pg_catalog.pg_proc p WHERE p.oid = o.oid)
		WHEN 't' THEN (SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'range' END FROM pg_catalog.pg_type t WHERE t.oid = o.oid) END,
	CASE WHEN o.kin <> o.oid THEN (SELECT pg_catalog.quote_ident(k.relname) FROM pg_catalog.pg_class k WHERE k.oid = o.kin) END,
	CASE o.kind WHEN 'index' THEN (SELECT json_agg(a.attname) FROM pg_catalog.pg_index i
		JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND (a.attnum = ANY (i.indkey) OR EXISTS (
			SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = i.indexrelid
			AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum)) WHERE i.indexrelid = o.oid) END,
	o.tuples, o.pages * pg_catalog.current_setting('block_size')::int,
	(SELECT d.description FROM pg_catalog.pg_description d WHERE d.objoid = o.oid AND d.classoid = o.catalog AND d.objsubid = 0),
	pg_catalog.quote_ident(o.nspname), pg_catalog.quote_ident(o.name),
	` + objectKin

// notSystem leaves out what is never listed, early.
const notSystem guard.Own = ` o.nspname NOT IN ('pg_catalog', 'information_schema') AND o.nspname !~ '^pg_(toast|temp)'`

// object is one of objectsSQL.
type object struct {
	schema, name      string // as they are
	oid, class, kind  string
	arguments, result string    // of a function; result is also the sort of a type
	kin               guard.Kin // of the table, or of the one that it belongs to
	columns           []string
	tuples, bytes     int64
	comment           string

	quotedSchema, quotedName, quotedOwner string
}

func objectOf(r guard.Record) object {
	o := object{
		schema: r.Text(0), name: r.Text(1), oid: r.Text(2), class: r.Text(3), kind: r.Text(4), arguments: r.Text(5), result: r.Text(6),
		quotedOwner: plain(r.Text(7)), columns: guard.TextsOf(r.Text(8)), tuples: number(r.Text(9)), bytes: number(r.Text(10)), comment: r.Text(11),
		quotedSchema: plain(r.Text(12)), quotedName: plain(r.Text(13)),
	}
	o.setKin(r, 14)
	return o
}

// setKin takes the kin from a column that was made by objectKin.
func (o *object) setKin(r guard.Record, column int) {
	switch {
	case !r.Null(column):
		o.kin = guard.KinOf(r.Text(column))
	case o.class == "r":
		o.kin = guard.Kin{{o.schema, o.name}}
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
func objects(ctx context.Context, source *guard.Source, sql guard.Own, params ...guard.Param) ([]object, error) {
	records, err := source.Own(ctx, sql, params...)
	var kept []object
	for _, r := range records {
		if o := objectOf(r); seen(source, &o) {
			kept = append(kept, o)
		}
	}
	return kept, err
}

// batches runs a statement whose last two parameters are LIMIT and OFFSET,
// again and again, until enough has been taken: rules may leave little of a
// batch.
func batches(ctx context.Context, source *guard.Source, sql guard.Own, params []guard.Param, take func(guard.Record) (more bool)) error {
	const size = 1000
	for offset := 0; ; offset += size {
		records, err := source.Own(ctx, sql, append(params[:len(params):len(params)], guard.Text(strconv.Itoa(size)), guard.Text(strconv.Itoa(offset)))...)
		if err != nil {
			return err
		}
		for _, r := range records {
			if !take(r) {
				return nil
			}
		}
		if len(records) < size {
			return nil
		}
	}
}

// number is 0 where there is none.
func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
