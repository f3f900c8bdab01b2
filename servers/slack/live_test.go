package slack_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/slack"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// A subscriber of a channel or thread is told what happens there, and of
// nothing else; whoever may not read it cannot subscribe.
func TestLive(t *testing.T) {
	f := fake.Sample()
	t.Cleanup(f.Close)
	s := serverOn(t, f, slack.Config{}, fake.BotToken, fake.AppToken)
	c := mcptest.Connect(t, s, mcptest.Options{Revision: "2025-06-18"})
	const channel, thread = "slack://main/channel/C0PUBLIC1", "slack://main/thread/C0PUBLIC1/1795000100.000100"
	if f.Connected() != 0 {
		t.Error("it listens though nobody has subscribed")
	}
	for _, uri := range []string{channel, thread} {
		if _, err := c.Request("resources/subscribe", map[string]any{"uri": uri}); err != nil {
			t.Fatal(err)
		}
	}
	for _, uri := range []string{"slack://main/channel/G0PRIVAT1", "slack://main/users", "slack://main/channel/C0NOWHERE"} {
		if err := c.Refused("resources/subscribe", map[string]any{"uri": uri}); strings.Contains(err.Message, "secret") {
			t.Errorf("%s: %v", uri, err)
		}
	}
	waitFor(t, func() bool { return f.Connected() == 1 })
	f.Send("e1", map[string]any{"type": "message", "channel": "C0PUBLIC2", "ts": "1.000001", "text": "elsewhere"})
	f.Send("e2", map[string]any{"type": "hologram", "channel": "C0PUBLIC1", "ts": 7})
	f.Send("e3", map[string]any{"type": "message", "channel": "C0PUBLIC1", "ts": "1.000003", "thread_ts": "1795000100.000100", "text": "a reply"})
	waitFor(t, func() bool { return len(f.Acks()) == 3 })
	told := func(uri string) bool {
		return slices.ContainsFunc(c.Notifications("notifications/resources/updated"), func(n mcptest.Notification) bool {
			return strings.Contains(string(n.Params), `"`+uri+`"`)
		})
	}
	waitFor(t, func() bool { return told(channel) && told(thread) })
	for _, n := range c.Notifications("notifications/resources/updated") {
		if strings.Contains(string(n.Params), "reply") || strings.Contains(string(n.Params), "C0PUBLIC2") {
			t.Errorf("the notification says too much: %s", n.Params)
		}
	}
	f.Cut()
	waitFor(t, func() bool { return f.Connected() == 1 }) // it comes back
	for _, uri := range []string{channel, thread} {
		if _, err := c.Request("resources/unsubscribe", map[string]any{"uri": uri}); err != nil {
			t.Fatal(err)
		}
	}
	without := mcptest.Connect(t, serverOn(t, f, slack.Config{}), mcptest.Options{Revision: "2025-06-18"})
	if err := without.Refused("resources/subscribe", map[string]any{"uri": channel}); !strings.Contains(err.Message, "SLACK_APP_TOKEN") {
		t.Errorf("got %v", err)
	}
}
