package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/diff"
)

const sample = `diff --git a/a.go b/a.go
index 1..2 100644
--- a/a.go
+++ b/a.go
@@ -1,2 +1,3 @@
 one
+two
+diff --git a/x b/x
-three
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git a/go.sum b/go.sum
new file mode 100644
--- /dev/null
+++ b/go.sum
@@ -0,0 +1 @@
+x
diff --git a/gone b/gone
deleted file mode 100644
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git a/pic.png b/pic.png
Binary files a/pic.png and b/pic.png differ
`

func TestParse(t *testing.T) {
	files := diff.Parse("noise\n" + sample)
	want := "a.go +2 -1\nnew name.txt renamed from old name.txt +0 -0\ngo.sum added +1 -0 generated\ngone deleted +0 -1\npic.png binary +0 -0\n"
	if got := diff.List(files); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	var whole strings.Builder
	for _, f := range files {
		whole.WriteString(f.Text)
	}
	if whole.String() != sample {
		t.Errorf("the parts are not the whole:\n%s", whole.String())
	}
	if got := diff.Parse("nothing"); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

// Everything is shown in the end, once, whatever the room.
func TestWindow(t *testing.T) {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "diff --git a/dir%d/f%d.go b/dir%d/f%d.go\n--- a/dir%d/f%d.go\n+++ b/dir%d/f%d.go\n@@ -1 +1,200 @@\n", i%5, i, i%5, i, i%5, i, i%5, i)
		for j := range 100 {
			fmt.Fprintf(&b, "+file %d line %d of some length\n", i, j)
		}
	}
	files := diff.Parse(b.String())
	seen, cursor, rounds := "", "", 0
	for {
		text, next, err := diff.Window(files, diff.Options{Cursor: cursor, Most: 24000})
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 24000 {
			t.Fatalf("%d bytes", len(text))
		}
		if cursor == "" {
			for i := range files {
				if !strings.Contains(text, files[i].Name+" +100") {
					t.Errorf("%s is not listed", files[i].Name)
				}
			}
		}
		seen += text
		if cursor = next; cursor == "" {
			break
		}
		if rounds++; rounds > 50 {
			t.Fatal("no end")
		}
	}
	for i := range 60 {
		for _, j := range []int{0, 50, 99} {
			if n := strings.Count(seen, fmt.Sprintf("+file %d line %d of", i, j)); n != 1 {
				t.Errorf("file %d line %d is shown %d times", i, j, n)
			}
		}
	}
	text, _, err := diff.Window(files, diff.Options{Paths: []string{"dir1"}, Most: 1 << 20})
	if err != nil || !strings.HasPrefix(text, "12 files\n") || strings.Contains(text, "dir2/") {
		t.Errorf("by path: %v\n%.200s", err, text)
	}
	if _, _, err := diff.Window(files, diff.Options{Cursor: "9999:0", Most: 1000}); err == nil {
		t.Error("a cursor from elsewhere is taken")
	}
}

func FuzzWindow(f *testing.F) {
	f.Add(sample, 500)
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = max(500, most%30000)
		files := diff.Parse(text)
		cursor := ""
		for range 200 {
			_, next, err := diff.Window(files, diff.Options{Cursor: cursor, Most: most, Generated: true})
			if err != nil {
				t.Fatal(err)
			}
			if next == cursor && next != "" {
				t.Fatalf("no progress at %s", next)
			}
			if cursor = next; cursor == "" {
				return
			}
		}
	})
}
