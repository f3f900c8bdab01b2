package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The demonstration shows what it says it shows.
func TestDemo(t *testing.T) {
	server := filepath.Join(t.TempDir(), "mcp-filesystem")
	if runtime.GOOS == "windows" {
		server += ".exe"
	}
	build := exec.Command("go", "build", "-o", server, "github.com/mcp-toolbelt/toolbelt/servers/filesystem/cmd/mcp-filesystem")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var out bytes.Buffer
	if err := run(server, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"2026-07-28", "[DIR] notes", "- call Ada", "+- buy milk", "greet.go", "refused", "stopped cleanly"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the demonstration does not show %q:\n%s", want, out.String())
		}
	}
}
