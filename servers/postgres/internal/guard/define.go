package guard

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// define runs a change of the schema. What it touches is known by its locks, and
// what that is called shows once it is undone: so, to show what it does and where
// there are rules, it runs once for that, and then again where it is to stay.
func (p *writing) define(ctx context.Context, c *session) error {
	c.tell(countsSQL)
	c.tell("SAVEPOINT defined")
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	counts := &records{}
	if err := c.reads(ctx, nil, counts, nil); err != nil {
		return err
	}
	p.before = countsOf(counts.rows)
	if !p.preview && !p.s.Ruled() {
		c.send(p.st)
		return p.ran(ctx, c)
	}
	if err := p.schemas(ctx, c); err != nil {
		return err
	}
	c.send(p.st)
	c.tell(lockedSQL)
	locks := &records{}
	if err := p.ranFirst(ctx, c, locks); err != nil {
		return err
	}
	if err := p.seen(relationsOf(locks.rows)); err != nil {
		return err
	}
	if err := p.undone(ctx, c, locks.rows); err != nil || p.preview {
		return err
	}
	if err := p.undo(ctx, c, "defined"); err != nil {
		return err
	}
	c.send(p.st)
	return p.ran(ctx, c)
}

// ranFirst is ran for a statement behind which its locks are asked for.
func (p *writing) ranFirst(ctx context.Context, c *session, locks sink) error {
	c.tell(countsSQL)
	c.tell(xactSQL)
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	rows := *p.rows
	counts, xact := &records{}, &records{}
	if err := c.reads(ctx, &rows, locks, counts, xact); err != nil {
		return err
	}
	p.effect.Tag, p.xact = rows.answer.Tag, xactOf(xact.rows)
	return p.count(counts.rows)
}

// lockedSQL lists the relations that the transaction holds a lock on, those that
// are gone too, and what they inherit from; see relationsOf. The last columns are
// whether nobody else can use it, rows and bytes, and whether it is an index.
const lockedSQL script = `WITH RECURSIVE held AS (
	SELECT l.relation AS oid, l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') AS alone FROM pg_catalog.pg_locks l
	WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND l.granted
	UNION SELECT i.inhparent, false FROM held h JOIN pg_catalog.pg_inherits i ON i.inhrelid = h.oid) ` + heldColumns

// heldSQL is lockedSQL for relations of which the OIDs are known: $1 are those,
// and $2 those that nobody else could use.
const heldSQL = `WITH RECURSIVE held AS (SELECT u.oid, u.oid = ANY ($2::oid[]) AS alone FROM pg_catalog.unnest($1::oid[]) u (oid)
	UNION SELECT i.inhparent, false FROM held h JOIN pg_catalog.pg_inherits i ON i.inhrelid = h.oid) ` + heldColumns

const heldColumns = `SELECT l.oid, n.nspname, c.relname, (SELECT pg_catalog.string_agg(i.inhparent::text, ' ') FROM pg_catalog.pg_inherits i
		WHERE i.inhrelid = c.oid), (SELECT pg_catalog.string_agg(a.attname, E'\t' ORDER BY a.attnum)
		FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0), l.alone, c.reltuples::bigint,
		CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_total_relation_size(c.oid) ELSE 0 END, c.relkind IN ('i', 'I')
	FROM (SELECT h.oid, pg_catalog.bool_or(h.alone) AS alone FROM held h GROUP BY 1) l
	LEFT JOIN pg_catalog.pg_class c ON c.oid = l.oid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.oid IS NULL OR n.nspname NOT IN ('pg_catalog', 'pg_toast') ORDER BY 2, 3`

// undone takes the statement back, and looks at what it has touched.
func (p *writing) undone(ctx context.Context, c *session, locks []Record) error {
	var all, alone []string
	for _, r := range locks {
		if all = append(all, r.Text(0)); r.Bool(5) {
			alone = append(alone, r.Text(0))
		}
	}
	c.tell("ROLLBACK TO SAVEPOINT defined")
	c.send(statement{own: heldSQL, params: []Param{Texts(all), Texts(alone)}})
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	held := &records{}
	if err := c.reads(ctx, nil, held); err != nil {
		return err
	}
	if err := p.seen(relationsOf(held.rows)); err != nil {
		return err
	}
	for _, r := range held.rows {
		if !r.Bool(5) || r.Bool(8) {
			continue
		}
		l := Locked{Schema: r.Text(1), Name: r.Text(2)}
		l.Rows, _ = strconv.ParseInt(r.Text(6), 10, 64)  // the server's own
		l.Bytes, _ = strconv.ParseInt(r.Text(7), 10, 64) // likewise
		p.effect.Locked = append(p.effect.Locked, l)
	}
	return nil
}

// seen refuses a change of the schema that touches what may not be seen, or of
// which a part may not: rules go by names, and those can change.
func (p *writing) seen(touched []relation) error {
	if !p.s.Ruled() {
		return nil
	}
	present := touched[:0:0]
	for _, t := range touched {
		if t.name != "" { // it is there, before the change or after
			present = append(present, t)
		}
	}
	if err := p.s.barred(present); err != nil {
		return err
	}
	if h := p.s.hiddenOf(present); h != nil {
		for column := range h.names {
			return h.refused(column, "the schema of its table, and of what is made of it, cannot be changed")
		}
	}
	return nil
}

// namedSchemasSQL lists the schemas of some names or, where there are none, the
// one in which things are made.
const namedSchemasSQL = `WITH named AS (SELECT n.nspname FROM pg_catalog.pg_namespace n
	WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname = ANY ($1::text[]))
	SELECT nspname FROM named UNION ALL SELECT pg_catalog.current_schema() WHERE NOT EXISTS (SELECT FROM named)`

// schemas refuses a change of schemas themselves where rules go by their names,
// and one in a schema that may not be used.
func (p *writing) schemas(ctx context.Context, c *session) error {
	if !p.s.Ruled() {
		return nil
	}
	words := 0
	for t, err := range gate.Lex(p.SQL) {
		if words++; err != nil || words > 6 {
			break
		}
		if t.Kind == gate.Word && t.Name == "schema" && words <= 3 {
			return mcpcore.Hint(mcpcore.Refused("--allow-schemas, --deny-tables, --deny-columns, --mask", errors.New("schemas cannot be changed where rules go by their names")),
				"change what is in a schema, or ask the user to have it done")
		}
	}
	c.send(statement{own: namedSchemasSQL, params: []Param{Texts(p.checked.Names)}})
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	found := &records{}
	if err := c.read(ctx, found); err != nil {
		return err
	}
	for _, r := range found.rows {
		if !p.s.Schema(r.Text(0)) {
			return mcpcore.Hint(mcpcore.Refused("--allow-schemas", fmt.Errorf("the schema %s may not be used here", r.Text(0))),
				"name a schema that may, before the name of what is made; list_schemas lists them")
		}
	}
	return nil
}
