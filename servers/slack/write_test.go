package slack_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// writable has what the tests write to, and no questions asked.
func writable(allow ...string) slack.Config {
	if len(allow) == 0 {
		allow = []string{"kind:public"}
	}
	return slack.Config{AllowWrite: true, WriteAllow: allow}
}

// unasked is a client of a server that asks nobody.
func unasked(t testing.TB, c slack.Config, tokens ...string) (*fake.Server, *mcptest.Client) {
	t.Helper()
	f := fake.Sample()
	return f, unaskedOn(t, f, c, tokens...)
}

func unaskedOn(t testing.TB, f *fake.Server, c slack.Config, tokens ...string) *mcptest.Client {
	t.Helper()
	t.Cleanup(func() {
		f.Close()
		for _, wrong := range f.Wrong() {
			t.Error("not as Slack's description has it: ", wrong)
		}
	})
	s := serverOn(t, f, c, tokens...)
	s.Options.Policy.Confirm = mcpcore.ConfirmNever
	return mcptest.Connect(t, s, mcptest.Options{})
}

func TestShownForWriting(t *testing.T) {
	s := newServer(t, writable())
	s.Options.Policy.Deny = []string{"channel*", "conversations_h*", "conversations_r*", "conversations_s*", "conversations_u*", "users*", "usergroups_list", "files_*", "attachment*", "canvas_read", "pins*"}
	s.Options.Policy.Toolsets = []string{"all"}
	mcptest.Snapshot(t, s, "testdata/tools-write")
}

func TestNoWritingByDefault(t *testing.T) {
	f, c := faked(t, slack.Config{})
	for _, tool := range c.Tools() {
		if tool.Annotations.ReadOnly == nil || !*tool.Annotations.ReadOnly {
			t.Errorf("%s is offered, and does more than read", tool.Name)
		}
	}
	check(t, c, "conversations_add_message", args{"channel_id": "C0PUBLIC1", "text": "hi"}, true, []string{"--allow-write"}, nil)
	if len(f.Calls()) > 0 {
		t.Error("Slack was asked")
	}
	if _, err := slack.New(slack.Config{WriteAllow: []string{"kind:public"}}); err == nil {
		t.Error("rules for writing are taken where nothing may be written")
	}
}

func TestWriteRules(t *testing.T) {
	for _, q := range []struct {
		allow, deny []string
		channel     string
		refused     bool
	}{
		{nil, nil, "C0PUBLIC1", true},
		{[]string{"kind:public"}, nil, "C0PUBLIC1", false},
		{[]string{"kind:public"}, nil, "#general", false},
		{[]string{"kind:public"}, []string{"name:gen*"}, "#general", true},
		{[]string{"kind:public"}, nil, "G0PRIVAT1", true},
		{[]string{"name:*"}, nil, "G0PRIVAT1", true},
		{[]string{"kind:private"}, nil, "G0PRIVAT1", false},
		{[]string{"kind:public"}, nil, "C0EXTERN1", true},
		{[]string{"name:partner"}, nil, "C0EXTERN1", true},
		{[]string{"kind:external"}, nil, "C0EXTERN1", false},
		{[]string{"id:C0EXTERN1"}, nil, "C0EXTERN1", false},
		{[]string{"kind:im"}, nil, "D0DIRECT2", false},
		{[]string{"kind:public"}, nil, "D0DIRECT2", true},
		{[]string{"id:C0PUBLIC1"}, nil, "https://fake.slack.com/archives/C0PUBLIC1/p1795000100000100", false},
		{[]string{"id:C0PUBLIC1"}, nil, "https://fake.slack.com/archives/C0PUBLIC2/p1795000400000100", true},
	} {
		c := slack.Config{AllowWrite: true, WriteAllow: q.allow, WriteDeny: q.deny}
		f, client := unasked(t, c)
		before := len(f.Calls("chat.postMessage"))
		got := client.Call("conversations_add_message", args{"channel_id": q.channel, "text": "hello"})
		if sent := len(f.Calls("chat.postMessage")) > before; got.IsError != q.refused || sent == q.refused {
			t.Errorf("%v %v, %s: refused is %t, sent is %t, want refused %t: %s", q.allow, q.deny, q.channel, got.IsError, sent, q.refused, got.Text())
		}
	}
}

