package slack_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// everything has every kind of conversation open to reading.
var everything = slack.Config{ReadAllow: []string{"kind:public", "kind:private", "kind:im", "kind:mpim"}}

// No call is made before a tool needs one.
func TestSilentStart(t *testing.T) {
	f, c := faked(t, slack.Config{})
	c.Tools()
	if calls := f.Calls(); len(calls) > 0 {
		t.Errorf("Slack was asked before anybody wanted to know: %v", calls)
	}
}

func TestReads(t *testing.T) {
	_, c := faked(t, slack.Config{})
	check(t, c, "channels_list", args{}, false, []string{"#general C0PUBLIC1", "#partner C0EXTERN1 [external]"}, []string{"secret", "#old"})
	check(t, c, "conversations_history", args{"channel_id": "#general"}, false,
		[]string{"Ada Okafor: hello @Lin Berg, the launch is in #random", "^ thread: 1 reply", "The Bot: mine"}, []string{"first reply", "U0PERSON"})
	check(t, c, "conversations_replies", args{"channel_id": "C0PUBLIC1", "thread_ts": "1795000100.000100"}, false, []string{"first reply about the launch", "2 messages"}, nil)
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC2"}, true, []string{"not_in_channel", "invite"}, nil)
	check(t, c, "channel_info", args{"channel_id": "#partner"}, false, []string{"shared with another organisation", "members: 4", "Ada Okafor U0PERSON1"}, nil)
	check(t, c, "users_search", args{"query": "berg"}, false, []string{"U0PERSON2 @lin Lin Berg, at work"}, []string{"Ada", "example"})
	check(t, c, "users_search", args{"email": "ada@fake.example"}, false, []string{"U0PERSON1"}, []string{"example"})
	check(t, c, "users_search", args{"email": "nobody@fake.example"}, false, []string{"no users"}, nil)
	check(t, c, "users_search", args{"user_id": "U0PERSON1"}, false, []string{"@ada"}, nil)
	check(t, c, "usergroups_list", args{"include_users": true}, false, []string{"@ops S0GROUP01", "Ada Okafor"}, nil)
	check(t, c, "pins_bookmarks", args{"channel_id": "#general"}, false, []string{"nothing is pinned"}, nil)
	check(t, c, "conversations_history", args{"channel_id": "nowhere"}, true, []string{"hint: channels_list"}, nil)
	check(t, c, "conversations_replies", args{"channel_id": "C0PUBLIC1"}, true, []string{"hint: send thread_ts"}, nil)
	check(t, c, "conversations_history", args{"channel_id": "#general", "limit": "soon"}, true, []string{"30d"}, nil)
}

// A private channel, a direct message and what is in them come out nowhere.
func TestNothingPrivate(t *testing.T) {
	for _, token := range []string{fake.BotToken, fake.UserToken} {
		f, c := faked(t, slack.Config{}, token)
		f.Channels[0].Pins = []map[string]any{{"type": "file", "file": map[string]any{"id": "F0SECRET1", "name": "plan.txt"}}}
		f.Files = []map[string]any{{"id": "F0SECRET1", "name": "plan.txt", "groups": []string{"G0PRIVAT1"}, "user": "U0PERSON1", "url_private": f.FileURL("F0SECRET1")}}
		f.Contents["F0SECRET1"] = []byte("the launch is cancelled")
		f.Canvases["F0SECRET1"] = "the launch is cancelled"
		secrets := []string{"cancelled", "gossip", "secret-plans"}
		for _, q := range []struct {
			tool  string
			args  args
			fails bool
		}{
			{"conversations_history", args{"channel_id": "G0PRIVAT1"}, true},
			{"conversations_history", args{"channel_id": "D0DIRECT1"}, true},
			{"conversations_history", args{"channel_id": "G0MPIM001"}, true},
			{"conversations_history", args{"channel_id": "U0PERSON1"}, true},
			{"conversations_replies", args{"channel_id": "https://fake.slack.com/archives/G0PRIVAT1/p1795000500000100"}, true},
			{"conversations_search_messages", args{"search_query": "https://fake.slack.com/archives/G0PRIVAT1/p1795000500000100"}, true},
			{"conversations_search_messages", args{"search_query": "launch", "filter_in_channel": "G0PRIVAT1"}, true},
			{"conversations_search_messages", args{"search_query": "launch"}, false},
			{"channels_list", args{"channel_types": []string{"public", "private", "im", "mpim"}}, false},
			{"channel_info", args{"channel_id": "G0PRIVAT1"}, true},
			{"pins_bookmarks", args{"channel_id": "G0PRIVAT1"}, true},
			{"files_search", args{"query": "plan"}, false},
			{"attachment_get_data", args{"file_id": "F0SECRET1"}, true},
			{"canvas_read", args{"canvas_id": "F0SECRET1"}, true},
		} {
			check(t, c, q.tool, q.args, q.fails, nil, secrets)
		}
		if len(f.Calls("download")) > 0 {
			t.Error("a file of a private channel was fetched")
		}
	}
}

