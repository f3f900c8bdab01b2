package guard_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
)

// FuzzResolve puts two links of any kind into an allowed directory and reads
// any path. What the operating system makes of the same path is the oracle: a
// file inside has to be read, and one outside must be refused.
func FuzzResolve(f *testing.F) {
	w := fuzzWorld(f)
	for _, c := range [][3]string{
		{"$IN/a/b/file", "x", "y"},
		{"$IN/L/b/file", "a", "y"},
		{"$IN/a/M", "x", "../L"},
		{"$IN/L", "../out/d/file", "y"},
		{"$IN/a/M/M/M/b/../L", "a", ".."},
		{"$IN/L", "$OUT/d/file", "y"},
		{"$IN/L/file", "a/M", "../../other/d"},
		{"$IN/L/a/M", "/", "/proc/self/root$IN/top"},
		{"a/../L/d/file", "a/../../out", "y"},
		{"$IN/L", "L", "M"},
		{"$IN/L/../../out/d/file", "a/b", "y"},
		{"$IN/L/./b//file", "$OTHER/../in/a", "y"},
		{"$IN/a/M", "x", "../../in/../out/../in/top"},
		{"$INside/file", "x", "y"},
		{"~/L", "a\x00", "\n"},
	} {
		f.Add(c[0], c[1], c[2])
	}
	guards := []*guard.Guard{open(f, follow(w.in, w.other)), open(f, follow(w.in, w.other).Portable())}
	fill := strings.NewReplacer("$INside", w.in+"side", "$IN", w.in, "$OUT", w.out, "$OTHER", w.other)
	f.Fuzz(func(t *testing.T, path, l, m string) {
		path = fill.Replace(path)
		place(t, fill.Replace(l), w.in+"/L")
		place(t, fill.Replace(m), w.in+"/a/M")
		for i, g := range guards {
			data, _, err := g.ReadFile(path, 1<<20)
			if strings.Contains(string(data), "secret") {
				t.Fatalf("%d: read the outside", i)
			}
			if err == nil && string(data) != "inside" && string(data) != "top" && string(data) != "other" {
				t.Fatalf("%d: read %.40q, which no allowed file holds", i, data)
			}
			if filepath.IsAbs(path) {
				judge(t, w, path, data, err)
			}
		}
	})
}

func fuzzWorld(f *testing.F) world {
	top := tempDir(f)
	w := world{top: top, in: top + "/in", other: top + "/other", out: top + "/out"}
	for path, text := range map[string]string{
		w.in + "/a/b/file": "inside", w.in + "/top": "top", w.other + "/d/file": "other",
		w.out + "/d/file": secret, w.in + "side/file": secret,
	} {
		write(f, path, text)
	}
	return w
}

func place(t *testing.T, target, path string) {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Skip("not the target of a link")
	}
}

// judge compares with the operating system.
func judge(t *testing.T, w world, path string, data []byte, err error) {
	t.Helper()
	real, rerr := filepath.EvalSymlinks(filepath.Clean(path))
	if rerr != nil || len(path) > 4096 {
		return // nothing is there, so nothing can be compared
	}
	fi, serr := os.Stat(real)
	if serr != nil {
		return
	}
	inside := strings.HasPrefix(real+"/", w.in+"/") || strings.HasPrefix(real+"/", w.other+"/")
	switch {
	case !inside && !errors.Is(err, guard.ErrOutside) && !errors.Is(err, guard.ErrTooManyLinks):
		t.Errorf("outside: error %v, want ErrOutside", err)
	case !inside, !fi.Mode().IsRegular():
	case err == nil:
		if want, rerr := os.ReadFile(real); rerr != nil || string(want) != string(data) {
			t.Errorf("read %q, the system reads %q, %v", data, want, rerr)
		}
	case errors.Is(err, guard.ErrOutside) && throughOthers(w):
	case errors.Is(err, guard.ErrTooManyLinks):
	case runtime.GOOS == "linux":
		t.Errorf("inside: error %v", err)
	}
}

// throughOthers reports whether a link leads through the links of the system,
// such as those in /proc, which are refused even when they lead back.
func throughOthers(w world) bool {
	for _, l := range []string{w.in + "/L", w.in + "/a/M"} {
		target, err := os.Readlink(l)
		if err != nil || strings.HasPrefix(target, "/") || strings.Contains(target, "..") {
			return true
		}
	}
	return false
}
