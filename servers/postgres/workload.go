package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type topQueriesIn struct {
	SortBy string `json:"sort_by,omitzero" jsonschema:"what there is most of" enum:"total_time,mean_time,calls,rows,reads,temp" default:"total_time"`
	Limit  int    `json:"limit,omitzero" jsonschema:"most queries to list" min:"1" max:"100" default:"10"`
	where
}

// statementsFrom are the statements of this database, but for the control of
// transactions and questions about the server itself, such as these are.
const statementsFrom = ` FROM pg_stat_statements s JOIN pg_catalog.pg_database d ON d.oid = s.dbid LEFT JOIN pg_catalog.pg_roles u ON u.oid = s.userid
	WHERE d.datname = pg_catalog.current_database() AND s.query !~* '^\s*(begin|start|commit|rollback|savepoint|release|set|reset|discard|show|explain|prepare|deallocate)\M'
	AND s.query !~ '\mpg_catalog\M|\mpg_stat|\mhypopg_' `

// statementsSQL is for version 1.8 and later, which come with PostgreSQL 13, and
// statementsOldSQL for those before. $1 is what there is most of, $2 how many.
const (
	statementsSQL guard.Own = `SELECT t.* FROM (SELECT left(s.query, 100000), s.calls, s.total_exec_time AS total, s.mean_exec_time AS mean, s.max_exec_time,
		s.rows, s.shared_blks_hit, s.shared_blks_read AS read_, s.temp_blks_written AS temp, u.rolname, sum(s.total_exec_time) OVER ()` + statementsFrom + `) t ` + statementsOrder
	statementsOldSQL guard.Own = `SELECT t.* FROM (SELECT left(s.query, 100000), s.calls, s.total_time AS total, s.mean_time AS mean, s.max_time,
		s.rows, s.shared_blks_hit, s.shared_blks_read AS read_, s.temp_blks_written AS temp, u.rolname, sum(s.total_time) OVER ()` + statementsFrom + `) t ` + statementsOrder
	statementsOrder = `ORDER BY CASE $1 WHEN 'mean_time' THEN t.mean WHEN 'calls' THEN t.calls WHEN 'rows' THEN t.rows WHEN 'reads' THEN t.read_
		WHEN 'temp' THEN t.temp ELSE t.total END DESC LIMIT $2::int`
)

// statement is one of pg_stat_statements.
type statement struct {
	text, shown, user  string
	calls, rows        int64
	total, mean, worst float64 // milliseconds
	share              float64 // of the time of all, 0 to 1
	hit, read, temp    int64   // blocks
}

func (s *server) topQueries(ctx context.Context, in topQueriesIn) (string, error) {
	source, err := s.guard.Source(ctx, in.Database)
	if err != nil {
		return "", err
	}
	all, err := workload(ctx, source, in.SortBy, in.Limit)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "No statements have been counted yet.", nil
	}
	var b strings.Builder
	for i, q := range all {
		fmt.Fprintf(&b, "%d. %.0f%% of the time: %s in %s calls, mean %s, worst %s; %s rows; ", i+1, 100*q.share, millis(q.total), count(q.calls), millis(q.mean), millis(q.worst), count(q.rows))
		if blocks := q.hit + q.read; blocks > 0 {
			fmt.Fprintf(&b, "%s read, %d%% of it from memory; ", size(8192*blocks), 100*q.hit/blocks)
		}
		if q.temp > 0 {
			fmt.Fprintf(&b, "%s through temporary files; ", size(8192*q.temp))
		}
		fmt.Fprintf(&b, "by %s\n   %s\n", oneLine(q.user, 63), oneLine(q.shown, 500))
	}
	return b.String(), nil
}

// workload are the statements that the server has counted, but for those that
// may not be shown.
func workload(ctx context.Context, source *guard.Source, sortBy string, limit int) ([]statement, error) {
	if source.Apart() {
		return nil, mcpcore.Hint(mcpcore.Refused("policies", errors.New("statements of others are not shown here")), "advise_indexes takes queries of your own")
	}
	x, err := source.Extension(ctx, "pg_stat_statements")
	if err != nil {
		return nil, err
	}
	if err := x.Missing("what has run is known with", "PostgreSQL's contrib"); err != nil {
		return nil, mcpcore.Hint(err, "it needs a setting, too, and a restart: shared_preload_libraries = 'pg_stat_statements'; then CREATE EXTENSION pg_stat_statements")
	}
	sql := statementsSQL
	if before18(x.Version) {
		sql = statementsOldSQL
	}
	v, err := visibleIn(ctx, source)
	if err != nil {
		return nil, err
	}
	records, err := source.OwnOf(ctx, x, sql, guard.Text(sortBy), guard.Text(strconv.Itoa(4*limit)))
	if err != nil {
		return nil, mcpcore.Hint(fmt.Errorf("pg_stat_statements: %w", err), "have shared_preload_libraries = 'pg_stat_statements' set, and the server restarted")
	}
	texts := make([]string, len(records))
	for i, r := range records {
		texts[i] = r.Text(0)
	}
	shown, err := v.statements(ctx, texts)
	if err != nil {
		return nil, err
	}
	var out []statement
	for i, r := range records {
		if shown[i] == "" || len(out) == limit {
			continue
		}
		out = append(out, statement{
			text: texts[i], shown: shown[i], calls: number(r.Text(1)), total: decimal(r.Text(2)), mean: decimal(r.Text(3)), worst: decimal(r.Text(4)),
			rows: number(r.Text(5)), hit: number(r.Text(6)), read: number(r.Text(7)), temp: number(r.Text(8)), user: r.Text(9),
			share: decimal(r.Text(2)) / max(decimal(r.Text(10)), 1e-9),
		})
	}
	return out, nil
}

// before18 tells whether the version of an extension is before 1.8.
func before18(version string) bool {
	var major, minor int
	_, err := fmt.Sscanf(version, "%d.%d", &major, &minor)
	return err == nil && major == 1 && minor < 8
}
