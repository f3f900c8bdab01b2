package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Options are what a Log needs to know.
type Options struct {
	Server string       // its name, for every line
	Sync   bool         // have the disk hold a line before the next step
	Report *slog.Logger // is told of faults; default: nobody
}

// Log adds lines to a file. Any number of processes may add to the same one.
type Log struct {
	path string
	o    Options

	mu     sync.Mutex
	file   *os.File
	is     fs.FileInfo // of file when it was opened
	head   *os.File
	buf    []byte
	moved  bool // the log cannot be opened anew and goes on in the file that was moved
	closed bool

	failed error     // why the last line could not be written
	lost   int       // lines since
	since  time.Time // the first of them
	told   time.Time // when that was last reported

	folds folds
}

// Open opens the log at path, or begins one that only its owner can read.
func Open(path string, o Options) (*Log, error) {
	if o.Report == nil {
		o.Report = slog.New(slog.DiscardHandler)
	}
	g := &Log{path: path, o: o}
	var err error
	if g.file, g.is, err = openFile(path); err != nil {
		return nil, err
	}
	if g.head, err = os.OpenFile(path+headSuffix, os.O_CREATE|os.O_RDWR, 0o600); err == nil {
		if err = lockFile(g.head); err == nil {
			unlock(g.head)
			return g, nil
		}
		err = errors.Join(err, g.head.Close())
	}
	return nil, errors.Join(err, g.file.Close())
}

func openFile(path string) (*os.File, fs.FileInfo, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // a pipe would block
		return nil, nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// Append adds a line and returns its number. Once it returns, the operating
// system has the line; with Options.Sync the disk has.
func (g *Log) Append(l *Line) (seq uint64, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.append(l)
}

func (g *Log) append(l *Line) (seq uint64, err error) {
	if err = g.recover(); err == nil {
		seq, err = g.add(l)
	}
	if err != nil {
		g.fails(err, l.Time)
	}
	return seq, err
}

// Ready tells why lines cannot be written at present; nil: they can, as far as
// is known.
func (g *Log) Ready() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.recover(); err != nil {
		g.tell(err)
		return err
	}
	return nil
}

// recover tries again after a failure: the first line says what is missing.
func (g *Log) recover() error {
	switch {
	case g.closed:
		return fs.ErrClosed
	case g.failed == nil:
		return nil
	}
	if _, err := g.add(&Line{Time: time.Now(), Kind: Lost, Count: g.lost, Since: g.since}); err != nil {
		return err
	}
	g.o.Report.Info("the audit log is written again", "file", g.path, "lost", g.lost, "since", g.since)
	g.failed, g.lost, g.told = nil, 0, time.Time{}
	return nil
}

func (g *Log) fails(err error, at time.Time) {
	if g.lost++; g.lost == 1 {
		g.since = at
	}
	g.failed = err
	g.tell(err)
}

// tell reports a failure, once a second.
func (g *Log) tell(err error) {
	if now := time.Now(); now.Sub(g.told) >= time.Second {
		g.told = now
		g.o.Report.Error("the audit log cannot be written", "file", g.path, "lines lost", g.lost, "error", err)
	}
}

// add writes a line, as one of the processes that may.
func (g *Log) add(l *Line) (uint64, error) {
	if err := lockFile(g.head); err != nil {
		return 0, err
	}
	defer unlock(g.head)
	size, err := g.current()
	if err != nil {
		return 0, err
	}
	h, known, err := readHead(g.head)
	if err != nil {
		return 0, err
	}
	if !known || h.size != size {
		if h, err = g.resume(h, known, size); err != nil {
			return 0, err
		}
	}
	h, err = g.put(l, h, false)
	return h.seq, err
}

// put writes one line behind h, and what is new of the chain. A line that could
// be written only in part is taken away again where the system lets us; where
// not, the next line says so.
func (g *Log) put(l *Line, h head, breakFirst bool) (head, error) {
	l.Server, l.Process = g.o.Server, os.Getpid()
	buf := g.buf[:0]
	if breakFirst {
		buf = append(buf, '\n')
	}
	start := len(buf)
	buf = appendPlace(l.appendTo(buf), h.seq+1, h.hash)
	next := head{hashOf(buf[start:]), h.seq + 1, h.size}
	buf = append(buf, '\n')
	g.buf = buf
	if n, err := g.file.Write(buf); err != nil {
		if n > 0 {
			_ = g.file.Truncate(h.size)
		}
		return h, err
	}
	next.size += int64(len(buf))
	if g.o.Sync {
		if err := g.file.Sync(); err != nil {
			return h, err
		}
	}
	_ = next.writeTo(g.head) // without it, the end of the log is looked for
	return next, nil
}

// current opens the log anew where it was moved away, as rotation does, and
// returns its size.
func (g *Log) current() (size int64, err error) {
	now, gone := os.Stat(g.path)
	if gone == nil && os.SameFile(now, g.is) {
		g.moved = false
		return now.Size(), nil
	}
	file, is, err := openFile(g.path)
	if err == nil {
		_ = g.file.Close() // every line in it was written
		g.file, g.is, g.moved = file, is, false
		return is.Size(), nil
	}
	own, errOwn := g.file.Stat()
	if errOwn != nil {
		return 0, errOwn
	}
	// Nobody else goes on elsewhere, and the file will be found.
	if free := errors.Is(gone, fs.ErrNotExist) || gone == nil && now.Size() == 0; !free || !linked(own) {
		return 0, fmt.Errorf("the log was moved away and cannot be opened anew: %w", err)
	}
	if !g.moved {
		g.moved = true
		g.o.Report.Warn("the audit log was moved away and cannot be opened anew; this process goes on writing to the file that was moved",
			"file", g.path, "error", err)
	}
	return own.Size(), nil
}

// Close writes what was folded and closes the file.
func (g *Log) Close() error {
	g.folds.stop(g)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	g.closed = true
	return errors.Join(g.file.Close(), g.head.Close())
}

// Path is where the log is.
func (g *Log) Path() string { return g.path }
