package github_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// sweep is a call of each tool with each of its methods, in an order in which
// all of them work.
type sweep struct {
	tool string
	args args
}

// Every tool works with every method on the sample of GitHub, and asks for it as
// GitHub describes: see internal/githubspec, which judges what is recorded here.
func TestEveryTool(t *testing.T) {
	hub := fake.Sample(fake.Options{Name: t.Name(), Record: recordTo(t)})
	api, store := httptest.NewServer(hub.Handler()), httptest.NewServer(hub.Store())
	t.Cleanup(api.Close)
	t.Cleanup(store.Close)
	hub.SetStore(store.URL)
	s := newServer(t, github.Config{APIURL: api.URL, Token: mcpcore.NewSecret(fake.SampleToken), FlowGuard: "off"})
	s.Options.Policy = mcpcore.Policy{Toolsets: []string{"all"}, Confirm: "never"}
	c := mcptest.Connect(t, s, mcptest.Options{})
	done := map[string]bool{}
	for _, call := range everyTool(sampleIDs(hub)) {
		got := c.Call(call.tool, call.args)
		if got.IsError {
			t.Errorf("%s %v: %s", call.tool, call.args, got.Text())
		}
		done[call.tool] = true
		if m, ok := call.args["method"].(string); ok {
			done[call.tool+" "+m] = true
		}
	}
	refused(t, c, "milestone_write", on("shop", "method", "create", "title", "3.0", "due_on", "soon"), "due_on", "2026-12-24")
	tokenlessStore(t, hub)
	for _, tool := range c.Tools() {
		if !done[tool.Name] {
			t.Errorf("%s is not called", tool.Name)
		}
		for _, m := range methods(tool) {
			if !done[tool.Name+" "+m] {
				t.Errorf("%s is not called with the method %s", tool.Name, m)
			}
		}
	}
}

// tokenlessStore checks that logs were got from the other host, which saw no token.
func tokenlessStore(t *testing.T, hub *fake.Hub) {
	t.Helper()
	got := 0
	for _, call := range hub.Calls() {
		if call.Host == "store" {
			got++
			if call.Token {
				t.Errorf("the other host saw the token: %s", call.Path)
			}
		}
	}
	if got == 0 {
		t.Error("no log was got from the other host")
	}
}

// methods are those that a tool's schema lists.
func methods(tool mcptest.Tool) []string {
	_, rest, ok := strings.Cut(string(tool.InputSchema), `"method":{`)
	if !ok {
		return nil
	}
	_, rest, _ = strings.Cut(rest, `"enum":[`)
	list, _, _ := strings.Cut(rest, "]")
	return strings.Split(strings.ReplaceAll(list, `"`, ""), ",")
}

// ids are numbers of the sample.
type ids struct {
	run, failed, artifact, comment, review, child int64
	thread, gist, pullThread                      string
}

func sampleIDs(hub *fake.Hub) ids {
	shop := hub.Repo("acme/shop")
	run := shop.Runs[0]
	p := shop.Issues[7].Pull
	return ids{
		run: run.ID, failed: run.Jobs[1].ID, artifact: run.AddArtifact("logs", []byte("PK")).ID, comment: shop.Issues[1].Comments[0].ID,
		review: p.Threads[0].Comments[0].ID, child: shop.Issues[3].ID, thread: fmt.Sprint(hub.AddThread(hub.User("ada"), shop.Issues[1], "mention").ID), pullThread: p.Threads[0].Node,
		gist: hub.AddGist(hub.User("ada"), "notes", false, map[string]string{"a.txt": "a\n"}).ID,
	}
}

func everyTool(id ids) []sweep {
	in := func(more ...any) args { return on("shop", more...) }
	return slices.Concat(sweepRepos(in), sweepIssues(in, id), sweepPulls(in, id), sweepActions(in, id), sweepRest(in, id))
}

