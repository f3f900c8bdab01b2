package mcpcore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/protocol"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/tasks"
)

// local is the client that the commands are: they take the same way into the
// server as any other.
type local struct{ answers chan []byte }

func (l *local) Send(msg []byte) error {
	if bytes.HasPrefix(msg, []byte(`{"jsonrpc":"2.0","id":`)) {
		l.answers <- bytes.Clone(msg)
	}
	return nil
}

// request sends one request in the newest revision and returns its result.
func (s *Server) request(ctx context.Context, method, key, name string, arguments []byte) ([]byte, error) {
	l := &local{answers: make(chan []byte, 1)}
	conn := s.Connect(ctx, l)
	defer conn.Close()
	w := &jsonrpc.Writer{Buf: jsonrpc.AppendCall(nil, "1", method)}
	w.Open('{')
	w.Optional(key, name)
	w.OptionalRaw("arguments", arguments)
	w.Key("_meta").Open('{')
	w.Key(protocol.MetaVersion).String(protocol.Latest().Name)
	w.Key(protocol.MetaCapabilities).Raw([]byte(`{"extensions":{"` + protocol.TasksExtension + `":{}}}`))
	w.Close('}')
	w.Close('}')
	go conn.Receive(jsonrpc.AppendEnd(w.Buf)) // a handler may be deaf to the end of ctx
	var answer []byte
	select {
	case answer = <-l.answers:
	case <-ctx.Done():
		return nil, errStopped
	}
	m, err := jsonrpc.Parse(answer)
	if err != nil {
		return nil, err
	}
	for key, value := range jsonrpc.Members(m.Error) {
		if key == "message" {
			return nil, fmt.Errorf("%s", jsonrpc.Unquote(value))
		}
	}
	return m.Result, nil
}

// tools lists the tools.
func (p *program) tools(args []string) int {
	asJSON := false
	args = slices.DeleteFunc(args, func(a string) bool {
		is := a == "--json" || a == "-json"
		asJSON = asJSON || is
		return is
	})
	s, err := p.prepare(args)
	if err != nil {
		return p.report(err)
	}
	defer s.Close()
	if !asJSON {
		for _, t := range s.Tools() {
			first, _, _ := strings.Cut(t.Description(), "\n")
			fmt.Fprintf(p.stdout, "%-7s %-28s %s\n", t.Effect(), t.Name(), first)
		}
		return 0
	}
	raw, err := s.request(context.Background(), "tools/list", "", "", nil)
	if err != nil {
		return p.report(err)
	}
	for key, value := range jsonrpc.Members(raw) {
		if key == "tools" {
			var out bytes.Buffer
			_ = json.Indent(&out, value, "", "  ") // it is JSON of our own
			fmt.Fprintln(p.stdout, out.String())
		}
	}
	return 0
}

// call runs one tool.
func (p *program) call(args []string) int {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return p.report(&usageError{Hint(fmt.Errorf("call needs the name of a tool"), p.name+` call TOOL '{"argument": "value"}'; the command tools lists the names`)})
	}
	tool, arguments := args[0], []byte("{}")
	if args = args[1:]; len(args) > 0 && strings.HasPrefix(strings.TrimSpace(args[0]), "{") {
		arguments = []byte(args[0])
		args = args[1:]
		if err := jsonrpc.Valid(arguments); err != nil {
			return p.report(&usageError{fmt.Errorf("the arguments are not valid JSON")})
		}
	}
	s, err := p.prepare(args)
	if err != nil {
		return p.report(err)
	}
	defer s.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the next signal ends the program at once
	raw, err := s.request(ctx, "tools/call", "name", tool, arguments)
	if err == nil {
		raw, err = p.await(ctx, s, raw)
	}
	if err != nil {
		return p.report(err)
	}
	return p.print(raw)
}

// errStopped is why there is no result.
var errStopped = errors.New("cancelled")

