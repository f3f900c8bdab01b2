package guard_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

func TestWriteFile(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		w := newWorld(t)
		g := open(t, impl(follow(w.in, w.other)))
		for _, c := range []struct {
			path  string
			opt   guard.WriteOptions
			wrote string // the file that holds the text afterwards
			err   error
		}{
			{path: "new", wrote: "new"},
			{path: "a/new", wrote: "a/new"},
			{path: "in-dir/new2", wrote: "a/new2"},
			{path: "in-dir-abs/new3", wrote: "a/new3"},
			{path: "in-other-dir/new4", wrote: "../other/d/new4"},
			{path: "top", wrote: "top"},
			{path: "in-rel", wrote: "a/b/file"},
			{path: "in-other", wrote: "../other/d/file"},
			{path: "chain5", wrote: "top"},
			{path: "excl", opt: guard.WriteOptions{NoReplace: true}, wrote: "excl"},
			{path: "excl", opt: guard.WriteOptions{NoReplace: true}, err: guard.ErrExists},
			{path: "in-abs", opt: guard.WriteOptions{NoReplace: true}, err: guard.ErrExists},
			{path: "dangling", opt: guard.WriteOptions{NoReplace: true}, err: guard.ErrExists},
			{path: "dangling", err: guard.ErrDangling},
			{path: "dangling-abs", err: guard.ErrDangling},
			{path: "dangling-deep", err: guard.ErrDangling},
			{path: "dangling/x", err: guard.ErrDangling},
			{path: "loop", err: guard.ErrTooManyLinks},
			{path: "none/x", err: fs.ErrNotExist},
			{path: "top/x", err: guard.ErrNotDirectory},
			{path: "a", err: guard.ErrIsDirectory},
			{path: "in-dir", err: guard.ErrIsDirectory},
			{path: ".", err: guard.ErrIsDirectory},
			{path: "to-root", err: guard.ErrIsDirectory},
			{path: ".mcp-filesystem-0.tmp", err: guard.ErrInvalid},
			{path: strings.Repeat("n", 256), err: guard.ErrInvalid},
			{path: "out-abs", err: guard.ErrOutside},
			{path: "out-none", err: guard.ErrOutside},
			{path: "out-dir/new", err: guard.ErrOutside},
			{path: "a/out-up/new", err: guard.ErrOutside},
			{path: "zero", err: guard.ErrOutside},
		} {
			text := "text for " + c.path
			info, err := g.WriteFile(w.in+"/"+c.path, []byte(text), c.opt)
			if !errors.Is(err, c.err) {
				t.Errorf("WriteFile(%.60q) error %v, want %v", c.path, err, c.err)
				continue
			}
			if c.err != nil {
				checkText(t, w, w.in+"/"+c.path, err)
				continue
			}
			if got := content(t, filepath.Join(w.in, c.wrote)); got != text {
				t.Errorf("WriteFile(%q): file holds %q", c.path, got)
			}
			if info.Path != filepath.Join(w.in, c.path) || info.Size != int64(len(text)) || !info.IsRegular {
				t.Errorf("WriteFile(%q) = %+v", c.path, info)
			}
		}
		if fi, err := os.Lstat(w.in + "/in-rel"); err != nil || fi.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("the link is gone: %v, %v", fi, err)
		}
		if _, err := os.Lstat(w.in + "/nowhere"); err == nil {
			t.Error("a file was made through a dangling link")
		}
		noStray(t, w.top)
	})
}

