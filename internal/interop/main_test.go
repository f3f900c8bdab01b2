package interop

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"go.uber.org/goleak"
)

// server is the program under test, as a user would build it.
var server string

func TestMain(m *testing.M) {
	code, err := withServer(m.Run)
	if err == nil && code == 0 {
		err = goleak.Find()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		code = 1
	}
	os.Exit(code)
}

func withServer(run func() int) (int, error) {
	dir, err := os.MkdirTemp("", "interop")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	server = filepath.Join(dir, "mcp-filesystem")
	if runtime.GOOS == "windows" {
		server += ".exe"
	}
	// The go command keeps a result while what the test itself has read stays the
	// same, and what its child reads does not count.
	for _, dir := range []string{"servers/filesystem", "shared/mcpcore"} {
		read := func(_ string, _ fs.DirEntry, err error) error { return err }
		if err := filepath.WalkDir(filepath.Join("..", "..", filepath.FromSlash(dir)), read); err != nil {
			return 1, err
		}
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", server, "./cmd/mcp-filesystem")
	build.Dir = filepath.Join("..", "..", "servers", "filesystem")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build mcp-filesystem: %w\n%s", err, out)
	}
	return run(), nil
}
