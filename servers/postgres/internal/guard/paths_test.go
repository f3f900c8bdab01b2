package guard_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The packages that are looked at, from this directory.
const (
	guardDir  = "."
	gateDir   = "../gate"
	serverDir = "../.."
	module    = "github.com/mcp-toolbelt/toolbelt/servers/postgres"
)

// ways are the things by which something could get to the server, or read what
// it says, by type: what may be used of them, and in which functions, where not
// in all.
var ways = map[string]map[string][]string{
	"github.com/jackc/pgx/v5/pgproto3.Frontend": {
		"SendParse": {"session.put", "session.command"}, "SendQuery": {"session.tell"}, "Send": {"session.close"},
		"SendBind": nil, "SendDescribe": nil, "SendExecute": nil, "SendSync": nil,
		"Flush": nil, "Receive": nil, "SetMaxBodyLen": nil, "ReadBufferLen": nil,
	},
	"github.com/jackc/pgx/v5/pgconn.PgConn":       {"CancelRequest": nil, "Close": nil, "Conn": {"connect"}, "Hijack": nil, "SyncConn": nil},
	"github.com/jackc/pgx/v5/pgconn.HijackedConn": {"Conn": nil, "Frontend": nil, "ParameterStatuses": nil, "PID": nil},
	"net.Conn":                               {"Close": nil, "RemoteAddr": {"connect"}, "SetDeadline": nil, "SetReadDeadline": nil},
	"github.com/jackc/pgx/v5/pgproto3.Parse": {"": {"session.put", "session.command"}},
	"github.com/jackc/pgx/v5/pgproto3.Query": {"": {"session.tell"}},
}

// messages are those of the protocol that may be made.
var messages = []string{"Parse", "Query", "Bind", "Describe", "Execute", "Sync", "Terminate"}

// written are the functions in which SQL of the program's own is made of more
// than constants: of numbers, and of names and values with quotes round them.
var written = map[string][]string{
	"script": {"Source.opening", "Source.OwnOf", "holdSQL", "writing.run"},
	"Own":    {"planning.explain", "writing.earlier"},
}

// checking are the functions of the guard that have the gate make statements:
// each with the rules of the database.
var checking = []string{"Source.check", "Source.checkWrite", "Source.checkIndex"}

// imports are the only packages of the driver.
var imports = []string{"github.com/jackc/pgx/v5/pgconn", "github.com/jackc/pgx/v5/pgproto3"}

// TestOnePath holds that SQL of a model's gets to the server by session.put
// alone, in the extended protocol, and that it is the gate's to make it.
func TestOnePath(t *testing.T) {
	for _, fault := range faultsOf(t, "") {
		t.Error(fault)
	}
}

// Another path is found, whatever it looks like.
func TestOtherPaths(t *testing.T) {
	for source, want := range map[string]string{
		`func (c *session) other(sql string) { c.front.SendParse(&pgproto3.Parse{Query: sql}) }`:                       "SendParse",
		`func (c *session) other(sql string) { send := c.front.SendQuery; send(nil) }`:                                 "SendQuery",
		`func (c *session) other(sql string) { c.front.Send(&pgproto3.Query{String: sql}) }`:                           "pgproto3.Query",
		`func (c *session) other(m pgproto3.FrontendMessage) { c.front.Send(m) }`:                                      "Send",
		`func (c *session) other(sql string) { c.conn.Exec(nil, sql) }`:                                                "Exec",
		`func (c *session) other(sql string) { c.conn.ExecParams(nil, sql, nil, nil, nil, nil) }`:                      "ExecParams",
		`func (c *session) other(sql string) { c.conn.Conn() }`:                                                        "Conn",
		`func (c *session) other() { _ = pgproto3.FunctionCall{} }`:                                                    "pgproto3.FunctionCall",
		`func (c *session) other(n net.Conn) { n.Write(nil) }`:                                                         "Write",
		`func (c *session) other(sql string) { st, _ := gate.Check(sql, gate.Rules{}); c.send(statement{model: st}) }`: "gate.Check",
		`func (c *session) other(sql string) { c.tell(script(sql)) }`:                                                  "script",
		`func (c *session) other(sql string) { c.send(statement{own: Own(sql)}) }`:                                     "Own",
		`func (c *session) other(sql string) { o := new(Own); *o += Own(sql); c.send(statement{own: *o}) }`:            "Own",
		`func (c *session) other(f *pgproto3.Frontend) { w := pgproto3.NewFrontend(nil, nil); w.SendQuery(nil) }`:      "SendQuery",
		`func (c *session) other(n interface{ SendQuery(*pgproto3.Query) }) { n.SendQuery(nil) }; var _ = net.IPv4len`: "SendQuery",
	} {
		if faults := faultsOf(t, source); !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, "other") && strings.Contains(f, want) }) {
			t.Errorf("%s\nis not found: %q", source, faults)
		}
	}
}

