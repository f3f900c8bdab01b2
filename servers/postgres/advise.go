package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type adviseIn struct {
	Queries []string `json:"queries,omitzero" jsonschema:"the queries to serve; default those that take most time by pg_stat_statements" max:"20"`
	Limit   int      `json:"limit,omitzero" jsonschema:"most indexes to advise" min:"1" max:"10" default:"5"`
	MaxMB   int      `json:"max_size_mb,omitzero" jsonschema:"most megabytes for all of them" min:"1"`
	where
}

// advisedQuery is a query that indexes are looked for.
type advisedQuery struct {
	text   string
	weight float64 // the time it takes, or 1
	before float64 // cost
	now    float64 // with the indexes chosen so far
	needs  []*needs
	scans  bool // it reads a table as a whole
}

// candidate is an index that may help.
type candidate struct {
	table      *indexable
	columns    []string
	definition string
	queries    []*advisedQuery // that it may help
	bytes      int64
}

// advice is what advise_indexes works out.
type advice struct {
	source     *guard.Source
	queries    []*advisedQuery
	candidates []*candidate
	chosen     []*candidate
	notes      []string
	limit      int
	budget     int64 // bytes; 0: any
}

const (
	mostCandidates = 40
	worthIt        = 0.1 // of a query's cost, that an index has to spare
	adviceTime     = 30 * time.Second
)

func (s *server) adviseIndexes(ctx context.Context, in adviseIn) (string, error) {
	source, err := s.guard.Source(ctx, in.Database)
	if err != nil {
		return "", err
	}
	v, err := visibleIn(ctx, source)
	if err != nil {
		return "", err
	}
	a := &advice{source: source, limit: in.Limit, budget: int64(in.MaxMB) << 20}
	if err := a.plan(ctx, in.Queries); err != nil {
		return "", err
	}
	if err := a.think(ctx, v); err != nil {
		return "", err
	}
	x, err := source.Extension(ctx, "hypopg")
	if err != nil {
		return "", err
	}
	missing := x.Missing("advice is proved with", "such as postgresql-17-hypopg")
	if missing == nil {
		if err := a.prove(ctx); err != nil {
			return "", err
		}
	}
	e := &examination{fine: map[string]bool{}}
	for i := range checks {
		if checks[i].group == "index" {
			if err := e.add(ctx, &checks[i], v); err != nil {
				return "", err
			}
		}
	}
	return a.text(missing) + e.findings(), nil
}

// plan has the queries planned as things are.
func (a *advice) plan(ctx context.Context, queries []string) error {
	for _, sql := range queries {
		a.queries = append(a.queries, &advisedQuery{text: sql, weight: 1})
	}
	if len(queries) == 0 {
		all, err := workload(ctx, a.source, "total_time", 20)
		if err != nil {
			return mcpcore.Hint(err, "or give queries")
		}
		for _, q := range all {
			a.queries = append(a.queries, &advisedQuery{text: q.text, weight: q.total})
		}
	}
	var planned []*advisedQuery
	for _, q := range a.queries {
		p, err := a.cost(ctx, q, nil)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			a.notes = append(a.notes, fmt.Sprintf("not looked at: %s (%s)", oneLine(withoutValues(q.text), 80), oneLine(err.Error(), 120)))
			continue
		}
		q.before, q.now, q.needs = p.Top.Cost, p.Top.Cost, predicates(p)
		p.Top.walk(func(n *planNode) { q.scans = q.scans || n.Type == "Seq Scan" })
		planned = append(planned, q)
	}
	a.queries = planned
	return nil
}

// cost is the plan of a query with some indexes that are not there.
func (a *advice) cost(ctx context.Context, q *advisedQuery, indexes []*candidate) (*plan, error) {
	ask := guard.Explain{SQL: q.text}
	for _, c := range indexes {
		ask.Indexes = append(ask.Indexes, c.definition)
	}
	out, err := a.source.Explain(ctx, ask)
	if err != nil {
		return nil, err
	}
	if len(indexes) > 0 && len(out.Indexes) == len(indexes) {
		indexes[len(indexes)-1].bytes = out.Indexes[len(indexes)-1].Bytes
	}
	return parsePlan(out.JSON)
}

// think finds the candidates.
func (a *advice) think(ctx context.Context, v *visible) error {
	var all []*needs
	for _, q := range a.queries {
		all = append(all, q.needs...)
	}
	tables, err := indexables(ctx, v, all)
	if err != nil {
		return err
	}
	for _, q := range a.queries {
		for _, n := range q.needs {
			t := tables[n.schema+"."+n.table]
			if t == nil {
				continue
			}
			for _, columns := range t.candidates(n) {
				a.candidate(t, columns, q)
			}
		}
	}
	return nil
}