// Whoever is of another team reads along in a direct message.
func TestExternalDirect(t *testing.T) {
	f, c := unasked(t, writable("kind:im+member:true"))
	check(t, c, "conversations_add_message", args{"channel_id": "D0DIRECT2", "text": "hello"}, false, nil, nil)
	f.Do(func() { f.Users[0]["team_id"] = "T0OTHER01" })
	check(t, c, "conversations_add_message", args{"channel_id": "D0DIRECT2", "text": "hello"}, true, []string{"another organisation"}, nil)
	both := unaskedOn(t, f, writable("kind:im+kind:external"))
	check(t, both, "conversations_add_message", args{"channel_id": "D0DIRECT2", "text": "hello"}, false, nil, nil)
	f2, c2 := unasked(t, slack.Config{AllowWrite: true, WriteAllow: []string{"kind:im"}, WriteDeny: []string{"kind:external"}})
	f2.Users[0]["is_stranger"] = true
	check(t, c2, "conversations_add_message", args{"channel_id": "D0DIRECT2", "text": "hello"}, true, []string{"kind:external"}, nil)
	check(t, c2, "conversations_open", args{"users": "U0PERSON1"}, true, []string{"kind:external"}, nil)
	if len(f2.Calls("conversations.open", "chat.postMessage")) > 0 {
		t.Error("something was opened or sent")
	}
}

