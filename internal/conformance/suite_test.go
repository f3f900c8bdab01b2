package conformance

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/internal/npm"
)

// runs are the versions of the suite and what each is asked for. Scenarios that
// are not scored are run too.
var runs = []struct {
	name, pkg string
	args      []string
	checks    int // at least so many must pass
	exempt    map[string]string
}{
	{"0.1.16 all", "conformance-0.1", []string{"--suite", "all"}, 46, nil},
	{"0.2.0-alpha.12 of 2025-11-25", "conformance-0.2", []string{"--requirements", "2025-11-25"}, 83, nil},
	{"0.2.0-alpha.12 of 2026-07-28", "conformance-0.2", []string{"--requirements", "2026-07-28"}, 196, unchecked},
}

// unchecked are the scenarios in which the suite checks nothing. One that passes
// must leave this list.
var unchecked = map[string]string{
	"tasks-status-notifications": "the suite skips its only check itself",
}

func TestSuite(t *testing.T) {
	modules, node := npm.Packages(t)
	node = npm.Newer(t, modules, node)
	url := start(t, build(t))
	for _, run := range runs {
		t.Run(run.name, func(t *testing.T) {
			out := t.TempDir()
			script := filepath.Join(modules, "node_modules", run.pkg, "dist", "index.js")
			args := append([]string{script, "server", "--url", url, "-o", out}, run.args...)
			cmd := exec.CommandContext(t.Context(), node, args...)
			cmd.Dir = out
			text, err := cmd.CombinedOutput() // its exit code is about what is scored; the files tell all
			scenarios := checksIn(t, out)
			if len(scenarios) == 0 {
				t.Fatalf("the suite wrote nothing: %v\n%s", err, text)
			}
			total := judge(t, scenarios, run.exempt)
			fmt.Printf("conformance %-30s %3d checks passed, %d failed, %d warned, in %d scenarios\n",
				run.name, total.passed, total.failed, total.warned, len(scenarios))
			if total.passed < run.checks {
				t.Errorf("%d checks passed, and there were %d", total.passed, run.checks)
			}
		})
	}
}

// judge fails the test for every check that is not as it should be.
func judge(t *testing.T, scenarios map[string][]check, exempt map[string]string) (total count) {
	t.Helper()
	for name, checks := range scenarios {
		n := tally(checks)
		total = count{total.passed + n.passed, total.failed + n.failed, total.warned + n.warned}
		reason, spared := exempt[name]
		good := n.passed > 0 && n.failed == 0 && n.warned == 0
		switch {
		case spared && good:
			t.Errorf("%s passes, and is listed as failing: %s", name, reason)
		case !spared && !good:
			t.Errorf("%s: %d checks passed, %d failed, %d warned", name, n.passed, n.failed, n.warned)
			for _, c := range checks {
				if c.Status == "FAILURE" || c.Status == "WARNING" {
					t.Errorf("%s: %s: %s: %s", name, c.Status, c.ID, c.ErrorMessage)
				}
			}
		}
	}
	for name := range exempt {
		if scenarios[name] == nil {
			t.Errorf("%s is listed as failing, and was not run", name)
		}
	}
	return total
}

type check struct{ ID, Status, ErrorMessage string }

type count struct{ passed, failed, warned int }

func tally(checks []check) (n count) {
	for _, c := range checks {
		switch c.Status {
		case "SUCCESS":
			n.passed++
		case "FAILURE":
			n.failed++
		case "WARNING":
			n.warned++
		}
	}
	return n
}

// stamped is what the suite calls the directory of a scenario.
var stamped = regexp.MustCompile(`^server-(.*)-\d{4}-\d\d-\d\dT[\d-]+Z$`)

// checksIn reads the checks of each scenario.
func checksIn(t *testing.T, out string) map[string][]check {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(out, "*", "checks.json"))
	if err != nil {
		t.Fatal(err)
	}
	scenarios := map[string][]check{}
	for _, file := range files {
		dir := filepath.Base(filepath.Dir(file))
		m := stamped.FindStringSubmatch(dir)
		if m == nil {
			t.Fatalf("whose checks are in %q?", dir)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checks := []check{}
		if err := json.Unmarshal(raw, &checks); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if scenarios[m[1]] != nil {
			t.Errorf("%s was run twice", m[1])
		}
		scenarios[m[1]] = checks
	}
	return scenarios
}

// address finds where a server says that it listens.
func address(line string) (url string, ok bool) {
	_, url, ok = strings.Cut(line, "url=")
	return strings.TrimSpace(url), ok
}
