package guard_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/private"
)

type count struct{ rows, bytes int }

func (c *count) Columns([]guard.Column) {}
func (c *count) Row(values [][]byte) {
	c.rows++
	for _, v := range values {
		c.bytes += len(v)
	}
}

// One statement, beside pgx alone.
func BenchmarkQuery(b *testing.B) {
	p, err := private.Start(b.Context(), private.Options{})
	if err != nil {
		b.Skip(err)
	}
	defer p.Stop()
	url := p.URL("postgres", "postgres")
	g, err := guard.Open(guard.Options{Databases: []guard.Database{{URL: url, MaxRows: 100_000, MaxBytes: 64 << 20}}})
	if err != nil {
		b.Fatal(err)
	}
	defer g.Close()
	s, err := g.Source(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, q := range []struct{ name, sql string }{
		{"one", "SELECT 1"},
		{"10000 rows", "SELECT n, n::bigint, 'text ' || n, now(), n::numeric / 7 FROM generate_series(1, 10000) n"},
	} {
		b.Run(q.name+"/guard", func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Query(b.Context(), guard.Query{SQL: q.sql}, &count{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(q.name+"/page", func(b *testing.B) {
			for b.Loop() {
				if _, _, err := s.Page(b.Context(), guard.Query{SQL: q.sql}, &count{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(q.name+"/pgx", func(b *testing.B) {
			for b.Loop() {
				rows, err := conn.Query(b.Context(), q.sql)
				if err != nil {
					b.Fatal(err)
				}
				for rows.Next() {
					rows.RawValues()
				}
				rows.Close()
			}
		})
	}
}
