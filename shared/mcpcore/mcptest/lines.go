package mcptest

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Lines drives a server line by line, good lines and bad. Every wait has a
// deadline; what the server sends is checked as a Client checks it.
type Lines struct {
	t       testing.TB
	in      io.WriteCloser
	out     chan string
	drained chan struct{}
	ended   chan struct{}
	err     error // once ended
	check   *checker
	closer  sync.Once
	stop    func()
}

// Pipe serves a client over pipes in memory.
func Pipe(t testing.TB, s *mcpcore.Server) *Lines {
	t.Helper()
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	l := newLines(t, inWrite, outRead, cancel)
	go func() {
		l.err = s.Serve(ctx, inRead, outWrite)
		outWrite.Close()
		close(l.ended)
	}()
	t.Cleanup(func() {
		cancel()
		inRead.CloseWithError(io.EOF)
		outRead.Close()
		l.finish()
	})
	return l
}

// Command starts a program as a client does. It is killed when the test ends.
func Command(t testing.TB, cmd *exec.Cmd) *Lines {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l := newLines(t, in, out, func() {})
	go func() {
		<-l.drained // Wait closes the pipe: all must be read before
		l.err = cmd.Wait()
		close(l.ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // fails when it has ended already
		l.finish()
	})
	return l
}

func newLines(t testing.TB, in io.WriteCloser, out io.Reader, stop func()) *Lines {
	l := &Lines{t: t, in: in, out: make(chan string, 1<<14), drained: make(chan struct{}), ended: make(chan struct{}), check: newChecker(), stop: stop}
	go l.read(out)
	return l
}

func (l *Lines) read(out io.Reader) {
	defer close(l.drained)
	defer close(l.out)
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if line != "" {
			if fault := l.check.received([]byte(line)); fault != nil {
				l.t.Errorf("the server sent what it may not send: %v\n%.2000s", fault, line)
			}
			l.out <- strings.TrimSuffix(line, "\n")
		}
		if err != nil {
			return
		}
	}
}

// Send sends lines.
func (l *Lines) Send(lines ...string) {
	l.t.Helper()
	for _, line := range lines {
		l.Write(line + "\n")
	}
}

// Write sends bytes as they are.
func (l *Lines) Write(text string) {
	l.t.Helper()
	l.check.sent([]byte(text))
	done := make(chan error, 1)
	go func() {
		_, err := io.WriteString(l.in, text)
		done <- err
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			l.t.Fatalf("write: %v", err)
		}
	case <-timer.C:
		l.t.Fatal("the server does not read")
	}
}

// Next waits for the next line.
func (l *Lines) Next() string {
	l.t.Helper()
	line, ok := l.next()
	if !ok {
		l.t.Fatal("the server has closed its output")
	}
	return line
}

func (l *Lines) next() (string, bool) {
	l.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case line, ok := <-l.out:
		return line, ok
	case <-timer.C:
		l.t.Fatal("the server sends nothing")
		return "", false
	}
}

// Ask sends a line and waits for the next line of the server.
func (l *Lines) Ask(line string) string {
	l.t.Helper()
	l.Send(line)
	return l.Next()
}

// Handshake does the handshake of an older revision.
func (l *Lines) Handshake(revision string) {
	l.t.Helper()
	l.Ask(`{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"` + revision +
		`","capabilities":{},"clientInfo":{"name":"lines","version":"1"}}}`)
	l.Send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
}

// Alive asks a question to which the next line must be the answer: the
// server has sent nothing else, and still serves.
func (l *Lines) Alive() {
	l.t.Helper()
	const ask = `{"jsonrpc":"2.0","id":"alive","method":"server/discover","params":{"_meta":{` +
		`"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
	got := l.Ask(ask)
	var m envelope
	if err := json.Unmarshal([]byte(got), &m); err != nil || string(m.ID) != `"alive"` || m.Result == nil {
		l.t.Errorf("got %.500s, want the answer to server/discover", got)
	}
}

// CloseInput ends the server's input.
func (l *Lines) CloseInput() {
	l.closer.Do(func() { l.in.Close() })
}

// Stop has Serve's context end, as a signal does.
func (l *Lines) Stop() { l.stop() }

// Rest waits until the server has closed its output, and returns the lines
// that were not read yet.
func (l *Lines) Rest() []string {
	l.t.Helper()
	var rest []string
	for {
		line, ok := l.next()
		if !ok {
			return rest
		}
		rest = append(rest, line)
	}
}

// Wait waits until Serve has returned and tells its error.
func (l *Lines) Wait() error {
	l.t.Helper()
	if !l.wait() {
		l.t.Fatal("the server does not end")
	}
	return l.err
}

// finish is for the end of the test: what the server still says is let go.
func (l *Lines) finish() {
	for range l.out {
		continue
	}
	l.wait()
}

func (l *Lines) wait() bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-l.ended:
		return true
	case <-timer.C:
		return false
	}
}
