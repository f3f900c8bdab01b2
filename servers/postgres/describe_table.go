package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

// tableSQL is what there is once of a table.
const tableSQL guard.Own = `SELECT c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, pg_catalog.pg_get_userbyid(c.relowner),
	CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_table_size(c.oid) END, CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_indexes_size(c.oid) END,
	pg_catalog.has_any_column_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE'),
	CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid, true) END,
	CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END, pg_catalog.pg_get_expr(c.relpartbound, c.oid),
	(SELECT pg_catalog.string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid),
	(SELECT pg_catalog.quote_ident(s.srvname) FROM pg_catalog.pg_foreign_table f JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid),
	c.relkind = 'm' AND NOT c.relispopulated
	FROM pg_catalog.pg_class c WHERE c.oid = $1::oid`

const columnsSQL guard.Own = `SELECT a.attname, pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
	pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, pg_catalog.col_description(a.attrelid, a.attnum),
	(SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid IN (t.oid, t.typelem)),
	CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END,
	(SELECT pg_catalog.quote_ident(l.collname) FROM pg_catalog.pg_collation l WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation)
	FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
	LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`

// constraintsSQL are those of a table, and the foreign keys that lead to it:
// the kind, name, definition, the table at the other end with its kin, and
// which of the two it is. A self-reference is shown once.
const constraintsSQL guard.Own = `SELECT r.contype, pg_catalog.quote_ident(r.conname), pg_catalog.pg_get_constraintdef(r.oid, true),
	k.oid::regclass, ` + guard.KinSQL + `, r.conrelid <> $1::oid
	FROM pg_catalog.pg_constraint r CROSS JOIN LATERAL (SELECT CASE WHEN r.conrelid = $1::oid THEN r.confrelid ELSE r.conrelid END AS oid) k
	WHERE r.contype IN ('p', 'u', 'f', 'c', 'x') AND (r.conrelid = $1::oid OR r.confrelid = $1::oid AND r.conparentid = 0)
	ORDER BY r.conrelid <> $1::oid, pg_catalog.strpos('pufcx', r.contype::text), r.conrelid::regclass::text, r.conname`

const indexesSQL guard.Own = `SELECT pg_catalog.quote_ident(c.relname), pg_catalog.pg_get_indexdef(c.oid), i.indisunique, i.indisvalid,
	pg_catalog.pg_relation_size(c.oid), s.idx_scan, EXISTS (SELECT FROM pg_catalog.pg_constraint r WHERE r.conindid = c.oid AND r.conrelid = i.indrelid)
	FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
	LEFT JOIN pg_catalog.pg_stat_all_indexes s ON s.indexrelid = c.oid WHERE i.indrelid = $1::oid ORDER BY c.relname`

// table describes a table, or what is like one.
func (p *pageText) table(ctx context.Context, source *guard.Source, o *object, full bool) error {
	var parts [6][]guard.Record
	for i, sql := range []guard.Own{tableSQL, columnsSQL, constraintsSQL, indexesSQL, rulesSQL, childrenSQL} {
		var err error
		if parts[i], err = source.Own(ctx, sql, guard.Text(o.oid)); err != nil {
			return err
		}
	}
	if len(parts[0]) == 0 {
		return fmt.Errorf("%s has just been dropped", o.label())
	}
	t := parts[0][0]
	columns, constraints, indexes, rules, children := parts[1], parts[2], parts[3], parts[4], parts[5]
	var texts []string
	for _, part := range parts {
		for _, r := range part {
			for i := range r {
				texts = append(texts, r.Text(i))
			}
		}
	}
	mentions, err := source.Mentions(ctx, o.kin, texts...)
	if err != nil {
		return err
	}
	d := tableText{p, source, o, mentions, full}
	d.head(t, children)
	d.columns(columns)
	d.constraints(constraints)
	d.indexes(indexes)
	d.rules(rules)
	d.children(children)
	if definition := t.Text(7); definition != "" && full {
		if mentions.Hides(nil, definition) {
			definition = hidden
		}
		p.text("definition", definition)
	}
	return nil
}

// tableText writes the description of a table.
type tableText struct {
	*pageText
	source   *guard.Source
	o        *object
	mentions *guard.Mentions
	full     bool
}

