package fake

import (
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
)

// gPull makes an issue a pull request.
func (c *call) gPull(o *object, p *Pull) *object {
	i, r := p.Issue, p.Issue.Repo
	o.Type = "PullRequest"
	var changes []gitdb.Change // as they are asked for
	changed := func() []gitdb.Change {
		if changes == nil {
			changes = p.Changes()
		}
		return changes
	}
	sum := func(of func(gitdb.Change) int) func() any {
		return func() any {
			n := 0
			for _, ch := range changed() {
				n += of(ch)
			}
			return n
		}
	}
	visible := func() []*Review {
		return keep(p.Reviews, func(v *Review) bool { return v.State != "PENDING" || v.Author == c.user })
	}
	mergeable := func() any {
		if i.State != "open" {
			return "UNKNOWN"
		}
		return map[bool]string{true: "CONFLICTING", false: "MERGEABLE"}[p.conflicted()]
	}
	return merge2(o, fields{
		"isDraft": p.Draft, "merged": p.Merged, "mergedAt": stampOrNull(p.MergedAt), "mergedBy": lazy(func() any { return c.gUser(p.MergedBy) }),
		"mergeCommit": lazy(func() any { return c.gCommit(r, r.Git.Commit(p.MergeSHA)) }), "headRefName": p.Head, "headRefOid": p.HeadSHA,
		"baseRefName": p.Base, "baseRefOid": p.target(), "headRef": lazy(func() any { return c.gRef(p.HeadRepo, "refs/heads/"+p.Head) }),
		"baseRef": lazy(func() any { return c.gRef(r, "refs/heads/"+p.Base) }), "headRepository": lazy(func() any { return c.gRepo(p.HeadRepo) }),
		"baseRepository": lazy(func() any { return c.gRepo(r) }), "headRepositoryOwner": lazy(func() any { return c.gUser(p.HeadRepo.Owner) }),
		"isCrossRepository": p.HeadRepo != r, "maintainerCanModify": p.Maintain, "mergeable": lazy(mergeable),
		"mergeStateStatus": lazy(func() any { return strings.ToUpper(p.state()) }), "reviewDecision": lazy(func() any { return orNull(p.decision()) }),
		"additions": sum(func(ch gitdb.Change) int { return ch.Additions }), "deletions": sum(func(ch gitdb.Change) int { return ch.Deletions }),
		"changedFiles": lazy(func() any { return len(changed()) }), "permalink": c.issueWeb(i), "checksUrl": c.issueWeb(i) + "/checks",
		"isInMergeQueue": false, "isMergeQueueEnabled": false, "mergeQueueEntry": nil, "totalCommentsCount": len(i.Comments) + len(p.comments(c.user)),
		"viewerCanEnableAutoMerge": c.may(r, "write") && r.AutoMerge, "viewerCanDisableAutoMerge": p.Auto != nil, "viewerCanUpdateBranch": c.may(r, "write"),
		"viewerCanMergeAsAdmin": c.may(r, "admin"), "autoMergeRequest": lazy(func() any { return c.gAuto(p) }),
		"files":   connect("files", func(arg) []gitdb.Change { return changed() }, gFile),
		"commits": connect("commits", func(arg) []*gitdb.Commit { return p.Commits() }, func(g *gitdb.Commit) *object { return c.gPullCommit(i, g) }),
		"reviews": connect("reviews", func(a arg) []*Review {
			return keep(visible(), func(v *Review) bool {
				return (len(a.Strings("states")) == 0 || has(a.Strings("states"), v.State)) && (!a.Has("author") || strings.EqualFold(v.Author.Login, a.String("author")))
			})
		}, c.gReview),
		"latestReviews":            connect("latestReviews", func(arg) []*Review { return latest(visible(), false) }, c.gReview),
		"latestOpinionatedReviews": connect("latestOpinionatedReviews", func(arg) []*Review { return latest(visible(), true) }, c.gReview),
		"reviewRequests":           connect("reviewRequests", func(arg) []func() *object { return c.requested(p) }, c.gRequest),
		"reviewThreads": connect("reviewThreads", func(arg) []*ReviewThread {
			return keep(p.Threads, func(t *ReviewThread) bool {
				return slices.ContainsFunc(p.comments(c.user), func(m *ReviewComment) bool { return m.Thread == t })
			})
		}, c.gThread),
		"statusCheckRollup":       lazy(func() any { return c.gRollup(r, p.HeadSHA) }),
		"closingIssuesReferences": connect("closingIssuesReferences", func(arg) []*Issue { return p.closes() }, c.gIssue),
		"viewerLatestReview": lazy(func() any {
			for _, v := range slices.Backward(p.Reviews) {
				if v.Author == c.user {
					return c.gReview(v)
				}
			}
			return nil
		}),
		"suggestedActors": connect("suggestedActors", func(a arg) []*User { return c.suggested(r, a) }, c.gUser),
	})
}

