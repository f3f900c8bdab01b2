package gate_test

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

// report is a statement such as people write, of a kilobyte.
const report = `WITH monthly AS (
    SELECT date_trunc('month', o.ordered_at)::date AS month, c.country, c.id AS customer_id,
           sum(l.quantity * p.price) AS revenue, count(DISTINCT o.id) AS orders
    FROM orders o
    JOIN order_lines l ON l.order_id = o.id
    JOIN products p ON p.id = l.product_id
    JOIN customers c ON c.id = o.customer_id
    WHERE o.status <> 'returned' AND o.ordered_at >= $1 AND o.ordered_at < $2
    GROUP BY 1, 2, 3
), ranked AS (
    SELECT m.*, rank() OVER (PARTITION BY m.month ORDER BY m.revenue DESC) AS place,
           m.revenue / NULLIF(sum(m.revenue) OVER (PARTITION BY m.month), 0) AS share
    FROM monthly m
)
-- the best of each month
SELECT r.month, r.country, c.name, r.revenue, round(100.0 * r.share, 2) AS percent,
       r.revenue - lag(r.revenue) OVER (PARTITION BY r.customer_id ORDER BY r.month) AS change
FROM ranked r JOIN customers c ON c.id = r.customer_id
WHERE r.place <= 10 AND c.email NOT LIKE '%@example.org'
ORDER BY r.month DESC, r.place LIMIT 200;`

var denied = func() map[string]string {
	names := map[string]string{"pg_sleep": "waits", "pg_read_file": "reads files", "set_config": "changes settings"}
	for i := range 800 {
		names["pg_denied_"+strings.Repeat("x", i%20)+string(rune('a'+i%26))] = "no"
	}
	return names
}()

func BenchmarkCheck(b *testing.B) {
	rules := gate.Rules{Denied: func(name string) string { return denied[name] }}
	for _, c := range []struct{ name, sql string }{
		{"tiny", "SELECT 1"}, {"1kB", report}, {"1kBLower", strings.ToLower(report)},
		{"1MB", "SELECT " + strings.Repeat("a.b + 'text' || \"Quoted\", ", 40_000) + "1"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.sql)))
			for b.Loop() {
				if _, err := gate.Check(c.sql, rules); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A statement such as people write takes memory for what is returned, and for no
// more: the tokens stay on the stack.
func TestLittleMemory(t *testing.T) {
	rules := gate.Rules{Denied: func(name string) string { return denied[name] }}
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := gate.Check(report, rules); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 2 {
		t.Errorf("%v allocations, want 2 at most", allocations)
	}
}
