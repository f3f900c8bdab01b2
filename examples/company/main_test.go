package main

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func server(t *testing.T) *mcpcore.Server {
	t.Helper()
	s, err := newServer(struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSuite(t *testing.T) {
	mcptest.Suite(t, func() *mcpcore.Server { return server(t) }, mcptest.Limits{})
}

func TestTools(t *testing.T) {
	for _, revision := range mcptest.Revisions() {
		c := mcptest.Connect(t, server(t), mcptest.Options{Revision: revision})
		for _, call := range []struct {
			tool   string
			args   map[string]any
			failed bool
			want   string
		}{
			{"get_customer_info", map[string]any{"customer": "ADA@example.com"}, false, `"id":"C-1001"`},
			{"get_customer_info", map[string]any{"customer": "C-9"}, true, "ask the user for the number"},
			{"search_knowledge_base", map[string]any{"query": "refund"}, false, "Refunds: within 30 days"},
			{"search_knowledge_base", map[string]any{"query": "unicorn"}, false, "no article"},
			{"search_knowledge_base", map[string]any{"query": "x"}, true, "at least 2"},
			{"create_support_ticket", map[string]any{"customer": "C-1001", "subject": "Login broken"}, false, "T-1 for C-1001: Login broken (normal)"},
			{"create_support_ticket", map[string]any{"customer": "C-1001", "subject": "Login broken", "priority": "urgent"}, false, "T-2 for C-1001: Login broken (urgent)"},
			{"create_support_ticket", map[string]any{"customer": "C-1001", "subject": "Login broken", "priority": "asap"}, true, `priority: "asap" is not one of low, normal, high, urgent`},
		} {
			got := c.Call(call.tool, call.args)
			if got.IsError != call.failed || !strings.Contains(got.Text(), call.want) {
				t.Errorf("%s: %s %v: got %q (failed: %t), want %q (failed: %t)", revision, call.tool, call.args, got.Text(), got.IsError, call.want, call.failed)
			}
		}
		tickets.Store(0)
		if got := c.Read("config://company/support-policies"); len(got) != 1 || !strings.Contains(got[0].Text, "within an hour") || got[0].MIMEType != "text/markdown" {
			t.Errorf("%s: the policies: got %+v", revision, got)
		}
		messages := c.GetPrompt("draft_reply", map[string]string{"customer": "C-1001", "subject": "Login broken"})
		if len(messages) != 1 || !strings.Contains(messages[0].Content.Text, "C-1001 about: Login broken") {
			t.Errorf("%s: the prompt: got %+v", revision, messages)
		}
		if got := c.Complete("draft_reply", "priority", "u", nil); len(got.Values) != 1 || got.Values[0] != "urgent" {
			t.Errorf("%s: completion: got %v", revision, got.Values)
		}
	}
}
