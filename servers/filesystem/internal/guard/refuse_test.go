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

	"github.com/google/go-cmp/cmp"
	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// world is a directory with two allowed directories and much that is not.
type world struct {
	top, in, other, out string
}

const secret = "secret of the outside"

func newWorld(t testing.TB) world {
	t.Helper()
	top := tempDir(t)
	w := world{top: top, in: filepath.Join(top, "in"), other: filepath.Join(top, "other"), out: filepath.Join(top, "out")}
	write(t, filepath.Join(w.in, "a/b/file"), "inside")
	write(t, filepath.Join(w.in, "top"), "top")
	write(t, filepath.Join(w.other, "d/file"), "other")
	write(t, filepath.Join(w.out, "d/file"), secret)
	write(t, filepath.Join(w.in+"side", "file"), secret) // shares a prefix with in
	for name, target := range map[string]string{
		"out-abs":       filepath.Join(w.out, "d/file"),
		"out-rel":       "../out/d/file",
		"out-dir":       w.out,
		"out-dir-rel":   "../out",
		"out-sibling":   w.in + "side",
		"out-none":      filepath.Join(w.out, "none"),
		"a/out-deep":    "../../out/d/file",
		"a/out-up":      "../..",
		"via":           "out-dir",
		"via2":          "a/../via",
		"in-abs":        filepath.Join(w.in, "a/b/file"),
		"in-rel":        "a/b/file",
		"in-dir":        "a",
		"in-dir-abs":    filepath.Join(w.in, "a"),
		"in-up":         "../in/a/b/file",
		"in-other":      filepath.Join(w.other, "d/file"),
		"in-other-rel":  "../other/d/file",
		"in-other-dir":  filepath.Join(w.other, "d"),
		"to-root":       w.in,
		"dangling":      "nowhere",
		"dangling-deep": "a/none/none",
		"dangling-abs":  filepath.Join(w.in, "nowhere"),
		"loop":          "loop",
		"loop-a":        "loop-b",
		"loop-b":        "loop-a",
		"proc-root":     "/proc/self/root" + w.in + "/top",
		"proc-fd":       "/proc/self/fd/0",
		"proc-cwd":      "/proc/self/cwd",
		"zero":          "/dev/zero",
		"up-through":    "in-dir/../../out/d/file",
		"up-inside":     "in-dir/b/../../top",
		"empty-up":      "..",
		"in-other-up":   "in-other-dir/../d/file",
	} {
		link(t, target, filepath.Join(w.in, name))
	}
	for i := range 45 {
		target := fmt.Sprintf("chain%d", i-1)
		if i == 0 {
			target = "top"
		}
		link(t, target, filepath.Join(w.in, fmt.Sprintf("chain%d", i)))
	}
	return w
}

