package postgres

import (
	"context"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

const functionSQL guard.Own = `SELECT l.lanname, CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
	p.prosecdef, p.proisstrict, CASE p.proparallel WHEN 's' THEN 'parallel safe' WHEN 'r' THEN 'parallel restricted' ELSE 'parallel unsafe' END,
	pg_catalog.pg_get_userbyid(p.proowner), pg_catalog.array_to_string(p.proconfig, ', '),
	CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) END, pg_catalog.pg_get_function_arguments(p.oid),
	pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
	FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang WHERE p.oid = $1::oid`

// function describes a function, a procedure or an aggregate.
func (p *pageText) function(ctx context.Context, source *guard.Source, o *object, full bool) error {
	r, err := one(ctx, source, functionSQL, o)
	if err != nil {
		return err
	}
	mentions, err := source.Mentions(ctx, nil, r.Text(7), r.Text(8))
	if err != nil {
		return err
	}
	facts := []string{oneLine(o.result, 0), r.Text(0), r.Text(1), r.Text(4)}
	for i, fact := range []string{2: "security definer, as " + r.Text(5), 3: "strict"} {
		if fact != "" && r.Bool(i) {
			facts = append(facts, fact)
		}
	}
	if !r.Null(6) {
		facts = append(facts, "with "+oneLine(r.Text(6), 0))
	}
	if !r.Bool(9) {
		facts = append(facts, "no right to call it")
	}
	p.heading(o, "function", facts...)
	body := r.Text(7)
	switch {
	case mentions.Hides(nil, body):
		body = hidden
	case r.Text(8) != o.arguments && !full: // it has defaults
		p.section("arguments: " + oneLine(r.Text(8), 0))
	}
	if full && body != "" {
		p.text("definition", body)
	}
	return nil
}

// one is the only row of a statement about an object.
func one(ctx context.Context, source *guard.Source, sql guard.Own, o *object) (guard.Record, error) {
	records, err := source.Own(ctx, sql, guard.Text(o.oid))
	if err == nil && len(records) != 1 {
		err = fmt.Errorf("%s has just been dropped", o.label())
	}
	if err != nil {
		return nil, err
	}
	return records[0], nil
}

const typeSQL guard.Own = `SELECT (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
	CASE WHEN t.typtype = 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END, t.typnotnull, t.typdefault,
	(SELECT json_agg(pg_catalog.pg_get_constraintdef(r.oid, true) ORDER BY r.conname) FROM pg_catalog.pg_constraint r
		WHERE r.contypid = t.oid AND r.contype = 'c'),
	(SELECT pg_catalog.format_type(g.rngsubtype, NULL) FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid)
	FROM pg_catalog.pg_type t WHERE t.oid = $1::oid`

// typ describes an enum, a domain or a range.
func (p *pageText) typ(ctx context.Context, source *guard.Source, o *object) error {
	r, err := one(ctx, source, typeSQL, o)
	if err != nil {
		return err
	}
	checks := guard.TextsOf(r.Text(4))
	mentions, err := source.Mentions(ctx, nil, append(checks, r.Text(3))...)
	if err != nil {
		return err
	}
	fact := r.Text(1)
	if !r.Null(5) {
		fact = "of " + r.Text(5)
	}
	if r.Bool(2) {
		fact += " not null"
	}
	if !r.Null(3) && !mentions.Hides(nil, r.Text(3)) {
		fact += " default " + oneLine(r.Text(3), 0)
	}
	for _, check := range checks {
		if !mentions.Hides(nil, check) {
			fact += " " + oneLine(check, 0)
		}
	}
	p.heading(o, o.result, oneLine(fact, 0))
	var values []string
	for _, v := range guard.TextsOf(r.Text(0)) {
		values = append(values, oneLine(v, 0))
	}
	p.section("values:", values...)
	return nil
}

const indexSQL guard.Own = `SELECT pg_catalog.pg_get_indexdef(c.oid), pg_catalog.pg_relation_size(c.oid), i.indisvalid, s.idx_scan
	FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
	LEFT JOIN pg_catalog.pg_stat_all_indexes s ON s.indexrelid = c.oid WHERE c.oid = $1::oid`

func (p *pageText) index(ctx context.Context, source *guard.Source, o *object) error {
	r, err := one(ctx, source, indexSQL, o)
	if err != nil {
		return err
	}
	mentions, err := source.Mentions(ctx, o.kin, r.Text(0))
	if err != nil {
		return err
	}
	facts := []string{size(number(r.Text(1))), count(number(r.Text(3))) + " scans"}
	if !r.Bool(2) {
		facts = append(facts, "not valid")
	}
	p.heading(o, "index", facts...)
	definition := oneLine(r.Text(0), 0)
	if mentions.Hides(o.kin, definition) {
		definition = hidden
	}
	p.section(definition)
	return nil
}

const sequenceSQL guard.Own = `SELECT pg_catalog.format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle,
	(SELECT d.refobjid::regclass || '.' || pg_catalog.quote_ident(a.attname) FROM pg_catalog.pg_depend d
		JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
		WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i')),
	(SELECT a.attname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
		WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i'))
	FROM pg_catalog.pg_sequence s WHERE s.seqrelid = $1::oid`

func (p *pageText) sequence(ctx context.Context, source *guard.Source, o *object) error {
	r, err := one(ctx, source, sequenceSQL, o)
	if err != nil {
		return err
	}
	facts := []string{r.Text(0), "start " + r.Text(1), "increment " + r.Text(2), "from " + r.Text(3) + " to " + r.Text(4)}
	if r.Bool(5) {
		facts = append(facts, "cycles")
	}
	if !r.Null(6) && source.ColumnSeen(o.kin, r.Text(7)) {
		facts = append(facts, "of "+plain(r.Text(6)))
	}
	p.heading(o, "sequence", facts...)
	return nil
}