// noStray looks for temporary files beneath dir.
func noStray(t testing.TB, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".tmp") {
			t.Errorf("left behind: %s", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWriteKeeps(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		dir := tempDir(t)
		g := open(t, impl(follow(dir)))
		path := dir + "/script"
		write(t, path, "old")
		if err := os.Chmod(path, 0o751); err != nil {
			t.Fatal(err)
		}
		root := os.Getuid() == 0
		if root {
			if err := os.Chown(path, 1234, 2345); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Link(path, dir+"/hard"); err != nil {
			t.Fatal(err)
		}
		if _, err := g.WriteFile(path, []byte("new"), guard.WriteOptions{Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		fi, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := fi.Mode().Perm(), fs.FileMode(0o751); got != want {
			t.Errorf("mode %v, want %v", got, want)
		}
		if root {
			if got, want := owner(fi), "1234:2345"; got != want {
				t.Errorf("owner %s, want %s", got, want)
			}
		}
		if got := content(t, dir+"/hard"); got != "old" {
			t.Errorf("the other hard link holds %q, want the old content", got)
		}
		if _, err := g.WriteFile(dir+"/private", nil, guard.WriteOptions{Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if fi, err := os.Stat(dir + "/private"); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("new file: %v, %v, want mode 0600", fi, err)
		}
	})
}

func TestReadOnly(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		w := newWorld(t)
		// other is read-only, and so is in/a within in; in/a/b is writable again.
		g := open(t, impl(guard.Options{FollowLinks: true, Roots: []guard.Root{
			{Path: w.in}, {Path: w.other, ReadOnly: true}, {Path: w.in + "/a", ReadOnly: true}, {Path: w.in + "/a/b"},
		}}))
		w1 := func(p string) error { _, err := g.WriteFile(p, []byte("x"), guard.WriteOptions{}); return err }
		for name, c := range map[string]struct{ got, want error }{
			"plain":            {w1(w.in + "/new"), nil},
			"nested":           {w1(w.in + "/a/new"), guard.ErrReadOnly},
			"nested twice":     {w1(w.in + "/a/b/new"), nil},
			"through link":     {w1(w.in + "/in-dir/new"), guard.ErrReadOnly},
			"through abs":      {w1(w.in + "/in-dir-abs/new"), guard.ErrReadOnly},
			"through and back": {w1(w.in + "/in-dir/b/new"), nil},
			"other":            {w1(w.other + "/new"), guard.ErrReadOnly},
			"link to other":    {w1(w.in + "/in-other"), guard.ErrReadOnly},
			"mkdir":            {g.Mkdir(w.other + "/x/y"), guard.ErrReadOnly},
			"mkdir there":      {g.Mkdir(w.other + "/d"), nil},
			"move out":         {g.Move(w.other+"/d/file", w.in+"/x"), guard.ErrReadOnly},
			"move in":          {g.Move(w.in+"/top", w.other+"/x"), guard.ErrReadOnly},
			"move root":        {g.Move(w.in+"/a", w.in+"/x"), guard.ErrRoot},
		} {
			if !errors.Is(c.got, c.want) {
				t.Errorf("%s: error %v, want %v", name, c.got, c.want)
			}
		}
		err := w1(w.other + "/new")
		want := `writable directories: "` + w.in + `", "` + w.in + `/a/b"`
		if got := mcpcore.HintOf(err); got != want {
			t.Errorf("hint %q, want %q", got, want)
		}
		if got := content(t, w.other+"/d/file"); got != "other" {
			t.Errorf("read-only file holds %q", got)
		}
	})
}

func TestMkdir(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		w := newWorld(t)
		g := open(t, impl(follow(w.in, w.other)))
		for _, c := range []struct {
			path, made string
			err        error
		}{
			{path: "x/y/z", made: "x/y/z"},
			{path: "x/y/z", made: "x/y/z"},
			{path: "in-dir/n/m", made: "a/n/m"},
			{path: "in-other-dir/n", made: "../other/d/n"},
			{path: ".", made: "."},
			{path: "in-dir", made: "a"},
			{path: "top", err: guard.ErrExists},
			{path: "top/x", err: guard.ErrNotDirectory},
			{path: "dangling", err: guard.ErrDangling},
			{path: "dangling/x", err: guard.ErrDangling},
			{path: "out-none", err: guard.ErrOutside},
			{path: "out-dir/x", err: guard.ErrOutside},
			{path: "a/../../x", err: guard.ErrOutside},
		} {
			if err := g.Mkdir(w.in + "/" + c.path); !errors.Is(err, c.err) {
				t.Errorf("Mkdir(%q) error %v, want %v", c.path, err, c.err)
			}
			if c.err == nil {
				if fi, err := os.Stat(filepath.Join(w.in, c.made)); err != nil || !fi.IsDir() {
					t.Errorf("Mkdir(%q): %v, %v", c.path, fi, err)
				}
			}
		}
	})
}

