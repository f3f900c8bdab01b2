package fake

import (
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gql"
)

func (i *Issue) graphState() string {
	if i.Pull != nil && i.Pull.Merged {
		return "MERGED"
	}
	return strings.ToUpper(i.State)
}

func inStates(a arg, i *Issue) bool {
	states := a.Strings("states")
	return len(states) == 0 || has(states, i.graphState())
}

// order sorts by the argument orderBy.
func order(a arg, list []*Issue) []*Issue {
	by := map[string]string{"UPDATED_AT": "updated", "COMMENTS": "comments"}[a.Args("orderBy").String("field")]
	direction := strings.ToLower(a.Args("orderBy").String("direction"))
	if !a.Has("orderBy") {
		direction = "asc"
	}
	sortIssues(list, by, direction)
	return list
}

func labelled(i *Issue, names []string) bool {
	return len(names) == 0 || slices.ContainsFunc(i.Labels, func(l *Label) bool { return has(names, l.Name) })
}

func (c *call) gFiltered(r *Repo, a arg) []*Issue {
	f := a.Args("filterBy")
	since, _ := time.Parse(time.RFC3339, f.String("since"))
	login := func(u *User, want string) bool { return u != nil && (want == "*" || strings.EqualFold(u.Login, want)) }
	return order(a, keep(r.issues(), func(i *Issue) bool {
		return i.Pull == nil && inStates(a, i) && labelled(i, a.Strings("labels")) && labelled(i, f.Strings("labels")) && !i.Updated.Before(since) &&
			(!f.Has("createdBy") || login(i.Author, f.String("createdBy"))) &&
			(!f.Has("assignee") || slices.ContainsFunc(i.Assignees, func(u *User) bool { return login(u, f.String("assignee")) })) &&
			(!f.Has("mentioned") || mentioned(i.Body, f.String("mentioned"))) &&
			(!f.Has("milestoneNumber") || i.fitsMilestone(f.String("milestoneNumber"))) &&
			(!f.Has("milestone") || i.fitsMilestone(f.String("milestone")) || i.Milestone != nil && i.Milestone.Title == f.String("milestone")) &&
			(len(f.Strings("states")) == 0 || has(f.Strings("states"), i.graphState()))
	}))
}

func (c *call) gRepoIssues(r *Repo) fields {
	numbered := func(want func(*Issue) bool, kind string) resolver {
		return func(a arg) (any, error) {
			i := r.Issues[a.Int("number")]
			if i == nil || !want(i) {
				return nil, gql.NotFound("Could not resolve to %s with the number of %d.", kind, a.Int("number"))
			}
			return c.gIssue(i), nil
		}
	}
	return fields{
		"issue":              numbered(func(i *Issue) bool { return i.Pull == nil }, "an Issue"),
		"pullRequest":        numbered(func(i *Issue) bool { return i.Pull != nil }, "a PullRequest"),
		"issueOrPullRequest": numbered(func(*Issue) bool { return true }, "an issue or pull request"),
		"issues":             connect("issues", func(a arg) []*Issue { return c.gFiltered(r, a) }, c.gIssue),
		"pullRequests": connect("pullRequests", func(a arg) []*Issue {
			return order(a, keep(r.issues(), func(i *Issue) bool {
				return i.Pull != nil && inStates(a, i) && labelled(i, a.Strings("labels")) && (!a.Has("baseRefName") || i.Pull.Base == a.String("baseRefName")) &&
					(!a.Has("headRefName") || i.Pull.Head == a.String("headRefName"))
			}))
		}, c.gIssue),
		"pinnedIssues": connect("pinnedIssues", func(arg) []*Issue { return keep(r.issues(), func(i *Issue) bool { return i.Pinned }) }, func(i *Issue) *object {
			return &object{Type: "PinnedIssue", Fields: fields{"id": "PI_" + i.Node, "issue": c.gIssue(i)}}
		}),
		"label": resolver(func(a arg) (any, error) {
			if l := r.label(a.String("name")); l != nil {
				return c.gLabel(l), nil
			}
			return nil, nil
		}),
		"labels": connect("labels", func(a arg) []*Label {
			return keep(r.Labels, func(l *Label) bool {
				return strings.Contains(strings.ToLower(l.Name+" "+l.Description), strings.ToLower(a.String("query")))
			})
		}, c.gLabel),
		"milestone": resolver(func(a arg) (any, error) { return c.gMilestone(r.milestone(int64(a.Int("number")))), nil }),
		"milestones": connect("milestones", func(a arg) []*Milestone {
			return keep(r.Milestones, func(m *Milestone) bool {
				return len(a.Strings("states")) == 0 || has(a.Strings("states"), strings.ToUpper(m.State))
			})
		}, c.gMilestone),
		"assignableUsers":  connect("assignableUsers", func(arg) []*User { return c.h.pushers(r, "read") }, c.gUser),
		"mentionableUsers": connect("mentionableUsers", func(arg) []*User { return c.h.pushers(r, "read") }, c.gUser),
		"suggestedActors":  connect("suggestedActors", func(a arg) []*User { return c.suggested(r, a) }, c.gUser),
		"issueTypes":       all("issueTypes", r.Owner.Types, gIssueType),
		"discussion":       resolver(func(a arg) (any, error) { return c.gTalk(r, a.Int("number")) }),
		"discussions": connect("discussions", func(a arg) []*Discussion {
			return c.gTalks(r, a)
		}, c.gDiscussion),
		"discussionCategories": all("discussionCategories", r.Categories, c.gCategory),
		"discussionCategory": resolver(func(a arg) (any, error) {
			for _, k := range r.Categories {
				if k.Slug == a.String("slug") {
					return c.gCategory(k), nil
				}
			}
			return nil, nil
		}),
		"projectsV2": connect("projectsV2", func(arg) []*Project {
			return keep(c.h.projects[strings.ToLower(r.Owner.Login)], func(p *Project) bool { return slices.Contains(p.Repos, r) })
		}, c.gProject),
		"collaborators": connect("collaborators", func(a arg) []*User { return c.h.pushers(r, "read") }, c.gUser),
	}
}

