package telemetry_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// scrape reads a page as Prometheus does.
func scrape(t *testing.T, url string) (map[string]*dto.MetricFamily, string) {
	t.Helper()
	res, text := get(t, http.MethodGet, url, "")
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
		t.Fatalf("got %d %s: %s", res.StatusCode, res.Header, text)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return families, text
}

func get(t *testing.T, method, url, host string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(raw)
}

// page is the URL at which a server shows its metrics.
func (s *served) page() string {
	found := regexp.MustCompile(`msg=metrics url=(\S+)`).FindStringSubmatch(s.log.String())
	if found == nil {
		s.t.Fatal("the log does not say where the metrics are")
	}
	return found[1]
}

// labelled finds the metric of a family with these labels among its own, such
// as "mcp_method_name=ping".
func labelled(t *testing.T, families map[string]*dto.MetricFamily, name string, labels ...string) *dto.Metric {
	t.Helper()
	for _, m := range families[name].GetMetric() {
		var have []string
		for _, l := range m.Label {
			have = append(have, l.GetName()+"="+l.GetValue())
		}
		if !slices.ContainsFunc(labels, func(l string) bool { return !slices.Contains(have, l) }) {
			return m
		}
	}
	t.Fatalf("there is no %s with %v in %v", name, labels, families[name])
	return nil
}

var buckets = []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300}

// What Prometheus reads is what happened.
func TestPrometheus(t *testing.T) {
	s := serve(t, "--metrics", "127.0.0.1:0")
	url := s.page()
	s.session(greeting,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"`+strings.Repeat("x", 5000)+`"}}}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo_old","arguments":{}}}`,
		`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"fail","arguments":{}}}`,
		`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"put"}}`)
	families, text := scrape(t, url)

	echo := labelled(t, families, "mcp_server_operation_duration_seconds", "mcp_method_name=tools/call", "gen_ai_tool_name=echo",
		"gen_ai_operation_name=execute_tool", "mcp_protocol_version=2025-11-25", "network_transport=pipe").Histogram
	if echo.GetSampleCount() != 2 || echo.GetSampleSum() <= 0 { // an alias is no other tool
		t.Errorf("got %v", echo)
	}
	var bounds []float64
	for _, b := range echo.Bucket {
		bounds = append(bounds, b.GetUpperBound())
	}
	if !slices.Equal(bounds, append(slices.Clone(buckets), math.Inf(1))) {
		t.Errorf("got the buckets %v", bounds)
	}
	labelled(t, families, "mcp_server_operation_duration_seconds", "gen_ai_tool_name=fail", "error_type=tool_error")
	labelled(t, families, "mcp_server_operation_duration_seconds", "gen_ai_tool_name=put", "error_type=tool_error")
	if got := labelled(t, families, "toolbelt_refusals_total", "toolbelt_rule=--disable-tools", "gen_ai_tool_name=put").Counter.GetValue(); got != 1 {
		t.Errorf("got %v refusals", got)
	}
	if got := labelled(t, families, "toolbelt_result_size_bytes", "gen_ai_tool_name=echo").Histogram; got.GetSampleSum() < 5000 || got.GetSampleSum() > 6000 {
		t.Errorf("got the sizes %v", got)
	}
	if got := labelled(t, families, "mcp_server_session_duration_seconds", "mcp_protocol_version=2025-11-25").Histogram; got.GetSampleCount() != 1 {
		t.Errorf("got the sessions %v", got)
	}
	for _, name := range []string{"go_memory_used_bytes", "go_memory_gc_goal_bytes", "go_goroutine", "go_processor_limit", "process_uptime_seconds"} {
		if labelled(t, families, name).Gauge.GetValue() <= 0 {
			t.Errorf("%s is 0", name)
		}
	}
	labelled(t, families, "target_info", "service_name=mcp-test")
	if strings.Contains(text, "echo_old") {
		t.Error("an alias is a label")
	}
}

