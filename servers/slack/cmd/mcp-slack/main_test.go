package main

import (
	"errors"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/fake"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mcp-slack": main})
}

func TestScripts(t *testing.T) {
	f := fake.Sample()
	t.Cleanup(f.Close)
	f.Scopes = map[string]bool{"channels:read": true, "channels:history": true, "users:read": true, "chat:write": true}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, "FAKE_URL="+f.URL, "FAKE_BOT="+fake.BotToken, "FAKE_USER="+fake.UserToken)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits},
	})
}

// exits runs a program that has to exit with a code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != want {
		ts.Fatalf("got %v, want exit code %d", err, want)
	}
}
