package telemetry_test

import (
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/telemetry"
)

// Settings that cannot be right stop the program before it serves.
func TestSettings(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		args string
		want []string
	}{
		{nil, "--otlp-endpoint collector:4318", []string{"--otlp-endpoint is not a URL", "--no-otlp"}},
		{nil, "--otlp-endpoint grpc://collector:4317", []string{"--otlp-endpoint is not a URL"}},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://user:" + secret + "@collector"}, "", []string{"--otlp-endpoint has more", "OTEL_EXPORTER_OTLP_HEADERS"}},
		{nil, "--otlp-traces-endpoint https://c/?key=" + secret, []string{"--otlp-traces-endpoint has more"}},
		{map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "a=b," + secret}, "", []string{"the header number 2"}},
		{map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "a=" + secret + "%0ax"}, "", []string{"the header number 1"}},
		{map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "a b=" + secret}, "", []string{"the header number 1"}},
		{nil, "--trace-ratio 1.5", []string{"--trace-ratio", "0.1"}},
		{nil, "--trace-ratio NaN", []string{"--trace-ratio"}},
		{nil, "--metrics 9090", []string{"--metrics", "127.0.0.1:9090"}},
	} {
		s := &served{ext: telemetry.Extension()}
		err := s.parse(test.env, strings.Fields(test.args)...)
		if err == nil {
			t.Errorf("%s %v: is taken", test.args, test.env)
			continue
		}
		text := err.Error() + mcpcore.HintOf(err)
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				text += mcpcore.HintOf(e)
			}
		}
		for _, want := range test.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: got %q, want %q", test.args, text, want)
			}
		}
		if strings.Contains(text, secret) {
			t.Errorf("%s: the secret is shown: %s", test.args, text)
		}
	}
}

// The variables that OpenTelemetry lays down are understood.
func TestVariables(t *testing.T) {
	c := newCollector(t)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,service.name=not-this")
	t.Setenv("OTEL_TRACES_SAMPLER", "traceidratio")
	t.Setenv("OTEL_TRACES_SAMPLER_ARG", "1")
	s := serveEnv(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL + "/", "OTEL_SERVICE_NAME": "files"})
	s.session(call("1", "echo", "{}"))
	s.stop()
	c.span("tools/call echo")
	c.metric("mcp.server.operation.duration")
	got := attributes(c.resource.Attributes)
	want := map[string]string{"service.name": "files", "deployment.environment.name": "test"}
	for name := range got {
		if want[name] == "" {
			delete(got, name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Where nobody wants telemetry there is none, and no observer.
func TestOff(t *testing.T) {
	for _, env := range []map[string]string{nil, {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}} {
		s := serveEnv(t, env)
		if len(s.Options.Observers) > 0 {
			t.Errorf("%v: somebody observes", env)
		}
	}
}

// An address that is taken stops the program.
func TestAddressTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &served{ext: telemetry.Extension()}
	if err := s.parse(nil, "--metrics", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	o := mcpcore.Options{Log: discard}
	if err := s.ext.Open(t.Context(), &o); err != nil {
		t.Fatal(err)
	}
	if err := s.ext.(mcpcore.Starting).Start(func() mcpcore.Load { return mcpcore.Load{} }); err == nil || !strings.Contains(err.Error(), "--metrics: ") {
		t.Errorf("got %v", err)
	}
	if err := s.ext.Close(); err != nil {
		t.Error(err)
	}
}