// What goes on at the moment can be read while it does.
func TestLoadGauges(t *testing.T) {
	s := serve(t, "--metrics", "127.0.0.1:0")
	s.Options.MaxConcurrent = 1
	conn := s.Connect(t.Context(), s.out)
	conn.Receive([]byte(greeting))
	line := `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"wait"}}`
	go conn.Receive(fmt.Appendf(nil, line, 1))
	await(t, "the call", s.came)
	conn.Receive(fmt.Appendf(nil, line, 2)) // waits for the place
	families, _ := scrape(t, s.page())
	for name, want := range map[string]float64{
		"toolbelt_calls_running": 1, "toolbelt_calls_waiting": 1, "toolbelt_sessions": 1, "toolbelt_streams": 0, "toolbelt_tasks_working": 0,
	} {
		if got := labelled(t, families, name).Gauge.GetValue(); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	close(s.open)
	conn.Drain()
	families, _ = scrape(t, s.page())
	if got := labelled(t, families, "toolbelt_sessions").Gauge.GetValue(); got != 0 {
		t.Errorf("got %v sessions", got)
	}
}

// The collector gets the same metrics, by the names of the conventions.
func TestExportedMetrics(t *testing.T) {
	c := newCollector(t)
	s := serve(t, "--otlp-metrics-endpoint", c.URL+"/v1/metrics")
	s.session(greeting, call("1", "echo", "{}"), call("2", "nobody", "{}"))
	s.stop()
	if len(c.spans) > 0 {
		t.Error("there are spans, for which there is no endpoint")
	}
	m := c.metric("mcp.server.operation.duration")
	h := m.GetHistogram()
	if m.Unit != "s" || h == nil || h.AggregationTemporality != metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE {
		t.Fatalf("got %v", m)
	}
	var seen []string
	for _, p := range h.DataPoints {
		total := uint64(0)
		for _, n := range p.BucketCounts {
			total += n
		}
		if !slices.Equal(p.ExplicitBounds, buckets) || len(p.BucketCounts) != len(buckets)+1 || total != p.Count || p.GetSum() <= 0 ||
			p.GetMin() <= 0 || p.GetMax() < p.GetMin() || p.StartTimeUnixNano == 0 || p.TimeUnixNano < p.StartTimeUnixNano {
			t.Errorf("got %v", p)
		}
		of := attributes(p.Attributes)
		seen = append(seen, of["mcp.method.name"]+" "+of["gen_ai.tool.name"]+" "+of["error.type"])
	}
	slices.Sort(seen)
	if want := []string{"initialize  ", "tools/call  -32602", "tools/call echo "}; !slices.Equal(seen, want) {
		t.Errorf("got %q, want %q", seen, want)
	}
	if m := c.metric("mcp.server.session.duration"); m.Unit != "s" || m.GetHistogram().DataPoints[0].Count != 1 {
		t.Errorf("got %v", m)
	}
	if p := c.metric("toolbelt.refusals").GetSum(); !p.IsMonotonic || p.DataPoints[0].GetAsInt() != 1 {
		t.Errorf("got %v", p)
	}
	if p := c.metric("go.goroutine.count").GetSum(); p.IsMonotonic || p.DataPoints[0].GetAsDouble() < 1 {
		t.Errorf("got %v", p)
	}
	if p := c.metric("process.uptime").GetGauge(); p == nil || p.DataPoints[0].GetAsDouble() <= 0 {
		t.Errorf("got %v", p)
	}
	if p := c.metric("toolbelt.sessions").GetSum(); p.DataPoints[0].Value == nil {
		t.Error("a zero is not told")
	}
}

// Whatever clients call things, spans and metrics have few names, and none of
// theirs.
func TestHostileNames(t *testing.T) {
	c := newCollector(t)
	s := serve(t, "--otlp-endpoint", c.URL, "--metrics", "127.0.0.1:0")
	conn := s.Connect(t.Context(), s.out)
	const each = 300
	for i := range each {
		evil := fmt.Sprintf(`evil-%d-\"\n\\{}\ud800%s`, i, strings.Repeat("z", 1000))
		for _, line := range []string{
			call(`"`+evil+`"`, evil, `{"`+evil+`":1}`),
			call("1", "echo", `{"`+evil+`":1}`),
			request("1", "prompts/get", `"name":"`+evil+`"`),
			request("1", "resources/read", `"uri":"`+evil+`"`),
			request("1", evil, ""),
			strings.Replace(call("1", "echo", "{}"), "2026-07-28", evil, 1),
			`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"` + evil + `","capabilities":{},"clientInfo":{"name":"` + evil + `","version":"1"}}}`,
			"{\xff" + evil,
		} {
			conn.Receive([]byte(line))
		}
	}
	conn.Close()
	if got := s.out.count(); got != 8*each {
		t.Errorf("%d answers to %d requests", got, 8*each)
	}
	families, text := scrape(t, s.page())
	s.stop()
	if strings.Contains(text, "evil") {
		t.Error("the metrics have a name that a client chose")
	}
	if got := len(families["mcp_server_operation_duration_seconds"].Metric); got > 20 {
		t.Errorf("there are %d series", got)
	}
	for _, m := range c.metrics {
		if strings.Contains(m.String(), "evil") {
			t.Errorf("%s has a name that a client chose", m.Name)
		}
	}
	names := map[string]bool{}
	for _, span := range c.spans {
		names[span.Name] = true
		for key, value := range attributes(span.Attributes) {
			if len(value) > 300 || strings.Contains(value, "evil") && key != "jsonrpc.request.id" {
				t.Errorf("%s is %s", key, value)
			}
		}
	}
	if len(names) > 8 || len(c.spans) < each {
		t.Errorf("%d spans have the names %v", len(c.spans), names)
	}
}

// The page is for who asks for it properly.
func TestPage(t *testing.T) {
	s := serve(t, "--metrics", "127.0.0.1:0", "--metrics-hosts", "Scraper.Example")
	url := s.page()
	for _, test := range []struct {
		method, path, host string
		status             int
		want               string
	}{
		{"GET", "", "", 200, "target_info"},
		{"HEAD", "", "", 200, ""},
		{"GET", "", "localhost:9090", 200, "target_info"},
		{"GET", "", "scraper.example:9090", 200, "target_info"},
		{"GET", "", "evil.example", 403, "--metrics-hosts"},
		{"GET", "", "10.1.2.3:9090", 403, "--metrics-hosts"},
		{"GET", "", "127.0.0.1.evil.example", 403, "--metrics-hosts"},
		{"POST", "", "", 405, "GET and HEAD"},
		{"DELETE", "", "", 405, "GET and HEAD"},
		{"GET", "/x", "", 404, "/metrics"},
		{"GET", "/../mcp", "", 404, "/metrics"},
	} {
		res, text := get(t, test.method, url+test.path, test.host)
		if res.StatusCode != test.status || !strings.Contains(text, test.want) || (test.method == "HEAD") != (text == "") ||
			res.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s of %s: got %d %s", test.method, test.path, test.host, res.StatusCode, text)
		}
	}
}

// Other machines may read metrics where the operator says so; the log says it too.
func TestPageForOthers(t *testing.T) {
	s := serve(t, "--metrics", "0.0.0.0:0")
	s.log.until(t, "other machines can read the metrics")
	url := regexp.MustCompile(`(0\.0\.0\.0|\[::\])`).ReplaceAllString(s.page(), "127.0.0.1")
	for host, want := range map[string]int{"10.1.2.3:9090": 200, "evil.example": 403} {
		if res, _ := get(t, "GET", url, host); res.StatusCode != want {
			t.Errorf("%s: got %d, want %d", host, res.StatusCode, want)
		}
	}
}

// Whatever the operator writes into the resource, Prometheus can read the page.
func TestPageOfOddResource(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "odd-name.1=a%22b%5C%0Ac%FF,odd.name-1=other,2nd=x,%7B=y")
	s := serve(t, "--metrics", "127.0.0.1:0")
	families, _ := scrape(t, s.page())
	labelled(t, families, "target_info", "odd_name_1=a\"b\\\nc\uFFFD", "_2nd=x")
}
