package audit_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/audit"
)

// children are what this test binary can do as another process, by the variable
// that says with what.
var children = map[string]func(string) error{childEnv: addAs}

// childEnv has it write lines into a log: FILE NAME COUNT.
const childEnv = "AUDIT_TEST_CHILD"

func TestMain(m *testing.M) {
	for name, run := range children {
		if with := os.Getenv(name); with != "" {
			if err := run(with); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	goleak.VerifyTestMain(m)
}

func addAs(with string) error {
	args := strings.Fields(with)
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	g, err := audit.Open(args[0], audit.Options{Server: args[1]})
	for i := 0; err == nil && i < n; i++ {
		_, err = g.Append(line(fmt.Sprint(i)))
	}
	if err != nil {
		return err
	}
	return g.Close()
}

func line(request string) *audit.Line {
	return &audit.Line{Time: time.Now(), Kind: audit.Call, Request: request, Outcome: "ok"}
}

func open(t *testing.T, file string) *audit.Log {
	t.Helper()
	g, err := audit.Open(file, audit.Options{Server: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

// add writes so many lines in a log of its own time.
func add(t *testing.T, file string, n int) {
	t.Helper()
	g := open(t, file)
	for i := range n {
		if _, err := g.Append(line(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
}

func logFile(t *testing.T) string { return filepath.Join(t.TempDir(), "audit.log") }

func read(t *testing.T, file string) []string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(strings.TrimSuffix(string(raw), "\n"), "\n")
}

func write(t *testing.T, file string, lines ...string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
}

func parsed(t *testing.T, raw string) (l audit.Line) {
	t.Helper()
	if err := json.Unmarshal([]byte(raw), &l); err != nil {
		t.Fatalf("%v: %q", err, raw)
	}
	return l
}

// whole verifies files and returns what is in them.
func whole(t *testing.T, files ...string) *audit.Report {
	t.Helper()
	r, err := audit.Verify(files)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
