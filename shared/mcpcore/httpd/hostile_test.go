package httpd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// hostile is a request that must be refused, or let through without harm.
type hostile struct {
	name   string
	method string   // POST where it is ""
	path   string   // /mcp where it is ""
	body   string   // a call of echo where it is ""
	header []string // name, value, …; an empty value removes
	raw    func(r *http.Request)
	status int
	code   int // of the JSON-RPC error; 0: none
}

// echoed is the call that must have no effect.
const echoed = `"name":"echo","arguments":{"text":"HARM"}`

// good is a call of echo that would have an effect.
var good, _ = modernCall(7, "tools/call", echoed)

// with is that call with one thing changed.
func with(old, new string) string { return strings.Replace(good, old, new, 1) }

// args is that call with other arguments.
func args(arguments string) string {
	body, _ := modernCall(7, "tools/call", `"name":"echo","arguments":`+arguments)
	return body
}

// plainly is a request without params of its own.
func plainly(method string) string {
	body, _ := modernCall(7, method, "")
	return body
}

// strangers are web pages and rebound names.
func strangers() []hostile {
	return []hostile{
		{name: "evil origin", header: []string{"Origin", "https://evil.example"}, status: 403, code: -32000},
		{name: "null origin", header: []string{"Origin", "null"}, status: 403, code: -32000},
		{name: "origin of another port", header: []string{"Origin", "http://127.0.0.1:1"}, status: 403, code: -32000},
		{name: "origin that begins like an allowed one", header: []string{"Origin", "https://good.example.evil.example"}, status: 403, code: -32000},
		{name: "origin with a path", header: []string{"Origin", "https://good.example/x"}, status: 403, code: -32000},
		{name: "origin with a user", header: []string{"Origin", "https://good.example@evil.example"}, status: 403, code: -32000},
		{name: "file origin", header: []string{"Origin", "file://"}, status: 403, code: -32000},
		{name: "extension origin", header: []string{"Origin", "chrome-extension://abc"}, status: 403, code: -32000},
		{name: "two origins", raw: func(r *http.Request) { r.Header["Origin"] = []string{"https://good.example", "https://evil.example"} }, status: 403, code: -32000},
		{name: "origins in one header", header: []string{"Origin", "https://good.example, https://evil.example"}, status: 403, code: -32000},
		{name: "cross-site without an origin", header: []string{"Sec-Fetch-Site", "cross-site"}, status: 403, code: -32000},
		{name: "same-site without an origin", header: []string{"Sec-Fetch-Site", "same-site"}, status: 403, code: -32000},
		{name: "evil host", header: []string{"Host", "evil.example"}, status: 403, code: -32000},
		{name: "rebound host and origin", header: []string{"Host", "evil.example:8080", "Origin", "http://evil.example:8080"}, status: 403, code: -32000},
		{name: "host that begins like localhost", header: []string{"Host", "localhost.evil.example"}, status: 403, code: -32000},
		{name: "host that ends like localhost", header: []string{"Host", "evil-localhost"}, status: 403, code: -32000},
		{name: "host of all addresses", header: []string{"Host", "0.0.0.0"}, status: 403, code: -32000},
		{name: "host of another machine", header: []string{"Host", "192.168.1.5:80"}, status: 403, code: -32000},
		{name: "host with a port that is none", header: []string{"Host", "localhost:80@evil.example"}, status: 403, code: -32000},
		{name: "host in whole numbers", header: []string{"Host", "2130706433"}, status: 403, code: -32000},
		{name: "preflight of an evil origin", method: "OPTIONS", header: []string{"Origin", "https://evil.example", "Access-Control-Request-Method", "POST"}, status: 403, code: -32000},
		{name: "preflight without an origin", method: "OPTIONS", header: []string{"Access-Control-Request-Method", "POST"}, status: 403, code: -32000},
	}
}

