package audit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

// head is the end of the chain. It is kept in a file of its own beside the log,
// which is locked while a line is added: so processes take turns, and the chain
// goes on in a new file when the log is rotated, whether a server runs or not.
type head struct {
	hash Hash
	seq  uint64
	size int64 // of the log with its last line
}

// headSuffix makes the name of the file with the head.
const headSuffix = ".head"

const headForm = "%s %020d %020d\n"

const headLen = 64 + 1 + 20 + 1 + 20 + 1

// readHead reads the head; known is false where there is none yet, or none
// that can be read.
func readHead(f io.ReaderAt) (h head, known bool, err error) {
	raw := make([]byte, headLen)
	n, err := f.ReadAt(raw, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return h, false, err
	}
	h, known = parseHead(raw[:n])
	return h, known, nil
}

func parseHead(raw []byte) (h head, ok bool) {
	if len(raw) != headLen {
		return h, false
	}
	hash, err := parseHash(string(raw[:64]))
	seq, errSeq := strconv.ParseUint(string(raw[65:85]), 10, 64)
	size, errSize := strconv.ParseInt(string(raw[86:106]), 10, 64)
	if err != nil || errSeq != nil || errSize != nil {
		return head{}, false
	}
	return head{hash, seq, size}, true
}

func (h head) writeTo(f io.WriterAt) error {
	_, err := f.WriteAt(fmt.Appendf(nil, headForm, h.hash, h.seq, h.size), 0)
	return err
}

// lockPatience is how long a process may keep others from writing. It takes a
// few microseconds as a rule.
const lockPatience = 5 * time.Second

var errLocked = errors.New("the file is locked")

// lockFile waits for the lock on f. It asks again and again rather than block
// in the kernel, where a process that was stopped would stop the others too.
func lockFile(f *os.File) error {
	pause := 20 * time.Microsecond
	for end := time.Now().Add(lockPatience); ; {
		err := tryLock(f)
		if !errors.Is(err, errLocked) {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("another process has held %s for %s", f.Name(), lockPatience)
		}
		time.Sleep(pause)
		pause = min(2*pause, 5*time.Millisecond)
	}
}