// A rule counts for what a channel is now, and not for what it was.
func TestFreshRules(t *testing.T) {
	f, c := faked(t, slack.Config{}, fake.UserToken)
	check(t, c, "conversations_search_messages", args{"search_query": "launch"}, false, []string{"#general", "[withheld by the rules: 2 messages]"}, nil)
	f.Do(func() { f.Channels[0].Info["is_private"] = true })
	check(t, c, "channel_info", args{"channel_id": "C0PUBLIC1"}, true, []string{"private"}, nil)
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1"}, true, []string{"private"}, nil)
	// What cannot be looked up is not shown.
	f.Fail("conversations.info", 100, "internal_error")
	_, c2 := f, mcptest.Connect(t, serverOn(t, f, slack.Config{}, fake.UserToken), mcptest.Options{})
	check(t, c2, "conversations_search_messages", args{"search_query": "launch"}, false, []string{"0 messages"}, []string{"first reply"})
}

func TestSearchForBots(t *testing.T) {
	_, c := faked(t, slack.Config{})
	check(t, c, "conversations_search_messages", args{"search_query": "launch from:@ada"}, false, []string{"#partner", "#general", "not for bots"}, []string{"cancelled", "noted"})
	_, c = faked(t, everything)
	check(t, c, "conversations_search_messages", args{"search_query": "launch", "filter_in_channel": "#secret-plans"}, false, []string{"cancelled"}, nil)
}

func TestSearchForUsers(t *testing.T) {
	f, c := faked(t, slack.Config{}, fake.UserToken, fake.BotToken)
	check(t, c, "conversations_search_messages", args{"search_query": "launch from:@lin in:#general after:2026-01-02 is:thread"}, false, []string{"Lin Berg: launch thread"}, nil)
	calls := f.Calls("search.messages")
	if want := "launch in:general from:<@U0PERSON2> after:2026-01-02 is:thread"; len(calls) != 1 || calls[0].Args.Get("query") != want || calls[0].Token != fake.UserToken {
		t.Errorf("got %v, want the query %q by the user", calls, want)
	}
}

func TestUnreads(t *testing.T) {
	f, c := faked(t, everything, fake.UserToken)
	f.Channels[0].Info["last_read"] = "1795000100.000100"
	f.Channels[1].Info["last_read"] = "1795000400.000100"
	check(t, c, "conversations_unreads", args{}, false, []string{"#general C0PUBLIC1: 1 unread message"}, []string{"random"})
	check(t, c, "conversations_unreads", args{"include_messages": true}, false, []string{"launch noted"}, nil)
	_, c = faked(t, everything)
	check(t, c, "conversations_unreads", args{}, true, []string{"SLACK_USER_TOKEN"}, nil)
}

// A thread with names takes three calls at first, and one after that.
func TestFewCalls(t *testing.T) {
	f, c := faked(t, slack.Config{})
	for i := range 48 {
		f.Say("C0PUBLIC1", fmt.Sprintf("1795001%03d.000100", i), fmt.Sprintf("U0PERSON%d", i%3+1), strings.Repeat("word ", 30), "thread_ts", "1795000100.000100")
	}
	text := check(t, c, "conversations_replies", args{"channel_id": "C0PUBLIC1", "thread_ts": "1795000100.000100"}, false, []string{"50 messages", "Sam Ito: word"}, []string{"U0PERSON"})
	if calls := f.Calls(); len(calls) > 3 {
		t.Errorf("%d calls at first, want at most 3: %v", len(calls), calls)
	}
	size := 0
	for _, m := range f.Messages("C0PUBLIC1") {
		if m["thread_ts"] == "1795000100.000100" {
			size += len(m["text"].(string))
		}
	}
	if len(text)*10 > size*13 {
		t.Errorf("%d bytes for %d bytes of text, want at most 1.3 times as many", len(text), size)
	}
	f.Forget()
	c.Call("conversations_replies", args{"channel_id": "C0PUBLIC1", "thread_ts": "1795000100.000100"})
	if calls := f.Calls(); len(calls) != 1 {
		t.Errorf("%d calls the second time, want 1: %v", len(calls), calls)
	}
}

