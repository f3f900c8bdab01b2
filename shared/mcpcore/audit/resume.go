package audit

import (
	"bytes"
	"errors"
	"io"
	"time"
)

// resume finds the end of the chain where the file is not as its head says:
// it is new, a process crashed, or somebody was there.
func (g *Log) resume(h head, known bool, size int64) (head, error) {
	if size == 0 { // a new log, or the next one after a rotation
		h.size = 0
		return h, nil
	}
	end, err := endOf(g.file, size)
	if err != nil {
		return h, err
	}
	if known && size < h.size {
		h.size = size
		return g.put(&Line{Time: time.Now(), Kind: Cut}, h, end.open)
	}
	if end.found || !known {
		h.hash, h.seq = end.hash, end.seq
	}
	h.size = size
	switch {
	case end.torn:
		after := h.hash
		h.hash = end.last
		return g.put(&Line{Time: time.Now(), Kind: Torn, After: after.String()}, h, end.open)
	case end.open: // all of the line is there but its break
		if _, err := g.file.Write([]byte{'\n'}); err != nil {
			return h, err
		}
		h.size++
	}
	return h, nil
}

// ending is what a log ends with.
type ending struct {
	found bool // a whole line
	hash  Hash // of it
	seq   uint64
	torn  bool // something else stands behind it
	last  Hash // of the last of that
	open  bool // the file does not end with a line break
}

// window is how much of the end of a file is looked at: no line is longer.
const window = 1 << 20

func endOf(f io.ReaderAt, size int64) (end ending, err error) {
	raw := make([]byte, min(size, window))
	if _, err := f.ReadAt(raw, size-int64(len(raw))); err != nil && !errors.Is(err, io.EOF) {
		return end, err
	}
	end.open = raw[len(raw)-1] != '\n'
	raw = bytes.TrimSuffix(raw, []byte{'\n'})
	end.last = hashOf(raw[bytes.LastIndexByte(raw, '\n')+1:])
	for !end.found && raw != nil {
		var line []byte
		if i := bytes.LastIndexByte(raw, '\n'); i >= 0 {
			raw, line = raw[:i], raw[i+1:]
		} else {
			raw, line = nil, raw
		}
		if l, _, err := parse(line); err == nil {
			end.found, end.hash, end.seq = true, hashOf(line), l.Seq
		} else {
			end.torn = true
		}
	}
	return end, nil
}
