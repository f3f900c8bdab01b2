package fake

import (
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gql"
)

func (c *call) pullMutations() fields {
	return fields{
		"createPullRequest": on(c.mCreatePull), "updatePullRequest": on(c.mUpdatePull), "closePullRequest": on(c.mClosePull), "reopenPullRequest": on(c.mReopenPull),
		"mergePullRequest": on(c.mMerge), "updatePullRequestBranch": on(c.mUpdateBranch),
		"markPullRequestReadyForReview": on(func(in arg) (any, error) { return c.mDraft(in, false) }),
		"convertPullRequestToDraft":     on(func(in arg) (any, error) { return c.mDraft(in, true) }),
		"enablePullRequestAutoMerge":    on(c.mEnableAuto), "disablePullRequestAutoMerge": on(c.mDisableAuto),
		"enqueuePullRequest":   on(c.mEnqueue),
		"addPullRequestReview": on(c.mAddReview), "submitPullRequestReview": on(c.mSubmit), "deletePullRequestReview": on(c.mDeleteReview),
		"addPullRequestReviewThread": on(c.mAddThread), "addPullRequestReviewThreadReply": on(c.mReply),
		"resolveReviewThread":   on(func(in arg) (any, error) { return c.mResolve(in, true) }),
		"unresolveReviewThread": on(func(in arg) (any, error) { return c.mResolve(in, false) }),
		"requestReviews":        on(c.mRequest),
	}
}

// pullFor finds a pull request that the caller may act on.
func (c *call) pullFor(id, level string) (*Pull, error) {
	i, err := c.issueFor(id, level)
	if err != nil {
		return nil, err
	}
	if i.Pull == nil {
		return nil, gql.NotFound("Could not resolve to a node with the global id of '%s'", id)
	}
	return i.Pull, nil
}

func (c *call) mCreatePull(in arg) (any, error) {
	r, err := the(c, in.String("repositoryId"), ofRepo)
	if err != nil {
		return nil, err
	}
	if err := c.allowed(r, "pull_requests:write", "read"); err != nil {
		return nil, err
	}
	from, head := r, strings.TrimPrefix(in.String("headRefName"), "refs/heads/")
	if other, err := the(c, in.String("headRepositoryId"), ofRepo); err == nil {
		from = other
	}
	base, tip := r.Tip(in.String("baseRefName")), from.Tip(head)
	if base == nil || tip == nil || len(r.Git.Between(base.SHA, tip.SHA)) == 0 {
		return nil, gql.Refused("Head sha can't be blank, Base sha can't be blank, No commits between %s and %s", in.String("baseRefName"), head)
	}
	i := r.AddPull(PullOptions{
		Author: c.actor(), Title: in.String("title"), Body: in.String("body"), Head: head, HeadRepo: from, Base: in.String("baseRefName"), Draft: in.Bool("draft"),
	})
	return payload(fields{"pullRequest": c.gIssue(i)})
}

func (c *call) mUpdatePull(in arg) (any, error) {
	p, err := c.pullFor(in.String("pullRequestId"), "triage")
	if err != nil {
		return nil, err
	}
	i := p.Issue
	i.Title, i.Body, p.Base = first(in.String("title"), i.Title), first(in.String("body"), i.Body), first(in.String("baseRefName"), p.Base)
	c.edit(i, in)
	switch in.String("state") {
	case "CLOSED":
		i.Close(c.actor(), "")
	case "OPEN":
		i.Reopen(c.actor())
	}
	return payload(fields{"pullRequest": c.gIssue(i)})
}

func (c *call) mClosePull(in arg) (any, error) {
	p, err := c.pullFor(in.String("pullRequestId"), "triage")
	if err != nil {
		return nil, err
	}
	p.Issue.Close(c.actor(), "")
	return payload(fields{"pullRequest": c.gIssue(p.Issue)})
}

func (c *call) mReopenPull(in arg) (any, error) {
	p, err := c.pullFor(in.String("pullRequestId"), "triage")
	if err != nil {
		return nil, err
	}
	if p.Merged {
		return nil, gql.Refused("The pull request cannot be reopened.")
	}
	p.Issue.Reopen(c.actor())
	return payload(fields{"pullRequest": c.gIssue(p.Issue)})
}

