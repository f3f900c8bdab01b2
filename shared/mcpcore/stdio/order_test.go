package stdio_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/stdio"
)

// gate is a connection whose lines end when they are told to.
type gate struct {
	came chan string
	pass bool // on to the next line, before the end
	end  chan struct{}
}

func (g *gate) Accept(line []byte, passOn func()) {
	if g.pass {
		passOn()
	}
	g.came <- string(line)
	<-g.end
}
func (*gate) Oversized(int) {}
func (*gate) Drain()        {}
func (*gate) Close()        {}

// A line that does not pass on, such as a handshake, is done before the next
// one is heard, however long it takes; one that does is overtaken.
func TestOrder(t *testing.T) {
	for _, pass := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			in, out := io.Pipe()
			g := &gate{came: make(chan string, 2), pass: pass, end: make(chan struct{})}
			ended := make(chan error)
			go func() {
				ended <- stdio.Serve(t.Context(), in, stdio.NewWriter(io.Discard), g, stdio.Options{MaxLine: 100, Active: 9, Drain: time.Second})
			}()
			go io.WriteString(out, "one\ntwo\n")
			if got := <-g.came; got != "one" {
				t.Errorf("first came %q", got)
			}
			<-time.After(time.Hour) // of the bubble, in which nothing else goes on
			if second := len(g.came); second == 1 != pass {
				t.Errorf("passing on: %t; came meanwhile: %d", pass, second)
			}
			close(g.end)
			out.Close()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}
