package authz

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/internal/npm"
)

// start runs a program until the test ends and returns what follows a word in
// what it says.
func start(t *testing.T, word string, output func(*exec.Cmd) (io.ReadCloser, error), name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, err := output(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	heard, read, log := make(chan string, 1), make(chan struct{}), t.Output()
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if _, found, ok := strings.Cut(lines.Text(), word); ok && len(heard) == 0 {
				heard <- strings.TrimSpace(found)
			}
			fmt.Fprintln(log, lines.Text())
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // may have ended
		<-read
		_ = cmd.Wait() // says that it was killed
	})
	select {
	case found := <-heard:
		return found
	case <-read:
	case <-time.After(time.Minute):
	}
	t.Fatalf("%s has not said %s", name, word)
	return ""
}

// provider starts the authorization server and returns its URL.
func provider(t *testing.T) string {
	t.Helper()
	modules, node := npm.Packages(t)
	return start(t, "issuer=", (*exec.Cmd).StdoutPipe, npm.Newer(t, modules, node), filepath.Join("testdata", "provider.mjs"), modules)
}

// serve starts mcp-filesystem on a port that was free, as a resource of the
// issuer, and returns its URL.
func serve(t *testing.T, issuer string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "mcp-filesystem")
	if runtime.GOOS == "windows" {
		bin += ".exe"
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", bin, "github.com/mcp-toolbelt/toolbelt/servers/filesystem/cmd/mcp-filesystem")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // the audience holds the port, and so must be known before
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	resource := "http://" + addr + "/mcp"
	got := start(t, "url=", (*exec.Cmd).StderrPipe, bin, "--http", addr, "--oauth-issuer", issuer, "--oauth-audience", resource, t.TempDir())
	if got != resource {
		t.Fatalf("the server is at %s, not at %s", got, resource)
	}
	return resource
}

func do(t *testing.T, r *http.Request) (*http.Response, []byte) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, raw
}

func get(t *testing.T, at string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, raw := do(t, r)
	if err := json.Unmarshal(raw, into); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v %s", at, res.StatusCode, err, raw)
	}
}

// token gets an access token for a resource.
func token(t *testing.T, endpoint, resource, scope string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "resource": {resource}, "scope": {scope}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("agent", "a-secret-of-this-test")
	_, raw := do(t, r)
	var reply struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(raw, &reply); err != nil || reply.Token == "" {
		t.Fatalf("no token: %v %s", err, raw)
	}
	return reply.Token
}

// call calls a tool and returns the status, the challenge and the body.
func call(t *testing.T, at, bearer, tool, arguments string) (status int, challenge, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call",
		"params":{"name":"`+tool+`","arguments":`+arguments+`,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool,
	} {
		r.Header.Set(name, value)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, raw := do(t, r)
	return res.StatusCode, res.Header.Get("WWW-Authenticate"), string(raw)
}

// A client that knows the URL of the server alone finds the way to a token
// that the server takes. One for another resource is refused.
func TestProvider(t *testing.T) {
	issuer := provider(t)
	server := serve(t, issuer)
	const tool = "list_allowed_directories"

	status, challenge, _ := call(t, server, "", tool, "{}")
	_, rest, _ := strings.Cut(challenge, `resource_metadata="`)
	at, _, _ := strings.Cut(rest, `"`)
	if status != http.StatusUnauthorized || at == "" {
		t.Fatalf("without a token: %d %s", status, challenge)
	}
	var resource struct {
		Resource string   `json:"resource"`
		Servers  []string `json:"authorization_servers"`
	}
	get(t, at, &resource)
	if resource.Resource != server || len(resource.Servers) != 1 || resource.Servers[0] != issuer {
		t.Fatalf("the metadata: %+v", resource)
	}
	var about struct {
		Endpoint string `json:"token_endpoint"`
	}
	get(t, resource.Servers[0]+"/.well-known/oauth-authorization-server", &about)

	good := token(t, about.Endpoint, server, "mcp:read")
	head, _, _ := strings.Cut(good, ".")
	header, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil || !strings.Contains(string(header), `"RS256"`) || !strings.Contains(string(header), `"at+jwt"`) {
		t.Errorf("not the token that was meant: %v %s", err, header)
	}
	const create = `{"path":"new","content":"x"}`
	for _, test := range []struct {
		name, bearer, tool, arguments string
		status                        int
		want                          string
	}{
		{"good", good, tool, "{}", 200, `"result"`},
		{"step up", good, "write_file", create, 403, `error="insufficient_scope", scope="mcp:write"`},
		{"stepped up", token(t, about.Endpoint, server, "mcp:read mcp:write"), "write_file", create, 200, `"result"`},
		{"another resource", token(t, about.Endpoint, "http://127.0.0.1:1/mcp", "mcp:read"), tool, "{}", 401, `error="invalid_token"`},
		{"changed", good[:len(good)-10] + "AAAAAAAAAA", tool, "{}", 401, `error="invalid_token"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, challenge, body := call(t, server, test.bearer, test.tool, test.arguments)
			if status != test.status || !strings.Contains(challenge+body, test.want) {
				t.Errorf("%d %s %s, want %d %s", status, challenge, body, test.status, test.want)
			}
		})
	}
}
