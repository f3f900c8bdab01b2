package slack_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/slack"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestResources(t *testing.T) {
	f, c := faked(t, slack.Config{})
	f.Files = []map[string]any{
		{"id": "F0PUBLIC1", "name": "notes.txt", "channels": []string{"C0PUBLIC1"}, "user": "U0PERSON1", "url_private": f.FileURL("F0PUBLIC1")},
		{"id": "F0SECRET1", "name": "plan.txt", "groups": []string{"G0PRIVAT1"}, "user": "U0PERSON1", "url_private": f.FileURL("F0SECRET1")},
	}
	f.Contents["F0PUBLIC1"] = []byte("ideas\nfor <!channel>")
	for uri, want := range map[string]string{
		"slack://main/channels":                           "C0PUBLIC1,#general,public general,true,0,,",
		"slack://main/users":                              "U0PERSON1,ada,Ada Okafor,at work,",
		"slack://main/channel/C0PUBLIC1":                  "mine: launch noted",
		"slack://main/thread/C0PUBLIC1/1795000100.000100": "first reply",
		"slack://main/file/F0PUBLIC1":                     "ideas\nfor <!channel>",
		"slack://main/user/U0PERSON2":                     "@lin Lin Berg",
	} {
		if got := c.Read(uri); len(got) != 1 || !strings.Contains(got[0].Text, want) {
			t.Errorf("%s: got %v, want %q in it", uri, got, want)
		}
	}
	for _, uri := range []string{"slack://main/channel/G0PRIVAT1", "slack://main/file/F0SECRET1", "slack://main/thread/G0PRIVAT1/1795000500.000100", "slack://main/nothing"} {
		if err := c.Refused("resources/read", map[string]any{"uri": uri}); strings.Contains(err.Message, "cancelled") || strings.Contains(err.Message, "secret-plans") {
			t.Errorf("%s: %v", uri, err)
		}
	}
	if len(f.Calls("download")) != 1 {
		t.Error("a file of a private channel was fetched")
	}
}

func TestCompletion(t *testing.T) {
	_, c := faked(t, slack.Config{})
	if got := c.Complete("summarize_channel", "channel", "#", nil).Values; !slices.Equal(got, []string{"#general", "#partner"}) {
		t.Errorf("got %v", got)
	}
	if got := c.Complete("slack://main/channel/{channel}", "channel", "gen", nil).Values; !slices.Equal(got, []string{"C0PUBLIC1"}) {
		t.Errorf("got %v", got)
	}
	if got := c.Complete("standup", "user", "li", nil).Values; !slices.Equal(got, []string{"@lin"}) {
		t.Errorf("got %v", got)
	}
	for name, with := range map[string]map[string]string{
		"summarize_channel": {"channel": "#general"}, "catch_up": nil, "find_discussions": {"topic": "x"}, "standup": nil,
		"draft_announcement": {"subject": "y", "channel": "#general"}, "incident_timeline": {"channel": "#general"},
	} {
		if m := c.GetPrompt(name, with); len(m) != 1 || !strings.Contains(m[0].Content.Text, "1. ") || with["channel"] != "" && !strings.Contains(m[0].Content.Text, "#general") {
			t.Errorf("%s: got %v", name, m)
		}
	}
}

// The archived reference server's tools are there on request, by their names
// and arguments, and under the same rules.
func TestArchivedNames(t *testing.T) {
	config := writable()
	config.Compat = "archived"
	f, c := unasked(t, config)
	names := map[string]bool{}
	for _, tool := range c.Tools() {
		names[tool.Name] = true
	}
	for tool, with := range map[string]args{
		"slack_list_channels":       {"limit": 10},
		"slack_post_message":        {"channel_id": "C0PUBLIC1", "text": "<!channel> hi"},
		"slack_reply_to_thread":     {"channel_id": "C0PUBLIC1", "thread_ts": "1795000100.000100", "text": "a reply"},
		"slack_add_reaction":        {"channel_id": "C0PUBLIC1", "timestamp": "1795000100.000100", "reaction": "thumbsup"},
		"slack_get_channel_history": {"channel_id": "C0PUBLIC1", "limit": 3},
		"slack_get_thread_replies":  {"channel_id": "C0PUBLIC1", "thread_ts": "1795000100.000100"},
		"slack_get_users":           {"limit": 2},
		"slack_get_user_profile":    {"user_id": "U0PERSON1"},
	} {
		if !names[tool] {
			t.Errorf("%s is not listed", tool)
		}
		check(t, c, tool, with, false, nil, []string{"secret"})
	}
	check(t, c, "slack_get_channel_history", args{"channel_id": "G0PRIVAT1"}, true, nil, nil)
	for _, call := range f.Calls("chat.postMessage") {
		if strings.Contains(call.Args.Get("text"), "<!") || call.Args.Get("unfurl_links") != "false" {
			t.Errorf("sent %v", call.Args)
		}
	}
	s := newServer(t, slack.Config{Demo: true})
	if got := mcptest.Connect(t, s, mcptest.Options{}).Refused("tools/call", map[string]any{"name": "slack_get_users", "arguments": args{}}); got == nil {
		t.Error("the archived names are there unasked")
	}
}

