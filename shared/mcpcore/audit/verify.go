package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// Fault is the first thing that is wrong with a log.
type Fault struct {
	File string
	Line int // from 1; 0 where it is no line's
	Why  string
}

func (f *Fault) Error() string {
	if f.Line == 0 {
		return f.File + ": " + f.Why
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Why)
}

// Report is what a log holds that is whole.
type Report struct {
	Lines       int
	First, Last time.Time // of the lines
	Head        Hash      // of the last line
	FirstSeq    uint64    // of the first line: 1 where the log began
	Before      Hash      // what the first line says of the one before it
	Open        []uint64  // numbers of lines with which calls began that have no end
	Torn        int       // lines that were not written whole
	Lost        int       // lines that could not be written
}

// Verify checks the files of a log, the oldest first. Each hash in known must be
// that of a line: one that was noted before shows whether lines are missing at
// the end. The error is a *Fault, or why a file could not be read.
func Verify(files []string, known ...Hash) (*Report, error) {
	v := &verifier{missing: slices.Clone(known), open: map[uint64]bool{}}
	for _, name := range files {
		if err := v.file(name); err != nil {
			return nil, err
		}
	}
	if len(v.missing) > 0 {
		return nil, &Fault{File: files[len(files)-1], Why: fmt.Sprintf(
			"no line has the hash %s: lines are missing at the end, or were made anew", v.missing[0])}
	}
	for seq := range v.open {
		v.Open = append(v.Open, seq)
	}
	slices.Sort(v.Open)
	return &v.Report, nil
}

// Head is the hash of the last line that was added to the log at path, as the
// file beside it says; ok is false where there is none.
func Head(path string) (h Hash, ok bool) {
	f, err := os.Open(path + headSuffix)
	if err != nil {
		return h, false
	}
	defer f.Close()
	end, ok, err := readHead(f)
	return end.hash, ok && err == nil
}

// ParseHash reads a hash in hexadecimal.
func ParseHash(text string) (Hash, error) { return parseHash(text) }

type verifier struct {
	Report
	seq     uint64
	missing []Hash
	open    map[uint64]bool

	torn     *Fault // the first of what is no line, until a line explains it
	physical Hash   // of the last of that
}

func (v *verifier) file(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return v.read(name, f)
}

func (v *verifier) read(name string, r io.Reader) error {
	in := bufio.NewReaderSize(r, 64<<10)
	for n := 1; ; n++ {
		raw, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: %w", name, err)
		}
		line, whole := bytes.CutSuffix(raw, []byte{'\n'})
		if !whole && len(raw) == 0 {
			break
		}
		if why := v.line(line, n, name); why != "" {
			return &Fault{name, n, why}
		}
		if !whole && v.torn == nil {
			v.torn = &Fault{name, n, "its end is missing"}
		}
	}
	if v.torn != nil {
		v.torn.Why += ": a line is being written, or was when a process ended; the next line says so"
		return v.torn
	}
	return nil
}

// line takes the next line, and says what is wrong with it.
func (v *verifier) line(raw []byte, n int, name string) string {
	l, prev, err := parse(raw)
	if err != nil {
		if v.torn == nil {
			v.torn = &Fault{name, n, err.Error()}
		}
		v.physical = hashOf(raw)
		return ""
	}
	switch {
	case v.torn != nil:
		if l.Kind != Torn || prev != v.physical || v.Lines > 0 && l.After != v.Head.String() {
			return "nothing explains what stands before it: " + v.torn.Error()
		}
		v.torn = nil
		v.Torn++
	case v.Lines == 0:
	case l.Kind == Cut:
		return "the server found here that lines were missing, or the file was another"
	case prev != v.Head:
		return v.broken(&l)
	}
	if v.Lines == 0 {
		v.First, v.FirstSeq, v.Before = l.Time, l.Seq, prev
		if l.Seq == 1 && prev != (Hash{}) && l.Kind != Torn {
			return "the first line of a log has none before it"
		}
	} else if l.Seq != v.seq+1 {
		return fmt.Sprintf("its number is %d after %d", l.Seq, v.seq)
	}
	v.take(&l, hashOf(raw))
	return ""
}

func (v *verifier) broken(l *Line) string {
	switch {
	case l.Seq == v.seq+1:
		return fmt.Sprintf("it does not fit the line before it, number %d: one of the two was changed", v.seq)
	case l.Seq > v.seq+1:
		return fmt.Sprintf("%d lines are missing before it", l.Seq-v.seq-1)
	}
	return fmt.Sprintf("it is number %d and stands after number %d: it was put here, or the files are in another order", l.Seq, v.seq)
}

func (v *verifier) take(l *Line, hash Hash) {
	v.Lines++
	v.seq, v.Head, v.Last = l.Seq, hash, l.Time
	v.missing = slices.DeleteFunc(v.missing, func(h Hash) bool { return h == hash })
	switch {
	case l.Kind == Start:
		v.open[l.Seq] = true
	case l.Kind == Lost:
		v.Lost += l.Count
	case l.Start != 0:
		delete(v.open, l.Start)
	}
}
