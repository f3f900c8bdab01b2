package httpd_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
)

// serveOnce has a handler answer a request without a network.
func serveOnce(h *httpd.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.Host = "localhost"
	h.ServeHTTP(w, r)
	return w
}

// waiting is how many goroutines a handler keeps for requests to come.
var waiting = 4 * runtime.GOMAXPROCS(0)

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools held
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestAbandoned begins thousands of sessions that nobody ends.
func TestAbandoned(t *testing.T) {
	const many = 5000
	synctest.Test(t, func(t *testing.T) {
		s := unserved(t, mcpcore.HTTPOptions{IdleTimeout: time.Hour})
		s.url = "http://localhost/mcp"
		var last string
		begin := func(n int) {
			for range n {
				w := serveOnce(s.handler, s.request("POST", initializeJSON("2025-11-25")))
				if last = w.Header().Get("Mcp-Session-Id"); w.Code != 200 || last == "" {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
			}
		}
		begin(many)                 // maps and pools have their size from here on
		<-time.After(2 * time.Hour) // in the time of the test
		before, routines := heap(), runtime.NumGoroutine()
		begin(many)
		used := heap() - before
		<-time.After(59 * time.Minute)
		if w := serveOnce(s.handler, s.in(last, callJSON(1, "echo"))); w.Code != 200 {
			t.Errorf("a session in use: %d %s", w.Code, w.Body)
		}
		<-time.After(59 * time.Minute)
		synctest.Wait()
		if w := serveOnce(s.handler, s.in(last, callJSON(1, "echo"))); w.Code != 200 {
			t.Errorf("a session in use: %d %s", w.Code, w.Body)
		}
		<-time.After(2 * time.Hour)
		synctest.Wait()
		if w := serveOnce(s.handler, s.in(last, callJSON(1, "echo"))); w.Code != 404 {
			t.Errorf("an expired session: %d %s", w.Code, w.Body)
		}
		after := heap()
		t.Logf("%d sessions took %d bytes each; %d bytes are left", many, used/many, int64(after)-int64(before))
		if after > before+used/2 { // maps that are filled again may grow by a quarter of it
			t.Errorf("the heap was %d bytes and is %d", before, after)
		}
		if n := runtime.NumGoroutine(); n > routines+waiting {
			t.Errorf("there were %d goroutines and there are %d", routines, n)
		}
		s.handler.Drain()
	})
}

// TestGrace gives up a stream whose client does not come back, and its call.
func TestGrace(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{Grace: 20 * time.Millisecond})
	id := s.session("2025-11-25")
	e := s.events(s.do(s.in(id, callJSON(1, "talk"))))
	one := e.until("one")
	await(t, "the call", s.came)
	e.res.Body.Close()
	await(t, "the end of the call", s.left)
	res := s.do(s.request("GET", "", "Mcp-Session-Id", id, "Last-Event-Id", one.id))
	if text := s.read(res); res.StatusCode != 400 {
		t.Errorf("after the grace: %d %s", res.StatusCode, text)
	}
}

// TestTooMany begins more sessions than are allowed: the one that was unused
// for longest makes room, and one in use never.
func TestTooMany(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{MaxSessions: 2})
	first, second := s.session("2025-11-25"), s.session("2025-11-25")
	s.do(s.in(first, callJSON(1, "echo")))
	third := s.session("2025-11-25")
	for id, want := range map[string]int{first: 200, second: 404, third: 200} {
		if res := s.do(s.in(id, callJSON(2, "echo"))); res.StatusCode != want {
			t.Errorf("%d, want %d", res.StatusCode, want)
		}
	}
	for _, id := range []string{first, third} {
		s.events(s.do(s.request("GET", "", "Mcp-Session-Id", id)))
	}
	res := s.do(s.request("POST", initializeJSON("2025-11-25")))
	if text := s.read(res); res.StatusCode != 503 || !strings.Contains(text, "too many sessions") {
		t.Errorf("%d %s", res.StatusCode, text)
	}
}

