package telemetry

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// maxText bounds what a client chose in an attribute.
const maxText = 256

// tracer makes a span of each request.
type tracer struct {
	trace.Tracer
	uris bool // URIs of resources are written down
}

type spanKey struct{}

// begin starts the span of a request. Its name is one of few, whatever clients
// call things.
func (t *tracer) begin(ctx context.Context, r *mcpcore.Record) context.Context {
	ctx, via := parent(ctx, r)
	name := method(r)
	if r.Target != "" {
		name += " " + r.Target
	}
	options := []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(r.Time),
	}
	if via.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: via}))
	}
	ctx, span := t.Start(ctx, name, options...)
	if span.IsRecording() { // no sampler of the SDK looks at attributes, and most spans may be dropped
		span.SetAttributes(t.attributes(r)...)
	}
	return context.WithValue(ctx, spanKey{}, span)
}

// end ends the span. Messages of errors are not in it: they may quote what is
// in a call.
func (t *tracer) end(ctx context.Context, r *mcpcore.Record) {
	span, ok := ctx.Value(spanKey{}).(trace.Span)
	if !ok { // it began before there was a tracer
		return
	}
	if span.IsRecording() {
		if failure := failure(r); failure != "" {
			span.SetAttributes(attribute.String(errorType, failure))
			span.SetStatus(codes.Error, "")
		}
		if r.Code != 0 {
			span.SetAttributes(attribute.String(statusCode, strconv.Itoa(r.Code)))
		}
		if r.Rule != "" {
			span.SetAttributes(attribute.String(rule, r.Rule))
		}
	}
	span.End(trace.WithTimestamp(r.Time.Add(max(r.Duration, time.Nanosecond))))
}

// attributes are what is known when a request begins.
func (t *tracer) attributes(r *mcpcore.Record) []attribute.KeyValue {
	list := make([]attribute.KeyValue, 0, 16)
	add := func(key, value string) {
		if value != "" {
			list = append(list, attribute.String(key, value))
		}
	}
	add(methodName, method(r))
	add(protocolVersion, r.Revision)
	if r.Request != "null" {
		add(requestID, clip(unquoted(r.Request)))
	}
	if t.uris && strings.HasPrefix(r.Method, "resources/") {
		add(resourceURI, clip(r.Name))
	}
	switch {
	case r.Tool != nil:
		add(toolName, r.Target)
		add(operationName, executeTool)
	case r.Target != "":
		add(promptName, r.Target)
	}
	o := r.Origin
	if o == nil {
		add(transport, "pipe")
		return list
	}
	add(transport, "tcp")
	add(networkProtocol, "http")
	add(networkVersion, o.Protocol)
	add(sessionID, clip(o.Session))
	host, port, err := net.SplitHostPort(o.Remote)
	if err != nil {
		host = o.Remote
	}
	add(clientAddress, host)
	if n, err := strconv.Atoi(port); err == nil && n > 0 {
		list = append(list, attribute.Int(clientPort, n))
	}
	return list
}

// unquoted is the id of a request as a text.
func unquoted(id string) string {
	if strings.HasPrefix(id, `"`) {
		return jsonrpc.Unquote([]byte(id))
	}
	return id
}

func clip(s string) string {
	if len(s) > maxText {
		return s[:maxText]
	}
	return s
}

// propagators are those of the W3C.
var propagators = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})

// parent finds the span that a request belongs to: the one in its _meta, or
// else that of the HTTP request it came with. Where there are both, the second
// is what the span links to.
func parent(ctx context.Context, r *mcpcore.Record) (_ context.Context, via trace.SpanContext) {
	if r.Origin != nil {
		ctx = propagators.Extract(ctx, propagation.HeaderCarrier(r.Origin.Header))
		via = trace.SpanContextFromContext(ctx)
	}
	if !bytes.Contains(r.Meta, []byte(`"traceparent"`)) && !bytes.Contains(r.Meta, []byte(`"baggage"`)) {
		return ctx, trace.SpanContext{}
	}
	ctx = propagators.Extract(ctx, metaOf(r.Meta))
	if own := trace.SpanContextFromContext(ctx); own.TraceID() == via.TraceID() && own.SpanID() == via.SpanID() {
		return ctx, trace.SpanContext{}
	}
	return ctx, via
}

// meta is a carrier of what stands in the _meta of a request.
type meta map[string]string

func metaOf(raw []byte) meta {
	m := meta{}
	for key, value := range jsonrpc.Members(raw) {
		switch key {
		case "traceparent", "tracestate", "baggage":
			if jsonrpc.Kind(value) == '"' {
				m[key] = jsonrpc.Unquote(value)
			}
		}
	}
	return m
}

// Get is the value of a key, or "".
func (m meta) Get(key string) string { return m[key] }

// Set does nothing: nothing is sent in this direction.
func (m meta) Set(string, string) {}

// Keys are those that there are.
func (m meta) Keys() (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}
