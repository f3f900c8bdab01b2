package slack_test

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/slack"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// newServer makes a server that is closed when the test ends.
func newServer(t testing.TB, c slack.Config) *mcpcore.Server {
	t.Helper()
	s, err := slack.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// demo is a client of a server on the sample workspace.
func demo(t testing.TB, c slack.Config) *mcptest.Client {
	t.Helper()
	c.Demo = true
	return mcptest.Connect(t, newServer(t, c), mcptest.Options{})
}

// faked is a fake Slack, and a client of a server on it. Requests that Slack
// would not take fail the test.
func faked(t testing.TB, c slack.Config, tokens ...string) (*fake.Server, *mcptest.Client) {
	t.Helper()
	f := fake.Sample()
	return f, on(t, f, c, tokens...)
}

// on is a client of a server on a fake, with a bot's token where no other is
// named.
func on(t testing.TB, f *fake.Server, c slack.Config, tokens ...string) *mcptest.Client {
	t.Helper()
	t.Cleanup(func() {
		f.Close()
		for _, wrong := range f.Wrong() {
			t.Error("not as Slack's description has it: ", wrong)
		}
	})
	return mcptest.Connect(t, serverOn(t, f, c, tokens...), mcptest.Options{})
}

func serverOn(t testing.TB, f *fake.Server, c slack.Config, tokens ...string) *mcpcore.Server {
	t.Helper()
	if len(tokens) == 0 {
		tokens = []string{fake.BotToken}
	}
	for _, token := range tokens {
		switch token {
		case fake.BotToken:
			c.BotToken = mcpcore.NewSecret(token)
		case fake.UserToken:
			c.UserToken = mcpcore.NewSecret(token)
		case fake.AppToken:
			c.AppToken = mcpcore.NewSecret(token)
		}
	}
	c.APIURL = f.URL
	return newServer(t, c)
}

// check calls a tool and looks into what it says.
func check(t testing.TB, c *mcptest.Client, tool string, with args, fails bool, want, not []string) string {
	t.Helper()
	got := c.Call(tool, with)
	if got.IsError != fails {
		t.Errorf("%s %v: an error is %t, want %t:\n%s", tool, with, got.IsError, fails, got.Text())
	}
	for _, s := range want {
		if !strings.Contains(got.Text(), s) {
			t.Errorf("%s %v: got\n%s\nwant %q in it", tool, with, got.Text(), s)
		}
	}
	for _, s := range not {
		if strings.Contains(got.Text(), s) {
			t.Errorf("%s %v: got\n%s\nwith %q in it", tool, with, got.Text(), s)
		}
	}
	return got.Text()
}
