package postgres_test

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// A rule that could match nothing stops the start, all of them at once.
func TestRulesThatMatchNothing(t *testing.T) {
	c := postgres.Config{Database: postgres.Database{
		DenyColumns: []string{"ssn"}, Mask: []string{"a.b.c.d", "x."}, DenyTables: []string{`"t"`}, AllowSchemas: []string{"a.b"},
		SessionSettings: []string{"role=postgres"},
	}}
	_, err := postgres.New(c)
	if err == nil {
		t.Fatal("it starts")
	}
	for _, want := range []string{`--deny-columns: "ssn"`, `"a.b.c.d"`, `"x."`, `"\"t\""`, `"a.b"`, `"role=postgres"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in %v", want, err)
		}
	}
	if mcpcore.HintOf(err) == "" {
		t.Error("there is no word of what to do")
	}
}
