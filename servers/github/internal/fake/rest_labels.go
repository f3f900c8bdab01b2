package fake

import (
	"net/http"
	"slices"
	"time"
)

func labelRoutes() []*route {
	const issue = "/repos/{owner}/{repo}/issues/{number}"
	return []*route{
		get("/repos/{owner}/{repo}/labels", "issues:read", func(c *call) { list(c, c.repo.Labels, c.showLabel) }),
		change("POST", "/repos/{owner}/{repo}/labels", "issues:write", "write", (*call).postLabel),
		get("/repos/{owner}/{repo}/labels/{name}", "issues:read", (*call).getLabel),
		change("PATCH", "/repos/{owner}/{repo}/labels/{name}", "issues:write", "write", (*call).patchLabel),
		change("DELETE", "/repos/{owner}/{repo}/labels/{name}", "issues:write", "write", (*call).deleteLabel),
		get(issue+"/labels", "issues:read", (*call).issueLabels),
		change("POST", issue+"/labels", "issues:write", "triage", (*call).addIssueLabels),
		change("PUT", issue+"/labels", "issues:write", "triage", (*call).putIssueLabels),
		change("DELETE", issue+"/labels/{name}", "issues:write", "triage", (*call).removeIssueLabel),
		change("POST", issue+"/assignees", "issues:write", "triage", (*call).addAssignees),
		change("DELETE", issue+"/assignees", "issues:write", "triage", (*call).removeAssignees),
		get("/repos/{owner}/{repo}/milestones", "issues:read", (*call).listMilestones),
		change("POST", "/repos/{owner}/{repo}/milestones", "issues:write", "write", (*call).postMilestone),
		get("/repos/{owner}/{repo}/milestones/{number}", "issues:read", (*call).getMilestone),
		change("PATCH", "/repos/{owner}/{repo}/milestones/{number}", "issues:write", "write", (*call).patchMilestone),
		change("DELETE", "/repos/{owner}/{repo}/milestones/{number}", "issues:write", "write", (*call).deleteMilestone),
	}
}

type labelBody struct {
	Name        *string `json:"name"`
	NewName     *string `json:"new_name"`
	Color       *string `json:"color"`
	Description *string `json:"description"`
}

func (c *call) postLabel() {
	var in labelBody
	if !c.read(&in) || c.missing("Label", map[string]bool{"name": in.Name != nil && *in.Name != ""}) {
		return
	}
	if c.repo.label(*in.Name) != nil {
		c.invalid(problem{Resource: "Label", Field: "name", Code: "already_exists"})
		return
	}
	l := c.repo.AddLabel(*in.Name, "ededed", "")
	set(&l.Color, in.Color)
	set(&l.Description, in.Description)
	o := c.showLabel(l)
	c.created(o["url"].(string), o)
}

func (c *call) labelOf() *Label {
	l := c.repo.label(c.vars["name"])
	if l == nil {
		c.notFound()
	}
	return l
}

func (c *call) getLabel() {
	if l := c.labelOf(); l != nil {
		c.send(http.StatusOK, c.showLabel(l))
	}
}

func (c *call) patchLabel() {
	l := c.labelOf()
	var in labelBody
	if l == nil || !c.read(&in) {
		return
	}
	set(&l.Name, in.NewName)
	set(&l.Color, in.Color)
	set(&l.Description, in.Description)
	c.send(http.StatusOK, c.showLabel(l))
}

func (c *call) deleteLabel() {
	l := c.labelOf()
	if l == nil {
		return
	}
	c.repo.Labels = slices.DeleteFunc(slices.Clone(c.repo.Labels), func(o *Label) bool { return o == l })
	for _, i := range c.repo.Issues {
		i.Labels = slices.DeleteFunc(slices.Clone(i.Labels), func(o *Label) bool { return o == l })
	}
	c.empty(http.StatusNoContent)
}

func (c *call) issueLabels() {
	if i := c.issue(); i != nil {
		list(c, i.Labels, c.showLabel)
	}
}

// labelNames reads a list of names, alone or in an object.
func (c *call) labelNames() ([]*Label, bool) {
	var in struct{ Labels []labelIn }
	if len(c.body) > 0 && c.body[0] == '[' {
		if !c.read(&in.Labels) {
			return nil, false
		}
	} else if !c.read(&in) {
		return nil, false
	}
	return c.labelsOf(in.Labels), true
}