// cases of what reading a path of the world gives: content, or the error.
func readCases(w world) []struct {
	path string
	want string
	err  error
} {
	in := func(p string) string { return w.in + "/" + p }
	return []struct {
		path string
		want string
		err  error
	}{
		{path: in("a/b/file"), want: "inside"},
		{path: in("a/b/../b/./file"), want: "inside"},
		{path: in("a//b///file/"), want: "inside"},
		{path: "a/b/file", want: "inside"},
		{path: "./top", want: "top"},
		{path: "d/file", want: "other"}, // relative, only in the second
		{path: in("in-abs"), want: "inside"},
		{path: in("in-rel"), want: "inside"},
		{path: in("in-dir/b/file"), want: "inside"},
		{path: in("in-dir-abs/b/file"), want: "inside"},
		{path: in("in-up"), want: "inside"},
		{path: in("in-other"), want: "other"},
		{path: in("in-other-rel"), want: "other"},
		{path: in("in-other-dir/file"), want: "other"},
		{path: in("in-other-up"), want: "other"},
		{path: in("to-root/to-root/top"), want: "top"},
		{path: in("up-inside"), want: "top"},
		{path: in("chain0"), want: "top"},
		{path: in("chain39"), want: "top"}, // forty links

		{path: "", err: guard.ErrInvalid},
		{path: in("a\x00b"), err: guard.ErrInvalid},
		{path: in(strings.Repeat("x/", 2100)), err: guard.ErrInvalid},
		{path: in(strings.Repeat("x", 300)), err: guard.ErrInvalid},
		{path: in("none"), err: fs.ErrNotExist},
		{path: in("top\n"), err: fs.ErrNotExist},
		{path: in("none/none"), err: fs.ErrNotExist},
		{path: in("top/x"), err: guard.ErrNotDirectory},
		{path: in("dangling"), err: fs.ErrNotExist},
		{path: in("dangling-deep"), err: fs.ErrNotExist},
		{path: in("dangling-abs"), err: fs.ErrNotExist},
		{path: in("a"), err: guard.ErrIsDirectory},
		{path: w.in, err: guard.ErrIsDirectory},
		{path: in("chain40"), err: guard.ErrTooManyLinks},
		{path: in("loop"), err: guard.ErrTooManyLinks},
		{path: in("loop-a"), err: guard.ErrTooManyLinks},

		{path: "/", err: guard.ErrOutside},
		{path: "..", err: guard.ErrOutside},
		{path: "../out/d/file", err: guard.ErrOutside},
		{path: in("../out/d/file"), err: guard.ErrOutside},
		{path: in("a/../../out/d/file"), err: guard.ErrOutside},
		{path: w.in + "side/file", err: guard.ErrOutside},
		{path: w.in + "sid", err: guard.ErrOutside},
		{path: w.top, err: guard.ErrOutside},
		{path: filepath.Join(w.out, "d/file"), err: guard.ErrOutside},
		{path: filepath.Join(w.out, "none"), err: guard.ErrOutside},
		{path: "/etc/passwd", err: guard.ErrOutside},
		{path: "/proc/self/root" + in("top"), err: guard.ErrOutside},
		{path: "~", err: guard.ErrOutside},
		{path: "~/.ssh/id_rsa", err: guard.ErrOutside},
		{path: in("out-abs"), err: guard.ErrOutside},
		{path: in("out-rel"), err: guard.ErrOutside},
		{path: in("out-dir/d/file"), err: guard.ErrOutside},
		{path: in("out-dir/none"), err: guard.ErrOutside},
		{path: in("out-dir-rel/d/file"), err: guard.ErrOutside},
		{path: in("out-sibling/file"), err: guard.ErrOutside},
		{path: in("out-none"), err: guard.ErrOutside},
		{path: in("a/out-deep"), err: guard.ErrOutside},
		{path: in("a/out-up"), err: guard.ErrOutside},
		{path: in("a/out-up/out/d/file"), err: guard.ErrOutside},
		{path: in("in-dir/out-deep"), err: guard.ErrOutside},
		{path: in("via/d/file"), err: guard.ErrOutside},
		{path: in("via2/d/file"), err: guard.ErrOutside},
		{path: in("proc-root"), err: guard.ErrOutside},
		{path: in("proc-fd"), err: guard.ErrOutside},
		{path: in("proc-cwd/x"), err: guard.ErrOutside},
		{path: in("zero"), err: guard.ErrOutside},
		{path: in("up-through"), err: guard.ErrOutside},
		{path: in("empty-up"), err: guard.ErrOutside},
	}
}

func TestRead(t *testing.T) {
	w := newWorld(t)
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		g := open(t, impl(follow(w.in, w.other)))
		for _, c := range readCases(w) {
			t.Run(strings.ReplaceAll(fmt.Sprintf("%.40q", c.path), w.top, ""), func(t *testing.T) {
				data, _, err := g.ReadFile(c.path, 0)
				if !errors.Is(err, c.err) {
					t.Fatalf("ReadFile(%.80q) error %v, want %v", c.path, err, c.err)
				}
				if string(data) != c.want {
					t.Errorf("ReadFile(%.80q) = %q, want %q", c.path, data, c.want)
				}
				if err != nil {
					checkText(t, w, c.path, err)
				}
				_, serr := g.Stat(c.path)
				if c.err != guard.ErrIsDirectory && !errors.Is(serr, c.err) {
					t.Errorf("Stat(%.80q) error %v, want %v", c.path, serr, c.err)
				}
			})
		}
	})
}

// checkText looks for what an error must not tell.
func checkText(t *testing.T, w world, path string, err error) {
	t.Helper()
	text := err.Error()
	for _, bad := range []string{"/proc/", "openat", w.out, "escapes from parent"} {
		if strings.Contains(text, bad) && !strings.Contains(path, bad) {
			t.Errorf("error for %.80q tells too much: %s", path, text)
		}
	}
	if errors.Is(err, guard.ErrOutside) {
		want := `access denied: "` + path + `" is outside the allowed directories`
		if diff := cmp.Diff(want, text); diff != "" {
			t.Errorf("refusal (-want +got):\n%s", diff)
		}
		if got, want := mcpcore.HintOf(err), "call list_allowed_directories to see the allowed directories"; got != want {
			t.Errorf("hint %q, want %q", got, want)
		}
	}
}

