package slack

import (
	"encoding/json"
	"fmt"
	"testing"

	vendor "github.com/slack-go/slack"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// historyPage is a page of conversations.history of 200 messages and 160 kB.
func historyPage(tb testing.TB) []byte {
	var messages []any
	for i := range 200 {
		text := fake.Sentence(i, 18) + " <@U0PERSON1> see <https://example.com/a|the page> &amp; more"
		messages = append(messages, map[string]any{
			"type": "message", "user": fmt.Sprintf("U0PERSON%d", i%9), "ts": fmt.Sprintf("1795%06d.000100", i), "text": text, "team": "T0FAKE001", "client_msg_id": "00000000-0000-0000-0000-000000000000",
			"reactions": []any{map[string]any{"name": "tada", "count": 2, "users": []string{"U0PERSON1", "U0PERSON2"}}},
			"blocks": []any{map[string]any{"type": "rich_text", "block_id": "abcd", "elements": []any{map[string]any{"type": "rich_text_section", "elements": []any{
				map[string]any{"type": "text", "text": text}, map[string]any{"type": "user", "user_id": "U0PERSON1"}, map[string]any{"type": "link", "url": "https://example.com/a", "text": "the page"},
			}}}}},
		})
	}
	raw, err := json.Marshal(map[string]any{"ok": true, "messages": messages, "has_more": true, "response_metadata": map[string]any{"next_cursor": "abc"}})
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// BenchmarkPage decodes a page and writes it for the model.
func BenchmarkPage(b *testing.B) {
	raw := historyPage(b)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		checked, err := wire.Check(raw)
		if err != nil {
			b.Fatal(err)
		}
		got := wire.ReadPage(checked)
		p := &page{messages: got.Items, next: got.Next, names: &guard.Names{}}
		if len(p.messages) != 200 || p.write("compact") == "" {
			b.Fatal("the page is not whole")
		}
	}
}

// BenchmarkPageVendor decodes the same page into slack-go's types, and writes
// nothing.
func BenchmarkPageVendor(b *testing.B) {
	raw := historyPage(b)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		var out vendor.GetConversationHistoryResponse
		if err := json.Unmarshal(raw, &out); err != nil || len(out.Messages) != 200 {
			b.Fatal(err)
		}
	}
}
