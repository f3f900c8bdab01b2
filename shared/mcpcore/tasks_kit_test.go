package mcpcore_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// withTasks are the capabilities of a client that knows tasks and can be asked.
const withTasks = `{"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}}`

// peer is a client that says what it can with each request. All that it is
// answered is held against the published schemas, where there is a judge.
type peer struct {
	t     *testing.T
	n     int
	can   string
	send  func(line string) (answer []byte)
	judge *mcptest.Judge
}

// reply is an answer, of whichever kind.
type reply struct {
	Error  *fault
	Result struct {
		ResultType, TaskID, Status, StatusMessage, CreatedAt, LastUpdatedAt string
		TTLMs, PollIntervalMs                                               int
		Content                                                             []struct{ Text string }
		InputRequests                                                       map[string]struct {
			Method string
			Params struct{ Message string }
		}
		Result *struct {
			ResultType string
			Content    []struct{ Text string }
			IsError    bool
		}
		Error   *fault
		IsError bool
	}
}

type fault struct {
	Code    int
	Message string
	Data    json.RawMessage
}

// ask sends a request; params are the members of its params, or "".
func (p *peer) ask(method, params string) (r reply) {
	p.t.Helper()
	raw := p.sendRaw(method, params)
	if err := json.Unmarshal(raw, &r); err != nil {
		p.t.Fatalf("%s: %v: %s", method, err, raw)
	}
	return r
}

