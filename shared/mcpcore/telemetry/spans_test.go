package telemetry_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Each request has a span with the attributes of the conventions.
func TestSpans(t *testing.T) {
	c := newCollector(t)
	s := serve(t, "--otlp-endpoint", c.URL)
	s.session(
		call("1", "echo", `{"text":"x"}`),
		call(`"two"`, "fail", `{"text":"x"}`),
		request("3", "prompts/get", `"name":"greet"`),
		request("4", "resources/read", `"uri":"test://none"`),
		request("5", "tools/list", ""),
		request("6", "tools/fly", ""),
	)
	s.session(greeting, `{"jsonrpc":"2.0","id":7,"method":"ping"}`)
	s.stop()
	const failed = tracepb.Status_STATUS_CODE_ERROR
	for _, test := range []struct {
		name string
		code tracepb.Status_StatusCode
		want map[string]string
	}{
		{"tools/call echo", 0, map[string]string{"gen_ai.tool.name": "echo", "gen_ai.operation.name": "execute_tool", "jsonrpc.request.id": "1"}},
		{"tools/call fail", failed, map[string]string{
			"gen_ai.tool.name": "fail", "gen_ai.operation.name": "execute_tool", "jsonrpc.request.id": "two", "error.type": "tool_error",
		}},
		{"prompts/get greet", 0, map[string]string{"gen_ai.prompt.name": "greet", "jsonrpc.request.id": "3"}},
		{"resources/read", failed, map[string]string{
			"jsonrpc.request.id": "4", "error.type": "-32602", "rpc.response.status_code": "-32602",
		}},
		{"tools/list", 0, map[string]string{"jsonrpc.request.id": "5"}},
		{"_OTHER", failed, map[string]string{
			"jsonrpc.request.id": "6", "error.type": "-32601", "rpc.response.status_code": "-32601", "toolbelt.rule": "unknown-method",
		}},
		{"initialize", 0, map[string]string{"jsonrpc.request.id": "0", "mcp.protocol.version": "2025-11-25"}},
		{"ping", 0, map[string]string{"jsonrpc.request.id": "7", "mcp.protocol.version": "2025-11-25"}},
	} {
		span := c.span(test.name)
		method, _, _ := strings.Cut(test.name, " ")
		test.want["mcp.method.name"], test.want["network.transport"] = method, "pipe"
		if test.want["mcp.protocol.version"] == "" {
			test.want["mcp.protocol.version"] = "2026-07-28"
		}
		if diff := cmp.Diff(test.want, attributes(span.Attributes)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if span.Kind != tracepb.Span_SPAN_KIND_SERVER || span.Status.GetCode() != test.code || span.Status.GetMessage() != "" ||
			span.StartTimeUnixNano == 0 || span.EndTimeUnixNano <= span.StartTimeUnixNano || len(span.TraceId) != 16 || len(span.SpanId) != 8 {
			t.Errorf("%s: got %v", test.name, span)
		}
	}
	of := attributes(c.resource.Attributes)
	if of["service.name"] != "mcp-test" || of["service.instance.id"] == "" || of["service.version"] == "" || of["telemetry.sdk.name"] != "opentelemetry" {
		t.Errorf("got the resource %v", of)
	}
}

// site is a server with telemetry over HTTP.
func (s *served) site() *httptest.Server {
	handler := s.Handler(mcpcore.HTTPOptions{})
	web := httptest.NewServer(handler)
	s.t.Cleanup(func() {
		handler.Drain()
		web.Close()
	})
	return web
}

// post sends a line and returns the answer and the id of the session.
func post(t *testing.T, client *http.Client, ctx context.Context, url, line string, headers ...string) (answer, session string) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/mcp", strings.NewReader(line))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Fatalf("status %d, %v: %s", res.StatusCode, err, raw)
	}
	return string(raw), res.Header.Get("Mcp-Session-Id")
}

// modernHeaders are those that go with a call in the newest revision.
func modernHeaders(tool string) []string {
	return []string{"MCP-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", tool}
}

