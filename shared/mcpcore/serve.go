package mcpcore

import (
	"context"
	"io"
	"os"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/stdio"
)

// ServeStdio serves one client over standard input and output, until the
// input ends or ctx is done; calls under way are then answered, within the
// drain time. Standard output is the client's alone: what else writes to it
// lands on standard error.
func (s *Server) ServeStdio(ctx context.Context) error {
	out, err := takeStdout()
	if err != nil {
		return err
	}
	return s.Serve(ctx, os.Stdin, out)
}

// Serve serves one client over a pair of streams, as ServeStdio does.
func (s *Server) Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	e := s.engine()
	w := stdio.NewWriter(out)
	conn := s.Connect(context.WithoutCancel(ctx), w) // a call outlives the order to stop
	return stdio.Serve(ctx, in, w, conn, stdio.Options{
		MaxLine: e.MaxLineBytes, Active: e.MaxConcurrent + quickAtOnce, Drain: e.DrainTimeout,
	})
}

// quickAtOnce is how many lines are served at once beside the calls that may
// run: only a client that does not read makes them pile up.
const quickAtOnce = 64

// Oversized answers a line that was too long to be read.
func (c *Conn) Oversized(limit int) {
	c.turnAway(c.out, "the message is longer than the %d bytes that are allowed (--max-line-bytes)", limit)
}
