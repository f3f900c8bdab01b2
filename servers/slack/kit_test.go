package slack_test

import (
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/slack"
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
