package tree

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// At returns m's go.mod as it reads when every module of the tree has the given version.
func (t *Tree) At(m Module, version string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(t.Root, m.Dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	f, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		return nil, err
	}
	for _, s := range t.Modules {
		if m.Requires(s.Path) {
			if err := f.AddRequire(s.Path, version); err != nil {
				return nil, err
			}
		}
	}
	return f.Format()
}

// Zip writes m as the module proxy would serve it at version.
func (t *Tree) Zip(w io.Writer, m Module, version string) error {
	mod, err := t.At(m, version)
	if err != nil {
		return err
	}
	prefix := ""
	if m.Dir != "." {
		prefix = m.Dir + "/"
	}
	var files []zip.File
	for _, name := range t.Files {
		rel, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		f := file{name: rel, disk: filepath.Join(t.Root, name)}
		if rel == "go.mod" {
			f.text = mod
		}
		files = append(files, f) // zip.Create leaves nested modules out
	}
	return zip.Create(w, module.Version{Path: m.Path, Version: version}, files)
}

// file is a file of a module zip: one on disk, or a text that stands in for it.
type file struct {
	name, disk string
	text       []byte
}

func (f file) Path() string { return f.name }

func (f file) Lstat() (fs.FileInfo, error) {
	if f.text != nil {
		return textInfo(f), nil
	}
	return os.Lstat(f.disk)
}

func (f file) Open() (io.ReadCloser, error) {
	if f.text != nil {
		return io.NopCloser(bytes.NewReader(f.text)), nil
	}
	return os.Open(f.disk)
}

type textInfo file

func (i textInfo) Name() string     { return path.Base(i.name) }
func (i textInfo) Size() int64      { return int64(len(i.text)) }
func (textInfo) Mode() fs.FileMode  { return 0o644 }
func (textInfo) ModTime() time.Time { return time.Time{} }
func (textInfo) IsDir() bool        { return false }
func (textInfo) Sys() any           { return nil }
