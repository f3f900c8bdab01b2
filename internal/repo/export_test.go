package repo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// scriptsEnv is for running the go command in scripts, a module outside the workspace.
var scriptsEnv = []string{"GOWORK=off", "GOFLAGS=-buildvcs=false"}

// export copies the tree, without git, to dir.
func export(t *testing.T, dir string) string {
	t.Helper()
	for _, name := range files() {
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// buildScripts compiles the commands of the module scripts and returns where they are.
func buildScripts(t *testing.T) string {
	t.Helper()
	dir := t.TempDir() + string(filepath.Separator) // go build -o wants to see that it is one
	run(t, root, scriptsEnv, "go", "-C", "scripts", "build", "-trimpath", "-o", dir, "./modproxy", "./tidy", "./release")
	return dir
}

// treeVersion is the version that all modules have.
func treeVersion(t *testing.T) string {
	t.Helper()
	replaced := readWorkspace(t).Replace
	if len(replaced) == 0 {
		t.Fatal("go.work replaces nothing")
	}
	return replaced[0].Old.Version
}

// checkVersion runs a server's version command.
func checkVersion(t *testing.T, exe string, want ...string) {
	t.Helper()
	got := run(t, t.TempDir(), nil, exe, "version")
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s version: %q, which does not tell %s", filepath.Base(exe), got, w)
		}
	}
}
