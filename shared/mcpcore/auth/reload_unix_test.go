//go:build unix

package auth_test

import (
	"bufio"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// The program reads its file of tokens anew on SIGHUP, and keeps the old tokens
// when the new ones are no good.
func TestReload(t *testing.T) {
	file := written(t, principals(), 0o600)
	cmd := program(t, "--http", "127.0.0.1:0", "--auth-tokens", file)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	until := func(text string) string {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), text) {
				return lines.Text()
			}
		}
		t.Fatalf("the log does not say %q", text)
		return ""
	}
	_, url, _ := strings.Cut(until("listening"), "url=")
	s := &site{t, strings.TrimSuffix(url, "/mcp"), &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	reload := func(text, says string) string {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		return until(says)
	}
	session := s.initialize(adaToken, "2025-11-25")
	for _, bad := range []string{"{", `{"principals":[]}`, strings.Replace(principals(), "look*", "lok", 1), strings.Replace(principals(), "mcp:read", "mcp:all", 1)} {
		line := reload(bad, "not taken")
		if strings.Contains(line, adaToken) || strings.Contains(line, bobToken) {
			t.Errorf("the log holds a token: %s", line)
		}
		s.call(adaToken, "look").want(t, 200, "I am ada")
	}
	line := reload(strings.Replace(strings.Replace(principals(), `"name":"ada"`, `"name":"amy"`, 1), `,"read_only":true`, "", 1), "read anew")
	if !strings.Contains(line, "added=[amy] altered=[eve] revoked=[ada]") {
		t.Error(line)
	}
	s.call(adaToken, "look").want(t, 200, "I am amy")
	s.call(eveToken, "put").want(t, 200, "I am eve")
	s.in(session, adaToken, callJSON(1, "look")).want(t, 404)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // up to the end
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
