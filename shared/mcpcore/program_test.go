package mcpcore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// programs are the servers that this test binary can play.
var programs = map[string]func(){
	"main": func() { mcpcore.Main("mcp-test", newTestServer) },
}

type settings struct {
	Greeting string
	Token    mcpcore.Secret
	Faults   bool
}

func (s *settings) Flags(f *mcpcore.Flags) {
	s.Greeting = "hello"
	f.String(&s.Greeting, "greeting", "how to greet")
	f.Secret(&s.Token, "token", "TEST_API_TOKEN", "token of the API")
	f.Bool(&s.Faults, "faults", "have faults")
}

func (s *settings) Validate() error {
	if !s.Faults {
		return nil
	}
	return errors.Join(mcpcore.Hint(errors.New("first fault"), "cure the first"), mcpcore.Hint(errors.New("second fault"), "cure the second"))
}

func newTestServer(c settings) (*mcpcore.Server, error) {
	if c.Greeting == "panic" {
		panic("on request")
	}
	s := newServer(
		mcpcore.Read("goroutines", "Count them.", func(context.Context, nothing) (string, error) {
			return fmt.Sprint(runtime.NumGoroutine()), nil
		}),
		mcpcore.Read("greet", "Greet.", func(context.Context, nothing) (string, error) {
			return fmt.Sprintf("%s, %v %+v %#v", c.Greeting, c.Token, c.Token, c.Token), nil
		}),
		mcpcore.Delete("drop", "Drop.", func(context.Context, nothing) (string, error) { return "", errBroken }),
		mcpcore.Write("boom", "Panic.", func(context.Context, nothing) (string, error) { panic("boom") }),
		mcpcore.Write("print", "Print where nothing should.", func(context.Context, nothing) (string, error) {
			fmt.Println("PRINTED")
			os.Stdout.WriteString("WRITTEN\n")
			return "printed", printRaw("RAW\n")
		}),
		mcpcore.Read("slow", "Wait.", func(ctx context.Context, _ nothing) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}),
		mcpcore.Write("clog", "Hang while writing.", func(context.Context, nothing) (string, error) {
			fmt.Fprintln(os.Stderr, "hanging")
			select {}
		}),
		mcpcore.Read("hang", "Hang.", func(context.Context, nothing) (string, error) {
			fmt.Fprintln(os.Stderr, "hanging")
			select {}
		}),
		mcpcore.Read("work", "Take long.", func(ctx context.Context, _ nothing) (string, error) {
			mcpcore.Progress(ctx, 1, 2, "half of it")
			<-ctx.Done() // Ctrl-C
			fmt.Fprintln(os.Stderr, "work stopped")
			return "", ctx.Err()
		}, mcpcore.Long(mcpcore.TasksOnly)),
		mcpcore.Read("fetch", "Take no time, as a task.", func(ctx context.Context, _ nothing) (string, error) {
			mcpcore.Progress(ctx, 1, 2, "nearly there")
			return "fetched", nil
		}, mcpcore.Long(mcpcore.TasksOnly)),
		mcpcore.Write("odd", "What settings decide.", func(context.Context, nothing) (string, error) { return "odd", nil },
			mcpcore.Extra("odd"), shutUnless(c.Greeting == "odd")),
		mcpcore.Read("fail", "Fail as a task.", func(context.Context, nothing) (string, error) { panic("fail") }, mcpcore.Long()),
	)
	s.Remark(func(offered func(string) bool) string {
		if c.Greeting == "odd" && !offered("odd") {
			return "the greeting is odd, and nothing else is"
		}
		return ""
	})
	s.Check("api", func(context.Context) (string, error) {
		if c.Greeting == "bad" {
			return "", mcpcore.Hint(errors.New("not there"), "start it")
		}
		return "reached", nil
	})
	return s, nil
}

func shutUnless(open bool) mcpcore.ToolOption {
	if open {
		return func(*mcpcore.Tool) {}
	}
	return mcpcore.Shut("--greeting", "the greeting is not odd (--greeting)")
}

func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append([]string{"MCPCORE_TEST_PROGRAM=main", "GOCOVERDIR=" + t.TempDir(), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}, env...)
	return cmd
}

