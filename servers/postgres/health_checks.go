package postgres

import "github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"

const userTables = ` AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)' `

// nameOf is the name of c in n, as SQL has it.
const nameOf = ` pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) `

// indexNameOf is the name of the index x, which is in the schema of its table.
const indexNameOf = ` pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(x.relname) `

// indexes are all indexes i of tables c in schemas n, with their names x.
const indexesFrom = ` FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
	JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace `

// covers is whether index j has all that index i has, and begins with it.
const covers = ` j.indrelid = i.indrelid AND j.indexrelid <> i.indexrelid AND j.indisvalid AND i.indisvalid AND xj.relam = x.relam
	AND (i.indkey::text || ' ') = left(j.indkey::text || ' ', length(i.indkey::text || ' '))
	AND (i.indclass::text || ' ') = left(j.indclass::text || ' ', length(i.indclass::text || ' '))
	AND (i.indcollation::text || ' ') = left(j.indcollation::text || ' ', length(i.indcollation::text || ' '))
	AND (i.indoption::text || ' ') = left(j.indoption::text || ' ', length(i.indoption::text || ' '))
	AND i.indexprs IS NULL AND j.indexprs IS NULL AND coalesce(i.indpred::text, '') = coalesce(j.indpred::text, '') AND i.indnatts = i.indnkeyatts `

const bgwriterOld guard.Own = `SELECT 'warning', NULL, NULL, 'checkpoints', b.checkpoints_req || ' were forced, ' || b.checkpoints_timed || ' came by time'
	FROM pg_catalog.pg_stat_bgwriter b WHERE b.checkpoints_req > 10 AND b.checkpoints_req > b.checkpoints_timed / 2`

