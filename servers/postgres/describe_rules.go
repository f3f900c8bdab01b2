package postgres

import (
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

// rulesSQL are the policies and triggers of a table, and its rewrite rules but
// for that of a view: the kind, and the text.
const rulesSQL guard.Own = `SELECT 'policies', pg_catalog.quote_ident(p.polname)
	|| CASE WHEN p.polpermissive THEN '' ELSE ' restrictive' END
	|| ' for ' || CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END
	|| coalesce(' to ' || (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(r.rolname), ', ') FROM pg_catalog.pg_roles r WHERE r.oid = ANY (p.polroles)), '')
	|| coalesce(' using (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', '')
	|| coalesce(' check (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') AS text
	FROM pg_catalog.pg_policy p WHERE p.polrelid = $1::oid
	UNION ALL SELECT 'triggers', pg_catalog.pg_get_triggerdef(t.oid, true) || CASE t.tgenabled WHEN 'D' THEN ' (disabled)' ELSE '' END
	FROM pg_catalog.pg_trigger t WHERE t.tgrelid = $1::oid AND NOT t.tgisinternal
	UNION ALL SELECT 'rules', pg_catalog.pg_get_ruledef(r.oid, true) FROM pg_catalog.pg_rewrite r WHERE r.ev_class = $1::oid AND r.rulename <> '_RETURN'
	ORDER BY 1, 2`

// childrenSQL are the partitions of a table, or those that inherit from it.
const childrenSQL guard.Own = `SELECT k.oid::regclass, pg_catalog.pg_get_expr(c.relpartbound, c.oid), c.reltuples::bigint,
	pg_catalog.pg_total_relation_size(c.oid), c.relispartition, ` + guard.KinSQL + `
	FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid CROSS JOIN LATERAL (SELECT c.oid) k
	WHERE i.inhparent = $1::oid ORDER BY c.relname`

// rules writes the policies, triggers and rules, or how many there are.
func (d *tableText) rules(rules []guard.Record) {
	lines := map[string][]string{}
	for _, r := range rules {
		if text := r.Text(1); !d.mentions.Hides(d.o.kin, text) {
			lines[r.Text(0)] = append(lines[r.Text(0)], plain(oneLine(text, 0)))
		}
	}
	for _, kind := range []string{"policies", "triggers", "rules"} {
		switch n := len(lines[kind]); {
		case n == 0:
		case d.full:
			d.section(kind+":", lines[kind]...)
		default:
			d.section(fmt.Sprintf("%s: %d", kind, n))
		}
	}
}

// maxChildren is how many partitions are shown.
const maxChildren = 100

// children writes the partitions, or how many there are.
func (d *tableText) children(children []guard.Record) {
	var lines []string
	title := "children"
	for _, r := range children {
		if !d.source.Seen(guard.KinOf(r.Text(5))) {
			continue
		}
		if r.Bool(4) {
			title = "partitions"
		}
		line := plain(r.Text(0))
		if !r.Null(1) {
			line += " " + oneLine(r.Text(1), 0)
		}
		lines = append(lines, fmt.Sprintf("%s, ~%s rows, %s", line, count(max(number(r.Text(2)), 0)), size(number(r.Text(3)))))
	}
	switch n := len(lines); {
	case n == 0:
	case !d.full:
		d.section(fmt.Sprintf("%s: %d", title, n))
	case n > maxChildren:
		d.section(title+":", append(lines[:maxChildren], fmt.Sprintf("and %d more: list_objects lists them, by kind partition", n-maxChildren))...)
	default:
		d.section(title+":", lines...)
	}
}
