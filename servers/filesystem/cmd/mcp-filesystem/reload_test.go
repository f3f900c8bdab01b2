//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// reread is the program with a file of settings that a test changes.
type reread struct {
	t    *testing.T
	top  string
	cmd  *exec.Cmd
	log  chan string
	line *mcptest.Lines
}

func newReread(t *testing.T, top string, roots ...string) *reread {
	t.Helper()
	r := &reread{t: t, top: top, log: make(chan string, 1000)}
	r.write(roots...)
	r.cmd = program(t, "--config", top+"/conf/settings.json")
	errs, err := r.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(r.log)
		for lines := bufio.NewScanner(errs); lines.Scan(); {
			r.log <- lines.Text()
		}
	}()
	r.line = mcptest.Command(t, r.cmd)
	r.line.Handshake("2025-11-25")
	return r
}

// write puts another file in the place of the settings, as an editor or an
// orchestrator does it.
func (r *reread) write(roots ...string) {
	r.t.Helper()
	raw, err := json.Marshal(map[string]any{"root": roots})
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.top+"/conf/new", raw, 0o600); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Rename(r.top+"/conf/new", r.top+"/conf/settings.json"); err != nil {
		r.t.Fatal(err)
	}
}

// reload has the program read its settings anew, and waits for what it says.
func (r *reread) reload(says string) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		r.t.Fatal(err)
	}
	for {
		select {
		case line, ok := <-r.log:
			switch {
			case !ok:
				r.t.Fatal("the log ended")
			case strings.Contains(line, says):
				return
			case strings.Contains(line, "not taken"), strings.Contains(line, "read anew"):
				r.t.Errorf("got %s, want %q", line, says)
			}
		case <-time.After(30 * time.Second):
			r.t.Fatalf("the log does not say %q", says)
		}
	}
}

// writes checks whether a file can be written in a directory.
func (r *reread) writes(dir string, want bool) {
	r.t.Helper()
	r.line.Send(request(r.t, 1, "write_file", map[string]any{"path": dir + "/file", "content": "x"}))
	line := r.line.Next()
	for strings.Contains(line, `"method":`) { // a list has changed
		line = r.line.Next()
	}
	if strings.Contains(line, `"isError":true`) == want {
		r.t.Errorf("%s: got %s", dir, line)
	}
}

const (
	readAnew = "the settings were read anew"
	shutOff  = "the process is confined to the directories that it was started with"
)

// Directories can become fewer and lose rights while the program serves, and
// come back; under confinement by the kernel no others can be added. A file
// that would is not taken, with nothing of it.
func TestReload(t *testing.T) {
	top := tempDir(t)
	for _, dir := range []string{"conf", "one/sub", "two", "other"} {
		if err := os.MkdirAll(top+"/"+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	one, two := top+"/one", top+"/two"
	r := newReread(t, top, one, two)
	r.writes(one, true)
	r.writes(two, true)

	r.write(one + ":ro")
	r.reload(readAnew)
	r.writes(one, false)
	r.writes(two, false)

	r.write(one+"/sub", two)
	r.reload(readAnew)
	r.writes(one, false)
	r.writes(one+"/sub", true)
	r.writes(two, true)

	r.write(two, top+"/other")
	if hasLandlock() {
		r.reload(shutOff)
		r.writes(one+"/sub", true)
		r.writes(top+"/other", false)

		// What the settings' own directory is kept readable for is no leave to serve it.
		r.write(two, top+"/conf:ro")
		r.reload(shutOff)

		// Nor does a name lead to what was put in the place of a directory.
		if err := os.Rename(two, top+"/gone"); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(two, 0o755); err != nil {
			t.Fatal(err)
		}
		r.write(two)
		r.reload(shutOff)
		r.writes(one+"/sub", true)
	} else {
		r.reload(readAnew)
		r.writes(one+"/sub", false)
		r.writes(top+"/other", true)
	}
	if err := os.WriteFile(top+"/conf/settings.json", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.reload("the settings are not taken")
	r.write(one)
	r.reload(readAnew)
	r.writes(one, true)
	r.line.CloseInput()
	if err := r.line.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
}