func sweepRepos(in func(...any) args) []sweep {
	return []sweep{
		{"get_me", nil}, {"get_teams", nil}, {"get_team_members", args{"org": "acme", "team_slug": "core"}}, {"my_work", nil}, {"get_access", nil},
		{"search_repositories", args{"query": "shop"}}, {"search_code", in("query", "Total", "text_matches", true)}, {"get_file_contents", in("path", "cart.go")},
		{"get_file_contents", in("paths", []string{"cart.go", "README.md"})}, {"get_file_contents", in("path", "docs")}, {"get_file_contents", in("path", "cart.go", "outline", true)},
		{"get_repository_tree", in("recursive", true)}, {"list_branches", in()}, {"list_commits", in("path", "cart.go", "author", "ada")},
		{"get_commit", in("sha", "main", "detail", "full_patch")}, {"compare_commits", in("base", "v1.0.0", "head", "cents")}, {"list_tags", in()}, {"list_releases", in()},
		{"get_release_by_tag", in("tag", "v1.0.0")}, {"create_branch", in("branch", "work")},
		{"create_or_update_file", in("branch", "work", "path", "new.txt", "content", "a\n", "message", "new")},
		{"edit_file", in("branch", "work", "path", "new.txt", "message", "edit", "edits", []args{{"old": "a", "new": "b"}})},
		{"push_files", in("branch", "work", "message", "files", "files", []args{{"path": "x.txt", "content": "x\n"}, {"path": "new.txt", "delete": true}})},
		{"apply_patch", in("branch", "work", "message", "patch", "patch", "--- a/x.txt\n+++ b/x.txt\n@@ -1 +1 @@\n-x\n+y\n")},
		{"delete_file", in("branch", "work", "path", "x.txt", "message", "gone")}, {"search_commits", in("query", "cart")}, {"get_file_blame", in("path", "cart.go")},
		{"get_rules", in("branch", "main")}, {"list_repository_collaborators", in()}, {"create_repository", args{"name": "fresh", "private": true, "autoInit": true}},
		{"fork_repository", in("organization", "")}, {"update_repository", in("description", "The shop")}, {"rename_branch", in("branch", "work", "new_name", "work-2")},
		{"delete_branch", in("branch", "work-2")}, {"release_write", in("method", "create", "tag", "v2.0.0", "name", "Two", "generate_notes", true)},
		{"release_write", in("method", "update", "tag", "v2.0.0", "body", "notes")}, {"release_write", in("method", "delete", "tag", "v2.0.0")},
		{"tag_write", in("method", "create", "tag", "v3", "target", "main", "message", "three")}, {"tag_write", in("method", "delete", "tag", "v3")},
	}
}

func sweepIssues(in func(...any) args, id ids) []sweep {
	var out []sweep
	for _, m := range []string{"get", "get_comments", "get_sub_issues", "get_labels", "get_timeline"} {
		out = append(out, sweep{"issue_read", in("method", m, "issue_number", 1)})
	}
	return append(out,
		sweep{"issue_read", in("method", "get_parent", "issue_number", 3)},
		sweep{"list_issues", in("labels", []string{"bug"}, "state", "all", "since", "2026-01-01T00:00:00Z", "assignee", "ada", "orderBy", "updated")},
		sweep{"search_issues", in("query", "total is:open")}, sweep{"issue_write", in("method", "create", "title", "New", "body", "text", "labels", []string{"bug"}, "assignees", []string{"ada"}, "milestone", 1, "type", "Bug")},
		sweep{"issue_write", in("method", "update", "issue_number", 4, "state", "closed", "state_reason", "not_planned")},
		sweep{"add_issue_comment", in("issue_number", 1, "body", "Seen")}, sweep{"sub_issue_write", in("method", "add", "issue_number", 1, "sub_issue_number", 5)},
		sweep{"sub_issue_write", in("method", "add", "issue_number", 1, "sub_issue_number", 4)},
		sweep{"sub_issue_write", in("method", "reprioritize", "issue_number", 1, "sub_issue_number", 4, "after_id", id.child)},
		sweep{"sub_issue_write", in("method", "remove", "issue_number", 1, "sub_issue_number", 4)},
		sweep{"comment_write", in("method", "edit", "comment_id", id.comment, "body", "Edited")}, sweep{"comment_write", in("method", "minimize", "comment_id", id.comment, "reason", "OUTDATED")},
		sweep{"comment_write", in("method", "delete", "comment_id", id.comment)}, sweep{"list_milestones", in("state", "all")},
		sweep{"milestone_write", in("method", "create", "title", "2.0", "due_on", "2026-12-24")}, sweep{"milestone_write", in("method", "update", "milestone_number", 2, "state", "closed")},
		sweep{"milestone_write", in("method", "delete", "milestone_number", 2)}, sweep{"issue_dependency_write", in("method", "add", "issue_number", 1, "blocked_by", 5)},
		sweep{"issue_dependency_read", in("method", "blocked_by", "issue_number", 1)}, sweep{"issue_dependency_read", in("method", "blocking", "issue_number", 5)},
		sweep{"issue_dependency_write", in("method", "remove", "issue_number", 1, "blocked_by", 5)}, sweep{"list_issue_types", args{"owner": "acme"}}, sweep{"list_label", in()},
		sweep{"label_write", in("method", "create", "name", "odd", "color", "ff0000")}, sweep{"get_label", in("name", "odd")},
		sweep{"label_write", in("method", "update", "name", "odd", "new_name", "even")}, sweep{"label_write", in("method", "delete", "name", "even")},
	)
}

