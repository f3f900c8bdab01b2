package fake

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func issueRoutes() []*route {
	const one = "/repos/{owner}/{repo}/issues/{number}"
	return []*route{
		get("/issues", "issues:read", (*call).myIssues),
		get("/repos/{owner}/{repo}/issues", "issues:read", (*call).listIssues),
		change("POST", "/repos/{owner}/{repo}/issues", "issues:write", "read", (*call).postIssue),
		get("/repos/{owner}/{repo}/issues/comments", "issues:read", (*call).allComments),
		get("/repos/{owner}/{repo}/issues/comments/{id}", "issues:read", (*call).getComment),
		change("PATCH", "/repos/{owner}/{repo}/issues/comments/{id}", "issues:write", "read", (*call).patchComment),
		change("DELETE", "/repos/{owner}/{repo}/issues/comments/{id}", "issues:write", "read", (*call).deleteComment),
		change("POST", "/repos/{owner}/{repo}/issues/comments/{id}/reactions", "issues:write", "read", (*call).reactToComment),
		get("/repos/{owner}/{repo}/issues/events", "issues:read", func(c *call) {
			list(c, reversed(c.repo.Events), func(e *Event) obj { return merge(c.showEvent(e), obj{"issue": c.showIssue(e.Issue)}) })
		}),
		get(one, "issues:read", (*call).getIssue),
		change("PATCH", one, "issues:write", "read", (*call).patchIssue),
		get(one+"/comments", "issues:read", (*call).listComments),
		change("POST", one+"/comments", "issues:write", "read", (*call).postComment),
		get(one+"/events", "issues:read", (*call).listEvents),
		get(one+"/timeline", "issues:read", (*call).timeline),
		change("PUT", one+"/lock", "issues:write", "triage", (*call).lock),
		change("DELETE", one+"/lock", "issues:write", "triage", (*call).unlock),
		get(one+"/reactions", "issues:read", (*call).listReactions),
		change("POST", one+"/reactions", "issues:write", "read", (*call).reactToIssue),
	}
}

// issue finds the one that the path names.
func (c *call) issue() *Issue {
	i := c.repo.Issues[int(c.number("number"))]
	if i == nil || i.Pull == nil && !c.repo.HasIssues {
		if !c.repo.HasIssues {
			c.fail(http.StatusGone, "Issues has been disabled in this repository.")
			return nil
		}
		c.notFound()
		return nil
	}
	return i
}

func (c *call) getIssue() {
	if i := c.issue(); i != nil {
		c.send(http.StatusOK, c.showIssue(i))
	}
}

// filterIssues applies what the queries of lists of issues have in common.
func (c *call) filterIssues(all []*Issue) []*Issue {
	q := c.q
	state := first(q.Get("state"), "open")
	var labels []string
	if q.Get("labels") != "" {
		labels = strings.Split(q.Get("labels"), ",")
	}
	out := keep(all, func(i *Issue) bool {
		has := func(name string) bool {
			return slices.ContainsFunc(i.Labels, func(l *Label) bool { return strings.EqualFold(l.Name, strings.TrimSpace(name)) })
		}
		named := func(list []*User, login string) bool {
			return login == "*" && len(list) > 0 || login == "none" && len(list) == 0 ||
				slices.ContainsFunc(list, func(u *User) bool { return strings.EqualFold(u.Login, login) })
		}
		return (state == "all" || i.State == state) &&
			(q.Get("creator") == "" || named([]*User{i.Author}, q.Get("creator"))) &&
			(q.Get("assignee") == "" || named(i.Assignees, q.Get("assignee"))) &&
			(q.Get("mentioned") == "" || mentioned(i.Body, q.Get("mentioned"))) &&
			!slices.ContainsFunc(labels, func(n string) bool { return !has(n) }) &&
			!i.Updated.Before(since(c)) && i.fitsMilestone(q.Get("milestone")) && i.fitsType(q.Get("type"))
	})
	sortIssues(out, q.Get("sort"), q.Get("direction"))
	return out
}

