package filesystem_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestSuite(t *testing.T) {
	dir := tempDir(t)
	write(t, dir+"/a/b.txt", "text")
	newServer := func() *mcpcore.Server {
		s, err := filesystem.New(filesystem.Config{Directories: []string{dir}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	mcptest.Suite(t, newServer, mcptest.Limits{
		ToolsList: 8000, Long: mcptest.Trial{Tool: "search_files", Arguments: args{"path": dir, "pattern": "**"}},
	})
}

func TestShown(t *testing.T) {
	mcptest.Snapshot(t, newServer(t, filesystem.Config{Directories: []string{tempDir(t)}}), "testdata/tools")
}

// TestTrees plays the archives in testdata/trees: a tree of files, calls, and
// what each answers. The flag -update writes the answers anew.
//
// The comment of an archive holds lines "directories DIR...", "link A -> B",
// "dir A", "mode 640 A" and "text A QUOTED". The file named calls holds calls,
// "> TOOL JSON" or "> cat FILE", each followed by its answer behind bars.
func TestTrees(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the trees have links, modes and names that Windows has not")
	}
	files, err := filepath.Glob("testdata/trees/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { playTree(t, file) })
	}
}

func playTree(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := tempDir(t)
	calls := -1
	for i, f := range archive.Files {
		if f.Name == "calls" {
			calls = i
			continue
		}
		write(t, filepath.Join(dir, f.Name), string(f.Data))
	}
	if calls < 0 {
		t.Fatal("there is no file called calls")
	}
	var dirs []string
	for line := range strings.Lines(string(archive.Comment)) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if words[0] == "directories" {
			for _, d := range words[1:] {
				dirs = append(dirs, filepath.Join(dir, d))
			}
			continue
		}
		if err := prepare(dir, words, line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	c := serve(t, dirs...)
	var got bytes.Buffer
	for line := range strings.Lines(string(archive.Files[calls].Data)) {
		if ask, ok := strings.CutPrefix(line, "> "); ok {
			fmt.Fprintf(&got, "%s%s", line, barred(strings.ReplaceAll(answer(t, c, dir, strings.TrimSpace(ask)), dir, "$DIR")))
		}
	}
	if bytes.Equal(got.Bytes(), archive.Files[calls].Data) {
		return
	}
	if flag.Lookup("update").Value.String() != "true" {
		t.Errorf("answers (-want +got; go test -update writes them anew):\n%s", cmp.Diff(string(archive.Files[calls].Data), got.String()))
		return
	}
	archive.Files[calls].Data = got.Bytes()
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

func prepare(dir string, words []string, line string) error {
	path := filepath.Join(dir, words[len(words)-1])
	switch words[0] {
	case "link":
		return os.Symlink(strings.ReplaceAll(words[3], "$DIR", dir), filepath.Join(dir, words[1]))
	case "dir":
		return os.MkdirAll(path, 0o777)
	case "mode":
		mode, err := strconv.ParseUint(words[1], 8, 32)
		return errors.Join(err, os.Chmod(path, os.FileMode(mode)))
	case "text":
		_, quoted, _ := strings.Cut(strings.TrimSpace(line), words[1]+" ")
		text, err := strconv.Unquote(quoted)
		name, nerr := words[1], error(nil)
		if name[0] == '"' {
			name, nerr = strconv.Unquote(name)
		}
		path = filepath.Join(dir, name)
		return errors.Join(err, nerr, os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666))
	}
	return errors.New("nobody knows how to do that")
}

var timestamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)

func answer(t *testing.T, c *mcptest.Client, dir, ask string) string {
	tool, rest, _ := strings.Cut(ask, " ")
	if tool == "cat" {
		return content(t, filepath.Join(dir, rest))
	}
	r := c.Call(tool, rawJSON(strings.ReplaceAll(rest, "$DIR", dir)))
	var out []string
	if r.IsError {
		out = append(out, "(error)")
	}
	for _, b := range r.Content {
		switch {
		case b.Type == "text":
			out = append(out, timestamp.ReplaceAllString(b.Text, "TIME"))
		case b.Resource != nil:
			out = append(out, fmt.Sprintf("(%s %s %s %q %q)", b.Type, b.Resource.URI, b.Resource.MIMEType, b.Resource.Text, b.Resource.Blob))
		default:
			out = append(out, fmt.Sprintf("(%s %s %q)", b.Type, b.MIMEType, b.Data))
		}
	}
	return strings.Join(out, "\n")
}

// rawJSON are arguments that are JSON already.
type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// barred puts a bar before each line, and signs for what is hard to see.
func barred(text string) string {
	text = strings.NewReplacer("\r", "␍", "\x00", "␀").Replace(text)
	var out strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		out.WriteString(strings.TrimSuffix("| "+line, " ") + "\n")
	}
	return out.String()
}
