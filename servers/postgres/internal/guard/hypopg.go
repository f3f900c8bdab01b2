package guard

import (
	"context"
	"errors"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// hypotheticalSQL lists the hypothetical indexes of the session. Both verbs are
// for the schema of hypopg.
const hypotheticalSQL = `SELECT h.indexname, n.nspname, c.relname, %s.hypopg_relation_size(h.indexrelid),
	(SELECT pg_catalog.string_agg(a.attname, E'\t') FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (h.indkey::int2[]))
	FROM %s.hypopg() h JOIN pg_catalog.pg_class c ON c.oid = h.indrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	ORDER BY h.indexrelid`

// findHypopg checks what hypothetical indexes there are to be, and that there
// can be any.
func (p *planning) findHypopg(ctx context.Context, c *session) error {
	if len(p.Indexes) == 0 {
		return nil
	}
	for _, definition := range p.Indexes {
		index, err := p.s.checkIndex(definition)
		if err != nil {
			return err
		}
		p.indexes = append(p.indexes, index)
	}
	x, err := p.s.extension(ctx, c, "hypopg")
	if err == nil {
		err = x.Missing("hypothetical indexes need", "such as postgresql-17-hypopg")
	}
	p.hypopg = Quoted(x.Schema)
	return err
}

// checkIndex lets through one CREATE INDEX that mentions no denied name.
func (s *Source) checkIndex(definition string) (*gate.Statement, error) {
	d := s.denied.Load() // is there: the query was checked before
	st, err := gate.Check(definition, gate.Rules{Mode: gate.ModeDDL, Denied: func(name string) string { return d.why[name] }})
	var refusal *gate.Refusal
	if errors.As(err, &refusal) {
		return nil, mcpcore.Hint(mcpcore.Refused(refusal.Rule, fmt.Errorf("%s (at character %d of the index)", refusal.Message, refusal.Position)), refusal.Hint)
	}
	if err != nil {
		return nil, err
	}
	var words []string
	for t, err := range gate.Lex(definition) {
		if err != nil || len(words) == 3 {
			break
		}
		words = append(words, t.Name)
		if t.Kind != gate.Word {
			words[len(words)-1] = ""
		}
	}
	if len(words) == 3 && words[1] == "unique" {
		words = append(words[:1], words[2])
	}
	if len(words) < 2 || words[0] != "create" || words[1] != "index" {
		return nil, mcpcore.Hint(mcpcore.Refused(gate.RuleStatement, errors.New("a hypothetical index is given as a CREATE INDEX")),
			"such as CREATE INDEX ON orders (customer_id, ordered_at)")
	}
	return st, nil
}
