package httpd_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// start sends a request and returns what ends it.
func (s *site) start(r *http.Request) (leave context.CancelFunc, done <-chan struct{}) {
	ctx, cancel := context.WithCancel(r.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if res, err := s.client.Do(r.WithContext(ctx)); err == nil {
			res.Body.Close()
		}
	}()
	return cancel, ended
}

// TestDisconnect leaves calls in both eras: before anything came, and after.
func TestDisconnect(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{Grace: time.Millisecond})
	id := s.session("2025-11-25")
	for name, r := range map[string]func() *http.Request{
		"stateless": func() *http.Request { return s.modern("tools/call", `"name":"wait"`) },
		"session":   func() *http.Request { return s.in(id, callJSON(1, "wait")) },
	} {
		t.Run(name, func(t *testing.T) {
			leave, done := s.start(r())
			await(t, "the call", s.came)
			leave()
			await(t, "the end of the call", s.left)
			<-done
		})
	}
	for name, r := range map[string]func() *http.Request{
		"stateless stream": func() *http.Request { return s.modern("tools/call", `"name":"talk"`) },
		"session stream":   func() *http.Request { return s.in(id, callJSON(2, "talk")) },
	} {
		t.Run(name, func(t *testing.T) {
			e := s.events(s.do(r()))
			e.until("one")
			await(t, "the call", s.came)
			e.res.Body.Close()
			await(t, "the end of the call", s.left)
		})
	}
	t.Run("batch", func(t *testing.T) {
		id := s.session("2025-03-26")
		leave, done := s.start(s.in(id, "["+callJSON(1, "wait")+","+callJSON(2, "wait")+"]"))
		await(t, "a call", s.came)
		await(t, "a call", s.came)
		leave()
		await(t, "the end of a call", s.left)
		await(t, "the end of a call", s.left)
		<-done
	})
	t.Run("a cancelled call ends its request", func(t *testing.T) {
		res := make(chan *http.Response, 1)
		go func() {
			if r, err := s.client.Do(s.in(id, callJSON(3, "wait"))); err == nil {
				res <- r
			}
		}()
		await(t, "the call", s.came)
		s.do(s.in(id, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}`))
		r := await(t, "the response", res)
		defer r.Body.Close()
		if text := s.read(r); r.StatusCode != 202 || text != "" {
			t.Errorf("%d %q", r.StatusCode, text)
		}
	})
}

// TestResume loses a stream and comes back for the rest of it.
func TestResume(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	id := s.session("2025-11-25")
	e := s.events(s.do(s.in(id, callJSON(1, "talk"))))
	prime, _ := e.next()
	if prime.id == "" || prime.data != "" || prime.retry == "" {
		t.Errorf("the first event is to prime: %+v", prime)
	}
	one := e.until(`"one"`)
	await(t, "the call", s.came)
	e.res.Body.Close()

	resume := func(last string) *http.Response {
		return s.do(s.request("GET", "", "Mcp-Session-Id", id, "Last-Event-Id", last, "Mcp-Protocol-Version", "2025-11-25"))
	}
	again := s.events(resume(one.id))
	two := again.until(`"two"`)
	for _, bad := range []string{"x", "9-1", "1-99", "1-", "-1", "1--1", "1-18446744073709551616", "0-5"} {
		if res := resume(bad); res.StatusCode != 400 {
			t.Errorf("Last-Event-ID %q: %d", bad, res.StatusCode)
		}
	}
	other := s.session("2025-11-25")
	res := s.do(s.request("GET", "", "Mcp-Session-Id", other, "Last-Event-Id", one.id))
	if text := s.read(res); res.StatusCode != 400 {
		t.Errorf("another session's stream: %d %s", res.StatusCode, text)
	}
	// Whoever comes back anew takes over.
	third := s.events(resume(two.id))
	for {
		if _, more := again.next(); !more {
			break
		}
	}
	s.release()
	answer := third.until("late")
	if _, more := third.next(); more {
		t.Error("the stream goes on after the answer")
	}
	fourth := s.events(resume(two.id)) // the answer may have been lost on the way
	if got := fourth.until("late"); got != answer {
		t.Errorf("got %+v, want %+v", got, answer)
	}
}

// TestPolling has a tool send its client away.
func TestPolling(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{Retry: 7 * time.Millisecond})
	id := s.session("2025-11-25")
	e := s.events(s.do(s.in(id, callJSON(1, "poll"))))
	prime, _ := e.next()
	if prime.retry != "7" {
		t.Errorf("the first event: %+v", prime)
	}
	for {
		if _, more := e.next(); !more {
			break
		}
	}
	s.release()
	again := s.events(s.do(s.request("GET", "", "Mcp-Session-Id", id, "Last-Event-Id", e.last)))
	again.until("late")

	// Clients that do not know of it are kept.
	for _, r := range []*http.Request{s.in(s.session("2025-06-18"), callJSON(1, "poll")), s.modern("tools/call", `"name":"poll"`)} {
		e := s.events(s.do(r))
		if one, _ := e.next(); one.data == "" || one.retry != "" {
			t.Errorf("the first event: %+v", one)
		}
		e.until("late")
	}
}

// TestStandalone listens for what belongs to no request, in both eras.
func TestStandalone(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{KeepAlive: 10 * time.Millisecond})
	id := s.session("2025-11-25")
	j := mcptest.NewJudge()
	judged(t, j, initializeJSON("2025-11-25"), s.read(s.do(s.request("POST", initializeJSON("2025-11-25")))))
	get := func(headers ...string) *events {
		return s.events(s.do(s.request("GET", "", append(headers, "Mcp-Session-Id", id)...)))
	}
	e := get()
	body, headers := modernCall(9, "subscriptions/listen", `"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://one"]}`)
	l := s.events(s.do(s.request("POST", body, headers...)))
	judged(t, j, body, l.until("acknowledged").data)

	s.server.AddPrompts(mcpcore.NewPrompt("more", "More.", func(context.Context, nothing) ([]mcpcore.Message, error) { return nil, nil }))
	judged(t, j, "", e.until("prompts/list_changed").data)
	s.server.RemoveTools("poll")
	change := e.until("tools/list_changed")
	judged(t, j, "", change.data)
	if one := l.until("list_changed"); strings.Contains(one.data, "prompts") {
		t.Errorf("what was not asked for: %s", one.data)
	}
	s.server.ResourceUpdated("test://one")
	judged(t, j, "", l.until("resources/updated").data)

	e.res.Body.Close()
	s.server.RemovePrompts("more")
	e = get("Last-Event-Id", change.id)
	e.until("prompts/list_changed")
	newer := get()
	for {
		if _, more := e.next(); !more {
			break // one such stream at a time
		}
	}
	s.handler.Drain()
	judged(t, j, "", l.until(`"result"`).data)
	for _, stream := range []*events{l, newer} {
		if one, more := stream.next(); more {
			t.Errorf("after the end: %+v", one)
		}
	}
	if res := s.do(s.modern("tools/list", "")); res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
		t.Errorf("a request while stopping: %d", res.StatusCode)
	}
	s.url = strings.TrimSuffix(s.url, "/mcp") + "/readyz"
	if res := s.do(s.request("GET", "")); res.StatusCode != 503 {
		t.Errorf("readyz while stopping: %d", res.StatusCode)
	}
	s.url = strings.TrimSuffix(s.url, "/readyz") + "/healthz"
	if res := s.do(s.request("GET", "")); res.StatusCode != 200 {
		t.Errorf("healthz while stopping: %d", res.StatusCode)
	}
}

// TestQuiet keeps the connection of a call that says nothing for long.
func TestQuiet(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{KeepAlive: 5 * time.Millisecond})
	id := s.session("2025-06-18")
	for i, r := range []*http.Request{s.modern("tools/call", `"name":"wait"`), s.in(id, callJSON(1, "wait"))} {
		res := s.do(r)
		comment := make([]byte, 3)
		if _, err := res.Body.Read(comment); err != nil || string(comment) != ":\n\n" {
			t.Fatalf("%d: %q %v", i, comment, err)
		}
		if i == 1 {
			s.release()
			s.events(res).until("late")
		}
	}
}

// TestDrain answers what is under way.
func TestDrain(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	id := s.session("2025-11-25")
	bodies := make(chan string, 2)
	for _, r := range []*http.Request{s.modern("tools/call", `"name":"wait"`), s.in(id, callJSON(1, "wait"))} {
		go func() {
			res, err := s.client.Do(r)
			if err != nil {
				bodies <- fmt.Sprint(err)
				return
			}
			defer res.Body.Close()
			bodies <- s.read(res)
		}()
		await(t, "the call", s.came)
	}
	drained := make(chan struct{})
	go func() { defer close(drained); s.handler.Drain() }()
	for s.do(s.modern("tools/list", "")).StatusCode != 503 {
	}
	s.release()
	for range 2 {
		if text := await(t, "an answer", bodies); !strings.Contains(text, "late") {
			t.Errorf("got %s", text)
		}
	}
	await(t, "the end", drained)
}
