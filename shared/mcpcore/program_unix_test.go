//go:build unix

package mcpcore_test

import (
	"bufio"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// printRaw writes to descriptor 1, as a C library would.
func printRaw(text string) error {
	_, err := syscall.Write(1, []byte(text))
	return err
}

// SIGTERM has calls answered and the program exit with 0; a second one ends it
// at once.
func TestSignals(t *testing.T) {
	for _, test := range []struct {
		name    string
		signals int
		exit    string
		answers int
	}{{"one", 1, "", 1}, {"more", 1000, "exit status 1", 0}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cmd := command(t, nil)
			hanging := firstLine(t, cmd)
			l := mcptest.Command(t, cmd)
			l.Send(call("1", "hang", "{}"))
			hanging()
			ended := make(chan struct{})
			defer close(ended)
			go func() {
				for n := 0; n < test.signals; n++ {
					_ = cmd.Process.Signal(syscall.SIGTERM) // fails when it has ended already
					select {
					case <-ended:
						return
					case <-time.After(20 * time.Millisecond): // signals at the same moment are one
					}
				}
			}()
			rest := l.Rest()
			got := ""
			if err := l.Wait(); err != nil {
				got = err.Error()
			}
			if got != test.exit || len(rest) != test.answers {
				t.Errorf("got exit %q and %q, want %q and %d answers", got, rest, test.exit, test.answers)
			}
		})
	}
}

// A client that closes its end is no crash.
func TestClosedStdout(t *testing.T) {
	cmd := command(t, nil)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	r.Close()
	if _, err := io.WriteString(in, call("1", "echo", "{}")+"\n"); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil || errs.String() != "" {
		t.Errorf("got %v, %q, want a quiet end", err, errs.String())
	}
}

// Ctrl-C cancels a call from the shell: a task by its cancellation, another
// call by its end.
func TestCallInterrupted(t *testing.T) {
	for tool, said := range map[string][]string{
		"work": {"half of it", "work stopped", "mcp-test: cancelled"},
		"hang": {"hanging", "mcp-test: cancelled"},
	} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			cmd := command(t, nil, "call", tool)
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var got []string
			lines := bufio.NewScanner(stderr)
			for lines.Scan() {
				if got = append(got, lines.Text()); len(got) > 1 {
					continue
				}
				if err := cmd.Process.Signal(os.Interrupt); err != nil { // it is at work
					t.Error(err)
				}
			}
			if err := cmd.Wait(); err == nil || err.Error() != "exit status 1" {
				t.Errorf("exit: %v", err)
			}
			for _, want := range said {
				if !slices.Contains(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
}
