package audit_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/audit"
)

// Every field has its place, and only its owner can read the log.
func TestLine(t *testing.T) {
	file := logFile(t)
	g := open(t, file)
	at := time.Date(2026, 7, 28, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	l := &audit.Line{
		Time: at, Kind: audit.Call, Principal: "ada", Client: "c 1", From: "127.0.0.1:5", HTTP: "POST /mcp", Status: 403, Request: `"7"`,
		Method: "tools/call", Tool: "write_file", Effect: "write", Decision: "refuse", Rule: "scope", Target: []string{"/a", "/b\n"},
		Arguments: []byte(`{"path":"text:2"}`), Task: "abc", Outcome: "refused", Code: -32000, Error: "no", Bytes: 12, Millis: 1.5, Count: 2,
		Since: at, Start: 3, After: "x",
	}
	if seq, err := g.Append(l); err != nil || seq != 1 {
		t.Fatal(seq, err)
	}
	want := fmt.Sprintf(`{"v":1,"time":"2026-07-28T11:00:00.123456Z","kind":"call","server":"test","pid":%d,"principal":"ada","client":"c 1",`+
		`"from":"127.0.0.1:5","http":"POST /mcp","status":403,"request":"\"7\"","method":"tools/call","tool":"write_file","effect":"write",`+
		`"decision":"refuse","rule":"scope","target":["/a","/b\n"],"arguments":{"path":"text:2"},"task":"abc","outcome":"refused",`+
		`"code":-32000,"error":"no","bytes":12,"ms":1.5,"count":2,"since":"2026-07-28T11:00:00.123456Z","start":3,"after":"x","seq":1,"prev":"%064d"}`,
		os.Getpid(), 0)
	got := read(t, file)
	if diff := cmp.Diff([]string{want}, got); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, %v", info.Mode(), err)
	}
	if back := parsed(t, got[0]); back.Rule != "scope" || !back.Time.Equal(at.Truncate(time.Microsecond)) {
		t.Errorf("got %+v back", back)
	}
}

// The chain goes on from one start to the next.
func TestRestart(t *testing.T) {
	file := logFile(t)
	add(t, file, 3)
	add(t, file, 2)
	lines := read(t, file)
	for i, raw := range lines {
		l := parsed(t, raw)
		want := strings.Repeat("0", 64)
		if i > 0 {
			want = fmt.Sprintf("%x", sha256.Sum256([]byte(strings.TrimSuffix(lines[i-1], "\n"))))
		}
		if l.Seq != uint64(i+1) || l.Prev != want {
			t.Errorf("line %d: got seq %d, prev %s, want %s", i+1, l.Seq, l.Prev, want)
		}
	}
	r := whole(t, file)
	if head, ok := audit.Head(file); r.Lines != 5 || !ok || head != r.Head {
		t.Errorf("got %d lines, head %v %v", r.Lines, head, ok)
	}
	// Without what is kept beside it, too.
	if err := os.Remove(file + ".head"); err != nil {
		t.Fatal(err)
	}
	add(t, file, 1)
	if r := whole(t, file); r.Lines != 6 {
		t.Errorf("got %d lines", r.Lines)
	}
}

// Processes that share a log take turns, and lose nothing.
func TestProcesses(t *testing.T) {
	file := logFile(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const processes, each = 4, 300
	var running []*exec.Cmd
	for i := range processes {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s p%d %d", childEnv, file, i, each), "GORACE=atexit_sleep_ms=0")
		cmd.Stderr = &bytes.Buffer{}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, cmd.Stderr)
		}
	}
	next, turns, last := map[string]int{}, 0, ""
	for _, raw := range read(t, file) {
		l := parsed(t, raw)
		if l.Request != fmt.Sprint(next[l.Server]) {
			t.Fatalf("%s: got line %s, want %d", l.Server, l.Request, next[l.Server])
		}
		next[l.Server]++
		if l.Server != last {
			turns, last = turns+1, l.Server
		}
	}
	if r := whole(t, file); r.Lines != processes*each || r.Torn != 0 {
		t.Errorf("got %d lines, %d torn", r.Lines, r.Torn)
	}
	t.Logf("the processes changed %d times", turns)
}

