package httpd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// FuzzPost posts anything: what comes back is a status that can be and a
// message of JSON-RPC, or nothing at all.
func FuzzPost(f *testing.F) {
	body, _ := modernCall(1, "tools/call", `"name":"echo","arguments":{"text":"x","region":"eu"}`)
	for _, seed := range [][4]string{
		{body, modern, "tools/call", "echo"},
		{body, modern, "=?base64?ZWNobw==?=", "=?base64?ZWNobw==?="},
		{initializeJSON("2025-11-25"), "", "", ""},
		{callJSON(1, "echo"), "2025-11-25", "tools/call", "echo"},
		{"[" + callJSON(1, "echo") + "]", "2025-03-26", "", ""},
		{`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen"}`, modern, "subscriptions/listen", ""},
	} {
		f.Add([]byte(seed[0]), seed[1], seed[2], seed[3])
	}
	s := mcpcore.New(mcpcore.Info{Name: "fuzz", Version: "1"},
		mcpcore.Read("echo", "Say it again.", func(_ context.Context, in textIn) (string, error) { return in.Text, nil }))
	handler := s.Handler(mcpcore.HTTPOptions{MaxSessions: 10})
	f.Cleanup(handler.Drain)
	good := map[int]bool{200: true, 202: true, 400: true, 404: true, 406: true, 413: true, 415: true}
	f.Fuzz(func(t *testing.T, body []byte, version, method, name string) {
		var m struct{ Method string }
		if _ = json.Unmarshal(body, &m); m.Method == "subscriptions/listen" {
			return // would go on
		}
		r := httptest.NewRequest("POST", "/mcp", bytes.NewReader(body))
		r.Host = "localhost"
		set(r, "Content-Type", "application/json", "Mcp-Protocol-Version", version, "Mcp-Method", method, "Mcp-Name", name, "Mcp-Param-Region", name)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if !good[w.Code] || (w.Body.Len() > 0 && !json.Valid(w.Body.Bytes())) || (w.Body.Len() == 0) != (w.Code == 202) {
			t.Errorf("%d %q", w.Code, w.Body)
		}
	})
}