// suggested are those who can be assigned, Copilot among them.
func (c *call) suggested(r *Repo, a arg) []*User {
	out := c.h.pushers(r, "read")
	if u := c.h.users["copilot-swe-agent[bot]"]; u != nil {
		out = append(out, u)
	}
	return keep(out, func(u *User) bool { return strings.Contains(u.Login, a.String("query")) })
}

func (c *call) gLabel(l *Label) *object {
	if l == nil {
		return nil
	}
	return &object{Type: "Label", Is: []string{"Node"}, Fields: fields{
		"id": l.Node, "name": l.Name, "color": l.Color, "description": orNull(l.Description), "isDefault": l.Default,
		"url": c.repoWeb(l.Repo) + "/labels/" + escape(l.Name), "repository": lazy(func() any { return c.gRepo(l.Repo) }),
		"issues": connect("issues", func(a arg) []*Issue {
			return keep(l.Repo.issues(), func(i *Issue) bool { return i.Pull == nil && slices.Contains(i.Labels, l) && inStates(a, i) })
		}, c.gIssue),
	}}
}

func (c *call) gMilestone(m *Milestone) *object {
	if m == nil {
		return nil
	}
	open, closed := m.count("open"), m.count("closed")
	percent := 0.0
	if open+closed > 0 {
		percent = 100 * float64(closed) / float64(open+closed)
	}
	return &object{Type: "Milestone", Is: []string{"Node", "Closable"}, Fields: fields{
		"id": m.Node, "number": m.Number, "title": m.Title, "description": orNull(m.Description), "state": strings.ToUpper(m.State),
		"closed": m.State == "closed", "closedAt": stampOrNull(m.Closed), "dueOn": stampOrNull(m.Due), "createdAt": stamp(m.Created),
		"updatedAt": stamp(m.Updated), "url": c.repoWeb(m.Repo) + "/milestone/" + itoa(int64(m.Number)), "progressPercentage": percent,
		"creator": lazy(func() any { return c.gUser(m.Creator) }), "repository": lazy(func() any { return c.gRepo(m.Repo) }),
		"issues": connect("issues", func(a arg) []*Issue {
			return keep(m.Repo.issues(), func(i *Issue) bool { return i.Milestone == m && inStates(a, i) })
		}, c.gIssue),
	}}
}

// gText is what everything with a text by somebody has.
func (c *call) gText(r *Repo, author *User, body string, created, updated time.Time) fields {
	var edited any
	if updated.After(created) {
		edited = stamp(updated)
	}
	return fields{
		"author": lazy(func() any { return c.gUser(author) }), "authorAssociation": c.h.association(author, r), "body": body, "bodyText": body,
		"bodyHTML": "<p>" + body + "</p>", "createdAt": stamp(created), "updatedAt": stamp(updated), "publishedAt": stamp(created), "lastEditedAt": edited,
		"viewerDidAuthor": author == c.user, "viewerCanUpdate": author == c.user || c.may(r, "write"), "viewerCanDelete": author == c.user || c.may(r, "write"),
		"editor": nil, "includesCreatedEdit": false, "createdViaEmail": false,
	}
}

