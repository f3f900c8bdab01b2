package guard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// looks reports whether a statement has to be looked at before it runs.
func (s *Source) looks() bool { return s.Ruled() || s.MaxCost > 0 }

// relation is a table, or what is like one, that a statement touches.
type relation struct {
	oid, schema, name string
	parents           []string // OIDs of the tables it inherits from
	columns           []string // by their number, from 1
}

// touchedSQL lists the relations that the transaction holds a lock on, which
// those are that the server has found in the parsed statement, views and what
// is behind them alike, and the relations that those inherit from.
const touchedSQL script = `WITH RECURSIVE held AS (
	SELECT l.relation AS oid FROM pg_catalog.pg_locks l
	WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND l.granted
	UNION SELECT i.inhparent FROM held h JOIN pg_catalog.pg_inherits i ON i.inhrelid = h.oid)
	SELECT c.oid, n.nspname, c.relname, (SELECT pg_catalog.string_agg(i.inhparent::text, ' ') FROM pg_catalog.pg_inherits i
		WHERE i.inhrelid = c.oid), (SELECT pg_catalog.string_agg(a.attname, E'\t' ORDER BY a.attnum)
		FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)
	FROM held h JOIN pg_catalog.pg_class c ON c.oid = h.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind NOT IN ('i', 'I') AND n.nspname NOT IN ('pg_catalog', 'pg_toast')`

func relationsOf(rows []Record) []relation {
	out := make([]relation, len(rows))
	for i, r := range rows {
		out[i] = relation{oid: r.Text(0), schema: r.Text(1), name: r.Text(2), parents: strings.Fields(r.Text(3)), columns: strings.Split(r.Text(4), "\t")}
	}
	return out
}

// barred refuses relations that may not be used.
func (s *Source) barred(touched []relation) error {
	for _, t := range touched {
		if t.schema == "information_schema" {
			continue // shows what the role may use
		}
		if !s.Table(t.schema, t.name) {
			return mcpcore.Hint(mcpcore.Refused("--allow-schemas, --deny-tables",
				fmt.Errorf("%s.%s may not be used here, nor what is made of it", t.schema, t.name)),
				"list_objects shows what may be used")
		}
	}
	return nil
}

// hidden are the columns of what is touched that may not be seen.
type hidden struct {
	names  map[string]bool   // of all of them
	denied map[string]bool   // of those that may not even be selected
	masked map[string]bool   // "OID.number" of the others
	where  map[string]string // schema.table, by name of a column
}

func (s *Source) hiddenOf(touched []relation) *hidden {
	h := &hidden{names: map[string]bool{}, denied: map[string]bool{}, masked: map[string]bool{}, where: map[string]string{}}
	byOID := map[string]relation{}
	for _, t := range touched {
		byOID[t.oid] = t
	}
	for _, t := range touched {
		for i, column := range t.columns {
			denied, masked := s.hides(t, column, byOID)
			if !denied && !masked {
				continue
			}
			h.names[column], h.where[column] = true, t.schema+"."+t.name
			if denied {
				h.denied[column] = true
			} else {
				h.masked[fmt.Sprintf("%s.%d", t.oid, i+1)] = true
			}
		}
	}
	if len(h.names) == 0 {
		return nil
	}
	return h
}

// hides reports what is to be done about a column: the rules for a table are
// those for its partitions, and for whatever else inherits from it.
func (s *Source) hides(t relation, column string, byOID map[string]relation) (denied, masked bool) {
	denied, masked = !s.Column(t.schema, t.name, column), s.Masked(t.schema, t.name, column)
	for _, oid := range t.parents {
		d, m := s.hides(byOID[oid], column, byOID)
		denied, masked = denied || d, masked || m
	}
	return denied, masked
}

// runLooked is run for databases with rules for objects or costs: the statement
// is parsed first, in its transaction, so that the server says what it touches.
func (s *Source) runLooked(ctx context.Context, c *session, st statement, before opening, in *intake) error {
	c.sweep()
	stop := c.watch(ctx)
	defer stop()
	c.tell(append(before, idleLimit).script())
	c.parse(st)
	c.tell(touchedSQL)
	if err := c.front.Flush(); err != nil {
		return c.lost(ctx, err)
	}
	shape, rows := &shape{}, &records{}
	err := c.reads(ctx, nil, shape, rows)
	if err == nil {
		err = s.admits(ctx, c, st, relationsOf(rows.rows), shape, in)
	}
	if err != nil {
		return c.abandon(ctx, err)
	}
	c.bind(looked, st)
	return c.conclude(ctx, st, 0, in)
}

