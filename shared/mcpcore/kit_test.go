package mcpcore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestMain(m *testing.M) {
	if run := programs[os.Getenv("MCPCORE_TEST_PROGRAM")]; run != nil {
		run() // this binary plays a server
		return
	}
	goleak.VerifyTestMain(m)
}

// modern is the _meta that a request of the newest revision carries.
const modern = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

// call is a line that calls a tool in the newest revision.
func call(id, tool, arguments string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"` + tool + `","arguments":` + arguments + `,` + modern + `}}`
}

type nothing struct{}

type textIn struct {
	Text string `json:"text,omitzero" jsonschema:"what to say"`
}

// gate lets a test see that handlers have come, and tell them to go.
type gate struct {
	came chan struct{}
	open chan struct{}
	once sync.Once
}

func newGate(t *testing.T) *gate {
	g := &gate{came: make(chan struct{}, 10_000), open: make(chan struct{})}
	t.Cleanup(g.release)
	return g
}

func (g *gate) release() { g.once.Do(func() { close(g.open) }) }

// deaf waits for the gate and for nothing else.
func (g *gate) deaf(context.Context, nothing) (string, error) {
	g.came <- struct{}{}
	<-g.open
	return "late", nil
}

// hears waits for the gate or the end of the call.
func (g *gate) hears(ctx context.Context, _ nothing) (string, error) {
	g.came <- struct{}{}
	select {
	case <-g.open:
		return "late", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// arrived waits until n handlers have come.
func (g *gate) arrived(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-g.came:
		case <-time.After(30 * time.Second):
			t.Fatal("the handler was not called")
		}
	}
}

// newServer makes a server with an echo and what else a test needs.
func newServer(tools ...mcpcore.Tool) *mcpcore.Server {
	echo := mcpcore.Read("echo", "Say it again.", func(_ context.Context, in textIn) (string, error) { return in.Text, nil })
	return mcpcore.New(mcpcore.Info{Name: "mcp-test", Version: "1.2.3"}, append([]mcpcore.Tool{echo}, tools...)...)
}

// logged has a server log into a buffer.
func logged(s *mcpcore.Server) *safeBuffer {
	b := &safeBuffer{}
	s.Options.Log = slog.New(slog.NewTextHandler(b, nil))
	return b
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// eachRevision runs a test for a client of each revision.
func eachRevision(t *testing.T, test func(t *testing.T, revision string)) {
	for _, revision := range mcptest.Revisions() {
		t.Run(revision, func(t *testing.T) { test(t, revision) })
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

var errBroken = errors.New("broken")

func decodeInto(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}