func (i *Issue) fitsMilestone(want string) bool {
	switch want {
	case "":
		return true
	case "none":
		return i.Milestone == nil
	case "*":
		return i.Milestone != nil
	}
	return i.Milestone != nil && strconv.Itoa(i.Milestone.Number) == want
}

func (i *Issue) fitsType(want string) bool {
	switch want {
	case "":
		return true
	case "none":
		return i.Type == nil
	case "*":
		return i.Type != nil
	}
	return i.Type != nil && strings.EqualFold(i.Type.Name, want)
}

func (c *call) listIssues() { list(c, c.filterIssues(c.repo.issues()), c.showIssue) }

func (c *call) myIssues() {
	var mine []*Issue
	for _, r := range c.repos(nil) {
		mine = append(mine, keep(r.issues(), func(i *Issue) bool {
			switch first(c.q.Get("filter"), "assigned") {
			case "assigned":
				return slices.Contains(i.Assignees, c.user)
			case "created":
				return i.Author == c.user
			case "mentioned":
				return mentioned(i.Body, c.user.Login)
			}
			return slices.Contains(i.Assignees, c.user) || i.Author == c.user
		})...)
	}
	list(c, c.filterIssues(mine), func(i *Issue) obj { return merge(c.showIssue(i), obj{"repository": c.showRepo(i.Repo)}) })
}

type issueIn struct {
	Title     *string         `json:"title"`
	Body      *string         `json:"body"`
	State     *string         `json:"state"`
	Reason    *string         `json:"state_reason"`
	Duplicate int64           `json:"duplicate_issue_id"`
	Milestone json.RawMessage `json:"milestone"`
	Labels    *[]labelIn      `json:"labels"`
	Assignees *[]string       `json:"assignees"`
	Assignee  *string         `json:"assignee"`
	Type      json.RawMessage `json:"type"`
}

// labelIn is a label by its name alone, or as an object.
type labelIn struct{ name string }

func (l *labelIn) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &l.name) == nil {
		return nil
	}
	var o struct{ Name string }
	err := json.Unmarshal(b, &o)
	l.name = o.Name
	return err
}

// labelsOf finds labels by name, and makes those that are new.
func (c *call) labelsOf(names []labelIn) []*Label {
	var out []*Label
	for _, n := range names {
		l := c.repo.label(n.name)
		if l == nil {
			l = c.repo.AddLabel(n.name, "ededed", "")
		}
		out = append(out, l)
	}
	return out
}

// usersOf finds users who may be assigned in the repository, or answers.
func (c *call) usersOf(logins []string) ([]*User, bool) {
	var out []*User
	for _, login := range logins {
		u := c.h.users[strings.ToLower(login)]
		if u == nil || !slices.Contains(c.h.pushers(c.repo, "read"), u) {
			c.invalid(problem{Resource: "Issue", Field: "assignees", Code: "invalid", Message: login + " cannot be assigned to this issue"})
			return nil, false
		}
		out = append(out, u)
	}
	return out, true
}

func null(raw json.RawMessage) bool { return string(raw) == "null" }

// applyIssue changes an issue, or answers what is wrong. Whoever may not triage
// changes only what is in the text of their own.
func (c *call) applyIssue(in issueIn, i *Issue) bool {
	actor := c.actor()
	if len(in.Milestone) > 0 && !null(in.Milestone) && c.repo.milestone(number(strings.Trim(string(in.Milestone), `"`))) == nil {
		c.invalid(problem{Resource: "Issue", Field: "milestone", Code: "invalid"})
		return false
	}
	if in.Assignee != nil && *in.Assignee != "" && in.Assignees == nil {
		in.Assignees = &[]string{*in.Assignee}
	}
	if in.Assignees != nil {
		users, ok := c.usersOf(*in.Assignees)
		if !ok {
			return false
		}
		if c.may(c.repo, "triage") {
			i.setAssignees(users, actor)
		}
	}
	if !c.applyType(in.Type, i) {
		return false
	}
	if in.Title != nil && *in.Title != i.Title {
		e := i.event("renamed", actor)
		e.From, e.To = i.Title, *in.Title
		i.Title = *in.Title
	}
	set(&i.Body, in.Body)
	if c.may(c.repo, "triage") {
		if in.Labels != nil {
			i.setLabels(c.labelsOf(*in.Labels), actor)
		}
		if len(in.Milestone) > 0 {
			i.setMilestone(c.repo.milestone(number(strings.Trim(string(in.Milestone), `"`))), actor)
		}
	}
	if in.State != nil && *in.State == "closed" {
		reason := "completed"
		set(&reason, in.Reason)
		if i.State == "closed" {
			i.Reason = reason
		}
		i.Close(actor, reason)
	} else if in.State != nil {
		i.Reopen(actor)
	}
	return true
}

