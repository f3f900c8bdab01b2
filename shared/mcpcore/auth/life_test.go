package auth_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// tokensOf makes tokens of lines such as "ada TOKEN mcp:read,mcp:write EXPIRES".
func tokensOf(t *testing.T, lines ...string) *auth.Tokens {
	t.Helper()
	var all []string
	for _, line := range lines {
		f := strings.Fields(line)
		expires := ""
		if len(f) > 3 {
			expires = `,"expires":"` + f[3] + `"`
		}
		all = append(all, fmt.Sprintf(`{"name":%q,"token":%q,"scopes":["%s"]%s}`, f[0], f[1], strings.ReplaceAll(f[2], ",", `","`), expires))
	}
	tokens, err := auth.LoadTokens(written(t, `{"principals":[`+strings.Join(all, ",")+`]}`, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestReplace(t *testing.T) {
	tokens := tokensOf(t, "ada "+adaToken+" mcp:read", "bob "+bobToken+" mcp:read", "eve "+eveToken+" mcp:read", "dan "+danToken+" mcp:read")
	before := tokens.Principals()
	got := tokens.Replace(tokensOf(t,
		"ada "+adaToken+" mcp:read",
		"bob "+bobToken+" mcp:read,mcp:write",
		"eve new-"+eveToken+" mcp:read",
		"fay "+danToken+" mcp:read"))
	want := auth.Changes{Added: []string{"fay"}, Changed: []string{"bob"}, Revoked: []string{"eve", "dan"}, Gone: []string{"dan"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i, want := range []struct{ over, revoked bool }{{false, false}, {true, false}, {true, true}, {true, true}} {
		over := false
		select {
		case <-before[i].Over():
			over = true
		default:
		}
		if over != want.over || before[i].Revoked() != want.revoked {
			t.Errorf("%s: over %v, revoked %v", before[i].ID, over, before[i].Revoked())
		}
	}
	for token, want := range map[string]string{adaToken: "ada", bobToken: "bob", "new-" + eveToken: "eve", danToken: "fay", eveToken: ""} {
		p, err := tokens.Verify(t.Context(), token)
		if p != nil && p.ID != want || p == nil && want != "" {
			t.Errorf("%s is %v, %v; want %q", token, p, err, want)
		}
	}
	if tokens.Principals()[0] != before[0] {
		t.Error("ada is another, though nothing of hers has changed")
	}
}

// living is a site whose tokens change while requests are open.
type living struct {
	*site
	server *mcpcore.Server
	tokens *auth.Tokens
	came   chan string // principals whose handlers began
	left   chan string // and whose calls were cancelled
	open   chan struct{}
}

func newLiving(t *testing.T, lines ...string) *living {
	t.Helper()
	l := &living{tokens: tokensOf(t, lines...), came: make(chan string, 100), left: make(chan string, 100), open: make(chan struct{})}
	l.server = newServer()
	l.server.AddTools(mcpcore.Read("wait", "Wait.", func(ctx context.Context, _ nothing) (string, error) {
		mcpcore.Log(ctx, mcpcore.LevelInfo, "", "begun") // so that it is a stream
		l.came <- mcpcore.Principal(ctx)
		select {
		case <-l.open:
			return "late", nil
		case <-ctx.Done():
			l.left <- mcpcore.Principal(ctx)
			return "", ctx.Err()
		}
	}))
	l.server.Options.CallTimeout = -1
	handler := l.server.Handler(mcpcore.HTTPOptions{Guard: &auth.Guard{Verifiers: []auth.Verifier{l.tokens}}, SSE: true, Retry: time.Millisecond})
	web := httptest.NewServer(handler)
	transport := &http.Transport{}
	t.Cleanup(func() {
		handler.Drain()
		transport.CloseIdleConnections()
		web.Close()
	})
	l.site = &site{t, web.URL, &http.Client{Transport: transport, Timeout: 30 * time.Second}}
	return l
}

// opened is a response whose lines are read one after the other.
type opened struct {
	t     *testing.T
	res   *http.Response
	lines *bufio.Scanner
}

func (l *living) start(method, path, body string, headers ...string) *opened {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), method, l.url+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := l.client.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		l.t.Fatalf("no stream: %d %s", res.StatusCode, res.Header)
	}
	return &opened{l.t, res, bufio.NewScanner(res.Body)}
}

// until reads up to the line that holds text.
func (o *opened) until(text string) {
	o.t.Helper()
	for o.lines.Scan() {
		if strings.Contains(o.lines.Text(), text) {
			return
		}
	}
	o.t.Fatalf("the stream ended before %s: %v", text, o.lines.Err())
}

// rest reads to the end.
func (o *opened) rest() (text string) {
	o.t.Helper()
	for o.lines.Scan() {
		text += o.lines.Text() + "\n"
	}
	if err := o.lines.Err(); err != nil {
		o.t.Errorf("the stream did not end: %v", err)
	}
	return text
}

func bearer(token string, more ...string) []string {
	return append([]string{"Authorization", "Bearer " + token}, more...)
}

func (l *living) listen(token string) *opened {
	l.t.Helper()
	o := l.start("POST", "/mcp", `{"jsonrpc":"2.0","id":7,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},`+meta+`}}`,
		bearer(token, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "subscriptions/listen")...)
	o.until("acknowledged")
	return o
}

// wait makes a call that waits, in the newest revision.
func (l *living) wait(token string) *opened {
	l.t.Helper()
	log := strings.Replace(meta, `{"io`, `{"io.modelcontextprotocol/logLevel":"info","io`, 1)
	o := l.start("POST", "/mcp", `{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"wait",`+log+`}}`,
		bearer(token, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "wait")...)
	o.until("begun")
	<-l.came
	return o
}

// When a token expires, whoever listens with it has to come back with another.
// The session is there still, and the response to a call goes on in it.
func TestExpiry(t *testing.T) {
	soon := time.Now().Add(1500 * time.Millisecond).Format(time.RFC3339Nano)
	l := newLiving(t, "ada "+adaToken+" mcp:read "+soon, "bob "+bobToken+" mcp:read")
	session := l.initialize(adaToken, "2025-11-25")
	news := l.start("GET", "/mcp", "", bearer(adaToken, "Mcp-Session-Id", session)...)
	call := l.start("POST", "/mcp", callJSON(3, "wait"), bearer(adaToken, "Mcp-Session-Id", session)...)
	call.until("begun")
	<-l.came
	old := l.start("GET", "/sse", "", bearer(adaToken)...)
	listens := l.listen(adaToken)
	lasts := l.wait(adaToken)
	others := l.listen(bobToken)

	news.rest()
	old.rest()
	if text := call.rest(); strings.Contains(text, `"id":3`) {
		t.Errorf("the call was answered: %s", text)
	}
	if text := listens.rest(); !strings.Contains(text, `"id":7,"result"`) {
		t.Errorf("the request to listen has no end: %s", text)
	}
	l.call(adaToken, "look").want(t, 401, "invalid_token")
	l.in(session, adaToken, callJSON(4, "look")).want(t, 401, "invalid_token")

	// With a new token the session goes on.
	later := "new-" + adaToken
	l.server.EndRevoked(l.tokens.Replace(tokensOf(t, "ada "+later+" mcp:read", "bob "+bobToken+" mcp:read")))
	l.in(session, later, callJSON(5, "look")).want(t, 200, "I am ada")
	lasts.rest() // was begun with a token that now is revoked
	if who := <-l.left; who != "ada" {
		t.Error(who)
	}
	others.res.Body.Close()
}

// A call outlives the token it was made with, where the client could not come
// back for the answer.
func TestExpiryOfCall(t *testing.T) {
	soon := time.Now().Add(time.Second).Format(time.RFC3339Nano)
	l := newLiving(t, "ada "+adaToken+" mcp:read "+soon)
	call, listens := l.wait(adaToken), l.listen(adaToken)
	listens.rest() // the token has expired
	close(l.open)
	call.until(`"text":"late"`)
}

// What was begun with a token that is taken back ends, and nothing else.
func TestRevoked(t *testing.T) {
	l := newLiving(t, "ada "+adaToken+" mcp:read", "bob "+bobToken+" mcp:read", "eve "+eveToken+" mcp:read")
	session := l.initialize(adaToken, "2025-11-25")
	renewed := l.initialize(eveToken, "2025-11-25")
	streams := []*opened{
		l.start("GET", "/mcp", "", bearer(adaToken, "Mcp-Session-Id", session)...),
		l.start("GET", "/mcp", "", bearer(eveToken, "Mcp-Session-Id", renewed)...),
		l.start("GET", "/sse", "", bearer(adaToken)...),
		l.listen(adaToken), l.wait(adaToken), l.wait(eveToken),
	}
	inSession := l.start("POST", "/mcp", callJSON(3, "wait"), bearer(adaToken, "Mcp-Session-Id", session)...)
	inSession.until("begun")
	<-l.came
	plain := make(chan answer, 1)
	go func() { // without a stream before the answer
		plain <- l.do("POST", "/mcp", `{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"wait",`+meta+`}}`,
			bearer(adaToken, "Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "wait")...)
	}()
	<-l.came
	bob := l.wait(bobToken)

	l.server.EndRevoked(l.tokens.Replace(tokensOf(t, "bob "+bobToken+" mcp:read", "eve new-"+eveToken+" mcp:read")))
	for _, s := range append(streams, inSession) {
		if text := s.rest(); strings.Contains(text, "late") {
			t.Errorf("got %s", text)
		}
	}
	(<-plain).want(t, 401, "invalid_token")
	got := map[string]int{}
	for range 4 {
		got[<-l.left]++
	}
	if diff := cmp.Diff(map[string]int{"ada": 3, "eve": 1}, got); diff != "" {
		t.Error(diff)
	}
	l.call(adaToken, "look").want(t, 401, "invalid_token")
	l.in(renewed, "new-"+eveToken, callJSON(1, "look")).want(t, 200, "I am eve")

	// Somebody who later has the name does not have the session.
	l.server.EndRevoked(l.tokens.Replace(tokensOf(t, "bob "+bobToken+" mcp:read", "ada "+danToken+" mcp:read")))
	l.in(session, danToken, callJSON(1, "look")).want(t, 404)
	close(l.open)
	bob.until(`"text":"late"`)
}

// Whoever may do other things than before comes back to be looked at again;
// calls under way end as they began.
func TestAltered(t *testing.T) {
	l := newLiving(t, "ada "+adaToken+" mcp:read,mcp:write")
	listens, call := l.listen(adaToken), l.wait(adaToken)
	l.call(adaToken, "put").want(t, 200, "I am ada")
	l.server.EndRevoked(l.tokens.Replace(tokensOf(t, "ada "+adaToken+" mcp:read")))
	listens.rest()
	l.call(adaToken, "put").want(t, 403, "insufficient_scope")
	close(l.open)
	call.until(`"text":"late"`)
}
