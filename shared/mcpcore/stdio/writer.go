package stdio

import (
	"io"
	"sync"
)

// Writer sends messages, each whole, from any number of goroutines. Messages
// that come while one is being written go out together in the next write.
type Writer struct {
	w io.Writer

	mu      sync.Mutex
	ready   sync.Cond
	pending []byte
	spare   []byte
	writing bool
	held    bool
	err     error
	failed  chan struct{}
}

const (
	// direct is the size from which a message is written as it is instead of
	// being copied together with others.
	direct = 32 << 10
	// backlog is how much may wait for a client that does not read; who sends
	// more waits too.
	backlog = 1 << 20
)

// NewWriter makes a Writer on w.
func NewWriter(w io.Writer) *Writer {
	out := &Writer{w: w, failed: make(chan struct{})}
	out.ready.L = &out.mu
	return out
}

// Send takes a message that ends in a newline. It may return before the
// message is written; it does not keep msg.
func (w *Writer) Send(msg []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.writing && (len(w.pending) > backlog || len(msg) >= direct) && w.err == nil {
		w.ready.Wait()
	}
	if w.err != nil {
		return w.err
	}
	if len(msg) >= direct {
		return w.flush(msg)
	}
	w.pending = append(w.pending, msg...)
	if w.writing || (w.held && len(w.pending) < direct) {
		return nil
	}
	return w.flush(nil)
}

// Stream sends one message that make hands on in pieces, the last of which
// ends in a newline. Nothing else is written in between.
func (w *Writer) Stream(make func(piece func([]byte))) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.writing && w.err == nil {
		w.ready.Wait()
	}
	if w.err == nil && len(w.pending) > 0 {
		w.flush(nil)
	}
	if w.err != nil {
		return w.err
	}
	w.writing = true
	w.mu.Unlock()
	var err error
	make(func(p []byte) {
		if err == nil {
			_, err = w.w.Write(p)
		}
	})
	w.mu.Lock()
	w.writing = false
	if err != nil {
		w.fail(err)
	}
	if len(w.pending) > 0 && w.err == nil {
		w.flush(nil)
	}
	w.ready.Broadcast()
	return w.err
}

func (w *Writer) fail(err error) {
	if w.err == nil {
		w.err = err
		close(w.failed)
	}
}

// Hold lets messages wait for Release, or until there are many.
func (w *Writer) Hold() { w.hold(true) }

// Free ends Hold without writing: the next message takes along those that
// wait.
func (w *Writer) Free() { w.hold(false) }

func (w *Writer) hold(on bool) {
	w.mu.Lock()
	w.held = on
	w.mu.Unlock()
}

// Release ends Hold and writes what waited.
func (w *Writer) Release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = false
	if !w.writing && len(w.pending) > 0 && w.err == nil {
		w.flush(nil)
	}
}

// flush writes what is pending, then last, then what came meanwhile. The lock
// is held on entry and on return, and not while writing.
func (w *Writer) flush(last []byte) error {
	w.writing = true
	for w.err == nil && (len(w.pending) > 0 || last != nil) {
		batch := w.pending
		w.pending = w.spare[:0]
		w.mu.Unlock()
		var err error
		if len(batch) > 0 {
			_, err = w.w.Write(batch)
		}
		if err == nil && last != nil {
			_, err = w.w.Write(last)
		}
		w.mu.Lock()
		last, w.spare = nil, batch
		if err != nil {
			w.fail(err)
		}
		w.ready.Broadcast()
	}
	w.writing = false
	w.ready.Broadcast()
	return w.err
}

// Failed is closed when writing has failed, which it does for good.
func (w *Writer) Failed() <-chan struct{} { return w.failed }

// Err is why writing failed, or nil.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}
