package guard_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
)

// children are what a re-executed test binary can do. Their first argument is
// a directory, the second "native" or "portable".
var children = map[string]func(args []string) int{
	"write":    childWrite,
	"update":   childUpdate,
	"landlock": childLandlock,
	"denied":   childDenied,
}

func childGuard(args []string) (*guard.Guard, error) {
	o := follow(args[0])
	if len(args) > 1 && args[1] == "portable" {
		o = o.Portable()
	}
	return guard.Open(o)
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// killText is content of a given kind, large enough to be caught half written.
func killText(i int) string {
	return strings.Repeat(string(rune('a'+i%26)), 200_000)
}

// childWrite writes until it is killed.
func childWrite(args []string) int {
	g, err := childGuard(args)
	if err != nil {
		return fail(err)
	}
	for i := 0; ; i++ {
		if _, err := g.WriteFile(filepath.Join(args[0], "file"), []byte(killText(i)), guard.WriteOptions{}); err != nil {
			return fail(err)
		}
		if i == 0 {
			fmt.Println("writing")
		}
	}
}

// childUpdate counts up.
func childUpdate(args []string) int {
	g, err := childGuard(args)
	if err != nil {
		return fail(err)
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return fail(err)
	}
	for range n {
		if _, err := g.Update(context.Background(), filepath.Join(args[0], "count"), countUp); err != nil {
			return fail(err)
		}
	}
	return 0
}

func countUp(old []byte, _ guard.Info) ([]byte, error) {
	n, err := strconv.Atoi(string(old))
	return strconv.AppendInt(nil, int64(n+1), 10), err
}

// childLandlock is confined to args[0]/rw and args[0]/ro, and tries to leave
// with the os package.
func childLandlock(args []string) int {
	dir := args[0]
	o := guard.Options{FollowLinks: true, Landlock: true, LandlockRead: []string{dir + "/extra"}, Roots: []guard.Root{
		{Path: dir + "/rw"}, {Path: dir + "/ro", ReadOnly: true},
	}}
	g, err := guard.Open(o)
	if err != nil {
		return fail(err)
	}
	var faults []error
	must := func(what string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", what, err))
		}
	}
	never := func(what string, err error) {
		if !errors.Is(err, fs.ErrPermission) {
			faults = append(faults, fmt.Errorf("%s: error %w, want permission denied", what, err))
		}
	}
	done := make(chan struct{})
	go func() { // on another thread, most likely
		defer close(done)
		_, err := os.ReadFile(dir + "/out/file")
		never("read outside", err)
	}()
	<-done
	never("write outside", os.WriteFile(dir+"/out/new", nil, 0o666))
	never("write read-only", os.WriteFile(dir+"/ro/new", nil, 0o666))
	never("rename out", os.Rename(dir+"/rw/file", dir+"/out/new"))
	_, err = os.ReadFile(dir + "/extra")
	must("read extra", err)
	_, err = os.OpenFile("/dev/null", os.O_RDWR, 0)
	must("null device", err)
	data, _, err := g.ReadFile(dir+"/ro/file", 0)
	must("read", err)
	if string(data) != "x" {
		faults = append(faults, fmt.Errorf("read %q", data))
	}
	for range 2 {
		_, err = g.WriteFile(dir+"/rw/new", []byte("x"), guard.WriteOptions{})
		must("write", err)
	}
	_, err = g.Update(context.Background(), dir+"/rw/new", func([]byte, guard.Info) ([]byte, error) { return []byte("y"), nil })
	must("update", err)
	must("mkdir", g.Mkdir(dir+"/rw/a/b"))
	must("move", g.Move(dir+"/rw/file", dir+"/rw/a/b/file"))
	must("walk", g.Walk(context.Background(), dir+"/rw", guard.WalkOptions{}, func(string, guard.Entry) guard.WalkAction { return guard.Continue }))
	if err := errors.Join(faults...); err != nil {
		return fail(err)
	}
	return 0
}

// childDenied runs without privileges in a directory that keeps things from it.
func childDenied(args []string) int {
	g, err := childGuard(args)
	if err != nil {
		return fail(err)
	}
	dir := args[0]
	var faults []error
	for name, op := range map[string]func() error{
		"read":            func() error { _, _, err := g.ReadFile(dir+"/secret", 0); return err },
		"search":          func() error { _, err := g.Stat(dir + "/closed/file"); return err },
		"list":            func() error { _, err := g.OpenDir(dir + "/closed"); return err },
		"write protected": func() error { _, err := g.WriteFile(dir+"/secret", nil, guard.WriteOptions{}); return err },
		"write new":       func() error { _, err := g.WriteFile(dir+"/closed/new", nil, guard.WriteOptions{}); return err },
		"write there":     func() error { _, err := g.WriteFile(dir+"/fixed/new", nil, guard.WriteOptions{}); return err },
		"mkdir":           func() error { return g.Mkdir(dir + "/fixed/x") },
		"move":            func() error { return g.Move(dir+"/fixed/file", dir+"/x") },
	} {
		if err := op(); !errors.Is(err, fs.ErrPermission) || !strings.HasPrefix(err.Error(), "permission denied") {
			faults = append(faults, fmt.Errorf("%s: error %w, want permission denied", name, err))
		}
	}
	denied := 0
	err = g.Walk(context.Background(), dir, guard.WalkOptions{Ordered: true, OnError: func(rel string, err error) {
		if denied++; rel != "closed" || !errors.Is(err, fs.ErrPermission) {
			faults = append(faults, fmt.Errorf("walk: %q: %w", rel, err))
		}
	}}, func(string, guard.Entry) guard.WalkAction { return guard.Continue })
	if err != nil || denied != 1 {
		faults = append(faults, fmt.Errorf("walk: %d directories denied, %w", denied, err))
	}
	if err := errors.Join(faults...); err != nil {
		return fail(err)
	}
	return 0
}