// crossings are what a page can send without asking first.
func crossings() []hostile {
	return []hostile{
		{name: "text/plain", header: []string{"Content-Type", "text/plain"}, status: 415, code: -32000},
		{name: "form", header: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415, code: -32000},
		{name: "multipart", header: []string{"Content-Type", "multipart/form-data; boundary=x"}, status: 415, code: -32000},
		{name: "no content type", header: []string{"Content-Type", ""}, status: 415, code: -32000},
		{name: "JSON of another kind", header: []string{"Content-Type", "application/json-seq"}, status: 415, code: -32000},
		{name: "another charset", header: []string{"Content-Type", "application/json; charset=utf-16"}, status: 415, code: -32000},
		{name: "two content types", raw: func(r *http.Request) { r.Header["Content-Type"] = []string{"application/json", "text/plain"} }, status: 415, code: -32000},
		{name: "content types in one header", header: []string{"Content-Type", "text/plain, application/json"}, status: 415, code: -32000},
		{name: "packed body", header: []string{"Content-Encoding", "gzip"}, status: 415, code: -32000},
		{name: "accepts only text", header: []string{"Accept", "text/plain"}, status: 406, code: -32000},
		{name: "accepts nothing", header: []string{"Accept", "application/json;q=0, text/event-stream;q=0"}, status: 406, code: -32000},
		{name: "accepts no JSON", header: []string{"Accept", "text/event-stream"}, status: 406, code: -32000},
	}
}

// forms are too large, too deep or no message.
func forms() []hostile {
	return []hostile{
		{name: "too large", body: with("HARM", strings.Repeat("x", 70_000)), status: 413, code: -32000},
		{name: "too large, in pieces", body: with("HARM", strings.Repeat("x", 70_000)), raw: func(r *http.Request) { r.ContentLength = -1 }, status: 413, code: -32000},
		{name: "too deep", body: args(strings.Repeat(`{"a":`, 500) + "1" + strings.Repeat("}", 500)), status: 400, code: -32600},
		{name: "20,000 brackets", body: strings.Repeat("[", 20_000), status: 400, code: -32600},
		{name: "no JSON", body: "HARM", status: 400, code: -32700},
		{name: "half a message", body: good[:len(good)-1], status: 400, code: -32700},
		{name: "not UTF-8", body: with("HARM", "\xff\xfe"), status: 400, code: -32700},
		{name: "a scalar", body: "12", status: 400, code: -32600},
		{name: "two messages", body: good + good, status: 400, code: -32600},
		{name: "a message and more", body: good + "HARM", status: 400, code: -32600},
		{name: "no version of JSON-RPC", body: with(`"jsonrpc":"2.0",`, ""), status: 400, code: -32600},
		{name: "a key with a zero byte", body: with(`"method"`, `"method\u0000"`), status: 400, code: -32600},
		{name: "keys in the wrong case", body: with(`"method"`, `"Method"`), status: 400, code: -32600},
		{name: "id null", body: with(`"id":7`, `"id":null`), status: 400, code: -32600},
		{name: "id of an object", body: with(`"id":7`, `"id":{}`), status: 400, code: -32600},
		{name: "params in a list", body: with(`"params":{`, `"params":[{`)[:len(good)] + "]}", status: 400, code: -32602},
		{name: "batch", body: "[" + good + "]", status: 400, code: -32600},
	}
}

