package guard

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// denied are the names that statements of a model may not mention: functions
// that act on the world outside a transaction or run SQL from a text, catalogs
// that hold secrets, and views that lead to either. The server is asked which
// there are.
type denied struct {
	why    map[string]string // by name
	writes map[string]string // likewise, for statements that change something
	acts   map[string]string // functions that act outside of a transaction though nobody mentions them
	from   time.Time
}

// freshFor is how long the names are taken to be all: then the server is asked
// again, as functions and views may have been added.
const freshFor = time.Minute

// harmless are the functions, by pattern, that PostgreSQL or an extension calls
// volatile though they only look, or bring chance.
var harmless = []string{
	"bernoulli", "system", "clock_timestamp", "timeofday", "random", "random_normal", "gen_random_uuid", "uuidv4", "uuidv7",
	"uuid_generate_*", "gen_random_bytes", "gen_salt", "currval", "lastval", "normal_rand",
	"pg_blocking_pids", "pg_safe_snapshot_blocking_pids", "pg_collation_actual_version", "pg_database_collation_actual_version",
	"pg_current_wal_*", "pg_*_size", "pg_size_*", "pg_is_in_recovery", "pg_is_wal_replay_paused", "pg_get_wal_replay_pause_state",
	"pg_jit_available", "pg_last_*", "pg_lock_status", "pg_notification_queue_usage", "pg_partition_ancestors", "pg_partition_tree",
	"pg_sequence_last_value", "pg_stat_get_*", "pg_stat_have_stats", "pg_xact_commit_timestamp*", "pg_xact_status", "txid_status",
	"pg_show_replication_origin_status", "pg_get_wal_resource_managers", "pg_stat_statements", "pg_stat_statements_info",
	"amvalidate", "pg_available_wal_summaries",
}

// runsText are functions that run SQL from a text, or give out what is in
// files or other sessions, whatever PostgreSQL calls them. The pattern is of
// functions of PostgreSQL and of extensions.
var runsText = []string{
	"*_to_xml", "*_to_xmlschema", "*_to_xml_and_xmlschema", "crosstab*", "connectby", "xpath_table", "ts_stat", "ts_rewrite",
	"dblink*", "lo_*", "pg_read_*", "pg_ls_*", "citus_*", "run_command_on_*", "master_run_on_worker", "hypopg*",
}

// distributed are functions of Citus that act on other servers, or change how
// tables are spread over them. They are denied by name alone: a coordinator's
// catalog need not show them to everybody.
var distributed = strings.Fields(`run_command_on_workers run_command_on_all_nodes run_command_on_coordinator run_command_on_placements
	run_command_on_shards run_command_on_colocated_placements master_run_on_worker worker_apply_shard_ddl_command worker_apply_sequence_command
	worker_execute_sql_task citus_add_node citus_add_inactive_node citus_add_secondary_node citus_activate_node citus_disable_node
	citus_remove_node citus_update_node citus_drain_node citus_set_node_property citus_set_coordinator_host citus_move_shard_placement
	citus_copy_shard_placement citus_split_shard_by_split_points citus_rebalance_start citus_rebalance_stop citus_schema_distribute
	citus_schema_undistribute citus_schema_move citus_add_local_table_to_metadata citus_create_restore_point citus_cleanup_orphaned_resources
	citus_stat_statements_reset citus_drop_all_shards citus_truncate_trigger create_distributed_table create_distributed_table_concurrently
	create_reference_table create_distributed_function undistribute_table alter_distributed_table alter_table_set_access_method
	alter_old_partitions_set_access_method rebalance_table_shards replicate_reference_tables isolate_tenant_to_new_shard truncate_local_data_after_distributing_table
	update_distributed_table_colocation start_metadata_sync_to_node stop_metadata_sync_to_node recover_prepared_transactions create_time_partitions drop_old_time_partitions`)

// catalogs hold passwords, hashes of them, or what is in files.
var catalogs = []string{
	"pg_authid", "pg_shadow", "pg_user_mapping", "pg_user_mappings", "pg_subscription", "pg_hba_file_rules", "pg_ident_file_mappings",
	"pg_file_settings", "pg_largeobject",
}

// statistics hold values of columns.
var statistics = []string{"pg_statistic", "pg_stats", "pg_statistic_ext_data", "pg_stats_ext", "pg_stats_ext_exprs"}

// sessions show statements of others, who may have the same login here.
var sessions = []string{"pg_stat_activity", "pg_stat_get_activity", "pg_stat_get_backend_activity", "pg_stat_statements", "pg_stat_monitor"}

