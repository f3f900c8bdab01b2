package httpd_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/rate"
)

// byName takes a token for the name of its principal.
type byName struct{}

func (byName) Verify(_ context.Context, token string) (*auth.Principal, error) {
	return &auth.Principal{ID: token, Trusted: true}, nil
}

func as(r *http.Request, who string) *http.Request {
	r.Header.Set("Authorization", "Bearer "+who)
	return r
}

// TestRate sends more requests than are served: a call is told so in its
// result, for the model, and all else by the status 429.
func TestRate(t *testing.T) {
	for _, era := range []string{"stateless", "session"} {
		t.Run(era, func(t *testing.T) {
			s := newSite(t, mcpcore.HTTPOptions{}, func(o *mcpcore.Options) { o.RateLimitPerPrincipal = rate.Limit{Every: 20 * time.Minute, Burst: 3} })
			ask := func(method, params string) *http.Request { return s.modern(method, params) }
			if era == "session" {
				id := s.session("2025-11-25")
				ask = func(method, params string) *http.Request {
					return s.in(id, `{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":{`+params+`}}`)
				}
			}
			for range 3 {
				s.read(s.do(ask("tools/list", "")))
			}
			res := s.do(ask("tools/list", ""))
			text := s.read(res)
			if after := res.Header.Get("Retry-After"); res.StatusCode != 429 || after == "" || after == "0" ||
				!strings.HasPrefix(text, `{"jsonrpc":"2.0","id":1,"error":{"code":-32003,"message":"busy: `) ||
				!strings.HasSuffix(text, `"data":{"retryAfter":`+after+"}}}") {
				t.Errorf("list: %d %v %s", res.StatusCode, res.Header, text)
			}
			res = s.do(ask("tools/call", echoed))
			if text := s.read(res); res.StatusCode != 200 || !strings.Contains(text, "busy: ") || !strings.Contains(text, `"isError":true`) {
				t.Errorf("call: %d %s", res.StatusCode, text)
			}
			select {
			case <-s.calls:
				t.Error("the call was served")
			default:
			}
			if res := s.do(s.request("POST", initializeJSON("2025-11-25"))); res.StatusCode != 429 || res.Header.Get("Mcp-Session-Id") != "" {
				t.Errorf("initialize: %d %v", res.StatusCode, res.Header)
			}
		})
	}
}

// TestSharesOfSessions has one principal begin sessions without end: they cost
// it its own, and nobody else's.
func TestSharesOfSessions(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{MaxSessions: 6, Guard: &auth.Guard{Verifiers: []auth.Verifier{byName{}}}})
	begin := func(who string) string {
		t.Helper()
		res := s.do(as(s.request("POST", initializeJSON("2025-11-25")), who))
		if text := s.read(res); res.StatusCode != 200 {
			t.Fatalf("%s: %d %s", who, res.StatusCode, text)
		}
		return res.Header.Get("Mcp-Session-Id")
	}
	alive := func(who, id string) bool {
		res := s.do(as(s.in(id, callJSON(1, "echo")), who))
		s.read(res)
		return res.StatusCode == 200
	}
	bob, cyd := begin("bob"), begin("cyd")
	var adas []string
	for range 20 {
		adas = append(adas, begin("ada"))
	}
	if !alive("bob", bob) || !alive("cyd", cyd) {
		t.Error("the sessions of others had to give way")
	}
	for i, id := range adas {
		if want := i >= 17; alive("ada", id) != want {
			t.Errorf("session %d of ada: alive is %v, want the last three", i, !want)
		}
	}
	// The table is full with the next two; what gives way is of who has the most.
	dan, eve := begin("dan"), begin("eve")
	for who, id := range map[string]string{"bob": bob, "cyd": cyd, "dan": dan, "eve": eve} {
		if !alive(who, id) {
			t.Errorf("the session of %s had to give way", who)
		}
	}
	begin("ada") // for one of its own again
	for _, id := range []string{begin("ada"), begin("ada")} {
		s.events(s.do(as(s.request("GET", "", "Mcp-Session-Id", id), "ada")))
	}
	if res := s.do(as(s.request("POST", initializeJSON("2025-11-25")), "ada")); res.StatusCode != 503 {
		t.Errorf("with all of its sessions in use: %d %s", res.StatusCode, s.read(res))
	}
	if !alive("bob", bob) {
		t.Error("another had to give way for one who has more")
	}
}

// TestSharesOfStreams has one principal open streams without end.
func TestSharesOfStreams(t *testing.T) {
	s := newSite(t, mcpcore.HTTPOptions{MaxStreams: 4, Guard: &auth.Guard{Verifiers: []auth.Verifier{byName{}}}})
	listen := func(who string) *http.Response {
		return s.do(as(s.modern("subscriptions/listen", `"notifications":{}`), who))
	}
	var open []*events
	for range 2 {
		open = append(open, s.events(listen("ada")))
	}
	res := listen("ada")
	if text := s.read(res); res.StatusCode != 429 || res.Header.Get("Retry-After") != "1" || !strings.Contains(text, `"code":-32003`) {
		t.Errorf("one too many: %d %s", res.StatusCode, text)
	}
	for range 2 {
		s.events(listen("bob"))
	}
	if res := listen("cyd"); res.StatusCode != 503 || res.Header.Get("Retry-After") != "1" {
		t.Errorf("too many in all: %d %s", res.StatusCode, s.read(res))
	}
	open[0].res.Body.Close()
	for {
		res := listen("ada")
		if res.StatusCode == 200 {
			break
		}
		s.read(res)
	}
}
