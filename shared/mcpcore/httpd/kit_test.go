package httpd_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	patience = 30 * time.Second
	modern   = "2026-07-28"
)

// site is a server that a test speaks to over HTTP.
type site struct {
	t       *testing.T
	url     string // of the endpoint
	server  *mcpcore.Server
	handler *httpd.Handler
	client  *http.Client

	came, left chan string        // names of handlers that started, and that were cancelled
	open       chan struct{}      // closed, it lets handlers end
	calls      chan string        // what tools that have an effect were called with
	stop       context.CancelFunc // of all requests of the test
	ctx        context.Context
}

type nothing struct{}

type textIn struct {
	Text   string `json:"text,omitzero" jsonschema:"what to say"`
	Region string `json:"region,omitzero" jsonschema:"where" header:"Region"`
	Count  int    `json:"count,omitzero" jsonschema:"how often" header:"Count"`
	Dry    bool   `json:"dry,omitzero" jsonschema:"only look" header:"Dry"`
}

func newSite(t *testing.T, o mcpcore.HTTPOptions, change ...func(*mcpcore.Options)) *site {
	t.Helper()
	s := unserved(t, o, change...)
	web := httptest.NewServer(s.handler)
	s.url = web.URL + "/mcp"
	t.Cleanup(func() {
		s.stop()
		s.handler.Drain()
		web.Close()
	})
	return s
}

// unserved is a site that is not on the network.
func unserved(t *testing.T, o mcpcore.HTTPOptions, change ...func(*mcpcore.Options)) *site {
	t.Helper()
	s := &site{
		t: t, came: make(chan string, 10_000), left: make(chan string, 10_000), open: make(chan struct{}), calls: make(chan string, 10_000),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.server = mcpcore.New(mcpcore.Info{Name: "mcp-test", Version: "1.2.3"},
		mcpcore.Write("echo", "Say it again.", s.echo),
		mcpcore.Read("wait", "Wait.", s.wait),
		mcpcore.Read("talk", "Say something, then wait.", s.talk),
		mcpcore.Read("ask", "Ask the user.", s.ask),
		mcpcore.Read("poll", "Send the client away.", s.poll),
	)
	s.server.Options.CallTimeout = -1
	s.server.Options.DrainTimeout = 2 * time.Second
	s.server.AddResources(mcpcore.Resource{URI: "test://one", Name: "one", Read: func(context.Context, string) ([]mcpcore.Contents, error) {
		return mcpcore.TextContents("uno"), nil
	}})
	s.server.AddPrompts(mcpcore.NewPrompt("hello", "Greet.", func(context.Context, nothing) ([]mcpcore.Message, error) {
		return []mcpcore.Message{mcpcore.User("hello")}, nil
	}))
	s.server.SetWatch(func(string) (func(), error) { return func() {}, nil })
	for _, c := range change { // now, as the settings hold from here on
		c(&s.server.Options)
	}
	s.handler = s.server.Handler(o)
	transport := &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true}
	s.client = &http.Client{Transport: transport, Timeout: patience}
	t.Cleanup(transport.CloseIdleConnections)
	return s
}

func (s *site) echo(_ context.Context, in textIn) (string, error) {
	s.calls <- in.Text
	return in.Text, nil
}

func (s *site) wait(ctx context.Context, _ nothing) (string, error) {
	s.came <- "wait"
	select {
	case <-s.open:
		return "late", nil
	case <-ctx.Done():
		s.left <- "wait"
		return "", ctx.Err()
	}
}

func (s *site) talk(ctx context.Context, _ nothing) (string, error) {
	mcpcore.Log(ctx, mcpcore.LevelInfo, "", "one")
	mcpcore.Log(ctx, mcpcore.LevelInfo, "", "two")
	return s.wait(ctx, nothing{})
}

func (s *site) ask(ctx context.Context, _ nothing) (string, error) {
	if err := mcpcore.Confirm(ctx, "Go on?"); err != nil {
		return "", err
	}
	return "confirmed", nil
}

func (s *site) poll(ctx context.Context, _ nothing) (string, error) {
	mcpcore.Log(ctx, mcpcore.LevelInfo, "", "one")
	mcpcore.Detach(ctx)
	return s.wait(ctx, nothing{})
}

// release lets handlers end.
func (s *site) release() { close(s.open) }

// await takes a value that must come.
func await[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("%s: nothing came", what)
		panic("unreachable")
	}
}

// request makes a request with the headers of a good client.
func (s *site) request(method, body string, headers ...string) *http.Request {
	s.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(s.ctx, method, s.url, reader)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json, text/event-stream")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	set(r, headers...)
	return r
}

