package telemetry_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/config"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/telemetry"
)

// An echo from the line that comes in to the line that goes out, with and
// without what telemetry there is.
func BenchmarkEcho(b *testing.B) {
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer web.Close()
	for _, bench := range []struct {
		name string
		args []string
	}{
		{"off", nil},
		{"metrics", []string{"--metrics", "127.0.0.1:0"}},
		{"traces of 1 in 100", []string{"--otlp-traces-endpoint", web.URL, "--trace-ratio", "0.01"}},
		{"all", []string{"--otlp-endpoint", web.URL, "--metrics", "127.0.0.1:0"}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			x := telemetry.Extension()
			f := config.New("mcp-test")
			x.Flags(f)
			o := mcpcore.Options{Log: discard}
			for _, err := range []error{f.Parse(bench.args, func(string) (string, bool) { return "", false }), x.Validate(), x.Open(b.Context(), &o)} {
				if err != nil {
					b.Fatal(err)
				}
			}
			s := mcpcore.New(mcpcore.Info{Name: "mcp-test", Version: "1"},
				mcpcore.Read("echo", "Say it again.", func(_ context.Context, in textIn) (string, error) { return in.Text, nil }))
			s.Options = o
			if err := x.(mcpcore.Starting).Start(s.Load); err != nil {
				b.Fatal(err)
			}
			out := &sender{}
			conn := s.Connect(b.Context(), out)
			line := []byte(call("1", "echo", `{"text":"hello"}`))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				conn.Receive(line)
				n++
			}
			if got := out.count(); got != n {
				b.Errorf("%d answers to %d requests", got, n)
			}
			conn.Close()
			if err := x.Close(); err != nil {
				b.Error(err)
			}
		})
	}
}
