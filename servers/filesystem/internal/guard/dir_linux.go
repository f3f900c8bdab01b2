package guard

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// direntBuffers hold what one getdents64 call returns. Large ones pay for
// themselves in directories of many thousand entries.
var direntBuffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// fdDir is a directory open for reading.
type fdDir struct{ fd int }

func (t *fdTree) openDir(rel string, follow bool) (lister, error) {
	fd, err := t.open(rel, dirFlags, follow)
	if err != nil {
		return nil, err
	}
	return &fdDir{fd: fd}, nil
}

const dirFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NONBLOCK

func (d *fdDir) close() {
	if d.fd >= 0 {
		unix.Close(d.fd)
		d.fd = -1
	}
}

func (d *fdDir) info(name string) (Info, error) {
	if d.fd < 0 {
		return Info{}, os.ErrClosed
	}
	return statAt(d.fd, name)
}

func (d *fdDir) next(prefix string, items []item) ([]item, error) {
	if d.fd < 0 {
		return items, os.ErrClosed
	}
	pooled := direntBuffers.Get().(*[64 << 10]byte)
	defer direntBuffers.Put(pooled)
	buf := pooled[:]
	had := len(items)
	for len(items) == had { // a batch of nothing but "." and ".." is not the end
		var n int
		err := retry(func() (err error) {
			n, err = unix.Getdents(d.fd, buf)
			return err
		})
		if err != nil || n == 0 {
			return items, err
		}
		items = parseDirents(d.fd, buf[:n], prefix, items)
	}
	return items, nil
}

// Offsets in struct linux_dirent64.
const (
	direntReclen = 16
	direntType   = 18
	direntName   = 19
)

// parseDirents appends the entries in buf. Their names are cut from a single
// string, so that a batch costs one allocation and not one for each entry.
func parseDirents(fd int, buf []byte, prefix string, items []item) []item {
	count, size := 0, 0
	for rest := buf; len(rest) > direntName; {
		reclen := int(binary.NativeEndian.Uint16(rest[direntReclen:]))
		if reclen <= direntName || reclen > len(rest) {
			break
		}
		count++
		size += reclen - direntName // at least the name
		rest = rest[reclen:]
	}
	var text strings.Builder
	text.Grow(size + count*len(prefix)) // never grows again, or earlier strings would not be shared
	for rest := buf; count > 0; count-- {
		reclen := int(binary.NativeEndian.Uint16(rest[direntReclen:]))
		name := rest[direntName:reclen]
		if end := bytes.IndexByte(name, 0); end >= 0 {
			name = name[:end]
		}
		kind := rest[direntType]
		rest = rest[reclen:]
		if len(name) == 0 || string(name) == "." || string(name) == ".." {
			continue
		}
		from := text.Len()
		text.WriteString(prefix)
		text.Write(name)
		rel := text.String()[from:]
		items = append(items, item{rel: rel, Entry: Entry{Name: rel[len(prefix):], Type: direntMode(fd, kind, rel[len(prefix):])}})
	}
	return items
}

func direntMode(fd int, kind byte, name string) fs.FileMode {
	switch kind {
	case unix.DT_REG:
		return 0
	case unix.DT_DIR:
		return fs.ModeDir
	case unix.DT_LNK:
		return fs.ModeSymlink
	case unix.DT_FIFO:
		return fs.ModeNamedPipe
	case unix.DT_SOCK:
		return fs.ModeSocket
	case unix.DT_CHR:
		return fs.ModeDevice | fs.ModeCharDevice
	case unix.DT_BLK:
		return fs.ModeDevice
	}
	info, err := statAt(fd, name) // some file systems do not tell types in a listing
	if err != nil {
		return fs.ModeIrregular
	}
	return info.Mode.Type()
}
