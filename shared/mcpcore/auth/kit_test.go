package auth_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

func TestMain(m *testing.M) {
	if os.Getenv("AUTH_TEST_PROGRAM") != "" {
		mcpcore.Main("mcp-test", func(struct{}) (*mcpcore.Server, error) { return newServer(), nil })
	}
	goleak.VerifyTestMain(m)
}

const (
	adaToken = "ada-0123456789abcdefABCDEF"
	bobToken = "bob-0123456789abcdefABCDEF"
	eveToken = "eve-0123456789abcdefABCDEF"
	danToken = "dan-0123456789abcdefABCDEF"
)

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// principals is a file of tokens: one who may do all, one who may only look at
// one tool, one who may write and is kept to reading, one with one scope.
func principals() string {
	return `{"principals":[
		{"name":"ada","token_sha256":"` + digest(adaToken) + `","scopes":["mcp:read","mcp:write","mcp:delete"]},
		{"name":"bob","token":"` + bobToken + `","scopes":["mcp:read","mcp:write"],"tools":["look*","put"]},
		{"name":"eve","token":"` + eveToken + `","scopes":["mcp:read","mcp:write"],"read_only":true},
		{"name":"dan","token":"` + danToken + `","scopes":["mcp:read"]}]}`
}

func written(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tokens.json")
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	return name
}

func loaded(t *testing.T) *auth.Tokens {
	t.Helper()
	tokens, err := auth.LoadTokens(written(t, principals(), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// site is a server with a guard, on the network.
type site struct {
	t      *testing.T
	url    string
	client *http.Client
}

type nothing struct{}

func newServer() *mcpcore.Server {
	whoami := func(ctx context.Context, _ nothing) (string, error) {
		return "I am " + mcpcore.CallOf(ctx).Principal.ID, nil
	}
	ask := func(ctx context.Context, _ nothing) (string, error) {
		if err := mcpcore.Confirm(ctx, "Go on?"); err != nil {
			return "", err
		}
		return "confirmed", nil
	}
	return mcpcore.New(mcpcore.Info{Name: "mcp-test", Version: "1"},
		mcpcore.Read("look", "Look.", whoami, mcpcore.Alias("look_old")),
		mcpcore.Read("look_ask", "Ask.", ask),
		mcpcore.Read("peek", "Peek.", whoami),
		mcpcore.Write("put", "Put.", whoami),
		mcpcore.Delete("drop", "Drop.", whoami),
	)
}

func newSite(t *testing.T, g *auth.Guard) *site {
	t.Helper()
	server := newServer()
	server.Options.PageSize = 2
	handler := server.Handler(mcpcore.HTTPOptions{Guard: g, SSE: true})
	web := httptest.NewServer(handler)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		handler.Drain()
		web.Close()
	})
	return &site{t, web.URL, &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// answer is what came of a request.
type answer struct {
	status    int
	challenge string
	body      string
	session   string
}

func (s *site) do(method, path, body string, headers ...string) answer {
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
	return answer{res.StatusCode, res.Header.Get("WWW-Authenticate"), string(raw), res.Header.Get("Mcp-Session-Id")}
}

const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}`

// modern makes a request of the newest revision. params are members, or "".
func (s *site) modern(token, method, name, params string) answer {
	s.t.Helper()
	if name != "" {
		params = fmt.Sprintf(`"name":%q,%s`, name, params)
	}
	if params != "" && !strings.HasSuffix(params, ",") {
		params += ","
	}
	headers := []string{"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", method}
	if name != "" {
		headers = append(headers, "Mcp-Name", name)
	}
	if token != "" {
		headers = append(headers, "Authorization", "Bearer "+token)
	}
	return s.do("POST", "/mcp", fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s%s}}`, method, params, meta), headers...)
}

func (s *site) call(token, tool string) answer {
	s.t.Helper()
	return s.modern(token, "tools/call", tool, "")
}

// initialize begins a session.
func (s *site) initialize(token, revision string) string {
	s.t.Helper()
	a := s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"`+revision+
		`","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`, "Authorization", "Bearer "+token)
	if a.status != 200 || a.session == "" {
		s.t.Fatalf("initialize: %+v", a)
	}
	return a.session
}

func (s *site) in(session, token, body string) answer {
	s.t.Helper()
	return s.do("POST", "/mcp", body, "Mcp-Session-Id", session, "Authorization", "Bearer "+token)
}

func callJSON(id int, tool string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":{}}}`, id, tool)
}

// want checks an answer: its status, what is in it and what is not.
func (a answer) want(t *testing.T, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d: %s", a.status, status, a.body)
	}
	if a.status >= 400 && !strings.HasPrefix(a.body, `{"jsonrpc":"2.0","id":`) {
		t.Errorf("no JSON-RPC error: %s", a.body)
	}
	for _, text := range texts {
		if whole := a.challenge + "\n" + a.body; !strings.Contains(whole, text) {
			t.Errorf("%q is missing: %s", text, whole)
		}
	}
}
