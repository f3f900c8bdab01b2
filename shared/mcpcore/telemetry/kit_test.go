package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/config"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var discard = slog.New(slog.DiscardHandler)

const secret = "s3cr3t-0123456789"

// collector takes what is exported and reads it with the published types.
type collector struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	raw      bytes.Buffer
	headers  []http.Header
	spans    []*tracepb.Span
	metrics  []*metricspb.Metric // of the last export
	resource *resource.Resource
	refuse   []int         // statuses to answer first
	came     chan struct{} // has one for each request
}

func newCollector(t *testing.T) *collector {
	c := &collector{t: t, came: make(chan struct{}, 10_000)}
	c.Server = httptest.NewServer(http.HandlerFunc(c.take))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) take(w http.ResponseWriter, r *http.Request) {
	defer func() { c.came <- struct{}{} }()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-protobuf" {
		c.t.Errorf("got %s %s %v", r.Method, r.Header, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.headers = append(c.headers, r.Header)
	if len(c.refuse) > 0 {
		status := c.refuse[0]
		c.refuse = c.refuse[1:]
		w.WriteHeader(status)
		return
	}
	c.raw.Write(body)
	switch r.URL.Path {
	case "/v1/traces":
		var m collectortrace.ExportTraceServiceRequest
		c.read(body, &m)
		for _, rs := range m.ResourceSpans {
			c.resource = rs.Resource
			for _, ss := range rs.ScopeSpans {
				c.spans = append(c.spans, ss.Spans...)
			}
		}
	case "/v1/metrics":
		var m collectormetrics.ExportMetricsServiceRequest
		c.read(body, &m)
		c.metrics = nil
		for _, rm := range m.ResourceMetrics {
			c.resource = rm.Resource
			for _, sm := range rm.ScopeMetrics {
				c.metrics = append(c.metrics, sm.Metrics...)
			}
		}
	default:
		c.t.Errorf("got a request for %s", r.URL.Path)
	}
}

// read decodes a message all of whose fields must be known.
func (c *collector) read(body []byte, m proto.Message) {
	if err := proto.Unmarshal(body, m); err != nil {
		c.t.Errorf("not a message of the protocol: %v", err)
		return
	}
	known(c.t, m.ProtoReflect())
}

func known(t *testing.T, m protoreflect.Message) {
	if len(m.GetUnknown()) > 0 {
		t.Errorf("%s has fields that are not known", m.Descriptor().FullName())
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.Message() == nil {
			return true
		}
		if !f.IsList() {
			known(t, v.Message())
			return true
		}
		for i := range v.List().Len() {
			known(t, v.List().Get(i).Message())
		}
		return true
	})
}

// span is the only span of a name.
func (c *collector) span(name string) *tracepb.Span {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*tracepb.Span
	for _, s := range c.spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		c.t.Fatalf("got %d spans %q among %d", len(found), name, len(c.spans))
	}
	return found[0]
}

func (c *collector) metric(name string) *metricspb.Metric {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.metrics {
		if m.Name == name {
			return m
		}
	}
	c.t.Fatalf("there is no metric %s among %d", name, len(c.metrics))
	return nil
}

// attributes are a list of them as a map; numbers are texts.
func attributes(list []*common.KeyValue) map[string]string {
	out := map[string]string{}
	for _, kv := range list {
		v := kv.Value
		switch v.Value.(type) {
		case *common.AnyValue_StringValue:
			out[kv.Key] = v.GetStringValue()
		default:
			out[kv.Key] = strings.TrimPrefix(v.String(), "int_value:")
		}
	}
	return out
}

type nothing struct{}

type textIn struct {
	Text string `json:"text,omitzero" jsonschema:"what to say"`
}

// served is a server with telemetry.
type served struct {
	*mcpcore.Server
	t   *testing.T
	ext mcpcore.Extension
	log *logbook
	out *sender

	open chan struct{} // closed to let the tool "wait" go
	came chan struct{}
}