func (c *call) gPullCommit(i *Issue, g *gitdb.Commit) *object {
	return &object{Type: "PullRequestCommit", Is: []string{"Node"}, Fields: fields{
		"id": gitNode("PRC", i.Repo, g.SHA), "commit": lazy(func() any { return c.gCommit(i.Repo, g) }), "pullRequest": lazy(func() any { return c.gIssue(i) }),
		"url": c.issueWeb(i) + "/commits/" + g.SHA,
	}}
}

func gFile(ch gitdb.Change) *object {
	kind := map[string]string{"added": "ADDED", "removed": "DELETED", "modified": "MODIFIED", "renamed": "RENAMED"}[ch.Status]
	return &object{Type: "PullRequestChangedFile", Fields: fields{
		"path": ch.Path, "additions": ch.Additions, "deletions": ch.Deletions, "changeType": kind, "viewerViewedState": "UNVIEWED",
	}}
}

// latest are the newest reviews of each author.
func latest(reviews []*Review, opinions bool) []*Review {
	var out []*Review
	for _, v := range slices.Backward(reviews) {
		if v.State == "PENDING" || opinions && v.State == "COMMENTED" {
			continue
		}
		if !slices.ContainsFunc(out, func(o *Review) bool { return o.Author == v.Author }) {
			out = append(out, v)
		}
	}
	slices.Reverse(out)
	return out
}

// requested are the users and teams that are asked for a review.
func (c *call) requested(p *Pull) []func() *object {
	var out []func() *object
	for _, u := range p.Reviewers {
		out = append(out, func() *object { return c.gUser(u) })
	}
	for _, t := range p.Teams {
		out = append(out, func() *object { return c.gTeam(t) })
	}
	return out
}

func (c *call) gRequest(who func() *object) *object {
	return &object{Type: "ReviewRequest", Is: []string{"Node"}, Fields: fields{
		"id": "RR_1", "asCodeOwner": false, "databaseId": nil, "requestedReviewer": lazy(func() any { return who() }),
	}}
}

func (c *call) gAuto(p *Pull) any {
	if p.Auto == nil {
		return nil
	}
	return &object{Type: "AutoMergeRequest", Fields: fields{
		"enabledAt": stamp(p.Auto.At), "enabledBy": c.gUser(p.Auto.By), "mergeMethod": strings.ToUpper(p.Auto.Method), "commitHeadline": orNull(p.Auto.Title),
		"commitBody": orNull(p.Auto.Message), "authorEmail": nil, "pullRequest": lazy(func() any { return c.gIssue(p.Issue) }),
	}}
}

func (c *call) gReview(v *Review) *object {
	i := v.Pull.Issue
	o := &object{Type: "PullRequestReview", Is: []string{"Node", "Comment", "Minimizable", "Reactable", "Updatable", "RepositoryNode", "PullRequestTimelineItems"}}
	o.Fields = c.gText(i.Repo, v.Author, v.Body, v.Created, v.Created)
	merge(o.Fields, c.gReactions(nil))
	return merge2(o, fields{
		"id": v.Node, "databaseId": v.ID, "fullDatabaseId": itoa(v.ID), "state": v.State, "submittedAt": stampOrNull(v.Submitted), "url": c.issueWeb(i) + "#pullrequestreview-" + itoa(v.ID),
		"authorCanPushToRepository": rank(c.h.levelOf(v.Author, i.Repo)) >= rank("write"), "isMinimized": false, "minimizedReason": nil,
		"commit":      lazy(func() any { return c.gCommit(i.Repo, i.Repo.Git.Commit(v.Commit)) }),
		"pullRequest": lazy(func() any { return c.gIssue(i) }), "repository": lazy(func() any { return c.gRepo(i.Repo) }),
		"comments": connect("comments", func(arg) []*ReviewComment {
			return keep(v.Pull.comments(c.user), func(m *ReviewComment) bool { return m.Review == v })
		}, c.gReviewComment),
	})
}

