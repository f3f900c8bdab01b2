package fake

import (
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gql"
)

func (c *call) issueMutations() fields {
	return fields{
		"createIssue": on(c.mCreateIssue), "updateIssue": on(c.mUpdateIssue), "closeIssue": on(c.mCloseIssue), "reopenIssue": on(c.mReopenIssue),
		"pinIssue":          on(func(in arg) (any, error) { return c.mPin(in, true) }),
		"unpinIssue":        on(func(in arg) (any, error) { return c.mPin(in, false) }),
		"transferIssue":     on(c.mTransfer),
		"lockLockable":      on(func(in arg) (any, error) { return c.mLock(in, true) }),
		"unlockLockable":    on(func(in arg) (any, error) { return c.mLock(in, false) }),
		"addComment":        on(c.mComment),
		"minimizeComment":   on(func(in arg) (any, error) { return c.mMinimize(in, in.String("classifier"), "minimizedComment") }),
		"unminimizeComment": on(func(in arg) (any, error) { return c.mMinimize(in, "", "unminimizedComment") }),
		"addReaction":       on(c.mReact),
		"addSubIssue":       on(c.mAddChild), "removeSubIssue": on(c.mRemoveChild),
		"addBlockedBy": on(c.mAddBlocker), "removeBlockedBy": on(c.mRemoveBlocker),
		"replaceActorsForAssignable": on(c.mAssign), "addAssigneesToAssignable": on(c.mAddAssignees),
		"addLabelsToLabelable":      on(func(in arg) (any, error) { return c.mLabels(in, true) }),
		"removeLabelsFromLabelable": on(func(in arg) (any, error) { return c.mLabels(in, false) }),
	}
}

// issueFor finds an issue that the caller may act on. Authors may edit their own.
func (c *call) issueFor(id, level string) (*Issue, error) {
	i, err := the(c, id, ofIssue)
	if err != nil {
		return nil, err
	}
	if i.Author == c.user && level == "triage" {
		level = "read"
	}
	needs := "issues:write"
	if i.Pull != nil {
		needs = "pull_requests:write"
	}
	return i, c.allowed(i.Repo, needs, level)
}

func (c *call) mCreateIssue(in arg) (any, error) {
	r, err := the(c, in.String("repositoryId"), ofRepo)
	if err != nil {
		return nil, err
	}
	if err := c.allowed(r, "issues:write", "read"); err != nil {
		return nil, err
	}
	i := r.AddIssue(c.actor(), in.String("title"), in.String("body"))
	c.edit(i, in)
	if parent, err := the(c, in.String("parentIssueId"), ofIssue); err == nil {
		parent.Children, i.Parent = append(parent.Children, i), parent
	}
	return payload(fields{"issue": c.gIssue(i)})
}

// edit takes over what an input says of labels, assignees, milestone and type.
func (c *call) edit(i *Issue, in arg) {
	if in.Has("labelIds") {
		var labels []*Label
		for _, id := range in.Strings("labelIds") {
			if l, ok := c.h.nodes[id].(*Label); ok && l.Repo == i.Repo {
				labels = append(labels, l)
			}
		}
		i.setLabels(labels, c.actor())
	}
	if in.Has("assigneeIds") {
		i.setAssignees(c.usersByID(in.Strings("assigneeIds")), c.actor())
	}
	if m, ok := c.h.nodes[in.String("milestoneId")].(*Milestone); ok && m.Repo == i.Repo {
		i.setMilestone(m, c.actor())
	}
	if t, ok := c.h.nodes[in.String("issueTypeId")].(*IssueType); ok {
		i.Type = t
	}
}

func (c *call) usersByID(ids []string) []*User {
	var out []*User
	for _, id := range ids {
		if u, ok := c.h.nodes[id].(*User); ok {
			out = append(out, u)
		}
	}
	return out
}

