package joblog_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/joblog"
)

// A failure is followed by clean-up of many lines, some of which speak of
// errors themselves.
func TestFailure(t *testing.T) {
	noise := []string{
		"removing container %d", "Error response from daemon: no such container: %d (ignored)", "warning: %d files left", "error: cache %d not found, retrying",
	}
	for _, failing := range []string{
		"--- FAIL: TestCheckout (0.02s)",
		"    cart_test.go:41: expected 3 items but got 4",
		"AssertionError: expected 'a' to equal 'b'",
		"src/app.ts(12,5): error TS2322: Type 'string' is not assignable to type 'number'.",
		"error[E0308]: mismatched types",
		"panic: runtime error: index out of range [3] with length 3",
		"E       AssertionError: assert 3 == 4",
		"npm ERR! missing script: build",
		"main.go:7:2: undefined: foo",
		"##[error]src/a.c:3: expected ';'",
		"FAILED tests/test_cart.py::test_total - assert 1 == 2",
		"  ✗ adds to cart",
	} {
		var log strings.Builder
		say := func(format string, a ...any) {
			fmt.Fprintf(&log, "2026-01-02T03:04:05.1234567Z "+format+"\n", a...)
		}
		for i := range 4000 {
			say("building module %d", i)
		}
		say("\x1b[31m%s\x1b[0m", failing)
		for i := range 706 {
			say(noise[i%len(noise)], i)
		}
		say("##[error]Process completed with exit code 1.")
		say("Post job cleanup.")
		say("Cleaning up orphan processes")
		got := joblog.Failure(joblog.Lines(log.String()), 5500)
		if !strings.Contains(got, failing) || !strings.Contains(got, "Process completed") || len(got) > 5500 {
			t.Errorf("%s: not found in %d bytes:\n%s", failing, len(got), got)
		}
	}
}

func TestParts(t *testing.T) {
	lines := joblog.Lines("\ufeff2026-01-02T03:04:05Z one\n2026-01-02T03:04:05Z two\r\nthree 10%\rthree 100%\nfour")
	if got := strings.Join(lines, "|"); got != "one|two|three 100%|four" {
		t.Errorf("got %q", got)
	}
	if got, n := joblog.Grep(lines, regexp.MustCompile("t"), 0, 1000); n != 2 || got != "[line 2]\ntwo\nthree 100%\n" {
		t.Errorf("got %d %q", n, got)
	}
	if got := joblog.Part(lines, 2, 2, 1000); got != "[line 2]\ntwo\nthree 100%\n" {
		t.Errorf("got %q", got)
	}
	if got := joblog.Failure(lines, 1000); !strings.Contains(got, "four") {
		t.Errorf("got %q", got)
	}
	if got := joblog.Failure(joblog.Lines(""), 1000); strings.TrimSpace(got) != "[line 1]" {
		t.Errorf("got %q", got)
	}
}

func FuzzFailure(f *testing.F) {
	f.Add("a\nerror: b\n##[error]Process completed with exit code 1.\n", 500)
	f.Fuzz(func(t *testing.T, log string, most int) {
		most = max(300, most%10000)
		if got := joblog.Failure(joblog.Lines(log), most); len(got) > most+1100 {
			t.Errorf("%d bytes, %d are allowed", len(got), most)
		}
	})
}
