//go:build unix

package mcpcore_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// rereading is a program whose settings a test changes while it serves.
type rereading struct {
	t    *testing.T
	cmd  *exec.Cmd
	file string
	log  chan string
}

func newRereading(t *testing.T, settings string, args ...string) *rereading {
	t.Helper()
	r := &rereading{t: t, file: filepath.Join(t.TempDir(), "settings.json"), log: make(chan string, 10_000)}
	r.write(settings)
	r.cmd = command(t, nil, append([]string{"--config", r.file}, args...)...)
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
	return r
}

func (r *rereading) write(settings string) {
	r.t.Helper()
	if err := os.WriteFile(r.file, []byte(settings), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// until waits for a line of the log that holds text, or one of several with a
// comma between them.
func (r *rereading) until(text string) string {
	r.t.Helper()
	for {
		select {
		case line, ok := <-r.log:
			if !ok {
				r.t.Fatalf("the log ended before %q", text)
			}
			for one := range strings.SplitSeq(text, ",") {
				if strings.Contains(line, one) {
					return line
				}
			}
		case <-time.After(30 * time.Second):
			r.t.Fatalf("the log does not say %q", text)
		}
	}
}

// reload has the program read settings anew and waits for what it says of it.
func (r *rereading) reload(settings, says string) string {
	r.t.Helper()
	r.write(settings)
	if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		r.t.Fatal(err)
	}
	return r.until(says)
}

const readAnew = "the settings were read anew"

func TestReload(t *testing.T) {
	r := newRereading(t, `{"greeting":"one"}`)
	l := mcptest.Command(t, r.cmd)
	l.Handshake("2025-11-25")
	ask := func(tool, want string) {
		t.Helper()
		if got := l.Ask(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q}}`, tool)); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %q", tool, got, want)
		}
	}
	ask("greet", "one,")
	l.Send(`{"jsonrpc":"2.0","id":"h","method":"tools/call","params":{"name":"hang"}}`)
	r.until("hanging") // goes on through all that follows

	line := r.reload(`{"greeting":"two","read-only":true}`, readAnew)
	if !strings.Contains(line, `changed="[greeting read-only]" lists=[tools/list]`) {
		t.Error(line)
	}
	if got := l.Next(); !strings.Contains(got, "notifications/tools/list_changed") {
		t.Errorf("got %s", got)
	}
	ask("greet", "two,")
	ask("drop", "--read-only")

	for _, bad := range []struct{ settings, says string }{
		{`{"greeting":`, "is not a JSON object"},
		{`{"greetings":"three"}`, `there is no setting \"greetings\"`},
		{`{"greeting":"three","faults":true}`, "second fault"},
		{`{"greeting":"three","disable-tools":["dorp"]}`, `no tool is called \"dorp\"`},
		{`{"greeting":"three","call-timeout":"soon"}`, "is not a time"},
		{`{"greeting":"three","task-ttl":"-1s"}`, "--task-ttl"},
		{`{"greeting":"three","state-key-file":"none"}`, "--state-key-file"},
		{`{"greeting":"panic"}`, "panic: on request"},
	} {
		line := r.reload(bad.settings, "the settings are not taken")
		for !strings.Contains(line, bad.says) {
			line = r.until("the settings are not taken")
		}
		ask("greet", "two,")
		ask("drop", "--read-only")
	}

	r.reload(`{"greeting":"three","log-format":"json","http":"127.0.0.1:0","max-line-bytes":"1KiB","log-level":"error"}`, readAnew)
	if line := r.until("only after a restart"); !strings.Contains(line, `settings="[http log-format max-line-bytes]"`) {
		t.Error(line)
	}
	l.Next() // the list has changed
	ask("greet", "three,")
	ask("drop", "broken")
	r.reload(`{"greeting":"four","log-level":"info"}`, readAnew)
	ask("greet", "four,")

	l.Send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"h"}}`)
	l.Alive()
	l.CloseInput()
	if err := l.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
}

// A hundred reloads leave nothing open and nothing at work.
func TestReloadLeavesNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what is open is told by /proc, which is there on Linux")
	}
	r := newRereading(t, `{"greeting":"one"}`, "--log-level", "debug")
	l := mcptest.Command(t, r.cmd)
	l.Handshake("2025-11-25")
	count := func() (files int, threads string) {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries), l.Ask(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"goroutines"}}`)
	}
	round := func(n int) {
		line := r.reload(fmt.Sprintf(`{"greeting":"number %d"}`, n), "the settings were read anew,what was replaced is closed")
		rest := "what was replaced is closed"
		if strings.Contains(line, rest) { // either may be told first
			rest = readAnew
		}
		r.until(rest)
	}
	round(0)
	files, goroutines := count()
	for n := range 100 {
		round(n + 1)
	}
	f, g := count()
	for tries := 0; (f != files || g != goroutines) && tries < 1000; tries++ { // the last is about to end
		f, g = count()
	}
	if f != files || g != goroutines {
		t.Errorf("%d files and %s, before %d and %s", f, g, files, goroutines)
	}
	l.CloseInput()
	if err := l.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
}

// Answers are neither lost nor made twice while settings are read anew.
func TestReloadUnderLoad(t *testing.T) {
	r := newRereading(t, `{"greeting":"number 0"}`)
	l := mcptest.Command(t, r.cmd)
	l.Handshake("2025-11-25")
	const calls = 3000
	var sent atomic.Int64
	go func() {
		for n := range calls {
			l.Send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"greet"}}`, n))
			sent.Add(1)
		}
	}()
	answers := map[string]int{}
	reloads := 0
	for len(answers) < calls {
		line := l.Next()
		_, id, _ := strings.Cut(line, `"id":`)
		id, _, _ = strings.Cut(id, ",")
		if answers[id]++; answers[id] > 1 || !strings.Contains(line, `"text":"number `) {
			t.Fatalf("id %s, answer %d: %s", id, answers[id], line)
		}
		if len(answers)%100 == 0 {
			reloads++
			r.reload(fmt.Sprintf(`{"greeting":"number %d"}`, reloads), readAnew)
		}
	}
	t.Logf("%d answers over %d reloads", len(answers), reloads)
	l.CloseInput()
	if err := l.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
}