func (c *call) mUpdateIssue(in arg) (any, error) {
	i, err := c.issueFor(in.String("id"), "triage")
	if err != nil {
		return nil, err
	}
	if in.Has("title") {
		i.Title = in.String("title")
	}
	if in.Has("body") {
		i.Body = in.String("body")
	}
	c.edit(i, in)
	switch in.String("state") {
	case "CLOSED":
		i.Close(c.actor(), "completed")
	case "OPEN":
		i.Reopen(c.actor())
	}
	return payload(fields{"issue": c.gIssue(i)})
}

func (c *call) mCloseIssue(in arg) (any, error) {
	i, err := c.issueFor(in.String("issueId"), "triage")
	if err != nil {
		return nil, err
	}
	i.Close(c.actor(), strings.ToLower(first(in.String("stateReason"), "COMPLETED")))
	return payload(fields{"issue": c.gIssue(i)})
}

func (c *call) mReopenIssue(in arg) (any, error) {
	i, err := c.issueFor(in.String("issueId"), "triage")
	if err != nil {
		return nil, err
	}
	i.Reopen(c.actor())
	return payload(fields{"issue": c.gIssue(i)})
}

func (c *call) mPin(in arg, pin bool) (any, error) {
	i, err := c.issueFor(in.String("issueId"), "write")
	if err != nil {
		return nil, err
	}
	if n := len(keep(i.Repo.issues(), func(o *Issue) bool { return o.Pinned })); pin && n >= 3 {
		return nil, gql.Refused("Maximum 3 pinned issues per repository")
	}
	i.Pinned = pin
	return payload(fields{"issue": c.gIssue(i)})
}

func (c *call) mTransfer(in arg) (any, error) {
	i, err := c.issueFor(in.String("issueId"), "write")
	if err != nil {
		return nil, err
	}
	to, err := the(c, in.String("repositoryId"), ofRepo)
	if err != nil {
		return nil, err
	}
	if err := c.allowed(to, "issues:write", "write"); err != nil {
		return nil, err
	}
	delete(i.Repo.Issues, i.Number)
	to.last++
	i.Repo, i.Number = to, to.last
	to.Issues[i.Number] = i
	return payload(fields{"issue": c.gIssue(i)})
}

func (c *call) mLock(in arg, on bool) (any, error) {
	i, err := c.issueFor(in.String("lockableId"), "write")
	if err != nil {
		return nil, err
	}
	i.Locked, i.LockReason = on, ""
	if on {
		i.LockReason = strings.ReplaceAll(strings.ToLower(in.String("lockReason")), "_", "-")
	}
	name := map[bool]string{true: "lockedRecord", false: "unlockedRecord"}[on]
	return payload(fields{name: c.gIssue(i), "actor": c.gUser(c.actor())})
}

func (c *call) mComment(in arg) (any, error) {
	i, err := c.issueFor(in.String("subjectId"), "read")
	if err != nil {
		return nil, err
	}
	if i.Locked && !c.may(i.Repo, "write") {
		return nil, gql.Forbidden("Unable to create comment because issue is locked.")
	}
	m := i.AddComment(c.actor(), in.String("body"))
	edge := &object{Type: "IssueCommentEdge", Fields: fields{"cursor": "1", "node": c.gComment(m)}}
	return payload(fields{"commentEdge": edge, "subject": c.gIssue(i)})
}

func (c *call) mMinimize(in arg, reason, name string) (any, error) {
	id := in.String("subjectId")
	switch m := c.h.nodes[id].(type) {
	case *Comment:
		if err := c.allowed(m.Issue.Repo, "issues:write", "triage"); err != nil {
			return nil, err
		}
		m.Minimized = reason
	case *ReviewComment:
		if err := c.allowed(m.Thread.Pull.Issue.Repo, "pull_requests:write", "triage"); err != nil {
			return nil, err
		}
		m.Minimized = reason
	case *DiscussionComment:
		if err := c.allowed(m.Discussion.Repo, "discussions:write", "triage"); err != nil {
			return nil, err
		}
		m.Minimized = reason
	default:
		return nil, gql.NotFound("Could not resolve to a node with the global id of '%s'", id)
	}
	return payload(fields{name: c.gNode(id)})
}

