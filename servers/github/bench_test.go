package github_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// userHub answers with an account, as fast as it can.
func userHub(b *testing.B) *httptest.Server {
	body := []byte(`{"login":"ada","id":1,"type":"User","name":"Ada","public_repos":3,"created_at":"2026-03-02T09:00:00Z"}`)
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	}))
	b.Cleanup(hub.Close)
	return hub
}

// BenchmarkRawGet is the floor: the request alone.
func BenchmarkRawGet(b *testing.B) {
	hub := userHub(b)
	for b.Loop() {
		resp, err := http.Get(hub.URL + "/user")
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

// BenchmarkGetMe is a call of a tool that makes this request.
func BenchmarkGetMe(b *testing.B) {
	hub := userHub(b)
	s := newServer(b, github.Config{APIURL: hub.URL, Token: mcpcore.NewSecret(token)})
	c := mcptest.Connect(b, s, mcptest.Options{Revision: "2025-06-18"})
	for b.Loop() {
		if r := c.Call("get_me", nil); r.IsError {
			b.Fatal(r.Text())
		}
	}
}

// BenchmarkNew is what the server needs before it can answer.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		s, err := github.New(github.Config{Token: mcpcore.NewSecret(token)})
		if err != nil {
			b.Fatal(err)
		}
		s.Tools()
		s.Close()
	}
}
