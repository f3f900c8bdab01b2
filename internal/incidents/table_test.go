package incidents

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// incident is one that was published, with what we hold against it.
type incident struct {
	id    string // as it was published
	rule  string // that keeps it from happening here
	tests []string
}

// table lists tests as a directory, a dot and the name of the test; a case of a
// table follows behind a slash.
var table = []incident{
	{"CVE-2025-53109 (filesystem: symlinks lead out)", "files are opened below a directory's handle, link by link", []string{
		"internal/incidents.TestPaths", "servers/filesystem.TestOutside", "servers/filesystem.TestRace", "servers/filesystem/internal/guard.TestLinksRefused",
	}},
	{"CVE-2025-53110 (filesystem: a directory whose name begins alike)", "no path is compared by its beginning", []string{
		"internal/incidents.TestPaths/sibling", "servers/filesystem.TestOutside", "servers/filesystem/internal/guard.TestOutsideIsRefusedEverywhere",
	}},
	{"CVE-2025-68143, CVE-2025-68144, CVE-2025-68145, CVE-2026-27735 (git: arguments of a program, paths out of the repository)", "what a model says is never an argument of a program: servers run none", []string{
		"internal/incidents.TestNothingIsRun", "servers/filesystem.TestOddNames", "internal/incidents.TestPaths/parent",
	}},
	{"CVE-2025-6514 (mcp-remote: a URL of a server given to a shell)", "nothing is opened or run", []string{"internal/incidents.TestNothingIsRun"}},
	{"CVE-2025-49596 (Inspector: a local port that does what any page says)", "host, origin and content type are looked at on every address, and a token where there is one", []string{
		"internal/incidents.TestDoor/evil origin", "internal/incidents.TestDoor/form of a page", "shared/mcpcore/httpd.TestHostile/null origin",
	}},
	{"CVE-2025-66414, CVE-2025-66416, CVE-2026-34742, GHSA-8jxr-pr72-r468 (SDKs: DNS rebinding)", "a server answers only to its own names, on any address", []string{
		"internal/incidents.TestDoor/rebound host", "shared/mcpcore/httpd.TestHostile/rebound host and origin", "shared/mcpcore/httpd.TestDoor",
	}},
	{"GHSA-89xv-2j6f-qhc8 (SDK: posts from other sites)", "a post is JSON, and from no other site", []string{
		"internal/incidents.TestDoor/form of a page", "internal/incidents.TestDoor/cross-site", "shared/mcpcore/httpd.TestHostile/text/plain",
		"shared/mcpcore/httpd.TestHostile/cross-site without an origin", "shared/mcpcore/httpd.TestPreflight",
	}},
	{"CVE-2026-27896 (SDK: keys in any case)", "a key is what it is, byte by byte", []string{
		"internal/incidents.TestDoor/keys in another case", "shared/mcpcore.TestBadLines/wrong case", "shared/mcpcore/httpd.TestHostile/keys in the wrong case",
	}},
	{"GHSA-q382-vc8q-7jhj (SDK: a key with a zero byte)", "a key with more in it is another key", []string{
		"internal/incidents.TestDoor/key with a zero byte", "shared/mcpcore/httpd.TestHostile/a key with a zero byte",
	}},
	{"duplicate keys (SDKs: the first or the last counts)", "a key that stands twice is refused, so that no two readers differ", []string{
		"internal/incidents.TestDoor/name twice", "shared/mcpcore.TestBadLines/id twice", "shared/mcpcore/httpd.TestHostile/method twice",
	}},
	{"CVE-2026-25536 (SDK: the answer of one client to another)", "an answer goes to where its request came from", []string{
		"internal/incidents.TestTenants", "shared/mcpcore/httpd.TestSameID", "shared/mcpcore/httpd.TestConcurrent", "shared/mcpcore/httpd.TestEventsOfOthers",
	}},
	{"CVE-2026-0621 (SDK: a regular expression that takes for ever)", "patterns take time that is linear", []string{
		"servers/filesystem.TestExplodingPatterns", "internal/incidents.TestNothingIsRun",
	}},
	{"Asana, 2025 (data of another tenant)", "what is kept is kept by principal", []string{
		"internal/incidents.TestTenants", "shared/mcpcore/auth.TestListsOfPrincipals", "shared/mcpcore.TestTaskPrincipals",
	}},
	{"CVE-2026-32211 and others (no authentication)", "other machines are not served unless they say who they are, or the operator says that they need not", []string{
		"internal/incidents.TestOpenToAll", "shared/mcpcore/auth.TestUnauthorized", "shared/mcpcore/auth.TestSettings",
	}},
	{"tool poisoning, rug pulls (tools that are described otherwise later)", "tools are described as the snapshots are, byte by byte", []string{
		"internal/incidents.TestToolsAreThoseReviewed", "servers/filesystem.TestShown",
	}},
	{"token passthrough", "a token is for this server alone, and goes no further than the door", []string{
		"internal/incidents.TestTokenStays", "shared/mcpcore/auth/oauth.TestBadTokens", "internal/authz.TestProvider",
	}},
	{"confused deputy", "a token is good for the audience it was issued for, and for its scopes", []string{
		"shared/mcpcore/auth/oauth.TestBadTokens", "shared/mcpcore/auth/oauth.TestStepUp", "shared/mcpcore/auth.TestPolicyOfPrincipals",
	}},
	{"session hijacking and fixation", "a session is its principal's, and its id the server's choice", []string{
		"internal/incidents.TestTenants", "shared/mcpcore/auth.TestForeignSessionAndState", "shared/mcpcore/httpd.TestFixation", "shared/mcpcore.TestSealedState",
	}},
	{"request smuggling", "where the end of a request can be told in two ways, the connection ends with it", []string{
		"internal/incidents.TestDoor/smuggled", "shared/mcpcore/httpd.TestTwoReadings", "shared/mcpcore/httpd.TestHostileRaw/two lengths",
	}},
	{"CVE-2023-44487 (HTTP/2 rapid reset)", "what runs is bounded, and ends with its client", []string{"shared/mcpcore/httpd.TestRapidReset"}},
	{"a client that floods", "rates, places, sessions and streams are shared fairly", []string{
		"shared/mcpcore.TestRateLimit", "shared/mcpcore.TestFairQueue", "shared/mcpcore/httpd.TestSharesOfSessions", "shared/mcpcore/httpd.TestUnread",
	}},
}

const root = "../.."

// tests are the test functions in a directory, and the texts that stand there.
func tests(t *testing.T, dir string) (names, texts map[string]bool) {
	t.Helper()
	names, texts = map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				names[n.Name.Name] = n.Recv == nil && strings.HasSuffix(file, "_test.go")
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					texts[text] = true
				}
			}
			return true
		})
	}
	return names, texts
}

// TestTable finds the tests that the table names.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, i := range table {
		if i.id == "" || i.rule == "" || len(i.tests) == 0 || seen[i.id] {
			t.Errorf("%q has no rule or no test, or stands twice", i.id)
		}
		seen[i.id] = true
		for _, test := range i.tests {
			dir, name, _ := strings.Cut(test, ".")
			name, text, ofTable := strings.Cut(name, "/")
			names, texts := tests(t, dir)
			if !names[name] || ofTable && !texts[text] {
				t.Errorf("%s: there is no test %s", i.id, test)
			}
		}
	}
}
