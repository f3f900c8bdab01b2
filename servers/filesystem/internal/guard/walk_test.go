package guard_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sort"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
)

// forest makes a few hundred entries and returns what a walk should see.
func forest(t testing.TB, dir string) []string {
	t.Helper()
	for i := range 7 {
		for j := range 6 {
			for k := range 5 {
				write(t, fmt.Sprintf("%s/d%d/e%d/f%d.txt", dir, i, j, k), "x")
			}
		}
	}
	link(t, "d0", dir+"/link")
	link(t, "/etc", dir+"/d1/etc")
	var want []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(dir, path); rel != "." {
			want = append(want, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return want
}

func TestWalk(t *testing.T) {
	dir := tempDir(t)
	want := forest(t, dir)
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		g := open(t, impl(follow(dir)))
		var mu sync.Mutex
		var got []string
		see := func(rel string, e guard.Entry) guard.WalkAction {
			mu.Lock()
			defer mu.Unlock()
			if filepath.Base(rel) != e.Name {
				t.Errorf("name %q for %q", e.Name, rel)
			}
			got = append(got, rel)
			return guard.Continue
		}
		if err := g.Walk(t.Context(), dir, guard.WalkOptions{Ordered: true}, see); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ordered (-want +got):\n%s", diff)
		}
		got = nil
		seen := 0
		o := guard.WalkOptions{OnSeen: func(before, now int) {
			mu.Lock()
			defer mu.Unlock()
			seen += now - before
		}}
		if err := g.Walk(t.Context(), dir, o, see); err != nil {
			t.Fatal(err)
		}
		if seen != len(want) {
			t.Errorf("%d entries were counted, want %d", seen, len(want))
		}
		all := slices.Sorted(slices.Values(want))
		sort.Strings(got)
		if diff := cmp.Diff(all, got); diff != "" {
			t.Errorf("parallel (-want +got):\n%s", diff)
		}
		top, err := g.Tree(t.Context(), dir, guard.WalkOptions{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, flatten(top, "")); diff != "" {
			t.Errorf("tree (-want +got):\n%s", diff)
		}
	})
}

func flatten(n *guard.Node, prefix string) []string {
	var all []string
	for i := range n.Children {
		c := &n.Children[i]
		all = append(all, prefix+c.Name)
		all = append(all, flatten(c, prefix+c.Name+"/")...)
	}
	return all
}

func TestWalkBounds(t *testing.T) {
	dir := tempDir(t)
	want := forest(t, dir)
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		g := open(t, impl(follow(dir)))
		count := func(ctx context.Context, o guard.WalkOptions, fn func(rel string, e guard.Entry) guard.WalkAction) (int, error) {
			var mu sync.Mutex
			n := 0
			err := g.Walk(ctx, dir, o, func(rel string, e guard.Entry) guard.WalkAction {
				mu.Lock()
				n++
				mu.Unlock()
				return fn(rel, e)
			})
			return n, err
		}
		all := func(string, guard.Entry) guard.WalkAction { return guard.Continue }
		skip := func(string, guard.Entry) guard.WalkAction { return guard.Skip }
		stop := func(string, guard.Entry) guard.WalkAction { return guard.Stop }
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		for _, ordered := range []bool{true, false} {
			for name, c := range map[string]struct {
				ctx context.Context
				o   guard.WalkOptions
				fn  func(string, guard.Entry) guard.WalkAction
				max int
				err error
			}{
				"skip":    {t.Context(), guard.WalkOptions{}, skip, 8, nil},
				"depth 1": {t.Context(), guard.WalkOptions{MaxDepth: 1}, all, 8, nil},
				"depth 2": {t.Context(), guard.WalkOptions{MaxDepth: 2}, all, 8 + 42 + 1, nil},
				"entries": {t.Context(), guard.WalkOptions{MaxEntries: 20}, all, 20, guard.ErrTooMany},
				"enough":  {t.Context(), guard.WalkOptions{MaxEntries: len(want)}, all, len(want), nil},
				"stop":    {t.Context(), guard.WalkOptions{}, stop, 2, nil},
				"cancel":  {cancelled, guard.WalkOptions{}, all, 0, context.Canceled},
			} {
				c.o.Ordered = ordered
				n, err := count(c.ctx, c.o, c.fn)
				if !errors.Is(err, c.err) || n > c.max || c.err == nil && name != "stop" && n != c.max {
					t.Errorf("%s, ordered %v: %d entries, %v; want %d, %v", name, ordered, n, err, c.max, c.err)
				}
			}
		}
	})
}

func TestWalkPanicReachesTheCaller(t *testing.T) {
	dir := tempDir(t)
	forest(t, dir)
	g := open(t, follow(dir))
	defer func() {
		if p := recover(); p != "oops" {
			t.Errorf("recovered %v, want oops", p)
		}
	}()
	_ = g.Walk(t.Context(), dir, guard.WalkOptions{}, func(rel string, _ guard.Entry) guard.WalkAction {
		if filepath.Base(rel) == "f3.txt" {
			panic("oops")
		}
		return guard.Continue
	})
}