// looker looks for other paths.
type looker struct {
	set    *token.FileSet
	info   *types.Info
	pkg    *types.Package
	faults []string
}

// faultsOf looks at the server's packages; more stands in the guard as well.
func faultsOf(t *testing.T, more string) []string {
	t.Helper()
	exports := exportsOf(t)
	var faults []string
	for _, dir := range []string{guardDir, gateDir, serverDir} {
		l := &looker{set: token.NewFileSet(), info: &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Uses: map[*ast.Ident]types.Object{},
		}}
		files := l.parse(t, dir)
		if dir == guardDir && more != "" {
			text := "package guard\nimport (\"net\"; \"github.com/jackc/pgx/v5/pgproto3\"; \"" + module + "/internal/gate\")\nvar _ net.Conn; var _ *pgproto3.Sync; var _ gate.Mode\n" + more
			file, err := parser.ParseFile(l.set, "more.go", text, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		lookup := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
		config := types.Config{Importer: importer.ForCompiler(l.set, "gc", lookup), Error: func(error) {}}
		var err error
		if l.pkg, err = config.Check(packageOf(dir), l.set, files, l.info); err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			l.file(file, dir)
		}
		faults = append(faults, l.faults...)
	}
	return faults
}

func packageOf(dir string) string {
	return map[string]string{guardDir: module + "/internal/guard", gateDir: module + "/internal/gate", serverDir: module}[dir]
}

var exported map[string]string

// exportsOf finds what the compiler knows of the packages that are imported.
func exportsOf(t *testing.T) map[string]string {
	t.Helper()
	if exported != nil {
		return exported
	}
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", serverDir).Output()
	if err != nil {
		t.Fatal(err)
	}
	exported = map[string]string{}
	for line := range bytes.Lines(out) {
		path, file, _ := strings.Cut(strings.TrimSpace(string(line)), "\t")
		exported[path] = file
	}
	return exported
}

func (l *looker) parse(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	var files []*ast.File
	for _, name := range names {
		ours, err := build.Default.MatchFile(dir, filepath.Base(name))
		if err != nil {
			t.Fatal(err)
		}
		if !ours || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(l.set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

func (l *looker) fault(n ast.Node, format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf("%s: ", l.set.Position(n.Pos()))+fmt.Sprintf(format, args...))
}

// file looks at one file.
func (l *looker) file(file *ast.File, dir string) {
	for _, i := range file.Imports {
		path := strings.Trim(i.Path.Value, `"`)
		driver := strings.HasPrefix(path, "github.com/jackc/pgx") && !slices.Contains(imports, path)
		if path == "unsafe" || path == "reflect" && dir != serverDir || path == "C" || path == "plugin" || driver || dir != guardDir && slices.Contains(imports, path) {
			l.fault(i, "%s is imported", path)
		}
	}
	for _, group := range file.Comments {
		if strings.Contains(group.Text(), "go:linkname") {
			l.fault(group, "a name is linked")
		}
	}
	for _, d := range file.Decls {
		in := ""
		if f, ok := d.(*ast.FuncDecl); ok {
			in = f.Name.Name
			if f.Recv != nil {
				in = receiver(f.Recv.List[0].Type) + "." + in
			}
		}
		ast.Inspect(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				l.selector(n, in)
			case *ast.CompositeLit:
				l.literal(n, in)
			case *ast.CallExpr:
				l.conversion(n, in)
			}
			return true
		})
	}
}