func sweepPulls(in func(...any) args, id ids) []sweep {
	var out []sweep
	for _, m := range []string{"overview", "get", "get_diff", "get_files", "get_commits", "get_reviews", "get_review_comments", "get_comments", "get_status", "get_check_runs"} {
		out = append(out, sweep{"pull_request_read", in("method", m, "pullNumber", 7)})
	}
	line := args{"path": "money/money.go", "line": 5, "body": "Here"}
	return append(out,
		sweep{"list_pull_requests", in("state", "all", "base", "main")}, sweep{"search_pull_requests", in("query", "cents")},
		sweep{"push_files", in("branch", "topic", "create_branch_from", "main", "message", "topic", "files", []args{{"path": "topic.txt", "content": "t\n"}})},
		sweep{"create_pull_request", in("title", "Topic", "head", "topic", "base", "main", "draft", true, "reviewers", []string{"grace"})},
		sweep{"update_pull_request", in("pullNumber", 7, "title", "Prices in cents", "draft", true)}, sweep{"update_pull_request", in("pullNumber", 7, "draft", false, "auto_merge", "squash")},
		sweep{"update_pull_request", in("pullNumber", 7, "auto_merge", "off")},
		sweep{"push_files", in("branch", "main", "message", "meanwhile", "files", []args{{"path": "meanwhile.txt", "content": "m\n"}})},
		sweep{"update_pull_request_branch", in("pullNumber", 7)}, sweep{"pull_request_review_write", in("method", "create", "pullNumber", 7, "event", "COMMENT", "body", "Read", "comments", []args{line})},
		sweep{"pull_request_review_write", in("method", "create", "pullNumber", 7)},
		sweep{"add_comment_to_pending_review", in("pullNumber", 7, "path", "money/money.go", "line", 2, "body", "And here", "subjectType", "LINE", "side", "RIGHT")},
		sweep{"pull_request_review_write", in("method", "submit_pending", "pullNumber", 7, "event", "APPROVE", "body", "Fine")},
		sweep{"pull_request_review_write", in("method", "create", "pullNumber", 7)}, sweep{"pull_request_review_write", in("method", "delete_pending", "pullNumber", 7)},
		sweep{"pull_request_review_write", in("method", "resolve_thread", "pullNumber", 7, "threadId", id.pullThread)},
		sweep{"pull_request_review_write", in("method", "unresolve_thread", "pullNumber", 7, "threadId", id.pullThread)},
		sweep{"add_reply_to_pull_request_comment", in("pullNumber", 7, "commentId", id.review, "body", "Yes")},
		sweep{"merge_pull_request", in("pullNumber", 7, "merge_method", "squash")},
	)
}