func TestMove(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		w := newWorld(t)
		g := open(t, impl(follow(w.in, w.other)))
		write(t, w.in+"/full/x", "x")
		if err := os.Mkdir(w.in+"/empty", 0o777); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			src, dst string
			err      error
		}{
			{src: "top", dst: "a/b/file", err: guard.ErrExists},
			{src: "top", dst: "dangling", err: guard.ErrExists},
			{src: "top", dst: "out-none", err: guard.ErrExists},
			{src: "top", dst: "a", err: guard.ErrExists},
			{src: "top", dst: "top", err: guard.ErrExists},
			{src: "top", dst: "", err: guard.ErrExists},
			{src: "full", dst: "empty", err: guard.ErrExists},
			{src: "a", dst: "a/b/inside", err: guard.ErrInvalid},
			{src: "", dst: "a/x", err: guard.ErrRoot},
			{src: "none", dst: "x", err: fs.ErrNotExist},
			{src: "top", dst: "none/x", err: fs.ErrNotExist},
			{src: "top", dst: "../x", err: guard.ErrOutside},
			{src: "top", dst: "out-dir/x", err: guard.ErrOutside},
			{src: "out-dir/d/file", dst: "x", err: guard.ErrOutside},
			{src: "top", dst: "a/moved"},
			{src: "full", dst: "a/full"},
			{src: "out-abs", dst: "a/link-moved"}, // the link, not what it leads to
			{src: "dangling", dst: "dangling2"},
			{src: "in-dir/moved", dst: "../other/d/moved"},
		} {
			src, dst := filepath.Join(w.in, c.src), filepath.Join(w.in, c.dst)
			if err := g.Move(src, dst); !errors.Is(err, c.err) {
				t.Errorf("Move(%q, %q) error %v, want %v", c.src, c.dst, err, c.err)
			}
		}
		for path, want := range map[string]string{
			w.other + "/d/moved": "top", w.in + "/a/b/file": "inside", w.in + "/a/full/x": "x", w.out + "/d/file": secret,
		} {
			if got := content(t, path); got != want {
				t.Errorf("%s holds %q, want %q", path, got, want)
			}
		}
		if target, err := os.Readlink(w.in + "/a/link-moved"); err != nil || target != w.out+"/d/file" {
			t.Errorf("moved link leads to %q, %v", target, err)
		}
		noStray(t, w.top)
	})
}

func TestMoveKeepsRoots(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		w := newWorld(t)
		g := open(t, impl(follow(w.in, w.in+"/a/b")))
		if err := g.Move(w.in+"/a", w.in+"/z"); !errors.Is(err, guard.ErrRoot) {
			t.Errorf("error %v, want ErrRoot", err)
		}
	})
}

