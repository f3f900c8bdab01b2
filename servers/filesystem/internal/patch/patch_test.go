package patch_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/patch"
)

// visible are the signs by which the corpus shows what is hard to see.
var visible = strings.NewReplacer("·", " ", "→", "\t", "␍", "\r", "␣", "\u00a0", "BOM", "\ufeff", "␄\n", "")

// edits is one case of the corpus: a file, edits in order, and what comes of
// them, the file afterwards or a part of the refusal.
type edits struct {
	file, want, refused string
	old, text           []string
	all                 bool
}

// corpus reads the cases of an archive: sections named case/part, the edits in
// parts old and new, or oldAll and newAll. Their last line break is that of
// the archive.
func corpus(t *testing.T, name string) map[string]*edits {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]*edits{}
	for _, f := range a.Files {
		name, part, _ := strings.Cut(f.Name, "/")
		if cases[name] == nil {
			cases[name] = &edits{}
		}
		c, text := cases[name], visible.Replace(string(f.Data))
		line := strings.TrimSuffix(text, "\n")
		switch part {
		case "file":
			c.file = text
		case "old", "oldAll":
			c.old, c.all = append(c.old, line), part == "oldAll"
		case "new":
			c.text = append(c.text, line)
		case "want":
			c.want = text
		case "refused":
			c.refused = line
		default:
			t.Fatalf("%s: there is no part %q", name, part)
		}
	}
	return cases
}

func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/edits/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	landed, refused := 0, 0
	for _, file := range files {
		for name, c := range corpus(t, file) {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				if len(c.old) == 0 || len(c.old) != len(c.text) || (c.want == "") == (c.refused == "") {
					t.Fatal("a case has as many new as old, and either want or refused")
				}
				got, err := c.file, error(nil)
				for i, old := range c.old {
					if got, err = patch.Replace(got, old, c.text[i], c.all); err != nil {
						break
					}
				}
				switch {
				case c.refused == "" && err != nil:
					t.Errorf("refused: %v", err)
				case c.refused == "":
					landed++
					if diff := cmp.Diff(c.want, got); diff != "" {
						t.Errorf("the file (-want +got):\n%s", diff)
					}
				case err == nil:
					t.Errorf("not refused; the file is now:\n%s", got)
				case !strings.Contains(err.Error(), c.refused):
					t.Errorf("refused with %q, want %q in it", err, c.refused)
				default:
					refused++
				}
			})
		}
	}
	t.Logf("%d edits landed, %d were refused", landed, refused)
	if landed+refused < 50 {
		t.Error("the corpus has fewer than 50 edits")
	}
}

// One line of millions of places, and breaks that are far away.
func TestLongLine(t *testing.T) {
	file := "first\r\n" + strings.Repeat("abc ", 1_000_000)
	for _, text := range []string{"y", "y\nz"} {
		got, err := patch.Replace(file, "abc ", text, true)
		if want := "first\r\n" + strings.Repeat(strings.ReplaceAll(text, "\n", "\r\n"), 1_000_000); err != nil || got != want {
			t.Errorf("%q: got %d bytes, %v, want %d", text, len(got), err, len(want))
		}
	}
	if _, err := patch.Replace(strings.Repeat(" ", 1_000_000)+"x", "  x", "y\nz", true); err == nil {
		t.Error("not refused")
	}
}

// Repetitive files must not take time that grows with the square of them.
func TestRepetitive(t *testing.T) {
	file := strings.Repeat("\t}\n", 200_000)
	for _, old := range []string{"}", strings.Repeat("}\n", 20_000) + "x", strings.Repeat("}·\n", 20_000)} {
		if _, err := patch.Replace(file, old, "y", false); err == nil {
			t.Errorf("%.10q: not refused", old)
		}
	}
}

func TestNotFound(t *testing.T) {
	file := "package a\n\nfunc f() {\n\treturn 1\n}\n"
	_, err := patch.Replace(file, "func f() {\n\treturn 2\n}", "x", false)
	want := "oldText is not in the file; nearest are these lines (> marks those that differ):\n" +
		"  3\tfunc f() {\n> 4\t\treturn 1\n  5\t}"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := patch.Replace(file, "zzz", "x", false); err == nil || !strings.Contains(err.Error(), "nor anything like it") {
		t.Errorf("got %v, want a plain refusal", err)
	}
	long := strings.Repeat("é", 5000)
	if _, err := patch.Replace(long, long+"x", "y", false); err == nil || len(err.Error()) > 1000 {
		t.Errorf("the error for a long line is long itself: %.2000v", err)
	}
}

func FuzzReplace(f *testing.F) {
	files, err := filepath.Glob("testdata/edits/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var last []byte
		for _, section := range txtar.Parse(data).Files {
			text := visible.Replace(string(section.Data))
			if strings.HasSuffix(section.Name, "/new") {
				f.Add(string(last), strings.TrimSuffix(text, "\n"), strings.TrimSuffix(text, "\n")+"x", false)
			}
			last = []byte(text)
		}
	}
	f.Add("a\r\nb\n", "a\nb", "c", true)
	f.Add("\ta \n", "    a", "    b\n        c", false)
	f.Fuzz(func(t *testing.T, content, old, text string, all bool) {
		got, err := patch.Replace(content, old, text, all)
		if err != nil {
			if got != "" {
				t.Errorf("%q beside an error", got)
			}
			return
		}
		if !utf8.ValidString(content) || !utf8.ValidString(text) {
			return // bytes that are no characters become some when they meet
		}
		plain := plainly(got)
		for line := range strings.Lines(text) {
			if line := strings.TrimSpace(plainly(line)); !strings.Contains(plain, line) {
				t.Errorf("%q is not in the result %q of (%q, %q, %q)", line, got, content, old, text)
			}
		}
		if all {
			return
		}
		// As many lines as are quoted may change, and no more.
		before, after := strings.SplitAfter(content, "\n"), strings.SplitAfter(got, "\n")
		same := 0
		for same < min(len(before), len(after)) && before[same] == after[same] {
			same++
		}
		end := 0
		for end < min(len(before), len(after))-same && before[len(before)-1-end] == after[len(after)-1-end] {
			end++
		}
		if changed, most := len(before)-same-end, len(strings.SplitAfter(old, "\n")); changed > most {
			t.Errorf("%d lines changed, %d were quoted: (%q, %q, %q) gives %q", changed, most, content, old, text, got)
		}
	})
}

// plainly is text without what the forgiving comparison overlooks.
func plainly(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(" \t\r\v\f\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff", r), r >= 0x2000 && r <= 0x200a:
			return -1
		case slices.Contains([]rune("‘’‚‛"), r):
			return '\''
		case slices.Contains([]rune("“”„‟"), r):
			return '"'
		case r >= 0x2010 && r <= 0x2014, r == 0x2212:
			return '-'
		}
		return r
	}, text)
}

// A file of very many lines is searched for the text as it is, and no further.
func TestManyLines(t *testing.T) {
	content := strings.Repeat("\n", 2<<20) + "here\n"
	if got, err := patch.Replace(content, "here", "there", false); err != nil || !strings.HasSuffix(got, "\nthere\n") {
		t.Errorf("an exact edit: %v", err)
	}
	if _, err := patch.Replace(content, "  here\nnow", "there", false); err == nil || !strings.Contains(err.Error(), "too many lines") {
		t.Errorf("an inexact edit: got %v", err)
	}
}