// The commands that every server has: what they print and how they exit.
func TestCommands(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("good.json", `{"greeting":"from the file","read-only":true}`)
	unknown := file("unknown.json", `{"greetings":"x","confirm":"sometimes"}`)
	token := file("token", "s3cret\n")
	secret := []string{"TEST_API_TOKEN=s3cret"}
	for _, test := range []struct {
		name string
		env  []string
		args string
		code int
		out  []string // in standard output
		err  []string // in standard error
	}{
		{"help", secret, "--help", 0, []string{"Usage:", "--greeting TEXT", "(default hello)", "TEST_API_TOKEN", "--read-only"}, nil},
		{"help command", nil, "help", 0, []string{"Usage:"}, nil},
		{"version", nil, "version", 0, []string{"mcp-test ", "(commit "}, nil},
		{"version flag", nil, "--version", 0, []string{"mcp-test "}, nil},
		{"tools", nil, "tools", 0, []string{"read    echo", "delete  drop"}, nil},
		{"tools read-only", nil, "tools --read-only", 0, []string{"echo"}, nil},
		{"tools json", nil, "tools --json --tools=echo", 0, []string{`"inputSchema": {`, `"readOnlyHint": true`}, nil},
		{"call", nil, `call echo {"text":"hi"}`, 0, []string{"hi\n"}, nil},
		{"call of number", nil, `call echo {"text":9007199254740993}`, 0, []string{"9007199254740993\n"}, nil},
		{"call flag", nil, "call greet --greeting=hey", 0, []string{"hey,"}, nil},
		{"call env", []string{"MCP_TEST_GREETING=from env"}, "call greet", 0, []string{"from env,"}, nil},
		{"call file", nil, "call greet --config " + good, 0, []string{"from the file,"}, nil},
		{"env over file", []string{"MCP_TEST_GREETING=from env"}, "call greet --config " + good, 0, []string{"from env,"}, nil},
		{"flag over env", []string{"MCP_TEST_GREETING=from env"}, "call greet --greeting flag", 0, []string{"flag,"}, nil},
		{"secret", secret, "call greet", 0, []string{"hello, **** **** ****"}, nil},
		{"secret of own variable", []string{"MCP_TEST_TOKEN=s3cret"}, "call greet", 0, []string{"hello, **** **** ****"}, nil},
		{"secret file", []string{"TEST_API_TOKEN_FILE=" + token}, "call greet", 0, []string{"hello, **** **** ****"}, nil},
		{"secret file missing", []string{"TEST_API_TOKEN_FILE=" + dir + "/none"}, "call greet", 2, nil, []string{"TEST_API_TOKEN_FILE"}},
		{"secret as flag", nil, "--token=s3cret", 2, nil, []string{"a secret does not belong on a command line; set TEST_API_TOKEN"}},
		{"call failing", nil, "call drop", 1, nil, []string{"broken\n"}},
		{"call panicking", nil, "call boom", 1, nil, []string{"internal error (reference "}},
		{"call of a task", nil, "call fetch", 0, []string{"fetched\n"}, nil},
		{"call of a task that fails", nil, "call fail", 1, nil, []string{"mcp-test: internal error (reference "}},
		{"call unknown", nil, "call none", 1, nil, []string{`mcp-test: there is no tool "none"`}},
		{"call wrong arguments", nil, `call echo {"x":1}`, 1, nil, []string{`there is no argument "x", only text`}},
		{"call bad json", nil, `call echo {oops`, 2, nil, []string{"not valid JSON"}},
		{"call nothing", nil, "call", 2, nil, []string{"call needs the name of a tool", "hint: "}},
		{"call hidden", nil, "call drop --read-only", 1, nil, []string{"--read-only"}},
		{"doctor", nil, "doctor", 0, []string{"ok    api         reached", "ok    tools       12,"}, nil},
		{"doctor failing", nil, "doctor --greeting bad", 1, []string{"FAIL  api         not there", "hint: start it"}, nil},
		{"bad proxies", nil, "--http 127.0.0.1:0 --trusted-proxies 10.0.0.0/8,0.0.0.0/0", 2, nil, []string{"--trusted-proxies: \"0.0.0.0/0\" is everybody"}},
		{"bad flag", nil, "--no-such", 2, nil, []string{"mcp-test: there is no flag --no-such"}},
		{"no value", nil, "--greeting", 2, nil, []string{"--greeting needs a value"}},
		{"argument", nil, "stray", 2, nil, []string{`"stray" is not understood`}},
		{"unknown keys", nil, "--config " + unknown, 2, nil, []string{`there is no setting "greetings"`, `"sometimes" is not one of`}},
		{"no config", nil, "--config " + dir + "/none.json", 2, nil, []string{"--config: "}},
		{"unknown tool to disable", nil, "--disable-tools dorp", 2, nil, []string{`no tool is called "dorp"`, "hint: the command tools lists the names"}},
		{"unknown toolset", nil, "--toolsets none", 2, nil, []string{`there is no toolset "none"`}},
		{"bad pattern", nil, "--tools [", 2, nil, []string{`"[" is not a pattern`}},
		{"all faults", nil, "--no-such --max-concurrent many --max-result-bytes big --call-timeout soon --log-level loud", 2, nil,
			[]string{"--no-such", `"many" is not a whole number`, `"big" is not a size`, `"soon" is not a time`, `"loud" is not one of`}},
		{"no time for a call", nil, "--task-after 0", 2, nil, []string{"--task-after is a time such as 2s, or -1s for never"}},
		{"no time for tasks", nil, "--task-ttl -1s", 2, nil, []string{"--task-ttl is one such as 1h"}},
		{"bad bounds", nil, "--rate-limit 5/d --rate-limit-per-principal -1/s --max-concurrent-per-principal -1 --tool-timeout echo --tool-timeout =1s --tool-max-result-bytes echo=10,echo=many", 2, nil,
			[]string{"--rate-limit: \"5/d\" is not a rate", "--rate-limit-per-principal: ", "--max-concurrent-per-principal: ", "--tool-timeout: \"\" is not a time",
				"--tool-timeout: \"\" is not a pattern", `--tool-max-result-bytes: "10" is less than the 1024 bytes`, `"many" is not a size`}},
		{"bounds of unknown tools", nil, "--tool-timeout eco=1s --tool-max-result-bytes ech=64KiB", 2, nil,
			[]string{`--tool-timeout: no tool is called "eco"`, `--tool-max-result-bytes: no tool is called "ech"`, "hint: the command tools lists the names"}},
		{"time of a tool", nil, "call slow --tool-timeout echo=1h,slo*=10ms", 1, nil, []string{"stopped: it took longer than 10ms"}},
		{"own faults", nil, "--faults", 2, nil, []string{"mcp-test: first fault\nhint: cure the first\n", "mcp-test: second fault\nhint: cure the second\n"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cmd := command(t, test.env, strings.Fields(test.args)...)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			err := cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("got exit code %d (%v), want %d", code, err, test.code)
			}
			for _, want := range test.out {
				if !strings.Contains(out.String(), want) {
					t.Errorf("got %q on standard output, want %q", out.String(), want)
				}
			}
			for _, want := range test.err {
				if !strings.Contains(errs.String(), want) {
					t.Errorf("got %q on standard error, want %q", errs.String(), want)
				}
			}
			if strings.Contains(out.String()+errs.String(), "s3cret") {
				t.Errorf("the secret is printed: %s%s", &out, &errs)
			}
			if test.name == "tools read-only" && strings.Contains(out.String(), "drop") {
				t.Errorf("got %q, want no tool that writes", &out)
			}
		})
	}
}

// Whatever a tool prints, the client's stream stays clean.
func TestStdoutIsTaken(t *testing.T) {
	var errs bytes.Buffer
	cmd := command(t, nil)
	cmd.Stderr = &errs
	l := mcptest.Command(t, cmd)
	if got := l.Ask(call("1", "print", "{}")); !strings.Contains(got, `"text":"printed"`) {
		t.Errorf("got %s", got)
	}
	l.Alive()
	l.CloseInput()
	if err := l.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
	for _, want := range []string{"PRINTED\n", "WRITTEN\n", "RAW\n"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("got %q on standard error, want %q", errs.String(), want)
		}
	}
}

// firstLine reads what a program says first on standard error.
func firstLine(t *testing.T, cmd *exec.Cmd) func() {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = w
	return func() {
		w.Close()
		buf := make([]byte, 8)
		if _, err := io.ReadFull(r, buf); err != nil || string(buf) != "hanging\n" {
			t.Errorf("got %q, %v", buf, err)
		}
		t.Cleanup(func() { r.Close() })
	}
}