func (c *call) addIssueLabels() {
	i := c.issue()
	if i == nil {
		return
	}
	if labels, ok := c.labelNames(); ok {
		for _, l := range labels {
			i.addLabel(l, c.actor())
		}
		c.send(http.StatusOK, each(i.Labels, c.showLabel))
	}
}

func (c *call) putIssueLabels() {
	i := c.issue()
	if i == nil {
		return
	}
	if labels, ok := c.labelNames(); ok {
		i.setLabels(labels, c.actor())
		c.send(http.StatusOK, each(i.Labels, c.showLabel))
	}
}

func (c *call) removeIssueLabel() {
	i := c.issue()
	if i == nil {
		return
	}
	l := c.repo.label(c.vars["name"])
	if l == nil || !slices.Contains(i.Labels, l) {
		c.fail(http.StatusNotFound, "Label does not exist")
		return
	}
	i.removeLabel(l, c.actor())
	c.send(http.StatusOK, each(i.Labels, c.showLabel))
}

func (c *call) assignees() (*Issue, []*User) {
	i := c.issue()
	var in struct{ Assignees []string }
	if i == nil || !c.read(&in) {
		return nil, nil
	}
	users, ok := c.usersOf(in.Assignees)
	if !ok {
		return nil, nil
	}
	return i, users
}

func (c *call) addAssignees() {
	if i, users := c.assignees(); i != nil {
		all := slices.Clone(i.Assignees)
		for _, u := range users {
			if !slices.Contains(all, u) {
				all = append(all, u)
			}
		}
		i.setAssignees(all, c.actor())
		c.send(http.StatusCreated, c.showIssue(i))
	}
}

func (c *call) removeAssignees() {
	if i, users := c.assignees(); i != nil {
		i.setAssignees(keep(i.Assignees, func(u *User) bool { return !slices.Contains(users, u) }), c.actor())
		c.send(http.StatusOK, c.showIssue(i))
	}
}

func (c *call) listMilestones() {
	state := first(c.q.Get("state"), "open")
	found := keep(c.repo.Milestones, func(m *Milestone) bool { return state == "all" || m.State == state })
	list(c, found, func(m *Milestone) obj { return c.showMilestone(m).(obj) })
}

type milestoneIn struct {
	Title       *string    `json:"title"`
	State       *string    `json:"state"`
	Description *string    `json:"description"`
	Due         *time.Time `json:"due_on"`
}

func (in *milestoneIn) apply(c *call, m *Milestone) {
	set(&m.Title, in.Title)
	set(&m.Description, in.Description)
	set(&m.Due, in.Due)
	m.Updated = c.h.now()
	if in.State != nil && *in.State != m.State {
		m.State, m.Closed = *in.State, time.Time{}
		if m.State == "closed" {
			m.Closed = m.Updated
		}
	}
}

func (c *call) postMilestone() {
	var in milestoneIn
	if !c.read(&in) || c.missing("Milestone", map[string]bool{"title": in.Title != nil && *in.Title != ""}) {
		return
	}
	if slices.ContainsFunc(c.repo.Milestones, func(m *Milestone) bool { return m.Title == *in.Title }) {
		c.invalid(problem{Resource: "Milestone", Field: "title", Code: "already_exists"})
		return
	}
	m := c.repo.AddMilestone(*in.Title, c.actor())
	in.apply(c, m)
	o := c.showMilestone(m).(obj)
	c.created(o["url"].(string), o)
}

func (c *call) milestoneOf() *Milestone {
	m := c.repo.milestone(c.number("number"))
	if m == nil {
		c.notFound()
	}
	return m
}

func (c *call) getMilestone() {
	if m := c.milestoneOf(); m != nil {
		c.send(http.StatusOK, c.showMilestone(m))
	}
}

func (c *call) patchMilestone() {
	m := c.milestoneOf()
	var in milestoneIn
	if m != nil && c.read(&in) {
		in.apply(c, m)
		c.send(http.StatusOK, c.showMilestone(m))
	}
}

func (c *call) deleteMilestone() {
	m := c.milestoneOf()
	if m == nil {
		return
	}
	c.repo.Milestones = slices.DeleteFunc(slices.Clone(c.repo.Milestones), func(o *Milestone) bool { return o == m })
	for _, i := range c.repo.Issues {
		if i.Milestone == m {
			i.Milestone = nil
		}
	}
	c.empty(http.StatusNoContent)
}
