package interop

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/internal/npm"
)

// TestReference makes the same calls to mcp-filesystem and to the reference
// server, through the same client and on copies of the same tree, and compares
// what the answers mean and what is on the disk afterwards. What differs on
// purpose is in the table differences, and nothing else may differ.
func TestReference(t *testing.T) {
	modules, node := npm.Packages(t)
	reference := filepath.Join(modules, "node_modules", "@modelcontextprotocol", "server-filesystem", "dist", "index.js")
	ours := newSide(t, func(top string) *scripted {
		// Confinement by the kernel is a refusal more, on some systems.
		return openScript(t, node, modules, "1", "", server, "--no-landlock", top)
	})
	theirs := newSide(t, func(top string) *scripted { return openScript(t, node, modules, "1", "", node, reference, top) })

	met := map[string]bool{}
	for _, c := range comparisons {
		t.Run(c.name, func(t *testing.T) {
			met[c.name] = true
			if c.name == unicodeForm && runtime.GOOS == "darwin" {
				t.Skip("the file system takes both forms for the same")
			}
			compare(t, c.name, ours.observe(t, c), theirs.observe(t, c))
		})
	}
	t.Run("list of tools", func(t *testing.T) { compareTools(t, ours, theirs, met) })
	t.Run("differences", func(t *testing.T) {
		for _, name := range slices.Sorted(maps.Keys(differences)) {
			if !met[name] {
				t.Errorf("the table has %q, which nothing compares", name)
			}
			d := differences[name]
			t.Logf("%s: mcp-filesystem %s, the reference %s: %s", name, d.ours, d.theirs, d.because)
		}
	})
	if err := ours.session.close(); err != nil {
		t.Error(err)
	}
	_ = theirs.session.close() // however it ends
}

// compare fails on a difference that is not in the table, and on one in the
// table that is not there.
func compare(t *testing.T, name string, ours, theirs outcome) {
	t.Helper()
	same := ours.refused == theirs.refused && reflect.DeepEqual(ours.meaning, theirs.meaning) && reflect.DeepEqual(ours.disk, theirs.disk)
	d, known := differences[name]
	switch {
	case same && known:
		t.Errorf("there is no difference (any more), though the table differences has one")
	case !same && !known:
		t.Errorf("mcp-filesystem:\n%s\nreference:\n%s", ours, theirs)
	case known && (ours.kind() != d.ours || theirs.kind() != d.theirs):
		t.Errorf("mcp-filesystem %s, want %s:\n%s\nreference %s, want %s:\n%s", ours.kind(), d.ours, ours, theirs.kind(), d.theirs, theirs)
	}
}

// outcome is what a call did.
type outcome struct {
	refused bool
	meaning any               // of the answer, when it was not refused
	disk    map[string]string // afterwards
	raw     string            // for the report
}

func (o outcome) kind() string {
	if o.refused {
		return refuses
	}
	return answers
}

func (o outcome) String() string {
	return fmt.Sprintf("  %s: %s\n  meaning %s\n  disk %s", o.kind(), o.raw, compact(o.meaning), compact(o.disk))
}

// side is one of the two servers, with a directory of its own.
type side struct {
	session     *scripted
	top, secret string
	cases       int
}

func newSide(t *testing.T, open func(top string) *scripted) *side {
	top, secret := workspace(t)
	return &side{session: open(top), top: top, secret: secret}
}

// observe makes one call in a fresh copy of the tree.
func (s *side) observe(t *testing.T, c comparison) outcome {
	t.Helper()
	s.cases++
	name := fmt.Sprintf("case%d", s.cases)
	dir := filepath.Join(s.top, name)
	plant(t, dir, s.secret)
	words := strings.NewReplacer("$DIR", filepath.ToSlash(dir), "$TOP", filepath.ToSlash(s.top), "$SECRET", filepath.ToSlash(s.secret), "$CASE", name)
	args := replaced(c.args, words).(object)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var r result
	err := s.session.do(ctx, callTool, object{"name": c.tool, "arguments": args}, &r)
	if ctx.Err() != nil {
		t.Fatal(err)
	}
	// The inverse; the longest path first.
	paths := strings.NewReplacer(dir, "$DIR", s.secret, "$SECRET", filepath.Dir(s.secret), "$OUTSIDE", s.top, "$TOP")
	out := outcome{refused: err != nil || r.IsError, disk: snapshot(t, dir)}
	if err != nil {
		out.raw = paths.Replace(err.Error())
	} else {
		out.raw = paths.Replace(compact(r.Content))
	}
	if strings.Contains(out.raw, "hunter2") {
		t.Errorf("what is outside was shown: %s", out.raw)
	}
	if !out.refused && c.meaning != nil {
		for i := range r.Content {
			r.Content[i].Text = paths.Replace(r.Content[i].Text)
			if r.Content[i].Resource != nil {
				r.Content[i].Resource.URI = paths.Replace(r.Content[i].Resource.URI)
			}
		}
		out.meaning = c.meaning(r)
	}
	if onDisk(t, s.secret) != "hunter2\n" {
		t.Errorf("the file outside was changed")
	}
	return out
}

