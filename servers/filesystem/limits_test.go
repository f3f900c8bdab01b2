package filesystem_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// sparse makes a file of a size that takes no room on the disk.
func sparse(t *testing.T, path, start string, size int64) {
	t.Helper()
	write(t, path, start)
	if err := os.Truncate(path, size); err != nil {
		t.Skipf("no sparse files here: %v", err)
	}
}

// allocated is how many bytes run allocates in all, which bounds what it holds
// at any time.
func allocated(run func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

func TestHugeFiles(t *testing.T) {
	dir := tempDir(t)
	start := strings.Repeat("a line of text\n", 1000)
	sparse(t, dir+"/huge.txt", start, 10<<30)
	sparse(t, dir+"/huge.png", "\x89PNG\r\n\x1a\n", 1<<30)
	const budget = 1 << 20
	c := serveSmall(t, budget, dir)
	for _, call := range []struct {
		tool  string
		a     args
		fails bool
		word  string
	}{
		{"read_text_file", args{"path": "huge.txt"}, false, "[cut before line 1001; call again with startLine 1001]"},
		{"read_text_file", args{"path": "huge.txt", "head": 3}, false, "a line of text\na line of text\na line of text"},
		{"read_text_file", args{"path": "huge.txt", "head": 5000}, false, "[cut before line 1001"},
		{"read_text_file", args{"path": "huge.txt", "startLine": 1001}, false, "[cut inside line 1001, which is too long"},
		{"read_text_file", args{"path": "huge.txt", "startLine": 999, "endLine": 1000}, false, "a line of text\na line of text"},
		{"read_text_file", args{"path": "huge.txt", "tail": 2}, true, "ask for fewer lines"},
		{"read_multiple_files", args{"paths": []string{"huge.txt", "huge.png"}}, false, "read it by itself"},
		{"read_media_file", args{"path": "huge.png"}, true, "--max-result-bytes"},
		{"edit_file", args{"path": "huge.txt", "edits": []args{{"oldText": "a", "newText": "b"}}}, true, "too large"},
	} {
		n := allocated(func() {
			r := c.Call(call.tool, call.a)
			if r.IsError != call.fails || !strings.Contains(r.Text(), call.word) {
				text := r.Text()
				t.Errorf("%s %v: got …%.300q, want %q in it", call.tool, call.a, text[max(0, len(text)-300):], call.word)
			}
		})
		t.Logf("%s %v: %d kB allocated", call.tool, call.a, n>>10)
		if n > 64*budget {
			t.Errorf("%s %v: %d bytes allocated, for a result of at most %d", call.tool, call.a, n, budget)
		}
	}
	if e := c.Refused("resources/read", args{"uri": "file://" + filepath.ToSlash(dir) + "/huge.png"}); !strings.Contains(e.Message, "can be sent") {
		t.Errorf("resource: got %v", e)
	}
}

// A search for a line that is far away ends with its call.
func TestLongReadEnds(t *testing.T) {
	dir := tempDir(t)
	sparse(t, dir+"/huge.txt", strings.Repeat("x", 10_000), 1<<40)
	s := newServer(t, config(dir))
	s.Options.CallTimeout = 100 * time.Millisecond
	c := mcptest.Connect(t, s, mcptest.Options{})
	if r := c.Call("read_text_file", args{"path": "huge.txt", "startLine": 2}); !r.IsError {
		t.Errorf("got %.100q, want an error", r.Text())
	}
}

var resume = regexp.MustCompile(`\n\[cut before line \d+; call again with startLine (\d+)\]$`)

// What is cut goes on where the note says, without a gap and without an end.
func TestResume(t *testing.T) {
	dir := tempDir(t)
	var file strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&file, "%d: \"%s\"\t\\ é\x01\r\n", i, strings.Repeat("<quoted>\"", i%60))
	}
	write(t, dir+"/file", file.String())
	c := serveSmall(t, 20_000, dir)
	var got strings.Builder
	a := args{"path": "file"}
	for range 1000 {
		text := works(t, c, "read_text_file", a)
		m := resume.FindStringSubmatchIndex(text)
		if m == nil {
			got.WriteString(text)
			break
		}
		got.WriteString(text[:m[0]])
		a["startLine"] = json.Number(text[m[2]:m[3]])
	}
	if got.String() != file.String() {
		t.Errorf("%d bytes put together differ from the %d of the file", got.Len(), file.Len())
	}
	refused(t, c, "read_text_file", args{"path": "file", "tail": 2000}, "ask for fewer lines")
}

