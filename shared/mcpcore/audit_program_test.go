package mcpcore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/audit"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// verified runs the command that checks a log.
func verified(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	cmd := command(t, nil, append([]string{"audit", "verify"}, args...)...)
	raw, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(raw)
}

// Two clients start a server each, with the same settings. Their calls are all
// in one log, also that under which one is killed.
func TestAuditPrograms(t *testing.T) {
	file := filepath.Join(t.TempDir(), "audit.log")
	const each = 100
	var all sync.WaitGroup
	for range 2 {
		l := mcptest.Command(t, command(t, nil, "--audit-log", file))
		all.Go(func() {
			for range each {
				l.Ask(call("1", "echo", `{"text":"private"}`))
				l.Ask(call("2", "drop", "{}"))
			}
			l.CloseInput()
			if err := l.Wait(); err != nil {
				t.Errorf("exit: %v", err)
			}
		})
	}
	all.Wait()
	code, out := verified(t, file)
	if code != 0 || !strings.Contains(out, "ok    600 lines, from ") || strings.Contains(out, "note") {
		t.Errorf("exit code %d: %s", code, out)
	}
	cmd := command(t, nil, "--audit-log", file, "--log-level", "error")
	hanging := firstLine(t, cmd)
	l := mcptest.Command(t, cmd)
	l.Send(call("1", "clog", "{}"))
	hanging()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = l.Wait() // it was killed
	if code, out := verified(t, file); code != 0 || !strings.Contains(out, "note  1 calls began and have not ended here: lines number 601\n") {
		t.Errorf("exit code %d: %s", code, out)
	}
	raw, err := os.ReadFile(file)
	if err != nil || bytes.Contains(raw, []byte("private")) {
		t.Errorf("the arguments are in the audit log, or %v", err)
	}
}

// The command says what is wrong with a log, by its exit code too.
func TestAuditVerify(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "audit.log")
	run := func(args ...string) {
		t.Helper()
		if out, err := command(t, nil, args...).CombinedOutput(); err != nil && !strings.Contains(string(out), "broken") { // as drop is
			t.Fatal(err, string(out))
		}
	}
	run("call", "echo", `{"text":"a"}`, "--audit-log", file)
	run("call", "drop", "--audit-log", file, "--audit-sync", "--audit-arguments", "none")
	head, ok := audit.Head(file)
	if !ok {
		t.Fatal("there is no head")
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, text []byte) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	changed := write("changed", bytes.Replace(raw, []byte("echo"), []byte("ohce"), 1))
	short := write("short", raw[:bytes.LastIndexByte(raw[:len(raw)-1], '\n')+1])
	beside, err := os.ReadFile(file + ".head")
	if err != nil {
		t.Fatal(err)
	}
	cut := write("cut", raw[:bytes.LastIndexByte(raw[:len(raw)-1], '\n')+1])
	write("cut.head", beside)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{file}, 0, "ok    3 lines, from 20"},
		{[]string{file}, 0, "head  " + head.String()},
		{[]string{"--head", head.String(), file}, 0, "ok    3 lines"},
		{[]string{"--head=" + head.String(), short}, 1, "mcp-test: " + short + ": no line has the hash " + head.String()},
		{[]string{short}, 0, "ok    2 lines"},
		{[]string{cut}, 1, "no line has the hash"},
		{[]string{changed}, 1, "mcp-test: " + changed + ":2: it does not fit the line before it"},
		{[]string{file, changed}, 1, changed + ":1: it is number 1 and stands after number 3"},
		{[]string{write("empty", nil)}, 0, "there are no lines yet"},
		{[]string{filepath.Join(dir, "none")}, 2, "none"},
		{[]string{dir}, 2, "is not a file"},
		{nil, 2, "hint: mcp-test audit verify [--head HASH] FILE..."},
		{[]string{"--head", "abc", file}, 2, "is not a hash"},
		{[]string{"--head"}, 2, "--head needs a hash"},
		{[]string{"--all", file}, 2, "there is no flag --all"},
	} {
		if code, out := verified(t, c.args...); code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%v: got exit code %d, %s; want %d, %s", c.args, code, out, c.code, c.want)
		}
	}
	if out, err := command(t, nil, "doctor", "--audit-log", file).Output(); err != nil || !strings.Contains(string(out), "ok    audit log   "+file) {
		t.Errorf("doctor: %s, %v", out, err)
	}
	for _, args := range [][]string{{"--audit-sync"}, {"--audit-log", dir}, {"--audit-log", file, "--audit-arguments", "some"}, {"audit"}} {
		cmd := command(t, nil, args...)
		if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 2 {
			t.Errorf("%v: exit code %d, %s", args, cmd.ProcessState.ExitCode(), out)
		}
	}
}