// What is sent is never unfurled, in whatever form the link comes.
func TestUnfurl(t *testing.T) {
	section := func(text string) string {
		raw, _ := json.Marshal([]any{map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": text}}})
		return string(raw)
	}
	for _, q := range []struct {
		domains []string
		args    args
		unfurl  bool
	}{
		{nil, args{"text": "see https://good.example/a"}, false},
		{[]string{"good.example"}, args{"text": "see https://good.example/a"}, true},
		{[]string{"good.example"}, args{"text": "see https://www.good.example/a and http://GOOD.example"}, true},
		{[]string{"good.example"}, args{"text": "no link"}, false},
		{[]string{"good.example"}, args{"text": "https://good.example https://evil.example/?q=secret"}, false},
		{[]string{"good.example"}, args{"text": "https://good.example evil.example/?q=secret"}, false},
		{[]string{"good.example"}, args{"text": "https://good.example@evil.example/"}, false},
		{[]string{"good.example"}, args{"text": "https://good.example.evil.example/"}, false},
		{[]string{"good.example"}, args{"text": "https://evilgood.example/"}, false},
		{[]string{"good.example"}, args{"text": "https://good.example\\@evil.example"}, false},
		{[]string{"good.example"}, args{"text": "<https://good.example|https://evil.example>"}, false},
		{[]string{"good.example"}, args{"text": "https://good.example", "blocks": section("<https://evil.example/?q=secret|x>")}, false},
		{[]string{"good.example"}, args{"blocks": section("<https://evil.example/?q=secret|x>")}, false},
		{[]string{"good.example"}, args{"blocks": section("<https://good.example/|x>")}, true},
	} {
		c := writable()
		c.UnfurlDomains = q.domains
		f, client := unasked(t, c)
		q.args["channel_id"] = "C0PUBLIC1"
		check(t, client, "conversations_add_message", q.args, false, []string{"sent: "}, nil)
		q.args["post_at"] = time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		if q.args["blocks"] == nil {
			check(t, client, "message_schedule", q.args, false, nil, nil)
		}
		delete(q.args, "post_at")
		q.args["message_ts"] = "1795000300.000100"
		check(t, client, "message_update", q.args, false, nil, nil)
		for _, call := range f.Calls("chat.postMessage", "chat.update", "chat.scheduleMessage") {
			links, media := call.Args.Get("unfurl_links"), call.Args.Get("unfurl_media")
			if q.unfurl && links != "true" || !q.unfurl && (links != "false" || media != "false") || call.Args.Get("link_names") != "false" {
				t.Errorf("%v, %v: %s with unfurl_links=%s, unfurl_media=%s, link_names=%s", q.domains, q.args, call.Method, links, media, call.Args.Get("link_names"))
			}
		}
	}
}

// A picture is fetched by Slack: from a domain that is not listed it is refused.
func TestPictures(t *testing.T) {
	c := writable()
	c.UnfurlDomains = []string{"good.example"}
	f, client := unasked(t, c)
	for _, blocks := range []string{
		`[{"type":"image","image_url":"https://evil.example/?q=secret","alt_text":"x"}]`,
		`[{"type":"section","text":{"type":"mrkdwn","text":"x"},"accessory":{"type":"image","image_url":"https://evil.example/x","alt_text":"x"}}]`,
		`[{"type":"context","elements":[{"type":"image","image_url":"//evil.example/x","alt_text":"x"}]}]`,
		`[{"type":"context","elements":[{"type":"image","image_url":"","alt_text":"x"}]}]`,
		`[{"type":"markdown","text":"![x](https://evil.example/x)"}]`,
		`[{"type":"video","video_url":"https://evil.example/x"}]`,
		`[{"type":"actions","elements":[]}]`,
		`[]`, `{}`, `"x"`,
	} {
		check(t, client, "conversations_add_message", args{"channel_id": "C0PUBLIC1", "blocks": blocks}, true, nil, nil)
	}
	check(t, client, "conversations_add_message", args{"channel_id": "C0PUBLIC1", "text": "![x](https://evil.example/x)"}, true, nil, nil)
	if n := len(f.Calls("chat.postMessage")); n > 0 {
		t.Errorf("%d messages were sent", n)
	}
	check(t, client, "conversations_add_message", args{"channel_id": "C0PUBLIC1", "blocks": `[{"type":"image","image_url":"https://good.example/x","alt_text":"x"}]`}, false, nil, nil)
}

func TestMassMentions(t *testing.T) {
	forms := []args{
		{"text": "<!channel> hello"}, {"text": "<!here|here> hello"}, {"text": "<!EVERYONE> hello"}, {"text": "@channel @here @everyone hello", "content_type": "text/plain"},
		{"text": "<!subteam^S0GROUP01> <!subteam^S0GROUP01|@ops> hello", "content_type": "text/mrkdwn"}, {"text": "<!group> <!unknown^x> hello"},
		{"blocks": `[{"type":"section","text":{"type":"mrkdwn","text":"<!channel> hello"}}]`},
		{"blocks": `[{"type":"markdown","text":"<!channel> @here hello"}]`},
		{"blocks": `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"broadcast","range":"channel"},{"type":"usergroup","usergroup_id":"S0GROUP01"},{"type":"text","text":" hello"}]}]}]`},
	}
	dangerous := regexp.MustCompile(`(?i)<!|[^\x{ff20}]?@(channel|here|everyone|group)|"broadcast"|"usergroup"`)
	for _, form := range forms {
		form["channel_id"] = "C0PUBLIC1"
		f, c := unasked(t, writable())
		check(t, c, "conversations_add_message", form, false, []string{"made plain text"}, nil)
		for _, call := range f.Calls("chat.postMessage") {
			if sent := call.Args.Get("text") + call.Args.Get("blocks"); dangerous.MatchString(sent) || !strings.Contains(sent, "hello") {
				t.Errorf("%v: sent %s", form, sent)
			}
		}
		open := writable()
		open.AllowMassMentions = true
		f, c = unasked(t, open)
		check(t, c, "conversations_add_message", form, false, nil, []string{"made plain text"})
		if sent := f.Calls("chat.postMessage")[0].Args; !dangerous.MatchString(sent.Get("text") + sent.Get("blocks")) {
			t.Errorf("%v: sent %v though mentions are allowed", form, sent)
		}
	}
	_, c := unasked(t, writable())
	check(t, c, "conversations_add_message", args{"channel_id": "C0PUBLIC1", "text": strings.Repeat("<@U0PERSON1> ", 11)}, true, []string{"11 people"}, nil)
}

func TestSecretsStay(t *testing.T) {
	f, c := unasked(t, writable())
	pem := "-----BEGIN RSA " + "PRIVATE KEY-----"
	for _, text := range []string{
		"the token is " + fake.BotToken, "xoxb-12\u200b34567890", pem, "AKIA" + "ABCDEFGHIJKLMNOP", "ghp_" + strings.Repeat("a1", 18),
		"postgres://user:hunter22@host/db", "password: correct9horse!", "https://hooks.slack.com/services/T000/B000/XXXX",
	} {
		got := check(t, c, "conversations_add_message", args{"channel_id": "C0PUBLIC1", "text": text}, true, []string{"token, a key or a password"}, nil)
		if strings.Contains(got, text) {
			t.Errorf("the refusal repeats %q", text)
		}
	}
	check(t, c, "conversations_add_message", args{"channel_id": "C0PUBLIC1", "blocks": `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"xoxb-1234"},{"type":"text","text":"5678901"}]}]}]`}, true, nil, nil)
	check(t, c, "file_upload", args{"channel_id": "C0PUBLIC1", "filename": "a.txt", "content": pem}, true, nil, nil)
	if n := len(f.Calls("chat.postMessage", "files.getUploadURLExternal")); n > 0 {
		t.Errorf("%d were sent", n)
	}
	check(t, c, "conversations_add_message", args{"channel_id": "C0PUBLIC1", "text": "the password: see the vault; token: ask Ada"}, false, nil, nil)
}

// A message is sent when the user has agreed to it, and to nothing else.
func TestConfirmation(t *testing.T) {
	for _, revision := range []string{"2025-06-18", "2026-07-28"} {
		for _, answer := range []mcptest.Answer{mcptest.Accept(map[string]any{}), mcptest.Decline(), mcptest.Dismiss()} {
			f := fake.Sample()
			defer f.Close()
			var asked string
			c := mcptest.Connect(t, serverOn(t, f, writable("kind:external")), mcptest.Options{Revision: revision, Elicit: func(q mcptest.Question) mcptest.Answer {
				asked = q.Message
				return answer
			}})
			got := c.Call("conversations_add_message", args{"channel_id": "C0EXTERN1", "text": "<!channel> a\nb\u202e"})
			if yes := answer.Action == "accept"; got.IsError == yes || (len(f.Calls("chat.postMessage")) == 1) != yes {
				t.Errorf("%s, %s: %s, and %d were sent", revision, answer.Action, got.Text(), len(f.Calls("chat.postMessage")))
			}
			for _, want := range []string{"#partner (C0EXTERN1, public, external)", "4 members", "ANOTHER ORGANISATION", "\uff20channel a\n  b⟨U+202E⟩"} {
				if !strings.Contains(asked, want) {
					t.Errorf("%s: the question is %q, want %q in it", revision, asked, want)
				}
			}
		}
	}
}

// A client that cannot ask gets a draft, whose token is for that draft.
func TestDrafts(t *testing.T) {
	f := fake.Sample()
	defer f.Close()
	s := serverOn(t, f, writable())
	c := mcptest.Connect(t, s, mcptest.Options{Capabilities: map[string]any{}})
	message := args{"channel_id": "C0PUBLIC1", "text": "hello"}
	text := check(t, c, "conversations_add_message", message, false, []string{"Not done yet", "#general"}, nil)
	token := regexp.MustCompile(`draft_token (\S+)`).FindStringSubmatch(text)[1]
	for _, other := range []args{
		{"channel_id": "C0PUBLIC1", "text": "hello!", "draft_token": token}, {"channel_id": "C0PUBLIC1", "text": "hello", "thread_ts": "1795000100.000100", "draft_token": token},
		{"channel_id": "C0PUBLIC1", "text": "hello", "draft_token": "x"}, {"channel_id": "C0PUBLIC1", "text": "hello", "content_type": "text/plain", "draft_token": token},
	} {
		check(t, c, "conversations_add_message", other, true, []string{"draft"}, nil)
	}
	if n := len(f.Calls("chat.postMessage")); n > 0 {
		t.Fatalf("%d messages were sent before the user could agree", n)
	}
	message["draft_token"] = token
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { c.Call("conversations_add_message", message) })
	}
	wg.Wait()
	check(t, c, "conversations_add_message", message, false, []string{"not done twice"}, nil)
	if n := len(f.Calls("chat.postMessage")); n != 1 {
		t.Errorf("%d messages were sent, want 1", n)
	}
	check(t, c, "conversations_add_message", args{"channel_id": "C0PUBLIC1", "text": "hello", "dry_run": true}, false, []string{"Nothing was sent"}, nil)
}

