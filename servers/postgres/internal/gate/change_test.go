package gate_test

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/gate"
)

func TestChange(t *testing.T) {
	for _, test := range []struct {
		sql        string
		everywhere string
		returning  bool
		plain      bool
	}{
		{"DELETE FROM orders", "DELETE FROM orders", false, true},
		{"delete\n from only Public.\"Or.ders\" ; -- WHERE", `delete from only Public."Or.ders"`, false, true},
		{"DELETE FROM orders WHERE id = 1", "", false, true},
		{"DELETE FROM orders USING (SELECT 1 WHERE true) x RETURNING id", "DELETE FROM orders", true, true},
		{"UPDATE orders SET a = (SELECT 1 WHERE true)", "UPDATE orders", false, true},
		{"UPDATE orders AS \"where\" SET a = 1", "UPDATE orders", false, true},
		{"UPDATE orders o SET a = o.where", "UPDATE orders", false, true},
		{"UPDATE orders SET a = 1 WHERE CURRENT OF c", "", false, true},
		{"INSERT INTO t SELECT 1", "", false, true},
		{"INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2 RETURNING *", "", true, true},
		{"MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", "", false, false},
		{"WITH a AS (SELECT 1) DELETE FROM orders", "DELETE FROM orders", false, false},
		{"WITH a AS (DELETE FROM t RETURNING 1), b AS (UPDATE u SET a = 1 WHERE true) SELECT * FROM a WHERE true", "DELETE FROM t", false, false},
		{"WITH a AS (DELETE FROM t WHERE true RETURNING 1) INSERT INTO u SELECT * FROM a RETURNING *", "", true, false},
	} {
		s, err := gate.Check(test.sql, gate.Rules{Mode: gate.ModeDML})
		if err != nil {
			t.Errorf("%s: %v", test.sql, err)
			continue
		}
		if got := s.Change; strings.Join(got.Everywhere, "; ") != test.everywhere || got.Returning != test.returning || got.Plain != test.plain {
			t.Errorf("%s: got %+v", test.sql, got)
		}
		if got := test.sql[:s.Change.End]; strings.HasSuffix(got, ";") || strings.Contains(got, "--") {
			t.Errorf("%s: ends as %q", test.sql, got)
		}
	}
}
