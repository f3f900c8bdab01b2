// Command ours is the echo server on mcpcore, written the way its
// documentation shows and with its default settings.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/internal/bench/memstat"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/httpd"
)

type echoIn struct {
	Text string `json:"text" jsonschema:"the text to echo"`
}

func echo(_ context.Context, in echoIn) (string, error) { return in.Text, nil }

func main() {
	stats := flag.String("memstats", "", "write the bytes allocated to this file at the end of input")
	overHTTP := flag.Bool("http", false, "serve over HTTP, on the address that is the first line of output")
	conns := flag.Int("max-connections", 0, "see mcpcore")
	queue := flag.Int("max-queue", 0, "see mcpcore")
	idle := flag.Duration("idle", 0, "after which a session that nobody uses ends")
	flag.Parse()
	s := mcpcore.New(mcpcore.Info{Name: "echo", Version: "1"}, mcpcore.Read("echo", "Echo the text.", echo))
	s.Options.MaxQueue = *queue
	var err error
	if *overHTTP {
		err = serveHTTP(s, mcpcore.HTTPOptions{IdleTimeout: *idle}, *conns)
	} else {
		err = s.ServeStdio(context.Background())
	}
	if err := errors.Join(err, memstat.Write(*stats)); err != nil {
		io.WriteString(os.Stderr, "ours: "+err.Error()+"\n")
		os.Exit(1)
	}
}

// serveHTTP serves until the end of input. One more tool holds its calls from
// when the input says shut until it says open.
func serveHTTP(s *mcpcore.Server, o mcpcore.HTTPOptions, conns int) error {
	var g gate
	s.AddTools(mcpcore.Read("hold", "Echo the text, but not at once.", g.echo))
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	listen := httpd.Listen{Addr: "127.0.0.1:0", MaxConns: conns, Bound: func(a net.Addr) { fmt.Println(a) }}
	go func() { served <- s.Handler(o).Serve(ctx, listen) }()
	err := memstat.Answer(os.Stdin, os.Stdout, g.heard)
	stop()
	return errors.Join(err, <-served)
}

// gate is what calls wait at.
type gate struct {
	mu   sync.Mutex
	shut chan struct{} // closed when it opens; nil while it is open
}

func (g *gate) heard(word string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case word == "shut" && g.shut == nil:
		g.shut = make(chan struct{})
	case word == "open" && g.shut != nil:
		close(g.shut)
		g.shut = nil
	}
}

func (g *gate) echo(ctx context.Context, in echoIn) (string, error) {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut == nil {
		return in.Text, nil
	}
	select {
	case <-shut:
		return in.Text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
