package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// patience is how long one server process may live: a server that hangs is
// killed, its pipes close, and the benchmark reports an error.
const patience = 3 * time.Minute

// process is a running server and our ends of its pipes.
type process struct {
	name   string
	cmd    *exec.Cmd
	cancel context.CancelFunc
	in     *os.File
	out    *lineReader
	errs   *tail
}

// start runs argv. Our ends of the pipes are in blocking mode: a read is then
// one system call and never a trip through Go's poller, which would take
// processor time from the server that is being measured.
func start(ctx context.Context, name string, argv []string) (*process, error) {
	return startFor(ctx, patience, name, argv)
}

// startFor is start for a process that may live longer, or less long.
func startFor(ctx context.Context, patience time.Duration, name string, argv []string) (*process, error) {
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, childOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, childIn.Close(), in.Close())
	}
	in.Fd()
	out.Fd()
	ctx, cancel := context.WithTimeout(ctx, patience)
	p := &process{name: name, cancel: cancel, in: in, errs: &tail{}}
	p.out = &lineReader{src: out, buf: make([]byte, 256<<10)}
	p.cmd = exec.CommandContext(ctx, argv[0], argv[1:]...)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = childIn, childOut, p.errs
	p.cmd.WaitDelay = time.Second
	err = p.cmd.Start()
	closeErr := errors.Join(childIn.Close(), childOut.Close())
	if err != nil {
		cancel()
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	return p, closeErr
}

// stop closes the server's input, waits for it to end, and returns how much
// processor time it used. A server that stays is killed.
func (p *process) stop() (time.Duration, error) {
	defer p.cancel()
	kill := time.AfterFunc(5*time.Second, p.cancel)
	defer kill.Stop()
	err := p.in.Close()
	io.Copy(io.Discard, p.out.src) // until the server closes its end
	p.cmd.Wait()                   // how a server words its exit is not measured
	err = errors.Join(err, p.out.src.Close())
	state := p.cmd.ProcessState
	return state.UserTime() + state.SystemTime(), err
}

// fail explains err with what the server wrote to its standard error.
func (p *process) fail(err error) error {
	if said := strings.TrimSpace(p.errs.String()); said != "" {
		return fmt.Errorf("%s: %w; it said: %s", p.name, err, said)
	}
	return fmt.Errorf("%s: %w", p.name, err)
}

// peakRSS returns the most memory the process has held so far, in bytes, or 0
// where the system does not tell. The kernel's own record for this program
// image is asked: the maximum that wait4 reports starts at the size of the
// process that spawned it, so a small server would be charged for this driver.
func (p *process) peakRSS() float64 { return p.memory("VmHWM:") }

// memory returns what the kernel has under that name, in bytes.
func (p *process) memory(name string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err == nil {
				return kb * 1024
			}
		}
	}
	return 0
}

// lineReader hands out the lines of a pipe, without copying them.
type lineReader struct {
	src        *os.File
	buf        []byte
	start, end int // of the bytes not handed out yet
	seen       int // bytes of them known to hold no newline
}

// fill reads once, whatever has arrived.
func (r *lineReader) fill() error {
	if r.start == r.end {
		r.start, r.end = 0, 0
	}
	if r.end == len(r.buf) {
		if r.start == 0 {
			r.buf = append(r.buf, make([]byte, len(r.buf))...)
		}
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	n, err := r.src.Read(r.buf[r.end:])
	r.end += n
	return err
}

// line returns the next complete line that has arrived, valid until fill.
func (r *lineReader) line() ([]byte, bool) {
	waiting := r.buf[r.start:r.end]
	i := bytes.IndexByte(waiting[r.seen:], '\n')
	if i < 0 {
		r.seen = len(waiting)
		return nil, false
	}
	i += r.seen
	r.start, r.seen = r.start+i+1, 0
	return waiting[:i], true
}

// tail keeps the end of what a server writes to its standard error.
type tail struct{ kept []byte }

func (t *tail) Write(b []byte) (int, error) {
	const most = 2000
	t.kept = append(t.kept, b...)
	if over := len(t.kept) - most; over > 0 {
		t.kept = t.kept[over:]
	}
	return len(b), nil
}

func (t *tail) String() string { return string(t.kept) }