func (i *Issue) setMilestone(m *Milestone, actor *User) {
	if i.Milestone != nil && i.Milestone != m {
		i.event("demilestoned", actor).To = i.Milestone.Title
	}
	if m != nil && i.Milestone != m {
		i.event("milestoned", actor).To = m.Title
	}
	i.Milestone = m
}

func (c *call) applyType(raw json.RawMessage, i *Issue) bool {
	if len(raw) == 0 {
		return true
	}
	if null(raw) {
		i.Type = nil
		return true
	}
	var name string
	if json.Unmarshal(raw, &name) != nil {
		var o struct{ Name string }
		json.Unmarshal(raw, &o) //nolint:errcheck // then there is no such type
		name = o.Name
	}
	for _, t := range c.repo.Owner.Types {
		if strings.EqualFold(t.Name, name) {
			i.Type = t
			return true
		}
	}
	c.invalid(problem{Resource: "Issue", Field: "type", Code: "invalid", Message: "Issue type not found"})
	return false
}

func (c *call) postIssue() {
	var in issueIn
	if !c.repo.HasIssues {
		c.fail(http.StatusGone, "Issues has been disabled in this repository.")
		return
	}
	if !c.read(&in) || c.missing("Issue", map[string]bool{"title": in.Title != nil && *in.Title != ""}) {
		return
	}
	in.State = nil
	draft := &Issue{Repo: c.repo, Title: *in.Title, State: "open"}
	if len(in.Milestone) > 0 || in.Assignees != nil { // what may be wrong, before anything is made
		if !c.applyIssue(issueIn{Milestone: in.Milestone, Assignees: in.Assignees, Type: in.Type}, draft) {
			return
		}
	}
	i := c.repo.AddIssue(c.actor(), *in.Title, "")
	if !c.applyIssue(in, i) {
		return
	}
	c.created(c.issueAPI(i), c.showIssue(i))
}

func (c *call) patchIssue() {
	i := c.issue()
	var in issueIn
	if i == nil || !c.read(&in) {
		return
	}
	if i.Author != c.user && !c.may(c.repo, "triage") {
		c.fail(http.StatusForbidden, "Must have admin rights to Repository.")
		return
	}
	if in.Title != nil && *in.Title == "" {
		c.invalid(problem{Resource: "Issue", Field: "title", Code: "missing_field"})
		return
	}
	if c.applyIssue(in, i) {
		i.Updated = c.h.now()
		c.send(http.StatusOK, c.showIssue(i))
	}
}

func (c *call) listComments() {
	if i := c.issue(); i != nil {
		list(c, keep(i.Comments, func(m *Comment) bool { return !m.Updated.Before(since(c)) }), c.showComment)
	}
}

func (c *call) allComments() {
	var all []*Comment
	for _, i := range c.repo.issues() {
		all = append(all, i.Comments...)
	}
	slices.SortFunc(all, func(a, b *Comment) int { return int(a.ID - b.ID) })
	list(c, keep(all, func(m *Comment) bool { return !m.Updated.Before(since(c)) }), c.showComment)
}

type bodyIn struct {
	Body    string `json:"body"`
	Content string `json:"content"`
}

