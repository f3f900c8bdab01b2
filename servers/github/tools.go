package github

import "github.com/mcp-toolbelt/toolbelt/shared/mcpcore"

// tools is the table: what is offered as a rule, and what has to be named.
func (s *server) tools() []mcpcore.Tool { return append(s.usual(), s.further()...) }

func (s *server) usual() []mcpcore.Tool {
	set := func(name string) mcpcore.ToolOption { return mcpcore.Toolset(name, "default") }
	title, alias, unlisted := mcpcore.Title, mcpcore.Alias, mcpcore.Unlisted
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

		mcpcore.Read("actions_list", "List workflows, runs, jobs or artifacts.", s.actionsList, set("actions"), title("List Actions"), unlisted("workflow_runs_filter", "workflow_jobs_filter")),
		mcpcore.Read("actions_get", "A workflow, run, job or artifact.", s.actionsGet, set("actions"), title("Get from Actions")),
		mcpcore.Read("get_job_logs", "Logs: why jobs failed, or chosen lines.", s.getJobLogs, set("actions"), title("Get job logs"), slow),
		mcpcore.Read("diagnose_ci", "Which checks failed, and why, from their logs.", s.diagnoseCI, set("actions"), title("Diagnose CI"), slow),
	}
}

// further are toolsets that are off unless they are named.
func (s *server) further() []mcpcore.Tool {
	extra, title, unlisted := mcpcore.Extra, mcpcore.Title, mcpcore.Unlisted
	code, secrets, dependencies := alerts{s, "code-scanning"}, alerts{s, "secret-scanning"}, alerts{s, "dependabot"}
	return []mcpcore.Tool{
		mcpcore.Write("actions_run_trigger", "Run, rerun or cancel workflows.", s.actionsRunTrigger, extra("actions_write"), title("Trigger Actions"), mcpcore.Destructive()),

		mcpcore.Read("search_commits", "Find commits by message.", s.searchCommits, extra("repos_admin"), title("Search commits"), unlisted("sort", "order")),
		mcpcore.Read("get_file_blame", "Which commit last changed which lines.", s.getFileBlame, extra("repos_admin"), title("Blame")),
		mcpcore.Read("get_rules", "Rulesets that hold for a branch.", s.getRules, extra("repos_admin"), title("Get rules")),
		mcpcore.Read("list_repository_collaborators", "Who may do what in a repository.", s.listCollaborators, extra("repos_admin"), title("List collaborators")),
		mcpcore.Write("create_repository", "Create a repository.", s.createRepository, extra("repos_admin"), title("Create repository")),
		mcpcore.Write("fork_repository", "Fork a repository.", s.forkRepository, extra("repos_admin"), title("Fork repository")),
		mcpcore.Write("update_repository", "Change settings of a repository.", s.updateRepository, extra("repos_admin"), title("Update repository"), mcpcore.Destructive()),
		mcpcore.Delete("delete_branch", "Delete a branch.", s.deleteBranch, extra("repos_admin"), title("Delete branch")),
		mcpcore.Write("rename_branch", "Rename a branch.", s.renameBranch, extra("repos_admin"), title("Rename branch"), mcpcore.Destructive()),
		mcpcore.Write("release_write", "Create, change or delete a release.", s.releaseWrite, extra("repos_admin"), title("Write release"), mcpcore.Destructive()),
		mcpcore.Write("tag_write", "Create or delete a tag.", s.tagWrite, extra("repos_admin"), title("Write tag"), mcpcore.Destructive()),

		mcpcore.Write("comment_write", "Edit, delete or minimize a comment.", s.commentWrite, extra("issues_extra"), title("Write comment"), mcpcore.Destructive()),
		mcpcore.Read("list_milestones", "List milestones.", s.listMilestones, extra("issues_extra"), title("List milestones")),
		mcpcore.Write("milestone_write", "Create, change or delete a milestone.", s.milestoneWrite, extra("issues_extra"), title("Write milestone"), mcpcore.Destructive()),
		mcpcore.Read("issue_dependency_read", "What blocks an issue, or what it blocks.", s.issueDependencyRead, extra("issues_extra"), title("Read dependencies")),
		mcpcore.Write("issue_dependency_write", "Change what blocks an issue.", s.issueDependencyWrite, extra("issues_extra"), title("Write dependencies")),
		mcpcore.Read("list_issue_types", "Types that issues of an organization may have.", s.listIssueTypes, extra("issues_extra"), title("List issue types")),

		mcpcore.Read("list_label", "List labels.", s.listLabel, extra("labels"), title("List labels")),
		mcpcore.Read("get_label", "A label.", s.getLabel, extra("labels"), title("Get label")),
		mcpcore.Write("label_write", "Create, change or delete a label.", s.labelWrite, extra("labels"), title("Write label"), mcpcore.Destructive()),

		mcpcore.Read("search_users", "Find people.", s.searchUsers, extra("users"), title("Search users"), unlisted("sort", "order")),
		mcpcore.Read("search_orgs", "Find organizations.", s.searchOrgs, extra("orgs"), title("Search organizations"), unlisted("sort", "order")),

		mcpcore.Read("list_notifications", "What you were told of.", s.listNotifications, extra("notifications"), title("List notifications")),
		mcpcore.Read("get_notification_details", "A notification.", s.getNotificationDetails, extra("notifications"), title("Get notification")),
		mcpcore.Write("dismiss_notification", "Mark a notification as read or done.", s.dismissNotification, extra("notifications"), title("Dismiss notification")),
		mcpcore.Write("mark_all_notifications_read", "Mark all notifications as read.", s.markAllNotificationsRead, extra("notifications"), title("Mark all read")),
		mcpcore.Write("manage_notification_subscription", "Be told of a thread, or not.", s.manageNotificationSubscription, extra("notifications"), title("Subscribe to thread")),
		mcpcore.Write("manage_repository_subscription", "Be told of a repository, or not.", s.manageRepositorySubscription, extra("notifications"), title("Subscribe to repository"), mcpcore.Alias("manage_repository_notification_subscription")),

		mcpcore.Read("list_discussions", "List discussions.", s.listDiscussions, extra("discussions"), title("List discussions")),
		mcpcore.Read("get_discussion", "A discussion.", s.getDiscussion, extra("discussions"), title("Get discussion")),
		mcpcore.Read("get_discussion_comments", "Comments of a discussion.", s.getDiscussionComments, extra("discussions"), title("Get discussion comments")),
		mcpcore.Read("list_discussion_categories", "Categories of discussions.", s.listDiscussionCategories, extra("discussions"), title("List discussion categories")),
		mcpcore.Write("discussion_write", "Begin a discussion.", s.discussionWrite, extra("discussions"), title("Begin discussion")),
		mcpcore.Write("discussion_comment_write", "Comment on a discussion.", s.discussionCommentWrite, extra("discussions"), title("Comment on discussion")),

		mcpcore.Read("list_gists", "List gists.", s.listGists, extra("gists"), title("List gists")),
		mcpcore.Read("get_gist", "A gist.", s.getGist, extra("gists"), title("Get gist")),
		mcpcore.Write("create_gist", "Create a gist.", s.createGist, extra("gists"), title("Create gist")),
		mcpcore.Write("update_gist", "Change files of a gist.", s.updateGist, extra("gists"), title("Update gist"), mcpcore.Destructive()),

		mcpcore.Read("list_starred_repositories", "Starred repositories.", s.listStarred, extra("stargazers"), title("List starred")),
		mcpcore.Write("star_repository", "Star a repository.", s.starRepository, extra("stargazers"), title("Star"), mcpcore.Idempotent()),
		mcpcore.Write("unstar_repository", "Take a star back.", s.unstarRepository, extra("stargazers"), title("Unstar"), mcpcore.Idempotent()),

		mcpcore.Read("list_code_scanning_alerts", "Alerts of code scanning.", code.list, extra("code_security"), title("List code alerts")),
		mcpcore.Read("get_code_scanning_alert", "An alert of code scanning.", code.get, extra("code_security"), title("Get code alert")),
		mcpcore.Read("list_secret_scanning_alerts", "Alerts of secret scanning, without the secrets.", secrets.list, extra("secret_protection"), title("List secret alerts"), unlisted("severity", "ref", "tool_name")),
		mcpcore.Read("get_secret_scanning_alert", "An alert of secret scanning, without the secret.", secrets.get, extra("secret_protection"), title("Get secret alert")),
		mcpcore.Read("list_dependabot_alerts", "Alerts of Dependabot.", dependencies.list, extra("dependabot"), title("List Dependabot alerts"), unlisted("ref", "tool_name")),
		mcpcore.Read("get_dependabot_alert", "An alert of Dependabot.", dependencies.get, extra("dependabot"), title("Get Dependabot alert")),
		mcpcore.Write("alert_write", "Dismiss or open alerts.", s.alertWrite, extra("code_security"), title("Write alert"), mcpcore.Destructive()),
		mcpcore.Read("list_global_security_advisories", "Advisories that all can read.", s.listGlobalAdvisories, extra("security_advisories"), title("List advisories")),
		mcpcore.Read("get_global_security_advisory", "An advisory that all can read.", s.getGlobalAdvisory, extra("security_advisories"), title("Get advisory")),
		mcpcore.Read("list_repository_security_advisories", "Advisories of a repository.", s.listRepositoryAdvisories, extra("security_advisories"), title("List repository advisories")),
	}
}
