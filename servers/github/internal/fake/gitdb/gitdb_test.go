package gitdb_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
)

var when = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func commit(db *gitdb.DB, message string, files map[string]string, parents ...string) *gitdb.Commit {
	tree := gitdb.Files{}
	for name, text := range files {
		tree[name] = gitdb.Entry{Mode: gitdb.File, SHA: db.PutBlob([]byte(text))}
	}
	who := gitdb.Signature{Name: "Ada", Email: "ada@example.com", When: when}
	return db.PutCommit(gitdb.Commit{Tree: db.PutTree(tree), Parents: parents, Author: who, Committer: who, Message: message})
}

// git itself gives the same names, and prints the same difference.
func TestNamesAreThoseOfGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no git")
	}
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
			"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_AUTHOR_DATE=2026-03-02T09:00:00+0000",
			"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com", "GIT_COMMITTER_DATE=2026-03-02T09:00:00+0000")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	git("init", "-q", "-b", "main")
	db := gitdb.New()
	text := strings.Repeat("a line\nanother\n", 20)
	worlds := []map[string]string{
		{"README.md": "# Hi\n", "a/b.go": "package b\n", "a.txt": text, "a-b": "no line break"},
		{"README.md": "# Hello\nto all\n", "a/b.go": "package b\n", "moved/a.txt": text + "more\n", "new/c": "c\n"},
	}
	var parents []string
	var trees []string
	for i, files := range worlds {
		git("rm", "-rq", "--ignore-unmatch", ".")
		for name, data := range files {
			full := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(full, []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		git("add", "-A")
		git("commit", "-q", "-m", "one more")
		c := commit(db, "one more\n", files, parents...)
		if want := strings.TrimSpace(git("rev-parse", "HEAD")); c.SHA != want {
			t.Errorf("commit %d is %s, git says %s", i, c.SHA, want)
		}
		parents, trees = []string{c.SHA}, append(trees, c.Tree)
	}
	want := git("diff", "-M50%", "--no-ext-diff", "--abbrev=7", "HEAD~1", "HEAD")
	got := gitdb.Text(db.Diff(trees[0], trees[1]))
	like := func(s string) string { // how alike a renamed file is, each may count in its own way
		lines := strings.Split(s, "\n")
		for i, l := range lines {
			if strings.HasPrefix(l, "similarity index") {
				lines[i] = "similarity"
			}
			if j := strings.LastIndex(l, " @@ "); strings.HasPrefix(l, "@@") && j > 0 {
				lines[i] = l[:j+3] // the line after the marks
			}
		}
		return strings.Join(lines, "\n")
	}
	if like(got) != like(want) {
		t.Errorf("the difference is\n%s\ngit says\n%s", got, want)
	}
}

func TestMerge(t *testing.T) {
	db := gitdb.New()
	base := commit(db, "base", map[string]string{"a": "1\n", "b": "1\n", "c": "1\n"})
	left := commit(db, "left", map[string]string{"a": "2\n", "b": "1\n", "c": "1\n"}, base.SHA)
	right := commit(db, "right", map[string]string{"a": "1\n", "b": "2\n", "d": "new\n"}, base.SHA)
	if got := db.MergeBase(left.SHA, right.SHA); got != base.SHA {
		t.Errorf("merge base %s, want %s", got, base.SHA)
	}
	tree, conflicts := db.Merge(left.SHA, right.SHA)
	if len(conflicts) > 0 {
		t.Fatalf("conflicts: %v", conflicts)
	}
	want := commit(db, "want", map[string]string{"a": "2\n", "b": "2\n", "d": "new\n"})
	if tree != want.Tree {
		t.Errorf("merged to %v", db.Files(tree))
	}
	other := commit(db, "other", map[string]string{"a": "3\n", "b": "1\n", "c": "1\n"}, base.SHA)
	if _, conflicts := db.Merge(left.SHA, other.SHA); len(conflicts) != 1 || conflicts[0] != "a" {
		t.Errorf("conflicts %v, want [a]", conflicts)
	}
	if got := db.Between(base.SHA, left.SHA); len(got) != 1 || got[0].SHA != left.SHA {
		t.Errorf("between: %v", got)
	}
	if got := db.Touching(db.Log(left.SHA), "a"); len(got) != 2 {
		t.Errorf("a was touched by %d commits, want 2", len(got))
	}
}
