package guard

import (
	"slices"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// transactional are functions, by pattern, that are undone with the transaction,
// or mean nothing without it. Statements that change something may use them.
var transactional = []string{
	"nextval", "pg_notify", "txid_current*", "pg_current_xact_id*", "pg_advisory_xact_lock*", "pg_try_advisory_xact_lock*",
}

// inSession are functions that triggers may use beside those: what they do ends
// with the session, or is no more than time.
var inSession = []string{"set_config", "setval", "pg_sleep*", "pg_advisory_*", "pg_try_advisory_*"}

// privileged show more to a superuser than to others: settings with passwords in
// them, and what others send to the server.
var privileged = []string{
	"current_setting", "pg_settings", "pg_show_all_settings", "pg_stat_activity", "pg_stat_get_activity", "pg_stat_get_backend_activity",
	"pg_stat_statements", "pg_stat_wal_receiver", "pg_stat_get_wal_receiver", "pg_stat_replication", "pg_stat_get_wal_senders",
}

const (
	whyPrivileged = "statements of execute run as a superuser here, to whom it shows too much (--role)"
	whyDynamic    = "it runs SQL that it makes itself, which cannot be looked at (--allow-functions)"
	whyLanguage   = "it is in a language that cannot be read (--allow-functions)"
)

// deniedToWrites finds the names that statements which change something may not
// mention. In a transaction that is not read-only, a function of the users' own
// can do more, so that those are denied too which cannot be looked at.
func (s *Source) deniedToWrites(d *denied, f *found, superuser bool) {
	opaque := map[string]string{}
	for _, body := range f.bodies {
		name := body.Text(0)
		switch {
		case s.allows(name):
		case !legible(body):
			opaque[name] = whyLanguage
		case body.Text(1) == "plpgsql" && isDynamic(body.Text(2)):
			opaque[name] = whyDynamic
		}
	}
	d.writes = s.deniedOf(f, slices.Concat(harmless, transactional))
	if superuser {
		for _, name := range privileged {
			if !s.allows(name) {
				opaque[name] = whyPrivileged
			}
		}
	}
	for name, why := range opaque {
		if d.writes[name] == "" {
			d.writes[name] = why
		}
	}
	bodies, _ := s.bodies(f.bodies)
	follow(d.writes, append(bodies, leads(f.views)...))

	d.acts = map[string]string{}
	for _, r := range f.functions {
		if s.whyNot(r, slices.Concat(harmless, transactional, inSession)) == whyFunction {
			d.acts[r.Text(0)] = whyFunction
		}
	}
	follow(d.acts, bodies)
}

// isDynamic reports whether a body in PL/pgSQL has EXECUTE in it.
func isDynamic(body string) bool {
	for t, err := range gate.Lex(body) {
		if err != nil || t.Kind == gate.Word && t.Name == "execute" {
			return true
		}
	}
	return false
}
