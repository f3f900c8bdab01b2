package main

import (
	"errors"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mcp-github": main})
}

const token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"

func TestScripts(t *testing.T) {
	h := fake.New(fake.Options{})
	ada := h.AddUser("ada")
	acme := h.AddOrg("acme", ada)
	h.AddRepo(acme, "site", fake.RepoOptions{Visibility: "private", Files: map[string]string{"README.md": "# Site\n"}})
	h.AddRepo(acme, "lib", fake.RepoOptions{Files: map[string]string{"README.md": "# Lib\n"}})
	h.AddToken(fake.Token{Value: token, User: ada, Scope: []string{"repo", "gist"}})
	h.AddToken(fake.Token{Value: "github_pat_fine", User: ada, Permissions: map[string]string{"contents": "read", "metadata": "read"}})
	api := httptest.NewServer(h.Handler())
	t.Cleanup(api.Close)
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, "API="+api.URL, "TOKEN="+token, "GORACE=atexit_sleep_ms=0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
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