// A message whose fate is unknown is not sent twice.
func TestNeverTwice(t *testing.T) {
	f, c := unasked(t, writable())
	message := args{"channel_id": "C0PUBLIC1", "text": "only once, see https://a.example"}
	f.Lose("chat.postMessage", 1)
	check(t, c, "conversations_add_message", message, true, []string{"is not known"}, []string{"only once"})
	f.Fail("conversations.history", 1, "internal_error")
	check(t, c, "conversations_add_message", message, true, []string{"cannot be told"}, nil)
	check(t, c, "conversations_add_message", message, false, []string{"not twice"}, nil)
	f.Break("chat.postMessage", 1, 502) // and here it was not sent
	message["text"] = "a second one"
	check(t, c, "conversations_add_message", message, true, []string{"is not known"}, nil)
	check(t, c, "conversations_add_message", message, false, []string{"sent: "}, []string{"twice"})
	f.Limit("chat.postMessage", 1, "30")
	message["text"] = "a third one"
	check(t, c, "conversations_add_message", message, true, []string{"again in 30s"}, nil)
	count := map[string]int{}
	for _, m := range f.Messages("C0PUBLIC1") {
		count[m["text"].(string)]++
	}
	if count["only once, see https://a.example"] != 1 || count["a second one"] != 1 || count["a third one"] != 0 {
		t.Errorf("sent: %v", count)
	}
}

