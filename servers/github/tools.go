package github

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore"

func (s *server) tools() []mcpcore.Tool {
	set := func(name string) mcpcore.ToolOption { return mcpcore.Toolset(name, "default") }
	extra, title, alias, unlisted := mcpcore.Extra, mcpcore.Title, mcpcore.Alias, mcpcore.Unlisted
	const smaller = "ask for fewer rows, or use the cursor"
	slow := mcpcore.Long(mcpcore.IfSlow)
	return []mcpcore.Tool{
		mcpcore.Read("get_me", "The account of the token.", s.getMe, set("context"), title("Get me")),
		mcpcore.Read("get_teams", "Teams you are in.", s.getTeams, set("context"), title("Get teams")),
		mcpcore.Read("get_team_members", "Who is in a team.", s.getTeamMembers, set("context"), title("Get team members")),
		mcpcore.Read("my_work", "What waits for you: reviews, your pull requests, assigned issues; most urgent first.", s.myWork, set("context"), title("My work")),
		mcpcore.Read("get_access", "What the token and the operator allow, and rate limits.", s.getAccess, set("context"), title("Get access")),

		mcpcore.Read("search_repositories", "Find repositories.", s.searchRepositories, set("repos"), title("Search repositories"), unlisted("sort", "order"), mcpcore.Resume(smaller)),
		mcpcore.Read("search_code", "Find files by content.", s.searchCode, set("repos"), title("Search code"), mcpcore.Resume(smaller)),
		mcpcore.Read("get_file_contents", "Read files or parts, or list a directory.", s.getFileContents, set("repos"),
			title("Get file contents"), mcpcore.Resume("use start_line and end_line")),
		mcpcore.Read("get_repository_tree", "List paths.", s.getRepositoryTree, set("repos"), title("Get repository tree"), mcpcore.Resume("name a directory in path")),
		mcpcore.Read("list_branches", "List branches.", s.listBranches, set("repos"), title("List branches")),
		mcpcore.Read("list_commits", "List commits, newest first.", s.listCommits, set("repos"), title("List commits"), unlisted("until")),
		mcpcore.Read("get_commit", "A commit: message, files, diff.", s.getCommit, set("repos"), title("Get commit")),
		mcpcore.Read("compare_commits", "What head has that base has not: commits, files, diff.", s.compareCommits, set("repos"), title("Compare commits")),
		mcpcore.Read("list_tags", "List tags.", s.listTags, set("repos"), title("List tags")),
		mcpcore.Read("list_releases", "List releases.", s.listReleases, set("repos"), title("List releases")),
		mcpcore.Read("get_release_by_tag", "A release with its notes.", s.getReleaseByTag, set("repos"), title("Get release"), alias("get_latest_release")),
		mcpcore.Write("create_branch", "Create a branch.", s.createBranch, set("repos"), title("Create branch")),
		mcpcore.Write("create_or_update_file", "Write a whole file, as one commit.", s.createOrUpdateFile, set("repos"), title("Create or update file"), mcpcore.Destructive()),
		mcpcore.Write("edit_file", "Replace pieces of a file, as one commit.", s.editFile, set("repos"), title("Edit file"), mcpcore.Destructive()),
		mcpcore.Write("push_files", "Write, move and remove files in one commit.", s.pushFiles, set("repos"), title("Push files"), mcpcore.Destructive()),
		mcpcore.Write("apply_patch", "Commit a unified diff.", s.applyPatch, set("repos"), title("Apply patch"), mcpcore.Destructive()),
		mcpcore.Delete("delete_file", "Remove a file, as one commit.", s.deleteFile, set("repos"), title("Delete file")),

		mcpcore.Read("issue_read", "An issue, its comments or relations.", s.issueRead, set("issues"), title("Read issue"), alias("get_issue", "get_issue_comments"), mcpcore.Resume(smaller)),
		mcpcore.Read("list_issues", "List issues.", s.listIssues, set("issues"), title("List issues"), unlisted("direction", "milestone"), mcpcore.Resume(smaller)),
		mcpcore.Read("search_issues", "Find issues.", s.searchIssues, set("issues"), title("Search issues"), unlisted("sort", "order"), mcpcore.Resume(smaller)),
		mcpcore.Write("issue_write", "Create or change an issue.", s.issueWrite, set("issues"), title("Write issue"), alias("create_issue", "update_issue"), mcpcore.Destructive()),
		mcpcore.Write("add_issue_comment", "Comment, or react.", s.addIssueComment, set("issues"), title("Add issue comment"), unlisted("comment_id")),
		mcpcore.Write("sub_issue_write", "Change what is part of an issue.", s.subIssueWrite, set("issues"), title("Write sub-issue"), unlisted("sub_issue_id", "before_id")),

		mcpcore.Read("pull_request_read", "A pull request: overview (state, files, reviews, open threads, checks), or one part.", s.pullRequestRead, set("pull_requests"),
			title("Read pull request"), alias("get_pull_request", "get_pull_request_files", "get_pull_request_diff", "get_pull_request_status", "get_pull_request_comments", "get_pull_request_reviews")),
		mcpcore.Read("list_pull_requests", "List pull requests.", s.listPullRequests, set("pull_requests"), title("List pull requests"), unlisted("direction")),
		mcpcore.Read("search_pull_requests", "Find pull requests.", s.searchPullRequests, set("pull_requests"), title("Search pull requests"), unlisted("sort", "order")),
		mcpcore.Write("create_pull_request", "Open a pull request.", s.createPullRequest, set("pull_requests"), title("Create pull request"), unlisted("maintainer_can_modify")),
		mcpcore.Write("update_pull_request", "Change a pull request.", s.updatePullRequest, set("pull_requests"), title("Update pull request"), unlisted("maintainer_can_modify"), mcpcore.Destructive()),
		mcpcore.Write("update_pull_request_branch", "Merge the base into a pull request's branch.", s.updatePullRequestBranch, set("pull_requests"), title("Update pull request branch")),
		mcpcore.Write("merge_pull_request", "Merge a pull request.", s.mergePullRequest, set("pull_requests"), title("Merge pull request"), mcpcore.Destructive()),
		mcpcore.Write("pull_request_review_write", "Review in one call, or a pending review; resolve threads.", s.pullRequestReviewWrite, set("pull_requests"),
			title("Write review"), alias("create_pull_request_review"), mcpcore.Destructive()),
		mcpcore.Write("add_comment_to_pending_review", "Add a comment to your pending review.", s.addCommentToPendingReview, set("pull_requests"), title("Add comment to pending review"), unlisted("startSide")),
		mcpcore.Write("add_reply_to_pull_request_comment", "Answer a comment on a line.", s.addReply, set("pull_requests"), title("Reply to review comment")),

		mcpcore.Read("actions_list", "List workflows, runs, jobs or artifacts.", s.actionsList, set("actions"), title("List Actions")),
		mcpcore.Read("actions_get", "A workflow, run, job or artifact.", s.actionsGet, set("actions"), title("Get from Actions")),
		mcpcore.Read("get_job_logs", "Logs: why jobs failed, or chosen lines.", s.getJobLogs, set("actions"), title("Get job logs"), slow),
		mcpcore.Read("diagnose_ci", "Which checks failed, and why, from their logs.", s.diagnoseCI, set("actions"), title("Diagnose CI"), slow),
		mcpcore.Write("actions_run_trigger", "Run, rerun or cancel workflows.", s.actionsRunTrigger, extra("actions_write"), title("Trigger Actions"), mcpcore.Destructive()),
	}
}