// checks are all that health asks, for PostgreSQL 12 and later.
var checks = []check{
	{group: "index", title: "invalid indexes, which cost writes and serve no query", sql: `SELECT 'warning', n.nspname, c.relname, ` + indexNameOf + `,
		'left by a CREATE INDEX CONCURRENTLY or REINDEX that did not end, ' || pg_catalog.pg_size_pretty(pg_catalog.pg_relation_size(x.oid)) ` + indexesFrom + `
		WHERE NOT i.indisvalid AND x.relkind = 'i' AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.query ~* 'concurrently' AND a.state = 'active'
		AND a.pid <> pg_catalog.pg_backend_pid())` + userTables,
		next: "have REINDEX INDEX CONCURRENTLY run on them, or DROP INDEX CONCURRENTLY"},
	{group: "index", title: "indexes that another one makes superfluous", sql: `SELECT DISTINCT ON (x.oid) 'warning', n.nspname, c.relname, ` + indexNameOf + `,
		CASE WHEN i.indkey = j.indkey THEN 'same as ' ELSE 'beginning of ' END || pg_catalog.quote_ident(xj.relname) || ', '
			|| pg_catalog.pg_size_pretty(pg_catalog.pg_relation_size(x.oid)) ` + indexesFrom + `
		JOIN pg_catalog.pg_index j ON j.indrelid = i.indrelid JOIN pg_catalog.pg_class xj ON xj.oid = j.indexrelid
		WHERE ` + covers + ` AND NOT i.indisprimary AND NOT i.indisexclusion AND NOT i.indisreplident
		AND (NOT i.indisunique OR j.indisunique AND i.indkey = j.indkey)
		AND (i.indkey <> j.indkey OR i.indnkeyatts <> j.indnkeyatts OR j.indisprimary OR i.indisunique < j.indisunique OR i.indisunique = j.indisunique AND i.indexrelid > j.indexrelid)
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = x.oid) AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = x.oid)` + userTables,
		next: "have DROP INDEX CONCURRENTLY run on each, one by one, after a look at what uses it"},
	{group: "index", title: "indexes that no query has used since statistics began", sql: `SELECT 'note', n.nspname, c.relname, ` + indexNameOf + `,
		pg_catalog.pg_size_pretty(pg_catalog.pg_relation_size(x.oid)) || ' never used since ' || coalesce(d.stats_reset::date::text, 'the cluster began') ` + indexesFrom + `
		JOIN pg_catalog.pg_stat_user_indexes u ON u.indexrelid = x.oid CROSS JOIN pg_catalog.pg_stat_database d
		WHERE d.datname = pg_catalog.current_database() AND u.idx_scan = 0 AND NOT i.indisunique AND NOT i.indisexclusion AND NOT i.indisreplident AND i.indisvalid
		AND pg_catalog.pg_relation_size(x.oid) > 1048576 AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = x.oid)` + userTables + `
		ORDER BY pg_catalog.pg_relation_size(x.oid) DESC`,
		next: "make sure that no replica and no rare job uses them, then have DROP INDEX CONCURRENTLY run"},
	{group: "index", title: "indexes that are mostly empty space", sql: bloatedIndexesSQL, next: "have REINDEX INDEX CONCURRENTLY run; bloat shows all estimates"},
	{group: "connection", title: "connections", sql: `SELECT CASE WHEN u.n > 0.95 * u.most THEN 'critical' ELSE 'warning' END, NULL, NULL, u.n || ' of ' || u.most, u.idle || ' of them idle'
		FROM (SELECT count(*) AS n, count(*) FILTER (WHERE a.state = 'idle') AS idle, pg_catalog.current_setting('max_connections')::int AS most
		FROM pg_catalog.pg_stat_activity a WHERE a.backend_type = 'client backend') u WHERE u.n > 0.8 * u.most`,
		next: "use a pooler such as PgBouncer, or smaller pools in the applications, before max_connections is raised"},
	{group: "vacuum", title: "transaction ids that have to be frozen before they run out", sql: `SELECT CASE WHEN w.age > 1200000000 THEN 'critical' ELSE 'warning' END,
		NULL, NULL, w.what, pg_catalog.round(100 * w.age / 2147483648.0, 1) || '% of those there are since the oldest; autovacuum forces its hand at ' || w.limit_
		FROM (SELECT 'database ' || pg_catalog.quote_ident(datname) AS what, pg_catalog.age(datfrozenxid)::bigint AS age, pg_catalog.current_setting('autovacuum_freeze_max_age')::bigint AS limit_
		FROM pg_catalog.pg_database UNION ALL SELECT 'multixacts of database ' || pg_catalog.quote_ident(datname), pg_catalog.mxid_age(datminmxid)::bigint,
		pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::bigint FROM pg_catalog.pg_database) w WHERE w.age > 1.5 * w.limit_`,
		next: "find what holds autovacuum back (activity with kind transactions, replication slots, prepared transactions), then have VACUUM (FREEZE) run on the oldest tables"},
	{group: "vacuum", title: "tables with many dead rows", sql: `SELECT CASE WHEN t.n_dead_tup > t.n_live_tup THEN 'warning' ELSE 'note' END, n.nspname, c.relname,` + nameOf + `,
		t.n_dead_tup || ' dead rows to ' || t.n_live_tup || ' live ones, last vacuumed ' || coalesce(greatest(t.last_vacuum, t.last_autovacuum)::timestamp(0)::text, 'never')
		FROM pg_catalog.pg_stat_user_tables t JOIN pg_catalog.pg_class c ON c.oid = t.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE t.n_dead_tup > 10000 AND t.n_dead_tup > 0.25 * t.n_live_tup ORDER BY t.n_dead_tup DESC`,
		next: "have VACUUM run on them; for large tables lower autovacuum_vacuum_scale_factor of the table; a long transaction keeps rows from being removed"},
	{group: "vacuum", title: "tables that autovacuum leaves alone", sql: `SELECT 'warning', n.nspname, c.relname,` + nameOf + `, pg_catalog.array_to_string(c.reloptions, ', ')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm')
		AND EXISTS (SELECT FROM pg_catalog.unnest(c.reloptions) o WHERE o ~ '^autovacuum_enabled=(off|false|no|0)')`,
		next: "have ALTER TABLE … RESET (autovacuum_enabled) run, unless something else vacuums them"},
	{group: "sequence", title: "sequences that run out", sql: `SELECT CASE WHEN q.used > 0.9 THEN 'critical' ELSE 'warning' END, q.schema_, q.table_, q.name_,
		pg_catalog.round(100 * q.used, 1) || '% used, at ' || q.last_value || CASE WHEN q.type_ <> '' THEN ', for a column of type ' || q.type_ ELSE '' END FROM (
		SELECT n.nspname AS schema_, coalesce(t.relname, c.relname) AS table_,` + nameOf + ` AS name_, s.last_value, coalesce(pg_catalog.format_type(a.atttypid, NULL), '') AS type_,
		s.last_value::numeric / least(s.max_value, CASE a.atttypid WHEN 'int4'::regtype THEN 2147483647 WHEN 'int2'::regtype THEN 32767 ELSE s.max_value END) AS used
		FROM pg_catalog.pg_sequences s JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.sequencename AND c.relkind = 'S'
		LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
		LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid LEFT JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
		WHERE s.increment_by > 0 AND NOT s.cycle AND s.last_value IS NOT NULL) q WHERE q.used > 0.75 ORDER BY q.used DESC`,
		next: "plan the change of the column (and of those that refer to it) to bigint before it is full"},
	{group: "replication", title: "replication slots that hold back WAL", from: 130000, sql: `SELECT CASE WHEN r.wal_status IN ('unreserved', 'lost') THEN 'critical' WHEN NOT r.active THEN 'warning' ELSE 'note' END,
		NULL, NULL, 'slot ' || pg_catalog.quote_ident(r.slot_name), CASE WHEN r.active THEN 'active' ELSE 'inactive' END || ', WAL ' || coalesce(r.wal_status, 'gone') || ', '
		|| coalesce(pg_catalog.pg_size_pretty(pg_catalog.pg_wal_lsn_diff(` + walNow + `, r.restart_lsn)) || ' behind', 'no position')
		FROM pg_catalog.pg_replication_slots r WHERE NOT r.active OR r.wal_status IN ('extended', 'unreserved', 'lost')`,
		next: "find out whether its consumer will come back; have a slot that nobody needs dropped, or the disk fills; max_slot_wal_keep_size bounds it"},
	{group: "replication", title: "replication slots that hold back WAL", before: 130000, sql: `SELECT 'warning', NULL, NULL, 'slot ' || pg_catalog.quote_ident(r.slot_name), 'inactive'
		FROM pg_catalog.pg_replication_slots r WHERE NOT r.active`,
		next: "find out whether its consumer will come back; have a slot that nobody needs dropped, or the disk fills"},
	{group: "replication", title: "replicas that lag", sql: `SELECT CASE WHEN r.replay_lag > interval '5 minutes' THEN 'critical' ELSE 'warning' END, NULL, NULL,
		'replica ' || coalesce(r.application_name, '') || coalesce(' at ' || r.client_addr::text, ''), r.state || ', replayed ' || coalesce(r.replay_lag::interval(0)::text, 'an unknown time')
		|| ' after it was written, ' || coalesce(pg_catalog.pg_size_pretty(pg_catalog.pg_wal_lsn_diff(` + walNow + `, r.replay_lsn)), '?') || ' behind'
		FROM pg_catalog.pg_stat_replication r WHERE r.replay_lag > interval '30 seconds' OR r.state NOT IN ('streaming', 'backup')`,
		next: "look at the replica: its disk, its network, and queries that hold replay back (max_standby_streaming_delay)"},
	{group: "replication", title: "this replica lags", sql: `SELECT CASE WHEN l.lag > interval '5 minutes' THEN 'critical' ELSE 'warning' END, NULL, NULL, 'replay', 'the last transaction is ' || l.lag::interval(0) || ' old'
		FROM (SELECT pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp() AS lag WHERE pg_catalog.pg_is_in_recovery()
		AND pg_catalog.pg_last_wal_receive_lsn() IS DISTINCT FROM pg_catalog.pg_last_wal_replay_lsn()) l WHERE l.lag > interval '30 seconds'`,
		next: "read what has to be up to date from the primary; see whether a long query here holds replay back"},
	{group: "buffer", title: "reads that memory does not serve", sql: `SELECT 'warning', NULL, NULL, b.what, pg_catalog.round(100 * b.hit / (b.hit + b.read_), 1) || '% of ' || b.hit + b.read_ || ' blocks were in shared_buffers ('
		|| pg_catalog.current_setting('shared_buffers') || ')' FROM (SELECT 'tables' AS what, sum(heap_blks_hit) AS hit, sum(heap_blks_read) AS read_ FROM pg_catalog.pg_statio_user_tables
		UNION ALL SELECT 'indexes', sum(idx_blks_hit), sum(idx_blks_read) FROM pg_catalog.pg_statio_user_indexes) b WHERE b.hit + b.read_ > 100000 AND b.hit < 0.95 * (b.hit + b.read_)`,
		next: "look for queries that read much with top_queries sort_by reads; if they have to, raise shared_buffers towards a quarter of the memory"},
	{group: "constraint", title: "constraints that old rows may break", sql: `SELECT 'warning', n.nspname, c.relname,` + nameOf + `, pg_catalog.quote_ident(k.conname) || ' is NOT VALID'
		FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT k.convalidated`,
		next: "have ALTER TABLE … VALIDATE CONSTRAINT run, which reads the table and blocks no writers"},
	{group: "transaction", title: "transactions that have been open for long", sql: `SELECT CASE WHEN a.age > interval '1 hour' OR a.state ~ '^idle in' THEN 'warning' ELSE 'note' END, NULL, NULL,
		'pid ' || a.pid || coalesce(' of ' || a.usename, ''), coalesce(a.state, 'unknown') || ', open for ' || a.age::interval(0)
		FROM (SELECT s.*, pg_catalog.clock_timestamp() - s.xact_start AS age FROM pg_catalog.pg_stat_activity s WHERE s.backend_type = 'client backend') a
		WHERE a.age > interval '5 minutes' AND a.pid <> pg_catalog.pg_backend_pid() ORDER BY a.age DESC`,
		next: "activity with kind transactions shows them; have the application end them, and set idle_in_transaction_session_timeout: VACUUM cannot clean up behind them"},
	{group: "transaction", title: "prepared transactions that nobody ended", sql: `SELECT 'critical', NULL, NULL, 'prepared transaction of ' || p.owner, 'prepared ' || (pg_catalog.clock_timestamp() - p.prepared)::interval(0) || ' ago, in ' || pg_catalog.quote_ident(p.database)
		FROM pg_catalog.pg_prepared_xacts p WHERE p.prepared < pg_catalog.clock_timestamp() - interval '5 minutes' ORDER BY p.prepared`,
		next: "have COMMIT PREPARED or ROLLBACK PREPARED run, as their coordinator says: they hold locks and keep VACUUM from cleaning up"},
	{group: "lock", title: "sessions that wait for others", sql: `SELECT CASE WHEN w.since > interval '1 minute' THEN 'critical' ELSE 'warning' END, NULL, NULL, 'pid ' || w.pid,
		'waits for pid ' || pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(w.pid), ', ') || ' since at most ' || w.since::interval(0)
		FROM (SELECT a.pid, pg_catalog.clock_timestamp() - coalesce(a.query_start, a.state_change) AS since FROM pg_catalog.pg_stat_activity a WHERE a.wait_event_type = 'Lock') w
		WHERE w.since > interval '5 seconds' ORDER BY w.since DESC`,
		next: "activity with kind locks shows who waits for whom"},
	{group: "checkpoint", title: "checkpoints that are forced by the amount of WAL", before: 170000, sql: bgwriterOld, next: "raise max_wal_size"},
	{group: "checkpoint", title: "checkpoints that are forced by the amount of WAL", from: 170000, sql: `SELECT 'warning', NULL, NULL, 'checkpoints', b.num_requested || ' were forced, ' || b.num_timed || ' came by time'
		FROM pg_catalog.pg_stat_checkpointer b WHERE b.num_requested > 10 AND b.num_requested > b.num_timed / 2`, next: "raise max_wal_size"},
	{group: "temp", title: "work that goes through files, and deadlocks", sql: `SELECT 'note', NULL, NULL, 'since ' || coalesce(d.stats_reset::date::text, 'the cluster began'),
		d.temp_files || ' temporary files, ' || pg_catalog.pg_size_pretty(d.temp_bytes) || '; ' || d.deadlocks || ' deadlocks' FROM pg_catalog.pg_stat_database d
		WHERE d.datname = pg_catalog.current_database() AND (d.temp_bytes > 1073741824 OR d.deadlocks > 5)`,
		next: "top_queries sort_by temp shows what spills; raise work_mem for those; deadlocks go away where transactions take locks in one order"},
	{group: "key", title: "tables without a primary key", sql: `SELECT 'note', n.nspname, c.relname,` + nameOf + `, 'about ' || greatest(c.reltuples, 0)::bigint || ' rows'
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)` + userTables + ` ORDER BY c.reltuples DESC`,
		next: "rows cannot be told apart, nor changes replicated: add a key where rows stand for something"},
	{group: "key", title: "foreign keys without an index on their columns", sql: `SELECT CASE WHEN c.reltuples > 10000 THEN 'warning' ELSE 'note' END, n.nspname, c.relname,` + nameOf + `,
		pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE k.contype = 'f' AND k.conparentid = 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = k.conrelid
		AND i.indisvalid AND i.indpred IS NULL AND (i.indkey::int2[])[0:pg_catalog.cardinality(k.conkey) - 1] @> k.conkey)` + userTables + ` ORDER BY c.reltuples DESC`,
		next: "each DELETE or key change in the table referred to reads all of this one: have CREATE INDEX CONCURRENTLY run on these columns"},
	{group: "statistics", title: "tables whose statistics are missing or old", sql: `SELECT 'warning', n.nspname, c.relname,` + nameOf + `,
		CASE WHEN coalesce(t.last_analyze, t.last_autoanalyze) IS NULL THEN 'never analyzed, ' ELSE 'analyzed ' || greatest(t.last_analyze, t.last_autoanalyze)::timestamp(0) || ', ' END
		|| t.n_mod_since_analyze || ' changes since, ' || t.n_live_tup || ' rows' FROM pg_catalog.pg_stat_user_tables t JOIN pg_catalog.pg_class c ON c.oid = t.relid
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE coalesce(t.last_analyze, t.last_autoanalyze) IS NULL AND (t.n_live_tup > 1000 OR pg_catalog.pg_relation_size(c.oid) > 1048576)
		AND (c.reltuples < 0 OR c.relpages = 0) OR t.n_mod_since_analyze > 10000 AND t.n_mod_since_analyze > 0.3 * t.n_live_tup
		ORDER BY t.n_mod_since_analyze DESC`,
		next: "have ANALYZE run on them: plans rest on these numbers"},
	{group: "settings", title: "settings that are worth a look", sql: oddSettingsSQL, next: "ask whoever runs the server whether these are meant"},
	{group: "extension", title: "extensions of which a newer version is installed", sql: `SELECT 'note', NULL, NULL, e.extname, e.extversion || ', while ' || x.default_version || ' is there'
		FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_available_extensions x ON x.name = e.extname WHERE x.default_version <> e.extversion`,
		next: "have ALTER EXTENSION … UPDATE run, after a look at its notes"},
	{group: "checksum", title: "blocks that were read broken from disk", sql: `SELECT 'critical', NULL, NULL, 'database ' || coalesce(pg_catalog.quote_ident(d.datname), '(shared)'), d.checksum_failures || ' failures, the last ' || coalesce(d.checksum_last_failure::timestamp(0)::text, '?')
		FROM pg_catalog.pg_stat_database d WHERE d.checksum_failures > 0`,
		next: "look at the disk and the memory of the machine, and at the backups, now"},
}

