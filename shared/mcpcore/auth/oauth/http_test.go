package oauth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

type nothing struct{}

// site is a server that takes the tokens of an issuer.
type site struct {
	*issuer
	t      *testing.T
	url    string
	client *http.Client
}

func newSite(t *testing.T) *site {
	t.Helper()
	whoami := func(ctx context.Context, _ nothing) (string, error) {
		return fmt.Sprintf("I am %s with %q", mcpcore.CallOf(ctx).Principal.ID, mcpcore.CallOf(ctx).Principal.Scopes), nil
	}
	i := newIssuer(t)
	server := mcpcore.New(mcpcore.Info{Name: "mcp-test", Version: "1"},
		mcpcore.Read("look", "Look.", whoami), mcpcore.Write("put", "Put.", whoami), mcpcore.Delete("drop", "Drop.", whoami))
	handler := server.Handler(mcpcore.HTTPOptions{
		AllowedHosts: []string{"mcp.example.com"},
		Guard:        &auth.Guard{Verifiers: []auth.Verifier{i.verifier()}, Resource: audience, Issuer: i.web.URL},
	})
	web := httptest.NewServer(handler)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		handler.Drain()
		web.Close()
	})
	return &site{i, t, web.URL, &http.Client{Transport: transport}}
}

func (s *site) do(method, path, body string, headers ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	res, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, string(raw)
}

const initialize = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`

func (s *site) call(session, token, tool string) (*http.Response, string) {
	s.t.Helper()
	return s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+tool+`"}}`,
		"Mcp-Session-Id", session, "Authorization", "Bearer "+token)
}

