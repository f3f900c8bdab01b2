package interop

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/internal/npm"
)

// TestTypeScript uses the official TypeScript SDK: its first generation, which
// always asks for 2025-11-25, and its second, which asks for that or a given
// older revision with initialize, and for 2026-07-28 with server/discover.
func TestTypeScript(t *testing.T) {
	for _, c := range generations {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			modules, node := npm.Packages(t)
			exercise(t, c.want, func(t *testing.T, dir string) session {
				return openScript(t, node, modules, c.generation, c.ask, server, dir)
			})
		})
	}
}

// generations are the two SDKs and what they are asked to speak.
var generations = []struct{ name, generation, ask, want string }{
	{"v1", "1", "", "2025-11-25"},
	{"v2 default", "2", "", "2025-11-25"},
	{"v2 auto", "2", "auto", "2026-07-28"},
	{"v2 2026-07-28", "2", "2026-07-28", "2026-07-28"},
	{"v2 2025-06-18", "2", "2025-06-18", "2025-06-18"},
	{"v2 2024-11-05", "2", "2024-11-05", "2024-11-05"},
}

// scripted is a session of testdata/client.mjs.
type scripted struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	agreed  string
	changed chan string
	done    chan struct{} // closed when the script has said its last

	mu      sync.Mutex
	next    int
	waiting map[int]chan said
	left    *struct {
		Gone bool
		MS   int
	}
	fault error
}

// said is one line of the script.
type said struct {
	ID       int
	Result   json.RawMessage
	Error    string
	Revision string
	Updated  string
	Left     *struct {
		Gone bool
		MS   int
	}
}

func openScript(t *testing.T, node, modules, generation, ask string, command ...string) *scripted {
	t.Helper()
	args := append([]string{"testdata/client.mjs", modules, generation, ask}, command...)
	s := &scripted{
		cmd: exec.Command(node, args...), changed: make(chan string, 16),
		done: make(chan struct{}), waiting: map[int]chan said{},
	}
	s.cmd.Stderr = t.Output()
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := make(chan said, 1)
	s.waiting[0] = first
	go s.listen(out)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case hello := <-first:
		s.agreed = hello.Revision
		if hello.Error != "" {
			_ = s.close()
			t.Fatal(hello.Error)
		}
	case <-ctx.Done():
		_ = s.cmd.Process.Kill()
		_ = s.close()
		t.Fatal("the script did not connect")
	}
	return s
}

// listen hands what the script says to whoever waits for it.
func (s *scripted) listen(out io.Reader) {
	defer close(s.done)
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		var m said
		if err == nil {
			err = json.Unmarshal(line, &m)
		}
		s.mu.Lock()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				s.fault = fmt.Errorf("%w: %q", err, line)
			}
			for id, wait := range s.waiting {
				delete(s.waiting, id)
				wait <- said{Error: "the script has ended"}
			}
			s.mu.Unlock()
			_, _ = io.Copy(io.Discard, lines)
			return
		}
		switch wait := s.waiting[m.ID]; {
		case m.Updated != "":
			s.changed <- m.Updated
		case m.Left != nil:
			s.left = m.Left
		case wait != nil:
			delete(s.waiting, m.ID)
			wait <- m
		}
		s.mu.Unlock()
	}
}

func (s *scripted) revision() string       { return s.agreed }
func (s *scripted) updated() <-chan string { return s.changed }

func (s *scripted) do(ctx context.Context, method string, params, result any) error {
	wait := make(chan said, 1)
	s.mu.Lock()
	s.next++
	id := s.next
	s.waiting[id] = wait
	err := s.tell(object{"id": id, "do": method, "params": params})
	s.mu.Unlock()
	if err != nil {
		return err
	}
	var got said
	select {
	case got = <-wait:
	case <-ctx.Done():
		s.mu.Lock()
		err := s.tell(object{"id": id, "do": "abort"})
		s.mu.Unlock()
		if err != nil {
			return err
		}
		select {
		case got = <-wait:
		case <-s.done:
			got.Error = "the script has ended"
		}
	}
	if got.Error != "" {
		return errors.New(got.Error)
	}
	return json.Unmarshal(got.Result, result)
}

// tell writes a line. The caller holds the lock.
func (s *scripted) tell(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = s.in.Write(append(b, '\n'))
	return err
}

func (s *scripted) close() error {
	_ = s.in.Close()
	<-s.done
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the script: %w", err)
	}
	switch {
	case s.fault != nil:
		return s.fault
	case s.left == nil:
		return errors.New("the script ended before it left the server")
	case !s.left.Gone:
		return errors.New("the server is still running")
	case s.left.MS > 1900: // when the SDK begins to use force
		return fmt.Errorf("the server took %d ms to end", s.left.MS)
	}
	return nil
}
