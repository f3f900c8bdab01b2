package telemetry

import (
	"context"
	"slices"
	"strconv"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
)

// labels are what requests are told apart by in metrics. Each is one of few,
// whatever clients send: a method or revision of the protocol, a tool or prompt
// that there is, a code or rule of the program.
type labels struct {
	method, target string
	tool           bool
	revision       string
	failure        string
	code           int
	rule           string
	version        string // of HTTP; "" over stdio
}

// maxLabels bounds what is kept for them; more go without their labels.
const maxLabels = 2000

// measure is how a request with certain labels is counted.
type measure struct {
	operation []metric.RecordOption
	size      []metric.RecordOption
	refusal   []metric.AddOption // nil where it is none
}

// meters measure requests and sessions.
type meters struct {
	operations metric.Float64Histogram
	sessions   metric.Float64Histogram
	sizes      metric.Int64Histogram
	refusals   metric.Int64Counter

	mu       sync.RWMutex
	measures map[labels]*measure
}

func newMeters(m metric.Meter) (*meters, error) {
	var errs [4]error
	out := &meters{measures: map[labels]*measure{}}
	out.operations, errs[0] = m.Float64Histogram(operationDuration, metric.WithUnit("s"),
		metric.WithDescription("Time from the arrival of a request to its answer."), metric.WithExplicitBucketBoundaries(durations...))
	out.sessions, errs[1] = m.Float64Histogram(sessionDuration, metric.WithUnit("s"),
		metric.WithDescription("Time from the handshake to the end of a session."), metric.WithExplicitBucketBoundaries(durations...))
	out.sizes, errs[2] = m.Int64Histogram(resultSize, metric.WithUnit("By"),
		metric.WithDescription("Size of results, as they are sent."), metric.WithExplicitBucketBoundaries(sizes...))
	out.refusals, errs[3] = m.Int64Counter(refusals, metric.WithUnit("{request}"),
		metric.WithDescription("Requests that a setting or rule refused."))
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// request counts a request that has ended.
func (m *meters) request(r *mcpcore.Record) {
	l := labels{
		method: method(r), target: r.Target, tool: r.Tool != nil,
		revision: r.Revision, failure: failure(r), code: r.Code, rule: r.Rule,
	}
	if r.Origin != nil {
		l.version = r.Origin.Protocol
	}
	how, ctx := m.measure(l), context.Background() // spans are not sampled into metrics
	m.operations.Record(ctx, r.Duration.Seconds(), how.operation...)
	if r.Bytes > 0 {
		m.sizes.Record(ctx, int64(r.Bytes), how.size...)
	}
	if how.refusal != nil {
		m.refusals.Add(ctx, 1, how.refusal...)
	}
}

// session counts a session that has ended.
func (m *meters) session(s *mcpcore.Session) {
	l := labels{revision: s.Revision}
	if s.Origin != nil {
		l.version = s.Origin.Protocol
	}
	m.sessions.Record(context.Background(), s.Duration.Seconds(), m.measure(l).operation...)
}

func (m *meters) measure(l labels) *measure {
	m.mu.RLock()
	how := m.measures[l]
	m.mu.RUnlock()
	if how != nil {
		return how
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.measures) >= maxLabels {
		return newMeasure(labels{method: other})
	}
	how = newMeasure(l)
	m.measures[l] = how
	return how
}

func newMeasure(l labels) *measure {
	set := func(pairs ...string) metric.MeasurementOption {
		var list []attribute.KeyValue
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				list = append(list, attribute.String(pairs[i], pairs[i+1]))
			}
		}
		return metric.WithAttributeSet(attribute.NewSet(list...))
	}
	name := promptName
	operation := ""
	if l.tool {
		name, operation = toolName, executeTool
	}
	through, web := "pipe", ""
	if l.version != "" {
		through, web = "tcp", "http"
	}
	code := ""
	if l.code != 0 {
		code = strconv.Itoa(l.code)
	}
	how := &measure{
		operation: []metric.RecordOption{set(methodName, l.method, name, l.target, operationName, operation, protocolVersion, l.revision,
			errorType, l.failure, statusCode, code, transport, through, networkProtocol, web, networkVersion, l.version)},
		size: []metric.RecordOption{set(methodName, l.method, name, l.target)},
	}
	if l.rule != "" {
		how.refusal = []metric.AddOption{set(rule, l.rule, methodName, l.method, name, l.target)}
	}
	return how
}

// revisions are those of the protocol.
var revisions = sync.OnceValue(func() (all []*protocol.Revision) {
	for _, name := range protocol.Names() {
		all = append(all, protocol.Lookup(name))
	}
	return all
})

// method is the method of a request, if it is one of the protocol.
func method(r *mcpcore.Record) string {
	if slices.ContainsFunc(revisions(), func(v *protocol.Revision) bool { return v.Has(r.Method) }) {
		return r.Method
	}
	return other
}

// failure is the kind of error that a request ended with, or "".
func failure(r *mcpcore.Record) string {
	switch {
	case r.Code != 0:
		return strconv.Itoa(r.Code)
	case r.Outcome == mcpcore.Cancelled:
		return cancelled
	case slices.Contains([]mcpcore.Outcome{mcpcore.Failed, mcpcore.WasRefused}, r.Outcome):
		return toolError
	}
	return ""
}
