package httpd_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// TestOddIDs sends ids that other programs lose digits of: each comes back as
// it was.
func TestOddIDs(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	for _, id := range []string{
		"123456789012345678901234567890", "-0", "1.5", "1e400", "9007199254740993", `""`, `"\u0000"`, `"\ud800"`, `"null"`, `"` + strings.Repeat("i", 100_000) + `"`,
	} {
		_, headers := modernCall(7, "tools/call", echoed)
		res := s.do(s.request("POST", with(`"id":7`, `"id":`+id), headers...))
		if text := s.read(res); res.StatusCode != 200 || !strings.HasPrefix(text, `{"jsonrpc":"2.0","id":`+id+`,"result"`) {
			t.Errorf("%.50s: %d %.200s", id, res.StatusCode, text)
		}
	}
}

// TestBrokenText has a tool give text with what ends lines and events, and half
// characters: it stays one event, and text.
func TestBrokenText(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	const evil = "a\n\nevent: endpoint\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\r\n\r\n\rid: 9\u2028\u2029\x00\xed\xa0\x80"
	s.server.AddTools(mcpcore.Read("evil", "Say it.", func(ctx context.Context, _ nothing) (string, error) {
		mcpcore.Log(ctx, mcpcore.LevelInfo, evil, evil)
		return evil, nil
	}))
	want := `{"type":"text","text":"a\n\nevent: endpoint\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\r\n\r\n\rid: 9`
	for _, r := range []*http.Request{s.modern("tools/call", `"name":"evil"`), s.in(s.session("2025-11-25"), callJSON(1, "evil"))} {
		e := s.events(s.do(r))
		if one := e.until("notifications/message"); one.name != "" || strings.Contains(one.id, "9") {
			t.Errorf("the message: %+v", one)
		}
		if one := e.until(`"result":{`); one.name != "" || !strings.Contains(one.data, want) || strings.Contains(one.id, "9") {
			t.Errorf("the result: %+v", one)
		}
		if one, more := e.next(); more {
			t.Errorf("there is one more: %+v", one)
		}
	}
	res := s.do(s.modern("tools/call", `"name":"echo","arguments":{"text":"\ud800x\udc00"}`))
	if text := s.read(res); res.StatusCode != 200 || !strings.Contains(text, "\ufffdx\ufffd") {
		t.Errorf("half characters: %d %s", res.StatusCode, text)
	}
}

// TestEventsOfOthers asks for events that are not the session's, or of no
// session.
func TestEventsOfOthers(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	victim, thief := s.session("2025-11-25"), s.session("2025-11-25")
	e := s.events(s.do(s.in(victim, callJSON(1, "talk"))))
	theirs := e.until("one").id
	await(t, "the call", s.came)
	for _, last := range []string{
		theirs, "1-0", "0--1", "0-99999999999999999999", "0-1e3", "-", "1", "../0-1", "0-1, 0-2", strings.Repeat("9", 1000), "0-0x1", "é-1",
	} {
		res := s.do(s.request("GET", "", "Mcp-Session-Id", thief, "Last-Event-Id", last))
		if text := s.read(res); res.StatusCode != 400 || !strings.Contains(text, `"code":-32600`) || strings.Contains(text, `"one"`) {
			t.Errorf("%.50s: %d %.200s", last, res.StatusCode, text)
		}
	}
	s.release()
	e.until("late")
}

// TestFixation has a client choose the id of its session: it gets none, and
// nobody else's.
func TestFixation(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	res := s.do(s.request("POST", initializeJSON("2025-11-25"), "Mcp-Session-Id", "CHOSENBYTHECLIENTCHOSENBYT"))
	if text := s.read(res); res.StatusCode != 404 || res.Header.Get("Mcp-Session-Id") != "" || !strings.Contains(text, `"code":-32001`) {
		t.Errorf("a chosen id: %d %v %s", res.StatusCode, res.Header, text)
	}
	seen := map[string]bool{}
	for range 100 {
		id := s.session("2025-11-25")
		if len(id) < 26 || seen[id] {
			t.Fatalf("the id %q", id)
		}
		seen[id] = true
	}
}

