package guard

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Sample is some of the rows that a statement changes, as they would be: for an
// UPDATE also as they were, where that is known, and for a DELETE as they are. nil
// is NULL.
type Sample struct {
	Columns []string
	Rows    [][][]byte
	Before  [][][]byte // of Rows, by their places; nil where it is not known
}

const (
	sampleRows  = 5
	sampleValue = 120 // bytes of a value in a sample
)

// harvest is the sink of a statement that changes something. It takes the rows of
// RETURNING up to its limits, and lets the others pass: the statement has to come
// to its end.
type harvest struct {
	most, bytes int // bytes 0: a sample, with short values
	to          Rows
	masked      map[string]bool // "OID.number" of columns
	covered     []int           // of the result
	keys        []int           // of the result, whose values are kept as they are

	answer Answer
	names  []string
	rows   [][][]byte
	whole  [][][]byte // the keys of the rows
}

func (h *harvest) columns(fields []pgproto3.FieldDescription) error {
	columns := make([]Column, len(fields))
	h.covered = nil
	for i, f := range fields {
		columns[i] = Column{Name: string(f.Name), Type: f.DataTypeOID}
		if h.masked[fmt.Sprintf("%d.%d", f.TableOID, f.TableAttributeNumber)] {
			h.covered, columns[i].Type = append(h.covered, i), textOID
		}
		h.names = append(h.names, string(f.Name))
	}
	if h.to != nil {
		h.to.Columns(columns)
	}
	return nil
}

func (h *harvest) row(values [][]byte) error {
	size := 0
	for _, v := range values {
		size += len(v)
	}
	switch {
	case h.answer.More:
	case h.answer.Rows == h.most:
		h.answer.More = true
	case h.to == nil:
		h.answer.Rows++
		h.keep(values)
	case size > h.bytes:
		h.answer.More, h.answer.ByBytes = true, true
	default:
		h.answer.Rows++
		h.bytes -= size
		for _, i := range h.covered {
			values[i] = mask
		}
		h.to.Row(values)
	}
	return nil
}

func (h *harvest) end(_ bool, tag string) { h.answer.Tag = tag }

// keep takes a row into the sample.
func (h *harvest) keep(values [][]byte) {
	var key [][]byte
	for _, i := range h.keys {
		key = append(key, slices.Clone(values[i]))
	}
	h.whole = append(h.whole, key)
	h.rows = append(h.rows, shortened(values, h.covered))
}

// shortened is a copy of a row with short values.
func shortened(values [][]byte, covered []int) [][]byte {
	row := make([][]byte, len(values))
	for i, v := range values {
		switch {
		case slices.Contains(covered, i):
			row[i] = mask
		case v != nil:
			row[i] = append([]byte{}, v[:min(len(v), sampleValue)]...)
			if len(v) > sampleValue {
				row[i] = append([]byte(strings.ToValidUTF8(string(row[i]), "")), "…"...)
			}
		}
	}
	return row
}

func (h *harvest) sample() *Sample {
	if h.to != nil || len(h.rows) == 0 {
		return nil
	}
	return &Sample{Columns: h.names, Rows: h.rows}
}

// target is the one table that a statement changes.
type target struct {
	name    string   // quoted, with its schema
	plain   bool     // its rows can be had by RETURNING, and nothing else changes by that
	columns int      // that it has
	key     []string // of its primary key
}

// targetsSQL lists what a parsed statement is to change. Row-level security has
// other rules for statements with RETURNING, and other statements may stand for
// them where there are rules.
const targetsSQL script = `SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
	c.relkind IN ('r', 'p') AND NOT c.relrowsecurity AND NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid),
	(SELECT count(*) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
	(SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
		WHERE i.indrelid = c.oid AND i.indisprimary)
	FROM (SELECT DISTINCT l.relation FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid()
		AND l.granted AND l.mode = 'RowExclusiveLock') l
	JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind NOT IN ('i', 'I')`

