package guard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Explain is a query of a model's whose plan is asked for.
type Explain struct {
	SQL     string
	Params  []Param  // without them, a query that has parameters gets the plan for any values
	Analyze bool     // run it, to see what it takes
	Indexes []string // CREATE INDEX statements; the plan is as if these had been run
}

// Plan is how the server would run a query.
type Plan struct {
	JSON    string // as EXPLAIN (FORMAT JSON) has it
	Generic bool   // it is for any values of the parameters
	Indexes []Hypothetical
}

// Hypothetical is an index that does not exist.
type Hypothetical struct {
	Name          string // as the plan calls it
	Schema, Table string
	Bytes         int64 // as estimated
}

// Explain returns the plan of a query. The query is held to the same rules as
// for Query, by itself: that it comes behind an EXPLAIN hides nothing of it.
func (s *Source) Explain(ctx context.Context, e Explain) (*Plan, error) {
	p := &planning{s: s, Explain: e, plan: &Plan{}}
	err := s.use(ctx, func(c *session) error {
		checked, err := s.check(ctx, c, e.SQL, min(s.Mode, gate.ModeDML))
		if err != nil {
			return err
		}
		if err := p.admit(checked); err != nil {
			return err
		}
		if err := p.findHypopg(ctx, c); err != nil {
			return err
		}
		return p.run(ctx, c)
	})
	return p.plan, err
}

// planning is an Explain on its way.
type planning struct {
	Explain
	s      *Source
	st     statement
	params int    // that the query has
	hypopg string // the schema of the extension

	indexes []*gate.Statement // those of Indexes
	plan    *Plan
}

// admit refuses what has no plan, or none that can be shown.
func (p *planning) admit(checked *gate.Statement) error {
	if checked.Kind != gate.Select && (checked.Kind != gate.DML || p.Analyze) {
		return mcpcore.Hint(mcpcore.Refused(gate.RuleExplain, errors.New("this is no query, and so has no plan")),
			"give the query alone, without EXPLAIN; with analyze, one that only reads")
	}
	for t, err := range gate.Lex(p.SQL) {
		if err != nil {
			return err
		}
		if t.Kind == gate.Param {
			p.params = max(p.params, number(p.SQL[t.Start+1:t.End]))
		}
	}
	p.plan.Generic = p.params > 0 && len(p.Params) == 0
	if p.Analyze && p.plan.Generic {
		return mcpcore.Hint(errors.New("a query with parameters cannot run without their values"), "give params, or leave analyze out")
	}
	if p.Analyze && len(p.Indexes) > 0 {
		return mcpcore.Hint(errors.New("indexes that do not exist cannot be used by a query that runs"), "leave analyze out, or hypothetical_indexes")
	}
	p.st = statement{model: checked, params: p.Params}
	return nil
}

func number(digits string) int {
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' || n > maxParams {
			return maxParams + 1
		}
		n = 10*n + int(d-'0')
	}
	return n
}

// maxParams is the most that the protocol takes.
const maxParams = 1<<16 - 1

// run parses the query, finds out what it touches, and asks for its plan, all
// in one transaction.
func (p *planning) run(ctx context.Context, c *session) error {
	c.sweep()
	stop := c.watch(ctx)
	defer stop()
	c.tell(append(p.s.begin(p.s.Timeout, c.about.Role), idleLimit).script())
	c.parse(p.st)
	c.tell(touchedSQL)
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	shape, rows := &shape{}, &records{}
	if err := c.reads(ctx, nil, shape, rows); err != nil {
		return c.abandon(ctx, err)
	}
	var h *hidden
	var err error
	if touched := relationsOf(rows.rows); p.Analyze {
		err = p.s.admits(ctx, c, p.st, touched, shape, &intake{})
	} else {
		h, err = p.s.visible(p.st, touched, shape)
	}
	if err == nil {
		err = p.explain(ctx, c)
	}
	if err == nil && h != nil {
		err = p.covers(h, len(shape.fields))
	}
	return c.abandon(ctx, err)
}