func (c *call) postComment() {
	i := c.issue()
	var in bodyIn
	if i == nil || !c.read(&in) || c.missing("IssueComment", map[string]bool{"body": in.Body != ""}) {
		return
	}
	if i.Locked && !c.may(c.repo, "write") {
		c.fail(http.StatusForbidden, "Unable to create comment because issue is locked.")
		return
	}
	m := i.AddComment(c.actor(), in.Body)
	c.created(c.repoAPI(c.repo)+"/issues/comments/"+itoa(m.ID), c.showComment(m))
}

// comment finds the one that the path names, for reading or for changing.
func (c *call) comment(change bool) *Comment {
	for _, i := range c.repo.Issues {
		for _, m := range i.Comments {
			if m.ID != c.number("id") {
				continue
			}
			if change && m.Author != c.user && !c.may(c.repo, "write") {
				c.fail(http.StatusForbidden, "Must have admin rights to Repository.")
				return nil
			}
			return m
		}
	}
	c.notFound()
	return nil
}

func (c *call) getComment() {
	if m := c.comment(false); m != nil {
		c.send(http.StatusOK, c.showComment(m))
	}
}

func (c *call) patchComment() {
	m := c.comment(true)
	var in bodyIn
	if m == nil || !c.read(&in) || c.missing("IssueComment", map[string]bool{"body": in.Body != ""}) {
		return
	}
	m.Body, m.Updated = in.Body, c.h.now()
	c.send(http.StatusOK, c.showComment(m))
}

func (c *call) deleteComment() {
	if m := c.comment(true); m != nil {
		m.Issue.Comments = slices.DeleteFunc(slices.Clone(m.Issue.Comments), func(o *Comment) bool { return o == m })
		delete(c.h.nodes, m.Node)
		c.empty(http.StatusNoContent)
	}
}

func (c *call) listEvents() {
	if i := c.issue(); i != nil {
		list(c, keep(i.Events, func(e *Event) bool { return e.Kind != "cross-referenced" }), c.showEvent)
	}
}

func (c *call) timeline() {
	i := c.issue()
	if i == nil {
		return
	}
	type entry struct {
		id   int64
		show obj
	}
	var all []entry
	for _, e := range i.Events {
		all = append(all, entry{e.ID, c.showTimeline(e)})
	}
	for _, m := range i.Comments {
		all = append(all, entry{m.ID, merge(c.showComment(m), obj{"event": "commented", "actor": c.userOrNull(m.Author)})})
	}
	slices.SortFunc(all, func(a, b entry) int { return int(a.id - b.id) })
	list(c, all, func(e entry) obj { return e.show })
}

func (c *call) lock() {
	i := c.issue()
	var in struct {
		Reason string `json:"lock_reason"`
	}
	if i == nil || !c.read(&in) {
		return
	}
	i.Locked, i.LockReason = true, in.Reason
	c.empty(http.StatusNoContent)
}

func (c *call) unlock() {
	if i := c.issue(); i != nil {
		i.Locked, i.LockReason = false, ""
		c.empty(http.StatusNoContent)
	}
}

func (c *call) listReactions() {
	if i := c.issue(); i != nil {
		list(c, i.Reactions, c.showReaction)
	}
}

// react answers with the reaction that the body asks for.
func (c *call) react(to *[]*Reaction) {
	var in bodyIn
	if !c.read(&in) {
		return
	}
	if !slices.Contains([]string{"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"}, in.Content) {
		c.invalid(problem{Resource: "Reaction", Field: "content", Code: "invalid"})
		return
	}
	r, added := react(c.h, to, c.actor(), in.Content)
	status := http.StatusOK
	if added {
		status = http.StatusCreated
	}
	c.send(status, c.showReaction(r))
}

func (c *call) reactToIssue() {
	if i := c.issue(); i != nil {
		c.react(&i.Reactions)
	}
}

func (c *call) reactToComment() {
	if m := c.comment(false); m != nil {
		c.react(&m.Reactions)
	}
}
