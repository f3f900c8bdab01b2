package otlp

import (
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Of the flags of a span and a link, these say whether it is known that the
// context came from another process, and whether it did.
const (
	flagKnown  = 0x100
	flagRemote = 0x200
)

// The codes of a Status.
const statusOK, statusError = 1, 2

// encodeSpans writes an ExportTraceServiceRequest. All spans are of one
// provider, and so of one resource.
func encodeSpans(spans []sdktrace.ReadOnlySpan) []byte {
	var order []instrumentation.Scope
	byScope := map[instrumentation.Scope][]sdktrace.ReadOnlySpan{}
	for _, s := range spans {
		scope := s.InstrumentationScope()
		if byScope[scope] == nil {
			order = append(order, scope)
		}
		byScope[scope] = append(byScope[scope], s)
	}
	var m message
	m.nested(1, func(m *message) {
		m.resource(1, spans[0].Resource())
		for _, scope := range order {
			m.nested(2, func(m *message) {
				m.scope(1, scope)
				for _, s := range byScope[scope] {
					m.nested(2, func(m *message) { m.span(s) })
				}
				m.text(3, scope.SchemaURL)
			})
		}
		m.text(3, spans[0].Resource().SchemaURL())
	})
	return m
}

func (m *message) span(s sdktrace.ReadOnlySpan) {
	m.context(s.SpanContext())
	if parent := s.Parent().SpanID(); parent.IsValid() {
		m.bytes(4, parent[:])
	}
	m.text(5, s.Name())
	m.varint(6, uint64(s.SpanKind())) // has the numbers of the protocol
	m.time(7, s.StartTime())
	m.time(8, s.EndTime())
	m.attributes(9, s.Attributes())
	m.varint(10, uint64(s.DroppedAttributes()))
	for _, e := range s.Events() {
		m.nested(11, func(m *message) {
			m.time(1, e.Time)
			m.text(2, e.Name)
			m.attributes(3, e.Attributes)
			m.varint(4, uint64(e.DroppedAttributeCount))
		})
	}
	m.varint(12, uint64(s.DroppedEvents()))
	for _, l := range s.Links() {
		m.nested(13, func(m *message) {
			m.context(l.SpanContext)
			m.attributes(4, l.Attributes)
			m.varint(5, uint64(l.DroppedAttributeCount))
			m.fixed32(6, flags(l.SpanContext, l.SpanContext.IsRemote()))
		})
	}
	m.varint(14, uint64(s.DroppedLinks()))
	if status := s.Status(); status.Code != codes.Unset {
		m.nested(15, func(m *message) {
			m.text(2, status.Description)
			m.varint(3, uint64(map[codes.Code]int{codes.Ok: statusOK, codes.Error: statusError}[status.Code]))
		})
	}
	m.fixed32(16, flags(s.SpanContext(), s.Parent().IsRemote()))
}

// context writes the fields by which a span and a link begin.
func (m *message) context(c trace.SpanContext) {
	traceID, spanID := c.TraceID(), c.SpanID()
	m.bytes(1, traceID[:])
	m.bytes(2, spanID[:])
	m.text(3, c.TraceState().String())
}

func flags(c trace.SpanContext, remote bool) uint32 {
	f := uint32(c.TraceFlags()) | flagKnown
	if remote {
		f |= flagRemote
	}
	return f
}
