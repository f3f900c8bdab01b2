package wire_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// Every field that Slack's answers are known to have, with the types they are
// known to have, costs nothing of the page. See testdata/shapes/README.
func TestShapes(t *testing.T) {
	files, err := filepath.Glob("testdata/shapes/*.json")
	if err != nil || len(files) < 15 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		checked, err := wire.Check(raw)
		if err != nil {
			t.Fatal(name, err)
		}
		var loose map[string]any
		if err := json.Unmarshal(raw, &loose); err != nil {
			t.Fatal(name, err)
		}
		page := wire.ReadPage(checked)
		if messages, _ := loose["messages"].([]any); len(messages) > 0 && (len(page.Items) != len(messages) || page.Items[0].Text == "" && page.Items[0].TS != "0000000000.000000" && page.Items[0].TS != "") {
			t.Errorf("%s: %d messages of %d: %+v", name, len(page.Items), len(messages), page.Items)
		}
		wire.ReadChannel(wire.Field(checked, "channel"))
		wire.ReadUser(wire.Field(checked, "user"))
		wire.ReadFile(wire.Field(checked, "file"))
		wire.ReadGroup(wire.Field(checked, "usergroups"))
	}
}

// What is odd costs itself, and not the message, nor the page.
func TestOdd(t *testing.T) {
	const rest = `,{"type":"message","ts":"2.000002","user":"U1","text":"the next"}`
	for _, odd := range []string{
		`{"ts":"1.000001","text":"kept","blocks":[{"type":"actions","elements":[{"type":"hologram","value":{"a":1}}]}]}`,
		`{"ts":"1.000001","text":"kept","blocks":[{"type":"context","elements":[{"type":"hologram"}]}]}`,
		`{"ts":"1.000001","text":"kept","blocks":[{"type":"input","element":{"type":"hologram"},"label":7}]}`,
		`{"ts":"1.000001","text":"kept","blocks":[{"type":"table","rows":[[{"type":"hologram"}]]}]}`,
		`{"ts":"1.000001","text":"kept","blocks":{"type":"section"}}`,
		`{"ts":"1.000001","text":"kept","files":[{"id":"F1","size":"12","created":"1700000000","shares":[]}]}`,
		`{"ts":"1.000001","text":"kept","reactions":[{"name":"tada","count":"3","users":null}]}`,
		`{"ts":"1.000001","text":"kept","attachments":[{"id":"1","ts":1700000000.5,"fields":{"a":"b"},"color":7}]}`,
		`{"ts":1.000001,"text":"kept","metadata":["x"],"edited":true,"reply_count":"2"}`,
		`{"ts":"1.000001","text":"kept","bot_profile":"x","icons":[1],"room":{"a":null},"user":null}`,
		`{"ts":"1.000001","text":"kept","thread_ts":false,"latest_reply":{},"pinned_to":"C1"}`,
		`{"ts":"1.000001","text":null,"blocks":[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"kept"},{"type":"hologram","text":7},{"type":"emoji"}]}]}]}`,
		`{"ts":"1.000001","text":"","attachments":[{"fallback":"kept"}]}`,
		`{"ts":"1.000001","text":"","blocks":[{"type":"hologram","title":{"type":"plain_text","text":"kept"}}]}`,
		`{"ts":"1.000001","text":"kept \ud800","subtype":7}`,
		`{"ts":"1.000001","text":"kept","text":"kept"}`,
	} {
		raw, err := wire.Check([]byte(`{"messages":[` + odd + rest + `],"has_more":true,"response_metadata":{"next_cursor":"x"},"ok":true}`))
		if err != nil {
			t.Errorf("%s: %v", odd, err)
			continue
		}
		page := wire.ReadPage(raw)
		if len(page.Items) != 2 || !strings.Contains(page.Items[0].Text, "kept") || page.Items[1].Text != "the next" || page.Next != "x" {
			t.Errorf("%s: got %+v", odd, page)
		}
	}
	if _, err := wire.Check([]byte("{\"messages\":[{\"ts\":\"1.1\",\"text\":\"kept \xff\"}]}")); err != nil {
		t.Errorf("broken UTF-8 costs the page: %v", err)
	}
}

func TestText(t *testing.T) {
	for raw, want := range map[string]string{
		`{"text":"","blocks":[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"bullet","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a<b"}]},{"type":"rich_text_section","elements":[{"type":"user","user_id":"U1"}]}]}]}]}`:                        "• a&lt;b\n• <@U1>",
		`{"text":"see","attachments":[{"title":"T","title_link":"https://x.example","text":"more","fields":[{"title":"a","value":"b"}],"fallback":"no"}]}`:                                                                                                                                        "see\n<https://x.example|T>\nmore\na: b",
		`{"blocks":[{"type":"header","text":{"type":"plain_text","text":"H"}},{"type":"section","text":{"type":"mrkdwn","text":"*b*"},"fields":[{"type":"mrkdwn","text":"f"}]},{"type":"divider"},{"type":"context","elements":[{"type":"image","alt_text":"i"},{"type":"mrkdwn","text":"c"}]}]}`: "H\n*b*\nf\n[image: i]\nc",
	} {
		if got := wire.ReadMessage([]byte(raw)).Text; got != want {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
}

func TestChannelKinds(t *testing.T) {
	for raw, want := range map[string]string{
		`{"id":"C1","is_private":false}`:                                                "public",
		`{"id":"C1","is_private":true}`:                                                 "private",
		`{"id":"C1"}`:                                                                   "private", // as nothing says that it is public
		`{"id":"C1","is_private":"no"}`:                                                 "private",
		`{"id":"G1","is_private":false}`:                                                "private",
		`{"id":"D1","is_private":false}`:                                                "im",
		`{"id":"C1","is_private":false,"is_mpim":true}`:                                 "mpim",
		`{"id":"C1","is_private":false,"is_ext_shared":true}`:                           "public external",
		`{"id":"C1","is_private":false,"is_org_shared":1}`:                              "public external",
		`{"id":"C1","is_private":false,"is_archived":"true"}`:                           "public archived",
		`{"id":"C1","is_private":false,"is_pending_ext_shared":true,"is_general":true}`: "public external general",
	} {
		c := wire.ReadChannel([]byte(raw))
		if got := strings.Join(c.Kinds(), " "); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"messages":[{"ts":"1.1","blocks":[{"elements":[{"elements":[]}]}]}]}`))
	f.Add([]byte(`{"messages":[[],{"files":[{"shares":{"public":{"C1":[]}}}]}]}`))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		raw, err := wire.Check(raw)
		if err != nil {
			return
		}
		wire.ReadPage(raw)
		wire.ReadChannel(raw)
		wire.ReadUser(raw)
		wire.ReadFile(raw)
		wire.ReadGroup(raw)
		wire.BlocksText(raw)
	})
}
