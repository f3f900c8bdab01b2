package telemetry_test

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// away is the URL of a collector that does not run.
func away(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return "http://" + l.Addr().String()
}

// A collector that does not run harms no call, and is told of once.
func TestCollectorAway(t *testing.T) {
	s := serveEnv(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": away(t)})
	for range 100 {
		s.session(call("1", "echo", "{}"))
	}
	s.stop()
	if got := s.out.count(); got != 100 {
		t.Errorf("%d of 100 calls were answered", got)
	}
	if got := s.log.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, "telemetry cannot be delivered") {
		t.Errorf("the log says %s", got)
	}
}

// A collector that takes a connection and never answers keeps neither calls
// nor the end of the program waiting, and what waits for it is bounded.
func TestCollectorHangs(t *testing.T) {
	came, gone := make(chan struct{}, 100), make(chan struct{}, 100)
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		came <- struct{}{}
		<-r.Context().Done()
		gone <- struct{}{}
	}))
	defer web.Close()
	t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "64")
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "8")
	s := serve(t, "--otlp-endpoint", web.URL)
	const calls = 5000
	for range calls / 10 {
		line := call("1", "echo", "{}")
		s.session(line, line, line, line, line, line, line, line, line, line)
	}
	await(t, "the first delivery", came)
	if got := s.out.count(); got != calls {
		t.Errorf("%d of %d calls were answered", got, calls)
	}
	s.stop()
	await(t, "the end of the delivery", gone)
}

// At the end there is no time to ask a busy collector again.
func TestNoRetryAtTheEnd(t *testing.T) {
	c := newCollector(t)
	c.refuse = []int{http.StatusServiceUnavailable}
	s := serve(t, "--otlp-traces-endpoint", c.URL+"/v1/traces")
	s.session(call("1", "echo", "{}"))
	s.stop()
	if len(c.headers) != 1 {
		t.Errorf("got %d requests", len(c.headers))
	}
	s.log.until(t, "the collector answered 503")
}

// A collector that is busy is asked again; one that refuses is not. The log
// says when delivery works again.
func TestRetry(t *testing.T) {
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
	c := newCollector(t)
	c.refuse = []int{http.StatusServiceUnavailable, http.StatusBadRequest}
	s := serve(t, "--otlp-traces-endpoint", c.URL+"/v1/traces")
	s.session(call("1", "echo", "{}"))
	await(t, "the delivery", c.came)
	await(t, "it again", c.came) // a refusal: that was all
	s.log.until(t, "the collector answered 400")
	s.session(call("2", "fail", "{}"))
	await(t, "the next", c.came)
	s.log.until(t, "telemetry is delivered again")
	s.stop()
	c.span("tools/call fail")
	if len(c.spans) != 1 || len(c.headers) != 3 {
		t.Errorf("got %d spans by %d requests", len(c.spans), len(c.headers))
	}
	if got := s.log.String(); strings.Count(got, "level=WARN") != 1 {
		t.Errorf("the log says %s", got)
	}
}

// Headers go to the collector, decoded, and to nowhere it points to.
func TestHeaders(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	defer elsewhere.Close()
	c := newCollector(t)
	s := serveEnv(t, map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20" + secret + ", x-tenant = a"},
		"--otlp-traces-endpoint", c.URL+"/v1/traces")
	s.session(call("1", "echo", "{}"))
	s.stop()
	if got := c.headers[0]; got.Get("Authorization") != "Bearer "+secret || got.Get("X-Tenant") != "a" {
		t.Errorf("got %v", got)
	}
	pointing := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer pointing.Close()
	s = serveEnv(t, map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "authorization=" + secret}, "--otlp-endpoint", pointing.URL)
	s.session(call("1", "echo", "{}"))
	s.stop()
	if got := s.log.String(); !strings.Contains(got, "the collector answered 307") || strings.Contains(got, secret) {
		t.Errorf("the log says %s", got)
	}
}

// Over TLS a collector has to have a certificate that is trusted.
func TestTLS(t *testing.T) {
	c := &collector{t: t, came: make(chan struct{}, 100)}
	c.Server = httptest.NewUnstartedServer(http.HandlerFunc(c.take))
	c.Config.ErrorLog = nil
	c.StartTLS()
	defer c.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, "--otlp-endpoint", c.URL, "--otlp-ca", ca)
	s.session(call("1", "echo", "{}"))
	s.stop()
	c.span("tools/call echo")
	s = serve(t, "--otlp-endpoint", c.URL)
	s.session(call("1", "fail", "{}"))
	s.stop()
	if got := s.log.String(); !strings.Contains(got, "certificate") || len(c.spans) != 1 {
		t.Errorf("%d spans were taken; the log says %s", len(c.spans), got)
	}
}

// What is in calls is in no span, metric or log.
func TestSecrets(t *testing.T) {
	c := newCollector(t)
	s := serveEnv(t, map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "x-key=" + secret}, "--otlp-endpoint", c.URL, "--metrics", "127.0.0.1:0")
	web := s.site()
	with := append(modernHeaders("fail"), "Authorization", "Bearer "+secret, "Cookie", secret)
	post(t, web.Client(), t.Context(), web.URL, call("1", "fail", `{"text":"`+secret+`"}`), with...)
	s.session(
		call("1", "echo", `{"text":"`+secret+`"}`),
		call("1", "echo", `{"`+secret+`":1}`),
		call("1", secret, `{}`),
		request("1", "prompts/get", `"name":"greet","arguments":{"text":"`+secret+`"}`),
		request("1", "resources/read", `"uri":"test://`+secret+`"`),
		request("1", "resources/read", `"uri":"other://`+secret+`"`),
		request("1", secret, ""),
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"`+secret+`","capabilities":{},"clientInfo":{"name":"`+secret+`","version":"1"}}}`,
		secret,
	)
	_, text := scrape(t, s.page())
	s.stop()
	if len(c.spans) != 10 {
		t.Errorf("got %d spans", len(c.spans))
	}
	for what, text := range map[string]string{"what was exported": c.raw.String(), "the metrics": text, "the log": s.log.String()} {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is in %s", what)
		}
	}
}
