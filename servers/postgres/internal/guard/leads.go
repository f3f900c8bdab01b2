package guard

import (
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
func follow(why map[string]string, all []lead) {
	for more := true; more; {
		more = false
		for _, l := range all {
			if why[l.to] != "" && why[l.from] == "" {
				why[l.from] = fmt.Sprintf(whyLeads, l.to)
				more = true
			}
		}
	}
}

// bodiesSQL lists functions that are neither the system's nor an extension's,
// with their language and their text: as it was written, and as it is shown,
// which has the body where that is kept parsed.
const bodiesSQL Own = `SELECT p.proname, l.lanname, p.prosrc, pg_catalog.pg_get_functiondef(p.oid)
	FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language l ON l.oid = p.prolang
	WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND p.prokind <> 'a' AND l.lanname NOT IN ('internal', 'c') AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
		WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')`

// legible reports whether the gate can read a function's text.
func legible(body Record) bool { return body.Text(1) == "sql" || body.Text(1) == "plpgsql" }

// bodies finds what the database's own functions mention, and those that cannot
// be read.
func (s *Source) bodies(found []Record) (all []lead, unread []string) {
	for _, f := range found {
		name := f.Text(0)
		if !legible(f) || s.allows(name) {
			continue
		}
		for _, text := range []string{f.Text(2), f.Text(3)} {
			for t, err := range gate.Lex(text) {
				switch {
				case err != nil:
					unread = append(unread, name)
				case t.Name != "":
					all = append(all, lead{name, t.Name})
				}
			}
		}
	}
	return all, unread
}