func (c *call) mReact(in arg) (any, error) {
	content := map[string]string{
		"THUMBS_UP": "+1", "THUMBS_DOWN": "-1", "LAUGH": "laugh", "HOORAY": "hooray", "CONFUSED": "confused", "HEART": "heart", "ROCKET": "rocket", "EYES": "eyes",
	}[in.String("content")]
	var list *[]*Reaction
	switch v := c.h.nodes[in.String("subjectId")].(type) {
	case *Issue:
		list = &v.Reactions
	case *Comment:
		list = &v.Reactions
	case *ReviewComment:
		list = &v.Reactions
	default:
		return nil, gql.NotFound("Could not resolve to a node with the global id of '%s'", in.String("subjectId"))
	}
	r, _ := react(c.h, list, c.actor(), content)
	return payload(fields{"subject": c.gNode(in.String("subjectId")), "reaction": &object{Type: "Reaction", Fields: fields{
		"id": r.Node, "content": in.String("content"), "user": c.gUser(r.User), "createdAt": stamp(r.Created),
	}}})
}

func (c *call) pair(in arg, one, two string) (*Issue, *Issue, error) {
	a, err := c.issueFor(in.String(one), "triage")
	if err != nil {
		return nil, nil, err
	}
	b, err := the(c, in.String(two), ofIssue)
	return a, b, err
}

func (c *call) mAddChild(in arg) (any, error) {
	parent, child, err := c.pair(in, "issueId", "subIssueId")
	switch {
	case err != nil:
		return nil, err
	case child.Parent != nil && !in.Bool("replaceParent"):
		return nil, gql.Refused("Sub issue may only have one parent")
	case child.Parent != nil:
		child.Parent.drop(child)
	}
	parent.Children, child.Parent = append(parent.Children, child), parent
	return payload(fields{"issue": c.gIssue(parent), "subIssue": c.gIssue(child)})
}

func (c *call) mRemoveChild(in arg) (any, error) {
	parent, child, err := c.pair(in, "issueId", "subIssueId")
	if err != nil {
		return nil, err
	}
	parent.drop(child)
	return payload(fields{"issue": c.gIssue(parent), "subIssue": c.gIssue(child)})
}

func (c *call) mAddBlocker(in arg) (any, error) {
	i, by, err := c.pair(in, "issueId", "blockingIssueId")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(i.BlockedBy, by) {
		i.BlockedBy = append(i.BlockedBy, by)
	}
	return payload(fields{"issue": c.gIssue(i), "blockingIssue": c.gIssue(by)})
}

func (c *call) mRemoveBlocker(in arg) (any, error) {
	i, by, err := c.pair(in, "issueId", "blockingIssueId")
	if err != nil {
		return nil, err
	}
	i.BlockedBy = slices.DeleteFunc(slices.Clone(i.BlockedBy), func(o *Issue) bool { return o == by })
	return payload(fields{"issue": c.gIssue(i), "blockingIssue": c.gIssue(by)})
}

func (c *call) mAssign(in arg) (any, error) {
	i, err := c.issueFor(in.String("assignableId"), "write")
	if err != nil {
		return nil, err
	}
	i.setAssignees(c.usersByID(in.Strings("actorIds")), c.actor())
	return payload(fields{"assignable": c.gIssue(i)})
}

func (c *call) mAddAssignees(in arg) (any, error) {
	i, err := c.issueFor(in.String("assignableId"), "write")
	if err != nil {
		return nil, err
	}
	i.setAssignees(append(slices.Clone(i.Assignees), c.usersByID(in.Strings("assigneeIds"))...), c.actor())
	return payload(fields{"assignable": c.gIssue(i)})
}

func (c *call) mLabels(in arg, add bool) (any, error) {
	i, err := c.issueFor(in.String("labelableId"), "write")
	if err != nil {
		return nil, err
	}
	for _, id := range in.Strings("labelIds") {
		l, err := the(c, id, func(l *Label) *Repo { return l.Repo })
		if err != nil {
			return nil, err
		}
		if add {
			i.addLabel(l, c.actor())
		} else {
			i.removeLabel(l, c.actor())
		}
	}
	return payload(fields{"labelable": c.gIssue(i)})
}
