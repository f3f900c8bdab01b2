package github_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
)

func TestAdmin(t *testing.T) {
	w := newWorld(t)
	w.site.Commit(fake.CommitOptions{Branch: "old", Author: w.bob, Message: "Old things", Files: map[string]string{"o": "o"}})
	c := w.client(t)
	says(t, works(t, c, "get_file_blame", on("site", "path", "README.md")), "1-3", "Initial commit", "acme")
	says(t, works(t, c, "search_commits", on("site", "query", "Initial")), "Initial commit")
	says(t, works(t, c, "get_rules", on("site")), "no rulesets")
	works(t, c, "list_repository_collaborators", on("site"))
	says(t, works(t, c, "create_repository", args{"name": "fresh", "organization": "acme", "autoInit": true}), "created acme/fresh")
	says(t, works(t, c, "fork_repository", on("lib")), "ada/lib")
	says(t, works(t, c, "update_repository", on("site", "description", "New words")), "updated")
	says(t, works(t, c, "rename_branch", on("site", "branch", "old", "new_name", "older")), "renamed")
	says(t, works(t, c, "delete_branch", on("site", "branch", "older")), "deleted")
	refused(t, c, "delete_branch", on("site", "branch", "main"), "default branch")
	refused(t, c, "delete_branch", on("site", "branch", "refs/heads/main"), "leave refs/heads/ out")
	says(t, works(t, c, "tag_write", on("site", "method", "create", "tag", "v2", "target", "main", "message", "Two")), "tag v2 at")
	says(t, works(t, c, "release_write", on("site", "method", "create", "tag", "v2", "name", "Two", "body", "b")), "created release v2")
	says(t, works(t, c, "release_write", on("site", "method", "update", "tag", "v2", "body", "better")), "updated release v2")
	says(t, works(t, c, "get_latest_release", on("site")), "better")
	says(t, works(t, c, "release_write", on("site", "method", "delete", "tag", "v2")), "deleted release v2")
	says(t, works(t, c, "tag_write", on("site", "method", "delete", "tag", "v2")), "deleted tag v2")
	says(t, works(t, c, "search_users", args{"query": "bob"}), "bob")
	says(t, works(t, c, "search_orgs", args{"query": "acme"}), "acme")
	fenced := w.client(t, func(c *github.Config) { c.Repos, c.WriteRepos = []string{"acme/*"}, []string{"acme/site"} })
	refused(t, fenced, "create_repository", args{"name": "other", "organization": "acme"}, "--write-repos")
	refused(t, fenced, "create_repository", args{"name": "other"}, "--repos")
	refused(t, fenced, "fork_repository", on("lib"), "--repos")
}

func TestIssuesExtra(t *testing.T) {
	w := newWorld(t)
	a, b := w.site.AddIssue(w.bob, "First", "x"), w.site.AddIssue(w.bob, "Second", "y")
	comment := a.AddComment(w.ada, "typo")
	c := w.client(t)
	says(t, works(t, c, "comment_write", on("site", "method", "edit", "comment_id", comment.ID, "body", "fixed")), "done")
	if comment.Body != "fixed" {
		t.Errorf("got %q", comment.Body)
	}
	says(t, works(t, c, "comment_write", on("site", "method", "minimize", "comment_id", comment.ID)), "done")
	says(t, works(t, c, "comment_write", on("site", "method", "delete", "comment_id", comment.ID)), "done")
	says(t, works(t, c, "milestone_write", on("site", "method", "create", "title", "Spring")), "created milestone 1")
	says(t, works(t, c, "milestone_write", on("site", "method", "update", "milestone_number", 1, "state", "closed")), "updated")
	says(t, works(t, c, "list_milestones", on("site", "state", "all")), "Spring\tclosed")
	says(t, works(t, c, "milestone_write", on("site", "method", "delete", "milestone_number", 1)), "deleted")
	says(t, works(t, c, "issue_dependency_write", on("site", "method", "add", "issue_number", a.Number, "blocked_by", b.Number)), "done")
	says(t, works(t, c, "issue_dependency_read", on("site", "issue_number", a.Number)), "Second")
	says(t, works(t, c, "issue_dependency_read", on("site", "issue_number", b.Number, "method", "blocking")), "First")
	says(t, works(t, c, "issue_dependency_write", on("site", "method", "remove", "issue_number", a.Number, "blocked_by", b.Number)), "done")
	says(t, works(t, c, "list_issue_types", args{"owner": "acme"}), "Bug")
	says(t, works(t, c, "label_write", on("site", "method", "create", "name", "hot", "color", "ff0000")), "created")
	says(t, works(t, c, "label_write", on("site", "method", "update", "name", "hot", "new_name", "hotter")), "updated")
	says(t, works(t, c, "list_label", on("site")), "hotter", "bug")
	says(t, works(t, c, "get_label", on("site", "name", "hotter")), "ff0000")
	says(t, works(t, c, "label_write", on("site", "method", "delete", "name", "hotter")), "deleted")
}

func TestGists(t *testing.T) {
	w := newWorld(t)
	c := w.client(t)
	made := works(t, c, "create_gist", args{"description": "d", "filename": "a.txt", "content": "hello"})
	id := strings.TrimSuffix(strings.Fields(made)[2], ":")
	says(t, works(t, c, "get_gist", args{"gist_id": id}), "hello", "a.txt")
	says(t, works(t, c, "update_gist", args{"gist_id": id, "files": []any{args{"filename": "a.txt", "content": "bye"}}}), "updated")
	says(t, works(t, c, "list_gists", nil), id, "a.txt")
	says(t, works(t, c, "star_repository", on("lib")), "done")
	says(t, works(t, c, "list_starred_repositories", nil), "acme/lib")
	says(t, works(t, c, "unstar_repository", on("lib")), "done")
	fenced := w.client(t, func(c *github.Config) { c.Repos = []string{"acme/site"} })
	refused(t, fenced, "list_gists", nil, "only the repositories")
	refused(t, fenced, "create_gist", args{"filename": "a", "content": "b"}, "only the repositories")
}