// TestBatchBomb sends more messages at once than are served.
func TestBatchBomb(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	id := s.session("2025-03-26")
	for name, test := range map[string]struct {
		body   string
		status int
		want   string
	}{
		"many calls":   {"[" + strings.TrimSuffix(strings.Repeat(callJSON(1, "none")+",", 20_000), ",") + "]", 200, "a batch holds at most 1000 messages"},
		"many nothing": {"[" + strings.TrimSuffix(strings.Repeat("1,", 100_000), ",") + "]", 200, "a batch holds at most 1000 messages"},
		"empty":        {"[]", 200, "a batch holds at least one message"},
		"nested":       {"[[" + callJSON(1, "echo") + "]]", 200, "-32600"},
		"deep":         {strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), 400, "-32600"},
	} {
		res := s.do(s.request("POST", test.body, "Mcp-Session-Id", id))
		text := s.read(res)
		if res.StatusCode != test.status || !strings.Contains(text, test.want) || strings.Count(text, `"jsonrpc"`) > 1001 {
			t.Errorf("%s: %d, %d answers: %.300s", name, res.StatusCode, strings.Count(text, `"jsonrpc"`), text)
		}
	}
	if len(s.calls) > 0 {
		t.Error("a call was served")
	}
	if res := s.do(s.request("POST", callJSON(1, "echo"), "Mcp-Session-Id", id)); res.StatusCode != 200 {
		t.Errorf("a good call after all: %d", res.StatusCode)
	}
}

// TestPreflight asks for more than a page may do.
func TestPreflight(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{AllowedOrigins: []string{"https://good.example"}})
	var names []string
	for i := range 500 {
		names = append(names, fmt.Sprintf("mcp-param-%d", i))
	}
	res := s.do(s.request("OPTIONS", "", "Origin", "https://good.example", "Access-Control-Request-Method", "DELETE",
		"Access-Control-Request-Headers", "cookie, x-forwarded-for, host, mcp-param-a\"b, "+strings.Join(names, ","),
		"Access-Control-Request-Private-Network", "true"))
	allowed := res.Header.Get("Access-Control-Allow-Headers")
	if res.StatusCode != 204 || strings.Count(allowed, ",") > 64 || strings.Contains(allowed, "cookie") || strings.Contains(allowed, "forwarded") || strings.Contains(allowed, `"`) {
		t.Errorf("%d %s", res.StatusCode, allowed)
	}
	for _, name := range []string{"Access-Control-Allow-Credentials", "Access-Control-Allow-Private-Network"} {
		if res.Header.Get(name) != "" {
			t.Errorf("%s is given", name)
		}
	}
	if vary := strings.Join(res.Header.Values("Vary"), ","); !strings.Contains(vary, "Origin") || res.Header.Get("Access-Control-Allow-Origin") != "https://good.example" {
		t.Errorf("%v", res.Header)
	}
}

// TestContinue has clients wait to be told to go on, send in pieces, and say
// more behind the end: good requests all the same.
func TestContinue(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	r := s.modern("tools/call", echoed, "Expect", "100-continue")
	if res := s.do(r); res.StatusCode != 200 || await(t, "the call", s.calls) != "HARM" {
		t.Errorf("100-continue: %d", res.StatusCode)
	}
	r = s.modern("tools/call", echoed)
	r.ContentLength, r.Body = -1, io.NopCloser(r.Body)
	r.Trailer = http.Header{"Mcp-Name": {"wait"}, "Origin": {"https://evil.example"}}
	if res := s.do(r); res.StatusCode != 200 || await(t, "the call", s.calls) != "HARM" {
		t.Errorf("pieces and trailers: %d", res.StatusCode)
	}
}

// TestRapidReset begins calls on one connection of HTTP/2 and leaves them at
// once, over and over: what runs is bounded, all of it ends, and others are
// served.
func TestRapidReset(t *testing.T) {
	s, client := overHTTP2(t)
	s.client = client
	const each, places = 500, 64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range each {
				ctx, leave := context.WithCancel(s.ctx)
				ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { leave() }})
				if res, err := s.client.Do(s.modern("tools/call", `"name":"wait"`).WithContext(ctx)); err == nil {
					res.Body.Close()
				}
				leave()
			}
		})
	}
	all.Wait()
	await(t, "a call at all", s.came)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); s.server.Load().Running > 0; <-tick.C {
		if n := s.server.Load().Running; n > places || time.Now().After(deadline) {
			t.Fatalf("%d calls are running", n)
		}
	}
	if res := s.do(s.modern("tools/list", "")); res.StatusCode != 200 || res.ProtoMajor != 2 {
		t.Errorf("a good request after all: %d %s", res.StatusCode, res.Proto)
	}
}
