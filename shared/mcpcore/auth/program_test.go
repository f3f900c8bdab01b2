package auth_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = []string{"AUTH_TEST_PROGRAM=1", "GOCOVERDIR=" + t.TempDir(), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}
	return cmd
}

// Settings that leave open whom to serve stop the program.
func TestSettings(t *testing.T) {
	good := written(t, principals(), 0o600)
	for name, test := range map[string]struct {
		args, want []string
	}{
		"no file":       {[]string{"--auth-tokens", "nowhere.json"}, []string{"--auth-tokens: open nowhere.json", `hint: such as {"principals"`}},
		"for all":       {[]string{"--auth-tokens", written(t, principals(), 0o644)}, []string{"others on this machine can read", "chmod 600"}},
		"empty":         {[]string{"--auth-tokens", written(t, "", 0o600)}, []string{"not a file of tokens"}},
		"unknown tool":  {[]string{"--auth-tokens", written(t, strings.Replace(principals(), "look*", "lock*", 1), 0o600)}, []string{`bob: no tool is called "lock*"`}},
		"no audience":   {[]string{"--oauth-issuer", "https://issuer.example.com"}, []string{"--oauth-issuer: without an audience"}},
		"no issuer":     {[]string{"--auth-tokens", good, "--oauth-audience", "x"}, []string{"--oauth-audience is of no use alone"}},
		"http issuer":   {[]string{"--oauth-issuer", "http://issuer.example.com", "--oauth-audience", "https://x"}, []string{"is not a URL of https"}},
		"no public URL": {[]string{"--oauth-issuer", "https://issuer.example.com", "--oauth-audience", "api://mcp"}, []string{"--oauth-audience is no URL", "--public-url"}},
		"bad public":    {[]string{"--auth-tokens", good, "--public-url", "example.com"}, []string{"--public-url", "https://example.com/mcp"}},
		"contradiction": {[]string{"--auth-tokens", good, "--allow-unauthenticated"}, []string{"--allow-unauthenticated contradicts --auth-tokens"}},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "for all" && runtime.GOOS == "windows" {
				t.Skip("files have no such permissions here")
			}
			cmd := program(t, append(test.args, "--http", "0.0.0.0:0")...)
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != 2 {
				t.Errorf("exit code %d, %v", cmd.ProcessState.ExitCode(), err)
			}
			for _, want := range test.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("%q is not in %s", want, out)
				}
			}
		})
	}
}

// With tokens the program serves other machines too. Its logs say who called,
// and hold no token.
func TestProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be asked to end")
	}
	audit := filepath.Join(t.TempDir(), "audit.jsonl")
	cmd := program(t, "--http", "0.0.0.0:0", "--auth-tokens", written(t, principals(), 0o600), "--audit-log", audit, "--log-level", "debug")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	lines := bufio.NewReader(io.TeeReader(stderr, &seen))
	url := ""
	for url == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the program does not listen: %s", seen.String())
		}
		_, url, _ = strings.Cut(strings.TrimSpace(line), "url=")
	}
	url = strings.TrimSuffix(strings.Replace(url, "[::]", "127.0.0.1", 1), "/mcp")
	s := &site{t, url, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	s.call("", "look").want(t, 401)
	s.call("wrong-but-secret", "look").want(t, 401)
	s.call(adaToken, "look").want(t, 200, "I am ada")
	s.call(eveToken, "put").want(t, 200, "only read")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, lines) // up to the end of the program
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	raw, err := os.ReadFile(audit)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"principal":"ada"`, `"principal":"eve"`, `only read`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("the audit log lacks %s: %s", want, raw)
		}
	}
	for _, want := range []string{"in the clear", "a token was refused"} {
		if !strings.Contains(seen.String(), want) {
			t.Errorf("the log lacks %q: %s", want, seen.String())
		}
	}
	for _, secret := range []string{adaToken, bobToken, eveToken, "wrong-but-secret", digest(adaToken)} {
		if strings.Contains(string(raw)+seen.String(), secret) {
			t.Errorf("a log holds %s", secret)
		}
	}
}
