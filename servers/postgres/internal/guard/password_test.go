package guard_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// A command that does not end is ended, and its password is asked for once,
// however many wait for it.
func TestPasswordTime(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the command is a script for sh")
	}
	dir := t.TempDir()
	open := func(most time.Duration, script string) *guard.Source {
		t.Helper()
		name := filepath.Join(dir, "give")
		if err := os.WriteFile(name, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
		g, err := guard.Open(guard.Options{Databases: []guard.Database{{URL: "postgresql://nobody@127.0.0.1:1/none", PasswordCommand: []string{name}, PasswordTime: most}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { g.Close() })
		return g.All()[0]
	}
	err := open(100*time.Millisecond, "echo sesame; exec sleep 60\n").Ping(t.Context())
	if err == nil || !strings.Contains(err.Error(), "--password-command: it did not end within 100ms") || strings.Contains(err.Error(), "sesame") || !strings.Contains(mcpcore.HintOf(err), "by hand") {
		t.Errorf("got %v", err)
	}
	calls := filepath.Join(dir, "calls")
	s := open(time.Minute, fmt.Sprintf("echo x >> %s; echo sesame\n", calls))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := s.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be reached") || strings.Contains(err.Error(), "sesame") {
				t.Errorf("got %v", err)
			}
		})
	}
	all.Wait()
	if text, err := os.ReadFile(calls); err != nil || string(text) != "x\n" {
		t.Errorf("asked %q, %v", text, err)
	}
}
