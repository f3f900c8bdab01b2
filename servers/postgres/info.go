package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

// roleSQL is who statements run as.
const roleSQL guard.Own = `SELECT current_user, pg_catalog.current_setting('search_path'),
	(SELECT r.rolsuper OR r.rolbypassrls FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)`

// loginSQL is asked with the login's own rights: what the server is, and what
// the login may do that a reader need not.
const loginSQL guard.Own = `SELECT pg_catalog.current_setting('server_version'), session_user, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolreplication,
	(SELECT pg_catalog.string_agg(m.rolname, ', ' ORDER BY m.rolname) FROM pg_catalog.pg_roles m WHERE m.rolname IN ('pg_execute_server_program',
		'pg_write_server_files', 'pg_read_server_files', 'pg_write_all_data') AND NOT r.rolsuper AND pg_catalog.pg_has_role(r.oid, m.oid, 'USAGE')),
	(SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f', 'v')
		AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
		AND pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')),
	pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('default_transaction_read_only') = 'on',
	CASE WHEN pg_catalog.pg_is_in_recovery() THEN CASE WHEN pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn() THEN 0
		ELSE extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()) END END::numeric(12, 1),
	CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT') THEN pg_catalog.pg_database_size(d.oid) END,
	(SELECT pg_catalog.string_agg(e.extname || ' ' || e.extversion, ', ' ORDER BY e.extname) FROM pg_catalog.pg_extension e),
	d.datname, pg_catalog.pg_encoding_to_char(d.encoding), pg_catalog.current_setting('TimeZone'),
	pg_catalog.quote_ident(d.datname), pg_catalog.pg_has_role(d.datdba, 'USAGE')
	FROM pg_catalog.pg_roles r CROSS JOIN pg_catalog.pg_database d WHERE r.rolname = session_user AND d.datname = pg_catalog.current_database()`

func (s *server) serverInfo(ctx context.Context, in where) (string, error) {
	source, err := s.guard.Source(ctx, in.Database)
	if err != nil {
		return "", err
	}
	i, err := look(ctx, source)
	if err != nil {
		return "", err
	}
	lines := append([]string{i.server(), i.who(), i.mode(), i.limits(), "search_path: " + oneLine(i.role.Text(1), 0)}, i.rest()...)
	if surplus := i.surplus(); len(surplus) > 0 {
		schemas, err := source.Own(ctx, schemasSQL)
		if err != nil {
			return "", err
		}
		lines = append(lines, "warning: the login can do more than read: "+strings.Join(surplus, "; ")+". A role that cannot:", i.reader(schemas))
	}
	if all := s.guard.Sources(ctx); len(all) > 1 {
		lines = append(lines, "databases:")
		lines = append(lines, s.each(ctx, all, source)...)
	}
	return strings.Join(lines, "\n"), nil
}

// look finds out what server_info says.
func look(ctx context.Context, source *guard.Source) (info, error) {
	role, err := source.Own(ctx, roleSQL)
	if err != nil {
		return info{}, err
	}
	login, err := source.OwnAsLogin(ctx, loginSQL)
	if err != nil {
		return info{}, err
	}
	if len(role) != 1 || len(login) != 1 {
		return info{}, fmt.Errorf("database %s: the login is not among the roles", source.Name)
	}
	return info{source, login[0], role[0]}, nil
}

// lookTime is how long server_info waits for databases that were not asked for.
const lookTime = 3 * time.Second

// each is a line for each database that a call may be about; one of them is
// known.
func (s *server) each(ctx context.Context, all []*guard.Source, known *guard.Source) []string {
	ctx, stop := context.WithTimeout(ctx, lookTime)
	defer stop()
	lines, names := make([]string, len(all)), listed(all)
	var asked sync.WaitGroup
	for i, source := range all {
		lines[i] = "  " + names[i]
		if source == known {
			lines[i] += ": this one"
			continue
		}
		asked.Go(func() {
			text, err := about(ctx, source)
			if errors.Is(err, context.DeadlineExceeded) {
				text = "no answer yet"
			} else if err != nil {
				text = oneLine(err.Error(), 200)
			}
			lines[i] += ": " + text
		})
	}
	asked.Wait()
	return lines
}

// about is a database in a line.
func about(ctx context.Context, source *guard.Source) (string, error) {
	i, err := look(ctx, source)
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(i.server(), "\n", ", ") + "; " + i.who() + "; " + i.mode(), nil
}

