package prom

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// units are the words that OpenTelemetry's units become in a name.
var units = map[string]string{"s": "_seconds", "By": "_bytes"}

// text writes metrics in the text format of Prometheus, version 0.0.4. Names
// and labels are as OpenTelemetry has them become for Prometheus.
func text(all *metricdata.ResourceMetrics) []byte {
	w := &writer{}
	w.head("target_info", "gauge", "What the process is.")
	w.sample("target_info", all.Resource.Attributes(), "", "", "1")
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			w.metric(m)
		}
	}
	return w.Bytes()
}

type writer struct{ bytes.Buffer }

func (w *writer) metric(m metricdata.Metrics) {
	name := legal(m.Name) + units[m.Unit]
	switch data := m.Data.(type) {
	case metricdata.Gauge[int64]:
		points(w, name, "gauge", m.Description, data.DataPoints)
	case metricdata.Gauge[float64]:
		points(w, name, "gauge", m.Description, data.DataPoints)
	case metricdata.Sum[int64]:
		sum(w, name, m.Description, data)
	case metricdata.Sum[float64]:
		sum(w, name, m.Description, data)
	case metricdata.Histogram[int64]:
		histogram(w, name, m.Description, data)
	case metricdata.Histogram[float64]:
		histogram(w, name, m.Description, data)
	}
}

func sum[N int64 | float64](w *writer, name, doc string, s metricdata.Sum[N]) {
	kind := "gauge"
	if s.IsMonotonic {
		name, kind = name+"_total", "counter"
	}
	points(w, name, kind, doc, s.DataPoints)
}

func points[N int64 | float64](w *writer, name, kind, doc string, list []metricdata.DataPoint[N]) {
	name = strings.TrimSuffix(name, "_count") // is for histograms
	w.head(name, kind, doc)
	for _, p := range list {
		w.sample(name, p.Attributes.ToSlice(), "", "", number(p.Value))
	}
}

func histogram[N int64 | float64](w *writer, name, doc string, h metricdata.Histogram[N]) {
	w.head(name, "histogram", doc)
	for _, p := range h.DataPoints {
		labels := p.Attributes.ToSlice()
		total := uint64(0)
		for i, n := range p.BucketCounts {
			total += n
			le := "+Inf"
			if i < len(p.Bounds) {
				le = number(p.Bounds[i])
			}
			w.sample(name+"_bucket", labels, "le", le, strconv.FormatUint(total, 10))
		}
		w.sample(name+"_sum", labels, "", "", number(p.Sum))
		w.sample(name+"_count", labels, "", "", strconv.FormatUint(p.Count, 10))
	}
}

func (w *writer) head(name, kind, doc string) {
	doc = strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(doc)
	w.WriteString("# HELP " + name + " " + doc + "\n# TYPE " + name + " " + kind + "\n")
}

// sample writes a line; the label extra is the last one, unless it is "".
func (w *writer) sample(name string, labels []attribute.KeyValue, extra, value, number string) {
	w.WriteString(name)
	open := byte('{')
	label := func(name, value string) {
		w.WriteByte(open)
		w.WriteString(name + `="` + escape.Replace(strings.ToValidUTF8(value, "\uFFFD")) + `"`)
		open = ','
	}
	var seen []string
	for _, kv := range labels {
		if name := legal(string(kv.Key)); !slices.Contains(seen, name) { // two may become one
			seen = append(seen, name)
			label(name, kv.Value.String())
		}
	}
	if extra != "" {
		label(extra, value)
	}
	if open == ',' {
		w.WriteByte('}')
	}
	w.WriteString(" " + number + "\n")
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// legal is a name with _ for all that a name cannot hold.
func legal(name string) string {
	out := strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
	if out == "" || '0' <= out[0] && out[0] <= '9' {
		out = "_" + out
	}
	return out
}

func number[N int64 | float64](v N) string {
	switch f := float64(v); {
	case math.IsInf(f, 1):
		return "+Inf"
	case math.IsInf(f, -1):
		return "-Inf"
	default:
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
}