func TestHugeLine(t *testing.T) {
	dir := tempDir(t)
	write(t, dir+"/file", "first\n"+strings.Repeat("ä", 50_000)+"\nlast\n")
	c := serveSmall(t, 20_000, dir)
	for _, step := range []struct {
		a    args
		word string
	}{
		{args{"path": "file"}, "first\n\n[cut before line 2; call again with startLine 2]"},
		{args{"path": "file", "startLine": 2}, "ä\n[cut inside line 2, which is too long for a result; the next one is startLine 3]"},
		{args{"path": "file", "startLine": 3}, "last\n"},
		{args{"path": "file", "head": 1}, "first"},
		{args{"path": "file", "tail": 1}, "last"},
	} {
		if text := works(t, c, "read_text_file", step.a); !strings.HasSuffix(text, step.word) || len(text) > 20_000 {
			t.Errorf("%v: got %d bytes, …%q, want %q at the end", step.a, len(text), text[max(0, len(text)-200):], step.word)
		}
	}
}

func TestManyFiles(t *testing.T) {
	dir := tempDir(t)
	var paths []string
	for i := range 50 {
		name := fmt.Sprintf("file%02d", i)
		write(t, dir+"/"+name, strings.Repeat("x", 1000))
		paths = append(paths, name)
	}
	text := works(t, serveSmall(t, 20_000, dir), "read_multiple_files", args{"paths": paths})
	if !strings.Contains(text, "file05:\nxxx") || !strings.Contains(text, "file49: error: no room left in this result for its 1000 bytes") {
		t.Errorf("got %d bytes: …%s", len(text), text[max(0, len(text)-300):])
	}
}

func TestLargeDirectory(t *testing.T) {
	const entries, longest = 50_000, 255
	dir := tempDir(t)
	long := strings.Repeat("n", longest)
	write(t, dir+"/d/"+long, "long")
	for i := range entries - 1 {
		f, err := os.Create(fmt.Sprintf("%s/d/%d.txt", dir, i))
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	c := serve(t, dir)
	for tool, want := range map[string]int{"list_directory": entries, "list_directory_with_sizes": entries + 3} {
		if got := strings.Count(works(t, c, tool, args{"path": "d"}), "\n") + 1; got != want {
			t.Errorf("%s: %d lines, want %d", tool, got, want)
		}
	}
	if got := strings.Count(works(t, c, "search_files", args{"path": "d", "pattern": "*"}), "\n") + 1; got != entries {
		t.Errorf("search_files: %d lines, want %d", got, entries)
	}
	var tree []struct{ Name, Type string }
	if err := json.Unmarshal([]byte(works(t, c, "directory_tree", args{"path": "d"})), &tree); err != nil || len(tree) != entries {
		t.Errorf("directory_tree: %d entries, %v, want %d", len(tree), err, entries)
	}
	if got := works(t, c, "read_text_file", args{"path": "d/" + long}); got != "long" {
		t.Errorf("a name of %d bytes: got %q", longest, got)
	}
	works(t, c, "write_file", args{"path": "d/" + strings.Repeat("m", longest), "content": "x"})
	works(t, c, "edit_file", args{"path": "d/" + long, "edits": []args{{"oldText": "long", "newText": "longer"}}})
	refused(t, c, "write_file", args{"path": "d/" + long + "n", "content": "x"}, "too long")

	small := serveSmall(t, 20_000, dir)
	for tool, a := range map[string]args{
		"list_directory": {"path": "d"}, "list_directory_with_sizes": {"path": "d"}, "search_files": {"path": "d", "pattern": "*"},
	} {
		text := works(t, small, tool, a)
		if last := text[strings.LastIndex(text, "\n")+1:]; len(text) > 20_000 || !strings.HasPrefix(last, "[cut: ") || !strings.Contains(last, "pattern") {
			t.Errorf("%s: %d bytes end in %q, want a note that they are cut", tool, len(text), last)
		}
	}
	refused(t, small, "directory_tree", args{"path": "d"}, "start from a directory further down")
}

// A tree is JSON, or refused: never JSON that was cut.
func TestTreeFits(t *testing.T) {
	dir := tempDir(t)
	for i := range 300 {
		write(t, fmt.Sprintf("%s/%d/\"%d", dir, i%10, i), "")
	}
	ok, no := 0, 0
	for budget := 4_000; budget < 40_000; budget += 1_000 {
		r := serveSmall(t, budget, dir).Call("directory_tree", args{"path": dir})
		switch {
		case r.IsError:
			no++
		case json.Valid([]byte(r.Text())):
			ok++
		default:
			t.Errorf("with %d bytes for the result, it is no JSON: …%s", budget, r.Text()[len(r.Text())-100:])
		}
	}
	if ok == 0 || no == 0 {
		t.Errorf("%d fit and %d do not, want some of both", ok, no)
	}
}