func (c *call) mMerge(in arg) (any, error) {
	p, err := c.pullFor(in.String("pullRequestId"), "write")
	if err != nil {
		return nil, err
	}
	method := strings.ToLower(first(in.String("mergeMethod"), "MERGE"))
	if status, why := p.merge(c.actor(), method, in.String("commitHeadline"), in.String("commitBody"), in.String("expectedHeadOid")); status != 200 {
		return nil, gql.Refused("%s", why)
	}
	return payload(fields{"pullRequest": c.gIssue(p.Issue), "actor": c.gUser(c.actor())})
}

func (c *call) mUpdateBranch(in arg) (any, error) {
	p, err := c.pullFor(in.String("pullRequestId"), "write")
	if err != nil {
		return nil, err
	}
	if status, why := p.update(c.actor(), in.String("expectedHeadOid")); status != 0 {
		return nil, gql.Refused("%s", why)
	}
	return payload(fields{"pullRequest": c.gIssue(p.Issue)})
}

func (c *call) mDraft(in arg, draft bool) (any, error) {
	p, err := c.pullFor(in.String("pullRequestId"), "triage")
	if err != nil {
		return nil, err
	}
	p.Draft = draft
	kind := map[bool]string{true: "convert_to_draft", false: "ready_for_review"}[draft]
	p.Issue.event(kind, c.actor())
	return payload(fields{"pullRequest": c.gIssue(p.Issue)})
}

func (c *call) mEnableAuto(in arg) (any, error) {
	p, err := c.pullFor(in.String("pullRequestId"), "write")
	switch {
	case err != nil:
		return nil, err
	case !p.Issue.Repo.AutoMerge:
		return nil, gql.Refused("Pull request Auto merge is not allowed for this repository")
	case p.Issue.State != "open" || p.Draft:
		return nil, gql.Refused("Pull request is in draft state or not open")
	case p.state() == "clean":
		return nil, gql.Refused("Pull request Pull request is in clean status")
	case in.Has("expectedHeadOid") && in.String("expectedHeadOid") != p.HeadSHA:
		return nil, &gql.Error{Type: "STALE_DATA", Message: "Head branch was modified. Review and try again."}
	}
	p.Auto = &AutoMerge{
		By: c.actor(), At: c.h.now(), Method: strings.ToLower(first(in.String("mergeMethod"), "MERGE")), Title: in.String("commitHeadline"), Message: in.String("commitBody"),
	}
	return payload(fields{"pullRequest": c.gIssue(p.Issue), "actor": c.gUser(c.actor())})
}

func (c *call) mDisableAuto(in arg) (any, error) {
	p, err := c.pullFor(in.String("pullRequestId"), "write")
	if err != nil {
		return nil, err
	}
	if p.Auto == nil {
		return nil, gql.Refused("Can't disable auto-merge for this pull request.")
	}
	p.Auto = nil
	return payload(fields{"pullRequest": c.gIssue(p.Issue), "actor": c.gUser(c.actor())})
}

func (c *call) mEnqueue(in arg) (any, error) {
	p, err := c.pullFor(in.String("pullRequestId"), "write")
	if err != nil {
		return nil, err
	}
	return payload(fields{"mergeQueueEntry": &object{Type: "MergeQueueEntry", Fields: fields{
		"id": "MQE_" + p.Node, "position": 1, "state": "QUEUED", "enqueuedAt": stamp(c.h.now()), "estimatedTimeToMerge": nil, "jump": false, "solo": false,
		"pullRequest": c.gIssue(p.Issue), "enqueuer": c.gUser(c.actor()),
	}}})
}

func (c *call) mAddReview(in arg) (any, error) {
	p, err := c.pullFor(in.String("pullRequestId"), "read")
	if err != nil {
		return nil, err
	}
	threads := in.List("threads")
	if why := p.refuses(c.actor(), in.String("event"), in.String("body"), len(threads)); why != "" {
		return nil, gql.Refused("%s", why)
	}
	if p.pending(c.actor()) != nil {
		return nil, gql.Refused("User can only have one pending review per pull request")
	}
	for _, t := range threads {
		if why := p.place(&lineIn{Path: t.String("path"), Line: t.Int("line"), Side: t.String("side")}); why != "" {
			return nil, gql.Refused("%s", why)
		}
	}
	v := p.AddReview(c.actor(), states[in.String("event")], in.String("body"))
	v.Commit = first(in.String("commitOID"), v.Commit)
	for _, t := range threads {
		v.AddThread(t.String("path"), t.Int("line"), t.String("side"), t.String("body")).StartLine = t.Int("startLine")
	}
	return payload(fields{"pullRequestReview": c.gReview(v)})
}