// A line that a crash cut short stays, a line says so, and the chain holds.
func TestTorn(t *testing.T) {
	for name, tail := range map[string]string{
		"half a line":      `{"v":1,"time":"2026-07-28T1`,
		"zeros":            "\x00\x00\x00\x00\x00",
		"two lines":        "{\"v\":\n{\"v\":1",
		"half and a break": "{\"v\":1,\n",
	} {
		for _, beside := range []bool{true, false} {
			t.Run(fmt.Sprint(name, beside), func(t *testing.T) {
				file := logFile(t)
				add(t, file, 3)
				lines := read(t, file)
				write(t, file, append(lines, "\n", tail)...)
				if !beside {
					if err := os.Remove(file + ".head"); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := audit.Verify([]string{file}); err == nil {
					t.Error("a torn end was not found")
				}
				add(t, file, 2)
				if r := whole(t, file); r.Lines != 6 || r.Torn != 1 {
					t.Errorf("got %d lines, %d torn: %s", r.Lines, r.Torn, read(t, file))
				}
			})
		}
	}
	t.Run("only the line break", func(t *testing.T) {
		file := logFile(t)
		add(t, file, 3)
		write(t, file, read(t, file)...)
		if err := os.Remove(file + ".head"); err != nil {
			t.Fatal(err)
		}
		add(t, file, 2)
		if r := whole(t, file); r.Lines != 5 {
			t.Errorf("got %d lines", r.Lines)
		}
	})
	t.Run("nothing but a piece", func(t *testing.T) {
		file := logFile(t)
		write(t, file, "garbage")
		add(t, file, 2)
		if r := whole(t, file); r.Lines != 3 || r.Torn != 1 {
			t.Errorf("got %d lines, %d torn", r.Lines, r.Torn)
		}
	})
	t.Run("written, but not beside", func(t *testing.T) { // a crash between the two
		file := logFile(t)
		add(t, file, 2)
		head, err := os.ReadFile(file + ".head")
		if err != nil {
			t.Fatal(err)
		}
		add(t, file, 1)
		if err := os.WriteFile(file+".head", head, 0o600); err != nil {
			t.Fatal(err)
		}
		add(t, file, 1)
		if r := whole(t, file); r.Lines != 4 || r.Torn != 0 {
			t.Errorf("got %d lines", r.Lines)
		}
	})
}

// A log that was moved away goes on in a new file, whether a server runs or
// not, and the files hang together.
func TestRotation(t *testing.T) {
	file := logFile(t)
	one, two, three := file+".3", file+".2", file+".1"
	move := func(to string) {
		t.Helper()
		if err := os.Rename(file, to); err != nil {
			t.Fatal(err)
		}
	}
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be moved here")
	}
	a, b := open(t, file), open(t, file)
	put := func(g *audit.Log) {
		t.Helper()
		if _, err := g.Append(line("1")); err != nil {
			t.Fatal(err)
		}
	}
	put(a)
	put(b)
	move(one)
	put(b) // makes the new file
	put(a)
	move(two)
	write(t, file) // as logrotate makes it
	put(a)
	put(b)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	move(three)
	add(t, file, 2) // nobody had it open
	if r := whole(t, one, two, three, file); r.Lines != 8 || r.FirstSeq != 1 {
		t.Errorf("got %d lines from %d", r.Lines, r.FirstSeq)
	}
	if r := whole(t, file); r.FirstSeq != 7 || r.Before == (audit.Hash{}) {
		t.Errorf("got first number %d after %s", r.FirstSeq, r.Before)
	}
	if _, err := audit.Verify([]string{file, one}); err == nil || !strings.Contains(err.Error(), "another order") {
		t.Errorf("files in the wrong order: %v", err)
	}
	if _, err := audit.Verify([]string{one, three}); err == nil || !strings.Contains(err.Error(), "2 lines are missing") {
		t.Errorf("a file left out: %v", err)
	}
	// copytruncate
	c := open(t, file)
	put(c)
	if err := os.Truncate(file, 0); err != nil {
		t.Fatal(err)
	}
	put(c)
	if r := whole(t, file); r.Lines != 1 || r.FirstSeq != 10 {
		t.Errorf("after emptying: got %d lines from %d", r.Lines, r.FirstSeq)
	}
}

// What cannot be written is an error, and counted in the first line that can.
func TestLost(t *testing.T) {
	if runtime.GOOS == "windows" || os.Getuid() == 0 && !fullDisk() {
		t.Skip("there is no device that is always full")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "audit.log")
	g := open(t, file)
	if _, err := g.Append(line("1")); err != nil {
		t.Fatal(err)
	}
	// The log is moved away, and what stands in its place is no file.
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", file); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file + ".1"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := g.Append(line("lost")); err == nil {
			t.Fatal("a line went nowhere")
		}
	}
	if g.Ready() == nil {
		t.Error("it is ready")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := g.Ready(); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Append(line("2")); err != nil {
		t.Fatal(err)
	}
	r := whole(t, file)
	if l := parsed(t, read(t, file)[0]); r.Lost != 3 || l.Kind != audit.Lost || l.Count != 3 || l.Since.IsZero() {
		t.Errorf("got %+v, %+v", r, l)
	}
}

func fullDisk() bool {
	_, err := os.Stat("/dev/full")
	return err == nil
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{dir, dir + "/no/such", os.DevNull} {
		if g, err := audit.Open(name, audit.Options{}); err == nil {
			t.Errorf("%s was taken", name)
			_ = g.Close()
		}
	}
	g := open(t, logFile(t))
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := g.Append(line("1")); err == nil || g.Close() != nil {
		t.Error("a closed log takes lines")
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, sync := range []bool{false, true} {
		b.Run(fmt.Sprint("sync=", sync), func(b *testing.B) {
			g, err := audit.Open(filepath.Join(b.TempDir(), "audit.log"), audit.Options{Server: "bench", Sync: sync})
			if err != nil {
				b.Fatal(err)
			}
			defer g.Close()
			l := line(`"1"`)
			l.Method, l.Tool, l.Target, l.Arguments = "tools/call", "read_text_file", []string{"/home/ada/notes"}, []byte(`{"path":"text:15"}`)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := g.Append(l); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
