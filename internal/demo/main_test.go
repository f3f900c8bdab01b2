package main

import (
	"bytes"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// built is a server's program.
func built(t *testing.T, name string) string {
	t.Helper()
	server := filepath.Join(t.TempDir(), "mcp-"+name)
	if runtime.GOOS == "windows" {
		server += ".exe"
	}
	build(t, server, "servers/"+name+"/cmd/mcp-"+name)
	if name == "github" {
		build(t, filepath.Join(filepath.Dir(server), "fake-github"+filepath.Ext(server)), "servers/github/internal/fake/cmd/fake-github")
	}
	return server
}

func build(t *testing.T, file, pkg string) {
	t.Helper()
	cmd := exec.Command("go", "build", "-o", file, "github.com/mcp-toolbelt/toolbelt/"+pkg)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// The demonstration shows what it says it shows.
func TestDemo(t *testing.T) {
	for name, part := range map[string]struct {
		run  func(server string, out io.Writer) error
		want []string
	}{
		"filesystem": {run, []string{"2026-07-28", "[DIR] notes", "- call Ada", "+- buy milk", "greet.go", "refused", "stopped cleanly"}},
		"github": {runGitHub, []string{
			"checks: failure", "gen/prices.pb.go", "more lines", "total 250, want 500", "The price of tea", "acme/vault is not among the repositories",
			"refused", "commit ", "+\t\tsum += l.Price * float64(l.Count)", "stopped cleanly",
		}},
		"slack": {runSlack, []string{"Maya Cruz: Spring release", "Noor Haddad: Resolved", "refused", "--write-allow", "draft_token", "sent: ", "Toolbelt: The incident"}},
		"search": {runSearch(filepath.Join("..", "..")), []string{
			"2026-07-28", "1. toolbelt/servers/search/README.md:", "--collection-access ada=handbook", "Every path outside the directories", "toolbelt: ", "private or reserved",
		}},
		"postgres": {runPostgres, []string{"orders_customer_id_fkey", "country", "HashAggregate", "refused", "may not be mentioned: it acts outside", "more than one statement", "its database is gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := part.run(built(t, name), &out); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			for _, want := range part.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the demonstration does not show %q:\n%s", want, out.String())
				}
			}
			for _, hidden := range []string{"read acme/vault/plans", "4 May", "ghp_"} { // of the GitHub in memory
				if strings.Contains(out.String(), hidden) {
					t.Errorf("the demonstration shows %q", hidden)
				}
			}
		})
	}
}
