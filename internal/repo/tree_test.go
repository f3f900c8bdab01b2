package repo

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const modulePath = "github.com/mcp-toolbelt/toolbelt"

// root is the top of the tree; tests run in their package's directory.
const root = "../.."

// run returns what a command prints on standard out, and fails the test with
// the rest when the command fails. Extra environment goes first.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// files lists the tree as a commit of everything in it would hold it: relative
// to root, slash-separated, sorted. Without git that is every file.
var files = sync.OnceValue(func() []string {
	var list []string
	if _, err := os.Stat(filepath.Join(root, ".git")); err == nil {
		out, err := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
		if err != nil {
			panic(err)
		}
		list = strings.Split(string(out), "\x00")
	} else {
		list = walk()
	}
	list = slices.DeleteFunc(list, func(f string) bool {
		info, err := os.Lstat(filepath.Join(root, f))
		return err != nil || !info.Mode().IsRegular() // deleted, not yet committed
	})
	slices.Sort(list)
	list = slices.Compact(list)
	// The go command caches results by what a test itself opens, which git's
	// listing is not; read the directories, so that a new file counts.
	seen := map[string]bool{}
	for _, f := range list {
		for d := path.Dir(f); !seen[d]; d = path.Dir(d) {
			seen[d] = true
			if _, err := os.ReadDir(filepath.Join(root, d)); err != nil {
				panic(err)
			}
		}
	}
	return list
})

func walk() []string {
	var list []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "bin", "dist", "node_modules"}, rel) {
			return filepath.SkipDir
		}
		list = append(list, filepath.ToSlash(rel))
		return nil
	})
	if err != nil {
		panic(err)
	}
	return list
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

// goFile is a parsed Go file of the tree.
type goFile struct {
	path    string // relative to root
	dir     string
	test    bool
	set     *token.FileSet
	ast     *ast.File
	imports map[string]string // the name it has in the file, to the path
}

func (f *goFile) at(n ast.Node) string {
	return f.path + ":" + strconv.Itoa(f.set.Position(n.Pos()).Line)
}

// under tells whether the file is in one of the directories, or below.
func (f *goFile) under(dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return strings.HasPrefix(f.path, d+"/") })
}

// server returns the name of the server the file is part of, or "".
func (f *goFile) server() string {
	if rest, ok := strings.CutPrefix(f.path, "servers/"); ok {
		name, _, _ := strings.Cut(rest, "/")
		return name
	}
	return ""
}

// goFiles parses every Go file of the tree, but those under testdata.
var goFiles = sync.OnceValue(func() []*goFile {
	var parsed []*goFile
	for _, name := range files() {
		if path.Ext(name) != ".go" || strings.Contains("/"+name, "/testdata/") {
			continue
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, filepath.Join(root, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			panic(err)
		}
		f := &goFile{
			path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
			set: set, ast: tree, imports: map[string]string{},
		}
		for _, spec := range tree.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				panic(err)
			}
			local := path.Base(p)
			if spec.Name != nil {
				local = spec.Name.Name
			}
			f.imports[local] = p
		}
		parsed = append(parsed, f)
	}
	return parsed
})

// uses calls yield for each mention of a name of an imported package, such as fmt.Println.
func (f *goFile) uses(yield func(node ast.Node, pkg, name string)) {
	ast.Inspect(f.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && f.imports[x.Name] != "" {
			yield(sel, f.imports[x.Name], sel.Sel.Name)
		}
		return true
	})
}

// module is what the go command tells of a go.mod.
type module struct {
	dir     string
	Module  struct{ Path string }
	Go      string
	Require []struct{ Path, Version string }
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

// modules reads every go.mod of the tree.
func modules(t *testing.T) []module {
	t.Helper()
	var all []module
	for _, name := range files() {
		if path.Base(name) != "go.mod" || strings.Contains("/"+name, "/testdata/") {
			continue
		}
		m := module{dir: path.Dir(name)}
		out := run(t, filepath.Join(root, m.dir), []string{"GOWORK=off"}, "go", "mod", "edit", "-json")
		if err := json.Unmarshal([]byte(out), &m); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, m)
	}
	return all
}

// workspace is what the go command tells of go.work.
type workspace struct {
	Go      string
	Use     []struct{ DiskPath string }
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

func readWorkspace(t *testing.T) workspace {
	t.Helper()
	var w workspace
	if err := json.Unmarshal([]byte(run(t, root, nil, "go", "work", "edit", "-json")), &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// uses tells whether the workspace has the module in dir; such a module gets published.
func (w workspace) uses(dir string) bool {
	return slices.ContainsFunc(w.Use, func(u struct{ DiskPath string }) bool { return path.Clean(u.DiskPath) == dir })
}

// binary is a main package of a server.
type binary struct{ server, name, pkg string }

// binaries finds the servers' main packages.
func binaries() []binary {
	var found []binary
	for _, name := range files() {
		if ok, _ := path.Match("servers/*/cmd/mcp-*/main.go", name); ok {
			dir := path.Dir(name)
			found = append(found, binary{strings.Split(name, "/")[1], path.Base(dir), modulePath + "/" + dir})
		}
	}
	return found
}
