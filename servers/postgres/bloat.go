package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

// tableBloatSQL estimates how much of a table is neither rows nor the room that
// rows need: pages that the average row width of the statistics does not
// explain. 24 bytes go before a page's rows, 24 and the line pointer's 4 before
// each row, and rows begin at multiples of 8.
const tableBloatSQL = `SELECT n.nspname AS schema_, c.relname AS table_,` + nameOf + ` AS name_, 'table' AS kind, c.relpages::bigint * 8192 AS bytes,
	greatest(0, c.relpages - ceil(c.reltuples / greatest(1, floor((8192 - 24) * coalesce(f.fill, 100) / 100.0 / (28 + ceil(w.width / 8.0) * 8)))))::bigint * 8192 AS empty_
	FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	JOIN (SELECT s.schemaname, s.tablename, sum((1 - s.null_frac) * s.avg_width) AS width, count(*) AS columns_ FROM pg_catalog.pg_stats s WHERE NOT s.inherited GROUP BY 1, 2) w
		ON w.schemaname = n.nspname AND w.tablename = c.relname
	LEFT JOIN LATERAL (SELECT split_part(o, '=', 2)::int AS fill FROM pg_catalog.unnest(c.reloptions) o WHERE o ~ '^fillfactor=') f ON true
	WHERE c.relkind IN ('r', 'm') AND c.relpages > 0 AND c.reltuples >= 0 AND w.columns_ = (SELECT count(*) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)` + userTables

// indexBloatSQL does so for B-trees, whose pages are 90% full when they are new.
// Before each entry go 8 bytes and the line pointer's 4. Entries that
// deduplication has joined take less, and then nothing is found.
const indexBloatSQL = `SELECT n.nspname AS schema_, c.relname AS table_, ` + indexNameOf + ` AS name_, 'index' AS kind, x.relpages::bigint * 8192 AS bytes,
	greatest(0, x.relpages - 1 - ceil(x.reltuples / greatest(1, floor((8192 - 40) * coalesce(f.fill, 90) / 100.0 / (12 + ceil(w.width / 8.0) * 8)))))::bigint * 8192 AS empty_ ` + indexesFrom + `
	JOIN pg_catalog.pg_am m ON m.oid = x.relam AND m.amname = 'btree'
	CROSS JOIN LATERAL (SELECT sum((1 - s.null_frac) * s.avg_width) AS width, count(*) AS columns_ FROM pg_catalog.pg_stats s JOIN pg_catalog.pg_attribute a ON a.attname = s.attname
		WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND NOT s.inherited AND a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[])) w
	LEFT JOIN LATERAL (SELECT split_part(o, '=', 2)::int AS fill FROM pg_catalog.unnest(x.reloptions) o WHERE o ~ '^fillfactor=') f ON true
	WHERE x.relpages > 1 AND x.reltuples >= 0 AND i.indexprs IS NULL AND w.columns_ = i.indnatts` + userTables

const (
	bloatSQL          guard.Own = `SELECT b.* FROM (` + tableBloatSQL + ` UNION ALL ` + indexBloatSQL + `) b WHERE b.empty_ >= 65536 ORDER BY b.empty_ DESC LIMIT 1000`
	bloatedIndexesSQL guard.Own = `SELECT 'note', b.schema_, b.table_, b.name_, pg_catalog.pg_size_pretty(b.empty_) || ' of ' || pg_catalog.pg_size_pretty(b.bytes) || ' by estimate'
		FROM (` + indexBloatSQL + `) b WHERE b.bytes > 10485760 AND b.empty_ > b.bytes / 2 ORDER BY b.empty_ DESC`
	tupleSQL guard.Own = `SELECT t.approx_free_space + t.dead_tuple_len, t.dead_tuple_count FROM pgstattuple_approx($1::regclass) t`
)

type bloatIn struct {
	Limit   int  `json:"limit,omitzero" jsonschema:"most tables and indexes to list" min:"1" max:"200" default:"20"`
	Measure bool `json:"measure,omitzero" jsonschema:"measure the tables with pgstattuple, where it is there: reads parts of them"`
	where
}

func (s *server) bloat(ctx context.Context, in bloatIn) (string, error) {
	source, err := s.guard.Source(ctx, in.Database)
	if err != nil {
		return "", err
	}
	v, err := visibleIn(ctx, source)
	if err != nil {
		return "", err
	}
	records, err := source.OwnAsLogin(ctx, bloatSQL)
	if err != nil {
		return "", err
	}
	tuples := guard.Extension{}
	if in.Measure {
		if tuples, err = source.Extension(ctx, "pgstattuple"); err != nil {
			return "", err
		}
		if err := tuples.Missing("measuring needs", "PostgreSQL's contrib"); err != nil {
			return "", err
		}
	}
	var b strings.Builder
	b.WriteString("Empty space, by estimate from the statistics (some is normal, and is used again):\n")
	lines := 0
	for _, r := range records {
		if !v.table(r.Text(0), r.Text(1)) {
			continue
		}
		if lines++; lines > in.Limit {
			b.WriteString("and more, with a higher limit\n")
			break
		}
		all, empty := number(r.Text(4)), number(r.Text(5))
		fmt.Fprintf(&b, "- %s %s: %s of %s (%d%%)", r.Text(3), plain(r.Text(2)), size(empty), size(all), 100*empty/max(all, 1))
		if r.Text(3) == "table" && in.Measure {
			b.WriteString(measured(ctx, source, tuples, r.Text(2)))
		}
		b.WriteByte('\n')
	}
	if lines == 0 {
		return "No empty space to speak of, by estimate from the statistics.", nil
	}
	b.WriteString("next: VACUUM lets a table use it again; VACUUM FULL or pg_repack give it back, and REINDEX INDEX CONCURRENTLY for an index.\n")
	return b.String(), nil
}

// measured is what a look into a table finds.
func measured(ctx context.Context, source *guard.Source, x guard.Extension, table string) string {
	records, err := source.OwnOf(ctx, x, tupleSQL, guard.Text(table))
	if err != nil || len(records) != 1 {
		return ", not measured"
	}
	return fmt.Sprintf(", measured %s with %s dead rows", size(number(records[0].Text(0))), count(number(records[0].Text(1))))
}