func TestOwnMessagesOnly(t *testing.T) {
	f, c := unasked(t, writable())
	others := args{"channel_id": "C0PUBLIC1", "message_ts": "1795000000.000100", "text": "x"}
	check(t, c, "message_update", others, true, []string{"somebody else"}, nil)
	delete(others, "text")
	check(t, c, "message_delete", others, true, []string{"somebody else"}, nil)
	check(t, c, "message_delete", args{"channel_id": "C0PUBLIC1", "message_ts": "1795000000.000999"}, true, []string{"not found"}, nil)
	if n := len(f.Calls("chat.update", "chat.delete")); n > 0 {
		t.Error("something was changed")
	}
	check(t, c, "message_update", args{"channel_id": "https://fake.slack.com/archives/C0PUBLIC1/p1795000300000100", "text": "changed"}, false, []string{"changed: "}, nil)
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1"}, false, []string{"The Bot: changed\n^ edited"}, nil)
	check(t, c, "message_delete", args{"channel_id": "C0PUBLIC1", "message_ts": "1795000300.000100"}, false, nil, nil)
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1"}, false, nil, []string{"The Bot"})
}

func TestOtherWrites(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/report.txt", []byte("numbers"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := writable("kind:public", "kind:im")
	config.UploadRoot = dir
	f, c := unasked(t, config)
	message := args{"channel_id": "C0PUBLIC1", "timestamp": "1795000000.000100", "emoji": ":tada:"}
	for range 2 {
		check(t, c, "reactions_add", message, false, nil, nil)
	}
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1"}, false, []string{":tada: The Bot"}, nil)
	check(t, c, "reactions_remove", message, false, nil, nil)
	check(t, c, "reactions_add", args{"channel_id": "C0PUBLIC1", "timestamp": "1795000000.000100", "emoji": "<x>"}, true, nil, nil)
	at := time.Now().Add(2 * time.Hour).UTC().Format(time.RFC3339)
	check(t, c, "message_schedule", args{"channel_id": "C0PUBLIC1", "text": "later", "post_at": at}, false, []string{"scheduled for " + at}, nil)
	list := check(t, c, "message_schedule", args{"channel_id": "C0PUBLIC1", "action": "list"}, false, []string{"later"}, nil)
	id, _, _ := strings.Cut(list, " ")
	check(t, c, "message_schedule", args{"channel_id": "C0PUBLIC1", "action": "cancel", "id": id}, false, []string{"cancelled"}, nil)
	check(t, c, "message_schedule", args{"channel_id": "C0PUBLIC1", "text": "later", "post_at": "2020-01-01T00:00:00Z"}, true, []string{"120 days"}, nil)
	check(t, c, "conversations_open", args{"users": []string{"U0PERSON2"}}, false, []string{"open: D0FAKE"}, nil)
	check(t, c, "conversations_open", args{"users": []string{"U0PERSON2", "U0PERSON1"}}, true, []string{"kind:mpim"}, nil)
	check(t, c, "conversations_mark", args{"channel_id": "C0PUBLIC1"}, false, []string{"1795000300.000100"}, nil)
	check(t, c, "file_upload", args{"channel_id": "C0PUBLIC1", "filename": "a.md", "content": "# a", "initial_comment": "here"}, false, []string{"shared: file F0FAKE"}, nil)
	check(t, c, "file_upload", args{"channel_id": "C0PUBLIC1", "path": "report.txt"}, false, []string{"shared: "}, nil)
	check(t, c, "file_upload", args{"channel_id": "C0PUBLIC1", "path": "../etc/passwd"}, true, []string{"--upload-root"}, nil)
	check(t, c, "file_upload", args{"channel_id": "C0PUBLIC1", "path": "/etc/passwd"}, true, []string{"--upload-root"}, nil)
	check(t, c, "file_upload", args{"channel_id": "C0PUBLIC1", "filename": "a", "content": "b", "initial_comment": "https://evil.example"}, true, []string{"links"}, nil)
	var contents []string
	f.Do(func() {
		for _, raw := range f.Contents {
			contents = append(contents, string(raw))
		}
	})
	if len(contents) != 2 || strings.Join(contents, " ") != "# a numbers" && strings.Join(contents, " ") != "numbers # a" {
		t.Errorf("shared %q", contents)
	}
	for _, m := range []string{"conversations.open", "chat.postMessage"} {
		for _, call := range f.Calls(m) {
			if call.Token != fake.BotToken {
				t.Errorf("%s with %s", m, call.Token)
			}
		}
	}
}

