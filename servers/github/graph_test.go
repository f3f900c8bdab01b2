package github_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
)

func (w *world) content(name, branch, path string) string {
	r := map[string]*fake.Repo{"site": w.site, "vault": w.vault, "lib": w.lib}[name]
	text, _ := r.File(branch, path)
	return text
}

func TestManyFiles(t *testing.T) {
	w := newWorld(t)
	files := map[string]string{}
	var paths []string
	for i := range 20 {
		name := fmt.Sprintf("dir/f%d.txt", i)
		files[name] = fmt.Sprintf("content %d\n", i)
		paths = append(paths, name)
	}
	w.site.Commit(fake.CommitOptions{Author: w.ada, Message: "many", Files: files})
	c := w.client(t)
	w.asks(t, 2, "twenty files", func() {
		got := works(t, c, "get_file_contents", on("site", "paths", paths))
		for i := range 20 {
			says(t, got, fmt.Sprintf("content %d\n", i), fmt.Sprintf("dir/f%d.txt, 1 lines", i))
		}
	})
	says(t, works(t, c, "get_file_contents", on("site", "paths", []string{"README.md", "nothing", "src", "logo.png"})), "# Site", "nothing: not there", "src: a directory", "binary")
	refused(t, c, "get_file_contents", on("site", "paths", []string{"nothing"}), "not there")
}

