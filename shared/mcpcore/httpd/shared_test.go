package httpd_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
)

const echoJSON = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}`

// get opens the stream on which a client listens.
func (s *site) get(id string, headers ...string) *http.Request {
	return s.request("GET", "", append([]string{"Mcp-Session-Id", id, "Mcp-Protocol-Version", "2025-11-25"}, headers...)...)
}

func (s *site) want(what string, r *http.Request, status int, text string) {
	s.t.Helper()
	res := s.do(r)
	if got := s.read(res); res.StatusCode != status || !strings.Contains(got, text) {
		s.t.Errorf("%s: got %d %s, want %d and %q", what, res.StatusCode, got, status, text)
	}
}

// A session that began at one replica goes on at any other, for whoever began it.
func TestAnyReplica(t *testing.T) {
	p, all := replicasOf(t, 3)
	a, b, c := all[0], all[1], all[2]
	id := a.session("2025-11-25")
	for _, s := range []*site{b, c, a, b} {
		s.want("its own", s.in(id, echoJSON), 200, "hello")
		s.want("another principal's", s.in(id, echoJSON, "Authorization", "Bearer bob"), 404, "no such session")
		s.want("another principal's end", s.request("DELETE", "", "Mcp-Session-Id", id, "Authorization", "Bearer bob"), 404, "no such session")
		s.want("made up", s.in(strings.Repeat("A", len(id)), echoJSON), 404, "no such session")
		s.want("no name at all", s.in("x:*", echoJSON), 404, "no such session")
	}
	b.want("the level", b.in(id, `{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"error"}}`), 200, "result")
	c.release()
	c.want("a call that logs below the level", c.in(id, callJSON(2, "talk")), 200, `"late"`) // plain JSON, as nothing comes before it

	b.want("the end", b.request("DELETE", "", "Mcp-Session-Id", id), 204, "")
	for _, s := range all {
		s.want("after the end", s.in(id, echoJSON), 404, "no such session")
	}
	p.set(func() { p.full = true })
	a.want("too many", a.request("POST", initializeJSON("2025-11-25")), 503, "too many sessions")
}

// What a client sends about a call finds the replica that works on it.
func TestCallElsewhere(t *testing.T) {
	_, all := replicasOf(t, 3)
	a, b, c := all[0], all[1], all[2]
	id := a.session("2025-11-25")
	asked := regexp.MustCompile(`"id":("ask-1@[A-Z2-7]+")`)
	for n, s := range []*site{a, b} { // b has taken it over
		e := s.events(s.do(s.in(id, callJSON(1, "ask"))))
		question := e.until("elicitation/create").data
		m := asked.FindStringSubmatch(question)
		if m == nil {
			t.Fatalf("no id of a replica in %s", question)
		}
		c.want("an answer", c.in(id, `{"jsonrpc":"2.0","id":`+m[1]+`,"result":{"action":"accept","content":{}}}`), 202, "")
		e.until("confirmed")
		gone := `{"jsonrpc":"2.0","id":"ask-1@NOBODY","result":{"action":"accept"}}`
		c.want("an answer to nobody", c.in(id, gone), 503, "cannot be reached")

		leave, done := s.start(s.in(id, callJSON(10+n, "wait")))
		await(t, "the call", s.came)
		c.want("a cancellation", c.in(id, fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d}}`, 10+n)), 202, "")
		await(t, "the end of the call", s.left)
		<-done
		leave()
	}
	old := a.session("2025-03-26")
	leave, done := a.start(a.in(old, callJSON(1, "wait")))
	defer leave()
	await(t, "the call", a.came)
	b.want("a batch", b.in(old, `[{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}},`+
		`{"jsonrpc":"2.0","id":2,"method":"logging/setLevel","params":{"level":"error"}}]`), 200, `"id":2`)
	await(t, "the end of the call", a.left)
	<-done
	c.release()
	c.want("what the batch has set", c.in(old, callJSON(2, "talk")), 200, `"late"`)
}

// The end of a session ends what is open for it, wherever that is.
func TestEndElsewhere(t *testing.T) {
	p, all := replicasOf(t, 2)
	a, b := all[0], all[1]
	id := a.session("2025-11-25")
	stream := a.events(a.do(a.get(id)))
	leave, done := a.start(a.in(id, callJSON(1, "wait")))
	defer leave()
	await(t, "the call", a.came)
	b.want("the end", b.request("DELETE", "", "Mcp-Session-Id", id), 204, "")
	await(t, "the end of the call", a.left)
	<-done
	if one, more := stream.next(); more {
		t.Errorf("the stream goes on: %+v", one)
	}

	// The message is lost: the copy at a serves nothing all the same.
	id = a.session("2025-11-25")
	stream = a.events(a.do(a.get(id)))
	p.set(func() { p.deaf = true })
	b.want("the end", b.request("DELETE", "", "Mcp-Session-Id", id), 204, "")
	a.want("after the end", a.in(id, echoJSON), 404, "no such session")
	if one, more := stream.next(); more {
		t.Errorf("the stream goes on: %+v", one)
	}

	// Nobody asks; that something was lost is told.
	id = a.session("2025-11-25")
	stream = a.events(a.do(a.get(id)))
	b.want("the end", b.request("DELETE", "", "Mcp-Session-Id", id), 204, "")
	p.alarm()
	if one, more := stream.next(); more {
		t.Errorf("the stream goes on: %+v", one)
	}
}

