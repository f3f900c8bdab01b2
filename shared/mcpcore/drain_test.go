package mcpcore_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// Whether the input ends or the order to stop comes, calls under way are
// answered within the drain time and Serve returns, even when a handler is deaf.
func TestDrain(t *testing.T) {
	const drain = 10 * time.Second
	for _, test := range []struct {
		name    string
		tool    string
		takes   time.Duration // of a handler that ends by itself; 0: never
		isError bool
		most    time.Duration // until Serve returns
	}{
		{"quick", "sleep", time.Second, false, time.Second},
		{"until told", "hears", 0, true, 8 * time.Second},
		{"never", "deaf", 0, true, drain},
	} {
		for _, how := range []string{"input ends", "stopped"} {
			t.Run(test.name+"/"+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := newGate(t)
					s := newServer(mcpcore.Read("hears", "Wait.", g.hears), mcpcore.Read("deaf", "Wait.", g.deaf),
						mcpcore.Read("sleep", "Wait.", func(context.Context, nothing) (string, error) {
							<-time.After(test.takes)
							return "slept", nil
						}))
					s.Options.DrainTimeout = drain
					l := mcptest.Pipe(t, s)
					l.Send(call("1", test.tool, "{}"), call("2", test.tool, "{}"))
					synctest.Wait()
					start := time.Now()
					if how == "stopped" {
						l.Stop()
					} else {
						l.CloseInput()
					}
					if err := l.Wait(); err != nil {
						t.Errorf("Serve: %v", err)
					}
					if took := time.Since(start); took > test.most+time.Millisecond {
						t.Errorf("Serve returned after %s, want at most %s", took, test.most)
					}
					answers := l.Rest()
					if len(answers) != 2 {
						t.Errorf("got %q, want two answers", answers)
					}
					for _, line := range answers {
						a := parse(t, line)
						failed := a.Error != nil || strings.Contains(string(a.Result), `"isError":true`)
						if failed != test.isError {
							t.Errorf("got %s, want error: %v", line, test.isError)
						}
					}
					g.release()
				})
			})
		}
	}
}

// Calls that wait for a place when the input ends are answered too.
func TestDrainOfTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(mcpcore.Read("sleep", "Wait.", func(context.Context, nothing) (string, error) {
			<-time.After(time.Second)
			return "slept", nil
		}))
		s.Options.MaxConcurrent = 1
		l := mcptest.Pipe(t, s)
		l.Send(call("1", "sleep", "{}"), call("2", "sleep", "{}"), call("3", "sleep", "{}"))
		l.CloseInput()
		if got := l.Rest(); len(got) != 3 || strings.Contains(strings.Join(got, ""), "rror") {
			t.Errorf("got %q, want three results", got)
		}
	})
}

// A batch is answered as a whole at the end too, and its goroutines end when
// the connection is closed at once.
func TestBatchAtTheEnd(t *testing.T) {
	const batch = `[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"deaf"}},{"jsonrpc":"2.0","id":2,"method":"ping"}]`
	t.Run("drain", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newGate(t)
			l := mcptest.Pipe(t, newServer(mcpcore.Read("deaf", "Wait.", g.deaf)))
			l.Handshake("2025-03-26")
			l.Send(batch)
			l.CloseInput()
			var all []answer
			if got := l.Rest(); len(got) != 1 || json.Unmarshal([]byte(got[0]), &all) != nil || len(all) != 2 {
				t.Errorf("got %q, want one array of two", got)
			}
			g.release()
		})
	})
	t.Run("close", func(t *testing.T) {
		g := newGate(t)
		c := mcptest.Connect(t, newServer(mcpcore.Read("deaf", "Wait.", g.deaf)), mcptest.Options{Revision: "2025-03-26"})
		var wg sync.WaitGroup
		wg.Go(func() { c.Raw(batch) })
		g.arrived(t, 1)
		c.Close()
		g.release()
		wg.Wait() // hangs when nobody counts the call off
	})
}

// stuck is an output that takes nothing.
type stuck struct {
	ctx     context.Context
	writing chan struct{}
	once    sync.Once
}

func (s *stuck) Write([]byte) (int, error) {
	s.once.Do(func() { close(s.writing) })
	<-s.ctx.Done()
	return 0, io.ErrClosedPipe
}

// A client that asks and asks and does not read costs a bounded amount of
// memory, and does not keep Serve from ending.
func TestClientThatDoesNotRead(t *testing.T) {
	ctx, free := context.WithCancel(context.Background())
	defer free()
	s := newServer()
	s.Options.DrainTimeout = 100 * time.Millisecond
	serving, stop := context.WithCancel(context.Background())
	defer stop()
	in, ask := io.Pipe()
	out := &stuck{ctx: ctx, writing: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(serving, in, out) }()

	before, goroutines := heap(), runtime.NumGoroutine()
	line := []byte(call("1", "echo", `{"text":"`+strings.Repeat("x", 1000)+`"}`) + "\n" +
		`{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{` + modern + `}}` + "\n")
	wrote := make(chan int, 1)
	go func() {
		n := 0
		for range 40_000 { // 40 MB
			if _, err := ask.Write(line); err != nil {
				break
			}
			n++
		}
		wrote <- n
	}()
	<-out.writing
	select {
	case <-wrote: // it takes everything
	case <-time.After(3 * time.Second): // it has stopped taking
	}
	if grown := int64(heap()) - int64(before); grown > 16<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
	if more := runtime.NumGoroutine() - goroutines; more > 300 {
		t.Errorf("%d goroutines more", more)
	}
	stop()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("Serve does not end")
	}
	in.Close()
	free()
}

// broken is an output that fails after some bytes.
type broken struct{ left int }

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestWriteErrorEndsServe(t *testing.T) {
	in, ask := io.Pipe()
	defer in.Close()
	ended := make(chan error, 1)
	go func() { ended <- newServer().Serve(context.Background(), in, &broken{1000}) }()
	go func() {
		for {
			if _, err := io.WriteString(ask, call("1", "echo", `{}`)+"\n"); err != nil {
				return
			}
		}
	}()
	select {
	case err := <-ended:
		if !errors.Is(err, errBroken) {
			t.Errorf("got %v, want %v", err, errBroken)
		}
	case <-time.After(10 * time.Second):
		t.Error("Serve does not end")
	}
}

// However busy the machine is, what was read before the input ended is
// answered.
func TestEverythingReadIsAnswered(t *testing.T) {
	s := newServer()
	const n = 20
	lines := strings.Repeat("no JSON\n"+`{"jsonrpc":"2.0","id":1,"method":"ping"}`+"\n", n)
	var wg sync.WaitGroup
	for range 4 * runtime.NumCPU() {
		wg.Go(func() {
			for range 100 {
				var out safeBuffer
				if err := s.Serve(t.Context(), strings.NewReader(lines), &out); err != nil {
					t.Error(err)
				}
				if got := strings.Count(out.String(), "\n"); got != 2*n {
					t.Errorf("got %d answers, want %d", got, 2*n)
				}
			}
		})
	}
	wg.Wait()
}
