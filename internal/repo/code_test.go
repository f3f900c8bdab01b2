package repo

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// useRules say which names of other packages may not be mentioned where.
var useRules = []struct {
	name    string
	applies func(f *goFile) bool
	pkg     string
	names   []string
	because string
}{
	{
		name:    "only config reads the environment",
		applies: func(f *goFile) bool { return product(f) && !f.under("shared/mcpcore/config") },
		pkg:     "os",
		names:   []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"},
		because: "declare a setting, and mcpcore/config reads it",
	},
	{
		name:    "no printing",
		applies: product,
		pkg:     "fmt",
		names:   []string{"Print", "Printf", "Println"},
		because: "standard out belongs to the protocol",
	},
	{
		name: "standard out has one owner",
		applies: func(f *goFile) bool {
			taken, _ := path.Match("shared/mcpcore/stdout*.go", f.path) // where a server puts it out of reach
			owner := taken || f.under("shared/mcpcore/stdio", "shared/mcpcore/cmd") ||
				f.path == "shared/mcpcore/main.go" || path.Base(path.Dir(f.dir)) == "cmd"
			return product(f) && !owner
		},
		pkg:     "os",
		names:   []string{"Stdout"},
		because: "standard out belongs to the protocol",
	},
	{
		name:    "no global slog",
		applies: product,
		pkg:     "log/slog",
		names: []string{
			"Default", "SetDefault", "With", "Log", "LogAttrs", "Debug", "Info", "Warn", "Error",
			"DebugContext", "InfoContext", "WarnContext", "ErrorContext",
		},
		because: "a *slog.Logger is passed in",
	},
	{
		name:    "no sleeping in tests",
		applies: func(f *goFile) bool { return f.test },
		pkg:     "time",
		names:   []string{"Sleep"},
		because: "wait for the event itself, or use testing/synctest",
	},
}

// product tells whether a file is part of what users run, not of a test or a tool of ours.
func product(f *goFile) bool {
	tool := f.ast.Name.Name == "main" && !strings.Contains(f.dir, "/cmd/")
	return f.under("shared", "servers") && !f.test && !tool
}

func TestUses(t *testing.T) {
	for _, rule := range useRules {
		t.Run(rule.name, func(t *testing.T) {
			for _, f := range goFiles() {
				if !rule.applies(f) {
					continue
				}
				f.uses(func(node ast.Node, pkg, name string) {
					if pkg == rule.pkg && slices.Contains(rule.names, name) {
						t.Errorf("%s uses %s.%s: %s", f.at(node), path.Base(pkg), name, rule.because)
					}
				})
			}
		})
	}
}

// An import under the name "." would hide its names from the rules above.
func TestNoDotImports(t *testing.T) {
	for _, f := range goFiles() {
		if f.imports["."] != "" {
			t.Errorf("%s imports %s with a dot", f.path, f.imports["."])
		}
	}
}

// A tool's schema comes from its input struct; a map in there says nothing to
// the model and lets everything through.
func TestTypedInputs(t *testing.T) {
	structs := map[string]map[string]ast.Expr{} // directory, type name
	for _, f := range goFiles() {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if structs[f.dir] == nil {
					structs[f.dir] = map[string]ast.Expr{}
				}
				structs[f.dir][spec.Name.Name] = spec.Type
			}
			return true
		})
	}
	for _, f := range goFiles() {
		if path.Dir(f.dir) != "servers" || f.test {
			continue
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !isHandler(f, fn.Type) {
				continue
			}
			input := fn.Type.Params.List[1].Type
			if m := looseMap(input, structs[f.dir], map[string]bool{}); m != nil {
				t.Errorf("%s: the input of %s holds a map of anything at line %d: name the fields",
					f.at(fn), fn.Name.Name, f.set.Position(m.Pos()).Line)
			}
		}
	}
}

// isHandler recognises func(ctx context.Context, in In) (Out, error).
func isHandler(f *goFile, fn *ast.FuncType) bool {
	if fn.Params.NumFields() != 2 || len(fn.Params.List) != 2 || fn.Results.NumFields() != 2 {
		return false
	}
	sel, ok := fn.Params.List[0].Type.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Context" {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && f.imports[x.Name] == "context"
}

// looseMap finds a map[string]any in a type, looking into types of the same package.
func looseMap(e ast.Expr, declared map[string]ast.Expr, seen map[string]bool) ast.Node {
	var found ast.Node
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.MapType:
			if isAny(n.Value) {
				found = n
			}
		case *ast.Ident:
			if next := declared[n.Name]; next != nil && !seen[n.Name] {
				seen[n.Name] = true
				if m := looseMap(next, declared, seen); m != nil {
					found = m
				}
			}
		}
		return found == nil
	})
	return found
}

func isAny(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "any"
	case *ast.InterfaceType:
		return e.Methods.NumFields() == 0
	}
	return false
}
