package slack_test

import (
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/slack"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// The toolsets that are off by default write by the same rules as the others.
func TestLongTail(t *testing.T) {
	f := fake.Sample()
	t.Cleanup(func() {
		f.Close()
		for _, wrong := range f.Wrong() {
			t.Error("not as Slack's description has it: ", wrong)
		}
	})
	f.Files = []map[string]any{
		{"id": "F0CANVAS1", "mode": "quip", "channels": []string{"C0PUBLIC1"}}, {"id": "F0CANVAS2", "mode": "quip", "channels": []string{"C0PUBLIC1", "C0EXTERN1"}},
	}
	s := serverOn(t, f, writable("kind:public"))
	s.Options.Policy.Confirm, s.Options.Policy.Toolsets = mcpcore.ConfirmNever, []string{"all"}
	c := mcptest.Connect(t, s, mcptest.Options{})
	for _, q := range []struct {
		tool  string
		args  args
		fails bool
	}{
		{"conversations_join", args{"channel_id": "C0PUBLIC2"}, false},
		{"conversations_join", args{"channel_id": "C0EXTERN1"}, true},
		{"conversations_leave", args{"channel_id": "C0PUBLIC2"}, false},
		{"conversations_leave", args{"channel_id": "G0PRIVAT1"}, true},
		{"conversations_invite", args{"channel_id": "C0PUBLIC1", "users": []string{"@sam"}}, false},
		{"conversations_create", args{"name": "team-new"}, false},
		{"conversations_create", args{"name": "team-secret", "is_private": true}, true},
		{"conversations_describe", args{"channel_id": "C0PUBLIC1", "text": "all about <!channel>"}, false},
		{"conversations_describe", args{"channel_id": "C0PUBLIC1", "text": fake.BotToken}, true},
		{"canvas_write", args{"channel_id": "C0PUBLIC1", "title": "Plan", "markdown": "# Plan"}, false},
		{"canvas_write", args{"canvas_id": "F0CANVAS1", "markdown": "more"}, false},
		{"canvas_write", args{"canvas_id": "F0CANVAS2", "markdown": "more"}, true}, // somebody outside sees it
		{"canvas_write", args{"channel_id": "C0PUBLIC1", "title": "Plan", "markdown": "![x](https://evil.example/x)"}, true},
		{"usergroups_update", args{"usergroup_id": "S0GROUP01", "users": []string{"U0PERSON1", "U0PERSON2"}}, false},
	} {
		check(t, c, q.tool, q.args, q.fails, nil, nil)
	}
	f.Do(func() { f.Users[1]["is_stranger"] = true })
	check(t, c, "conversations_invite", args{"channel_id": "C0PUBLIC1", "users": []string{"@lin"}}, true, []string{"another organisation"}, nil)
	off := mcptest.Connect(t, serverOn(t, f, writable()), mcptest.Options{})
	for _, tool := range off.Tools() {
		if tool.Name == "conversations_join" || tool.Name == "canvas_write" {
			t.Errorf("%s is offered unasked", tool.Name)
		}
	}
	sample := newServer(t, slack.Config{Demo: true, AllowWrite: true, WriteAllow: []string{"kind:public"}})
	sample.Options.Policy.Confirm, sample.Options.Policy.Toolsets = mcpcore.ConfirmNever, []string{"all"}
	check(t, mcptest.Connect(t, sample, mcptest.Options{}), "conversations_join", args{"channel_id": "#general"}, true, []string{"at Slack"}, nil)
}