// await waits for the result of a call that became a task, and says how it
// comes along. A signal cancels the task.
func (p *program) await(ctx context.Context, s *Server, raw []byte) ([]byte, error) {
	first := stateOf(raw)
	if first.kind != "task" {
		return raw, nil
	}
	changed := make(chan struct{}, 1)
	stop := s.engine().Tasks.Watch(first.id, func() {
		select {
		case changed <- struct{}{}:
		default: // it will be looked at
		}
	})
	defer stop()
	rest := context.WithoutCancel(ctx)
	said, at := "", time.Time{}
	for {
		raw, err := s.request(rest, "tasks/get", "taskId", first.id, nil)
		if err != nil {
			return nil, err
		}
		now := stateOf(raw)
		switch tasks.Status(now.status) {
		case tasks.Completed:
			return now.result, nil
		case tasks.Failed:
			return nil, errors.New(now.message)
		case tasks.Cancelled:
			return nil, errStopped
		}
		if now.message != "" && now.message != said && time.Since(at) >= pollEvery {
			said, at = now.message, time.Now()
			fmt.Fprintln(p.stderr, said)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			_, err := s.request(rest, "tasks/cancel", "taskId", first.id, nil)
			return nil, cmp.Or(err, errStopped)
		}
	}
}

// taskState is what a result says of a task.
type taskState struct {
	kind, id, status, message string
	result                    []byte
}

func stateOf(raw []byte) (t taskState) {
	for key, value := range jsonrpc.Members(raw) {
		switch key {
		case "resultType":
			t.kind = jsonrpc.Unquote(value)
		case "taskId":
			t.id = jsonrpc.Unquote(value)
		case "status":
			t.status = jsonrpc.Unquote(value)
		case "statusMessage":
			t.message = jsonrpc.Unquote(value)
		case "result":
			t.result = value
		}
	}
	return t
}

// print shows a tool's result: its text on standard output, or on standard
// error where it failed.
func (p *program) print(raw []byte) int {
	out, code := p.stdout, 0
	var content []byte
	for key, value := range jsonrpc.Members(raw) {
		switch key {
		case "isError":
			out, code = p.stderr, 1
		case "content":
			content = value
		}
	}
	for _, block := range jsonrpc.Elements(content) {
		var kind, text string
		for key, value := range jsonrpc.Members(block) {
			switch key {
			case "type":
				kind = jsonrpc.Unquote(value)
			case "text":
				text = jsonrpc.Unquote(value)
			}
		}
		if kind == "text" {
			fmt.Fprintln(out, strings.TrimSuffix(text, "\n"))
		} else {
			fmt.Fprintf(out, "(%s, %d bytes of JSON)\n", kind, len(block))
		}
	}
	return code
}

// doctor checks the settings and what they reach.
func (p *program) doctor(args []string) int {
	s, err := p.prepare(args)
	if err != nil {
		return p.report(err)
	}
	defer s.Close()
	list, err := s.request(context.Background(), "tools/list", "", "", nil)
	if err != nil {
		return p.report(err)
	}
	program, err := os.Executable()
	if err != nil {
		program = p.name
	}
	fmt.Fprintf(p.stdout, "ok    program     %s %s (commit %s)\n", program, Version(), Commit())
	fmt.Fprintf(p.stdout, "ok    protocol    %s\n", strings.Join(protocol.Names(), ", "))
	fmt.Fprintf(p.stdout, "ok    tools       %d, described to a model in %d bytes\n", len(s.Tools()), len(list))
	code := 0
	for _, c := range s.checks {
		found, err := c.run(context.Background())
		if err != nil {
			code = 1
			fmt.Fprintf(p.stdout, "FAIL  %-11s %s\n", c.name, err)
			if fix := HintOf(err); fix != "" {
				fmt.Fprintf(p.stdout, "      hint: %s\n", fix)
			}
			continue
		}
		fmt.Fprintf(p.stdout, "ok    %-11s %s\n", c.name, found)
	}
	return code
}
