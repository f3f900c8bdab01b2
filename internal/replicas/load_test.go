//go:build unix

package replicas

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// load is what clients do, and what came of it.
type load struct {
	c    *cluster
	ctx  context.Context // done when they are to stop
	done atomic.Int64    // answers that were right
	more chan struct{}   // tells that there are more

	mu             sync.Mutex
	killed, buried time.Time // when a replica was killed, and was gone
	excused        int       // calls that were under way there
	wrong          []string
}

// note counts the answer to a call that began at a time.
func (l *load) note(what string, began time.Time, got string, want string, err error) {
	if l.ctx.Err() != nil {
		return
	}
	if err == nil && got == want {
		l.done.Add(1)
		select {
		case l.more <- struct{}{}:
		default:
		}
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if err != nil && !l.killed.IsZero() && now.After(l.killed) && (l.buried.IsZero() || began.Before(l.buried)) {
		l.excused++
		return
	}
	l.wrong = append(l.wrong, fmt.Sprintf("%s: got %q, want %q, %v", what, got, want, err))
}

// reach waits until so many more answers were right.
func (l *load) reach(t *testing.T, n int64) {
	t.Helper()
	goal := l.done.Load() + n
	deadline := time.After(patience)
	for l.done.Load() < goal {
		select {
		case <-l.more:
		case <-deadline:
			t.Fatalf("only %d of %d more answers came", l.done.Load()-goal+n, n)
		}
	}
}

// speaker speaks raw HTTP.
type speaker struct {
	*load
	url, token string
	n          int
	session    string
}

const revision = "2026-07-28"

// post sends a request and returns the response whose id is its own.
func (s *speaker) post(method, params string, stateless bool) (string, error) {
	s.n++
	headers := map[string]string{"Mcp-Session-Id": s.session, "Mcp-Protocol-Version": "2025-11-25"}
	if stateless {
		params += `,"_meta":{"io.modelcontextprotocol/protocolVersion":"` + revision +
			`","io.modelcontextprotocol/clientCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}`
		headers = map[string]string{"Mcp-Protocol-Version": revision, "Mcp-Method": method, "Mcp-Name": between(params, `"name":"`, `"`) + between(params, `"taskId":"`, `"`)}
	}
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{%s}}`, s.n, method, params)
	r, err := http.NewRequestWithContext(s.ctx, "POST", s.url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Authorization", "Bearer "+s.token)
	for name, value := range headers {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	res, err := s.c.client.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if res.StatusCode != 200 || !strings.Contains(string(raw), fmt.Sprintf(`"id":%d,`, s.n)) {
		return "", fmt.Errorf("%d %s", res.StatusCode, raw)
	}
	if id := res.Header.Get("Mcp-Session-Id"); id != "" {
		s.session = id
	}
	return string(raw), nil
}

func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	value, _, _ := strings.Cut(rest, after)
	return value
}

// calls calls a tool over and over.
func (l *load) calls(who int, stateless bool) {
	s := &speaker{load: l, url: l.c.url, token: adasToken}
	for n := 0; l.ctx.Err() == nil; n++ {
		if !stateless && s.session == "" {
			began := time.Now()
			_, err := s.post("initialize", `"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}`, false)
			l.note("initialize", began, "", "", err)
			if err != nil {
				continue
			}
		}
		text, began := fmt.Sprintf("text-%d-%d", who, n), time.Now()
		raw, err := s.post("tools/call", fmt.Sprintf(`"name":"say","arguments":{"text":%q,"millis":%d}`, text, n%20), stateless)
		l.note("say", began, between(raw, `"text":"`, `"`), text, err)
		if n%50 == 49 {
			s.session = "" // a new one
		}
	}
}

// works begins tasks, and asks for what came of them.
func (l *load) works(who int) {
	s := &speaker{load: l, url: l.c.url, token: adasToken}
	for n := 0; l.ctx.Err() == nil; n++ {
		text, began := fmt.Sprintf("work-%d-%d", who, n), time.Now()
		raw, err := s.post("tools/call", fmt.Sprintf(`"name":"work","arguments":{"text":%q,"millis":%d}`, text, 50+n%50), true)
		id := between(raw, `"taskId":"`, `"`)
		for err == nil && l.ctx.Err() == nil {
			raw, err = s.post("tasks/get", `"taskId":"`+id+`"`, true)
			status := between(raw, `"status":"`, `"`)
			if status == "completed" {
				break
			}
			if status == "failed" {
				err = errors.New(raw)
			}
			<-time.After(10 * time.Millisecond)
		}
		l.note("work", began, between(raw, `"text":"`, `"`), text, err)
	}
}