// What belongs to no request comes where the client listens.
func TestListenElsewhere(t *testing.T) {
	_, all := replicasOf(t, 3)
	a, b, c := all[0], all[1], all[2]
	var mu sync.Mutex
	watched := map[*site]int{}
	for _, s := range all {
		s.server.SetWatch(func(string) (func(), error) {
			mu.Lock()
			defer mu.Unlock()
			watched[s]++
			return func() {
				mu.Lock()
				defer mu.Unlock()
				watched[s]--
			}, nil
		})
	}
	id := a.session("2025-11-25")
	first := a.events(a.do(a.get(id)))
	a.server.RemoveTools("poll")
	first.until("tools/list_changed")

	stream := b.events(b.do(b.get(id))) // takes over
	if one, more := first.next(); more {
		t.Errorf("the first stream goes on: %+v", one)
	}
	c.want("a call", c.in(id, echoJSON), 200, "hello")
	for _, s := range []*site{a, c} {
		s.server.RemoveTools("talk")
		stream.until("tools/list_changed")
	}
	subscribe := `{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"test://one"}}`
	c.want("subscribe", c.in(id, subscribe), 200, "result")
	c.server.ResourceUpdated("test://one") // is watched there until the next request, so that nothing is missed
	stream.until("test://one")
	c.want("a call", c.in(id, echoJSON), 200, "hello")
	b.want("a call", b.in(id, echoJSON), 200, "hello")
	b.server.ResourceUpdated("test://one")
	stream.until("test://one")
	mu.Lock()
	if watched[b] != 1 || watched[c] != 0 || watched[a] != 0 {
		t.Errorf("the resource is watched at a %d, at b %d, at c %d", watched[a], watched[b], watched[c])
	}
	mu.Unlock()

	// Another replica takes the stream, and with it the subscriptions.
	last := stream.last
	again := c.events(c.do(c.get(id, "Last-Event-Id", last)))
	if one, more := stream.next(); more {
		t.Errorf("the stream goes on: %+v", one)
	}
	c.server.ResourceUpdated("test://one")
	again.until("test://one")
	a.want("unsubscribe", a.in(id, strings.Replace(subscribe, "subscribe", "unsubscribe", 1)), 200, "result")
	c.want("a call", c.in(id, echoJSON), 200, "hello")
	c.server.ResourceUpdated("test://one")
	c.server.RemoveTools("wait")
	if one, _ := again.next(); !strings.Contains(one.data, "list_changed") {
		t.Errorf("after the end of the subscription came %+v", one)
	}

	// The rest of a response is where it was begun.
	e := a.events(a.do(a.in(id, callJSON(5, "ask"))))
	prime, _ := e.next()
	b.want("the rest of a response", b.get(id, "Last-Event-Id", prime.id), 400, "not kept any more")
}

// Without the store no session is served, since it may have ended. What needs
// no session goes on.
func TestStoreAway(t *testing.T) {
	p, all := replicasOf(t, 1)
	a := all[0]
	id := a.session("2025-11-25")
	p.set(func() { p.away = true })
	for what, r := range map[string]*http.Request{
		"a call": a.in(id, echoJSON), "the end": a.request("DELETE", "", "Mcp-Session-Id", id),
		"the stream": a.get(id), "a handshake": a.request("POST", initializeJSON("2025-11-25")),
	} {
		res := a.do(r)
		if text := a.read(res); res.StatusCode != 503 || !strings.Contains(text, "try again in a moment") || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", what, res.StatusCode, text)
		}
	}
	a.want("without a session", a.modern("tools/call", `"name":"echo","arguments":{"text":"still"}`), 200, "still")
	p.set(func() { p.away = false })
	a.want("the store is back", a.in(id, echoJSON), 200, "hello")
}

// Requests of one session at all replicas at once, while one of them drains.
func TestEverywhereAtOnce(t *testing.T) {
	_, all := replicasOf(t, 3)
	id := all[0].session("2025-11-25")
	var work sync.WaitGroup
	bad := make(chan string, 300)
	for n := range 300 {
		work.Go(func() {
			s := all[n%3]
			text := fmt.Sprintf("text-%d", n)
			r := s.in(id, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"echo","arguments":{"text":%q}}}`, n, text))
			res, err := s.client.Do(r)
			if err != nil {
				bad <- err.Error()
				return
			}
			defer res.Body.Close()
			if got := s.read(res); res.StatusCode != 200 || !strings.Contains(got, `"`+text+`"`) || !strings.Contains(got, fmt.Sprintf(`"id":%d,`, n)) {
				if s != all[0] || res.StatusCode != 503 {
					bad <- fmt.Sprintf("%d: %d %s", n, res.StatusCode, got)
				}
			}
		})
		if n == 100 {
			work.Go(all[0].handler.Drain)
		}
	}
	work.Wait()
	close(bad)
	for text := range bad {
		t.Error(text)
	}
	all[1].want("the session is there still", all[1].in(id, echoJSON), 200, "hello")
}
