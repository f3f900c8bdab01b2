package otlp

import (
	"encoding/binary"
	"math"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// cumulative is what every sum and histogram here is: it counts since the
// program was started.
const cumulative = 2

// encodeMetrics writes an ExportMetricsServiceRequest.
func encodeMetrics(all *metricdata.ResourceMetrics) []byte {
	var m message
	m.nested(1, func(m *message) {
		m.resource(1, all.Resource)
		for _, scope := range all.ScopeMetrics {
			m.nested(2, func(m *message) {
				m.scope(1, scope.Scope)
				for _, metric := range scope.Metrics {
					m.nested(2, func(m *message) { m.metric(metric) })
				}
				m.text(3, scope.Scope.SchemaURL)
			})
		}
		m.text(3, all.Resource.SchemaURL())
	})
	return m
}

func (m *message) metric(metric metricdata.Metrics) {
	m.text(1, metric.Name)
	m.text(2, metric.Description)
	m.text(3, metric.Unit)
	switch data := metric.Data.(type) {
	case metricdata.Gauge[int64]:
		m.nested(5, func(m *message) { points(m, data.DataPoints) })
	case metricdata.Gauge[float64]:
		m.nested(5, func(m *message) { points(m, data.DataPoints) })
	case metricdata.Sum[int64]:
		sum(m, data)
	case metricdata.Sum[float64]:
		sum(m, data)
	case metricdata.Histogram[int64]:
		histogram(m, data)
	case metricdata.Histogram[float64]:
		histogram(m, data)
	}
}

func sum[N int64 | float64](m *message, s metricdata.Sum[N]) {
	m.nested(7, func(m *message) {
		points(m, s.DataPoints)
		m.varint(2, cumulative)
		if s.IsMonotonic {
			m.varint(3, 1)
		}
	})
}

func points[N int64 | float64](m *message, list []metricdata.DataPoint[N]) {
	for _, p := range list {
		m.nested(1, func(m *message) {
			m.times(p.StartTime, p.Time)
			switch v := any(p.Value).(type) {
			case int64:
				m.always64(6, uint64(v))
			case float64:
				m.always64(4, math.Float64bits(v))
			}
			m.attributes(7, p.Attributes.ToSlice())
		})
	}
}

func histogram[N int64 | float64](m *message, h metricdata.Histogram[N]) {
	m.nested(9, func(m *message) {
		for _, p := range h.DataPoints {
			m.nested(1, func(m *message) { bucketed(m, p) })
		}
		m.varint(2, cumulative)
	})
}

func bucketed[N int64 | float64](m *message, p metricdata.HistogramDataPoint[N]) {
	m.times(p.StartTime, p.Time)
	m.always64(4, p.Count)
	m.always64(5, math.Float64bits(float64(p.Sum)))
	m.nested(6, func(m *message) {
		for _, n := range p.BucketCounts {
			*m = binary.LittleEndian.AppendUint64(*m, n)
		}
	})
	m.nested(7, func(m *message) {
		for _, bound := range p.Bounds {
			*m = binary.LittleEndian.AppendUint64(*m, math.Float64bits(bound))
		}
	})
	m.attributes(9, p.Attributes.ToSlice())
	if v, ok := p.Min.Value(); ok {
		m.always64(11, math.Float64bits(float64(v)))
	}
	if v, ok := p.Max.Value(); ok {
		m.always64(12, math.Float64bits(float64(v)))
	}
}

func (m *message) times(start, at time.Time) {
	m.time(2, start)
	m.time(3, at)
}
