package guard_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Whatever stands in policies, nobody may do more for them, and what they hide
// is hidden; the more policies hold, the less.
func TestPoliciesNarrow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) (out []string) {
		for _, pattern := range from {
			if r.IntN(3) == 0 {
				out = append(out, pattern)
			}
		}
		return out
	}
	access := func() guard.Access {
		return guard.Access{
			AllowSchemas: pick("a", "b", "*", "a*"), DenyTables: pick("a", "b.*", "*.c", "x*"),
			DenyColumns: pick("a.a", "*.b", "b.c.*"), Mask: pick("a.c", "*.*.b", "b.b"),
		}
	}
	names := []string{"a", "b", "c", "ab", "x"}
	for range 500 {
		base := guard.Database{
			Name: "main", Access: access(), AllowFunctions: pick("a", "b*"), DenyFunctions: pick("a", "c"),
			MaxRows: r.IntN(3), MaxBytes: r.IntN(3), MaxCost: r.IntN(3), Timeout: time.Duration(r.IntN(3)) * time.Second,
		}
		var policies []guard.Policy
		for i := range 2 {
			policies = append(policies, guard.Policy{
				Name: fmt.Sprint(i), Principals: []string{fmt.Sprint("p", i), "both"}, Access: access(), AllowFunctions: pick("a", "*"), DenyFunctions: pick("b"),
				MaxRows: r.IntN(3), MaxBytes: r.IntN(3), MaxCost: r.IntN(3), Timeout: time.Duration(r.IntN(3)) * time.Second,
			})
		}
		g, err := guard.Open(guard.Options{Databases: []guard.Database{base}, Policies: policies})
		if err != nil {
			t.Fatal(err)
		}
		of := func(id string) *guard.Source {
			s, err := g.Source(mcpcore.WithPrincipal(t.Context(), id), "")
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		all, one, both := g.All()[0], of("p0"), of("both")
		for _, pair := range [][2]*guard.Source{{all, one}, {one, both}, {of("p1"), both}} {
			if fault := wider(pair[0], pair[1], names); fault != "" {
				t.Fatalf("%s is wider: %+v, then %+v", fault, base, policies)
			}
		}
		if _, err := g.Source(mcpcore.WithPrincipal(t.Context(), "nobody"), ""); err == nil {
			t.Error("whom no policy is for may use the database")
		}
		if again := of("both"); again != both || again == all {
			t.Error("what is remembered of a database is shared or lost")
		}
		g.Close()
	}
}

// wider tells in what b allows more than a, or "".
func wider(a, b *guard.Source, names []string) string {
	lower := func(x, y int) bool { return y == 0 && x > 0 || x > 0 && y > x }
	switch {
	case b.MaxRows > a.MaxRows, b.MaxBytes > a.MaxBytes, b.Timeout > a.Timeout, lower(a.MaxCost, b.MaxCost):
		return "a limit"
	}
	for _, x := range names {
		if b.Schema(x) && !a.Schema(x) {
			return "schema " + x
		}
		for _, y := range names {
			if b.Table(x, y) && !a.Table(x, y) || b.Function(x, y) && !a.Function(x, y) {
				return "table or function " + x + "." + y
			}
			for _, z := range names {
				if b.Column(x, y, z) && !a.Column(x, y, z) || a.Masked(x, y, z) && !b.Masked(x, y, z) {
					return "column " + x + "." + y + "." + z
				}
			}
		}
	}
	if a.Ruled() && !b.Ruled() {
		return "having no rules"
	}
	return ""
}