// Over HTTP a span says so, and which session it is of.
func TestSpansOverHTTP(t *testing.T) {
	c := newCollector(t)
	s := serve(t, "--otlp-endpoint", c.URL)
	web := s.site()
	_, session := post(t, web.Client(), t.Context(), web.URL, greeting)
	post(t, web.Client(), t.Context(), web.URL, call("1", "echo", "{}"), modernHeaders("echo")...)
	s.stop()
	for name, want := range map[string]string{"initialize": session, "tools/call echo": ""} {
		got := attributes(c.span(name).Attributes)
		if got["network.transport"] != "tcp" || got["network.protocol.name"] != "http" || got["network.protocol.version"] != "1.1" ||
			got["client.address"] != "127.0.0.1" || got["client.port"] == "" || got["mcp.session.id"] != want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// A span belongs to the one in _meta, and links to that of the HTTP request.
func TestParent(t *testing.T) {
	const (
		metaTrace = "0af7651916cd43dd8448eb211c80319c"
		metaSpan  = "b7ad6b7169203331"
		httpTrace = "1af7651916cd43dd8448eb211c80319c"
		httpSpan  = "c7ad6b7169203331"
	)
	c := newCollector(t)
	s := serve(t, "--otlp-endpoint", c.URL)
	heard := map[string]string{}
	for i, test := range []struct {
		meta, header  string
		trace, parent string
		linked        bool
	}{
		{"", "", "", "", false},
		{"00-" + metaTrace + "-" + metaSpan + "-01", "", metaTrace, metaSpan, false},
		{"", "00-" + httpTrace + "-" + httpSpan + "-01", httpTrace, httpSpan, false},
		{"00-" + metaTrace + "-" + metaSpan + "-01", "00-" + httpTrace + "-" + httpSpan + "-01", metaTrace, metaSpan, true},
		{"00-" + metaTrace + "-" + metaSpan + "-01", "00-" + metaTrace + "-" + metaSpan + "-01", metaTrace, metaSpan, false},
		{"00-" + strings.Repeat("0", 32) + "-" + metaSpan + "-01", "", "", "", false},
		{strings.Repeat("x", 100_000), "00-" + httpTrace + "-" + httpSpan + "-01", httpTrace, httpSpan, false},
	} {
		tool := fmt.Sprint("parent_", i)
		s.AddTools(mcpcore.Read(tool, "Look.", func(ctx context.Context, _ nothing) (string, error) {
			heard[tool] = baggage.FromContext(ctx).Member("who").Value()
			return "", nil
		}))
		web := s.site()
		line := strings.Replace(call("1", tool, "{}"), `"_meta":{`, `"_meta":{"traceparent":"`+test.meta+`","tracestate":"vendor=1","baggage":"who=meta",`, 1)
		if test.meta == "" {
			line = call("1", tool, "{}")
		}
		headers := modernHeaders(tool)
		if test.header != "" {
			headers = append(headers, "traceparent", test.header, "baggage", "who=http")
		}
		post(t, web.Client(), t.Context(), web.URL, line, headers...)
		t.Cleanup(func() {
			span := c.span("tools/call " + tool)
			if got := hex.EncodeToString(span.ParentSpanId); got != test.parent {
				t.Errorf("%d: got the parent %s, want %s", i, got, test.parent)
			}
			if got := hex.EncodeToString(span.TraceId); test.trace != "" && got != test.trace {
				t.Errorf("%d: got the trace %s, want %s", i, got, test.trace)
			}
			if test.linked != (len(span.Links) == 1) || test.linked && hex.EncodeToString(span.Links[0].SpanId) != httpSpan {
				t.Errorf("%d: got the links %v", i, span.Links)
			}
			if want := map[bool]uint32{false: 0x101, true: 0x301}[test.parent != ""]; span.Flags != want {
				t.Errorf("%d: got the flags %x, want %x", i, span.Flags, want)
			}
			if test.parent == metaSpan && span.TraceState != "vendor=1" {
				t.Errorf("%d: got the state %q", i, span.TraceState)
			}
			want := map[bool]string{true: "meta"}[test.meta != ""]
			if want == "" && test.header != "" {
				want = "http"
			}
			if heard[tool] != want {
				t.Errorf("%d: the handler has the baggage %q, want %q", i, heard[tool], want)
			}
		})
	}
	s.stop()
}

// A client that other people's instrumentation traces is the parent, by the
// header of its HTTP requests and by _meta.
func TestParentOfOthers(t *testing.T) {
	c := newCollector(t)
	s := serve(t, "--otlp-endpoint", c.URL)
	web := s.site()
	provider := sdktrace.NewTracerProvider()
	ctx, span := provider.Tracer("client").Start(t.Context(), "agent")
	transport := otelhttp.NewTransport(web.Client().Transport, otelhttp.WithTracerProvider(provider), otelhttp.WithPropagators(propagation.TraceContext{}))
	post(t, &http.Client{Transport: transport}, ctx, web.URL, call("1", "echo", "{}"), modernHeaders("echo")...)
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	s.session(strings.Replace(call("2", "fail", "{}"), `"_meta":{`, `"_meta":{"traceparent":"`+carrier["traceparent"]+`",`, 1))
	span.End()
	s.stop()
	of := span.SpanContext().TraceID()
	for _, name := range []string{"tools/call echo", "tools/call fail"} {
		if got := c.span(name); trace.TraceID(got.TraceId) != of {
			t.Errorf("%s is of the trace %x, want %s", name, got.TraceId, of)
		}
	}
	if got := c.span("tools/call fail").ParentSpanId; trace.SpanID(got) != span.SpanContext().SpanID() {
		t.Errorf("got the parent %x", got)
	}
}

// A handler makes spans below its own, of its own provider.
func TestSpansOfHandlers(t *testing.T) {
	c := newCollector(t)
	s := serve(t, "--otlp-endpoint", c.URL)
	s.AddTools(mcpcore.Read("deep", "Go deep.", func(ctx context.Context, _ nothing) (string, error) {
		_, span := trace.SpanFromContext(ctx).TracerProvider().Tracer("below").Start(ctx, "below", trace.WithSpanKind(trace.SpanKindClient))
		span.AddEvent("found")
		span.End()
		return "", nil
	}))
	s.session(call("1", "deep", "{}"))
	s.stop()
	below, above := c.span("below"), c.span("tools/call deep")
	if trace.SpanID(below.ParentSpanId) != trace.SpanID(above.SpanId) || below.Kind != tracepb.Span_SPAN_KIND_CLIENT ||
		len(below.Events) != 1 || below.Events[0].Name != "found" || below.Flags != 0x101 {
		t.Errorf("got %v below %v", below, above)
	}
}

// URIs are in traces only where the operator wants them.
func TestResourceURIs(t *testing.T) {
	for _, on := range []bool{false, true} {
		c := newCollector(t)
		s := serve(t, "--otlp-endpoint", c.URL, fmt.Sprintf("--trace-resource-uris=%t", on))
		s.session(request("1", "resources/read", `"uri":"test://`+secret+`"`))
		s.stop()
		if _, has := attributes(c.span("resources/read").Attributes)["mcp.resource.uri"]; has != on {
			t.Errorf("%t: the URI is there: %t", on, has)
		}
	}
}

// The ratio is of traces that begin here; a client decides for its own.
func TestRatio(t *testing.T) {
	c := newCollector(t)
	s := serve(t, "--otlp-endpoint", c.URL, "--trace-ratio", "0")
	s.session(call("1", "echo", "{}"),
		strings.Replace(call("2", "fail", "{}"), `"_meta":{`, `"_meta":{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",`, 1))
	s.stop()
	if c.span("tools/call fail"); len(c.spans) != 1 {
		t.Errorf("got %d spans", len(c.spans))
	}
}