func receiver(e ast.Expr) string {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if index, ok := e.(*ast.IndexExpr); ok {
		e = index.X
	}
	name, ok := e.(*ast.Ident)
	if !ok {
		return ""
	}
	return name.Name
}

// nameOf is a type with its package, pointers aside.
func nameOf(t types.Type) string {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil {
		return n.Obj().Pkg().Path() + "." + n.Obj().Name()
	}
	return ""
}

// selector looks at what is used of a thing by which something gets to the server.
func (l *looker) selector(n *ast.SelectorExpr, in string) {
	chosen, ok := l.info.Selections[n]
	if !ok {
		f, _ := l.info.Uses[n.Sel].(*types.Func)
		if f != nil && f.FullName() == module+"/internal/gate.Check" && l.pkg.Name() == "guard" && !slices.Contains(checking, in) {
			l.fault(n, "%s uses gate.Check", in)
		}
		return
	}
	of := nameOf(chosen.Recv())
	known, bounded := ways[of]
	if f, ok := chosen.Obj().(*types.Func); ok && !bounded { // by way of an embedding or an interface
		if r := f.Type().(*types.Signature).Recv(); r != nil {
			of = nameOf(r.Type())
			known, bounded = ways[of]
		}
	}
	where, allowed := known[n.Sel.Name]
	switch {
	case bounded && (!allowed || where != nil && !slices.Contains(where, in)):
		l.fault(n, "%s uses %s of %s", in, n.Sel.Name, of)
	case !bounded && (n.Sel.Name == "SendParse" || n.Sel.Name == "SendQuery" || n.Sel.Name == "SendFunctionCall"):
		l.fault(n, "%s uses %s of something", in, n.Sel.Name)
	case n.Sel.Name == "sql" && of == module+"/internal/gate.Statement" && !slices.Contains([]string{"Statement.SQL", "Statement.Bare", "Statement.Returning"}, in):
		l.fault(n, "%s uses the text of a statement", in)
	}
}

// literal looks at messages and statements that are made.
func (l *looker) literal(n *ast.CompositeLit, in string) {
	of := nameOf(l.info.Types[n].Type)
	if where, bounded := ways[of][""]; bounded && !slices.Contains(where, in) {
		l.fault(n, "%s makes a %s", in, of)
	}
	if message, ok := strings.CutPrefix(of, "github.com/jackc/pgx/v5/pgproto3."); ok && !slices.Contains(messages, message) {
		l.fault(n, "%s makes a pgproto3.%s", in, message)
	}
	if of == module+"/internal/gate.Statement" && in != "Check" && (l.pkg.Name() != "gate" || len(n.Elts) > 0) {
		l.fault(n, "%s makes a statement", in)
	}
}

// conversion looks at SQL of the program's own that is made while it runs.
func (l *looker) conversion(n *ast.CallExpr, in string) {
	if fun := l.info.Types[n.Fun]; !fun.IsType() || len(n.Args) != 1 || l.info.Types[n.Args[0]].Value != nil {
		return
	}
	name, ok := strings.CutPrefix(nameOf(l.info.Types[n.Fun].Type), module+"/internal/guard.")
	if where, bounded := written[name]; ok && bounded && (!slices.Contains(where, in) || l.pkg.Name() != "guard") {
		l.fault(n, "%s makes %s of what is no constant", in, name)
	}
}
