package guard_test

import (
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
)

func TestAccess(t *testing.T) {
	d := guard.Database{
		Access: guard.Access{
			DenyTables:  []string{"secret*", "vault.*", "*_log", "a.b", "odd.a.b"},
			DenyColumns: []string{"people.ssn", "*.*.token", "people.x*y"},
			Mask:        []string{"people.email", "hr.*.salary"},
		},
		DenyFunctions: []string{"peek*"},
	}
	for _, c := range []struct {
		what string
		got  bool
		want bool
	}{
		{"table", d.Table("public", "people"), true},
		{"denied", d.Table("public", "secrets"), false},
		{"denied with a dot in its name", d.Table("public", "secrets.old"), false},
		{"denied with a slash in its name", d.Table("public", "secrets/old"), false},
		{"denied schema", d.Table("vault", "x.y"), false},
		{"end of the name", d.Table("public", "big_log"), false},
		{"not the end", d.Table("public", "big_logs"), true},
		{"a name with a dot by itself", d.Table("odd", "a.b"), false},
		{"of the system", d.Table("pg_catalog", "pg_class"), false},
		{"column", d.Column("public", "people", "name"), true},
		{"denied column", d.Column("public", "people", "ssn"), false},
		{"denied in any table", d.Column("public", "visits", "token"), false},
		{"of a denied table", d.Column("public", "secrets", "id"), false},
		{"with text between", d.Column("public", "people", "xaby"), false},
		{"without", d.Column("public", "people", "xab"), true},
		{"masked", d.Masked("public", "people", "email"), true},
		{"masked in any table", d.Masked("hr", "staff", "salary"), true},
		{"not masked", d.Masked("public", "staff", "salary"), false},
		{"function", d.Function("public", "sum"), true},
		{"denied function", d.Function("public", "peek_at"), false},
		{"function of the system", d.Function("pg_catalog", "now"), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: seen is %v", c.what, c.got)
		}
	}
}
