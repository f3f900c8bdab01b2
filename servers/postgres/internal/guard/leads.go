package guard

import (
	"context"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// viewsSQL lists what views are made of, outside the system's own: the view,
// and a function, table or view in it. The rule itself is looked into, as
// pg_depend says nothing of what belongs to PostgreSQL.
const viewsSQL Own = `SELECT DISTINCT v.relname, coalesce(p.proname, c.relname)
	FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class v ON v.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace
	CROSS JOIN LATERAL pg_catalog.regexp_matches(r.ev_action::text, ':(relid|funcid|opfuncid|aggfnoid|winfnoid) ([0-9]+)', 'g') m
	LEFT JOIN pg_catalog.pg_proc p ON m[1] <> 'relid' AND p.oid = m[2]::oid
	LEFT JOIN pg_catalog.pg_class c ON m[1] = 'relid' AND c.oid = m[2]::oid AND c.oid <> v.oid
	WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND coalesce(p.proname, c.relname) IS NOT NULL`

// lead is a view or a function, and what is mentioned in it.
type lead struct{ from, to string }

func leads(rows []Record) []lead {
	all := make([]lead, len(rows))
	for i, r := range rows {
		all[i] = lead{r.Text(0), r.Text(1)}
	}
	return all
}

// follow adds the views and functions that lead to a denied name, at any depth.
func (d *denied) follow(all []lead) {
	for more := true; more; {
		more = false
		for _, l := range all {
			if d.why[l.to] != "" && d.why[l.from] == "" {
				d.why[l.from] = fmt.Sprintf(whyLeads, l.to)
				more = true
			}
		}
	}
}

// bodiesSQL lists functions that are neither the system's nor an extension's,
// with their text in a language that the gate can read: as it was written, and
// as it is shown, which has the body where that is kept parsed.
const bodiesSQL Own = `SELECT p.proname, p.prosrc, pg_catalog.pg_get_functiondef(p.oid)
	FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language l ON l.oid = p.prolang
	WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND p.prokind <> 'a' AND l.lanname IN ('sql', 'plpgsql') AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
		WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')`

// bodies finds what the database's own functions mention, and denies those that
// cannot be read.
func (s *Source) bodies(ctx context.Context, c *session, d *denied) ([]lead, error) {
	found := &records{}
	if err := c.run(ctx, statement{sql: string(bodiesSQL)}, s.begin(s.Timeout, ""), found); err != nil {
		return nil, fmt.Errorf("what functions do: %w", err)
	}
	var all []lead
	for _, f := range found.rows {
		name := f.Text(0)
		if matches(s.AllowFunctions, name) {
			continue
		}
		for _, text := range []string{f.Text(1), f.Text(2)} {
			for t, err := range gate.Lex(text) {
				switch {
				case err != nil:
					d.why[name] = whyUnread
				case t.Name != "":
					all = append(all, lead{name, t.Name})
				}
			}
		}
	}
	return all, nil
}