// Whoever comes without a token is told where to get one, and the metadata
// there is as RFC 9728 has it.
func TestDiscovery(t *testing.T) {
	s := newSite(t)
	const metadata = `resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"`
	for _, test := range []struct {
		headers []string
		want    string
	}{
		{nil, `Bearer scope="mcp:read", ` + metadata},
		{[]string{"Authorization", "Bearer " + s.token(object{"aud": "https://other"})}, `Bearer error="invalid_token", scope="mcp:read", ` + metadata},
	} {
		res, _ := s.do("POST", "/mcp", initialize, test.headers...)
		if got := res.Header.Get("WWW-Authenticate"); res.StatusCode != 401 || got != test.want {
			t.Errorf("%d %s, want %s", res.StatusCode, got, test.want)
		}
	}
	want := map[string]any{
		"resource": audience, "authorization_servers": []any{s.web.URL},
		"scopes_supported": []any{"mcp:read", "mcp:write", "mcp:delete"}, "bearer_methods_supported": []any{"header"},
	}
	for _, path := range []string{"", "/mcp"} {
		res, body := s.do("GET", "/.well-known/oauth-protected-resource"+path, "")
		var got map[string]any
		if err := json.Unmarshal([]byte(body), &got); err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%d %v %s", res.StatusCode, err, body)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	for path, status := range map[string]int{"/other": 404, "/mcp/": 404, "x": 404} {
		if res, _ := s.do("GET", "/.well-known/oauth-protected-resource"+path, ""); res.StatusCode != status {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if res, _ := s.do("POST", "/.well-known/oauth-protected-resource", "{}"); res.StatusCode != 405 {
		t.Errorf("a POST of the metadata: %d", res.StatusCode)
	}
}

// A batch counts as made with the token that it came with.
func TestStepUpOfBatch(t *testing.T) {
	s := newSite(t)
	low, high := s.token(object{"scope": "mcp:read"}), s.token(object{"scope": "mcp:read mcp:write"})
	begun, _ := s.do("POST", "/mcp", strings.Replace(initialize, "2025-11-25", "2025-03-26", 1), "Authorization", "Bearer "+low)
	for token, want := range map[string]int{low: 403, high: 200} {
		res, body := s.do("POST", "/mcp", `[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"put"}}]`,
			"Mcp-Session-Id", begun.Header.Get("Mcp-Session-Id"), "Authorization", "Bearer "+token)
		if res.StatusCode != want || (want == 200) != strings.Contains(body, "I am ") {
			t.Errorf("%d %s, want %d", res.StatusCode, body, want)
		}
	}
}

// A client sees what it could do with more scopes, is told which, and goes on
// in its session with a token that has them. A lesser token can do less.
func TestStepUp(t *testing.T) {
	s := newSite(t)
	low, high := s.token(object{"scope": "mcp:read"}), s.token(object{"scope": "mcp:read mcp:write"})
	res, _ := s.do("POST", "/mcp", initialize, "Authorization", "Bearer "+low)
	session := res.Header.Get("Mcp-Session-Id")
	if _, body := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, "Mcp-Session-Id", session, "Authorization", "Bearer "+low); !strings.Contains(body, `"drop"`) {
		t.Errorf("tools that need more scopes are hidden: %s", body)
	}
	for _, test := range []struct {
		token, tool string
		status      int
		want        string
	}{
		{low, "look", 200, "I am "},
		{low, "put", 403, `Bearer error="insufficient_scope", scope="mcp:write", resource_metadata=`},
		{high, "put", 200, "I am "},
		{low, "put", 403, `scope="mcp:write"`},
		{high, "drop", 403, `scope="mcp:delete"`},
		{s.token(object{"scope": "mcp:write"}), "look", 403, `scope="mcp:read"`}, // no scope holds another
		{s.token(object{"sub": "eve"}), "look", 404, "no such session"},
		{s.token(object{"sub": nil, "client_id": "ada"}), "look", 404, "no such session"},
		{s.token(object{"exp": 1}), "look", 401, `error="invalid_token"`},
	} {
		res, body := s.call(session, test.token, test.tool)
		if res.StatusCode != test.status || !strings.Contains(res.Header.Get("WWW-Authenticate")+body, test.want) {
			t.Errorf("%s: %d %q %s, want %d %s", test.tool, res.StatusCode, res.Header.Get("WWW-Authenticate"), body, test.status, test.want)
		}
	}
}

// A page of an allowed origin can find out where to get a token, and is let
// read what a refusal asks for; a page of another origin learns nothing.
func TestBrowser(t *testing.T) {
	s := newSite(t)
	const metadata = "/.well-known/oauth-protected-resource/mcp"
	low := s.token(object{"scope": "mcp:read"})
	own := s.url
	for _, test := range []struct {
		method, path, origin string
		headers              []string
		status               int
		challenge            string
	}{
		{"GET", metadata, own, nil, 200, ""},
		{"HEAD", metadata, own, nil, 200, ""},
		{"HEAD", metadata, "", nil, 200, ""},
		{"OPTIONS", metadata, own, []string{"Access-Control-Request-Method", "GET"}, 204, ""},
		{"OPTIONS", "/mcp", own, []string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization"}, 204, ""},
		{"POST", "/mcp", own, nil, 401, "resource_metadata="},
		{"POST", "/mcp", own, []string{"Authorization", "Bearer x.y.z"}, 401, "invalid_token"},
		{"GET", metadata, "https://evil.example", nil, 403, ""},
		{"OPTIONS", metadata, "https://evil.example", []string{"Access-Control-Request-Method", "GET"}, 403, ""},
		{"POST", "/mcp", "https://evil.example", []string{"Authorization", "Bearer " + low}, 403, ""},
	} {
		headers := test.headers
		if test.origin != "" {
			headers = append(headers, "Origin", test.origin)
		}
		res, body := s.do(test.method, test.path, initialize, headers...)
		allowed, exposed := res.Header.Get("Access-Control-Allow-Origin"), res.Header.Get("Access-Control-Expose-Headers")
		if res.StatusCode != test.status || !strings.Contains(res.Header.Get("WWW-Authenticate"), test.challenge) {
			t.Errorf("%s %s of %q: %d %s %s", test.method, test.path, test.origin, res.StatusCode, res.Header, body)
		}
		if (allowed == own) != (test.origin == own) || (test.origin == own) != strings.Contains(exposed, "WWW-Authenticate") {
			t.Errorf("%s %s of %q: allowed %q, exposed %q", test.method, test.path, test.origin, allowed, exposed)
		}
		if test.method == "OPTIONS" && test.status == 204 && !strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), "authorization") {
			t.Errorf("a page may not send its token: %s", res.Header)
		}
	}
	res, _ := s.do("POST", "/mcp", initialize, "Authorization", "Bearer "+low, "Origin", own)
	res, _ = s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"put"}}`,
		"Mcp-Session-Id", res.Header.Get("Mcp-Session-Id"), "Authorization", "Bearer "+low, "Origin", own)
	if got := res.Header.Get("WWW-Authenticate"); res.StatusCode != 403 || !strings.Contains(got, `scope="mcp:write"`) || res.Header.Get("Access-Control-Allow-Origin") != own {
		t.Errorf("%d %s", res.StatusCode, res.Header)
	}
}