// pendingFor finds the pending review of an input: by its ID or by that of the
// pull request.
func (c *call) pendingFor(in arg) (*Review, error) {
	if id := in.String("pullRequestReviewId"); id != "" {
		v, err := the(c, id, func(v *Review) *Repo { return v.Pull.Issue.Repo })
		if err != nil {
			return nil, err
		}
		if v.Author != c.user || v.State != "PENDING" {
			return nil, gql.Refused("The review is not pending")
		}
		return v, nil
	}
	p, err := c.pullFor(in.String("pullRequestId"), "read")
	if err != nil {
		return nil, err
	}
	return p.pending(c.actor()), nil
}

func (c *call) mSubmit(in arg) (any, error) {
	v, err := c.pendingFor(in)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, gql.Refused("Could not find a pending review")
	}
	if why := v.Pull.refuses(v.Author, in.String("event"), first(in.String("body"), v.Body), v.size()); why != "" {
		return nil, gql.Refused("%s", why)
	}
	v.submit(in.String("event"), in.String("body"))
	return payload(fields{"pullRequestReview": c.gReview(v)})
}

func (c *call) mDeleteReview(in arg) (any, error) {
	v, err := c.pendingFor(in)
	if err != nil {
		return nil, err
	}
	o := c.gReview(v)
	v.remove()
	return payload(fields{"pullRequestReview": o})
}

func (c *call) mAddThread(in arg) (any, error) {
	v, err := c.pendingFor(in)
	if err != nil {
		return nil, err
	}
	if v == nil {
		p, err := c.pullFor(in.String("pullRequestId"), "read")
		if err != nil {
			return nil, err
		}
		v = p.AddReview(c.actor(), "PENDING", "")
	}
	line := lineIn{Path: in.String("path"), Line: in.Int("line"), Side: in.String("side"), Subject: strings.ToLower(in.String("subjectType"))}
	if why := v.Pull.place(&line); why != "" {
		return nil, gql.Refused("%s", why)
	}
	t := v.AddThread(line.Path, line.Line, line.Side, in.String("body"))
	t.StartLine = in.Int("startLine")
	return payload(fields{"thread": c.gThread(t)})
}

func (c *call) threadFor(id string, level string) (*ReviewThread, error) {
	t, err := the(c, id, func(t *ReviewThread) *Repo { return t.Pull.Issue.Repo })
	if err != nil {
		return nil, err
	}
	if t.Pull.Issue.Author == c.user {
		level = "read"
	}
	return t, c.allowed(t.Pull.Issue.Repo, "pull_requests:write", level)
}

func (c *call) mReply(in arg) (any, error) {
	t, err := c.threadFor(in.String("pullRequestReviewThreadId"), "read")
	if err != nil {
		return nil, err
	}
	v := t.Pull.pending(c.actor())
	if v == nil {
		v = t.Pull.AddReview(c.actor(), "COMMENTED", "")
	}
	return payload(fields{"comment": c.gReviewComment(t.AddComment(v, c.actor(), in.String("body")))})
}

func (c *call) mResolve(in arg, on bool) (any, error) {
	t, err := c.threadFor(in.String("threadId"), "write")
	if err != nil {
		return nil, err
	}
	t.Resolved, t.ResolvedBy = on, nil
	if on {
		t.ResolvedBy = c.user
	}
	return payload(fields{"thread": c.gThread(t)})
}

func (c *call) mRequest(in arg) (any, error) {
	p, err := c.pullFor(in.String("pullRequestId"), "triage")
	if err != nil {
		return nil, err
	}
	users := c.usersByID(append(in.Strings("userIds"), in.Strings("botIds")...))
	if in.Bool("union") {
		users = append(users, p.Reviewers...)
	}
	p.Reviewers = users
	return payload(fields{"pullRequest": c.gIssue(p.Issue), "actor": c.gUser(c.actor())})
}
