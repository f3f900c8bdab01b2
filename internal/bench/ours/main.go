// Command ours is the echo server on mcpcore, written the way its
// documentation shows and with its default settings.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"

	"github.com/mcp-toolbelt/toolbelt/internal/bench/memstat"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type echoIn struct {
	Text string `json:"text" jsonschema:"the text to echo"`
}

func echo(_ context.Context, in echoIn) (string, error) { return in.Text, nil }

func main() {
	stats := flag.String("memstats", "", "write the bytes allocated to this file at the end of input")
	flag.Parse()
	s := mcpcore.New(mcpcore.Info{Name: "echo", Version: "1"}, mcpcore.Read("echo", "Echo the text.", echo))
	err := s.ServeStdio(context.Background())
	if err := errors.Join(err, memstat.Write(*stats)); err != nil {
		io.WriteString(os.Stderr, "ours: "+err.Error()+"\n")
		os.Exit(1)
	}
}