// A file is fetched from Slack alone, within bounds, and what a sign-in page
// says is no file.
func TestFiles(t *testing.T) {
	f, c := faked(t, slack.Config{})
	file := func(id, url string) map[string]any {
		return map[string]any{"id": id, "name": id + ".txt", "channels": []string{"C0PUBLIC1"}, "user": "U0PERSON1", "url_private": url, "size": 5, "mimetype": "text/plain"}
	}
	elsewhere := fake.New()
	t.Cleanup(elsewhere.Close)
	elsewhere.Contents["F0EVIL001"] = []byte("evil")
	f.Files = []map[string]any{
		file("F0GOOD001", f.FileURL("F0GOOD001")), file("F0EVIL001", elsewhere.FileURL("F0EVIL001")), file("F0LOCAL01", "http://169.254.169.254/latest/meta-data"),
		file("F0PAGE001", f.FileURL("F0PAGE001")), file("F0IMAGE01", f.FileURL("F0IMAGE01")), file("F0BYTES01", f.FileURL("F0BYTES01")),
	}
	f.Contents["F0GOOD001"] = []byte("hello\x1b[31m\u202eworld")
	f.Contents["F0IMAGE01"] = []byte("\x89PNG\r\n\x1a\n0000")
	f.Contents["F0BYTES01"] = []byte{0, 1, 2, 3}
	check(t, c, "attachment_get_data", args{"file_id": "F0GOOD001"}, false, []string{"hello⟨U+001B⟩[31m⟨U+202E⟩world", "all is data"}, nil)
	check(t, c, "attachment_get_data", args{"file_id": "F0GOOD001", "max_bytes": 4}, true, []string{"more than 4"}, nil)
	for _, id := range []string{"F0EVIL001", "F0LOCAL01"} {
		check(t, c, "attachment_get_data", args{"file_id": id}, true, []string{"outside of Slack"}, nil)
	}
	check(t, c, "attachment_get_data", args{"file_id": "F0PAGE001"}, true, []string{"files:read"}, nil)
	if got := c.Call("attachment_get_data", args{"file_id": "F0IMAGE01"}); len(got.Content) != 2 || got.Content[1].MIMEType != "image/png" {
		t.Errorf("got %+v, want a picture", got)
	}
	if got := c.Call("attachment_get_data", args{"file_id": "F0BYTES01"}); len(got.Content) != 2 || got.Content[1].Resource == nil {
		t.Errorf("got %+v, want a resource", got)
	}
	f.Redirect(1, elsewhere.FileURL("F0EVIL001"))
	check(t, c, "attachment_get_data", args{"file_id": "F0GOOD001"}, true, []string{"outside of Slack"}, []string{"evil"})
	if len(elsewhere.Calls()) > 0 {
		t.Error("something was fetched from elsewhere")
	}
	check(t, c, "files_search", args{}, false, []string{"F0GOOD001", "by Ada Okafor in #general"}, nil)
	f.Files = append(f.Files, map[string]any{"id": "F0CANVAS1", "mode": "quip", "channels": []string{"C0PUBLIC1"}, "title": "plan"})
	f.Canvases["F0CANVAS1"] = "# Plan"
	check(t, c, "canvas_read", args{"canvas_id": "F0CANVAS1"}, false, []string{"# Plan"}, nil)
	check(t, c, "canvas_read", args{"canvas_id": "F0GOOD001"}, true, []string{"no canvas"}, nil)
}