// readings are messages that two readers take for two things.
func readings() []hostile {
	const meta = `"io.modelcontextprotocol/protocolVersion":"2026-07-28"`
	return []hostile{
		{name: "method twice", body: with(`"method":"tools/call"`, `"method":"tools/list","method":"tools/call"`), status: 400, code: -32600},
		{name: "name twice", body: with(`"name":"echo"`, `"name":"wait","name":"echo"`), status: 400, code: -32602},
		{name: "_meta twice", body: with(`"_meta":`, `"_meta":{},"_meta":`), status: 400, code: -32602},
		{name: "revision twice", body: with(meta, meta+","+meta), status: 400, code: -32602},
		{name: "argument with a header twice", body: args(`{"text":"HARM","region":"a","region":"b"}`), header: []string{"Mcp-Param-Region", "a"}, status: 400, code: -32602},
		{name: "method of another header", header: []string{"Mcp-Method", "tools/list"}, status: 400, code: -32020},
		{name: "method in another case", header: []string{"Mcp-Method", "TOOLS/CALL"}, status: 400, code: -32020},
		{name: "no method header", header: []string{"Mcp-Method", ""}, status: 400, code: -32020},
		{name: "two method headers", raw: func(r *http.Request) { r.Header["Mcp-Method"] = []string{"tools/call", "tools/list"} }, status: 400, code: -32020},
		{name: "name of another header", header: []string{"Mcp-Name", "wait"}, status: 400, code: -32020},
		{name: "no name header", header: []string{"Mcp-Name", ""}, status: 400, code: -32020},
		{name: "two name headers", raw: func(r *http.Request) { r.Header["Mcp-Name"] = []string{"echo", "wait"} }, status: 400, code: -32020},
		{name: "name in bad base64", header: []string{"Mcp-Name", "=?base64?ZWNobw=?="}, status: 400, code: -32020},
		{name: "name in base64 of another", header: []string{"Mcp-Name", "=?base64?d2FpdA==?="}, status: 400, code: -32020},
		{name: "parameter without its header", body: args(`{"text":"HARM","region":"eu"}`), status: 400, code: -32020},
		{name: "parameter of another header", body: args(`{"text":"HARM","region":"eu"}`), header: []string{"Mcp-Param-Region", "us"}, status: 400, code: -32020},
		{name: "header without its parameter", header: []string{"Mcp-Param-Region", "us"}, status: 400, code: -32020},
		{name: "header for a null parameter", body: args(`{"text":"HARM","region":null}`), header: []string{"Mcp-Param-Region", "null"}, status: 400, code: -32020},
		{name: "bytes in a header", body: args(`{"text":"HARM","region":"é"}`), header: []string{"Mcp-Param-Region", "é"}, status: 400, code: -32020},
		{name: "another number in a header", body: args(`{"text":"HARM","count":3}`), header: []string{"Mcp-Param-Count", "4"}, status: 400, code: -32020},
		{name: "numbers beyond what floats tell apart", body: args(`{"text":"HARM","count":9007199254740993}`), header: []string{"Mcp-Param-Count", "9007199254740992"}, status: 400, code: -32020},
		{name: "another boolean in a header", body: args(`{"text":"HARM","dry":true}`), header: []string{"Mcp-Param-Dry", "false"}, status: 400, code: -32020},
	}
}

// revisions name no revision, a wrong one, or two.
func revisions() []hostile {
	return []hostile{
		{name: "no revision header", header: []string{"Mcp-Protocol-Version", ""}, status: 400, code: -32020},
		{name: "another revision header", header: []string{"Mcp-Protocol-Version", "2025-11-25"}, status: 400, code: -32020},
		{name: "two revision headers", raw: func(r *http.Request) { r.Header["Mcp-Protocol-Version"] = []string{modern, "2025-11-25"} }, status: 400, code: -32020},
		{name: "no _meta", body: `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{` + echoed + `}}`, status: 400, code: -32602},
		{name: "no capabilities", body: with(`,"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}`, ""), status: 400, code: -32602},
		{name: "capabilities that are none", body: with(`clientCapabilities":{"elicitation":{}}`, `clientCapabilities":7`), status: 400, code: -32602},
		{name: "unknown revision", body: with(modern, "2099-01-01"), header: []string{"Mcp-Protocol-Version", "2099-01-01"}, status: 400, code: -32022},
		{name: "revision with a handshake in _meta", body: with(modern, "2025-11-25"), header: []string{"Mcp-Protocol-Version", "2025-11-25"}, status: 400, code: -32022},
		{name: "unknown revision without a session", body: `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{` + echoed + `}}`, header: []string{"Mcp-Protocol-Version", "1999-01-01"}, status: 400, code: -32022},
		{name: "handshake in a revision without", body: plainly("initialize"), header: []string{"Mcp-Method", "initialize", "Mcp-Name", ""}, status: 404, code: -32601},
		{name: "unknown method", body: plainly("tools/destroy"), header: []string{"Mcp-Method", "tools/destroy", "Mcp-Name", ""}, status: 404, code: -32601},
		{name: "a response", body: `{"jsonrpc":"2.0","id":7,"result":{}}`, status: 400, code: -32600},
	}
}

