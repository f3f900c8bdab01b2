//go:build unix

package audit_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/audit"
)

// fullEnv has this test binary write into a log until there is no room.
const fullEnv = "AUDIT_TEST_FULL"

func init() { children[fullEnv] = fillUp }

// fillUp may write no more than so many bytes into a file, and later may again.
func fillUp(file string) error {
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	g, err := audit.Open(file, audit.Options{})
	if err != nil {
		return err
	}
	small := limit
	small.Cur = 1000 // in the midst of a line
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		return err
	}
	failed := 0
	for i := range 20 {
		if _, err := g.Append(line(fmt.Sprint(i))); err != nil {
			failed++
		}
	}
	if _, err := audit.Verify([]string{file}); err != nil || failed == 0 || g.Ready() == nil {
		return fmt.Errorf("%d lines failed, and then: %w", failed, err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	if _, err := g.Append(line("again")); err != nil {
		return err
	}
	r, err := audit.Verify([]string{file})
	if err == nil && (r.Lost != failed || r.Lines != 20-failed+2 || r.Torn != 0) {
		return fmt.Errorf("%d lines failed, got %+v", failed, r)
	}
	return err
}

// A line that is written in part, as the disk is full, is taken away again.
func TestFull(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), fullEnv+"="+logFile(t))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
