// Package memstat lets a benchmark server say what it has used.
package memstat

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
)

// Write puts the bytes that this process has allocated so far into file, as a
// decimal number. An empty name is no request and writes nothing.
func Write(file string) error {
	if file == "" {
		return nil
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return os.WriteFile(file, strconv.AppendUint(nil, m.TotalAlloc, 10), 0o600)
}

// Usage is what a process has used.
type Usage struct {
	Bytes      uint64 // allocated since the start
	Objects    uint64 // allocated since the start
	Heap       uint64 // bytes in use, without garbage
	Goroutines int
}

// Answer writes the usage to out, as a line of JSON, for each line of in until
// that ends. Before, it tells heard of the line, if that is not nil, and gives
// back the memory that the process holds without need.
func Answer(in io.Reader, out io.Writer, heard func(line string)) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if heard != nil {
			heard(lines.Text())
		}
		runtime.GC() // what pools hold goes with the second
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		u := Usage{m.TotalAlloc, m.Mallocs, m.HeapAlloc, runtime.NumGoroutine()}
		if err := json.NewEncoder(out).Encode(u); err != nil {
			return err
		}
	}
	return lines.Err()
}