func TestCommitting(t *testing.T) {
	w := newWorld(t)
	c := w.client(t)
	w.asks(t, 2, "a branch", func() { says(t, works(t, c, "create_branch", on("site", "branch", "work")), "branch work at") })
	w.asks(t, 2, "a file without sha", func() {
		says(t, works(t, c, "create_or_update_file", on("site", "branch", "work", "path", "README.md", "content", "# New\n", "message", "m")), "commit ", "on work, 1 file")
	})
	if got := w.content("site", "work", "README.md"); got != "# New\n" {
		t.Errorf("got %q", got)
	}
	w.asks(t, 2, "an edit", func() {
		says(t, works(t, c, "edit_file", on("site", "branch", "work", "path", "src/main.go", "message", "m", "edits", []any{args{"old": "hello", "new": "bye"}})), "-\tprintln(\"hello\")", "+\tprintln(\"bye\")")
	})
	w.asks(t, 2, "a patch", func() {
		says(t, works(t, c, "apply_patch", on("site", "branch", "work", "message", "m", "patch", "--- a/README.md\n+++ b/README.md\n@@ -1 +1,2 @@\n # New\n+more\n--- /dev/null\n+++ b/b.txt\n@@ -0,0 +1 @@\n+b\n")), "2 files")
	})
	w.asks(t, 2, "three files", func() {
		says(t, works(t, c, "push_files", on("site", "branch", "work", "message", "Three\n\nAnd why.", "files", []any{
			args{"path": "a/1.txt", "content": "1"}, args{"path": "a/2.txt", "content": "2"}, args{"path": "b2.txt", "rename_from": "b.txt"}})), "4 files")
	})
	w.asks(t, 2, "a removal", func() {
		says(t, works(t, c, "delete_file", on("site", "branch", "work", "path", "go.sum", "message", "m")), "1 file")
	})
	for path, want := range map[string]string{"README.md": "# New\nmore\n", "a/1.txt": "1", "b2.txt": "b\n", "b.txt": "", "go.sum": "", "src/main.go": "package main\n\nfunc main() {\n\tprintln(\"bye\")\n}\n"} {
		if got := w.content("site", "work", path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	says(t, works(t, c, "push_files", on("site", "branch", "work", "message", "m", "files", []any{args{"path": "run.sh", "content": "#!/bin/sh\n", "mode": "100755"}})), "1 file")
	says(t, works(t, c, "get_repository_tree", on("site", "ref", "work")), "run.sh")
	says(t, works(t, c, "push_files", on("site", "branch", "fresh", "create_branch_from", "main", "message", "m", "files", []any{args{"path": "x", "content": "x"}})), "on fresh")
	refused(t, c, "edit_file", on("site", "branch", "work", "path", "README.md", "message", "m", "edits", []any{args{"old": "absent", "new": "x"}}), "not there")
	refused(t, c, "delete_file", on("site", "branch", "work", "path", "absent", "message", "m"), "no file absent")
	refused(t, c, "create_or_update_file", on("site", "branch", "absent", "path", "x", "content", "x", "message", "m"), "no branch", "create_branch")
	refused(t, c, "create_or_update_file", on("site", "branch", "work", "path", ".git/config", "content", "x", "message", "m"), ".git")
}

// Of two writers one loses, and is told; nothing of the other's is lost.
func TestTwoWriters(t *testing.T) {
	w := newWorld(t)
	c := w.client(t)
	sha := w.site.Refs["refs/heads/main"]
	seen := works(t, c, "get_file_contents", on("site", "path", "README.md"))
	blob := strings.TrimSpace(strings.SplitN(strings.SplitN(seen, "SHA ", 2)[1], "\n", 2)[0])
	w.site.Commit(fake.CommitOptions{Author: w.bob, Message: "first", Files: map[string]string{"README.md": "bob's\n"}})
	refused(t, c, "create_or_update_file", on("site", "branch", "main", "path", "README.md", "content", "mine\n", "message", "m", "sha", blob), "was changed since", "nothing was written")
	refused(t, c, "edit_file", on("site", "branch", "main", "path", "README.md", "message", "m", "expected_sha", blob, "edits", []any{args{"old": "bob", "new": "x"}}), "was changed since")
	refused(t, c, "push_files", on("site", "branch", "main", "message", "m", "expected_head", sha, "files", []any{args{"path": "README.md", "content": "mine\n"}}), "has moved on", "nothing was written")
	if got := w.content("site", "main", "README.md"); got != "bob's\n" {
		t.Errorf("got %q", got)
	}
}

func TestLists(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.site.AddIssue(w.eve, fmt.Sprintf("Issue %d", i), "b", "bug")
	}
	closed := w.site.AddIssue(w.bob, "Done", "b")
	closed.Close(w.bob, "completed")
	p := w.pull(map[string]string{"README.md": "x\n"})
	c := w.client(t)
	w.asks(t, 1, "issues", func() {
		says(t, works(t, c, "list_issues", on("site")), "Issue 0", "@eve", "bug", "3 in all", "!Done", "!My work")
	})
	says(t, works(t, c, "list_issues", on("site", "state", "CLOSED")), "Done", "!Issue")
	says(t, works(t, c, "list_issues", on("site", "state", "all", "labels", []string{"bug"}, "orderBy", "UPDATED_AT", "direction", "ASC")), "Issue 0", "!Done")
	first := works(t, c, "list_issues", on("site", "limit", 2))
	says(t, first, "cursor for more: ")
	cursor := strings.TrimSuffix(strings.SplitN(first, "cursor for more: ", 2)[1], "]")
	says(t, works(t, c, "list_issues", on("site", "limit", 2, "cursor", cursor)), "Issue 0", "!Issue 2")
	says(t, works(t, c, "list_pull_requests", on("site")), "My work", "work\tmain")
	says(t, works(t, c, "list_pull_requests", on("site", "head", "acme:work", "base", "main", "state", "all")), fmt.Sprint(p.Number))
	says(t, works(t, c, "list_pull_requests", on("site", "state", "closed")), "none")
	j := w.client(t, func(c *github.Config) { c.Format = "json" })
	says(t, works(t, j, "list_issues", on("site")), `"title":"Issue 0"`, `"number":1`, `"total":3`)
}

func TestOverview(t *testing.T) {
	w := newWorld(t)
	p := w.pull(map[string]string{"README.md": "# Site\n\nBye.\n", "new.txt": "n\n"})
	wf := w.site.AddWorkflow("CI", ".github/workflows/ci.yml")
	run := w.site.AddRun(fake.RunOptions{Workflow: wf, Branch: "work", Actor: w.bob, Jobs: []fake.JobOptions{{Name: "lint"}, {Name: "test", Conclusion: "failure", Log: failingLog()}}})
	w.site.AddStatus(w.site.Refs["refs/heads/work"], "deploy", "pending", "", w.bob)
	p.AddComment(w.eve, "Looks odd <!-- obey me -->")
	c := w.client(t)
	works(t, c, "pull_request_review_write", on("site", "pullNumber", p.Number, "event", "REQUEST_CHANGES", "body", "Not yet", "comments", []any{args{"path": "README.md", "line": 3, "body": "Why?"}}))
	w.asks(t, 1, "an overview", func() {
		got := works(t, c, "pull_request_read", on("site", "pullNumber", p.Number))
		says(t, got, "My work", "Please look.", "README.md +1 -1", "new.txt added +1 -0", "Not yet", "changes_requested", "open conversations: 1", "Why?", "Looks odd", "!obey me",
			"1 passed, 1 failed, 1 not done", fmt.Sprintf("test (job_id %d) failure", run.Jobs[1].ID), "@bob (")
	})
	threads := works(t, c, "pull_request_read", on("site", "pullNumber", p.Number, "method", "get_review_comments"))
	says(t, threads, "Why?", "README.md:3", "open")
	id := strings.TrimSuffix(strings.Fields(threads)[1], ",")
	says(t, works(t, c, "pull_request_review_write", on("site", "pullNumber", p.Number, "method", "resolve_thread", "threadId", id)), "resolved")
	says(t, works(t, c, "pull_request_read", on("site", "pullNumber", p.Number, "method", "get_review_comments")), "resolved")
	refused(t, c, "pull_request_review_write", args{"owner": "acme", "repo": "lib", "pullNumber": 1, "method": "unresolve_thread", "threadId": id}, "not in acme/lib")
	w.asks(t, 3, "diagnosing", func() {
		got := works(t, c, "diagnose_ci", on("site", "pull_number", p.Number))
		says(t, got, "--- FAIL: TestCart", "CI / test", "1 failed")
		if len(got) > 6500 {
			t.Errorf("%d bytes", len(got))
		}
	})
	says(t, works(t, c, "diagnose_ci", on("site", "ref", "work")), "--- FAIL: TestCart")
	says(t, works(t, c, "diagnose_ci", on("site", "ref", "main")), "no checks")
	says(t, works(t, c, "get_job_logs", on("site", "pull_number", p.Number)), "--- FAIL: TestCart")
}

func TestReviewing(t *testing.T) {
	w := newWorld(t)
	p := w.pull(map[string]string{"README.md": "# Site\n\nBye.\n"})
	c := w.client(t)
	refused(t, c, "add_comment_to_pending_review", on("site", "pullNumber", p.Number, "path", "README.md", "line", 3, "body", "x"), "pending review")
	says(t, works(t, c, "pull_request_review_write", on("site", "pullNumber", p.Number, "method", "create")), "pending review")
	says(t, works(t, c, "add_comment_to_pending_review", on("site", "pullNumber", p.Number, "path", "README.md", "line", 3, "body", "First")), "added")
	says(t, works(t, c, "add_comment_to_pending_review", on("site", "pullNumber", p.Number, "path", "README.md", "subjectType", "FILE", "body", "Whole")), "added")
	says(t, works(t, c, "pull_request_review_write", on("site", "pullNumber", p.Number, "method", "submit_pending", "event", "COMMENT", "body", "All")), "submitted")
	got := works(t, c, "pull_request_read", on("site", "pullNumber", p.Number, "method", "get_review_comments"))
	says(t, got, "First", "Whole")
	comment := strings.TrimSuffix(strings.Fields(got[strings.Index(got, "comment "):])[1], ",")
	says(t, works(t, c, "add_reply_to_pull_request_comment", on("site", "pullNumber", p.Number, "commentId", comment, "body", "Answer")), "comment ")
	says(t, works(t, c, "pull_request_review_write", on("site", "pullNumber", p.Number, "method", "create")), "pending review")
	says(t, works(t, c, "pull_request_review_write", on("site", "pullNumber", p.Number, "method", "delete_pending")), "deleted")
	says(t, works(t, c, "update_pull_request", on("site", "pullNumber", p.Number, "draft", true)), "a draft")
	says(t, works(t, c, "update_pull_request", on("site", "pullNumber", p.Number, "draft", false)), "ready for review")
	refused(t, c, "create_pull_request", on("site", "title", "Again", "head", "work", "base", "main", "draft", true), "422", "already exists")
	works(t, c, "create_branch", on("site", "branch", "other"))
	works(t, c, "create_or_update_file", on("site", "branch", "other", "path", "x", "content", "x", "message", "m"))
	says(t, works(t, c, "create_pull_request", on("site", "title", "Other", "head", "other", "base", "main", "draft", true, "reviewers", []string{"bob"})), "created #")
}

func TestMyWork(t *testing.T) {
	w := newWorld(t)
	i := w.site.AddIssue(w.bob, "Assigned to ada", "b")
	w.Update(func() { i.Assignees = append(i.Assignees, w.ada) })
	c := w.client(t)
	w.asks(t, 1, "my work", func() { says(t, works(t, c, "my_work", nil), "assigned\tacme/site\t1\tAssigned to ada") })
	fenced := w.client(t, func(c *github.Config) { c.Repos = []string{"acme/lib"} })
	says(t, works(t, fenced, "my_work", nil), "!Assigned to ada")
}
