//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// program is this test binary as the program itself.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), mainEnv+"=1", "GORACE=atexit_sleep_ms=0")
	return cmd
}

func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// request is a line that calls a tool.
func request(t *testing.T, id int, tool string, arguments map[string]any) string {
	t.Helper()
	line, err := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": map[string]any{"name": tool, "arguments": arguments},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

// A program that is told to end answers what it was asked before.
func TestDrain(t *testing.T) {
	dir := tempDir(t)
	if err := os.WriteFile(dir+"/file", []byte("text"), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := program(t, dir)
	cmd.Stderr = os.Stderr
	l := mcptest.Command(t, cmd)
	l.Handshake("2025-06-18")
	const calls = 20
	for i := range calls {
		l.Send(request(t, i, "write_file", map[string]any{"path": fmt.Sprint("new", i), "content": strings.Repeat("x", 100_000)}))
	}
	first := l.Next()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest := l.Rest()
	if err := l.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	for _, line := range append(rest, first) { // an answer is true
		var m struct {
			ID     int
			Result *struct{ IsError bool }
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(fmt.Sprint(dir, "/new", m.ID))
		if m.Result != nil && !m.Result.IsError && (err != nil || len(data) != 100_000) {
			t.Errorf("call %d is said to be done, and left %d bytes, %v", m.ID, len(data), err)
		}
	}
	t.Logf("%d of %d calls were answered", len(rest)+1, calls)
}

// The program is killed again and again while it writes. The file is always
// whole, and what is left behind goes with the next write.
func TestKill(t *testing.T) {
	dir := tempDir(t)
	const size = 300_000
	file := dir + "/file"
	if err := os.WriteFile(file, []byte(strings.Repeat("o", size)), 0o666); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		cmd := program(t, dir)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() {
			defer in.Close()
			lines := []string{
				`{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"k","version":"1"}}}`,
				`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
			}
			for i := range 5 {
				letter := string(rune('a' + i))
				lines = append(lines,
					request(t, 2*i, "write_file", map[string]any{"path": "file", "content": strings.Repeat(letter, size)}),
					request(t, 2*i+1, "edit_file", map[string]any{"path": "file", "edits": []any{
						map[string]any{"oldText": strings.Repeat(letter, size), "newText": strings.Repeat(strings.ToUpper(letter), size)},
					}}))
			}
			_, _ = io.WriteString(in, strings.Join(lines, "\n")+"\n") // the reader is killed
		}()
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
		<-time.After(time.Duration(rand.IntN(20_000)) * time.Microsecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // says that it was killed
		data, err := os.ReadFile(file)
		if err != nil || len(data) != size || strings.Trim(string(data), string(data[:1])) != "" {
			t.Fatalf("half written: %d bytes, %v", len(data), err)
		}
	}
	if err := program(t, "call", "write_file", `{"path": "file", "content": "end"}`, dir).Run(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// Somebody who may not is told that the system forbids it, and no more.
func TestPermission(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become somebody else")
	}
	top, err := os.MkdirTemp("", "mcp") // the test's own is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Chmod(top, 0o755), os.WriteFile(top+"/program", data, 0o755), os.Chmod(top+"/program", 0o755),
		os.MkdirAll(top+"/d/closed", 0o755), os.MkdirAll(top+"/none", 0o700),
		os.WriteFile(top+"/d/private", []byte("private"), 0o600), os.WriteFile(top+"/d/public", []byte("public"), 0o644),
		os.WriteFile(top+"/d/closed/x", nil, 0o644), os.Chmod(top+"/d/closed", 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		tool, arguments, want string
		code                  int
	}{
		{"read_text_file", `{"path": "public"}`, "public", 0},
		{"read_text_file", `{"path": "private"}`, "permission denied by the operating system", 1},
		{"read_text_file", `{"path": "closed/x"}`, "permission denied by the operating system", 1},
		{"list_directory", `{"path": "closed"}`, "permission denied by the operating system", 1},
		{"write_file", `{"path": "public", "content": "x"}`, "permission denied by the operating system", 1},
		{"write_file", `{"path": "new", "content": "x"}`, "permission denied by the operating system", 1},
		{"create_directory", `{"path": "new"}`, "permission denied by the operating system", 1},
		{"move_file", `{"source": "public", "destination": "new"}`, "permission denied by the operating system", 1},
		{"edit_file", `{"path": "public", "edits": [{"oldText": "public", "newText": "x"}]}`, "permission denied by the operating system", 1},
		{"search_files", `{"path": ".", "pattern": "**"}`, "[directories that could not be read: 1]", 0},
		{"list_directory_with_sizes", `{"path": "."}`, "[DIR] closed", 0},
		{"directory_tree", `{"path": "."}`, `"name":"closed"`, 0},
	} {
		cmd := program(t, "call", c.tool, c.arguments, top+"/d")
		cmd.Path, cmd.Dir = top+"/program", "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.CombinedOutput()
		code := 0
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			code = exit.ExitCode()
		} else if err != nil {
			t.Skip(err)
		}
		if code != c.code || !strings.Contains(string(out), c.want) {
			t.Errorf("%s %s: exit code %d, %s; want %d and %q", c.tool, c.arguments, code, out, c.code, c.want)
		}
	}
	cmd := program(t, top+"/none")
	cmd.Path, cmd.Dir = top+"/program", "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "permission denied") {
		t.Errorf("a closed directory: %s, %v", out, err)
	}
}
