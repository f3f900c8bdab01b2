package postgres_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestServerInfo(t *testing.T) {
	const warning = "\nwarning: the login can do more than read: "
	const advice = " A role that cannot:\nCREATE ROLE mcp_reader"
	for _, c := range []struct {
		user, role string
		want       []string
		not        []string
	}{
		{"postgres", "", []string{
			"\nprimary\n", "\nlogin: postgres (superuser); statements run with the rights of pg_read_all_data\n", "\nmode: read-only;",
			"\nlimits: 2s for a statement, 7 rows, 256 kB of values, estimated cost 5000\n", `search_path: "$user", public`, "\nextensions: plpgsql ",
			warning + "it is a superuser." + advice, `GRANT USAGE ON SCHEMA "Odd.Schema", attic, hr, public TO mcp_reader;`,
		}, nil},
		{"postgres", "reader", []string{"with the rights of reader\n", warning}, nil},
		{"postgres", "postgres", []string{"statements run with all its rights: name a role that reads only (--role)"}, nil},
		{"clerk", "", []string{"\nlogin: clerk\n", warning + "it can make databases; it is in pg_read_server_files; it can change tables." + advice}, nil},
		{"reader", "", []string{"\nlogin: reader\n"}, []string{"warning", "superuser"}},
	} {
		s := newServerWith(t, postgres.Config{Database: postgres.Database{
			URL: mcpcore.NewSecret(database.URL(c.user, "postgres")), Role: c.role, MaxRows: 7, MaxCost: 5000, StatementTimeout: 2 * time.Second,
		}})
		got := works(t, mcptest.Connect(t, s, mcptest.Options{}), "server_info", nil)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s as %s: %q is not in\n%s", c.user, c.role, want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%s as %s: %q is in\n%s", c.user, c.role, not, got)
			}
		}
	}
}
