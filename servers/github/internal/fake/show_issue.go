package fake

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// escape makes a path fit for an address, keeping its slashes.
func escape(path string) string {
	return (&url.URL{Path: path}).EscapedPath()
}

func (c *call) showLabel(l *Label) obj {
	return obj{
		"id": l.ID, "node_id": l.Node, "url": c.repoAPI(l.Repo) + "/labels/" + url.PathEscape(l.Name), "name": l.Name, "color": l.Color,
		"default": l.Default, "description": orNull(l.Description),
	}
}

func (c *call) showMilestone(m *Milestone) any {
	if m == nil {
		return nil
	}
	api := c.repoAPI(m.Repo) + "/milestones/" + itoa(int64(m.Number))
	return obj{
		"url": api, "html_url": c.repoWeb(m.Repo) + "/milestone/" + itoa(int64(m.Number)), "labels_url": api + "/labels", "id": m.ID, "node_id": m.Node,
		"number": m.Number, "title": m.Title, "description": orNull(m.Description), "creator": c.userOrNull(m.Creator), "open_issues": m.count("open"),
		"closed_issues": m.count("closed"), "state": m.State, "created_at": stamp(m.Created), "updated_at": stamp(m.Updated),
		"due_on": stampOrNull(m.Due), "closed_at": stampOrNull(m.Closed),
	}
}

func (c *call) showReactions(list []*Reaction, api string) obj {
	o := obj{"url": api + "/reactions", "total_count": len(list)}
	for _, content := range []string{"+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"} {
		n := 0
		for _, r := range list {
			if r.Content == content {
				n++
			}
		}
		o[content] = n
	}
	return o
}

func (c *call) showReaction(r *Reaction) obj {
	return obj{"id": r.ID, "node_id": r.Node, "user": c.userOrNull(r.User), "content": r.Content, "created_at": stamp(r.Created)}
}

func (c *call) issueAPI(i *Issue) string {
	return c.repoAPI(i.Repo) + "/issues/" + itoa(int64(i.Number))
}

func (c *call) issueWeb(i *Issue) string {
	return c.repoWeb(i.Repo) + "/" + i.kind() + "/" + itoa(int64(i.Number))
}

// assignee is the first of them, as older clients know it.
func (c *call) assignee(i *Issue) any {
	if len(i.Assignees) == 0 {
		return nil
	}
	return c.showUser(i.Assignees[0])
}

func (c *call) showIssue(i *Issue) obj {
	api := c.issueAPI(i)
	done := 0
	for _, child := range i.Children {
		if child.State == "closed" {
			done++
		}
	}
	percent := 0
	if len(i.Children) > 0 {
		percent = 100 * done / len(i.Children)
	}
	blocked := 0
	for _, b := range i.BlockedBy {
		if b.State == "open" {
			blocked++
		}
	}
	blocking, openBlocking := 0, 0
	for _, other := range i.Repo.Issues {
		if slices.Contains(other.BlockedBy, i) {
			blocking++
			if other.State == "open" {
				openBlocking++
			}
		}
	}
	o := obj{
		"id": i.ID, "node_id": i.Node, "url": api, "repository_url": c.repoAPI(i.Repo), "labels_url": api + "/labels{/name}",
		"comments_url": api + "/comments", "events_url": api + "/events", "html_url": c.issueWeb(i), "number": i.Number, "state": i.State,
		"state_reason": orNull(i.Reason), "title": i.Title, "body": orNull(i.Body), "user": c.userOrNull(i.Author), "labels": each(i.Labels, c.showLabel),
		"assignee": c.assignee(i), "assignees": each(i.Assignees, c.showUser), "milestone": c.showMilestone(i.Milestone), "locked": i.Locked,
		"active_lock_reason": orNull(i.LockReason), "comments": len(i.Comments), "closed_at": stampOrNull(i.Closed), "created_at": stamp(i.Created),
		"updated_at": stamp(i.Updated), "author_association": c.h.association(i.Author, i.Repo), "reactions": c.showReactions(i.Reactions, api),
		"timeline_url": api + "/timeline", "performed_via_github_app": nil,
		"sub_issues_summary":         obj{"total": len(i.Children), "completed": done, "percent_completed": percent},
		"issue_dependencies_summary": obj{"blocked_by": blocked, "total_blocked_by": len(i.BlockedBy), "blocking": openBlocking, "total_blocking": blocking},
	}
	if i.ClosedBy != nil {
		o["closed_by"] = c.showUser(i.ClosedBy)
	}
	if i.Parent != nil {
		o["parent_issue_url"] = c.issueAPI(i.Parent)
	}
	if i.Type != nil {
		o["type"] = showIssueType(i.Type)
	}
	if i.Pull != nil {
		web := c.issueWeb(i)
		o["draft"] = i.Pull.Draft
		o["pull_request"] = obj{
			"url": c.pullAPI(i.Pull), "html_url": web, "diff_url": web + ".diff", "patch_url": web + ".patch", "merged_at": stampOrNull(i.Pull.MergedAt),
		}
	}
	return o
}

