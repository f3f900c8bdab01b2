package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem"
)

// mainEnv has this test binary be the program.
const mainEnv = "MCP_FILESYSTEM_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(mainEnv) != "" {
		if err := os.Unsetenv(mainEnv); err != nil {
			panic(err)
		}
		main()
		return
	}
	testscript.Main(leakChecked{m}, map[string]func(){"mcp-filesystem": main, "confined": confined})
}

// leakChecked are tests after which no goroutine may be left.
type leakChecked struct{ m *testing.M }

func (l leakChecked) Run() int {
	code := l.m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// confined is a program that embeds the server for a directory, has the kernel
// confine it, and then reads files past the server.
func confined() {
	s, err := filesystem.New(filesystem.Config{Directories: os.Args[1:2], Confine: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	defer s.Close()
	for _, name := range os.Args[2:] {
		_, err := os.ReadFile(name)
		fmt.Fprintln(os.Stdout, name, err)
	}
	fmt.Fprintln(os.Stdout, "write", os.WriteFile(os.Args[len(os.Args)-1], nil, 0o600))
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
		},
		Condition: func(cond string) (bool, error) {
			if cond == "landlock" {
				return hasLandlock(), nil
			}
			return false, fmt.Errorf("nobody knows whether %q", cond)
		},
	})
}

// exits runs a program that has to end with a code: exits CODE PROGRAM ARG...
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