func targetOf(r Record) target {
	columns, _ := strconv.Atoi(r.Text(2)) // the server's own
	return target{name: r.Text(0), plain: r.Bool(1), columns: columns, key: TextsOf(r.Text(3))}
}

// sample runs a statement that has no RETURNING with one, to see some of its
// rows; it is not done where that cannot be, as the statement's own way has to do
// then.
func (p *writing) sample(ctx context.Context, c *session, t target) (done bool, err error) {
	change := p.checked.Change
	if !t.plain || !change.Plain || change.Returning || t.columns == 0 {
		return false, nil
	}
	rows := p.rows
	p.rows = &harvest{most: sampleRows, masked: rows.masked}
	st := p.st
	st.returning = true
	c.tell("SAVEPOINT sampled")
	if err := c.step(ctx); err != nil {
		return false, err
	}
	c.send(st)
	sink := &ofTable{harvest: p.rows, target: t}
	if err := p.ranInto(ctx, c, sink); err != nil {
		if c.dead {
			return false, err
		}
		p.rows = rows
		return false, p.undo(ctx, c, "sampled")
	}
	p.effect.Sample = p.rows.sample()
	if p.effect.Sample == nil || !strings.HasPrefix(p.effect.Tag, "UPDATE") {
		return true, nil
	}
	return true, p.earlier(ctx, c, t)
}

// undo takes a part of the transaction back. What the session has counted in it
// counts from before, then.
func (p *writing) undo(ctx context.Context, c *session, savepoint script) error {
	c.tell("ROLLBACK TO SAVEPOINT " + savepoint)
	c.tell(countsSQL)
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	counts := &records{}
	err := c.reads(ctx, nil, counts)
	p.before = countsOf(counts.rows)
	p.effect.Tables, p.effect.Unseen = nil, 0
	return err
}

// step sends what is buffered, and takes the one answer.
func (c *session) step(ctx context.Context) error {
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	return c.read(ctx, nil)
}

// ofTable takes the columns of the target alone, which come first.
type ofTable struct {
	*harvest
	target target
}

func (o *ofTable) columns(fields []pgproto3.FieldDescription) error {
	fields = fields[:min(len(fields), o.target.columns)]
	for i, f := range fields {
		if slices.Contains(o.target.key, string(f.Name)) {
			o.keys = append(o.keys, i)
		}
	}
	return o.harvest.columns(fields)
}

func (o *ofTable) row(values [][]byte) error {
	return o.harvest.row(values[:min(len(values), o.target.columns)])
}

// earlier finds the rows of the sample as they are before the statement, by their
// primary key.
func (p *writing) earlier(ctx context.Context, c *session, t target) error {
	h, sample := p.rows, p.effect.Sample
	if len(t.key) == 0 || len(h.keys) != len(t.key) {
		return nil
	}
	var columns, rows []string
	st := statement{rows: sampleRows}
	for _, i := range h.keys {
		columns = append(columns, Quoted(h.names[i]))
	}
	for _, key := range h.whole {
		var places []string
		for _, value := range key {
			st.params = append(st.params, Param{Text: string(value)})
			places = append(places, fmt.Sprintf("$%d", len(st.params)))
		}
		rows = append(rows, "("+strings.Join(places, ", ")+")")
	}
	st.own = Own("SELECT * FROM " + t.name + " WHERE (" + strings.Join(columns, ", ") + ") IN (" + strings.Join(rows, ", ") + ")")
	c.tell("ROLLBACK TO SAVEPOINT sampled")
	c.send(st)
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	was := &harvest{most: sampleRows, masked: h.masked, keys: h.keys}
	if err := c.reads(ctx, nil, was); err != nil {
		if c.dead {
			return err
		}
		return nil // the sample has to do without
	}
	sample.Before = make([][][]byte, len(sample.Rows))
	for i, key := range h.whole {
		for j, other := range was.whole {
			if slices.EqualFunc(key, other, func(a, b []byte) bool { return string(a) == string(b) }) {
				sample.Before[i] = was.rows[j]
			}
		}
	}
	return nil
}
