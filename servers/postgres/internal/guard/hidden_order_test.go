package guard_test

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

// An index has rows in an order that no plan tells of. What it is of does not
// come out by that order.
func TestHiddenOrder(t *testing.T) {
	s := opened(t, people+`INSERT INTO people SELECT i, 'n', 'sesame-' || md5(i::text), i FROM generate_series(3, 9002) i;

ANALYZE;

`, guard.Database{MaxCost: 1_000_000, Access: guard.Access{Mask: []string{"people.email"}}})
	for _, sql := range []string{
		"SELECT id FROM contacts ORDER BY address LIMIT 3", "SELECT id, address FROM contacts ORDER BY address LIMIT 3",
		"SELECT id, address FROM contacts ORDER BY 2 DESC LIMIT 1", "SELECT id, address FROM (SELECT * FROM contacts ORDER BY address LIMIT 3) q",
		"SELECT id FROM (SELECT id, address FROM contacts ORDER BY address LIMIT 1) q", "SELECT DISTINCT ON (address) id FROM contacts LIMIT 3",
		"SELECT id, row_number() OVER (ORDER BY address) FROM contacts LIMIT 3", "SELECT id, rank() OVER w FROM contacts WINDOW w AS (ORDER BY address) LIMIT 3",
		"SELECT first_value(id) OVER (ORDER BY address) FROM contacts LIMIT 1", "SELECT DISTINCT address FROM contacts LIMIT 3",
		"SELECT id FROM contacts ORDER BY address FETCH FIRST 2 ROWS WITH TIES", "SELECT address FROM contacts EXCEPT SELECT 'x' LIMIT 3",
		"SELECT a.id FROM contacts a JOIN contacts b ON a.address = b.address LIMIT 3", "SELECT id FROM contacts WHERE address > 'sesame-f' LIMIT 3",
		"SELECT id FROM people WHERE id = (SELECT id FROM contacts ORDER BY address LIMIT 1)",
		"SELECT id FROM people p, LATERAL (SELECT 1 FROM contacts c WHERE c.id = p.id ORDER BY c.address LIMIT 1) x LIMIT 3",
	} {
		var out text
		if _, err := s.Query(t.Context(), guard.Query{SQL: sql}, &out); err == nil || !strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v\n%s", sql, err, out.String())
		}
	}
	for sql, want := range map[string]string{
		"SELECT id, address FROM contacts WHERE id = 2":                                           "id|address|\n2|[masked]|\n",
		"SELECT id, address FROM contacts ORDER BY id LIMIT 1":                                    "id|address|\n1|[masked]|\n",
		"SELECT id, address, row_number() OVER (ORDER BY id) FROM contacts LIMIT 1":               "id|address|row_number|\n1|[masked]|1|\n",
		"SELECT c.address FROM contacts c JOIN visits v ON v.person = c.id ORDER BY v.at LIMIT 1": "address|\n[masked]|\n",
	} {
		var out text
		if _, err := s.Query(t.Context(), guard.Query{SQL: sql}, &out); err != nil || out.String() != want {
			t.Errorf("%s: %v\n%s", sql, err, out.String())
		}
	}
}