func showIssueType(t *IssueType) obj {
	return obj{
		"id": t.ID, "node_id": t.Node, "name": t.Name, "description": orNull(t.Description), "color": orNull(t.Color), "is_enabled": true,
		"created_at": stamp(epoch), "updated_at": stamp(epoch),
	}
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (c *call) showComment(m *Comment) obj {
	i := m.Issue
	return obj{
		"id": m.ID, "node_id": m.Node, "url": c.repoAPI(i.Repo) + "/issues/comments/" + itoa(m.ID),
		"html_url": c.issueWeb(i) + "#issuecomment-" + itoa(m.ID), "issue_url": c.issueAPI(i), "body": m.Body, "user": c.userOrNull(m.Author),
		"created_at": stamp(m.Created), "updated_at": stamp(m.Updated), "author_association": c.h.association(m.Author, i.Repo),
		"performed_via_github_app": nil, "reactions": c.showReactions(m.Reactions, c.repoAPI(i.Repo)+"/issues/comments/"+itoa(m.ID)),
	}
}

// showEvent is an event as both the events and the timeline of an issue show it.
func (c *call) showEvent(e *Event) obj {
	o := obj{
		"id": e.ID, "node_id": e.Node, "url": c.repoAPI(e.Issue.Repo) + "/issues/events/" + itoa(e.ID), "actor": c.showUser(e.Actor),
		"event": e.Kind, "commit_id": nil, "commit_url": nil, "created_at": stamp(e.Created), "performed_via_github_app": nil,
	}
	switch {
	case e.Commit != "":
		o["commit_id"], o["commit_url"] = e.Commit, c.repoAPI(e.Issue.Repo)+"/commits/"+e.Commit
	case e.Label != nil:
		o["label"] = obj{"name": e.Label.Name, "color": e.Label.Color}
	case e.Kind == "assigned" || e.Kind == "unassigned":
		o["assignee"], o["assigner"] = c.showUser(e.User), c.showUser(e.Actor)
	case e.Kind == "renamed":
		o["rename"] = obj{"from": e.From, "to": e.To}
	case e.Kind == "milestoned" || e.Kind == "demilestoned":
		o["milestone"] = obj{"title": e.To}
	case e.Kind == "review_requested" || e.Kind == "review_request_removed":
		o["requested_reviewer"], o["review_requester"] = c.showUser(e.User), c.showUser(e.Actor)
	}
	return o
}

func (c *call) showTimeline(e *Event) obj {
	if e.Kind != "cross-referenced" {
		o := c.showEvent(e)
		if e.Kind == "closed" || e.Kind == "reopened" {
			o["state_reason"] = orNull(e.Issue.Reason)
		}
		return o
	}
	return obj{
		"event": e.Kind, "actor": c.showUser(e.Actor), "created_at": stamp(e.Created), "updated_at": stamp(e.Created),
		"source": obj{"type": "issue", "issue": c.showIssue(e.Source)},
	}
}

func (c *call) pullAPI(p *Pull) string {
	return c.repoAPI(p.Issue.Repo) + "/pulls/" + itoa(int64(p.Issue.Number))
}

// showPull is a pull request as lists show it.
func (c *call) showPull(i *Issue) obj {
	p := i.Pull
	api, web := c.pullAPI(p), c.issueWeb(i)
	var after any
	if p.MergeSHA != "" {
		after = p.MergeSHA
	}
	side := func(r *Repo, ref, sha string) obj {
		o := obj{"label": r.Owner.Login + ":" + ref, "ref": ref, "sha": sha, "user": c.showUser(r.Owner), "repo": c.showRepo(r)}
		return o
	}
	href := func(s string) obj { return obj{"href": s} }
	return obj{
		"url": api, "id": i.ID, "node_id": i.Node, "html_url": web, "diff_url": web + ".diff", "patch_url": web + ".patch", "issue_url": c.issueAPI(i),
		"commits_url": api + "/commits", "review_comments_url": api + "/comments", "review_comment_url": c.repoAPI(i.Repo) + "/pulls/comments{/number}",
		"comments_url": c.issueAPI(i) + "/comments", "statuses_url": c.repoAPI(i.Repo) + "/statuses/" + p.HeadSHA, "number": i.Number, "state": i.State,
		"locked": i.Locked, "active_lock_reason": orNull(i.LockReason), "title": i.Title, "user": c.userOrNull(i.Author), "body": orNull(i.Body),
		"labels": each(i.Labels, c.showLabel), "milestone": c.showMilestone(i.Milestone), "created_at": stamp(i.Created), "updated_at": stamp(i.Updated),
		"closed_at": stampOrNull(i.Closed), "merged_at": stampOrNull(p.MergedAt), "merge_commit_sha": after, "assignee": c.assignee(i),
		"assignees": each(i.Assignees, c.showUser), "requested_reviewers": each(p.Reviewers, c.showUser), "requested_teams": each(p.Teams, c.showTeam),
		"head": side(p.HeadRepo, p.Head, p.HeadSHA), "base": side(i.Repo, p.Base, p.target()), "draft": p.Draft,
		"author_association": c.h.association(i.Author, i.Repo), "auto_merge": c.showAuto(p),
		"_links": obj{
			"self": href(api), "html": href(web), "issue": href(c.issueAPI(i)), "comments": href(c.issueAPI(i) + "/comments"),
			"review_comments": href(api + "/comments"), "review_comment": href(c.repoAPI(i.Repo) + "/pulls/comments{/number}"),
			"commits": href(api + "/commits"), "statuses": href(c.repoAPI(i.Repo) + "/statuses/" + p.HeadSHA),
		},
	}
}

func (c *call) showAuto(p *Pull) any {
	if p.Auto == nil {
		return nil
	}
	return obj{"enabled_by": c.showUser(p.Auto.By), "merge_method": strings.ToLower(p.Auto.Method), "commit_title": p.Auto.Title, "commit_message": p.Auto.Message}
}

func (c *call) showFullPull(i *Issue) obj {
	o := c.showPull(i)
	p := i.Pull
	added, removed := 0, 0
	changes := p.Changes()
	for _, ch := range changes {
		added, removed = added+ch.Additions, removed+ch.Deletions
	}
	var mergeable any
	if i.State == "open" {
		mergeable = !p.conflicted()
	}
	return merge(o, obj{
		"merged": p.Merged, "mergeable": mergeable, "rebaseable": mergeable, "mergeable_state": p.state(), "merged_by": c.userOrNull(p.MergedBy),
		"comments": len(i.Comments), "review_comments": len(p.comments(c.user)), "maintainer_can_modify": p.Maintain && p.HeadRepo != i.Repo,
		"commits": len(p.Commits()), "additions": added, "deletions": removed, "changed_files": len(changes),
	})
}

func (c *call) showReview(v *Review) obj {
	web := c.issueWeb(v.Pull.Issue) + "#pullrequestreview-" + itoa(v.ID)
	o := obj{
		"id": v.ID, "node_id": v.Node, "user": c.userOrNull(v.Author), "body": v.Body, "state": v.State, "html_url": web,
		"pull_request_url": c.pullAPI(v.Pull), "author_association": c.h.association(v.Author, v.Pull.Issue.Repo), "commit_id": orNull(v.Commit),
		"_links": obj{"html": obj{"href": web}, "pull_request": obj{"href": c.pullAPI(v.Pull)}},
	}
	if !v.Submitted.IsZero() {
		o["submitted_at"] = stamp(v.Submitted)
	}
	return o
}

func (c *call) showReviewComment(m *ReviewComment) obj {
	t := m.Thread
	i := t.Pull.Issue
	api := c.repoAPI(i.Repo) + "/pulls/comments/" + itoa(m.ID)
	web := c.issueWeb(i) + "#discussion_r" + itoa(m.ID)
	o := obj{
		"url": api, "id": m.ID, "node_id": m.Node, "diff_hunk": t.Pull.hunk(t.Path, t.Line, t.Side), "path": t.Path, "commit_id": m.Commit,
		"original_commit_id": m.Commit, "user": c.userOrNull(m.Author), "body": m.Body, "created_at": stamp(m.Created), "updated_at": stamp(m.Updated),
		"html_url": web, "pull_request_url": c.pullAPI(t.Pull), "author_association": c.h.association(m.Author, i.Repo), "subject_type": t.Subject,
		"_links":    obj{"self": obj{"href": api}, "html": obj{"href": web}, "pull_request": obj{"href": c.pullAPI(t.Pull)}},
		"reactions": c.showReactions(m.Reactions, api), "side": t.Side, "pull_request_review_id": nil,
	}
	if m.Review != nil {
		o["pull_request_review_id"] = m.Review.ID
	}
	if m.ReplyTo != 0 {
		o["in_reply_to_id"] = m.ReplyTo
	}
	if t.Subject == "line" {
		o["line"], o["original_line"] = t.Line, t.Line
		if t.StartLine > 0 {
			o["start_line"], o["original_start_line"], o["start_side"] = t.StartLine, t.StartLine, t.Side
		}
	}
	return o
}

func (c *call) showTeam(t *Team) obj {
	api := c.api + "/organizations/" + itoa(t.Org.ID) + "/team/" + itoa(t.ID)
	return obj{
		"id": t.ID, "node_id": t.Node, "name": t.Name, "slug": t.Slug, "description": orNull(t.Description), "privacy": t.Privacy,
		"notification_setting": "notifications_enabled", "permission": "pull", "url": api, "html_url": c.web + "/orgs/" + t.Org.Login + "/teams/" + t.Slug,
		"members_url": api + "/members{/member}", "repositories_url": api + "/repos", "parent": nil, "type": "organization", "organization_id": t.Org.ID,
	}
}
