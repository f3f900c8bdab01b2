package mcpcore_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/rate"
)

type countingSender struct{ n, bytes int }

func (c *countingSender) Send(msg []byte) error {
	c.n++
	c.bytes += len(msg)
	return nil
}

// An echo from the line that comes in to the line that goes out, without a
// transport.
func BenchmarkReceive(b *testing.B) {
	const handshake = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"b","version":"1"}}}`
	const old = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}`
	limited := rate.Limit{Every: time.Nanosecond, Burst: 1 << 30}
	for _, bench := range []struct{ name, first, line string }{
		{"echo", handshake, old},
		{"echo with limits", handshake, old},
		{"echo stateless", "", call("1", "echo", `{"text":"hello"}`)},
		{"echo 100 KB", handshake, strings.Replace(old, "hello", strings.Repeat("line of text\\n", 7000), 1)},
		{"tools list", handshake, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`},
		{"ping", handshake, `{"jsonrpc":"2.0","id":1,"method":"ping"}`},
		{"refused arguments", handshake, strings.Replace(old, `"text"`, `"texts"`, 1)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := newServer()
			ctx := context.Background()
			if strings.HasSuffix(bench.name, "with limits") {
				s.Options.RateLimit, s.Options.RateLimitPerPrincipal = limited, limited
				s.Options.ToolTimeouts = []mcpcore.ForTools[time.Duration]{{Pattern: "echo", Value: time.Minute}}
				ctx = auth.With(ctx, named("ada"))
			}
			out := &countingSender{}
			conn := s.Connect(ctx, out)
			defer conn.Close()
			if bench.first != "" {
				conn.Receive([]byte(bench.first))
			}
			line := []byte(bench.line)
			before := out.n
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				conn.Receive(line)
				n++
			}
			if out.n-before != n {
				b.Errorf("%d answers to %d requests", out.n-before, n)
			}
		})
	}
}

// The same over pipes, one call after the other.
func BenchmarkServe(b *testing.B) {
	in, ask := io.Pipe()
	answers, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- newServer().Serve(context.Background(), in, out) }()
	line := []byte(call("1", "echo", `{"text":"hello"}`) + "\n")
	buf := make([]byte, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ask.Write(line); err != nil {
			b.Fatal(err)
		}
		if n, err := answers.Read(buf); err != nil || buf[n-1] != '\n' {
			b.Fatal(err)
		}
	}
	ask.Close()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}