// TestDroppedListens opens hundreds of streams and leaves them all.
func TestDroppedListens(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	open := func(n int) (all []*events) {
		body, headers := modernCall(1, "subscriptions/listen", `"notifications":{"toolsListChanged":true,"resourceSubscriptions":["test://one"]}`)
		for range n {
			e := s.events(s.do(s.request("POST", body, headers...)))
			e.until("acknowledged")
			all = append(all, e)
		}
		return all
	}
	leave := func(all []*events) {
		for _, e := range all {
			e.res.Body.Close()
		}
		s.client.CloseIdleConnections()
	}
	leave(open(5))
	settle(t, 20)
	routines := runtime.NumGoroutine()
	all := open(500)
	s.server.RemoveTools("poll")
	for _, e := range all {
		e.until("list_changed")
	}
	leave(all)
	settle(t, routines+waiting)
}

// settle waits until there are no more goroutines than that.
func settle(t *testing.T, most int) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > most; <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines are left, and there were %d", runtime.NumGoroutine(), most)
		}
	}
}

// TestSameID has several clients use one id at once: each gets its own answer.
func TestSameID(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	s.server.AddTools(mcpcore.Read("late", "Say it again, later.", func(_ context.Context, in textIn) (string, error) {
		s.came <- in.Text
		<-s.open
		return in.Text, nil
	}))
	answers := make(chan string, 4)
	for i := range 4 {
		who := fmt.Sprintf("client %d", i)
		arguments := fmt.Sprintf(`"name":"late","arguments":{"text":%q}`, who)
		r := s.modern("tools/call", arguments)
		if i < 2 {
			r = s.in(s.session("2025-11-25"), `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{`+arguments+`}}`)
		}
		go func() {
			res, err := s.client.Do(r)
			if err != nil {
				answers <- err.Error()
				return
			}
			defer res.Body.Close()
			text := s.read(res)
			if strings.Count(text, "client ") == 1 && strings.Contains(text, `"`+who+`"`) {
				text = ""
			}
			answers <- text
		}()
		await(t, "the call", s.came)
	}
	s.release()
	for range 4 {
		if wrong := await(t, "an answer", answers); wrong != "" {
			t.Error(wrong)
		}
	}
}

// TestTooManyStreams opens more streams than are allowed.
func TestTooManyStreams(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{MaxStreams: 1})
	id := s.session("2025-11-25")
	e := s.events(s.do(s.request("GET", "", "Mcp-Session-Id", id)))
	for _, r := range []*http.Request{s.request("GET", "", "Mcp-Session-Id", id), s.modern("subscriptions/listen", `"notifications":{}`)} {
		if res := s.do(r); res.StatusCode != 503 {
			t.Errorf("%d %s", res.StatusCode, s.read(res))
		}
	}
	e.res.Body.Close()
	for s.do(s.request("GET", "", "Mcp-Session-Id", id)).StatusCode == 503 {
	}
}

// TestExit has handlers end the goroutines that serve them: each is answered,
// and so are those who come after.
func TestExit(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{})
	s.server.AddTools(mcpcore.Read("exit", "End the goroutine.", func(context.Context, nothing) (string, error) {
		runtime.Goexit()
		return "", nil
	}))
	id := s.session("2025-11-25")
	for range 3 * runtime.GOMAXPROCS(0) {
		for _, r := range []*http.Request{s.in(id, callJSON(1, "exit")), s.modern("tools/call", `"name":"exit"`)} {
			if text := s.read(s.do(r)); !strings.Contains(text, "internal error") {
				t.Error(text)
			}
		}
		if res := s.do(s.in(id, callJSON(1, "echo"))); res.StatusCode != 200 {
			t.Error(res.StatusCode)
		}
	}
}

// TestConcurrent has many calls at once: each gets its own answer.
func TestConcurrent(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{}, func(o *mcpcore.Options) { o.MaxQueue = 10_000 })
	id := s.session("2025-11-25")
	var all sync.WaitGroup
	for worker := range 32 {
		all.Go(func() {
			for i := range 50 {
				n := worker*1000 + i + 1
				text := fmt.Sprintf("call %d", n)
				body, headers := modernCall(n, "tools/call", fmt.Sprintf(`"name":"echo","arguments":{"text":%q}`, text))
				r := s.request("POST", body, headers...)
				if n%2 == 0 {
					r = s.in(id, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"echo","arguments":{"text":%q}}}`, n, text))
				}
				res, err := s.client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				got := s.read(res)
				res.Body.Close()
				if !strings.Contains(got, fmt.Sprintf(`"id":%d,`, n)) || !strings.Contains(got, `"`+text+`"`) {
					t.Errorf("%s: %s", text, got)
				}
			}
		})
	}
	all.Wait()
}