// serve starts a server with telemetry as Main does.
func serve(t *testing.T, args ...string) *served {
	t.Helper()
	return serveEnv(t, nil, args...)
}

func serveEnv(t *testing.T, env map[string]string, args ...string) *served {
	t.Helper()
	s := &served{t: t, ext: telemetry.Extension(), log: &logbook{}, out: &sender{}, open: make(chan struct{}), came: make(chan struct{}, 100)}
	if err := s.parse(env, args...); err != nil {
		t.Fatal(err)
	}
	s.Server = mcpcore.New(mcpcore.Info{Name: "mcp-test", Version: "1"},
		mcpcore.Read("echo", "Say it again.", func(_ context.Context, in textIn) (string, error) { return in.Text, nil }, mcpcore.Alias("echo_old")),
		mcpcore.Read("fail", "Fail.", func(_ context.Context, in textIn) (string, error) { return "", errors.New("broken: " + in.Text) }),
		mcpcore.Write("put", "Put.", func(context.Context, nothing) (string, error) { return "", nil }),
		mcpcore.Read("wait", "Wait.", func(context.Context, nothing) (string, error) {
			s.came <- struct{}{}
			<-s.open
			return "", nil
		}))
	s.AddPrompts(mcpcore.NewPrompt("greet", "Greet.", func(context.Context, textIn) ([]mcpcore.Message, error) {
		return []mcpcore.Message{mcpcore.User("hello")}, nil
	}))
	s.AddResources(mcpcore.Resource{URI: "test://" + secret, Name: "r", Read: func(context.Context, string) ([]mcpcore.Contents, error) {
		return mcpcore.TextContents("text"), nil
	}})
	o := mcpcore.Options{
		Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})), DrainTimeout: 30 * time.Second,
	}
	o.Policy.Deny = []string{"put"}
	if err := s.ext.Open(t.Context(), &o); err != nil {
		t.Fatal(err)
	}
	s.Options = o
	if err := s.ext.(mcpcore.Starting).Start(s.Load); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

func (s *served) parse(env map[string]string, args ...string) error {
	f := config.New("mcp-test")
	s.ext.Flags(f)
	look := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	if err := f.Parse(args, look); err != nil {
		return err
	}
	return s.ext.Validate()
}

// stop ends telemetry, which sends what is left.
func (s *served) stop() {
	if err := s.ext.Close(); err != nil {
		s.t.Error(err)
	}
}

// session is what a client says on one connection.
func (s *served) session(lines ...string) {
	conn := s.Connect(s.t.Context(), s.out)
	for _, line := range lines {
		conn.Receive([]byte(line))
	}
	conn.Close()
}

type sender struct {
	mu sync.Mutex
	n  int
}

func (s *sender) Send([]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return nil
}

func (s *sender) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// logbook is a log that can be waited for.
type logbook struct {
	mu     sync.Mutex
	text   bytes.Buffer
	change chan struct{}
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.change != nil {
		close(l.change)
		l.change = nil
	}
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// until waits until the log has a text.
func (l *logbook) until(t *testing.T, text string) string {
	t.Helper()
	for {
		l.mu.Lock()
		if l.change == nil {
			l.change = make(chan struct{})
		}
		have, change := l.text.String(), l.change
		l.mu.Unlock()
		if strings.Contains(have, text) {
			return have
		}
		await(t, "the log to say "+text, change)
	}
}

func await[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(30 * time.Second):
		t.Fatalf("waited for %s", what)
		panic("not reached")
	}
}

const modern = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

const greeting = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`

// request is a line in the newest revision; more are members of params.
func request(id, method, more string) string {
	if more != "" {
		more += ","
	}
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `","params":{` + more + modern + `}}`
}

func call(id, tool, arguments string) string {
	return request(id, "tools/call", `"name":"`+tool+`","arguments":`+arguments)
}