func (p *peer) sendRaw(method, params string) []byte {
	if p.n++; params != "" {
		params += ","
	}
	line := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{%s"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",`+
		`"io.modelcontextprotocol/clientCapabilities":%s}}}`, p.n, method, params, p.can)
	if p.judge == nil {
		return p.send(line)
	}
	p.judge.Sent([]byte(line))
	answer := p.send(line)
	if err := p.judge.Received(answer); err != nil {
		p.t.Errorf("the server sent what it may not send: %v\n%s", err, answer)
	}
	return answer
}

// begin calls a tool and returns the id of the task that it becomes.
func (p *peer) begin(tool string) string {
	p.t.Helper()
	r := p.ask("tools/call", fmt.Sprintf(`"name":%q,"arguments":{}`, tool))
	if r.Error != nil || r.Result.ResultType != "task" || r.Result.TaskID == "" || r.Result.Status != "working" {
		p.t.Fatalf("%s: no task: %+v", tool, r)
	}
	return r.Result.TaskID
}

func (p *peer) get(id string) reply {
	p.t.Helper()
	return p.ask("tasks/get", fmt.Sprintf(`"taskId":%q`, id))
}

// until polls until the task is in a state.
func (p *peer) until(id string, status string) reply {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		r := p.get(id)
		if r.Result.Status == status {
			return r
		}
		if r.Error != nil {
			p.t.Fatalf("waiting for %s: %+v", status, r.Error)
		}
		<-time.After(time.Millisecond)
	}
	p.t.Fatalf("the task is never %s: %+v", status, p.get(id))
	return reply{}
}

// acked fails the test unless the answer says nothing but that it was heard.
func (p *peer) acked(r reply) {
	p.t.Helper()
	if r.Error != nil || r.Result.ResultType != "complete" || r.Result.TaskID != "" || r.Result.Status != "" {
		p.t.Errorf("not an acknowledgement: %+v", r)
	}
}

// inMemory is a client of a connection in memory.
func inMemory(t *testing.T, s *mcpcore.Server) *peer { return inMemoryAs(t, s, "") }

// inMemoryAs is a client of a principal.
func inMemoryAs(t *testing.T, s *mcpcore.Server, principal string) *peer {
	out := make(sink, 100)
	ctx, cancel := context.WithCancel(context.Background())
	if principal != "" {
		ctx = mcpcore.WithPrincipal(ctx, principal)
	}
	conn := s.Connect(ctx, out)
	t.Cleanup(func() {
		conn.Close()
		cancel()
	})
	return &peer{t: t, can: withTasks, judge: mcptest.NewJudge(), send: func(line string) []byte {
		go conn.Receive([]byte(line))
		return <-out
	}}
}

// sink keeps the answers and lets the notifications pass.
type sink chan []byte

func (s sink) Send(msg []byte) error {
	if !bytes.HasPrefix(msg, []byte(`{"jsonrpc":"2.0","method":`)) {
		s <- bytes.Clone(msg)
	}
	return nil
}

// overStdio is a client of a pair of streams.
func overStdio(t *testing.T, s *mcpcore.Server) *peer {
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(context.Background(), inRead, outWrite) // ends with its input
		outWrite.Close()
	}()
	lines := bufio.NewScanner(outRead)
	lines.Buffer(nil, 1<<20)
	t.Cleanup(func() {
		inWrite.Close()
		<-ended
	})
	return &peer{t: t, can: withTasks, judge: mcptest.NewJudge(), send: func(line string) []byte {
		if _, err := io.WriteString(inWrite, line+"\n"); err != nil {
			t.Fatal(err)
		}
		if !lines.Scan() {
			t.Fatal("no answer")
		}
		return lines.Bytes()
	}}
}

// overHTTP is a client that makes a request of its own each time.
func overHTTP(t *testing.T, s *mcpcore.Server) *peer { return webPeers(t, s)("") }

// webPeers serves over HTTP and makes clients of principals.
func webPeers(t *testing.T, s *mcpcore.Server) func(principal string) *peer {
	h := s.Handler(mcpcore.HTTPOptions{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who := r.Header.Get("X-Principal"); who != "" {
			r = r.WithContext(mcpcore.WithPrincipal(r.Context(), who))
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		h.Drain()
		web.Close()
	})
	return func(principal string) *peer {
		return &peer{t: t, can: withTasks, judge: mcptest.NewJudge(), send: func(line string) []byte {
			r, err := http.NewRequestWithContext(t.Context(), "POST", web.URL+"/mcp", strings.NewReader(line))
			if err != nil {
				t.Fatal(err)
			}
			var m struct {
				Method string
				Params struct{ Name, TaskID string }
			}
			decodeInto(t, line, &m)
			for key, value := range map[string]string{
				"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "X-Principal": principal,
				"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": m.Method, "Mcp-Name": m.Params.Name + m.Params.TaskID,
			} {
				r.Header.Set(key, value)
			}
			res, err := web.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			return body
		}}
	}
}

// longServer has a long tool of every kind.
func longServer(t *testing.T, g *gate, options ...mcpcore.ToolOption) *mcpcore.Server {
	long := func(name string, run func(context.Context, nothing) (string, error), how ...mcpcore.Lasting) mcpcore.Tool {
		return mcpcore.Write(name, "Take long.", run, append(options, mcpcore.Long(how...))...)
	}
	s := newServer(
		long("hears", g.hears), long("deaf", g.deaf), long("only", g.hears, mcpcore.TasksOnly),
		long("quick", func(context.Context, nothing) (string, error) { return "quick", nil }),
		long("fails", func(context.Context, nothing) (string, error) { return "", mcpcore.Hint(errBroken, "mend it") }),
		long("panics", func(context.Context, nothing) (string, error) { panic("secret") }),
		long("exits", func(context.Context, nothing) (string, error) { runtime.Goexit(); return "", nil }),
		long("refuses", func(context.Context, nothing) (string, error) {
			return "", &jsonrpc.Error{Code: -32050, Message: "no", Data: []byte(`{"why":1}`)}
		}),
		long("large", func(context.Context, nothing) (string, error) { return strings.Repeat("x", 1<<20), nil }),
		long("asks", func(ctx context.Context, _ nothing) (string, error) {
			f, err := mcpcore.Ask[form](ctx, "Who are you?")
			return f.Name, err
		}),
		long("asks_first", func(ctx context.Context, _ nothing) (string, error) {
			f, err := mcpcore.Ask[form](ctx, "Who are you?")
			if err := mcpcore.Background(ctx); err != nil {
				return "", err
			}
			g.came <- struct{}{}
			<-g.open
			return f.Name, err
		}, mcpcore.AsksFirst),
		long("tells", func(ctx context.Context, in nothing) (string, error) {
			mcpcore.Progress(ctx, 1, 2, "half of it")
			return g.hears(ctx, in)
		}),
		mcpcore.Read("void", "Give nothing.", func(context.Context, nothing) ([]mcpcore.Content, error) {
			return []mcpcore.Content{nil}, nil
		}, mcpcore.Long()),
	)
	t.Cleanup(func() {
		g.release()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
