package incidents

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestDoor knocks at the program in ways that have opened others': it answers
// by an error, does nothing, and goes on.
func TestDoor(t *testing.T) {
	s := start(t)
	good := s.write("harm")
	replaced := func(old, new string) string {
		_, body, _ := strings.Cut(good, "\r\n\r\n")
		return s.head(strings.Replace(body, old, new, 1), "Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: write_file")
	}
	_, body, _ := strings.Cut(good, "\r\n\r\n")
	inChunks := strings.Replace(s.write("first"), "Content-Type", "Transfer-Encoding: chunked\r\nContent-Type", 1)
	head, first, _ := strings.Cut(inChunks, "\r\n\r\n")
	for _, test := range []struct {
		name, text string
		status     int
		code       string
	}{
		{"rebound host", s.write("harm", "Host: evil.example:8080", "Origin: http://evil.example:8080"), 403, "-32000"},
		{"evil origin", s.write("harm", "Origin: https://evil.example"), 403, "-32000"},
		{"null origin", s.write("harm", "Origin: null"), 403, "-32000"},
		{"cross-site", s.write("harm", "Sec-Fetch-Site: cross-site"), 403, "-32000"},
		{"form of a page", s.write("harm", "Content-Type: text/plain"), 415, "-32000"},
		{"whole URL of another host", strings.Replace(good, "/mcp", "http://evil.example/mcp", 1), 403, "-32000"},
		{"keys in another case", replaced(`"name":`, `"Name":`), 200, "-32602"},
		{"method in another case", replaced(`"method":`, `"METHOD":`), 400, "-32600"},
		{"key with a zero byte", replaced(`"method":`, `"method\u0000":`), 400, "-32600"},
		{"name twice", replaced(`"name":`, `"name":"read_text_file","name":`), 400, "-32602"},
		{"method twice", replaced(`"method":`, `"method":"ping","method":`), 400, "-32600"},
		{"header for another", strings.Replace(good, "Mcp-Name: write_file", "Mcp-Name: read_text_file", 1), 400, "-32020"},
		{"without a handshake", s.head(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write_file","arguments":{}}}`), 400, "-32600"},
		{"session of nobody", s.head(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, "Mcp-Session-Id: AAAAAAAAAAAAAAAAAAAAAAAAAA"), 404, "-32001"},
		{"smuggled behind a refusal", head + "\r\nOrigin: https://evil.example\r\n\r\n0\r\n\r\n" + good, 403, "-32000"},
		{"smuggled", head + fmt.Sprintf("\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(first), first) + good, 200, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, text, rest := s.ask(test.text)
			if status != test.status {
				t.Errorf("status %d, want %d: %s", status, test.status, text)
			}
			if test.code != "" && (!strings.HasPrefix(text, `{"jsonrpc":"2.0","id":`) || !strings.Contains(text, `"error":{"code":`+test.code+`,`)) {
				t.Errorf("got %s, want the code %s", text, test.code)
			}
			if rest != "" {
				t.Errorf("something follows: %s", rest)
			}
		})
	}
	if s.made("harm") {
		t.Error("a refused call had an effect")
	}
	if !s.made("first") {
		t.Error("the call before a smuggled one was not served")
	}
	if status, text, _ := s.ask(s.head(body, "Mcp-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: write_file")); status != 200 || !s.made("harm") {
		t.Errorf("a good call after all: %d %s", status, text)
	}
}

// TestPaths asks the program for what is outside its directory, in the ways
// that have worked elsewhere.
func TestPaths(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	s := start(t)
	const secret = "the secret outside"
	out := filepath.Dir(s.dir)
	for _, dir := range []string{out, s.dir + "side"} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"link": filepath.Join(out, "secret"), "relative": "../secret", "dir": out, "made": filepath.Join(out, "harm")} {
		if err := os.Symlink(target, filepath.Join(s.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, path := range map[string]string{
		"sibling": s.dir + "side/secret", "parent": s.dir + "/../secret", "absolute": out + "/secret", "link": s.dir + "/link",
		"relative link": s.dir + "/relative", "below a link": s.dir + "/dir/secret", "option": "--help", "zero byte": s.dir + "/\x00/../../secret",
	} {
		t.Run(name, func(t *testing.T) {
			quoted, err := json.Marshal(path)
			if err != nil {
				t.Fatal(err)
			}
			status, text, _ := s.ask(s.request("tools/call", `"name":"read_text_file","arguments":{"path":`+string(quoted)+`},`))
			if status != 200 || !strings.Contains(text, `"isError":true`) || strings.Contains(text, secret) {
				t.Errorf("read: %d %s", status, text)
			}
		})
	}
	for _, name := range []string{"made", "../harm", "dir/harm"} {
		if status, text, _ := s.ask(s.write(name)); status != 200 || !strings.Contains(text, `"isError":true`) {
			t.Errorf("write %s: %d %s", name, status, text)
		}
		if _, err := os.Lstat(filepath.Join(out, "harm")); err == nil {
			t.Fatalf("%s was written outside", name)
		}
	}
}

const adaToken, bobToken = "ada-0123456789abcdefABCDEF", "bob-0123456789abcdefABCDEF"

// tokens is a file with two principals, of whom one only reads.
func tokens(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tokens.json")
	text := `{"principals":[{"name":"ada","token":"` + adaToken + `","scopes":["mcp:read","mcp:write"]},` +
		`{"name":"bob","token":"` + bobToken + `","scopes":["mcp:read"],"tools":["read_*"]}]}`
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestTenants has two principals share a connection, as behind a proxy: each
// gets what is theirs, with the same ids and in turns, and a session of one is
// nothing to the other.
func TestTenants(t *testing.T) {
	s := start(t, "--auth-tokens", tokens(t))
	conn := s.dial()
	in := bufio.NewReader(conn)
	ask := func(text string) (*http.Response, string) {
		t.Helper()
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(raw)
	}
	as := func(token string) string { return "Authorization: Bearer " + token }
	for range 3 {
		for token, sees := range map[string]bool{adaToken: true, bobToken: false} {
			_, text := ask(s.request("tools/list", "", as(token)))
			if strings.Contains(text, `"write_file"`) != sees || !strings.Contains(text, `"read_text_file"`) || !strings.Contains(text, `"cacheScope":"private"`) {
				t.Errorf("%s: %s", token[:3], text)
			}
		}
		if _, text := ask(s.write("harm", as(bobToken))); !strings.Contains(text, "lacks the scope mcp:write") || s.made("harm") {
			t.Errorf("bob writes: %s", text)
		}
	}
	const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	res, text := ask(s.head(hello, as(adaToken)))
	id := res.Header.Get("Mcp-Session-Id")
	if id == "" {
		t.Fatalf("no session: %s", text)
	}
	list := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	for _, test := range []struct {
		line   string
		status int
	}{{as(bobToken), 404}, {"", 401}, {as(adaToken), 200}} {
		if res, text := ask(s.head(list, "Mcp-Session-Id: "+id, test.line)); res.StatusCode != test.status {
			t.Errorf("%s: %d, want %d: %s", test.line, res.StatusCode, test.status, text)
		}
	}
}

// TestTokenStays looks for a token in what the program answers and keeps.
func TestTokenStays(t *testing.T) {
	audit := filepath.Join(t.TempDir(), "audit.jsonl")
	s := start(t, "--auth-tokens", tokens(t), "--audit-log", audit, "--log-level", "debug")
	for _, text := range []string{
		s.request("tools/list", "", "Authorization: Bearer "+adaToken),
		s.write("file", "Authorization: Bearer "+adaToken),
		strings.Replace(s.request("tools/list", ""), "/mcp", "/mcp?access_token="+adaToken, 1),
		s.request("tools/list", "", "Authorization: Basic "+adaToken),
	} {
		if _, text, _ := s.ask(text); strings.Contains(text, adaToken) {
			t.Errorf("an answer holds the token: %s", text)
		}
	}
	raw, err := os.ReadFile(audit)
	if err != nil || !bytes.Contains(raw, []byte(`"ada"`)) || bytes.Contains(raw, []byte(adaToken)) {
		t.Errorf("the audit log: %v %s", err, raw)
	}
}

// TestOpenToAll starts the program so that everybody could reach it, and nobody
// would have to say who they are: it does not start.
func TestOpenToAll(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0"} {
		cmd := exec.CommandContext(t.Context(), server, "--http", addr, t.TempDir())
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "can be reached by other machines") || !strings.Contains(string(out), "hint: ") {
			t.Errorf("%s: %v %s", addr, err, out)
		}
	}
}

// TestToolsAreThoseReviewed compares what the program tells a model of its tools
// with the files that each change of them shows in.
func TestToolsAreThoseReviewed(t *testing.T) {
	s := start(t)
	_, text, _ := s.ask(s.request("tools/list", ""))
	var list struct {
		Result struct{ Tools []map[string]json.RawMessage }
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list.Result.Tools) == 0 {
		t.Fatalf("%v %s", err, text)
	}
	compact := func(raw []byte) string {
		var b bytes.Buffer
		if err := json.Compact(&b, raw); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, tool := range list.Result.Tools {
		name := strings.Trim(string(tool["name"]), `"`)
		raw, err := os.ReadFile(filepath.Join(root, "servers", "filesystem", "testdata", "tools", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var reviewed map[string]json.RawMessage
		if err := json.Unmarshal(raw, &reviewed); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"title", "description", "inputSchema", "outputSchema", "annotations"} {
			if tool[key] == nil && reviewed[key] == nil {
				continue
			}
			if got, want := compact(tool[key]), compact(reviewed[key]); got != want {
				t.Errorf("%s: %s is %s, and was reviewed as %s", name, key, got, want)
			}
		}
	}
}

// runners may run programs: what they run is the operator's choice, and no model
// has a say in it.
var runners = map[string]string{
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard":     "runs the operator's command for a token",
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/guard":   "runs the operator's command for a password",
	"github.com/mcp-toolbelt/toolbelt/servers/postgres/internal/private": "starts a database of samples",
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/pdftext":   "starts this program anew, to read a PDF within limits",
}

// TestNothingIsRun looks for packages in the servers' programs that run other
// programs, or regular expressions whose time explodes.
func TestNothingIsRun(t *testing.T) {
	mains, err := filepath.Glob(filepath.Join(root, "servers", "*", "cmd", "mcp-*"))
	if err != nil || len(mains) == 0 {
		t.Fatal(mains, err)
	}
	for _, main := range mains {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{if not .Standard}}{{.ImportPath}} {{join .Imports " "}}{{end}}`, ".")
		list.Dir = main
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			pkg, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
			for dep := range strings.FieldsSeq(imports) {
				if dep == "os/exec" && runners[pkg] == "" || dep == "plugin" || strings.Contains(dep, "regexp2") || strings.Contains(dep, "pcre") {
					t.Errorf("%s: %s imports %s", filepath.Base(main), pkg, dep)
				}
			}
		}
	}
}