// outdated tells whether the line of a thread is no longer part of the diff.
func (t *ReviewThread) outdated() bool {
	return t.Subject == "line" && t.Pull.hunk(t.Path, t.Line, t.Side) == ""
}

func (c *call) gThread(t *ReviewThread) *object {
	var line, start, startSide any
	if t.Subject == "line" {
		line = t.Line
	}
	if t.StartLine > 0 {
		start, startSide = t.StartLine, t.Side
	}
	r := t.Pull.Issue.Repo
	now := line
	if t.outdated() {
		now = nil
	}
	return &object{Type: "PullRequestReviewThread", Is: []string{"Node"}, Fields: fields{
		"id": t.Node, "isResolved": t.Resolved, "isOutdated": t.outdated(), "isCollapsed": t.Resolved, "path": t.Path, "line": now, "originalLine": line,
		"startLine": start, "originalStartLine": start, "diffSide": t.Side, "startDiffSide": startSide, "subjectType": strings.ToUpper(t.Subject),
		"resolvedBy": lazy(func() any { return c.gUser(t.ResolvedBy) }), "pullRequest": lazy(func() any { return c.gIssue(t.Pull.Issue) }),
		"repository": lazy(func() any { return c.gRepo(r) }), "viewerCanReply": true, "viewerCanResolve": c.may(r, "write") && !t.Resolved,
		"viewerCanUnresolve": c.may(r, "write") && t.Resolved,
		"comments": connect("comments", func(arg) []*ReviewComment {
			return keep(t.Pull.comments(c.user), func(m *ReviewComment) bool { return m.Thread == t })
		}, c.gReviewComment),
	}}
}

func (c *call) gReviewComment(m *ReviewComment) *object {
	t := m.Thread
	i := t.Pull.Issue
	o := &object{Type: "PullRequestReviewComment", Is: []string{"Node", "Comment", "Minimizable", "Reactable", "Updatable", "RepositoryNode"}}
	o.Fields = c.gText(i.Repo, m.Author, m.Body, m.Created, m.Updated)
	merge(o.Fields, c.gReactions(m.Reactions))
	state := "SUBMITTED"
	if m.Review != nil && m.Review.State == "PENDING" {
		state = "PENDING"
	}
	var line any
	if t.Subject == "line" {
		line = t.Line
	}
	return merge2(o, fields{
		"id": m.Node, "databaseId": m.ID, "fullDatabaseId": itoa(m.ID), "path": t.Path, "line": line, "originalLine": line, "startLine": nil, "originalStartLine": nil,
		"position": line, "originalPosition": t.Line, "diffHunk": t.Pull.hunk(t.Path, t.Line, t.Side), "url": c.issueWeb(i) + "#discussion_r" + itoa(m.ID),
		"outdated": t.outdated(), "state": state, "isMinimized": m.Minimized != "", "minimizedReason": orNull(strings.ToLower(m.Minimized)),
		"subjectType": strings.ToUpper(t.Subject), "draftedAt": stamp(m.Created),
		"commit":            lazy(func() any { return c.gCommit(i.Repo, i.Repo.Git.Commit(m.Commit)) }),
		"originalCommit":    lazy(func() any { return c.gCommit(i.Repo, i.Repo.Git.Commit(m.Commit)) }),
		"pullRequestReview": lazy(func() any { return c.gReviewOrNil(m.Review) }),
		"pullRequest":       lazy(func() any { return c.gIssue(i) }), "repository": lazy(func() any { return c.gRepo(i.Repo) }),
		"replyTo": lazy(func() any {
			if m.ReplyTo == 0 || len(t.Comments) == 0 {
				return nil
			}
			return c.gReviewComment(t.Comments[0])
		}),
	})
}

func (c *call) gReviewOrNil(v *Review) any {
	if v == nil {
		return nil
	}
	return c.gReview(v)
}
