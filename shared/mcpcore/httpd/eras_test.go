package httpd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// requests are all methods that a client has, with params.
var requests = []struct{ method, params string }{
	{"tools/list", ""},
	{"tools/call", `"name":"echo","arguments":{"text":"hé"}`},
	{"tools/call", `"name":"no_such_tool"`},
	{"tools/call", `"name":"echo","arguments":{"text":[1]}`},
	{"resources/list", ""},
	{"resources/templates/list", ""},
	{"resources/read", `"uri":"test://one"`},
	{"resources/read", `"uri":"test://none"`},
	{"prompts/list", ""},
	{"prompts/get", `"name":"hello"`},
	{"completion/complete", `"ref":{"type":"ref/prompt","name":"hello"},"argument":{"name":"a","value":"b"}`},
}

// TestStateless sends every request without a handshake and checks each answer.
func TestStateless(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	for _, q := range append(slices.Clip(requests), struct{ method, params string }{"server/discover", ""}) {
		body, headers := modernCall(1, q.method, q.params)
		res := s.do(s.request("POST", body, headers...))
		text := s.read(res)
		judged(t, mcptest.NewJudge(), body, text)
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/json" || res.Header.Get("Mcp-Session-Id") != "" {
			t.Errorf("%s %s: %d %v", q.method, q.params, res.StatusCode, res.Header)
		}
	}
	t.Run("headers that say the same in other words", func(t *testing.T) {
		for _, headers := range [][]string{
			{"Mcp-Name", "=?base64?ZWNobw==?=", "Mcp-Param-Region", "=?base64?w6k=?="},
			{"Mcp-Name", "  echo ", "Mcp-Param-Region", "=?base64?w6k=?="},
		} {
			res := s.do(s.modern("tools/call", `"name":"echo","arguments":{"text":"x","region":"é","count":42,"dry":true}`,
				append(headers, "Mcp-Param-Count", "42.0", "Mcp-Param-Dry", "true")...))
			if text := s.read(res); res.StatusCode != 200 {
				t.Errorf("%v: %d %s", headers, res.StatusCode, text)
			}
		}
	})
	t.Run("a notification", func(t *testing.T) {
		res := s.do(s.request("POST", `{"jsonrpc":"2.0","method":"notifications/custom","params":{`+metaJSON+`}}`, "Mcp-Protocol-Version", modern))
		if text := s.read(res); res.StatusCode != 202 || text != "" {
			t.Errorf("%d %q", res.StatusCode, text)
		}
	})
	t.Run("a client that takes only JSON", func(t *testing.T) {
		s := newSite(t, mcpcore.HTTPOptions{})
		s.release()
		res := s.do(s.modern("tools/call", `"name":"talk"`, "Accept", "application/json"))
		if text := s.read(res); res.StatusCode != 200 || !strings.Contains(text, "late") {
			t.Errorf("%d %q", res.StatusCode, text)
		}
		res = s.do(s.modern("subscriptions/listen", `"notifications":{}`, "Accept", "application/json"))
		if text := s.read(res); res.StatusCode != 406 {
			t.Errorf("%d %q", res.StatusCode, text)
		}
	})
}