func TestUpdate(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		w := newWorld(t)
		o := impl(follow(w.in, w.other))
		o.MaxUpdate = 100
		g := open(t, o)
		ctx := t.Context()
		add := func(old []byte, _ guard.Info) ([]byte, error) { return fmt.Appendf(nil, "%s+", old), nil }
		if _, err := g.Update(ctx, w.in+"/in-abs", add); err != nil {
			t.Fatal(err)
		}
		if got := content(t, w.in+"/a/b/file"); got != "inside+" {
			t.Errorf("file holds %q", got)
		}
		before, err := os.Stat(w.in + "/top")
		if err != nil {
			t.Fatal(err)
		}
		same := func(old []byte, _ guard.Info) ([]byte, error) { return old, nil }
		boom := errors.New("boom")
		fail := func([]byte, guard.Info) ([]byte, error) { return []byte("x"), boom }
		if _, err := g.Update(ctx, w.in+"/top", same); err != nil {
			t.Error(err)
		}
		if _, err := g.Update(ctx, w.in+"/top", fail); !errors.Is(err, boom) {
			t.Errorf("error %v, want boom", err)
		}
		if after, err := os.Stat(w.in + "/top"); err != nil || !os.SameFile(before, after) {
			t.Errorf("the file was replaced: %v", err)
		}
		write(t, w.in+"/large", strings.Repeat("x", 101))
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		for name, c := range map[string]struct {
			ctx  context.Context
			path string
			want error
		}{
			"large": {ctx, "large", guard.ErrTooLarge}, "none": {ctx, "none", fs.ErrNotExist}, "dangling": {ctx, "dangling", guard.ErrDangling},
			"directory": {ctx, "a", guard.ErrIsDirectory}, "outside": {ctx, "out-abs", guard.ErrOutside}, "cancelled": {cancelled, "top", context.Canceled},
		} {
			if _, err := g.Update(c.ctx, w.in+"/"+c.path, add); !errors.Is(err, c.want) {
				t.Errorf("%s: error %v, want %v", name, err, c.want)
			}
		}
		// A program that knows nothing of the lock changes the file meanwhile.
		calls := 0
		_, err = g.Update(ctx, w.in+"/top", func(old []byte, _ guard.Info) ([]byte, error) {
			if calls++; calls == 1 {
				write(t, w.in+"/top", "changed by another")
			}
			return fmt.Appendf(nil, "%s+", old), nil
		})
		if got, want := content(t, w.in+"/top"), "changed by another+"; err != nil || got != want || calls != 2 {
			t.Errorf("after %d calls %q, %v; want %q after 2", calls, got, err, want)
		}
	})
}

func TestInfo(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		w := newWorld(t)
		g := open(t, impl(follow(w.in)))
		info, err := g.Stat("in-dir/b/file")
		if err != nil {
			t.Fatal(err)
		}
		type brief struct {
			Path, Name      string
			Size            int64
			Dir, Reg, Link  bool
			HasTime, HasIno bool
		}
		short := func(i guard.Info) brief {
			return brief{i.Path, i.Name, i.Size, i.IsDir, i.IsRegular, i.IsLink, time.Since(i.ModTime) < time.Hour, i.Ino != 0}
		}
		want := brief{w.in + "/in-dir/b/file", "file", 6, false, true, false, true, true}
		if diff := cmp.Diff(want, short(info)); diff != "" {
			t.Errorf("Stat (-want +got):\n%s", diff)
		}
		d, err := g.OpenDir(w.in)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		info, err = d.Info("out-abs")
		if err != nil {
			t.Fatal(err)
		}
		want = brief{w.in + "/out-abs", "out-abs", 0, false, false, true, true, true}
		if diff := cmp.Diff(want, short(info)); diff != "" {
			t.Errorf("Dir.Info of a link (-want +got):\n%s", diff)
		}
		for _, name := range []string{"..", ".", "", "a/b", "out-dir/d"} {
			if _, err := d.Info(name); !errors.Is(err, guard.ErrInvalid) {
				t.Errorf("Dir.Info(%q) error %v, want ErrInvalid", name, err)
			}
		}
		if info, err := g.Lstat(w.in + "/in-dir-abs/b/file"); err != nil || !info.IsRegular {
			t.Errorf("Lstat behind a link: %+v, %v", info, err)
		}
		if info, err := g.Lstat(w.in + "/out-abs"); err != nil || !info.IsLink {
			t.Errorf("Lstat of a link: %+v, %v", info, err)
		}
		if _, err := g.Lstat(w.in + "/out-dir/d"); !errors.Is(err, guard.ErrOutside) {
			t.Errorf("Lstat through a link: %v, want ErrOutside", err)
		}
	})
}
