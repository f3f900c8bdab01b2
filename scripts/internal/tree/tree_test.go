package tree

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// plant writes a workspace of a root, a core and a server, and moves into it.
// More files, or other contents, may be given.
func plant(t *testing.T, more map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	texts := map[string]string{
		"go.work": "go 1.26\n\nuse (\n\t.\n\t./servers/a\n\t./core\n)\n\nreplace (\n" +
			"\texample.com/m/core v0.1.0 => ./core\n\texample.com/m/servers/a v0.1.0 => ./servers/a\n)\n",
		"go.mod":           "module example.com/m\n\ngo 1.26\n\nrequire example.com/m/servers/a v0.1.0\n",
		"core/go.mod":      "module example.com/m/core\n\ngo 1.26\n",
		"core/core.go":     "package core\n",
		"servers/a/go.mod": "module example.com/m/servers/a\n\ngo 1.26\n\nrequire example.com/m/core v0.1.0\n",
		"tools/go.mod":     "module example.com/m/tools\n\ngo 1.26\n",
	}
	maps.Copy(texts, more)
	for name, text := range texts {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(dir, "core"))
	return dir
}

func dirs(modules []Module) []string {
	var out []string
	for _, m := range modules {
		out = append(out, m.Dir)
	}
	return out
}

func TestOpen(t *testing.T) {
	plant(t, nil)
	tree, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := dirs(tree.Modules), []string{"core", "servers/a", "."}; !slices.Equal(got, want) {
		t.Errorf("modules: got %v, want %v", got, want)
	}
	if got, want := dirs(tree.Aside), []string{"tools"}; !slices.Equal(got, want) {
		t.Errorf("aside: got %v, want %v", got, want)
	}
	if tree.Version != "v0.1.0" {
		t.Errorf("version: got %s", tree.Version)
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, test := range map[string]struct{ file, text, want string }{
		"replace": {
			"core/go.mod", "module example.com/m/core\n\nreplace example.com/x => ../x\n", "core/go.mod: go install refuses",
		},
		"circle": {
			"core/go.mod", "module example.com/m/core\n\nrequire example.com/m v0.1.0\n", "in a circle",
		},
		"two versions": {
			"go.work", "go 1.26\n\nuse ./core\n\nreplace (\n\ta.b/c v1.0.0 => ./core\n\ta.b/d v1.1.0 => ./core\n)\n", "a.b/d is replaced at",
		},
		"missing module": {"go.work", "go 1.26\n\nuse ./gone\n", "the tree has 0"},
	} {
		t.Run(name, func(t *testing.T) {
			plant(t, map[string]string{test.file: test.text})
			if _, err := Open(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

// Whether a file is published is for git to say, as long as there is a git.
func TestFilesOfGit(t *testing.T) {
	dir := plant(t, map[string]string{".gitignore": "/bin/\n", "bin/x": "", "core/gone.go": "", "core/new.go": ""})
	for _, args := range [][]string{{"init", "-q"}, {"add", "core/gone.go"}} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	if err := os.Remove(filepath.Join(dir, "core/gone.go")); err != nil {
		t.Fatal(err)
	}
	tree, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"core/new.go": true, "core/gone.go": false, "bin/x": false, ".git/HEAD": false} {
		if got := slices.Contains(tree.Files, name); got != want {
			t.Errorf("%s: listed is %v, want %v", name, got, want)
		}
	}
}

func TestZip(t *testing.T) {
	plant(t, nil)
	tree, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := tree.Zip(&buf, tree.Modules[2], "v0.2.0"); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range r.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(rc)
		if err != nil {
			t.Fatal(err)
		}
		got[f.Name] = string(data)
	}
	if mod := got["example.com/m@v0.2.0/go.mod"]; !strings.Contains(mod, "require example.com/m/servers/a v0.2.0") {
		t.Errorf("go.mod in the zip still requires the old version:\n%s", mod)
	}
	for name := range got {
		if strings.Contains(name, "core") {
			t.Errorf("the zip holds %s of a nested module", name)
		}
	}
}
