package guard_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
	"go.uber.org/goleak"
)

// childEnv names what a re-executed test binary is to do.
const childEnv = "GUARD_TEST_CHILD"

func TestMain(m *testing.M) {
	if name := os.Getenv(childEnv); name != "" {
		os.Exit(children[name](os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// both runs test once for each implementation.
func both(t *testing.T, test func(t *testing.T, impl func(guard.Options) guard.Options)) {
	t.Helper()
	t.Run("native", func(t *testing.T) { test(t, func(o guard.Options) guard.Options { return o }) })
	t.Run("portable", func(t *testing.T) { test(t, guard.Options.Portable) })
}

func open(t testing.TB, o guard.Options) *guard.Guard {
	t.Helper()
	g, err := guard.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// follow allows dirs for writing, links included.
func follow(dirs ...string) guard.Options {
	o := guard.Options{FollowLinks: true}
	for _, d := range dirs {
		o.Roots = append(o.Roots, guard.Root{Path: d})
	}
	return o
}

// tempDir is a temporary directory under its real path.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func link(t testing.TB, target, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
}

func content(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