// set sets headers, given as name, value, name, value; an empty value removes.
func set(r *http.Request, headers ...string) {
	for i := 0; i+1 < len(headers); i += 2 {
		switch name, value := headers[i], headers[i+1]; {
		case name == "Host":
			r.Host = value
		case value == "":
			r.Header.Del(name)
		default:
			r.Header.Set(name, value)
		}
	}
}

func (s *site) do(r *http.Request) *http.Response {
	s.t.Helper()
	res, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { res.Body.Close() })
	return res
}

func (s *site) read(res *http.Response) string {
	s.t.Helper()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(raw)
}

// metaJSON is the _meta of a request of the newest revision.
const metaJSON = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
	`"io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}},` +
	`"io.modelcontextprotocol/logLevel":"info"}`

// modernCall is a request of the newest revision and its headers.
func modernCall(id int, method, params string) (body string, headers []string) {
	if params != "" {
		params += ","
	}
	body = fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{%s%s}}`, id, method, params, metaJSON)
	headers = []string{"Mcp-Protocol-Version", modern, "Mcp-Method", method}
	var p struct{ Params struct{ Name, URI string } }
	_ = json.Unmarshal([]byte(body), &p) // is written right above
	if name := p.Params.Name + p.Params.URI; name != "" {
		headers = append(headers, "Mcp-Name", name)
	}
	return body, headers
}

func (s *site) modern(method, params string, headers ...string) *http.Request {
	body, own := modernCall(1, method, params)
	return s.request("POST", body, append(own, headers...)...)
}

// session begins a session and returns its id.
func (s *site) session(revision string) string {
	s.t.Helper()
	res := s.do(s.request("POST", initializeJSON(revision)))
	if text := s.read(res); res.StatusCode != 200 || res.Header.Get("Mcp-Session-Id") == "" {
		s.t.Fatalf("initialize: %d %s", res.StatusCode, text)
	}
	return res.Header.Get("Mcp-Session-Id")
}

func initializeJSON(revision string) string {
	return `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"` + revision +
		`","capabilities":{"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}}`
}

// in makes a request of a session.
func (s *site) in(session, body string, headers ...string) *http.Request {
	return s.request("POST", body, append([]string{"Mcp-Session-Id", session, "Mcp-Protocol-Version", "2025-11-25"}, headers...)...)
}

func callJSON(id int, tool string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q}}`, id, tool)
}

// event is one event of a stream.
type event struct{ id, name, data, retry string }

// events reads the events of a response.
type events struct {
	t    *testing.T
	res  *http.Response
	ch   chan event
	last string // id of the last event that was read
}

func (s *site) events(res *http.Response) *events {
	s.t.Helper()
	if kind := res.Header.Get("Content-Type"); kind != "text/event-stream" || res.Header.Get("X-Accel-Buffering") != "no" {
		s.t.Fatalf("no event stream: %d %s %s", res.StatusCode, kind, s.read(res))
	}
	e := &events{t: s.t, res: res, ch: make(chan event, 1000)}
	go func() {
		defer close(e.ch)
		var one event
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<26)
		for lines.Scan() {
			key, value, _ := strings.Cut(lines.Text(), ": ")
			switch key {
			case "":
				if one != (event{}) {
					e.ch <- one
				}
				one = event{}
			case "id":
				one.id = value
			case "event":
				one.name = value
			case "data":
				one.data = value
			case "retry":
				one.retry = value
			}
		}
	}()
	return e
}

// next is the next event; ok is false at the end.
func (e *events) next() (event, bool) {
	e.t.Helper()
	select {
	case one, ok := <-e.ch:
		if ok && one.id != "" {
			e.last = one.id
		}
		return one, ok
	case <-time.After(patience):
		e.t.Fatal("no event came")
		return event{}, false
	}
}

// until reads up to the event that holds text.
func (e *events) until(text string) event {
	e.t.Helper()
	for {
		one, ok := e.next()
		if !ok {
			e.t.Fatalf("the stream ended before %s", text)
		}
		if strings.Contains(one.data, text) {
			return one
		}
	}
}

// judged checks what was sent and what came with the published schemas.
func judged(t *testing.T, j *mcptest.Judge, sent string, received ...string) {
	t.Helper()
	j.Sent([]byte(sent))
	for _, one := range received {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		if err := j.Received([]byte(one)); err != nil {
			t.Errorf("the server sent what it may not send: %v\n%s", err, one)
		}
		if bytes.ContainsAny([]byte(one), "\r\n") {
			t.Errorf("a message is one line: %q", one)
		}
	}
}
