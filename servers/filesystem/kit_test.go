package filesystem_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestMain(m *testing.M) {
	if run := children[os.Getenv(childEnv)]; run != nil {
		os.Exit(run(os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// childEnv names what this test binary does as a process of its own.
const childEnv = "FILESYSTEM_TEST_CHILD"

var children = map[string]func(args []string) int{}

// args are the arguments of a call.
type args = map[string]any

// newServer makes a server that is closed with the test.
func newServer(t testing.TB, c filesystem.Config) *mcpcore.Server {
	t.Helper()
	s, err := filesystem.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// serve connects a client to a server for dirs.
func serve(t testing.TB, dirs ...string) *mcptest.Client {
	t.Helper()
	return mcptest.Connect(t, newServer(t, filesystem.Config{Directories: dirs}), mcptest.Options{})
}

// serveSmall is serve with another limit for results.
func serveSmall(t testing.TB, resultBytes int, dirs ...string) *mcptest.Client {
	t.Helper()
	s := newServer(t, filesystem.Config{Directories: dirs})
	s.Options.MaxResultBytes = resultBytes
	return mcptest.Connect(t, s, mcptest.Options{})
}

// works calls a tool and returns its text.
func works(t testing.TB, c *mcptest.Client, tool string, a args) string {
	t.Helper()
	r := c.Call(tool, a)
	if r.IsError {
		t.Errorf("%s %v: %s", tool, a, r.Text())
	}
	return r.Text()
}

// refused calls a tool that has to refuse, with all of words in the refusal.
func refused(t testing.TB, c *mcptest.Client, tool string, a args, words ...string) string {
	t.Helper()
	r := c.Call(tool, a)
	if !r.IsError {
		t.Errorf("%s %v: not refused: %.500s", tool, a, r.Text())
	}
	for _, w := range words {
		if !strings.Contains(r.Text(), w) {
			t.Errorf("%s %v: refused with %q, want %q in it", tool, a, r.Text(), w)
		}
	}
	return r.Text()
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

// snapshot is everything beneath dir: contents of files, targets of links.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		all[path] = info.Mode().String()
		switch {
		case d.Type().IsRegular():
			all[path] += " " + content(t, path)
		case d.Type()&os.ModeSymlink != 0:
			target, _ := os.Readlink(path)
			all[path] += " " + target
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func config(dirs ...string) filesystem.Config { return filesystem.Config{Directories: dirs} }
