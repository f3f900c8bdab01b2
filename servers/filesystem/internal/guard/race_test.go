//go:build unix

package guard_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
)

var raceFor = flag.Duration("race.for", 2*time.Second, "how long the race test goes on")

// arena is a directory in which names change all the time between something
// inside and a link to the outside.
type arena struct {
	in, out string
	hits    [8]atomic.Int64 // how often an operation did what it should
}

func newArena(t *testing.T) *arena {
	top := tempDir(t)
	a := &arena{in: top + "/in", out: top + "/out"}
	for _, dir := range []string{a.in + "/flip", a.in + "/deep/x/flip", a.out, a.out + "/sub"} {
		write(t, dir+"/file", "inside")
		write(t, dir+"/edit", "inside")
	}
	for _, name := range []string{"file", "edit", "sub/file", "sub/edit"} {
		write(t, a.out+"/"+name, secret)
	}
	write(t, a.in+"/leaf", "inside")
	write(t, a.in+"/good", "inside")
	link(t, "good", a.in+"/turn")
	return a
}

// swap puts a link to target at path for a moment, then what was there again.
// Whenever the name is free, a victim may put something there, which goes.
func swap(path, target string) error {
	if err := os.Rename(path, path+".kept"); err != nil {
		return err
	}
	if err := os.Symlink(target, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	var err error
	for range 1000 {
		if err = os.RemoveAll(path); err != nil {
			continue
		}
		if err = os.Rename(path+".kept", path); err == nil {
			return nil
		}
	}
	return err
}

func (a *arena) attack(stop *atomic.Bool) error {
	for i := 0; !stop.Load(); i++ {
		err := errors.Join(
			swap(a.in+"/flip", a.out),
			swap(a.in+"/deep/x/flip", "../../../out"),
			swap(a.in+"/deep/x", a.out+"/sub"),
			swap(a.in+"/leaf", a.out+"/file"),
		)
		// A link that leads inside and outside in turn, replaced in one step.
		target := []string{"good", a.out + "/file", a.in + "/good", "../out/file", "flip/file"}[i%5]
		err = errors.Join(err, os.Symlink(target, a.in+"/turn.new"), os.Rename(a.in+"/turn.new", a.in+"/turn"))
		if err != nil {
			return err
		}
	}
	return nil
}

// operate does everything once and reports what it saw of the outside.
func (a *arena) operate(t *testing.T, g *guard.Guard, id, i int) {
	hit := func(op int, err error) {
		if err == nil {
			a.hits[op].Add(1)
		}
	}
	for _, p := range []string{"/flip/file", "/deep/x/flip/file", "/leaf", "/turn"} {
		data, _, err := g.ReadFile(a.in+p, 0)
		hit(0, err)
		if bytes.Contains(data, []byte("secret")) {
			t.Errorf("read the outside through %s", p)
		}
		if info, err := g.Stat(a.in + p); err == nil && info.Size == int64(len(secret)) {
			t.Errorf("saw the outside through %s", p)
		}
	}
	for _, p := range []string{"/flip", "/deep/x/flip"} {
		dir := a.in + p
		_, err := g.WriteFile(fmt.Sprintf("%s/new%d", dir, id), []byte("written"), guard.WriteOptions{})
		hit(1, err)
		_, err = g.Update(t.Context(), dir+"/edit", func(old []byte, _ guard.Info) ([]byte, error) {
			if bytes.Contains(old, []byte("secret")) {
				t.Errorf("edited the outside through %s", p)
			}
			return append(bytes.Clone(old[:min(6, len(old))]), byte('0'+i%10)), nil
		})
		hit(2, err)
		hit(3, g.Mkdir(fmt.Sprintf("%s/dir%d", dir, id)))
		hit(4, g.Move(fmt.Sprintf("%s/new%d", dir, id), fmt.Sprintf("%s/dir%d/moved%d", dir, id, i)))
		err = g.Walk(t.Context(), a.in, guard.WalkOptions{}, func(rel string, e guard.Entry) guard.WalkAction {
			if strings.Contains(rel, "only-outside") {
				t.Errorf("walked outside: %s", rel)
			}
			return guard.Continue
		})
		hit(5, err)
		if d, err := g.OpenDir(dir); err == nil {
			hit(6, d.Entries(func(e guard.Entry) bool {
				if e.Name == "only-outside" {
					t.Errorf("listed the outside through %s", p)
				}
				return true
			}))
			_ = d.Close() // nothing was written
		}
	}
	if _, err := g.WriteFile(a.in+"/turn", []byte("inside"), guard.WriteOptions{}); err == nil {
		a.hits[7].Add(1)
	}
}

func TestRace(t *testing.T) {
	both(t, func(t *testing.T, impl func(guard.Options) guard.Options) {
		a := newArena(t)
		write(t, a.out+"/only-outside", secret)
		before := snapshot(t, a.out)
		g := open(t, impl(follow(a.in)))
		var stop atomic.Bool
		var attack, victims sync.WaitGroup
		attack.Go(func() {
			if err := a.attack(&stop); err != nil {
				t.Error(err)
			}
		})
		end := time.Now().Add(*raceFor / 2) // there are two implementations
		for id := range 2 {
			victims.Go(func() {
				for i := 0; time.Now().Before(end); i++ {
					a.operate(t, g, id, i)
				}
			})
		}
		victims.Wait()
		stop.Store(true)
		attack.Wait()
		if diff := cmp.Diff(before, snapshot(t, a.out)); diff != "" {
			t.Errorf("the outside changed (-before +after):\n%s", diff)
		}
		for op, name := range []string{"read", "write", "update", "mkdir", "move", "walk", "list", "write through link"} {
			n := a.hits[op].Load()
			t.Logf("%s: %d went well", name, n)
			if n == 0 {
				t.Errorf("%s never went well: nothing was tested", name)
			}
		}
	})
}

// snapshot is everything beneath dir, with its content.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			all[path] = "directory"
			return err
		}
		all[path] = content(t, dir+"/"+path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