// TestRounds asks the user in both eras.
func TestRounds(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	t.Run("stateless", func(t *testing.T) {
		j := mcptest.NewJudge()
		body, headers := modernCall(1, "tools/call", `"name":"ask"`)
		text := s.read(s.do(s.request("POST", body, headers...)))
		judged(t, j, body, text)
		var first struct{ Result struct{ RequestState string } }
		if err := json.Unmarshal([]byte(text), &first); err != nil || first.Result.RequestState == "" {
			t.Fatalf("no question: %v %s", err, text)
		}
		body, _ = modernCall(2, "tools/call", fmt.Sprintf(`"name":"ask","requestState":%q,"inputResponses":{"ask-1":{"action":"accept","content":{}}}`,
			first.Result.RequestState))
		text = s.read(s.do(s.request("POST", body, headers...)))
		judged(t, j, body, text)
		if !strings.Contains(text, "confirmed") {
			t.Errorf("got %s", text)
		}
	})
	t.Run("session", func(t *testing.T) {
		j := mcptest.NewJudge()
		judged(t, j, initializeJSON("2025-11-25"))
		res := s.do(s.request("POST", initializeJSON("2025-11-25")))
		judged(t, j, "", s.read(res))
		id := res.Header.Get("Mcp-Session-Id")
		call := callJSON(1, "ask")
		e := s.events(s.do(s.in(id, call)))
		question := e.until("elicitation/create")
		judged(t, j, call, question.data)
		var q struct{ ID json.RawMessage }
		if err := json.Unmarshal([]byte(question.data), &q); err != nil {
			t.Fatal(err)
		}
		res = s.do(s.in(id, fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{}}}`, q.ID)))
		if text := s.read(res); res.StatusCode != 202 || text != "" {
			t.Errorf("the reply: %d %q", res.StatusCode, text)
		}
		judged(t, j, "", e.until("confirmed").data)
		if _, more := e.next(); more {
			t.Error("the stream goes on after the answer")
		}
	})
}

// TestSessions sends every request in a session of each revision.
func TestSessions(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	for _, revision := range []string{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"} {
		t.Run(revision, func(t *testing.T) {
			j := mcptest.NewJudge()
			res := s.do(s.request("POST", initializeJSON(revision)))
			id := res.Header.Get("Mcp-Session-Id")
			judged(t, j, initializeJSON(revision), s.read(res))
			if len(id) < 22 || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
				t.Errorf("session id %q", id)
			}
			headers := []string{"Mcp-Session-Id", id}
			if revision >= "2025-06-18" {
				headers = append(headers, "Mcp-Protocol-Version", revision)
			}
			send := func(body string) *http.Response { return s.do(s.request("POST", body, headers...)) }
			res = send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
			if text := s.read(res); res.StatusCode != 202 || text != "" {
				t.Errorf("initialized: %d %q", res.StatusCode, text)
			}
			for i, q := range append(slices.Clip(requests),
				struct{ method, params string }{"ping", ""}, struct{ method, params string }{"logging/setLevel", `"level":"info"`}) {
				body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{%s}}`, i+1, q.method, q.params)
				res := send(body)
				judged(t, j, body, s.read(res))
				if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/json" {
					t.Errorf("%s: %d %v", body, res.StatusCode, res.Header)
				}
			}
			batch := `[` + callJSON(100, "echo") + `,{"jsonrpc":"2.0","method":"notifications/custom"},` + callJSON(101, "echo") + `]`
			res = send(batch)
			text := s.read(res)
			if revision == "2025-03-26" {
				judged(t, j, batch, text)
				if strings.Count(text, `"result"`) != 2 {
					t.Errorf("batch: %d %s", res.StatusCode, text)
				}
			} else if !strings.Contains(text, "-32600") {
				t.Errorf("batch: %d %s", res.StatusCode, text)
			}
			res = s.do(s.request("DELETE", "", headers...))
			if res.StatusCode != 204 {
				t.Errorf("DELETE: %d", res.StatusCode)
			}
			if res := send(callJSON(200, "echo")); res.StatusCode != 404 {
				t.Errorf("after the end: %d", res.StatusCode)
			}
		})
	}
}

// TestModes narrows the revisions that are served.
func TestModes(t *testing.T) {
	t.Run(httpd.Stateless, func(t *testing.T) {
		s := newSite(t, mcpcore.HTTPOptions{Mode: httpd.Stateless})
		if res := s.do(s.modern("tools/list", "")); res.StatusCode != 200 {
			t.Errorf("a request without a handshake: %d", res.StatusCode)
		}
		res := s.do(s.request("POST", initializeJSON("2025-11-25")))
		if text := s.read(res); res.StatusCode != 400 || !strings.Contains(text, `"supported":["2026-07-28"]`) {
			t.Errorf("a handshake: %d %s", res.StatusCode, text)
		}
		for _, method := range []string{"GET", "DELETE"} {
			if res := s.do(s.request(method, "")); res.StatusCode != 405 || res.Header.Get("Allow") != "POST" {
				t.Errorf("%s: %d %v", method, res.StatusCode, res.Header)
			}
		}
	})
	t.Run(httpd.Sessions, func(t *testing.T) {
		s := newSite(t, mcpcore.HTTPOptions{Mode: httpd.Sessions})
		s.session("2025-06-18")
		res := s.do(s.modern("tools/list", ""))
		if text := s.read(res); res.StatusCode != 400 || !strings.Contains(text, `-32022`) || strings.Contains(text, `"supported":["2026-07-28"`) {
			t.Errorf("a request without a handshake: %d %s", res.StatusCode, text)
		}
	})
}

// TestLegacy speaks the transport of the first revision.
func TestLegacy(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{SSE: true})
	base := strings.TrimSuffix(s.url, "/mcp")
	s.url = base + "/sse"
	e := s.events(s.do(s.request("GET", "")))
	first, _ := e.next()
	if first.name != "endpoint" || !strings.HasPrefix(first.data, "/message?sessionId=") {
		t.Fatalf("the first event: %+v", first)
	}
	s.url = base + first.data
	j := mcptest.NewJudge()
	for _, body := range []string{initializeJSON("2024-11-05"), callJSON(1, "echo"), callJSON(2, "talk")} {
		if res := s.do(s.request("POST", body)); res.StatusCode != 202 {
			t.Errorf("%s: %d", body, res.StatusCode)
		}
		one, _ := e.next()
		judged(t, j, body, one.data)
	}
	await(t, "talk", s.came)
	e.res.Body.Close()
	await(t, "the end of the call", s.left)
	s.url = base + "/message?sessionId=unknown"
	if res := s.do(s.request("POST", callJSON(3, "echo"))); res.StatusCode != 404 {
		t.Errorf("an unknown session: %d", res.StatusCode)
	}
}
