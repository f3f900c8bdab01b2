package repo

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestTopLevel(t *testing.T) {
	must := []string{
		".ci", ".gitignore", ".golangci.yml", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile",
		"README.md", "SECURITY.md", "docs", "examples", "go.mod", "go.work", "internal", "scripts", "servers", "shared",
	}
	may := []string{".dockerignore", ".gitattributes", ".github", "deploy", "go.sum", "go.work.sum"}
	have := map[string]bool{}
	for _, f := range files() {
		top, _, _ := strings.Cut(f, "/")
		have[top] = true
		if !slices.Contains(must, top) && !slices.Contains(may, top) {
			t.Errorf("%s has no place at the top", f)
		}
	}
	for _, name := range must {
		if !have[name] {
			t.Errorf("%s is missing at the top", name)
		}
	}
}

// Who knows one server knows all of them.
func TestServerLayout(t *testing.T) {
	have := map[string]bool{}
	servers := map[string]bool{}
	for _, f := range files() {
		for d := f; d != "."; d = path.Dir(d) {
			have[d] = true
		}
		if parts := strings.Split(f, "/"); parts[0] == "servers" && len(parts) > 2 {
			servers[parts[1]] = true
		}
	}
	for name := range servers {
		for _, want := range []string{
			"go.mod", "LICENSE", "README.md", name + ".go", "config.go", "tools.go", "internal/guard",
			"cmd/mcp-" + name + "/main.go", "testdata/tools",
		} {
			if full := path.Join("servers", name, want); !have[full] {
				t.Errorf("%s is missing", full)
			}
		}
	}
	for _, f := range goFiles() {
		if ok, _ := path.Match("servers/*/cmd/*/main.go", f.path); ok {
			if lines := f.set.File(f.ast.Pos()).LineCount(); lines > 25 {
				t.Errorf("%s has %d lines: the binary is a wrapper, the server is the library", f.path, lines)
			}
		}
	}
}

func TestMakefile(t *testing.T) {
	text := read(t, "Makefile")
	if n := strings.Count(text, "\n"); n > 60 {
		t.Errorf("Makefile has %d lines, want at most 60: move recipes into scripts", n)
	}
	if !strings.HasPrefix(text, ".DEFAULT_GOAL := help\n") {
		t.Error("Makefile: a bare make should print help")
	}
}

func TestPackageNames(t *testing.T) {
	vague := []string{"util", "utils", "common", "helper", "helpers", "types", "pkg", "misc", "base", "lib"}
	for _, f := range goFiles() {
		if name := strings.TrimSuffix(f.ast.Name.Name, "_test"); slices.Contains(vague, name) || slices.Contains(vague, path.Base(f.dir)) {
			t.Errorf("%s: package %s says nothing of what it is for", f.path, name)
		}
	}
}

func TestPackageDocs(t *testing.T) {
	names, docs := map[string]string{}, map[string]string{}
	for _, f := range goFiles() {
		if f.test {
			continue
		}
		names[f.dir] = f.ast.Name.Name
		docs[f.dir] += f.ast.Doc.Text()
	}
	for dir, name := range names {
		switch {
		case docs[dir] == "":
			t.Errorf("%s: no package comment", dir)
		case name != "main" && !strings.HasPrefix(docs[dir], "Package "+name+" "):
			t.Errorf("%s: the package comment should start with %q", dir, "Package "+name)
		}
	}
	for _, f := range goFiles() {
		if _, ok := names[f.dir]; !ok {
			t.Errorf("%s: a package of tests alone needs a doc.go", f.path)
		}
	}
}

const (
	maxFile = 500 // lines; aim at 300
	maxFunc = 100 // lines; aim at 60
)

// long lists what is longer than the limits, with the reason: "file.go" or "file.go:Func".
var long = map[string]string{}

func TestLength(t *testing.T) {
	found := map[string]bool{}
	over := func(key string, lines, limit int) {
		found[key] = found[key] || lines > limit // methods may share a name
		if lines > limit && long[key] == "" {
			t.Errorf("%s has %d lines, more than %d: split it, or give the reason in the table long", key, lines, limit)
		}
	}
	for _, f := range goFiles() {
		if ast.IsGenerated(f.ast) {
			continue
		}
		over(f.path, f.set.File(f.ast.Pos()).LineCount(), maxFile)
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				lines := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1
				over(f.path+":"+fn.Name.Name, lines, maxFunc)
			}
		}
	}
	for key := range long {
		if !found[key] {
			t.Errorf("the table long lists %s, which is not long (any more)", key)
		}
	}
}