func TestDir(t *testing.T) {
	dir := tempDir(t)
	var want []string
	for i := range 3000 {
		name := fmt.Sprintf("a rather long name of a file, so that several batches are needed %d", i)
		write(t, dir+"/"+name, "")
		want = append(want, name)
	}
	sort.Strings(want)
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		g := open(t, impl(follow(dir)))
		d, err := g.OpenDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var got []string
		err = d.Entries(func(e guard.Entry) bool {
			got = append(got, e.Name)
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		sort.Strings(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Entries (-want +got):\n%s", diff)
		}
		if more, err := d.ReadBatch(); err != nil || len(more) > 0 {
			t.Errorf("after the end: %v, %v", more, err)
		}
		if err := errors.Join(d.Close(), d.Close()); err != nil {
			t.Error(err)
		}
		if _, err := d.ReadBatch(); err == nil {
			t.Error("read from a closed directory")
		}
	})
}

func TestComplete(t *testing.T) {
	w := newWorld(t)
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		g := open(t, impl(follow(w.in, w.other)))
		in := func(names ...string) []string {
			for i := range names {
				names[i] = w.in + "/" + names[i]
			}
			return names
		}
		for _, c := range []struct {
			prefix string
			want   []string
		}{
			{w.in + "/to", in("to-root/", "top")},
			{w.in + "/in-d", in("in-dir-abs/", "in-dir/")},
			{w.in + "/out", nil},
			{w.in + "/a/b/", in("a/b/file")},
			{w.top + "/o", []string{w.other + "/"}},
			{w.top + "/", []string{w.in + "/", w.other + "/"}},
			{w.out + "/", nil},
			{"/et", nil},
			{"a/b/f", []string{"a/b/file"}},
		} {
			if diff := cmp.Diff(c.want, g.Complete(c.prefix, 10)); diff != "" && len(c.want)+len(g.Complete(c.prefix, 10)) > 0 {
				t.Errorf("Complete(%q) (-want +got):\n%s", c.prefix, diff)
			}
		}
		if got := g.Complete(w.in+"/", 3); len(got) != 3 {
			t.Errorf("limit 3 gave %q", got)
		}
	})
}

func TestNarrow(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		w := newWorld(t)
		alias := w.top + "/alias"
		link(t, w.in, alias)
		o := follow(alias, w.other)
		o.Roots[1].ReadOnly = true
		g := open(t, impl(o))
		if data, _, err := g.ReadFile(alias+"/in-abs", 0); err != nil || string(data) != "inside" {
			t.Errorf("under the operator's spelling: %q, %v", data, err)
		}
		if data, _, err := g.ReadFile(w.in+"/top", 0); err != nil || string(data) != "top" {
			t.Errorf("under the real path: %q, %v", data, err)
		}
		for _, c := range []struct {
			paths []string
			roots []guard.RootInfo
		}{
			{nil, []guard.RootInfo{}},
			{[]string{"/"}, []guard.RootInfo{{alias, true}, {w.other, false}}},
			{[]string{w.top}, []guard.RootInfo{{alias, true}, {w.other, false}}},
			{[]string{w.in}, []guard.RootInfo{{alias, true}}},
			{[]string{alias + "/a"}, []guard.RootInfo{{alias + "/a", true}}},
			{[]string{w.in + "/a/", w.other + "/d"}, []guard.RootInfo{{w.in + "/a", true}, {w.other + "/d", false}}},
			{[]string{w.out, "/etc", "relative", "", w.in + "/none", w.in + "/top", w.in + "side", w.in + "/out-dir"}, []guard.RootInfo{}},
		} {
			n := g.Narrow(c.paths)
			if diff := cmp.Diff(c.roots, n.Roots()); diff != "" {
				t.Errorf("Narrow(%q) (-want +got):\n%s", c.paths, diff)
			}
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		}
		n := g.Narrow([]string{alias + "/a"})
		defer n.Close()
		if _, _, err := n.ReadFile(alias+"/a/b/file", 0); err != nil {
			t.Error(err)
		}
		link(t, "../top", w.in+"/a/up")
		link(t, w.in+"/top", w.in+"/a/up-abs")
		for _, p := range []string{alias + "/top", w.in + "/top", alias + "/a/up", alias + "/a/up-abs", w.other + "/d/file", "../top"} {
			if _, _, err := n.ReadFile(p, 0); !errors.Is(err, guard.ErrOutside) {
				t.Errorf("narrowed: ReadFile(%q) error %v, want ErrOutside", p, err)
			}
		}
		if wide := n.Narrow([]string{"/"}); len(wide.Roots()) != 1 {
			t.Errorf("narrowing gave %v", wide.Roots())
		}
	})
}
