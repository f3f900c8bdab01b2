//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/audit"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// The log is moved away while the program serves, which the kernel confines
// where it can. With a directory of its own the log goes on in a new file; else
// in the one that was moved, until another process writes the new one.
func TestAuditRotation(t *testing.T) {
	for _, own := range []bool{true, false} {
		dir, logs := tempDir(t), tempDir(t)
		file := filepath.Join(logs, "audit")
		if !own {
			if err := os.WriteFile(filepath.Join(logs, "other"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := program(t, "--audit-log", file, dir)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		l := mcptest.Command(t, cmd)
		l.Handshake("2025-06-18")
		list := func() string { return l.Ask(request(t, 1, "list_directory", map[string]any{"path": "."})) }
		list()
		if err := os.Rename(file, file+".1"); err != nil {
			t.Fatal(err)
		}
		if answer := list(); strings.Contains(answer, "audit") {
			t.Errorf("own directory %v: got %s", own, answer)
		}
		files := []string{file + ".1", file}
		if _, err := os.Stat(file); err != nil {
			if own || !hasLandlock() {
				t.Error(err)
			}
			files = files[:1]
			if err := os.WriteFile(file, []byte("of another\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if answer := list(); !strings.Contains(answer, "the audit log cannot be written") {
				t.Errorf("two files are written: %s", answer)
			}
		}
		l.CloseInput()
		if err := l.Wait(); err != nil {
			t.Error(err, stderr.String())
		}
		if r, err := audit.Verify(files); err != nil || r.Lines != 2 {
			t.Errorf("own directory %v: got %+v, %v", own, r, err)
		}
	}
}