const (
	whyFunction = "it acts outside of a transaction, or runs SQL from a text"
	whyDefiner  = "it runs with the rights of a superuser"
	whyCatalog  = "it holds secrets"
	whyStats    = "it holds values of columns that are hidden"
	whyOthers   = "it shows what others do here"
	whyLeads    = "it leads to %s"
	whyUnread   = "what it does cannot be read"
	whyUser     = "it may read what is hidden here (--allow-functions)"
	whyOperator = "the operator has denied it (--deny-functions)"
)

// functionsSQL lists functions that may be dangerous: name, of the system or an
// extension, volatile, run with a superuser's rights, in a language that can do anything.
const functionsSQL Own = `SELECT p.proname,
	n.nspname = 'pg_catalog' OR EXISTS (SELECT FROM pg_catalog.pg_depend d
		WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'),
	p.provolatile = 'v',
	p.prosecdef AND (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.oid = p.proowner),
	NOT l.lanpltrusted AND l.lanname NOT IN ('internal', 'sql')
	FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language l ON l.oid = p.prolang
	WHERE p.prokind IN ('f', 'w', 'a', 'p') AND (p.provolatile = 'v' OR p.prosecdef OR p.proname ~ $1
		OR n.nspname <> 'pg_catalog' AND NOT l.lanpltrusted AND l.lanname NOT IN ('internal', 'sql'))`

// userFunctionsSQL lists functions that are neither the system's nor an
// extension's.
const userFunctionsSQL Own = `SELECT DISTINCT p.proname FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
	WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
		WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')`

// found is what the server has of functions and views.
type found struct{ functions, own, bodies, views []Record }

// loadDenied asks the server.
func (s *Source) loadDenied(ctx context.Context, c *session) (*denied, error) {
	d := &denied{from: time.Now()}
	f := &found{}
	pattern := Text("^(" + strings.ReplaceAll(strings.Join(runsText, "|"), "*", ".*") + ")$")
	for _, ask := range []struct {
		what   string
		sql    Own
		params []Param
		into   *[]Record
	}{
		{"which functions there are", functionsSQL, []Param{pattern}, &f.functions},
		{"which functions are the users' own", userFunctionsSQL, nil, &f.own},
		{"what functions do", bodiesSQL, nil, &f.bodies},
		{"which views there are", viewsSQL, nil, &f.views},
	} {
		rows := &records{}
		if err := c.run(ctx, statement{own: ask.sql, params: ask.params}, s.begin(s.Timeout, ""), rows); err != nil {
			return nil, fmt.Errorf("%s: %w", ask.what, err)
		}
		*ask.into = rows.rows
	}
	d.why = s.deniedOf(f, harmless)
	if s.Mode > gate.ReadOnly {
		s.deniedToWrites(d, f, c.about.Superuser && s.Role == "")
	}
	return d, nil
}

// deniedOf are the names that may not be mentioned, where functions of these
// patterns do no harm.
func (s *Source) deniedOf(f *found, harmless []string) map[string]string {
	why := map[string]string{}
	for _, r := range f.functions {
		if no := s.whyNot(r, harmless); no != "" {
			why[r.Text(0)] = no
		}
	}
	for _, name := range catalogs {
		why[name] = whyCatalog
	}
	for _, name := range distributed {
		if !matches(s.AllowFunctions, name) {
			why[name] = whyFunction
		}
	}
	if s.Ruled() {
		for _, name := range statistics {
			why[name] = whyStats
		}
		for _, r := range f.own {
			if name := r.Text(0); why[name] == "" && !s.allows(name) {
				why[name] = whyUser
			}
		}
	}
	if s.apart {
		for _, name := range sessions {
			why[name] = whyOthers
		}
	}
	bodies, unread := s.bodies(f.bodies)
	for _, name := range unread {
		why[name] = whyUnread
	}
	follow(why, append(bodies, leads(f.views)...))
	return why
}

// whyNot says why a function may not be mentioned.
func (s *Source) whyNot(f Record, harmless []string) string {
	name, installed, volatile, definer, anything := f.Text(0), f.Bool(1), f.Bool(2), f.Bool(3), f.Bool(4)
	switch {
	case matches(s.DenyFunctions, name):
		return whyOperator
	case s.allows(name):
		return ""
	case installed && matches(runsText, name):
		return whyFunction
	case definer && !installed:
		return whyDefiner
	case installed && volatile && !matches(harmless, name), anything && !installed:
		return whyFunction
	}
	return ""
}
