package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

// indexable is a table for which an index may be worth its while.
type indexable struct {
	schema, name string // as SQL has them
	rows         float64
	columns      map[string]indexColumn
	indexes      [][]string // the columns of each index that is there
}

type indexColumn struct {
	Quoted   string  `json:"q"`
	Distinct float64 `json:"d"` // values, or if negative a part of the rows
}

// indexableSQL lists tables with their columns, and the columns of their
// indexes. Small tables are read as a whole as fast.
const indexableSQL guard.Own = `SELECT n.nspname || '.' || c.relname, pg_catalog.quote_ident(n.nspname), pg_catalog.quote_ident(c.relname), c.reltuples,
	(SELECT json_object_agg(a.attname, json_build_object('q', pg_catalog.quote_ident(a.attname), 'd', coalesce(s.n_distinct, 0)))
		FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
		WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid NOT IN ('json'::regtype, 'xml'::regtype, 'point'::regtype, 'box'::regtype,
		'line'::regtype, 'lseg'::regtype, 'path'::regtype, 'polygon'::regtype, 'circle'::regtype)),
	(SELECT json_agg((SELECT json_agg(a.attname ORDER BY k.n) FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, n)
			JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum WHERE k.n <= i.indnkeyatts))
		FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam
		WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND m.amname = 'btree')
	FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'm') AND NOT c.relispartition AND c.reltuples >= 1000 AND n.nspname || '.' || c.relname = ANY ($1::text[])`

func indexables(ctx context.Context, v *visible, needed []*needs) (map[string]*indexable, error) {
	var names []string
	for _, n := range needed {
		if v.table(n.schema, n.table) {
			names = with(names, n.schema+"."+n.table)
		}
	}
	records, err := v.source.OwnAsLogin(ctx, indexableSQL, guard.Texts(names))
	if err != nil {
		return nil, err
	}
	out := map[string]*indexable{}
	for _, r := range records {
		t := &indexable{schema: r.Text(1), name: r.Text(2), rows: decimal(r.Text(3))}
		if json.Unmarshal([]byte(r.Text(4)), &t.columns) != nil || !r.Null(5) && json.Unmarshal([]byte(r.Text(5)), &t.indexes) != nil {
			continue
		}
		out[r.Text(0)] = t
	}
	return out, nil
}

// distinct is about how many values a column has.
func (t *indexable) distinct(column string) float64 {
	d := t.columns[column].Distinct
	if d < 0 {
		return -d * t.rows
	}
	return d
}

const mostColumns = 3 // of an index that is thought of

// candidates are the indexes that may serve a query's needs of a table, the one
// that serves most first: columns compared with a value before one compared
// with a range, and those that tell most rows apart first.
func (t *indexable) candidates(n *needs) [][]string {
	equal := t.known(n.equal)
	slices.SortStableFunc(equal, func(a, b string) int { return cmp.Compare(t.distinct(b), t.distinct(a)) })
	var out [][]string
	add := func(columns ...string) {
		var list []string
		for _, c := range columns {
			if bare, _, _ := strings.Cut(c, " "); t.columns[bare].Quoted != "" && len(list) < mostColumns {
				list = with(list, c)
			}
		}
		if len(list) == 0 || slices.ContainsFunc(out, func(o []string) bool { return slices.Equal(o, list) }) || t.has(list) {
			return
		}
		out = append(out, list)
	}
	first := equal[:min(len(equal), mostColumns-1)]
	ordered := t.ordered(n)
	for _, c := range n.ranges {
		add(slices.Concat(first, []string{c})...)
	}
	if len(ordered) > 0 {
		add(slices.Concat(first, ordered)...)
	}
	for _, c := range n.joins {
		add(slices.Concat([]string{c}, first)...)
		add(slices.Concat(first, []string{c})...)
	}
	add(equal...)
	for _, c := range slices.Concat(equal, n.joins, n.ranges, n.apart) {
		add(c)
	}
	return out
}

// known are those columns of a list that can be in an index.
func (t *indexable) known(columns []string) []string {
	var out []string
	for _, c := range columns {
		if t.columns[c].Quoted != "" {
			out = append(out, c)
		}
	}
	return out
}

// ordered are the columns of an order, with DESC where directions differ: an
// index can be read backwards.
func (t *indexable) ordered(n *needs) []string {
	mixed := slices.Contains(n.descending, true) && slices.Contains(n.descending, false)
	var out []string
	for i, c := range n.order {
		if mixed && n.descending[i] {
			c += " DESC"
		}
		out = append(out, c)
	}
	return out
}

// has tells whether an index begins with these columns.
func (t *indexable) has(columns []string) bool {
	return slices.ContainsFunc(t.indexes, func(index []string) bool { return begins(index, columns) })
}

func begins(index, columns []string) bool {
	return len(index) >= len(columns) && slices.Equal(index[:len(columns)], columns)
}

// definition is the index as SQL has it.
func (t *indexable) definition(columns []string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		if bare, found := strings.CutSuffix(c, " DESC"); found {
			quoted[i] = t.columns[bare].Quoted + " DESC"
		} else {
			quoted[i] = t.columns[c].Quoted
		}
	}
	return fmt.Sprintf("CREATE INDEX ON %s.%s (%s)", t.schema, t.name, strings.Join(quoted, ", "))
}