type authorized struct{ http.RoundTripper }

func (a authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+adasToken)
	return a.RoundTripper.RoundTrip(r)
}

// asks has the official Go client answer questions.
func (l *load) asks(who int, revision string) {
	name := fmt.Sprintf("client-%d", who)
	client := mcp.NewClient(&mcp.Implementation{Name: name, Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"name": name}}, nil
		},
	})
	var session *mcp.ClientSession
	for n := 0; l.ctx.Err() == nil; n++ {
		began := time.Now()
		if session == nil {
			var err error
			session, err = client.Connect(l.ctx, &mcp.StreamableClientTransport{
				Endpoint: l.c.url, HTTPClient: &http.Client{Transport: authorized{l.c.client.Transport}},
			}, &mcp.ClientSessionOptions{ProtocolVersion: revision})
			if err != nil {
				session = nil
				l.note("connect", began, "", "", err)
				continue
			}
		}
		text := fmt.Sprintf("question-%d", n)
		ctx, cancel := context.WithTimeout(l.ctx, patience)
		res, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "ask", Arguments: map[string]any{"text": text}})
		cancel()
		got := ""
		if err == nil && len(res.Content) == 1 {
			got = res.Content[0].(*mcp.TextContent).Text
		}
		l.note("ask "+revision, began, got, text+" "+name, err)
		if err != nil {
			_ = session.Close() // has failed
			session = nil
		}
	}
	if session != nil {
		_ = session.Close() // the test is over
	}
}

// askers are clients that are asked, one of each revision.
const askers = 3

// TestReplicas kills one replica and drains another while clients of both eras
// call, ask and work. What was under way on the one that was killed may fail,
// and nothing else.
func TestReplicas(t *testing.T) {
	c := start(t, 3, "./fixture")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	l := &load{c: c, ctx: ctx, more: make(chan struct{}, 1)}
	var work sync.WaitGroup
	for who := range 6 {
		work.Go(func() { l.calls(who, who%2 == 0) })
	}
	for who := range askers {
		work.Go(func() { l.works(who) })
		work.Go(func() { l.asks(who, []string{"2025-11-25", "2025-06-18", revision}[who]) })
	}
	const phase = 400
	l.reach(t, phase)

	l.mu.Lock()
	l.killed = time.Now()
	l.mu.Unlock()
	if err := c.replicas[0].cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-c.replicas[0].gone
	l.mu.Lock()
	l.buried = time.Now()
	l.mu.Unlock()
	l.reach(t, phase)

	drained := c.replicas[1]
	if err := drained.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	unready := false
	for ended := false; !ended; {
		select {
		case <-drained.gone:
			ended = true
		case <-time.After(50 * time.Millisecond):
			if res, err := http.Get("http://" + drained.addr + "/readyz"); err == nil {
				unready = unready || res.StatusCode == http.StatusServiceUnavailable
				res.Body.Close()
			}
		}
	}
	if drained.err != nil || !unready {
		t.Errorf("the drained replica ended with %v, and said that it was not ready: %v", drained.err, unready)
	}
	l.reach(t, phase)
	stop()
	work.Wait()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()

	for _, one := range l.wrong {
		t.Error(one)
	}
	failed := c.failures()
	t.Logf("%d right answers, %d wrong or lost, %d lost on the replica that was killed; %d requests failed as the proxy saw it",
		l.done.Load(), len(l.wrong), l.excused, len(failed))
	late := 0 // answers to what the replica that was killed had asked
	for _, line := range failed {
		switch {
		case strings.Contains(line, `upstream="`+c.replicas[0].addr+`"`):
		case strings.Contains(line, " POST /mcp 503 ") && late < askers:
			late++
		default:
			t.Errorf("a request failed that was not at the replica that was killed: %s", line)
		}
	}
	if l.excused > 12 {
		t.Errorf("%d calls were lost, and there are 12 clients", l.excused)
	}
}

// Debian's haproxy takes the sample.
func TestHAProxySample(t *testing.T) {
	cert, key := certificate(t)
	root := startRedis(t).root
	file := written(t, "haproxy.cfg", sample(t, "haproxy/haproxy.cfg", "/etc/haproxy/tls/mcp.pem", written(t, "mcp.pem", string(cert)+string(key))))
	cmd, err := root.Command(t.Context(), "usr/sbin/haproxy", "-c", "-f", file)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "WARNING") {
		t.Errorf("haproxy -c: %v\n%s", err, out)
	}
}