// covers refuses a plan that shows what may not be seen.
func (p *planning) covers(h *hidden, columns int) error {
	plan, err := planOf([]Record{{[]byte(p.plan.JSON)}})
	if err != nil {
		return err
	}
	return h.plan(plan, &intake{}, columns)
}

// explain sends the EXPLAIN. Whatever becomes of it, the hypothetical indexes
// are gone from the session before the transaction ends: through a pooler the
// session is somebody else's from then on.
func (p *planning) explain(ctx context.Context, c *session) error {
	plan, indexes := &records{}, &records{}
	expect := []sink{nil}
	c.tell("SAVEPOINT explained")
	if p.hypopg != "" {
		for _, index := range p.indexes {
			c.send(statement{own: Own("SELECT FROM " + p.hypopg + ".hypopg_create_index($1)"), params: []Param{Text(index.SQL())}})
			expect = append(expect, nil)
		}
		c.send(statement{own: Own(fmt.Sprintf(hypotheticalSQL, p.hypopg, p.hypopg))})
		expect = append(expect, indexes)
	}
	options := Own("EXPLAIN (VERBOSE, FORMAT JSON) ")
	if p.Analyze {
		options = "EXPLAIN (ANALYZE, BUFFERS, VERBOSE, FORMAT JSON) "
	}
	if p.plan.Generic {
		c.tell("SET LOCAL plan_cache_mode = force_generic_plan")
		c.send(statement{own: "PREPARE " + generic + " AS ", model: p.st.model})
		values := Own("NULL" + strings.Repeat(", NULL", p.params-1))
		c.send(statement{own: options + "EXECUTE " + generic + "(" + values + ")"})
		expect = append(expect, nil, nil, plan)
	} else {
		c.send(statement{own: options, model: p.st.model, params: p.Params})
		expect = append(expect, plan)
	}
	c.tell("ROLLBACK TO SAVEPOINT explained")
	if p.hypopg != "" {
		c.send(statement{own: Own("SELECT " + p.hypopg + ".hypopg_reset()")})
	}
	if p.plan.Generic {
		c.tell("DEALLOCATE " + generic)
	}
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	err := c.reads(ctx, expect...)
	c.cleared(ctx, p)
	if err == nil {
		err = p.took(plan.rows, indexes.rows)
	}
	return err
}

// generic is the name of a query that is planned for any values.
const generic = "planned"

// cleared reads the answers to what takes back an explain.
func (c *session) cleared(ctx context.Context, p *planning) {
	must := 1
	if p.hypopg != "" {
		must++
	}
	for range must {
		if !c.dead && c.read(ctx, nil) != nil {
			c.dead = true // what it holds ends with it
		}
	}
	if p.plan.Generic && !c.dead {
		_ = c.read(ctx, nil) // there may be none, where the query could not be prepared
	}
}

// took takes the answers to an explain.
func (p *planning) took(plan, indexes []Record) error {
	var text strings.Builder
	for _, r := range plan {
		text.WriteString(r.Text(0))
	}
	p.plan.JSON = text.String()
	for _, r := range indexes {
		bytes, _ := strconv.ParseInt(r.Text(3), 10, 64) // an estimate, which may be missing
		x := Hypothetical{Name: r.Text(0), Schema: r.Text(1), Table: r.Text(2), Bytes: bytes}
		columns := strings.Split(r.Text(4), "\t")
		hides := func(column string) bool {
			return !p.s.Column(x.Schema, x.Table, column) || p.s.Masked(x.Schema, x.Table, column)
		}
		if !p.s.Table(x.Schema, x.Table) || slices.ContainsFunc(columns, hides) {
			return mcpcore.Refused("--deny-tables, --deny-columns", fmt.Errorf("an index on %s.%s is about what may not be seen here", x.Schema, x.Table))
		}
		p.plan.Indexes = append(p.plan.Indexes, x)
	}
	return nil
}
