// Package stdio carries messages over a pair of byte streams, one message a
// line, as a client does that starts a server as its child process.
//
// The goroutine that reads a line also does the work the line asks for, and
// answers, without a switch to another. When a call takes longer than a moment,
// reading passes on to a fresh goroutine, so that calls run side by side and
// cancellations are heard. A handshake is never overtaken.
package stdio

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"time"
)

// Conn is what a connection's messages go to.
type Conn interface {
	// Accept serves one line, whose bytes are Conn's to keep. It calls passOn,
	// if at all, once the next line may be accepted beside it.
	Accept(line []byte, passOn func())
	// Oversized tells that a line was longer than limit and was skipped.
	Oversized(limit int)
	// Drain answers what is under way and ends the connection.
	Drain()
	// Close ends the connection at once.
	Close()
}

// patience is how long the goroutine that reads may work on a call before
// another takes over the reading. It is a few times what a short call takes.
const patience = 100 * time.Microsecond

// grace is how much longer than it says Drain may take before it is given up,
// such as with a client that reads no more.
const grace = 500 * time.Millisecond

// Options are what Serve needs to know.
type Options struct {
	MaxLine int           // bytes of a line
	Active  int           // lines served at once; beyond, reading waits
	Drain   time.Duration // the bound on Conn.Drain
}

// Serve reads lines from in until it ends, until ctx is done or until out can
// take no more, and then drains conn. The error is that of reading or writing;
// an input that just ends is no error.
func Serve(ctx context.Context, in io.Reader, out *Writer, conn Conn, o Options) error {
	r := &reader{
		in: bufio.NewReaderSize(in, 64<<10), out: out, conn: conn, max: o.MaxLine,
		ended: make(chan error, 1), active: make(chan struct{}, max(o.Active, 1)),
	}
	go r.lead()
	var err error
	select {
	case err = <-r.ended:
	case <-ctx.Done():
	case <-out.Failed():
		conn.Close()
		return out.Err()
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		conn.Drain()
		out.Release()
	}()
	limit := time.NewTimer(o.Drain + grace)
	defer limit.Stop()
	select {
	case <-drained:
	case <-out.Failed():
	case <-limit.C:
	}
	return err
}

// reader is used by one goroutine at a time: the one that leads.
type reader struct {
	in      *bufio.Reader
	out     *Writer
	conn    Conn
	max     int
	started bool
	ended   chan error
	active  chan struct{} // full: the client does not read its answers, so hear no more
}

// lead reads and serves lines until a line takes too long, in which case the
// timer has made another goroutine lead.
func (r *reader) lead() {
	takeOver := time.AfterFunc(time.Hour, r.lead)
	takeOver.Stop()
	passed := false
	passOn := func() {
		passed = true
		takeOver.Reset(patience)
	}
	for {
		if !r.ready() {
			r.out.Release() // nothing more to answer for the moment
		}
		line, err := r.next()
		if len(line) > 0 {
			if r.ready() {
				r.out.Hold() // the answers to the lines already here go out together
			} else {
				r.out.Free()
			}
			r.active <- struct{}{}
			passed = false
			r.serve(line, passOn)
			if passed && !takeOver.Stop() {
				return
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			r.out.Release()
			r.ended <- err
			return
		}
	}
}

func (r *reader) serve(line []byte, passOn func()) {
	defer func() { <-r.active }() // also when a handler ends the goroutine
	r.conn.Accept(line, passOn)
}

// ready reports whether a whole line is here without waiting.
func (r *reader) ready() bool {
	buffered, _ := r.in.Peek(r.in.Buffered())
	return bytes.IndexByte(buffered, '\n') >= 0
}

// next reads one line, without the space round it; blank lines and lines that
// are too long come back empty.
func (r *reader) next() ([]byte, error) {
	part, err := r.in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return bytes.Clone(r.trim(part)), err
	}
	var line bytes.Buffer // doubles as it grows: less to clear away than append leaves
	size := 0
	for {
		if size += len(part); size <= r.max {
			line.Write(part)
		} else {
			line = bytes.Buffer{}
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			break
		}
		part, err = r.in.ReadSlice('\n')
	}
	if size > r.max {
		r.conn.Oversized(r.max)
		return nil, err
	}
	return r.trim(line.Bytes()), err
}

func (r *reader) trim(line []byte) []byte {
	if !r.started {
		r.started = true
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")) // some programs begin a text with it
	}
	return bytes.Trim(line, " \t\r\n")
}
