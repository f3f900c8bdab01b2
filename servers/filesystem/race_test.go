//go:build unix

package filesystem_test

import (
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

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

var raceFor = flag.Duration("race.for", 2*time.Second, "how long the race test goes on")

// swap puts a link at path for a moment, then what was there again.
func swap(path, target string) error {
	if err := os.Rename(path, path+".kept"); err != nil {
		return err
	}
	if err := os.Symlink(target, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	var err error
	for range 1000 { // a tool may put something there meanwhile, which goes
		if err = os.RemoveAll(path); err != nil {
			continue
		}
		if err = os.Rename(path+".kept", path); err == nil {
			return nil
		}
	}
	return err
}

// Names change all the time between something inside and a link to the
// outside, while all tools work there.
func TestRace(t *testing.T) {
	w := newWorld(t)
	for _, dir := range []string{w.in + "/flip", w.in + "/deep/x/flip"} {
		write(t, dir+"/file", "inside\n")
	}
	large := strings.Repeat(secret, 10_000) // a size that nothing inside comes to
	for _, name := range []string{"/secret", "/file", "/flip/file", "/only-outside/file"} {
		write(t, w.out+name, large)
	}
	before := snapshot(t, w.out)
	s := newServer(t, config(w.in))
	var stop atomic.Bool
	var attack, victims sync.WaitGroup
	attack.Go(func() {
		for !stop.Load() {
			err := errors.Join(swap(w.in+"/flip", w.out), swap(w.in+"/deep/x/flip", "../../../out"), swap(w.in+"/deep/x", w.out), swap(w.in+"/file", w.out+"/secret"))
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	var worked sync.Map // how often each use went well
	end := time.Now().Add(*raceFor)
	for id := range 2 {
		victims.Go(func() {
			c := mcptest.Connect(t, s, mcptest.Options{Revision: eras[id]})
			for i := 0; time.Now().Before(end); i++ {
				for use, call := range raceCalls(w, id, i) {
					r := c.Call(call[0].(string), call[1])
					text := r.Text()
					for _, b := range r.Content {
						text += string(b.Data)
						if b.Resource != nil {
							text += b.Resource.Text + string(b.Resource.Blob)
						}
					}
					if strings.Contains(text, secret) || strings.Contains(text, "only-outside") || strings.Contains(text, fmt.Sprintf("size: %d\n", len(large))) {
						t.Errorf("%s saw the outside: %s", use, text)
					}
					if n, _ := worked.LoadOrStore(use, new(atomic.Int64)); !r.IsError {
						n.(*atomic.Int64).Add(1)
					}
				}
				for _, path := range []string{"/flip/file", "/flip", "/file"} {
					if raw, err := c.Request("resources/read", args{"uri": fileURI(w.in + path)}); err == nil && strings.Contains(string(raw), "outside") {
						t.Errorf("a resource holds the outside: %s", raw)
					}
				}
			}
		})
	}
	victims.Wait()
	stop.Store(true)
	attack.Wait()
	if diff := cmp.Diff(before, snapshot(t, w.out)); diff != "" {
		t.Errorf("the outside changed (-before +after):\n%s", diff)
	}
	worked.Range(func(use, n any) bool {
		t.Logf("%s: %d went well", use, n.(*atomic.Int64).Load())
		if n.(*atomic.Int64).Load() == 0 {
			t.Errorf("%s never went well: nothing was tested", use)
		}
		return true
	})
}

func raceCalls(w world, id, i int) map[string][]any {
	dir := []string{"/flip", "/deep/x/flip"}[i%2]
	made := fmt.Sprintf("%s%s/new%d", w.in, dir, id)
	return map[string][]any{
		"read":      {"read_text_file", args{"path": w.in + dir + "/file"}},
		"read leaf": {"read_text_file", args{"path": w.in + "/file"}},
		"tail":      {"read_text_file", args{"path": w.in + dir + "/file", "tail": 1}},
		"media":     {"read_media_file", args{"path": w.in + dir + "/file"}},
		"several":   {"read_multiple_files", args{"paths": []string{w.in + dir + "/file", w.in + "/file"}}},
		"write":     {"write_file", args{"path": made, "content": "inside"}},
		"edit":      {"edit_file", args{"path": w.in + dir + "/file", "edits": []args{{"oldText": "inside\n", "newText": fmt.Sprintf("inside\n%d", i%10), "replaceAll": true}}}},
		"mkdir":     {"create_directory", args{"path": w.in + dir + "/made/deep"}},
		"move":      {"move_file", args{"source": made, "destination": fmt.Sprintf("%s%s/moved-%d-%d", w.in, dir, id, i)}},
		"list":      {"list_directory", args{"path": w.in + dir}},
		"sizes":     {"list_directory_with_sizes", args{"path": w.in + dir}},
		"tree":      {"directory_tree", args{"path": w.in}},
		"search":    {"search_files", args{"path": w.in, "pattern": "**/only*"}},
		"info":      {"get_file_info", args{"path": w.in + dir + "/file"}},
	}
}
