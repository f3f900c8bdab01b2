package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/document"
)

func TestRead(t *testing.T) {
	for _, c := range []struct{ name, data, title, headings string }{
		{"a.md", "# One #\ntext\n\nTwo\n---\n```\n# no\n```\n### Three\n    # no\n#no\n", "One", "1:1:One 2:4:Two 3:9:Three"},
		{"b.md", "---\ntitle: \"Front\"\n# no\n---\n# Head\r\n", "Front", "1:5:Head"},
		{"c.txt", "\nA title\n=======\nbody\n", "A title", "1:2:A title"},
		{"d.go", "package d\n\nfunc (s *T) Run(x int) {\n}\n\ntype T struct{}\n", "d.go", "1:3:Run 1:6:T"},
		{"e.py", "class A:\n    def run(self):\n        return classy\n", "e.py", "1:1:A 2:2:run"},
		{"f.md", "\xff\xfe#\x00 \x00h\x00i\x00", "hi", "1:1:hi"},
		{"g.txt", "caf\xe9", "café", ""},
		{"empty.md", "", "empty.md", ""},
		{"Makefile", "all:\n", "Makefile", ""},
	} {
		d, err := document.Read(c.name, []byte(c.data))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var headings []string
		for _, h := range d.Headings {
			headings = append(headings, fmt.Sprintf("%d:%d:%s", h.Level, h.Line, h.Text))
		}
		if got := strings.Join(headings, " "); d.Title != c.title || got != c.headings {
			t.Errorf("%s: title %q, headings %q; want %q, %q", c.name, d.Title, got, c.title, c.headings)
		}
	}
	for _, name := range []string{"a.png", "b", ".md", "c.exe"} {
		if k := document.KindOf(name); k != "" {
			t.Errorf("%s is taken for %s", name, k)
		}
	}
	if _, err := document.Read("a.md", []byte("a\x00b")); err == nil {
		t.Error("a binary file is read as Markdown")
	}
}

func TestSection(t *testing.T) {
	d, err := document.Read("a.md", []byte("# A\n1\n## B one\n2\n### C\n3\n## D\n4\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]int{"A": {1, 9}, "b ONE": {3, 6}, "one": {3, 6}, "## D": {7, 9}} {
		if first, last, ok := d.Section(name); !ok || first != want[0] || last != want[1] {
			t.Errorf("%s: %d to %d (%t), want %v", name, first, last, ok, want)
		}
	}
	if _, _, ok := d.Section("nothing"); ok {
		t.Error("a section that is not there was found")
	}
	if got := strings.Join(d.Above(6), "/"); got != "A/B one/C" {
		t.Errorf("line 6 stands under %s", got)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"# a\n===\n```x\n# b", "---\ntitle: x\n", "\xfe\xff\xd8\x00\x00", "a\n--\n", "func (x) y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		for _, name := range []string{"a.md", "a.txt", "a.go"} {
			d, err := document.Read(name, []byte(data))
			if err != nil {
				continue
			}
			lines := strings.Count(d.Text, "\n") + 1
			for _, h := range d.Headings {
				if h.Line < 1 || h.Line > lines {
					t.Fatalf("%s: a heading at line %d of %d", name, h.Line, lines)
				}
				d.Section(h.Text)
				d.Above(h.Line)
			}
		}
	})
}