// replaced fills in the paths of a case.
func replaced(v any, words *strings.Replacer) any {
	switch v := v.(type) {
	case string:
		return words.Replace(v)
	case []string:
		out := []string{}
		for _, s := range v {
			out = append(out, words.Replace(s))
		}
		return out
	case object:
		out := object{}
		for key, value := range v {
			out[key] = replaced(value, words)
		}
		return out
	}
	return v
}

// planted is the time of every file, so that both copies have the same.
var planted = time.Date(2024, 2, 29, 12, 34, 56, 0, time.UTC)

// plant makes the tree for one case: the sample, and what is odd.
func plant(t *testing.T, dir, secret string) {
	t.Helper()
	for name, content := range sample {
		put(t, filepath.Join(dir, filepath.FromSlash(name)), content, strings.HasSuffix(name, "/"))
	}
	for name, content := range map[string]string{
		".hidden": "seen\n", "crlf.txt": "one\r\ntwo\r\n", "twice.txt": "same\nsame\n", "indented.txt": "if x {\n    y()\n}\n",
		"nul.dat": "a\x00b", "latin1.txt": "caf\xe9\n", "sound.mp3": "ID3 no music", "drawing.svg": "<svg/>\n", "blob.xyz": "\x01\x02\x03",
		"docs/gr\u00fcn.txt": "green\n",
	} {
		put(t, filepath.Join(dir, name), content, false)
	}
	if err := os.Chmod(filepath.Join(dir, "notes.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	links := map[string]string{"links/file": "../notes.txt", "links/dir": "../src", "links/out": secret, "links/nowhere": "gone"}
	put(t, filepath.Join(dir, "links"), "", true)
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Skipf("the comparison needs links: %v", err)
		}
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		return os.Chtimes(path, planted, planted)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// snapshot is what is on the disk: the kind, rights and content of everything.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		what := info.Mode().String()
		if d.Type().IsRegular() {
			what += " " + onDisk(t, path)
		}
		if target, err := os.Readlink(path); err == nil && !filepath.IsAbs(target) {
			what += " " + target
		}
		out[filepath.ToSlash(rel)] = what
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// compareTools looks for tools and arguments of the reference that are not
// offered here.
func compareTools(t *testing.T, ours, theirs *side, met map[string]bool) {
	type tools struct {
		Tools []struct {
			Name        string
			InputSchema struct {
				Properties map[string]any
				Required   []string
			}
		}
	}
	have := map[string]map[string]any{}
	required := map[string][]string{}
	for _, tool := range ask[tools](t, ours.session, listTools, object{}).Tools {
		have[tool.Name], required[tool.Name] = tool.InputSchema.Properties, tool.InputSchema.Required
	}
	for _, tool := range ask[tools](t, theirs.session, listTools, object{}).Tools {
		arguments, offered := have[tool.Name]
		key := "offer " + tool.Name
		if _, known := differences[key]; known || !offered {
			met[key] = true
			if offered || !known {
				t.Errorf("%s: offered %t, though the table of differences has it %t", tool.Name, offered, known)
			}
			continue
		}
		for name := range tool.InputSchema.Properties {
			if _, ok := arguments[name]; !ok {
				t.Errorf("%s has no argument %s", tool.Name, name)
			}
		}
		for _, name := range required[tool.Name] {
			if !slices.Contains(tool.InputSchema.Required, name) {
				t.Errorf("%s demands %s, which the reference does not", tool.Name, name)
			}
		}
	}
}