func (a *advice) candidate(t *indexable, columns []string, q *advisedQuery) {
	definition := t.definition(columns)
	i := slices.IndexFunc(a.candidates, func(c *candidate) bool { return c.definition == definition })
	switch {
	case i >= 0:
		if !slices.Contains(a.candidates[i].queries, q) {
			a.candidates[i].queries = append(a.candidates[i].queries, q)
		}
	case len(a.candidates) < mostCandidates:
		a.candidates = append(a.candidates, &candidate{table: t, columns: columns, definition: definition, queries: []*advisedQuery{q}})
	}
}

// prove chooses candidates, one after the other, by what they spare all queries
// together beside those that were chosen before.
func (a *advice) prove(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, adviceTime)
	defer cancel()
	left := a.candidates
	for len(a.chosen) < a.limit && len(left) > 0 {
		var best *candidate
		var most float64
		var useful []*candidate
		for _, c := range left {
			spared, err := a.spares(limited, c)
			if limited.Err() != nil && ctx.Err() == nil {
				a.notes = append(a.notes, "time was up before all indexes had been tried: give fewer queries")
				return nil
			}
			if errors.Is(err, context.Canceled) {
				return err
			}
			if err != nil || spared <= 0 || a.budget > 0 && a.size()+c.bytes > a.budget {
				continue
			}
			useful = append(useful, c)
			// of two that spare nearly the same, the smaller one
			if best == nil || spared > 1.02*most || spared > 0.98*most && c.bytes < best.bytes {
				best, most = c, max(spared, most)
			}
		}
		if best == nil {
			return nil
		}
		a.chosen = append(a.chosen, best)
		for _, q := range best.queries {
			if p, err := a.cost(limited, q, a.chosen); err == nil {
				q.now = p.Top.Cost
			}
		}
		left = slices.DeleteFunc(useful, func(c *candidate) bool { return c == best })
	}
	return nil
}

// spares is what a candidate spares of the weight of all queries, or 0 where
// that is worth no index.
func (a *advice) spares(ctx context.Context, c *candidate) (float64, error) {
	var sum, top float64
	for _, q := range c.queries {
		p, err := a.cost(ctx, q, slices.Concat(a.chosen, []*candidate{c}))
		if err != nil {
			return 0, err
		}
		part := (q.now - p.Top.Cost) / max(q.before, 1e-9)
		sum, top = sum+q.weight*part, max(top, part)
	}
	if top < worthIt {
		return 0, nil
	}
	return sum, nil
}

func (a *advice) size() int64 {
	var n int64
	for _, c := range a.chosen {
		n += c.bytes
	}
	return n
}

func (a *advice) text(missing error) string {
	var b strings.Builder
	switch {
	case missing != nil:
		a.unproved(&b, missing)
	case len(a.chosen) == 0:
		fmt.Fprintf(&b, "No index would spare a query a tenth of its cost: %d were tried for %d queries.\n", len(a.candidates), len(a.queries))
	default:
		fmt.Fprintf(&b, "Proved with hypopg, by the planner's costs; %d indexes were tried for %d queries, and these take about %s:\n", len(a.candidates), len(a.queries), size(a.size()))
		for _, c := range a.chosen {
			fmt.Fprintf(&b, "- %s; -- about %s\n", strings.Replace(c.definition, "INDEX", "INDEX CONCURRENTLY", 1), size(c.bytes))
		}
		for _, q := range a.queries {
			if q.now < q.before {
				fmt.Fprintf(&b, "  cost %s to %s (%.0f%% less): %s\n", rough(q.before), rough(q.now), 100*(1-q.now/q.before), oneLine(withoutValues(q.text), 120))
			}
		}
		b.WriteString("Each index costs writes to its table: advise them to the user, who decides.\n")
	}
	for _, note := range a.notes {
		b.WriteString(note + "\n")
	}
	return b.String()
}

// unproved lists, without a proof, the first candidate of each table that a
// query reads as a whole.
func (a *advice) unproved(b *strings.Builder, missing error) {
	var picked []*candidate
	for _, c := range a.candidates {
		same := func(p *candidate) bool {
			return p.table == c.table && slices.ContainsFunc(c.queries, func(q *advisedQuery) bool { return slices.Contains(p.queries, q) })
		}
		if len(picked) < a.limit && slices.ContainsFunc(c.queries, func(q *advisedQuery) bool { return q.scans }) && !slices.ContainsFunc(picked, same) {
			picked = append(picked, c)
		}
	}
	if len(picked) == 0 {
		b.WriteString("No query reads a large table for want of an index.\n")
		return
	}
	fmt.Fprintf(b, "UNPROVED candidates, from what the queries compare and sort by; nothing shows that the planner would use them (%s):\n", missing)
	for _, c := range picked {
		fmt.Fprintf(b, "- %s; -- for %s\n", strings.Replace(c.definition, "INDEX", "INDEX CONCURRENTLY", 1), oneLine(withoutValues(c.queries[0].text), 100))
	}
	b.WriteString("next: with the extension hypopg in this database the advice is proved: have CREATE EXTENSION hypopg run.\n")
}