// places have no session, or go where nothing is.
func places() []hostile {
	return []hostile{
		{name: "call without a session", body: callJSON(7, "echo"), header: []string{"Mcp-Protocol-Version", ""}, status: 400, code: -32600},
		{name: "unknown session", body: callJSON(7, "echo"), header: []string{"Mcp-Protocol-Version", "2025-11-25", "Mcp-Session-Id", "AAAAAAAAAAAAAAAAAAAAAAAAAA"}, status: 404, code: -32001},
		{name: "session of spaces", body: callJSON(7, "echo"), header: []string{"Mcp-Protocol-Version", "2025-11-25", "Mcp-Session-Id", " "}, status: 400, code: -32600},
		{name: "unknown revision in a session", body: callJSON(7, "echo"), header: []string{"Mcp-Protocol-Version", "1999-01-01", "Mcp-Session-Id", "AAAA"}, status: 400, code: -32022},
		{name: "stream of no session", method: "GET", body: " ", status: 400, code: -32600},
		{name: "stream of an unknown session", method: "GET", body: " ", header: []string{"Mcp-Protocol-Version", "2025-11-25", "Mcp-Session-Id", "AAAA"}, status: 404, code: -32001},
		{name: "stream without accepting one", method: "GET", body: " ", header: []string{"Accept", "application/json"}, status: 406, code: -32000},
		{name: "end of an unknown session", method: "DELETE", body: " ", header: []string{"Mcp-Protocol-Version", "2025-11-25", "Mcp-Session-Id", "AAAA"}, status: 404, code: -32001},
		{name: "PUT", method: "PUT", status: 405, code: -32000},
		{name: "PATCH", method: "PATCH", status: 405, code: -32000},
		{name: "TRACE", method: "TRACE", body: " ", status: 405, code: -32000},
		{name: "a method of its own", method: "HARM", status: 405, code: -32000},
		{name: "POST to a probe", path: "/healthz", status: 405, code: -32000},
		{name: "root", path: "/", status: 404, code: -32000},
		{name: "path with an end", path: "/mcp/", status: 404, code: -32000},
		{name: "path with dots", path: "/x/../mcp", status: 404, code: -32000},
		{name: "path with an escape", path: "/%6dcp", status: 404, code: -32000},
		{name: "path with two slashes", path: "//mcp", status: 404, code: -32000},
		{name: "path in another case", path: "/MCP", status: 404, code: -32000},
		{name: "path with an escaped slash", path: "/mcp%2f", status: 404, code: -32000},
		{name: "the old transport, which is off", method: "GET", path: "/sse", body: " ", status: 404, code: -32000},
	}
}

// TestHostile sends what must be refused: with the right status, an error of
// JSON-RPC for a body, and without an effect.
func TestHostile(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{MaxBody: 64 << 10, AllowedOrigins: []string{"https://good.example"}})
	all := slices.Concat(strangers(), crossings(), forms(), readings(), revisions(), places())
	for _, h := range all {
		t.Run(h.name, func(t *testing.T) {
			res := s.do(h.request(s))
			text := s.read(res)
			if res.StatusCode != h.status {
				t.Fatalf("status %d, want %d: %s", res.StatusCode, h.status, text)
			}
			var m struct {
				Version string `json:"jsonrpc"`
				ID      any
				Error   struct {
					Code    int
					Message string
				}
			}
			if err := json.Unmarshal([]byte(text), &m); err != nil || m.Version != "2.0" {
				t.Fatalf("no JSON-RPC: %v: %s", err, text)
			}
			if m.Error.Code != h.code || m.Error.Message == "" {
				t.Errorf("error %+v, want %d", m.Error, h.code)
			}
			if got := res.Header.Get("Access-Control-Allow-Origin"); got != "" && h.status == 403 {
				t.Errorf("a page may read the refusal: %s", got)
			}
			if res.Header.Get("Content-Type") != "application/json" {
				t.Errorf("content type %s", res.Header.Get("Content-Type"))
			}
		})
	}
	select {
	case text := <-s.calls:
		t.Errorf("a refused call had an effect: %q", text)
	default:
	}
	fmt.Printf("httpd: %d hostile requests refused\n", len(all))
	res := s.do(s.modern("tools/call", `"name":"echo","arguments":{"text":"good"}`, "Origin", "https://good.example"))
	if text := s.read(res); res.StatusCode != 200 || !strings.Contains(text, "good") {
		t.Errorf("a good call after all: %d %s", res.StatusCode, text)
	}
}

func (h *hostile) request(s *site) *http.Request {
	body, headers := modernCall(7, "tools/call", echoed)
	if h.body != "" {
		body = strings.TrimSpace(h.body)
	}
	method := h.method
	if method == "" {
		method = "POST"
	}
	r := s.request(method, body, append(headers, h.header...)...)
	if h.path != "" {
		u, err := r.URL.Parse(strings.TrimSuffix(s.url, "/mcp") + h.path)
		if err != nil {
			s.t.Fatal(err)
		}
		if strings.Contains(h.path, "..") { // which Parse resolves
			u.Path = h.path
		}
		r.URL = u
	}
	if h.raw != nil {
		h.raw(r)
	}
	return r
}