// info is what server_info says.
type info struct {
	source      *guard.Source
	login, role guard.Record // of loginSQL and roleSQL
}

func (i info) server() string {
	text := "PostgreSQL " + i.login.Text(0) + ", database " + plain(i.login.Text(17)) + ", " + i.login.Text(15) + ", time zone " + oneLine(i.login.Text(16), 0)
	if !i.login.Null(12) {
		text += ", " + size(number(i.login.Text(12)))
	}
	if i.source.Pooled() {
		text += ", through a pooler"
	}
	switch {
	case !i.login.Bool(9):
		return text + "\nprimary"
	case i.login.Null(11):
		return text + "\nreplica; how far it lags is not known"
	}
	return text + "\nreplica, " + i.login.Text(11) + " s behind its primary at most"
}

func (i info) who() string {
	login, role := oneLine(i.login.Text(1), 0), oneLine(i.role.Text(0), 0)
	text := "login: " + login
	if i.login.Bool(2) {
		text += " (superuser)"
	}
	switch {
	case role != login:
		text += "; statements run with the rights of " + role
	case i.login.Bool(2):
		text += "; statements run with all its rights: name a role that reads only (--role)"
	}
	if i.source.Mode > gate.ReadOnly && i.source.Role == "" && i.login.Bool(2) {
		text += "; those of execute with all rights of a superuser: name a role that may change what is to be changed (--role)"
	}
	if len(i.source.Session) > 0 && i.role.Bool(2) {
		text += "; session-settings are of no use, as row-level security does not hold for " + role
	}
	return text
}

func (i info) mode() string {
	switch {
	case i.source.Mode == gate.ReadOnly:
		return "mode: read-only; every statement is rolled back"
	case i.login.Bool(9):
		return "mode: writing is allowed, and not possible: this is a replica"
	case i.login.Bool(10):
		return "mode: writing is allowed, and not possible: default_transaction_read_only is on"
	case i.source.Mode == gate.ModeDML:
		return "mode: dml; rows can be changed, by execute"
	}
	return "mode: ddl; rows and tables can be changed, by execute"
}

func (i info) limits() string {
	d := i.source.Database
	text := fmt.Sprintf("limits: %s for a statement, %d rows, %s of values", d.Timeout, d.MaxRows, size(int64(d.MaxBytes)))
	if d.MaxCost > 0 {
		text += fmt.Sprintf(", estimated cost %d", d.MaxCost)
	}
	return text
}

func (i info) rest() []string {
	var lines []string
	if !i.login.Null(13) {
		lines = append(lines, "extensions: "+oneLine(i.login.Text(13), 0))
	}
	return lines
}

// surplus is what the login may do that a reader need not.
func (i info) surplus() []string {
	var out []string
	for _, right := range []struct {
		has  bool
		name string
	}{
		{i.login.Bool(2), "it is a superuser"},
		{i.login.Bool(3) && !i.login.Bool(2), "it passes by row-level security"},
		{i.login.Bool(4) && !i.login.Bool(2), "it can make roles"},
		{i.login.Bool(5) && !i.login.Bool(2), "it can make databases"},
		{i.login.Bool(6) && !i.login.Bool(2), "it can replicate"},
		{!i.login.Null(7), "it is in " + i.login.Text(7)},
		{i.login.Bool(18) && !i.login.Bool(2), "it owns the database"},
		{number(i.login.Text(8)) > 0 && !i.login.Bool(2), "it can change tables"},
	} {
		if right.has {
			out = append(out, right.name)
		}
	}
	return out
}

// reader is SQL that makes a role which can read and nothing else.
func (i info) reader(schemas []guard.Record) string {
	var names []string
	for _, r := range schemas {
		if i.source.Schema(r.Text(0)) {
			names = append(names, plain(r.Text(1)))
		}
	}
	in := strings.Join(names, ", ")
	return strings.Join([]string{
		"CREATE ROLE mcp_reader LOGIN PASSWORD '…';",
		"ALTER ROLE mcp_reader SET default_transaction_read_only = on;",
		"GRANT CONNECT ON DATABASE " + plain(i.login.Text(17)) + " TO mcp_reader;",
		"GRANT USAGE ON SCHEMA " + in + " TO mcp_reader;",
		"GRANT SELECT ON ALL TABLES IN SCHEMA " + in + " TO mcp_reader;",
		"ALTER DEFAULT PRIVILEGES IN SCHEMA " + in + " GRANT SELECT ON TABLES TO mcp_reader;",
	}, "\n")
}