// With both tokens the user reads and the bot writes.
func TestBothTokens(t *testing.T) {
	f, c := unasked(t, writable(), fake.BotToken, fake.UserToken)
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC2"}, false, []string{"snacks"}, nil)
	check(t, c, "conversations_add_message", args{"channel_id": "C0PUBLIC1", "text": "hello"}, false, nil, nil)
	for method, token := range map[string]string{"conversations.history": fake.UserToken, "chat.postMessage": fake.BotToken} {
		if calls := f.Calls(method); len(calls) != 1 || calls[0].Token != token {
			t.Errorf("%s: %v", method, calls)
		}
	}
}

// The sample workspace takes what is written, and shows it.
func TestDemoWrites(t *testing.T) {
	s := newServer(t, slack.Config{Demo: true, AllowWrite: true, WriteAllow: []string{"name:general"}})
	s.Options.Policy.Confirm = mcpcore.ConfirmNever
	c := mcptest.Connect(t, s, mcptest.Options{})
	text := check(t, c, "conversations_add_message", args{"channel_id": "#general", "text": "a word from the bot"}, false, nil, nil)
	ts := regexp.MustCompile(`\d+\.\d{6}`).FindString(text)
	check(t, c, "conversations_history", args{"channel_id": "#general", "limit": 1}, false, []string{"Toolbelt: a word from the bot"}, nil)
	check(t, c, "conversations_search_messages", args{"search_query": "word bot"}, false, []string{"a word from the bot"}, nil)
	check(t, c, "conversations_add_message", args{"channel_id": "#general", "thread_ts": ts, "text": "a reply"}, false, nil, nil)
	check(t, c, "conversations_replies", args{"channel_id": "#general", "thread_ts": ts}, false, []string{"a reply"}, nil)
	check(t, c, "message_update", args{"channel_id": "#general", "message_ts": ts, "text": "another word"}, false, nil, nil)
	check(t, c, "reactions_add", args{"channel_id": "#general", "timestamp": ts, "emoji": "eyes"}, false, nil, nil)
	check(t, c, "conversations_history", args{"channel_id": "#general", "limit": 1}, false, []string{"another word\n^ edited; thread: 1 reply; :eyes: Toolbelt"}, nil)
	check(t, c, "message_delete", args{"channel_id": "#general", "message_ts": ts}, false, nil, nil)
	check(t, c, "conversations_add_message", args{"channel_id": "#engineering", "text": "x"}, true, []string{"--write-allow"}, nil)
}
