package fake

import (
	"net/http"
	"slices"
)

func reviewRoutes() []*route {
	const one = "/repos/{owner}/{repo}/pulls/{number}"
	return []*route{
		get(one+"/reviews", "pull_requests:read", (*call).listReviews),
		change("POST", one+"/reviews", "pull_requests:write", "read", (*call).postReview),
		get(one+"/reviews/{id}", "pull_requests:read", (*call).getReview),
		change("PUT", one+"/reviews/{id}", "pull_requests:write", "read", (*call).putReview),
		change("DELETE", one+"/reviews/{id}", "pull_requests:write", "read", (*call).deleteReview),
		get(one+"/reviews/{id}/comments", "pull_requests:read", (*call).commentsOfReview),
		change("POST", one+"/reviews/{id}/events", "pull_requests:write", "read", (*call).submitReview),
		change("PUT", one+"/reviews/{id}/dismissals", "pull_requests:write", "write", (*call).dismissReview),
		get(one+"/comments", "pull_requests:read", (*call).reviewComments),
		change("POST", one+"/comments", "pull_requests:write", "read", (*call).postReviewComment),
		change("POST", one+"/comments/{id}/replies", "pull_requests:write", "read", (*call).reply),
		get("/repos/{owner}/{repo}/pulls/comments/{id}", "pull_requests:read", (*call).getReviewComment),
		change("PATCH", "/repos/{owner}/{repo}/pulls/comments/{id}", "pull_requests:write", "read", (*call).patchReviewComment),
		change("DELETE", "/repos/{owner}/{repo}/pulls/comments/{id}", "pull_requests:write", "read", (*call).deleteReviewComment),
		change("POST", "/repos/{owner}/{repo}/pulls/comments/{id}/reactions", "pull_requests:write", "read", (*call).reactToReviewComment),
	}
}

func (c *call) listReviews() {
	if i := c.pull(); i != nil {
		list(c, keep(i.Pull.Reviews, func(v *Review) bool { return v.State != "PENDING" || v.Author == c.user }), c.showReview)
	}
}

func (c *call) review() *Review {
	i := c.pull()
	if i == nil {
		return nil
	}
	at := slices.IndexFunc(i.Pull.Reviews, func(v *Review) bool { return v.ID == c.number("id") && (v.State != "PENDING" || v.Author == c.user) })
	if at < 0 {
		c.notFound()
		return nil
	}
	return i.Pull.Reviews[at]
}

// lineIn is a comment on a line as REST takes it.
type lineIn struct {
	Path      string `json:"path"`
	Body      string `json:"body"`
	Commit    string `json:"commit_id"`
	Line      int    `json:"line"`
	Side      string `json:"side"`
	StartLine int    `json:"start_line"`
	Position  int    `json:"position"`
	Subject   string `json:"subject_type"`
	ReplyTo   int64  `json:"in_reply_to"`
}

