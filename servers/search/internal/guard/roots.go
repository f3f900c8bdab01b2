// Package guard stands between the server and the world: the only files that
// can be read are those below the directories of collections, and the only
// addresses that can be reached are those that the operator does not rule out.
package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Root is a directory of documents. Nothing outside of it can be read, whatever
// links lead there.
type Root struct {
	Dir string // absolute

	root *os.Root
}

// File is a file below a Root.
type File struct {
	Path    string // with slashes
	Size    int64
	ModTime time.Time
}

// OpenRoot opens a directory.
func OpenRoot(dir string) (*Root, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, mcpcore.Hint(fmt.Errorf("directory %q: %w", dir, cause(err)), "name directories that exist and can be read: mcp-search DIR...")
	}
	return &Root{Dir: abs, root: root}, nil
}

// Close closes the directory.
func (r *Root) Close() error { return r.root.Close() }

// maxDepth bounds how deep a walk goes.
const maxDepth = 64

// Walk calls file for each regular file at or below a path, but for those whose
// name skip refuses. Links are not followed. What cannot be read is told to
// unread.
func (r *Root) Walk(ctx context.Context, at string, skip func(name string, dir bool) bool, file func(File) error, unread func(string, error)) error {
	info, err := r.root.Lstat(local(at))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return cause(err)
	}
	if !info.IsDir() {
		if info.Mode().IsRegular() && !skip(at, false) {
			return file(File{at, info.Size(), info.ModTime()})
		}
		return nil
	}
	return r.walk(ctx, at, 0, skip, file, unread)
}

func (r *Root) walk(ctx context.Context, at string, depth int, skip func(string, bool) bool, file func(File) error, unread func(string, error)) error {
	dir, err := r.root.OpenFile(local(at), os.O_RDONLY|nonblock, 0)
	if err != nil {
		unread(at, cause(err))
		return nil
	}
	entries, err := dir.ReadDir(-1)
	dir.Close()
	if err != nil {
		unread(at, cause(err))
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := path.Join(at, e.Name())
		if skip(name, e.IsDir()) {
			continue
		}
		switch {
		case e.IsDir():
			if depth == maxDepth {
				unread(name, errors.New("too deep"))
				continue
			}
			if err := r.walk(ctx, name, depth+1, skip, file, unread); err != nil {
				return err
			}
		case e.Type().IsRegular():
			info, err := e.Info()
			if err != nil {
				if !errors.Is(err, fs.ErrNotExist) {
					unread(name, cause(err))
				}
				continue
			}
			if err := file(File{name, info.Size(), info.ModTime()}); err != nil {
				return err
			}
		}
	}
	return nil
}

// ErrTooLarge says that a file is larger than what is read.
var ErrTooLarge = errors.New("the file is too large")

// Read reads a file of at most so many bytes.
func (r *Root) Read(name string, most int64) ([]byte, File, error) {
	f, err := r.root.OpenFile(local(name), os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, File{}, cause(err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, File{}, cause(err)
	case !info.Mode().IsRegular():
		return nil, File{}, errors.New("not a regular file")
	case info.Size() > most:
		return nil, File{}, ErrTooLarge
	}
	data := make([]byte, 0, info.Size()+1)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > most:
			return nil, File{}, ErrTooLarge
		case errors.Is(err, io.EOF):
			return data, File{name, int64(len(data)), info.ModTime()}, nil
		case err != nil:
			return nil, File{}, cause(err)
		case int64(len(data)) == info.Size() && n > 0: // it is not asked for its end
			return data, File{name, int64(len(data)), info.ModTime()}, nil
		case len(data) == cap(data):
			data = append(data, 0)[:len(data)]
		}
	}
}

// Stat looks at a file.
func (r *Root) Stat(name string) (File, error) {
	info, err := r.root.Stat(local(name))
	if err != nil {
		return File{}, cause(err)
	}
	return File{name, info.Size(), info.ModTime()}, nil
}

// local is a path with slashes as the system writes it, and "." for none.
func local(name string) string {
	if name == "" {
		return "."
	}
	return filepath.FromSlash(strings.TrimPrefix(name, "/"))
}

// cause is an error without the path, which may be one outside of the root.
func cause(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}
