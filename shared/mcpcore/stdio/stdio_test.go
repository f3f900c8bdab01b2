package stdio_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/stdio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// slow is an output that says when it is written to, and waits to be let on.
type slow struct {
	mu      sync.Mutex
	writes  []string
	writing chan struct{}
	goOn    chan struct{}
}

func (s *slow) Write(p []byte) (int, error) {
	s.mu.Lock()
	s.writes = append(s.writes, string(p))
	s.mu.Unlock()
	s.writing <- struct{}{}
	<-s.goOn
	return len(p), nil
}

// What is sent while a write is going on goes out together, whole and in
// order.
func TestWriterGathers(t *testing.T) {
	out := &slow{writing: make(chan struct{}, 10), goOn: make(chan struct{}, 10)}
	w := stdio.NewWriter(out)
	var first sync.WaitGroup
	first.Go(func() { w.Send([]byte("a\n")) })
	<-out.writing
	w.Send([]byte("b\n"))
	w.Send([]byte("c\n"))
	out.goOn <- struct{}{}
	<-out.writing
	out.goOn <- struct{}{}
	first.Wait()
	if got := strings.Join(out.writes, "|"); got != "a\n|b\nc\n" {
		t.Errorf("got %q", got)
	}
}

func TestWriterHolds(t *testing.T) {
	var out bytes.Buffer
	w := stdio.NewWriter(&out)
	w.Hold()
	w.Send([]byte("a\n"))
	w.Send([]byte("b\n"))
	if out.Len() != 0 {
		t.Errorf("got %q while held", out.String())
	}
	w.Release()
	if out.String() != "a\nb\n" {
		t.Errorf("got %q", out.String())
	}
	w.Hold()
	w.Send([]byte("c\n"))
	w.Free()
	w.Send([]byte("d\n"))
	if out.String() != "a\nb\nc\nd\n" {
		t.Errorf("got %q", out.String())
	}
	w.Hold()
	w.Send(bytes.Repeat([]byte("x"), 100_000)) // too long to be held
	if out.Len() < 100_000 {
		t.Error("a long message was held")
	}
}

// Messages of many senders, long and short, all arrive whole.
func TestWriterOfMany(t *testing.T) {
	var out bytes.Buffer
	w := stdio.NewWriter(&out)
	var wg sync.WaitGroup
	const senders, each = 16, 200
	for i := range senders {
		wg.Go(func() {
			for n := range each {
				size := 10
				if n%50 == 0 {
					size = 40_000
				}
				w.Send(append(bytes.Repeat([]byte{byte('a' + i)}, size), '\n'))
			}
		})
	}
	wg.Wait()
	lines := 0
	for line := range strings.Lines(out.String()) {
		lines++
		if line = strings.TrimSuffix(line, "\n"); strings.Trim(line, line[:1]) != "" || (len(line) != 10 && len(line) != 40_000) {
			t.Fatalf("got a broken line of %d bytes", len(line))
		}
	}
	if lines != senders*each {
		t.Errorf("got %d lines, want %d", lines, senders*each)
	}
}

type failing struct{}

var errFull = errors.New("full")

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestWriterFails(t *testing.T) {
	w := stdio.NewWriter(failing{})
	for range 3 {
		if err := w.Send([]byte("a\n")); !errors.Is(err, errFull) {
			t.Errorf("got %v", err)
		}
	}
	<-w.Failed()
	if !errors.Is(w.Err(), errFull) {
		t.Errorf("got %v", w.Err())
	}
	w.Release()
}