// states are those of a review by the event that ends it.
var states = map[string]string{"": "PENDING", "APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}

// refuses says what is wrong with a review by a user, or "".
func (p *Pull) refuses(by *User, event, body string, comments int) string {
	switch {
	case states[event] == "":
		return "Variable $event was provided invalid value"
	case event == "APPROVE" && by == p.Issue.Author:
		return "Can not approve your own pull request"
	case event == "REQUEST_CHANGES" && by == p.Issue.Author:
		return "Can not request changes on your own pull request"
	case event == "REQUEST_CHANGES" && body == "" && comments == 0, event == "COMMENT" && body == "" && comments == 0:
		return "Review body can't be blank"
	}
	return ""
}

// simple answers 422 with errors that are texts.
func (c *call) simple(errors ...string) {
	c.send(http.StatusUnprocessableEntity, obj{"message": "Unprocessable Entity", "errors": errors, "documentation_url": docs, "status": "422"})
}

func (p *Pull) pending(by *User) *Review {
	i := slices.IndexFunc(p.Reviews, func(v *Review) bool { return v.State == "PENDING" && v.Author == by })
	if i < 0 {
		return nil
	}
	return p.Reviews[i]
}

// place says what is wrong with where a comment is to be, or "".
func (p *Pull) place(in *lineIn) string {
	switch {
	case !p.touches(in.Path):
		return "Path could not be resolved"
	case in.Subject == "file" || in.Position > 0:
		return ""
	case in.Line == 0 || p.hunk(in.Path, in.Line, first(in.Side, "RIGHT")) == "":
		return "Line could not be resolved"
	}
	return ""
}

func (c *call) postReview() {
	i := c.pull()
	var in struct {
		Commit   string `json:"commit_id"`
		Body     string
		Event    string
		Comments []lineIn
	}
	if i == nil || !c.read(&in) {
		return
	}
	p := i.Pull
	if why := p.refuses(c.actor(), in.Event, in.Body, len(in.Comments)); why != "" {
		c.simple(why)
		return
	}
	if p.pending(c.actor()) != nil {
		c.simple("User can only have one pending review per pull request")
		return
	}
	for _, m := range in.Comments {
		if why := p.place(&m); why != "" {
			c.simple(why)
			return
		}
	}
	v := p.AddReview(c.actor(), states[in.Event], in.Body)
	v.Commit = first(in.Commit, v.Commit)
	for _, m := range in.Comments {
		v.AddThread(m.Path, m.Line, m.Side, m.Body).StartLine = m.StartLine
	}
	c.send(http.StatusOK, c.showReview(v))
}

func (c *call) getReview() {
	if v := c.review(); v != nil {
		c.send(http.StatusOK, c.showReview(v))
	}
}

func (c *call) putReview() {
	v := c.review()
	var in bodyIn
	if v != nil && c.read(&in) {
		v.Body = in.Body
		c.send(http.StatusOK, c.showReview(v))
	}
}

func (c *call) deleteReview() {
	v := c.review()
	switch {
	case v == nil:
	case v.State != "PENDING":
		c.simple("Can not delete a non-pending pull request review")
	default:
		o := c.showReview(v)
		v.remove()
		c.send(http.StatusOK, o)
	}
}

// remove takes a review away, and its comments.
func (v *Review) remove() {
	p := v.Pull
	p.Reviews = slices.DeleteFunc(slices.Clone(p.Reviews), func(o *Review) bool { return o == v })
	delete(p.Issue.Repo.hub.nodes, v.Node)
	for _, t := range p.Threads {
		t.Comments = slices.DeleteFunc(slices.Clone(t.Comments), func(m *ReviewComment) bool { return m.Review == v })
	}
	p.Threads = slices.DeleteFunc(slices.Clone(p.Threads), func(t *ReviewThread) bool { return len(t.Comments) == 0 })
}

func (c *call) commentsOfReview() {
	if v := c.review(); v != nil {
		all := keep(v.Pull.comments(c.user), func(m *ReviewComment) bool { return m.Review == v })
		list(c, all, func(m *ReviewComment) obj {
			return merge(c.showReviewComment(m), obj{"position": m.Thread.Line, "original_position": m.Thread.Line})
		})
	}
}

// submit ends a pending review.
func (v *Review) submit(event, body string) {
	v.State = states[event]
	if body != "" {
		v.Body = body
	}
	v.Submitted = v.Pull.Issue.Repo.hub.now()
	v.Pull.Issue.Updated = v.Submitted
}

func (v *Review) size() int {
	n := 0
	for _, m := range v.Pull.comments(v.Author) {
		if m.Review == v {
			n++
		}
	}
	return n
}

func (c *call) submitReview() {
	v := c.review()
	var in struct{ Event, Body string }
	if v == nil || !c.read(&in) {
		return
	}
	if v.State != "PENDING" {
		c.simple("Can not submit a review that is not pending")
		return
	}
	if why := v.Pull.refuses(v.Author, in.Event, first(in.Body, v.Body), v.size()); why != "" || in.Event == "" {
		c.simple(first(why, "Event is missing"))
		return
	}
	v.submit(in.Event, in.Body)
	c.send(http.StatusOK, c.showReview(v))
}

func (c *call) dismissReview() {
	v := c.review()
	var in struct{ Message string }
	if v == nil || !c.read(&in) {
		return
	}
	if in.Message == "" || v.State != "APPROVED" && v.State != "CHANGES_REQUESTED" {
		c.simple("Can not dismiss a " + v.State + " pull request review")
		return
	}
	v.State = "DISMISSED"
	c.send(http.StatusOK, c.showReview(v))
}

func (c *call) reviewComments() {
	if i := c.pull(); i != nil {
		all := keep(i.Pull.comments(c.user), func(m *ReviewComment) bool { return m.Review == nil || m.Review.State != "PENDING" })
		if c.q.Get("direction") == "desc" {
			slices.Reverse(all)
		}
		list(c, keep(all, func(m *ReviewComment) bool { return !m.Updated.Before(since(c)) }), c.showReviewComment)
	}
}

func (c *call) postReviewComment() {
	i := c.pull()
	var in lineIn
	if i == nil || !c.read(&in) || c.missing("PullRequestReviewComment", map[string]bool{"body": in.Body != ""}) {
		return
	}
	if in.ReplyTo != 0 {
		c.replyTo(i, in.ReplyTo, in.Body)
		return
	}
	if c.missing("PullRequestReviewComment", map[string]bool{"commit_id": in.Commit != "", "path": in.Path != ""}) {
		return
	}
	if why := i.Pull.place(&in); why != "" {
		c.invalid(problem{Resource: "PullRequestReviewComment", Field: "line", Code: "custom", Message: why})
		return
	}
	v := i.Pull.AddReview(c.actor(), "COMMENTED", "")
	t := v.AddThread(in.Path, in.Line, in.Side, in.Body)
	t.StartLine = in.StartLine
	o := c.showReviewComment(t.Comments[0])
	c.created(o["url"].(string), o)
}

func (c *call) reply() {
	i := c.pull()
	var in bodyIn
	if i == nil || !c.read(&in) || c.missing("PullRequestReviewComment", map[string]bool{"body": in.Body != ""}) {
		return
	}
	c.replyTo(i, c.number("id"), in.Body)
}

func (c *call) replyTo(i *Issue, id int64, body string) {
	for _, t := range i.Pull.Threads {
		if len(t.Comments) > 0 && t.Comments[0].ID == id {
			o := c.showReviewComment(t.AddComment(i.Pull.AddReview(c.actor(), "COMMENTED", ""), c.actor(), body))
			c.created(o["url"].(string), o)
			return
		}
	}
	c.notFound()
}

func (c *call) reviewComment(change bool) *ReviewComment {
	for _, i := range c.repo.Issues {
		if i.Pull == nil {
			continue
		}
		for _, m := range i.Pull.comments(c.user) {
			if m.ID != c.number("id") {
				continue
			}
			if change && m.Author != c.user && !c.may(c.repo, "write") {
				c.fail(http.StatusForbidden, "Must have push access to repository")
				return nil
			}
			return m
		}
	}
	c.notFound()
	return nil
}

func (c *call) getReviewComment() {
	if m := c.reviewComment(false); m != nil {
		c.send(http.StatusOK, c.showReviewComment(m))
	}
}

func (c *call) patchReviewComment() {
	m := c.reviewComment(true)
	var in bodyIn
	if m != nil && c.read(&in) {
		m.Body, m.Updated = in.Body, c.h.now()
		c.send(http.StatusOK, c.showReviewComment(m))
	}
}

func (c *call) deleteReviewComment() {
	if m := c.reviewComment(true); m != nil {
		t := m.Thread
		t.Comments = slices.DeleteFunc(slices.Clone(t.Comments), func(o *ReviewComment) bool { return o == m })
		t.Pull.Threads = slices.DeleteFunc(slices.Clone(t.Pull.Threads), func(o *ReviewThread) bool { return len(o.Comments) == 0 })
		delete(c.h.nodes, m.Node)
		c.empty(http.StatusNoContent)
	}
}

func (c *call) reactToReviewComment() {
	if m := c.reviewComment(false); m != nil {
		c.react(&m.Reactions)
	}
}
