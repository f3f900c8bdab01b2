package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestMain(m *testing.M) {
	if os.Getenv("CONFORMANCE_SERVER") != "" {
		main() // this binary plays the server
		return
	}
	goleak.VerifyTestMain(m)
}

const patience = 30 * time.Second

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = []string{"CONFORMANCE_SERVER=1", "GOCOVERDIR=" + t.TempDir(), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}
	return cmd
}

// TestRefusals starts the program with settings that leave it open to all.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"all addresses":      {[]string{"--http", ":0"}, []string{":0 can be reached by other machines", "--allow-unauthenticated"}},
		"another address":    {[]string{"--http", "192.168.1.5:80"}, []string{"192.168.1.5:80", "hint: listen on 127.0.0.1"}},
		"no address":         {[]string{"--http", "localhost"}, []string{`"localhost" is not an address`, "127.0.0.1:8080"}},
		"half a key pair":    {[]string{"--http", "127.0.0.1:0", "--tls-cert", "x"}, []string{"--tls-cert and --tls-key belong together"}},
		"no such key pair":   {[]string{"--http", "127.0.0.1:0", "--tls-cert", "x", "--tls-key", "y"}, []string{"certificate x"}},
		"no such mode":       {[]string{"--http", "127.0.0.1:0", "--http-mode", "both"}, []string{`"both" is not one of auto, stateless, sessions`}},
		"two faults at once": {[]string{"--http", ":0", "--tls-key", "x"}, []string{"--allow-unauthenticated", "belong together"}},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := command(t, c.args...)
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != 2 {
				t.Errorf("exit code %d, %v", cmd.ProcessState.ExitCode(), err)
			}
			for _, want := range c.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("%q is not in %s", want, out)
				}
			}
		})
	}
}

// serve starts the program and returns its URL, and what asks it to end.
func serve(t *testing.T, args ...string) (url string, end func()) {
	t.Helper()
	cmd := command(t, args...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if _, after, ok := strings.Cut(lines.Text(), "url="); ok {
			return strings.TrimSpace(after), func() {
				if err := cmd.Process.Signal(os.Interrupt); err != nil {
					t.Error(err)
				}
				rest, _ := io.ReadAll(stderr) // fails when the process has ended
				if err := cmd.Wait(); err != nil {
					t.Errorf("%v: %s", err, rest)
				}
			}
		}
	}
	t.Fatalf("the program does not listen: %v", cmd.Wait())
	return "", nil
}

// TestServe serves over HTTP and stops on a signal with a call under way.
func TestServe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be asked to end")
	}
	url, end := serve(t, "--http", "0.0.0.0:0", "--allow-unauthenticated", "--sse")
	url = strings.Replace(url, "[::]", "127.0.0.1", 1)
	transport := &http.Transport{}
	client := &http.Client{Transport: transport, Timeout: patience}
	get := func(path, host string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", strings.TrimSuffix(url, "/mcp")+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	for _, c := range []struct {
		path, host string
		status     int
	}{
		{"/healthz", "10.1.2.3:8080", 200}, {"/readyz", "localhost", 200}, {"/healthz", "rebound.example", 403}, {"/", "localhost", 404},
	} {
		if got := get(c.path, c.host); got != c.status {
			t.Errorf("%s of %s: %d, want %d", c.path, c.host, got, c.status)
		}
	}
	transport.CloseIdleConnections()
	end()
}

// TestFixture is the suite that every server passes, and every tool once.
func TestFixture(t *testing.T) {
	s, err := newServer(struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	c := mcptest.Connect(t, s, mcptest.Options{Elicit: func(mcptest.Question) mcptest.Answer { return mcptest.Decline() }})
	for _, tool := range s.Tools() {
		p := c.Start("tools/call", map[string]any{"name": tool.Name(), "arguments": map[string]any{"region": "eu"}})
		if _, err := p.Wait(); err != nil && !strings.Contains(err.Error(), "capability") {
			t.Errorf("%s: %v", tool.Name(), err)
		}
	}
}