func (d *tableText) head(t guard.Record, children []guard.Record) {
	rows, bytes, indexBytes := max(d.o.tuples, 0), number(t.Text(4)), number(t.Text(5))
	for _, c := range children {
		if d.o.kind == "partitioned_table" && d.source.Seen(guard.KinOf(c.Text(5))) {
			rows, bytes = rows+max(number(c.Text(2)), 0), bytes+number(c.Text(3))
		}
	}
	facts := []string{map[string]string{"u": "unlogged", "t": "temporary"}[t.Text(0)]}
	if !slices.Contains([]string{"view", "type"}, d.o.kind) {
		facts = append(facts, "~"+count(rows)+" rows")
	}
	if bytes+indexBytes > 0 {
		facts = append(facts, size(bytes+indexBytes))
		if d.full && indexBytes > 0 {
			facts[len(facts)-1] += " (indexes " + size(indexBytes) + ")"
		}
	}
	if d.full {
		facts = append(facts, "owner "+t.Text(3))
	}
	for i, fact := range []string{8: "partitioned by ", 10: "child of ", 11: "on server "} {
		if fact != "" && !t.Null(i) {
			facts = append(facts, fact+oneLine(t.Text(i), 0))
		}
	}
	if !t.Null(9) {
		facts = append(facts, oneLine(t.Text(9), 0))
	}
	switch {
	case t.Bool(2):
		facts = append(facts, "row-level security forced")
	case t.Bool(1):
		facts = append(facts, "row-level security")
	}
	if t.Bool(12) {
		facts = append(facts, "not populated")
	}
	if !t.Bool(6) && d.o.kind != "type" {
		facts = append(facts, "no right to read it")
	}
	d.heading(d.o, strings.ReplaceAll(d.o.kind, "_", " "), facts...)
}

func (d *tableText) columns(columns []guard.Record) {
	var lines []string
	for _, r := range columns {
		if !d.source.ColumnSeen(d.o.kin, r.Text(0)) {
			continue
		}
		lines = append(lines, d.column(r))
	}
	d.section("columns:", lines...)
}

func (d *tableText) column(r guard.Record) string {
	line := plain(r.Text(1)) + " " + oneLine(r.Text(2), 0)
	if values := guard.TextsOf(r.Text(8)); values != nil {
		line += " enum" + enumeration(values)
	}
	if !r.Null(9) {
		line += " (" + oneLine(r.Text(9), 0) + ")"
	}
	if !r.Null(10) {
		line += " COLLATE " + plain(r.Text(10))
	}
	if r.Bool(3) {
		line += " not null"
	}
	expression := oneLine(r.Text(4), 0)
	if d.mentions.Hides(d.o.kin, expression) {
		expression = "(" + hidden + ")"
	}
	switch {
	case r.Text(5) == "a":
		line += " identity always"
	case r.Text(5) == "d":
		line += " identity"
	case r.Text(6) != "":
		line += " generated " + expression
	case !r.Null(4):
		line += " default " + expression
	}
	if d.source.ColumnMasked(d.o.kin, r.Text(0)) {
		line += " (masked)"
	}
	most := 200
	if d.full {
		most = 0
	}
	return line + remarkOf(r.Text(7), most)
}

// enumeration shows the first of an enum's values.
func enumeration(values []string) string {
	const most = 30
	more := ""
	if len(values) > most {
		values, more = values[:most], ", …"
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = "'" + strings.ReplaceAll(oneLine(v, 0), "'", "''") + "'"
	}
	return "(" + strings.Join(quoted, ", ") + more + ")"
}

func (d *tableText) constraints(constraints []guard.Record) {
	var own, keys, incoming []string
	for _, r := range constraints {
		kin, definition := guard.KinOf(r.Text(4)), r.Text(2)
		switch text := oneLine(definition, 0); {
		case r.Text(0) == "f" && !d.source.Seen(kin):
		case r.Bool(5):
			if !d.mentions.Hides(append(kin, d.o.kin...), definition) {
				incoming = append(incoming, plain(r.Text(3))+" "+text)
			}
		case d.mentions.Hides(append(kin, d.o.kin...), definition):
		case r.Text(0) == "f":
			keys = append(keys, plain(r.Text(1))+" "+text)
		default:
			own = append(own, plain(r.Text(1))+" "+text)
		}
	}
	d.section("constraints:", append(own, keys...)...)
	d.section("referenced by:", incoming...)
}

func (d *tableText) indexes(indexes []guard.Record) {
	var lines []string
	for _, r := range indexes {
		definition := r.Text(1)
		if r.Bool(6) && !d.full || d.mentions.Hides(d.o.kin, definition) {
			continue
		}
		_, using, _ := strings.Cut(oneLine(definition, 0), " USING ")
		line := plain(r.Text(0)) + " "
		if r.Bool(2) {
			line += "unique "
		}
		line += using
		if !r.Bool(3) {
			line += " (not valid)"
		}
		if d.full {
			line += fmt.Sprintf(", %s, %s scans", size(number(r.Text(4))), count(number(r.Text(5))))
		}
		lines = append(lines, line)
	}
	d.section("indexes:", lines...)
}
