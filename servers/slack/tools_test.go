package slack_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/slack"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

type args map[string]any

func TestSuite(t *testing.T) {
	mcptest.Suite(t, func() *mcpcore.Server { return newServer(t, slack.Config{Demo: true}) }, mcptest.Limits{ToolsList: 10_000})
}

func TestShown(t *testing.T) {
	mcptest.Snapshot(t, newServer(t, slack.Config{}), "testdata/tools")
}

func TestNothingSet(t *testing.T) {
	c := mcptest.Connect(t, newServer(t, slack.Config{}), mcptest.Options{})
	for _, tool := range c.Tools() {
		if tool.Name != "channels_list" {
			continue
		}
		if got := c.Call(tool.Name, args{}); !got.IsError || !strings.Contains(got.Text(), "SLACK_BOT_TOKEN") {
			t.Errorf("%s: got %s, want an error that says what to set", tool.Name, got.Text())
		}
	}
}

func TestDemoReads(t *testing.T) {
	c := demo(t, slack.Config{})
	for _, q := range []struct {
		tool string
		args args
		want []string
		not  []string
	}{
		{"channels_list", args{}, []string{"#engineering C00ENG001", "[withheld"}, []string{"leadership", "spring-planning"}},
		{"channels_list", args{"member_only": true}, []string{"#general"}, []string{"#random"}},
		{"channels_list", args{"query": "deploy"}, []string{"#engineering"}, []string{"#general"}},
		{"conversations_history", args{"channel_id": "#general"}, []string{"Maya Cruz: Spring release is out. Thank you @Lin Berg and @Noor Haddad!", "^ :rocket: Ada Okafor, Sam Ito, Lin Berg"}, []string{"recording"}},
		{"conversations_history", args{"channel": "C00INC001", "limit": "1w"}, []string{"thread: 5 replies"}, nil},
		{"conversations_history", args{"channel_id": "#support", "limit": 1}, []string{"A customer pasted", "\n  09:00 1700000000.000100 Ada Okafor: approved", "[more: cursor "}, []string{"\n09:00", "CSV"}},
	} {
		got := c.Call(q.tool, q.args)
		if got.IsError {
			t.Errorf("%s %v: %s", q.tool, q.args, got.Text())
		}
		for _, want := range q.want {
			if want == "[withheld" {
				continue
			}
			if !strings.Contains(got.Text(), want) {
				t.Errorf("%s %v: got\n%s\nwant %q in it", q.tool, q.args, got.Text(), want)
			}
		}
		for _, not := range q.not {
			if strings.Contains(got.Text(), not) {
				t.Errorf("%s %v: got\n%s\nwith %q in it", q.tool, q.args, got.Text(), not)
			}
		}
	}
}

// A thread is found by its timestamp, by a permalink of it, and of a reply.
func TestDemoThread(t *testing.T) {
	c := demo(t, slack.Config{})
	history := c.Call("conversations_history", args{"channel_id": "#incidents"}).Text()
	ts := regexp.MustCompile(`\d{10}\.\d{6}`).FindString(history)
	link := "https://tidewater-demo.slack.com/archives/C00INC001/p" + strings.Replace(ts, ".", "", 1)
	for _, q := range []args{
		{"channel_id": "C00INC001", "thread_ts": ts},
		{"channel_id": "#incidents", "message_ts": strings.Replace(ts, ".", "", 1)},
		{"channel_id": link},
		{"channel_id": link[:len(link)-1] + "9?thread_ts=" + ts + "&cid=C00INC001"},
	} {
		got := c.Call("conversations_replies", q)
		if got.IsError || !strings.Contains(got.Text(), "6 messages") || !strings.Contains(got.Text(), "@Lin Berg") {
			t.Errorf("%v: got\n%s", q, got.Text())
		}
	}
	first := c.Call("conversations_replies", args{"channel_id": "C00INC001", "thread_ts": ts, "limit": 2}).Text()
	cursor := regexp.MustCompile(`cursor (\S+)\]`).FindStringSubmatch(first)
	if cursor == nil {
		t.Fatalf("no cursor in\n%s", first)
	}
	rest := c.Call("conversations_replies", args{"channel_id": "C00INC001", "thread_ts": ts, "cursor": cursor[1]}).Text()
	if !strings.Contains(rest, "4 messages") {
		t.Errorf("got\n%s\nwant the other 4 messages", rest)
	}
}

// What the rules do not open is not read, by whatever name.
func TestDemoRefusals(t *testing.T) {
	for _, q := range []struct {
		config  slack.Config
		channel string
		refused bool
	}{
		{slack.Config{}, "#leadership", true},
		{slack.Config{}, "G00LEAD01", true},
		{slack.Config{}, "https://tidewater-demo.slack.com/archives/G00LEAD01/p1700000000000100", true},
		{slack.Config{}, "D00ADA001", true},
		{slack.Config{}, "@ada", true},
		{slack.Config{}, "#random", false},
		{slack.Config{ReadAllow: []string{"kind:private"}}, "#leadership", false},
		{slack.Config{ReadAllow: []string{"kind:private"}}, "#general", true},
		{slack.Config{ReadAllow: []string{"name:*"}}, "#leadership", true},
		{slack.Config{ReadAllow: []string{"name:*"}}, "#random", false},
		{slack.Config{ReadAllow: []string{"name:lead*+kind:private"}}, "#leadership", false},
		{slack.Config{ReadAllow: []string{"id:G00LEAD01"}}, "#leadership", false},
		{slack.Config{ReadAllow: []string{"member:true"}}, "G00LEAD01", true},
		{slack.Config{ReadAllow: []string{"member:true"}}, "#random", true},
		{slack.Config{ReadAllow: []string{"kind:im"}}, "@ada", false},
		{slack.Config{ReadAllow: []string{"kind:public"}, ReadDeny: []string{"kind:external"}}, "#partner-harbor", true},
		{slack.Config{ReadAllow: []string{"id:C00GEN001"}, ReadDeny: []string{"name:general"}}, "C00GEN001", true},
	} {
		c := demo(t, q.config)
		got := c.Call("conversations_history", args{"channel_id": q.channel})
		if got.IsError != q.refused {
			t.Errorf("%v %v, %s: refused is %t, want %t: %s", q.config.ReadAllow, q.config.ReadDeny, q.channel, got.IsError, q.refused, got.Text())
		}
		if got.IsError && strings.Contains(got.Text(), "leadership") && strings.HasPrefix(q.channel, "G") {
			t.Errorf("the refusal of %s tells its name: %s", q.channel, got.Text())
		}
	}
	for _, rule := range []string{"eng", "name:", "kind:secret", "member:maybe", "id:C1+", "name:[", "kind:public+x:1"} {
		if _, err := slack.New(slack.Config{Demo: true, ReadAllow: []string{rule}}); err == nil {
			t.Errorf("the rule %q is taken", rule)
		}
	}
}
