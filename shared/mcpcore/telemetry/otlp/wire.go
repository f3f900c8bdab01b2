package otlp

import (
	"encoding/binary"
	"math"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
)

// message is a protobuf message that is being written. Fields that have their
// default are left out, as proto3 has it.
type message []byte

// The wire types of protobuf.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

func (m *message) tag(field, wire int) {
	*m = binary.AppendUvarint(*m, uint64(field)<<3|uint64(wire))
}

func (m *message) varint(field int, v uint64) {
	if v != 0 {
		m.tag(field, wireVarint)
		*m = binary.AppendUvarint(*m, v)
	}
}

func (m *message) fixed64(field int, v uint64) {
	if v != 0 {
		m.always64(field, v)
	}
}

// always64 writes a field whose default says something else than its absence.
func (m *message) always64(field int, v uint64) {
	m.tag(field, wireFixed64)
	*m = binary.LittleEndian.AppendUint64(*m, v)
}

func (m *message) fixed32(field int, v uint32) {
	if v != 0 {
		m.tag(field, wireFixed32)
		*m = binary.LittleEndian.AppendUint32(*m, v)
	}
}

func (m *message) bytes(field int, b []byte) {
	m.tag(field, wireBytes)
	*m = append(binary.AppendUvarint(*m, uint64(len(b))), b...)
}

// text writes a string, which has to be valid UTF-8 or the receiver takes
// nothing of the message.
func (m *message) text(field int, s string) {
	if s != "" {
		m.bytes(field, []byte(strings.ToValidUTF8(s, "\uFFFD")))
	}
}

func (m *message) nested(field int, write func(*message)) {
	var inner message
	write(&inner)
	m.bytes(field, inner)
}

func (m *message) time(field int, t time.Time) {
	if !t.IsZero() {
		m.fixed64(field, uint64(t.UnixNano()))
	}
}

func (m *message) attributes(field int, list []attribute.KeyValue) {
	for _, kv := range list {
		m.nested(field, func(m *message) {
			m.text(1, string(kv.Key))
			m.nested(2, func(m *message) { m.value(kv.Value) })
		})
	}
}

// value writes an AnyValue. What is neither a text, a truth nor a number
// becomes a text.
func (m *message) value(v attribute.Value) {
	switch v.Type() {
	case attribute.BOOL:
		m.tag(2, wireVarint)
		b := byte(0)
		if v.AsBool() {
			b = 1
		}
		*m = append(*m, b)
	case attribute.INT64:
		m.tag(3, wireVarint)
		*m = binary.AppendUvarint(*m, uint64(v.AsInt64()))
	case attribute.FLOAT64:
		m.always64(4, math.Float64bits(v.AsFloat64()))
	default:
		m.bytes(1, []byte(strings.ToValidUTF8(v.String(), "\uFFFD")))
	}
}

func (m *message) resource(field int, r *resource.Resource) {
	m.nested(field, func(m *message) { m.attributes(1, r.Attributes()) })
}

func (m *message) scope(field int, s instrumentation.Scope) {
	m.nested(field, func(m *message) {
		m.text(1, s.Name)
		m.text(2, s.Version)
		m.attributes(3, s.Attributes.ToSlice())
	})
}
