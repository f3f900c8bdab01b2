package conformance

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// build compiles the fixture server.
func build(t *testing.T) (exe string) {
	t.Helper()
	exe = filepath.Join(t.TempDir(), "conformance-server")
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	core := filepath.Join("..", "..", "shared", "mcpcore")
	// The go command keeps a result while what the test itself has read stays the
	// same, and what its child reads does not count.
	look := func(_ string, _ fs.DirEntry, err error) error { return err }
	if err := filepath.WalkDir(core, look); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", exe, "./cmd/conformance-server")
	cmd.Dir = core
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return exe
}

// start runs the fixture server on a free port until the test ends, and returns
// its URL.
func start(t *testing.T, exe string) string {
	t.Helper()
	cmd := exec.Command(exe, "--http", "127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if url, ok := address(lines.Text()); ok {
				heard <- url
				continue
			}
			fmt.Fprintln(os.Stderr, lines.Text())
		}
	}()
	t.Cleanup(func() {
		stop(t, cmd)
		<-read
		if err := cmd.Wait(); err != nil && runtime.GOOS != "windows" {
			t.Errorf("the server ended with: %v", err)
		}
	})
	select {
	case url := <-heard:
		return url
	case <-read:
		t.Fatal("the server does not listen")
		return ""
	}
}

// stop asks the server to end.
func stop(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	ask := cmd.Process.Signal
	if runtime.GOOS == "windows" { // has no way to ask
		ask = func(os.Signal) error { return cmd.Process.Kill() }
	}
	if err := ask(os.Interrupt); err != nil {
		t.Error(err)
	}
}
