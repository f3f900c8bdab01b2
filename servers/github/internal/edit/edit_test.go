package edit_test

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/edit"
)

func TestApply(t *testing.T) {
	for _, q := range []struct {
		text  string
		edits []edit.Edit
		want  string
	}{
		{"a b a", []edit.Edit{{Old: "b", New: "c"}}, "a c a"},
		{"a b a", []edit.Edit{{Old: "a", New: "c", Count: 2}}, "c b c"},
		{"a b a", []edit.Edit{{Old: "a", New: "c"}}, "!2 times"},
		{"a b a", []edit.Edit{{Old: "x", New: "c"}}, "!not there"},
		{"a\n  b c\nd", []edit.Edit{{Old: "b  c\nx", New: ""}}, `!line 2 begins like it`},
		{"a b", []edit.Edit{{Old: "a", New: "x"}, {Old: "x b", New: "y"}}, "y"},
		{"a\r\nb\r\n", []edit.Edit{{Old: "a\nb", New: "c\nd"}}, "c\r\nd\r\n"},
		{"a", []edit.Edit{{Old: "", New: "x"}}, "!old is empty"},
	} {
		got, err := edit.Apply(q.text, q.edits)
		if want, fails := strings.CutPrefix(q.want, "!"); fails {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: got %q, %v, want an error with %q", q.text, got, err, want)
			}
		} else if err != nil || got != q.want {
			t.Errorf("%q: got %q, %v", q.text, got, err)
		}
	}
}

func TestPatch(t *testing.T) {
	const before = "one\ntwo\nthree\n\nfive\nsix\nseven\neight\nnine\nten\n"
	for name, patch := range map[string]string{
		"right":               "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n",
		"git":                 "diff --git a/f b/f\nindex 1..2 100644\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n",
		"wrong counts":        "--- a/f\n+++ b/f\n@@ -1,9 +1,1 @@\n one\n-two\n+TWO\n three\n",
		"wrong place":         "--- a/f\n+++ b/f\n@@ -70,3 +70,3 @@\n one\n-two\n+TWO\n three\n",
		"no numbers":          "--- a/f\n+++ b/f\n@@ @@\n one\n-two\n+TWO\n three\n",
		"empty line stripped": "--- a/f\n+++ b/f\n@@ -2,3 +2,3 @@\n-two\n+TWO\n three\n\n five\n",
		"no end of line":      "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three",
		"windows":             "--- a/f\r\n+++ b/f\r\n@@ -1,3 +1,3 @@\r\n one\r\n-two\r\n+TWO\r\n three\r\n",
	} {
		files, err := edit.Parse(patch)
		if err != nil || len(files) != 1 || files[0].Old != "f" || files[0].New != "f" {
			t.Errorf("%s: %+v, %v", name, *files[0], err)
			continue
		}
		got, err := files[0].Apply(before)
		if want := strings.Replace(before, "two", "TWO", 1); err != nil || got != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	plain, err := edit.Parse("--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+hello\n--- a/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-bye\n")
	if err != nil || len(plain) != 2 || !plain[0].Added || plain[0].New != "new.txt" || plain[1].New != "" || plain[1].Old != "gone.txt" {
		t.Fatalf("%+v, %v", plain, err)
	}
	moved, err := edit.Parse("diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\ndiff --git a/a/run.sh b/a/run.sh\nold mode 100644\nnew mode 100755\n")
	if err != nil || len(moved) != 2 || moved[0].Old != "x" || moved[0].New != "y" || moved[1].New != "a/run.sh" || moved[1].Mode != "100755" {
		t.Fatalf("%+v, %v", moved, err)
	}
	for _, bad := range []string{"", "hello", "--- a/f\n+++ b/f\n"} {
		if files, err := edit.Parse(bad); err == nil {
			t.Errorf("%q: got %v", bad, files)
		}
	}
	f, err := edit.Parse("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-nothing like it\n+x\n")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f[0].Apply(before); err == nil {
		t.Errorf("got %q", got)
	}
}

func FuzzPatch(f *testing.F) {
	f.Add("--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n", "one\ntwo\nthree\n")
	f.Fuzz(func(_ *testing.T, patch, text string) {
		files, err := edit.Parse(patch)
		if err != nil {
			return
		}
		for _, file := range files {
			file.Apply(text) //nolint:errcheck // it must not panic
		}
	})
}
