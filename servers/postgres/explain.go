package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

type explainIn struct {
	SQL     string            `json:"sql" jsonschema:"one query, without EXPLAIN"`
	Params  []json.RawMessage `json:"params,omitzero" jsonschema:"values of $1 and so on; without them the plan is for any values"`
	Analyze bool              `json:"analyze,omitzero" jsonschema:"run the query and measure"`
	Indexes []string          `json:"hypothetical_indexes,omitzero" jsonschema:"CREATE INDEX statements to plan with; needs hypopg" max:"20"`
	Format  string            `json:"format,omitzero" jsonschema:"form of the plan" enum:"text,json" default:"text"`
	where
}

func (s *server) explain(ctx context.Context, in explainIn) (string, error) {
	source, err := s.guard.Source(ctx, in.Database)
	if err != nil {
		return "", err
	}
	ask := guard.Explain{SQL: in.SQL, Params: paramsOf(in.Params), Analyze: in.Analyze}
	before, err := source.Explain(ctx, ask)
	if err != nil {
		return "", err
	}
	after := before
	if len(in.Indexes) > 0 {
		ask.Indexes = in.Indexes
		if after, err = source.Explain(ctx, ask); err != nil {
			return "", err
		}
	}
	if in.Format == "json" {
		return after.JSON, nil
	}
	return explained(ctx, source, before, after)
}

// explained is the text for a plan, and for that without hypothetical indexes.
func explained(ctx context.Context, source *guard.Source, before, after *guard.Plan) (string, error) {
	p, err := parsePlan(after.JSON)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if after.Generic {
		b.WriteString("The plan for any values of the parameters; params gives those for some.\n")
	}
	b.WriteString(p.String())
	if after != before {
		old, err := parsePlan(before.JSON)
		if err != nil {
			return "", err
		}
		b.WriteString("\n" + compared(old, p, after.Indexes))
	}
	rows, err := tableRows(ctx, source, p)
	if err != nil {
		return "", err
	}
	if remarks := p.remarks(rows); len(remarks) > 0 {
		b.WriteString("\nWhat stands out:\n")
		for _, r := range remarks {
			b.WriteString("- " + r + "\n")
		}
	}
	return b.String(), nil
}

// compared says what hypothetical indexes would change.
func compared(before, after *plan, indexes []guard.Hypothetical) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Cost without these indexes %s, with them %s", rough(before.Top.Cost), rough(after.Top.Cost))
	if after.Top.Cost < before.Top.Cost {
		fmt.Fprintf(&b, " (%.0f%% less)", 100*(1-after.Top.Cost/before.Top.Cost))
	}
	b.WriteString(".\n")
	for _, x := range indexes {
		used := "not used"
		if uses(after, x.Name) {
			used = "used"
		}
		fmt.Fprintf(&b, "- %s on %s.%s: %s, about %s\n", x.Name, x.Schema, x.Table, used, size(x.Bytes))
	}
	return b.String()
}

// uses reports whether a plan uses an index.
func uses(p *plan, index string) bool {
	found := false
	p.Top.walk(func(n *planNode) { found = found || n.Index == index })
	return found
}

const tableRowsSQL guard.Own = `SELECT n.nspname || '.' || c.relname, c.reltuples FROM pg_catalog.pg_class c
	JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname || '.' || c.relname = ANY ($1::text[])`

// tableRows is how many rows the tables of a plan have, by the server's own
// last count.
func tableRows(ctx context.Context, source *guard.Source, p *plan) (map[string]float64, error) {
	var names []string
	p.Top.walk(func(n *planNode) {
		if n.Type == "Seq Scan" {
			names = append(names, n.Schema+"."+n.Relation)
		}
	})
	out := map[string]float64{}
	if len(names) == 0 {
		return out, nil
	}
	records, err := source.Own(ctx, tableRowsSQL, guard.Texts(names))
	for _, r := range records {
		out[r.Text(0)] = decimal(r.Text(1))
	}
	return out, err
}

// decimal is 0 where there is no number.
func decimal(text string) float64 {
	f, _ := strconv.ParseFloat(text, 64)
	return f
}
