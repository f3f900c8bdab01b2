package fake

import (
	"net/http"
	"slices"
)

func issueLinkRoutes() []*route {
	const one = "/repos/{owner}/{repo}/issues/{number}"
	return []*route{
		get(one+"/sub_issues", "issues:read", func(c *call) {
			if i := c.issue(); i != nil {
				list(c, i.Children, c.showIssue)
			}
		}),
		change("POST", one+"/sub_issues", "issues:write", "triage", (*call).addChild),
		change("DELETE", one+"/sub_issue", "issues:write", "triage", (*call).removeChild),
		change("PATCH", one+"/sub_issues/priority", "issues:write", "triage", (*call).moveChild),
		get(one+"/parent", "issues:read", (*call).getParent),
		get(one+"/dependencies/blocked_by", "issues:read", func(c *call) {
			if i := c.issue(); i != nil {
				list(c, i.BlockedBy, c.showIssue)
			}
		}),
		get(one+"/dependencies/blocking", "issues:read", func(c *call) {
			if i := c.issue(); i != nil {
				list(c, keep(c.repo.issues(), func(o *Issue) bool { return slices.Contains(o.BlockedBy, i) }), c.showIssue)
			}
		}),
		change("POST", one+"/dependencies/blocked_by", "issues:write", "triage", (*call).addBlocker),
		change("DELETE", one+"/dependencies/blocked_by/{id}", "issues:write", "triage", (*call).removeBlocker),
	}
}

// issueByID finds an issue of any repository that the caller sees.
func (c *call) issueByID(id int64) *Issue {
	for _, r := range c.h.byID {
		for _, i := range r.Issues {
			if i.ID == id && c.sees(r) {
				return i
			}
		}
	}
	return nil
}

type childIn struct {
	ID      int64 `json:"sub_issue_id"`
	Replace bool  `json:"replace_parent"`
	After   int64 `json:"after_id"`
	Before  int64 `json:"before_id"`
}

// child reads a request about a sub-issue of an issue.
func (c *call) child(in *childIn) (parent, child *Issue) {
	parent = c.issue()
	if parent == nil || !c.read(in) {
		return nil, nil
	}
	if child = c.issueByID(in.ID); child == nil || child == parent {
		c.fail(http.StatusUnprocessableEntity, "The provided sub-issue does not exist")
		return nil, nil
	}
	return parent, child
}

func (c *call) addChild() {
	var in childIn
	parent, child := c.child(&in)
	switch {
	case child == nil:
	case child.Parent != nil && !in.Replace:
		c.send(http.StatusUnprocessableEntity, obj{"message": "An error occurred while adding the sub-issue to the parent issue. Sub issue may only have one parent", "documentation_url": docs, "status": "422"})
	default:
		if child.Parent != nil {
			child.Parent.drop(child)
		}
		parent.Children, child.Parent = append(parent.Children, child), parent
		c.created(c.issueAPI(child), c.showIssue(parent))
	}
}

func (i *Issue) drop(child *Issue) {
	i.Children = slices.DeleteFunc(slices.Clone(i.Children), func(o *Issue) bool { return o == child })
	child.Parent = nil
}

func (c *call) removeChild() {
	var in childIn
	parent, child := c.child(&in)
	switch {
	case child == nil:
	case child.Parent != parent:
		c.notFound()
	default:
		parent.drop(child)
		c.send(http.StatusOK, c.showIssue(parent))
	}
}

func (c *call) moveChild() {
	var in childIn
	parent, child := c.child(&in)
	if child == nil {
		return
	}
	anchor := slices.IndexFunc(parent.Children, func(o *Issue) bool { return o.ID == max(in.After, in.Before) })
	if child.Parent != parent || anchor < 0 {
		c.fail(http.StatusUnprocessableEntity, "The provided sub-issue is not a child of this issue")
		return
	}
	other := parent.Children[anchor]
	rest := slices.DeleteFunc(slices.Clone(parent.Children), func(o *Issue) bool { return o == child })
	at := slices.Index(rest, other)
	if in.After != 0 {
		at++
	}
	parent.Children = slices.Insert(rest, at, child)
	c.send(http.StatusOK, c.showIssue(parent))
}

func (c *call) getParent() {
	i := c.issue()
	switch {
	case i == nil:
	case i.Parent == nil:
		c.notFound()
	default:
		c.send(http.StatusOK, c.showIssue(i.Parent))
	}
}

func (c *call) addBlocker() {
	i := c.issue()
	var in struct {
		ID int64 `json:"issue_id"`
	}
	if i == nil || !c.read(&in) {
		return
	}
	other := c.issueByID(in.ID)
	switch {
	case other == nil || other == i:
		c.fail(http.StatusUnprocessableEntity, "The provided blocking issue does not exist")
	case slices.Contains(i.BlockedBy, other):
		c.invalid(problem{Resource: "IssueDependency", Field: "blocking_issue", Code: "already_exists"})
	default:
		i.BlockedBy = append(i.BlockedBy, other)
		c.created(c.issueAPI(other), c.showIssue(other))
	}
}

func (c *call) removeBlocker() {
	i := c.issue()
	if i == nil {
		return
	}
	at := slices.IndexFunc(i.BlockedBy, func(o *Issue) bool { return o.ID == c.number("id") })
	if at < 0 {
		c.notFound()
		return
	}
	other := i.BlockedBy[at]
	i.BlockedBy = slices.Delete(slices.Clone(i.BlockedBy), at, at+1)
	c.send(http.StatusOK, c.showIssue(other))
}
