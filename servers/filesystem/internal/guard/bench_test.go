package guard_test

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
)

func BenchmarkReadSmall(b *testing.B) {
	dir := tempDir(b)
	const rel = "one/two/three/four/five/file"
	write(b, dir+"/"+rel, "a small file\n")
	path := dir + "/" + rel
	buf := make([]byte, 512)
	read := func(b *testing.B, open func() (io.ReadCloser, error)) {
		b.ReportAllocs()
		for b.Loop() {
			f, err := open()
			if err != nil {
				b.Fatal(err)
			}
			if _, err := f.Read(buf); err != nil {
				b.Fatal(err)
			}
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
		}
	}
	g, p := open(b, follow(dir)), open(b, follow(dir).Portable())
	r, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	b.Run("guard", func(b *testing.B) { read(b, func() (io.ReadCloser, error) { return g.OpenFile(path) }) })
	b.Run("portable", func(b *testing.B) { read(b, func() (io.ReadCloser, error) { return p.OpenFile(path) }) })
	b.Run("os.Root", func(b *testing.B) { read(b, func() (io.ReadCloser, error) { return r.Open(rel) }) })
	b.Run("os.Open", func(b *testing.B) { read(b, func() (io.ReadCloser, error) { return os.Open(path) }) })
	b.Run("EvalSymlinks", func(b *testing.B) {
		read(b, func() (io.ReadCloser, error) {
			real, err := filepath.EvalSymlinks(path)
			if err != nil {
				return nil, err
			}
			return os.Open(real)
		})
	})
}

func BenchmarkWrite(b *testing.B) {
	dir := tempDir(b)
	data := make([]byte, 4096)
	g, p := open(b, follow(dir)), open(b, follow(dir).Portable())
	for name, g := range map[string]*guard.Guard{"guard": g, "portable": p} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := g.WriteFile(dir+"/file", data, guard.WriteOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("temp and rename", func(b *testing.B) {
		for b.Loop() {
			if err := os.WriteFile(dir+"/tmp", data, 0o666); err != nil {
				b.Fatal(err)
			}
			if err := os.Rename(dir+"/tmp", dir+"/file"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkWalk(b *testing.B) {
	dir := tempDir(b)
	for i := range 500 { // 15,000 entries
		for j := range 29 {
			write(b, fmt.Sprintf("%s/%d/sub%d/file number %d.go", dir, i%20, i/20, j), "")
		}
	}
	g, p := open(b, follow(dir)), open(b, follow(dir).Portable())
	walk := func(g *guard.Guard, o guard.WalkOptions) func(b *testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var n atomic.Int64
				err := g.Walk(b.Context(), dir, o, func(string, guard.Entry) guard.WalkAction {
					n.Add(1)
					return guard.Continue
				})
				if err != nil || n.Load() != 15_020 {
					b.Fatal(n.Load(), err)
				}
			}
		}
	}
	b.Run("guard", walk(g, guard.WalkOptions{}))
	b.Run("ordered", walk(g, guard.WalkOptions{Ordered: true}))
	b.Run("portable", walk(p, guard.WalkOptions{}))
	b.Run("tree", func(b *testing.B) {
		for b.Loop() {
			if _, err := g.Tree(b.Context(), dir, guard.WalkOptions{}, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("WalkDir", func(b *testing.B) {
		for b.Loop() {
			if err := filepath.WalkDir(dir, func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("find", command("find", dir))
}

func BenchmarkList(b *testing.B) {
	dir := tempDir(b)
	for i := range 50_000 {
		write(b, fmt.Sprintf("%s/file-%05d.txt", dir, i), "")
	}
	g := open(b, follow(dir))
	b.Run("guard", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d, err := g.OpenDir(dir)
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			if err := d.Entries(func(guard.Entry) bool { n++; return true }); err != nil || n != 50_000 {
				b.Fatal(n, err)
			}
			if err := d.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("os.ReadDir", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := os.ReadDir(dir); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ls -U", command("ls", "-U", dir))
}

// command times another program, its start included.
func command(name string, args ...string) func(b *testing.B) {
	return func(b *testing.B) {
		path, err := exec.LookPath(name)
		if err != nil {
			b.Skip(err)
		}
		for b.Loop() {
			if err := exec.Command(path, args...).Run(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