func sweepActions(in func(...any) args, id ids) []sweep {
	run, job := fmt.Sprint(id.run), fmt.Sprint(id.failed)
	return []sweep{
		{"actions_list", in("method", "list_workflows")}, {"actions_list", in("method", "list_workflow_runs", "branch", "cents", "status", "completed")},
		{"actions_list", in("method", "list_workflow_jobs", "resource_id", run)}, {"actions_list", in("method", "list_workflow_run_artifacts", "resource_id", run)},
		{"actions_get", in("method", "get_workflow", "resource_id", "ci.yml")}, {"actions_get", in("method", "get_workflow_run", "resource_id", run)},
		{"actions_get", in("method", "get_workflow_job", "resource_id", job)}, {"actions_get", in("method", "get_workflow_run_usage", "resource_id", run)},
		{"actions_get", in("method", "get_artifact", "resource_id", fmt.Sprint(id.artifact))}, {"get_job_logs", in("job_id", job)},
		{"get_job_logs", in("run_id", run, "failed_only", true)}, {"diagnose_ci", in("run_id", run)},
		{"actions_run_trigger", in("method", "run_workflow", "workflow_id", "ci.yml", "ref", "main", "inputs", args{"a": "b"})},
		{"actions_run_trigger", in("method", "rerun_failed_jobs", "run_id", run)}, {"actions_run_trigger", in("method", "cancel_workflow_run", "run_id", run)},
		{"actions_run_trigger", in("method", "rerun_workflow_run", "run_id", run)}, {"actions_run_trigger", in("method", "delete_workflow_run_logs", "run_id", run)},
	}
}

func sweepRest(in func(...any) args, id ids) []sweep {
	return []sweep{
		{"search_users", args{"query": "ada"}}, {"search_orgs", args{"query": "acme"}}, {"list_notifications", args{"all": true}},
		{"get_notification_details", args{"threadID": id.thread}}, {"manage_notification_subscription", args{"threadID": id.thread, "action": "ignore"}},
		{"manage_notification_subscription", args{"threadID": id.thread, "action": "delete"}}, {"dismiss_notification", args{"threadID": id.thread, "state": "read"}},
		{"dismiss_notification", args{"threadID": id.thread, "state": "done"}}, {"mark_all_notifications_read", nil},
		{"manage_repository_subscription", in("action", "watch")}, {"manage_repository_subscription", in("action", "delete")},
		{"list_discussion_categories", in()}, {"list_discussions", in()},
		{"discussion_write", in("category", "General", "title", "Hello", "body", "All")}, {"get_discussion", in("discussionNumber", 10)},
		{"get_discussion_comments", in("discussionNumber", 10)}, {"discussion_comment_write", in("discussionNumber", 10, "body", "Thanks")},
		{"list_gists", nil}, {"get_gist", args{"gist_id": id.gist}}, {"create_gist", args{"filename": "b.txt", "content": "b\n", "description": "b"}},
		{"update_gist", args{"gist_id": id.gist, "filename": "a.txt", "content": "aa\n"}}, {"star_repository", in()}, {"list_starred_repositories", nil}, {"unstar_repository", in()},
		{"list_code_scanning_alerts", in("state", "open")}, {"get_code_scanning_alert", in("alertNumber", 1)}, {"list_secret_scanning_alerts", in("state", "open")},
		{"get_secret_scanning_alert", in("alertNumber", 1)}, {"list_dependabot_alerts", in("state", "open")}, {"get_dependabot_alert", in("alertNumber", 1)},
		{"alert_write", in("kind", "dependabot", "alertNumber", 1, "state", "dismissed", "reason", "tolerable_risk")},
		{"alert_write", in("kind", "code-scanning", "alertNumber", 1, "state", "dismissed", "reason", "false positive")},
		{"alert_write", in("kind", "secret-scanning", "alertNumber", 1, "state", "resolved", "reason", "revoked")},
		{"list_global_security_advisories", args{"ecosystem": "go"}}, {"get_global_security_advisory", args{"ghsaId": "GHSA-2222-3333-4444"}},
		{"list_repository_security_advisories", in()},
	}
}
