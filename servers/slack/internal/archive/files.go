package archive

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// Bounds of what is read of a ZIP.
const (
	maxEntries = 1 << 20
	maxFile    = 256 << 20 // bytes of one file, inflated
	maxRatio   = 300       // of the sizes of a file, inflated and not
	smallFile  = 1 << 20   // up to which the ratio does not matter
)

// files are those of a ZIP, by names that lead nowhere else.
type files struct {
	closer io.Closer
	byName map[string]*zip.File
	days   map[string][]string // paths of the files of a day, by folder
}

func openZip(name string) (*files, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r, err := zip.NewReader(f, info.Size())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path.Base(name), err), f.Close())
	}
	out, err := newFiles(r)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	out.closer = f
	return out, nil
}

func readZip(raw []byte) (*files, error) {
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	return newFiles(r)
}

// newFiles looks at the directory of a ZIP and inflates nothing.
func newFiles(r *zip.Reader) (*files, error) {
	if len(r.File) > maxEntries {
		return nil, fmt.Errorf("it holds %d files, more than %d", len(r.File), maxEntries)
	}
	top, err := topOf(r)
	if err != nil {
		return nil, err
	}
	out := &files{byName: map[string]*zip.File{}, days: map[string][]string{}}
	for _, f := range r.File {
		name, ok := strings.CutPrefix(f.Name, top)
		if !ok || !strings.HasSuffix(name, ".json") || strings.HasPrefix(name, "__MACOSX/") {
			continue
		}
		if out.byName[name] != nil {
			return nil, fmt.Errorf("it holds %q twice", name)
		}
		out.byName[name] = f
		if folder, file := path.Split(name); folder != "" && isDay(file) {
			folder = strings.TrimSuffix(folder, "/")
			out.days[folder] = append(out.days[folder], name)
		}
	}
	for _, days := range out.days {
		slices.Sort(days)
	}
	return out, nil
}

// topOf checks all names and finds the folder that holds everything, where
// there is one.
func topOf(r *zip.Reader) (string, error) {
	top, depth := "", -1
	for _, f := range r.File {
		name := f.Name
		if strings.ContainsAny(name, "\\\x00") || path.IsAbs(name) || strings.Contains("/"+name+"/", "/../") || !f.Mode().IsRegular() && !f.Mode().IsDir() {
			return "", fmt.Errorf("it holds %q, a name that could lead out of it", name)
		}
		switch path.Base(name) {
		case "channels.json", "groups.json", "dms.json", "mpims.json":
			dir, _ := path.Split(name)
			if d := strings.Count(dir, "/"); depth < 0 || d < depth {
				top, depth = dir, d
			}
		}
	}
	return top, nil
}

// isDay recognises 2026-11-28.json.
func isDay(name string) bool {
	const shape = "dddd-dd-dd.json"
	if len(name) != len(shape) {
		return false
	}
	for i := range len(shape) {
		if c := name[i]; shape[i] == 'd' && i < 10 && (c < '0' || c > '9') || (shape[i] != 'd' || i >= 10) && c != shape[i] {
			return false
		}
	}
	return true
}

// read inflates one file, within bounds, and checks that it is JSON.
func (f *files) read(name string) ([]byte, error) {
	z := f.byName[name]
	if z == nil {
		return nil, fmt.Errorf("%s: %w", name, wire.ErrNotFound)
	}
	size := z.UncompressedSize64
	if size > maxFile || size > smallFile && size/maxRatio > z.CompressedSize64 {
		return nil, fmt.Errorf("%s would take %d bytes, inflated from %d: it is not read", name, size, z.CompressedSize64)
	}
	r, err := z.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer r.Close()
	raw := make([]byte, 0, size+1)
	buf := bytes.NewBuffer(raw)
	if _, err := io.Copy(buf, io.LimitReader(r, int64(size)+1)); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	raw, err = wire.Check(buf.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return raw, nil
}

func (f *files) close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}
