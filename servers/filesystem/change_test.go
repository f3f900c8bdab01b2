package filesystem_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// Of edits that are made at once, each is in the file.
func TestParallelEdits(t *testing.T) {
	dir := tempDir(t)
	var file strings.Builder
	const edits = 40
	for i := range edits {
		fmt.Fprintf(&file, "line %02d: old\n", i)
	}
	write(t, dir+"/file", file.String())
	s := newServer(t, config(dir))
	var wg sync.WaitGroup
	for i := range edits {
		c := mcptest.Connect(t, s, mcptest.Options{})
		wg.Go(func() {
			works(t, c, "edit_file", args{"path": "file", "edits": []args{{
				"oldText": fmt.Sprintf("line %02d: old", i), "newText": fmt.Sprintf("line %02d: new", i),
			}}})
		})
	}
	wg.Wait()
	if got, want := content(t, dir+"/file"), strings.ReplaceAll(file.String(), "old", "new"); got != want {
		t.Errorf("%d of %d edits are in the file", strings.Count(got, "new"), edits)
	}
}

// A change of everything in a large file is told in a line.
func TestLargeEdit(t *testing.T) {
	dir := tempDir(t)
	write(t, dir+"/file", "head\n"+strings.Repeat("x\n", 1_000_000))
	edit := args{"path": "file", "edits": []args{{"oldText": "x", "newText": "y", "replaceAll": true}}}
	n := allocated(func() {
		want := "file: from line 2 on, 1999999 bytes become 1999999, too many to show as a diff"
		if got := works(t, serve(t, dir), "edit_file", edit); got != want {
			t.Errorf("got %.300q, want %q", got, want)
		}
	})
	if n > 256<<20 {
		t.Errorf("%d bytes allocated", n)
	}
	if got, want := content(t, dir+"/file"), "head\n"+strings.Repeat("y\n", 1_000_000); got != want {
		t.Errorf("the file has %d bytes, want %d", len(got), len(want))
	}
}

func TestReadOnlyServer(t *testing.T) {
	dir := tempDir(t)
	write(t, dir+"/file", "text")
	s := newServer(t, config(dir))
	s.Options.Policy = mcpcore.Policy{ReadOnly: true}
	c := mcptest.Connect(t, s, mcptest.Options{})
	for _, tool := range c.Tools() {
		if !*tool.Annotations.ReadOnly {
			t.Errorf("%s is listed", tool.Name)
		}
	}
	refused(t, c, "write_file", args{"path": "file", "content": "x"}, "--read-only")
	refused(t, c, "edit_file", args{"path": "file", "edits": []args{{"oldText": "text", "newText": "x"}}}, "--read-only")
	refused(t, c, "move_file", args{"source": "file", "destination": "x"}, "--read-only")
	refused(t, c, "create_directory", args{"path": "x"}, "--read-only")
	if got := works(t, c, "read_file", args{"path": "file"}); got != "text" || content(t, dir+"/file") != "text" {
		t.Errorf("got %q", got)
	}
}

func TestLinksRefused(t *testing.T) {
	w := newWorld(t)
	link(t, "file", w.in+"/good")
	s := newServer(t, filesystem.Config{Directories: []string{w.in}, FollowLinks: "never"})
	c := mcptest.Connect(t, s, mcptest.Options{})
	for _, path := range []string{"good", "abs-file", "missing", "rel-dir/secret"} {
		for use, call := range uses(w, path) {
			if r := c.Call(call[0].(string), call[1]); !r.IsError {
				t.Errorf("%s %s: got %s, want a refusal", use, path, r.Text())
			} else {
				w.tells(t, use, path, r.Text())
			}
		}
	}
	works(t, c, "read_text_file", args{"path": "file"})
}

// The directory goes away while the server runs.
func TestVanished(t *testing.T) {
	w := newWorld(t)
	c := serve(t, w.in)
	if err := os.RemoveAll(w.in); err != nil {
		t.Fatal(err)
	}
	for use, call := range uses(w, w.in+"/file") {
		r := c.Call(call[0].(string), call[1])
		if !r.IsError {
			t.Errorf("%s: got %s, want an error", use, r.Text())
		}
		w.tells(t, use, "", r.Text())
	}
	if got := works(t, c, "list_allowed_directories", nil); !strings.Contains(got, w.in) {
		t.Errorf("got %s", got)
	}
	if _, err := os.Stat(w.in); err == nil {
		t.Error("it was made anew")
	}
}

func TestConfig(t *testing.T) {
	dir := tempDir(t)
	write(t, dir+"/file", "")
	for _, c := range []struct {
		dirs  []string
		words []string
	}{
		{nil, []string{"no directory is allowed"}},
		{[]string{""}, []string{"empty name"}},
		{[]string{dir + "/a", dir + "/b:ro", dir}, []string{dir + "/a", dir + "/b\"", "does not exist"}},
		{[]string{dir + "/file"}, []string{"not a directory"}},
	} {
		s, err := filesystem.New(config(c.dirs...))
		if err == nil {
			s.Close()
			t.Errorf("%q: no error", c.dirs)
			continue
		}
		for _, w := range c.words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: got %v, want %q in it", c.dirs, err, w)
			}
		}
	}
	// A directory whose name ends in :ro.
	write(t, dir+"/odd:ro/file", "x")
	works(t, serve(t, dir+"/odd:ro:rw"), "write_file", args{"path": "file", "content": "y"})
}
