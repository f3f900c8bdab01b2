package audit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/audit"
)

func TestArguments(t *testing.T) {
	for _, c := range []struct{ raw, redacted, full string }{
		{``, ``, ``},
		{`{}`, `{}`, `{}`},
		{`null`, `null`, `null`},
		{`{"path":"/a","dryRun":true,"n":12,"none":null}`, `{"path":"text:2","dryRun":true,"n":"number","none":null}`,
			`{"path":"/a","dryRun":true,"n":12,"none":null}`},
		{`{"edits":[{"oldText":"äöü"},{"oldText":""}]}`, `{"edits":[{"oldText":"text:3"},{"oldText":"text:0"}]}`,
			`{"edits":[{"oldText":"äöü"},{"oldText":""}]}`},
		{`{"password":"hunter2","apiKeys":[1],"api_key":["a",2],"url":"https://u:p@h/"}`,
			`{"password":"text:7","apiKeys":["number"],"api_key":["text:1","number"],"url":"text:14"}`,
			`{"password":"****","apiKeys":[1],"api_key":["****","****"],"url":"https://****@h/"}`},
		{`{"ghp_abcdefghijklmnop":1}`, `{"****":"number"}`, `{"****":1}`},
	} {
		if got := string(audit.Redacted([]byte(c.raw))); got != c.redacted {
			t.Errorf("%s: redacted to %s, want %s", c.raw, got, c.redacted)
		}
		if got := string(audit.Full([]byte(c.raw))); got != c.full {
			t.Errorf("%s: became %s, want %s", c.raw, got, c.full)
		}
	}
}

// Huge arguments make no huge lines, and a secret at a cut is still masked.
func TestBounds(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	many := "[" + strings.Repeat(`"`+long[:5000]+`",`, 500) + "1]"
	deep := strings.Repeat(`{"a":[`, 50) + strings.Repeat(`]}`, 50)
	for _, raw := range []string{`{"a":"` + long + `"}`, `{"a":` + many + `}`, deep, `{"` + long + `":1}`, `{"n":` + strings.Repeat("1", 1<<20) + `}`} {
		for _, got := range [][]byte{audit.Redacted([]byte(raw)), audit.Full([]byte(raw))} {
			if !json.Valid(got) || len(got) > 24<<10 {
				t.Errorf("%.40s… became %d bytes: %.80s…", raw, len(got), got)
			}
		}
	}
	token := "ghp_" + strings.Repeat("aB3", 12)
	for at := range 60 {
		if got := audit.Clip(strings.Repeat("x", at)+" "+token, 40); strings.Contains(got, token[:12]) {
			t.Errorf("at %d: %q", at, got)
		}
	}
	if got := audit.Clip("äöü", 3); got != "ä…" {
		t.Errorf("got %q", got)
	}
}

// Nothing that stands in a text gets through, whatever the arguments are.
func FuzzRedacted(f *testing.F) {
	f.Add(`{"a":"b"}`)
	f.Add(`[[["x"]],{"y":1}]`)
	f.Fuzz(func(t *testing.T, raw string) {
		if !json.Valid([]byte(raw)) {
			return
		}
		const private = "hunter2hunter2"
		holds, err := json.Marshal(map[string]any{"a": private, "b": []any{json.RawMessage(raw), private}})
		if err != nil {
			return
		}
		if got := audit.Redacted(holds); !json.Valid(got) || strings.Contains(string(got), private) {
			t.Errorf("%s became %s", holds, got)
		}
		if got := audit.Full(holds); !json.Valid(got) {
			t.Errorf("%s became %s", holds, got)
		}
	})
}