// Where users.info takes one id, that is found out once.
func TestNoBatches(t *testing.T) {
	f, c := faked(t, slack.Config{})
	f.NoBatch = true
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1"}, false, []string{"Ada Okafor", "Lin Berg", "The Bot"}, nil)
	if calls := f.Calls("users.info"); len(calls) != 4 {
		t.Errorf("%d calls, want one for all and three for each: %v", len(calls), calls)
	}
}

// What Slack says of limits is obeyed, and an answer comes all the same.
func TestLimits(t *testing.T) {
	f, c := faked(t, slack.Config{})
	f.Limit("conversations.history", 1, "1")
	began := time.Now()
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1"}, false, []string{"mine: launch noted"}, nil)
	if time.Since(began) < time.Second {
		t.Error("the second call came before Slack wanted it")
	}
	f.Limit("conversations.history", 1, "600")
	began = time.Now()
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1"}, true, []string{"may be asked again in"}, nil)
	f.Forget()
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1"}, true, []string{"may be asked again in"}, nil)
	if len(f.Calls("conversations.history")) > 0 || time.Since(began) > 5*time.Second {
		t.Error("a method that may not be asked was asked, or waited for")
	}
}

// An app that may ask once a minute gets what was fetched before.
func TestOnceAMinute(t *testing.T) {
	f, c := faked(t, slack.Config{})
	for i := range 450 {
		f.Say("C0PUBLIC1", fmt.Sprintf("1795001%03d.000100", i), "U0PERSON1", "many")
	}
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1", "limit": 400}, false, []string{"400 messages"}, nil)
	f.OnlyFirst("conversations.history", "60")
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1", "limit": 400}, false, []string{"200 messages", "[not all: ", "[more: cursor "}, nil)
}

func TestFaults(t *testing.T) {
	f, c := faked(t, slack.Config{})
	f.Break("conversations.history", 1, 503)
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1"}, false, []string{"launch noted"}, nil)
	f.Break("conversations.history", 2, 500)
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1"}, true, []string{"status 500"}, nil)
	f.Answer("conversations.history", 1, "<html>")
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1"}, true, []string{"JSON"}, []string{"xoxb"})
	f.Scopes = map[string]bool{"users:read": true}
	check(t, c, "conversations_history", args{"channel_id": "C0PUBLIC1"}, true, []string{"channels:history", "doctor"}, nil)
}

// A call that is cancelled ends soon.
func TestCancel(t *testing.T) {
	f, c := faked(t, slack.Config{})
	f.Hang("conversations.history", 1)
	p := c.Start("tools/call", map[string]any{"name": "conversations_history", "arguments": args{"channel_id": "C0PUBLIC1"}})
	waitFor(t, func() bool { return len(f.Calls("conversations.history")) == 1 })
	ctx, done := context.WithTimeout(t.Context(), 5*time.Second)
	defer done()
	began := time.Now()
	c.Cancel(p)
	c.Close() // waits for the call
	if ctx.Err() != nil || time.Since(began) > 2*time.Second {
		t.Errorf("the call went on for %s", time.Since(began))
	}
}

// waitFor waits until something is so.
func waitFor(t testing.TB, is func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(10 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("it did not happen")
		}
	}
}

// A directory that Slack lets be read slowly is searched as far as it is read.
func TestPartialDirectory(t *testing.T) {
	f, c := faked(t, slack.Config{})
	for i := range 600 {
		f.AddUser(fmt.Sprintf("U1%07d", i), fmt.Sprintf("many%d", i), fmt.Sprintf("Many %d", i))
	}
	f.OnlyFirst("users.list", "300")
	check(t, c, "users_search", args{"query": "many", "limit": 3}, false, []string{"@many0", "[the directory is still being read: 500 users so far", "[more: cursor 3]"}, nil)
	check(t, c, "users_search", args{"query": "many 599"}, false, []string{"no users", "still being read"}, nil)
}