// walNow is how far the server has come.
const walNow = ` CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END `

const oddSettingsSQL guard.Own = `SELECT CASE WHEN s.name IN ('fsync', 'full_page_writes', 'zero_damaged_pages') THEN 'critical' WHEN s.name IN ('autovacuum', 'track_counts') THEN 'warning' ELSE 'note' END,
	NULL, NULL, s.name || ' = ' || pg_catalog.current_setting(s.name), w.why FROM pg_catalog.pg_settings s JOIN (VALUES
	('fsync', 'off', 'a crash of the machine can destroy the database'), ('full_page_writes', 'off', 'a crash can leave half-written pages'),
	('zero_damaged_pages', 'on', 'broken pages are emptied without a word'), ('autovacuum', 'off', 'nothing cleans up'), ('track_counts', 'off', 'autovacuum is blind'),
	('data_checksums', 'off', 'silent damage on disk is not noticed'), ('password_encryption', 'md5', 'scram-sha-256 is the safe one'),
	('idle_in_transaction_session_timeout', '0', 'a forgotten transaction holds VACUUM back for ever'), ('log_checkpoints', 'off', 'what checkpoints cost is not to be seen'),
	('track_io_timing', 'off', 'how long reads take is not to be seen'), ('enable_seqscan', 'off', 'plans are forced'), ('enable_nestloop', 'off', 'plans are forced'),
	('enable_hashjoin', 'off', 'plans are forced'), ('enable_indexscan', 'off', 'plans are forced')) w (name, value, why) ON w.name = s.name AND w.value = s.setting
	WHERE s.source <> 'session'
	UNION ALL SELECT 'note', NULL, NULL, s.name, 'was changed, and waits for a restart' FROM pg_catalog.pg_settings s WHERE s.pending_restart
	UNION ALL SELECT 'note', NULL, NULL, 'shared_buffers = ' || pg_catalog.current_setting('shared_buffers'), 'is the default, small for a database of '
		|| pg_catalog.pg_size_pretty(pg_catalog.pg_database_size(pg_catalog.current_database())) FROM pg_catalog.pg_settings s
		WHERE s.name = 'shared_buffers' AND s.setting = '16384' AND pg_catalog.pg_database_size(pg_catalog.current_database()) > 1073741824
	UNION ALL SELECT 'note', NULL, NULL, 'max_connections = ' || s.setting, 'more than a server works well with; a pooler serves as many clients' FROM pg_catalog.pg_settings s
		WHERE s.name = 'max_connections' AND s.setting::int > 500`