func (c *call) gReactions(list []*Reaction) fields {
	names := map[string]string{
		"+1": "THUMBS_UP", "-1": "THUMBS_DOWN", "laugh": "LAUGH", "hooray": "HOORAY", "confused": "CONFUSED", "heart": "HEART", "rocket": "ROCKET", "eyes": "EYES",
	}
	groups := []*object{}
	for content, name := range names {
		users := []*User{}
		for _, r := range list {
			if r.Content == content {
				users = append(users, r.User)
			}
		}
		groups = append(groups, &object{Type: "ReactionGroup", Fields: fields{
			"content": name, "createdAt": nil, "viewerHasReacted": slices.Contains(users, c.user),
			"reactors": all("reactors", users, c.gUser), "users": all("users", users, c.gUser),
		}})
	}
	slices.SortFunc(groups, func(a, b *object) int {
		return strings.Compare(a.Fields["content"].(string), b.Fields["content"].(string))
	})
	return fields{
		"reactionGroups": groups, "viewerCanReact": true,
		"reactions": all("reactions", list, func(r *Reaction) *object {
			return &object{Type: "Reaction", Fields: fields{"id": r.Node, "content": names[r.Content], "user": lazy(func() any { return c.gUser(r.User) }), "createdAt": stamp(r.Created)}}
		}),
	}
}

// gIssue is an issue or a pull request.
func (c *call) gIssue(i *Issue) *object {
	if i == nil {
		return nil
	}
	o := &object{Type: "Issue", Is: []string{
		"Node", "Comment", "Closable", "Assignable", "Labelable", "Lockable", "Reactable", "Updatable", "RepositoryNode", "IssueOrPullRequest",
		"SearchResultItem", "UniformResourceLocatable", "ProjectV2ItemContent", "ReferencedSubject", "Subscribable",
	}}
	o.Fields = c.gText(i.Repo, i.Author, i.Body, i.Created, i.Updated)
	merge(o.Fields, c.gReactions(i.Reactions))
	merge(o.Fields, fields{
		"id": i.Node, "databaseId": i.ID, "fullDatabaseId": itoa(i.ID), "number": i.Number, "title": i.Title, "titleHTML": i.Title,
		"url": c.issueWeb(i), "resourcePath": strings.TrimPrefix(c.issueWeb(i), c.web), "state": i.graphState(), "closed": i.State == "closed",
		"closedAt": stampOrNull(i.Closed), "locked": i.Locked, "activeLockReason": lockReason(i.LockReason), "repository": lazy(func() any { return c.gRepo(i.Repo) }),
		"labels": all("labels", i.Labels, c.gLabel), "assignees": all("assignees", i.Assignees, c.gUser), "milestone": lazy(func() any { return c.gMilestone(i.Milestone) }),
		"comments":     connect("comments", func(a arg) []*Comment { return i.Comments }, c.gComment),
		"participants": connect("participants", func(arg) []*User { return participants(i) }, c.gUser),
		"projectItems": connect("projectItems", func(arg) []*Item { return c.h.itemsOf(i) }, c.gItem),
		"timelineItems": connect("timelineItems", func(a arg) []*Event {
			return keep(i.Events, func(e *Event) bool {
				return len(a.Strings("itemTypes")) == 0 || has(a.Strings("itemTypes"), strings.ToUpper(e.Kind)+"_EVENT")
			})
		}, c.gEvent),
		"viewerSubscription": nil, "isReadByViewer": true,
	})
	if i.Pull != nil {
		return c.gPull(o, i.Pull)
	}
	done := len(keep(i.Children, func(o *Issue) bool { return o.State == "closed" }))
	percent := 0
	if len(i.Children) > 0 {
		percent = 100 * done / len(i.Children)
	}
	reason := upper(i.Reason)
	return merge2(o, fields{
		"stateReason": resolver(func(arg) (any, error) { return reason, nil }), "isPinned": i.Pinned, "parent": lazy(func() any { return c.gIssue(i.Parent) }),
		"subIssues":        all("subIssues", i.Children, c.gIssue),
		"subIssuesSummary": &object{Type: "SubIssuesSummary", Fields: fields{"total": len(i.Children), "completed": done, "percentCompleted": percent}},
		"issueType":        lazy(func() any { return gIssueType(i.Type) }),
		"blockedBy":        all("blockedBy", i.BlockedBy, c.gIssue),
		"blocking": connect("blocking", func(arg) []*Issue {
			return keep(i.Repo.issues(), func(o *Issue) bool { return slices.Contains(o.BlockedBy, i) })
		}, c.gIssue),
		"closedByPullRequestsReferences": connect("closedByPullRequestsReferences", func(arg) []*Issue { return closers(i) }, c.gIssue),
		"linkedBranches":                 all("linkedBranches", []int{}, func(int) *object { return nil }),
		"suggestedActors":                connect("suggestedActors", func(a arg) []*User { return c.suggested(i.Repo, a) }, c.gUser),
		"trackedIssues":                  all("trackedIssues", []*Issue{}, c.gIssue), "trackedInIssues": all("trackedInIssues", []*Issue{}, c.gIssue),
	})
}

