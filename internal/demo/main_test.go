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
	build := exec.Command("go", "build", "-o", server, "github.com/mcp-toolbelt/toolbelt/servers/"+name+"/cmd/mcp-"+name)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return server
}

// The demonstration shows what it says it shows.
func TestDemo(t *testing.T) {
	for name, part := range map[string]struct {
		run  func(server string, out io.Writer) error
		want []string
	}{
		"filesystem": {run, []string{"2026-07-28", "[DIR] notes", "- call Ada", "+- buy milk", "greet.go", "refused", "stopped cleanly"}},
		"slack":      {runSlack, []string{"Maya Cruz: Spring release", "Noor Haddad: Resolved", "refused", "--write-allow", "draft_token", "sent: ", "Toolbelt: The incident"}},
		"search": {runSearch(filepath.Join("..", "..")), []string{
			"2026-07-28", "1. toolbelt/servers/search/README.md:", "--collection-access ada=handbook", "Every path outside the directories", "toolbelt: ", "private or reserved",
		}},
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
		})
	}
}
