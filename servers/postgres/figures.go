package postgres

import (
	"context"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/render"
)

// OIDs of the types of figures.
const (
	bigint  = 23 // each of those here fits into a number of JSON
	boolean = 16
	anyText = 25
)

// settingsSQL are the settings that somebody has chosen. Those with commands,
// files or passwords are left out, and those of applications, whose meaning
// nobody here knows.
const settingsSQL guard.Own = `SELECT s.name, s.setting, s.unit, s.source, s.pending_restart FROM pg_catalog.pg_settings s
	WHERE s.source NOT IN ('default', 'client', 'session', 'override') AND s.category <> 'Customized Options'
	AND s.name !~ '(_command|_file|_conninfo|_passphrase.*|_directory|_directories)$' ORDER BY s.name`

// settings is the resource of that name.
func settings(ctx context.Context, source *guard.Source) (string, error) {
	records, err := source.Own(ctx, settingsSQL)
	if err != nil {
		return "", err
	}
	w := render.New(render.JSON)
	w.Columns([]render.Column{{Name: "name"}, {Name: "setting"}, {Name: "unit"}, {Name: "source"}, {Name: "pending_restart", Type: boolean}})
	for _, r := range records {
		w.Row(r)
	}
	return w.String(), nil
}

// statsSQL is how the tables are used, the largest first.
const statsSQL guard.Own = `SELECT s.schemaname, s.relname, s.n_live_tup, s.n_dead_tup, s.seq_scan, s.idx_scan, s.n_tup_ins, s.n_tup_upd, s.n_tup_del,
	pg_catalog.pg_total_relation_size(s.relid), greatest(s.last_vacuum, s.last_autovacuum), greatest(s.last_analyze, s.last_autoanalyze), ` + guard.KinSQL + `
	FROM pg_catalog.pg_stat_user_tables s CROSS JOIN LATERAL (SELECT s.relid AS oid) k
	WHERE s.schemaname !~ '^pg_(toast|temp)' ORDER BY 10 DESC NULLS LAST, 1, 2 LIMIT 2000`

// stats is the resource of that name.
func stats(ctx context.Context, source *guard.Source) (string, error) {
	records, err := source.Own(ctx, statsSQL)
	if err != nil {
		return "", err
	}
	w := render.New(render.JSON)
	columns := []render.Column{{Name: "schema", Type: anyText}, {Name: "table", Type: anyText}}
	for _, name := range []string{"live_rows", "dead_rows", "seq_scans", "index_scans", "inserts", "updates", "deletes", "bytes"} {
		columns = append(columns, render.Column{Name: name, Type: bigint})
	}
	columns = append(columns, render.Column{Name: "last_vacuum", Type: anyText}, render.Column{Name: "last_analyze", Type: anyText})
	w.Columns(columns)
	for _, r := range records {
		if source.Seen(guard.KinOf(r.Text(12))) {
			w.Row(r[:12])
		}
	}
	return w.String(), nil
}