func TestDiscussions(t *testing.T) {
	w := newWorld(t)
	c := w.client(t)
	says(t, works(t, c, "list_discussion_categories", on("lib")), "Ideas")
	says(t, works(t, c, "discussion_write", on("lib", "category", "ideas", "title", "A thought", "body", "Think <!-- x -->")), "created #")
	says(t, works(t, c, "list_discussions", on("lib")), "A thought", "Ideas")
	says(t, works(t, c, "get_discussion", on("lib", "discussionNumber", 1)), "Think", "!<!--")
	says(t, works(t, c, "discussion_comment_write", on("lib", "discussionNumber", 1, "body", "Good")), "commented")
	says(t, works(t, c, "get_discussion_comments", on("lib", "discussionNumber", 1)), "Good")
	refused(t, c, "discussion_write", on("lib", "category", "none", "title", "t", "body", "b"), "category", "Ideas")
	refused(t, c, "discussion_comment_write", on("lib", "discussionNumber", 1, "body", "x", "replyToCommentID", "DC_other"), "not in the discussion")
}

func TestAlertsAndNotifications(t *testing.T) {
	w := newWorld(t)
	c := w.client(t)
	w.site.AddAlert(fake.Alert{Kind: "code", ID: "go/sql", Title: "SQL made of input", Severity: "high", Tool: "CodeQL", Path: "a.go", Line: 7})
	w.site.AddAlert(fake.Alert{Kind: "secret", ID: "aws_key", Title: "AWS key", Secret: "AKIA" + "SECRETSECRET1234"})
	w.site.AddAlert(fake.Alert{Kind: "dependabot", ID: "GHSA-aaaa-bbbb-cccc", Title: "Bad parser", Severity: "critical", Package: "left-pad", Ecosystem: "npm", Path: "package.json", Range: "< 2", Fix: "2.0.0"})
	w.AddAdvisory(fake.Advisory{ID: "GHSA-aaaa-bbbb-cccc", CVE: "CVE-2026-1", Summary: "Bad parser", Description: "It parses badly.", Severity: "critical", Ecosystem: "npm", Package: "left-pad"})
	says(t, works(t, c, "list_code_scanning_alerts", on("site", "state", "open")), "1\topen\thigh", "go/sql", "a.go:7")
	says(t, works(t, c, "get_code_scanning_alert", on("site", "alertNumber", 1)), "CodeQL", "a.go:7")
	says(t, works(t, c, "list_secret_scanning_alerts", on("site")), "AWS key", "!AKIA")
	says(t, works(t, c, "get_secret_scanning_alert", on("site", "alertNumber", 1)), "AWS key", "!AKIA")
	says(t, works(t, c, "list_dependabot_alerts", on("site")), "critical", "left-pad", "package.json")
	says(t, works(t, c, "get_dependabot_alert", on("site", "alertNumber", 1)), "< 2", "2.0.0")
	says(t, works(t, c, "alert_write", on("site", "kind", "code-scanning", "alertNumber", 1, "state", "dismissed", "reason", "false positive")), "dismissed")
	says(t, works(t, c, "get_global_security_advisory", args{"ghsaId": "GHSA-aaaa-bbbb-cccc"}), "It parses badly.")
	works(t, c, "list_repository_security_advisories", on("site"))
	n, other := w.AddThread(w.ada, w.site.AddIssue(w.bob, "For ada", "x"), "mention"), w.AddThread(w.ada, w.vault.AddIssue(w.bob, "In the vault", "x"), "mention")
	says(t, works(t, c, "list_notifications", nil), "For ada", "In the vault", "mention")
	id := fmt.Sprint(n.ID)
	says(t, works(t, c, "get_notification_details", args{"threadID": id}), "For ada", "acme/site")
	says(t, works(t, c, "manage_notification_subscription", args{"threadID": id, "action": "ignore"}), "done")
	says(t, works(t, c, "manage_repository_notification_subscription", on("site", "action", "watch")), "done")
	says(t, works(t, c, "dismiss_notification", args{"threadID": id}), "marked as read")
	if n.Unread {
		t.Error("it is unread still")
	}
	limited := w.client(t, func(c *github.Config) { c.Repos = []string{"acme/site"} })
	says(t, works(t, limited, "list_notifications", args{"all": true}), "For ada", "!vault")
	refused(t, limited, "get_notification_details", args{"threadID": fmt.Sprint(other.ID)}, "not among")
	refused(t, limited, "dismiss_notification", args{"threadID": fmt.Sprint(other.ID)}, "not among")
	if !other.Unread {
		t.Error("what is outside of the fence was changed")
	}
	works(t, c, "list_global_security_advisories", args{"ecosystem": "go"})
	refused(t, c, "get_global_security_advisory", args{"ghsaId": "../x"}, "no ID")
	says(t, works(t, c, "mark_all_notifications_read", on("site")), "marked")
	fenced := w.client(t, func(c *github.Config) { c.Repos = []string{"acme/site"} })
	refused(t, fenced, "mark_all_notifications_read", nil, "only those of one repository")
}
