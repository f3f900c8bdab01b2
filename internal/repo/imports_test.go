package repo

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Each list holds import paths; everything below one of them is meant as well.
var (
	sdks    = []string{"github.com/modelcontextprotocol/go-sdk", "github.com/mark3labs/mcp-go", "github.com/metoro-io/mcp-golang"}
	vendors = []string{
		"github.com/google/go-github", "github.com/shurcooL/githubv4", "github.com/slack-go", "github.com/jackc/pgx",
		"github.com/lib/pq", "database/sql",
	}
	outside = []string{"os", "os/exec", "io/ioutil", "syscall", "golang.org/x/sys"} // what guard stands in front of
)

func within(pkg string, paths []string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return pkg == p || strings.HasPrefix(pkg, p+"/") })
}

// importRules say which files may not import what, and why.
var importRules = []struct {
	name    string
	applies func(f *goFile) bool
	refuses func(f *goFile, pkg string) bool
	because string
}{
	{
		name:    "core imports no server",
		applies: func(f *goFile) bool { return f.under("shared") },
		refuses: func(_ *goFile, pkg string) bool { return within(pkg, []string{modulePath + "/servers"}) },
		because: "imports go one way: cmd, server, guard, vendor; all of them may import mcpcore",
	},
	{
		name:    "core imports no vendor client",
		applies: func(f *goFile) bool { return f.under("shared") && !f.test },
		refuses: func(_ *goFile, pkg string) bool { return within(pkg, vendors) },
		because: "every server would pay for it",
	},
	{
		name:    "no SDK in the product",
		applies: func(f *goFile) bool { return f.under("shared", "servers", "examples") && !f.test },
		refuses: func(_ *goFile, pkg string) bool { return within(pkg, sdks) },
		because: "the engine is our own; SDKs judge it from outside, in tests",
	},
	{
		name:    "no server imports another",
		applies: func(f *goFile) bool { return f.server() != "" },
		refuses: func(f *goFile, pkg string) bool {
			return within(pkg, []string{modulePath + "/servers"}) && !within(pkg, []string{modulePath + "/servers/" + f.server()})
		},
		because: "what two servers share belongs in mcpcore",
	},
	{
		name:    "tool files ask guard",
		applies: func(f *goFile) bool { return path.Dir(f.dir) == "servers" && !f.test },
		refuses: func(_ *goFile, pkg string) bool { return within(pkg, outside) || within(pkg, vendors) },
		because: "without guard there must be nothing to call",
	},
	{
		name:    "only guard holds the vendor client",
		applies: func(f *goFile) bool { return f.server() != "" && !f.test && path.Base(f.dir) != "guard" },
		refuses: func(_ *goFile, pkg string) bool { return within(pkg, vendors) },
		because: "the access policy is the only way to the outside",
	},
	{
		name: "the global logger is not used",
		applies: func(f *goFile) bool {
			return f.under("shared", "servers") && !f.test
		},
		refuses: func(_ *goFile, pkg string) bool { return pkg == "log" },
		because: "loggers are passed in; standard out belongs to the protocol",
	},
}

func TestImports(t *testing.T) {
	for _, rule := range importRules {
		t.Run(rule.name, func(t *testing.T) {
			for _, f := range goFiles() {
				if !rule.applies(f) {
					continue
				}
				for _, spec := range f.ast.Imports {
					if pkg := strings.Trim(spec.Path.Value, "`\""); rule.refuses(f, pkg) {
						t.Errorf("%s imports %s: %s", f.at(spec), pkg, rule.because)
					}
				}
			}
		})
	}
}

// What a package imports may import in turn what the package itself may not.
func TestDependencies(t *testing.T) {
	for _, m := range modules(t) {
		if m.dir != "shared/mcpcore" && path.Dir(m.dir) != "servers" {
			continue
		}
		for pkg := range strings.Lines(run(t, filepath.Join(root, m.dir), nil, "go", "list", "-deps", "./...")) {
			pkg = strings.TrimSpace(pkg)
			if within(pkg, sdks) {
				t.Errorf("%s depends on %s: an SDK is for tests", m.dir, pkg)
			}
			if m.dir == "shared/mcpcore" && within(pkg, []string{"go.opentelemetry.io"}) {
				t.Errorf("%s depends on %s: programs opt into telemetry", m.dir, pkg)
			}
			if m.dir == "shared/mcpcore" && (within(pkg, vendors) || within(pkg, []string{modulePath + "/servers"})) {
				t.Errorf("%s depends on %s", m.dir, pkg)
			}
		}
	}
}