func TestRefusalQuotes(t *testing.T) {
	g := open(t, follow(tempDir(t)))
	_, err := g.Stat("/x\nallowed: /x")
	if got, want := fmt.Sprint(err), `access denied: "/x\nallowed: /x" is outside the allowed directories`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOutsideIsRefusedEverywhere(t *testing.T) {
	w := newWorld(t)
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		g := open(t, impl(follow(w.in, w.other)))
		never := func(old []byte, _ guard.Info) ([]byte, error) {
			t.Errorf("Update read %q", old)
			return nil, nil
		}
		ops := map[string]func(p string) error{
			"OpenDir":     func(p string) error { _, err := g.OpenDir(p); return err },
			"WriteFile":   func(p string) error { _, err := g.WriteFile(p, []byte("x"), guard.WriteOptions{}); return err },
			"Update":      func(p string) error { _, err := g.Update(context.Background(), p, never); return err },
			"Mkdir":       func(p string) error { return g.Mkdir(p) },
			"Mkdir below": func(p string) error { return g.Mkdir(p + "/x/y") },
			"Write below": func(p string) error {
				_, err := g.WriteFile(p+"/x", []byte("x"), guard.WriteOptions{NoReplace: true})
				return err
			},
			"Move from below": func(p string) error { return g.Move(p+"/file", w.in+"/stolen") },
			"Move to below":   func(p string) error { return g.Move(w.in+"/top", p+"/given") },
			"Walk": func(p string) error {
				return g.Walk(context.Background(), p, guard.WalkOptions{}, func(string, guard.Entry) guard.WalkAction {
					t.Error("Walk saw something")
					return guard.Continue
				})
			},
			"Tree": func(p string) error {
				_, err := g.Tree(context.Background(), p, guard.WalkOptions{}, nil)
				return err
			},
		}
		for _, p := range []string{"/nonexistent", w.out + "/d", w.out + "/none", w.in + "/out-dir", w.in + "/via", w.in + "/a/out-up",
			w.in + "/out-none", w.in + "/empty-up", w.in + "side", w.in + "/../out/d"} {
			for name, op := range ops {
				if err := op(p); !errors.Is(err, guard.ErrOutside) {
					t.Errorf("%s(%q) error %v, want ErrOutside", name, p, err)
				}
			}
		}
		if got := content(t, w.out+"/d/file"); got != secret {
			t.Errorf("outside file now holds %q", got)
		}
		if got := len(list(t, w.out)) + len(list(t, w.out+"/d")); got != 2 {
			t.Errorf("%d entries outside, want 2", got)
		}
		if got := g.Complete(w.in+"/out-dir/", 10); len(got) > 0 {
			t.Errorf("Complete told %q", got)
		}
	})
}

func list(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestLinksRefused(t *testing.T) {
	w := newWorld(t)
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		o := impl(follow(w.in, w.other))
		o.FollowLinks = false
		g := open(t, o)
		for _, p := range []string{"in-abs", "in-rel", "in-dir/b/file", "out-abs", "out-none", "dangling", "loop", "chain0"} {
			p = w.in + "/" + p
			if _, _, err := g.ReadFile(p, 0); !errors.Is(err, guard.ErrLink) {
				t.Errorf("ReadFile(%q) error %v, want ErrLink", p, err)
			}
			if _, err := g.WriteFile(p, nil, guard.WriteOptions{}); !errors.Is(err, guard.ErrLink) {
				t.Errorf("WriteFile(%q) error %v, want ErrLink", p, err)
			}
			if err := g.Move(p, w.in+"/moved"); !errors.Is(err, guard.ErrLink) {
				t.Errorf("Move(%q) error %v, want ErrLink", p, err)
			}
		}
		if data, _, err := g.ReadFile(w.in+"/a/b/file", 0); err != nil || string(data) != "inside" {
			t.Errorf("plain file: %q, %v", data, err)
		}
	})
}

func TestRootGoneOrSwapped(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		w := newWorld(t)
		g := open(t, impl(follow(w.in)))
		if err := os.Rename(w.in, w.in+".old"); err != nil {
			t.Fatal(err)
		}
		link(t, w.out, w.in)
		if _, _, err := g.ReadFile(w.in+"/d/file", 0); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("swapped: error %v, want not exist", err)
		}
		if _, err := g.WriteFile(w.in+"/d/file", []byte("x"), guard.WriteOptions{}); err == nil {
			t.Error("swapped: write succeeded")
		}
		if data, _, err := g.ReadFile(w.in+"/top", 0); err != nil || string(data) != "top" {
			t.Errorf("swapped: %q, %v, want the directory that was opened", data, err)
		}
		if got := content(t, w.out+"/d/file"); got != secret {
			t.Errorf("outside file now holds %q", got)
		}
		if err := os.RemoveAll(w.in + ".old"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := g.ReadFile(w.in+"/top", 0); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("removed: error %v, want not exist", err)
		}
		if _, err := g.WriteFile(w.in+"/new", []byte("x"), guard.WriteOptions{}); err == nil {
			t.Error("removed: write succeeded")
		}
	})
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "with space": "with space", "ünï": "ünï", "日本": "日本",
		"a\nb": `"a\nb"`, "a\x1b[2Jb": `"a\x1b[2Jb"`, "a\u202eb": `"a\u202eb"`, "bad\xff": `"bad\xff"`, `q"q`: `"q\"q"`, "": "",
	} {
		if got := guard.Quote(in); got != want {
			t.Errorf("Quote(%q) = %s, want %s", in, got, want)
		}
	}
}
