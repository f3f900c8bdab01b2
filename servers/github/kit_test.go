package github_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// args are the arguments of a call.
type args = map[string]any

// newServer makes a server that is closed with the test.
func newServer(t testing.TB, c github.Config) *mcpcore.Server {
	t.Helper()
	s, err := github.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.Options.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	return s
}

// against makes a configuration for what answers in the place of GitHub.
func against(t testing.TB, h http.Handler) github.Config {
	t.Helper()
	hub := httptest.NewServer(h)
	t.Cleanup(hub.Close)
	return github.Config{APIURL: hub.URL, Token: mcpcore.NewSecret("ghp_test")}
}

// works calls a tool and returns its text.
func works(t testing.TB, c *mcptest.Client, tool string, a args) string {
	t.Helper()
	r := c.Call(tool, a)
	if r.IsError {
		t.Errorf("%s %v: %s", tool, a, r.Text())
	}
	return r.Text()
}

// refused calls a tool that has to refuse, with all of words in the refusal.
func refused(t testing.TB, c *mcptest.Client, tool string, a args, words ...string) string {
	t.Helper()
	r := c.Call(tool, a)
	if !r.IsError {
		t.Errorf("%s %v: not refused: %.500s", tool, a, r.Text())
	}
	for _, w := range words {
		if !strings.Contains(r.Text(), w) {
			t.Errorf("%s %v: refused with %q, want %q in it", tool, a, r.Text(), w)
		}
	}
	return r.Text()
}
