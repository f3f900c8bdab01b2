package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

type activityIn struct {
	Kind  string `json:"kind,omitzero" jsonschema:"what to look at" enum:"queries,locks,transactions" default:"queries"`
	Limit int    `json:"limit,omitzero" jsonschema:"most sessions to list" min:"1" max:"200" default:"30"`
	where
}

// sessions of the kinds that activity shows.
const (
	sessionOf = `SELECT a.pid, a.usename, a.state, coalesce(a.wait_event_type || '/' || a.wait_event, ''),`
	sessionIs = `, a.query, a.application_name, pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(a.pid), ','),
		coalesce(greatest(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid)), 0), a.backend_type
		FROM pg_catalog.pg_stat_activity a WHERE a.pid <> pg_catalog.pg_backend_pid() `
	runningSQL guard.Own = sessionOf + ` 1000 * extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start)` + sessionIs + `
		AND a.state IS DISTINCT FROM 'idle' AND a.state !~ '^idle in' AND a.datname = pg_catalog.current_database() ORDER BY 5 DESC NULLS LAST LIMIT $1::int`
	openSQL guard.Own = sessionOf + ` 1000 * extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)` + sessionIs + `
		AND a.xact_start IS NOT NULL AND a.datname = pg_catalog.current_database() ORDER BY 5 DESC NULLS LAST LIMIT $1::int`
	waitingSQL guard.Own = `WITH w AS (SELECT s.pid, pg_catalog.pg_blocking_pids(s.pid) AS by FROM pg_catalog.pg_stat_activity s WHERE s.wait_event_type = 'Lock') ` +
		sessionOf + ` 1000 * extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(a.query_start, a.state_change))` + sessionIs + `
		AND (a.pid IN (SELECT w.pid FROM w) OR a.pid IN (SELECT pg_catalog.unnest(w.by) FROM w)) ORDER BY 5 DESC NULLS LAST LIMIT $1::int`
	locksSQL guard.Own = `SELECT l.pid, l.mode, l.locktype, n.nspname, c.relname, l.granted FROM pg_catalog.pg_locks l
		LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
		LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT l.granted`
)

// session is a session of somebody's.
type session struct {
	pid, user, state, wait, query, application, backend string
	blockers                                            []string
	time                                                float64 // milliseconds, of what is asked for
	age                                                 int64   // transactions begun since its own, or since what it sees
	waitsFor                                            string
}

func (s *server) activity(ctx context.Context, in activityIn) (string, error) {
	source, err := s.guard.Source(ctx, in.Database)
	if err != nil {
		return "", err
	}
	sql := map[string]guard.Own{"queries": runningSQL, "transactions": openSQL, "locks": waitingSQL}[in.Kind]
	sessions, err := sessionsOf(ctx, source, sql, in.Limit)
	if err != nil {
		return "", err
	}
	switch {
	case len(sessions) == 0:
		return "none: " + map[string]string{"queries": "no other session runs a query", "transactions": "no other session has a transaction open", "locks": "nobody waits for a lock"}[in.Kind], nil
	case in.Kind == "locks":
		if err := addLocks(ctx, source, sessions); err != nil {
			return "", err
		}
		return tree(sessions), nil
	}
	var b strings.Builder
	for _, x := range sessions {
		b.WriteString(x.line(in.Kind == "transactions") + "\n")
	}
	return b.String(), nil
}

func sessionsOf(ctx context.Context, source *guard.Source, sql guard.Own, limit int) ([]*session, error) {
	v, err := visibleIn(ctx, source)
	if err != nil {
		return nil, err
	}
	records, err := source.OwnAsLogin(ctx, sql, guard.Text(fmt.Sprint(limit)))
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(records))
	for i, r := range records {
		texts[i] = r.Text(5)
	}
	shown, err := v.statements(ctx, texts)
	if err != nil {
		return nil, err
	}
	out := make([]*session, len(records))
	for i, r := range records {
		out[i] = &session{
			pid: r.Text(0), user: r.Text(1), state: r.Text(2), wait: r.Text(3), time: decimal(r.Text(4)), query: shown[i], application: r.Text(6),
			age: number(r.Text(8)), backend: r.Text(9),
		}
		if r.Text(7) != "" {
			out[i].blockers = strings.Split(r.Text(7), ",")
		}
	}
	return out, nil
}

// line is a session on one line, and its statement on another.
func (x *session) line(transaction bool) string {
	parts := []string{"pid " + x.pid}
	if x.user != "" {
		parts[0] += " of " + oneLine(x.user, 63)
	}
	if x.application != "" {
		parts[0] += " (" + oneLine(x.application, 63) + ")"
	}
	parts = append(parts, strings.TrimSpace(x.state+" "+millis(x.time)))
	if x.wait != "" && x.state != "idle in transaction" {
		parts = append(parts, "waits for "+x.wait)
	}
	if len(x.blockers) > 0 {
		parts = append(parts, "blocked by pid "+strings.Join(x.blockers, ", "))
	}
	if x.waitsFor != "" {
		parts = append(parts, "wants "+x.waitsFor)
	}
	if transaction && x.age > 0 {
		parts = append(parts, count(x.age)+" transactions began since: VACUUM keeps what they removed")
	}
	text := strings.Join(parts, ", ")
	if x.query != "" {
		text += "\n   " + oneLine(x.query, 500)
	}
	return text
}

// addLocks notes what each session waits for.
func addLocks(ctx context.Context, source *guard.Source, sessions []*session) error {
	v, err := visibleIn(ctx, source)
	if err != nil {
		return err
	}
	records, err := source.OwnAsLogin(ctx, locksSQL)
	for _, r := range records {
		for _, x := range sessions {
			if x.pid != r.Text(0) {
				continue
			}
			x.waitsFor = r.Text(1) + " on a " + r.Text(2)
			if r.Text(4) != "" && v.table(r.Text(3), r.Text(4)) {
				x.waitsFor = r.Text(1) + " on " + r.Text(3) + "." + r.Text(4)
			}
		}
	}
	return err
}

// tree shows sessions below those that block them. Those that block each other
// are shown once.
func tree(sessions []*session) string {
	var b strings.Builder
	shown := map[string]bool{}
	var write func(x *session, depth int)
	write = func(x *session, depth int) {
		if shown[x.pid] {
			return
		}
		shown[x.pid] = true
		indent := strings.Repeat("  ", depth)
		b.WriteString(indent + strings.ReplaceAll(x.line(false), "\n", "\n"+indent) + "\n")
		for _, y := range sessions {
			for _, pid := range y.blockers {
				if pid == x.pid {
					write(y, depth+1)
				}
			}
		}
	}
	for _, x := range sessions {
		if len(x.blockers) == 0 {
			write(x, 0)
		}
	}
	for _, x := range sessions { // blocked by what is not seen, or in a circle
		write(x, 0)
	}
	b.WriteString("next: what stands at the left holds up those below it; have its transaction ended by whoever runs it.\n")
	return b.String()
}