// idleLimit is for transactions that wait for this process in their midst: it
// may be gone.
const idleLimit script = "SET LOCAL idle_in_transaction_session_timeout = '10s'"

// visible refuses a parsed statement that touches, or hands on, what may not be
// seen. It returns the hidden columns that are left for the plan to show.
func (s *Source) visible(st statement, touched []relation, shape *shape) (*hidden, error) {
	if err := s.barred(touched); err != nil {
		return nil, err
	}
	h := s.hiddenOf(touched)
	if h == nil {
		return nil, nil
	}
	uses, err := h.text(st.model.SQL())
	if err != nil {
		return nil, err
	}
	return h, h.origins(shape, uses)
}

// admits decides whether a parsed statement may run.
func (s *Source) admits(ctx context.Context, c *session, st statement, touched []relation, shape *shape, in *intake) error {
	h, err := s.visible(st, touched, shape)
	if err != nil {
		return err
	}
	if h != nil {
		in.masked = h.masked
	}
	if st.model.Kind != gate.Select {
		return nil
	}
	plan, err := s.plans(ctx, c, st, h)
	if err != nil || h == nil {
		return err
	}
	return h.plan(plan, in, len(shape.fields))
}

// plans refuses a statement that costs too much, and returns the plan in which
// hidden columns can be looked for, where there are some.
func (s *Source) plans(ctx context.Context, c *session, st statement, h *hidden) (plan map[string]any, err error) {
	if s.MaxCost > 0 {
		if plan, err = c.plan(ctx, st); err == nil {
			err = s.affordable(plan)
		}
	}
	if err != nil || h == nil {
		return nil, err
	}
	return c.openPlan(ctx, st)
}

// affordable refuses a plan that costs too much.
func (s *Source) affordable(plan map[string]any) error {
	cost, _ := plan["Total Cost"].(float64)
	if cost <= float64(s.MaxCost) {
		return nil
	}
	rows, _ := plan["Plan Rows"].(float64)
	return mcpcore.Hint(mcpcore.Refused("--max-cost",
		fmt.Errorf("the planner estimates a cost of %.0f and %.0f rows; %d is the most that is allowed", cost, rows, s.MaxCost)),
		"filter by an indexed column, or ask for less; explain shows what costs so much")
}

// plan asks for the plan of a statement, in the transaction that is open.
func (c *session) plan(ctx context.Context, st statement) (map[string]any, error) {
	rows := &records{}
	c.send(statement{own: "EXPLAIN (VERBOSE, FORMAT JSON) ", model: st.model, params: st.params})
	if err := c.front.Flush(); err != nil {
		return nil, c.lost(ctx, err)
	}
	if err := c.read(ctx, rows); err != nil {
		return nil, err
	}
	return planOf(rows.rows)
}

// withoutIndexes has the planner sort whatever is to have an order: a plan tells
// of what it sorts by, and not of the order in which an index has its rows.
const withoutIndexes = "SAVEPOINT seen; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off"

// openPlan is plan with everything in it that the statement goes by.
func (c *session) openPlan(ctx context.Context, st statement) (map[string]any, error) {
	rows := &records{}
	c.tell(withoutIndexes)
	c.send(statement{own: "EXPLAIN (VERBOSE, FORMAT JSON) ", model: st.model, params: st.params})
	c.tell("ROLLBACK TO SAVEPOINT seen")
	if err := c.front.Flush(); err != nil {
		return nil, c.lost(ctx, err)
	}
	if err := c.reads(ctx, nil, rows, nil); err != nil {
		return nil, err
	}
	return planOf(rows.rows)
}

// planOf is the plan in the answer to an EXPLAIN (FORMAT JSON).
func planOf(rows []Record) (map[string]any, error) {
	var text strings.Builder
	for _, r := range rows {
		text.WriteString(r.Text(0))
	}
	var plans []struct {
		Plan map[string]any `json:"Plan"`
	}
	if err := json.Unmarshal([]byte(text.String()), &plans); err != nil || len(plans) != 1 {
		return nil, errNoPlan
	}
	return plans[0].Plan, nil
}

var errNoPlan = errors.New("the plan of the statement cannot be read, so that it is not run")
