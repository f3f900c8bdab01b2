package githubspec

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/internal/npm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorded are the packages whose tests write down what they exchange.
var recorded = []string{"servers/github", "servers/github/internal/fake"}

// octokit is a file of a package of GitHub's.
func octokit(t *testing.T, name ...string) string {
	t.Helper()
	dir, _ := npm.Packages(t)
	return filepath.Join(append([]string{dir, "node_modules", "@octokit"}, name...)...)
}

// Each request and each answer of the tests of the server, and of those of the
// fake, is as GitHub describes it.
func TestExchanges(t *testing.T) {
	rest, err := newRestJudge(octokit(t, "openapi", "generated", "api.github.com.json"))
	if err != nil {
		t.Fatal(err)
	}
	graph, err := newGraphJudge(octokit(t, "graphql-schema", "schema.graphql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range recorded {
		t.Run(pkg, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "exchanges.jsonl")
			cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "./"+pkg, "-args", "-record="+file)
			cmd.Dir = filepath.Join("..", "..")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			judgeAll(t, file, rest, graph)
		})
	}
}

func judgeAll(t *testing.T, file string, rest *restJudge, graph *graphJudge) {
	total := 0
	seen, reported := map[string]int{}, map[string]bool{}
	err := readExchanges(file, func(e exchange) {
		total++
		var what, faults []string
		if strings.HasSuffix(strings.SplitN(e.URL, "?", 2)[0], "/graphql") {
			what, faults = graph.judge(e)
		} else {
			op, f := rest.judge(e)
			what, faults = []string{op}, f
		}
		for _, w := range what {
			seen[w]++
		}
		for _, f := range faults {
			if key := strings.Join(what, " ") + f; !reported[key] {
				reported[key] = true
				t.Errorf("%s: %s %s: %d\n%s\nbody: %.600s", e.Name, e.Method, e.URL, e.Status, f, e.Body)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if total == 0 {
		t.Fatal("the tests wrote nothing down")
	}
	delete(seen, "")
	var operations []string
	for op := range seen {
		operations = append(operations, op)
	}
	slices.Sort(operations)
	t.Logf("%d exchanges, %d operations, %d violations", total, len(operations), len(reported))
	t.Logf("operations:\n%s", strings.Join(operations, "\n"))
}