func lockReason(s string) any {
	if s == "" {
		return nil
	}
	return strings.ToUpper(strings.NewReplacer("-", "_", " ", "_").Replace(s))
}

func participants(i *Issue) []*User {
	out := []*User{i.Author}
	for _, m := range i.Comments {
		if !slices.Contains(out, m.Author) {
			out = append(out, m.Author)
		}
	}
	return out
}

// closes lists the issues that a pull request says it closes.
func (p *Pull) closes() []*Issue {
	words := strings.FieldsFunc(strings.ToLower(p.Issue.Body), func(r rune) bool { return r == ' ' || r == '\n' || r == '.' || r == ',' || r == ':' })
	var out []*Issue
	for at, w := range words {
		n, ok := strings.CutPrefix(w, "#")
		if !ok || at == 0 || !has([]string{"fix", "fixes", "fixed", "close", "closes", "closed", "resolve", "resolves", "resolved"}, words[at-1]) {
			continue
		}
		if i := p.Issue.Repo.Issues[atoi(n, 0)]; i != nil && i.Pull == nil {
			out = append(out, i)
		}
	}
	return out
}

func closers(i *Issue) []*Issue {
	return keep(i.Repo.issues(), func(o *Issue) bool { return o.Pull != nil && slices.Contains(o.Pull.closes(), i) })
}

func (c *call) gEvent(e *Event) *object {
	kind := ""
	for part := range strings.SplitSeq(strings.ReplaceAll(e.Kind, "-", "_"), "_") {
		kind += strings.ToUpper(part[:1]) + part[1:]
	}
	o := &object{Type: kind + "Event", Is: []string{"Node", "IssueTimelineItems", "PullRequestTimelineItems"}, Fields: fields{
		"id": e.Node, "createdAt": stamp(e.Created), "actor": lazy(func() any { return c.gUser(e.Actor) }),
	}}
	switch {
	case e.Label != nil:
		o.Fields["label"] = c.gLabel(e.Label)
	case e.Kind == "renamed":
		merge(o.Fields, fields{"previousTitle": e.From, "currentTitle": e.To})
	case e.Kind == "milestoned" || e.Kind == "demilestoned":
		o.Fields["milestoneTitle"] = e.To
	case e.Kind == "assigned" || e.Kind == "unassigned":
		o.Fields["assignee"] = c.gUser(e.User)
	}
	return o
}

func (c *call) gComment(m *Comment) *object {
	i := m.Issue
	o := &object{Type: "IssueComment", Is: []string{"Node", "Comment", "Minimizable", "Reactable", "Updatable", "RepositoryNode", "IssueTimelineItems", "PullRequestTimelineItems"}}
	o.Fields = c.gText(i.Repo, m.Author, m.Body, m.Created, m.Updated)
	merge(o.Fields, c.gReactions(m.Reactions))
	return merge2(o, fields{
		"id": m.Node, "databaseId": m.ID, "fullDatabaseId": itoa(m.ID), "url": c.issueWeb(i) + "#issuecomment-" + itoa(m.ID),
		"isMinimized": m.Minimized != "", "minimizedReason": orNull(strings.ToLower(m.Minimized)), "issue": lazy(func() any { return c.gIssue(i) }),
		"pullRequest": lazy(func() any {
			if i.Pull == nil {
				return nil
			}
			return c.gIssue(i)
		}),
		"repository": lazy(func() any { return c.gRepo(i.Repo) }), "viewerCanMinimize": c.may(i.Repo, "triage"),
	})
}
