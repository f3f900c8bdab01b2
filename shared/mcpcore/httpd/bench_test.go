package httpd_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// echoSite is a server with one quick tool.
func echoSite(b *testing.B) (url string, client *http.Client) {
	b.Helper()
	type in struct {
		Text string `json:"text"`
	}
	echo := mcpcore.Read("echo", "Say it again.", func(_ context.Context, in in) (string, error) { return in.Text, nil })
	handler := mcpcore.New(mcpcore.Info{Name: "bench", Version: "1"}, echo).Handler(mcpcore.HTTPOptions{})
	web := httptest.NewServer(handler)
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	b.Cleanup(func() {
		transport.CloseIdleConnections()
		handler.Drain()
		web.Close()
	})
	return web.URL + "/mcp", &http.Client{Transport: transport}
}

func post(b *testing.B, client *http.Client, url, body string, headers ...string) *http.Response {
	r, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	set(r, append([]string{"Accept", "application/json, text/event-stream", "Content-Type", "application/json"}, headers...)...)
	res, err := client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != 200 {
		b.Fatal(res.StatusCode, err)
	}
	res.Body.Close()
	return res
}

// BenchmarkEcho is one call of a tool, in each era, one after the other and
// side by side.
func BenchmarkEcho(b *testing.B) {
	body, headers := modernCall(1, "tools/call", `"name":"echo","arguments":{"text":"hello"}`)
	plain := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}`
	for _, era := range []string{"stateless", "session"} {
		b.Run(era, func(b *testing.B) {
			url, client := echoSite(b)
			text, with := body, headers
			if era == "session" {
				res := post(b, client, url, initializeJSON("2025-11-25"))
				text, with = plain, []string{"Mcp-Session-Id", res.Header.Get("Mcp-Session-Id")}
			}
			b.ReportAllocs()
			for b.Loop() {
				post(b, client, url, text, with...)
			}
		})
	}
	b.Run("side by side", func(b *testing.B) {
		url, client := echoSite(b)
		b.SetParallelism(8)
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				post(b, client, url, body, headers...)
			}
		})
	})
	b.Run("floor", func(b *testing.B) { // what the HTTP of client and server take by themselves
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // is small
			_, _ = w.Write([]byte(`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"hello"}]}}`))
		}))
		defer web.Close()
		b.ReportAllocs()
		for b.Loop() {
			post(b, web.Client(), web.URL, body, headers...)
		}
	})
}
