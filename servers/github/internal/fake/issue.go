package fake

import (
	"slices"
	"strings"
	"time"
)

// Issue is an issue or, where Pull is set, a pull request.
type Issue struct {
	ID          int64
	Node        string
	Repo        *Repo
	Number      int
	Title, Body string
	Author      *User
	State       string // open or closed
	Reason      string // of a closed issue: completed, not_planned, duplicate; of an opened one: reopened
	Labels      []*Label
	Assignees   []*User
	Milestone   *Milestone
	Type        *IssueType
	Locked      bool
	LockReason  string
	Pinned      bool
	Comments    []*Comment
	Events      []*Event
	Reactions   []*Reaction
	Children    []*Issue // sub-issues
	Parent      *Issue
	BlockedBy   []*Issue
	Created     time.Time
	Updated     time.Time
	Closed      time.Time
	ClosedBy    *User
	Pull        *Pull
}

// Comment is a comment on an issue or a pull request.
type Comment struct {
	ID        int64
	Node      string
	Issue     *Issue
	Author    *User
	Body      string
	Created   time.Time
	Updated   time.Time
	Minimized string // why it is hidden, such as SPAM; "" if it is not
	Reactions []*Reaction
}

// Reaction is an emoji by somebody.
type Reaction struct {
	ID      int64
	Node    string
	User    *User
	Content string // +1, -1, laugh, confused, heart, hooray, rocket, eyes
	Created time.Time
}

// Event is something that happened to an issue.
type Event struct {
	ID      int64
	Node    string
	Issue   *Issue
	Kind    string // labeled, unlabeled, closed, reopened, assigned, renamed, cross-referenced, …
	Actor   *User
	Created time.Time
	Label   *Label
	User    *User
	From    string
	To      string
	Source  *Issue // of a cross-reference
	Commit  string
}

// Label is a label of a repository.
type Label struct {
	ID                       int64
	Node                     string
	Repo                     *Repo
	Name, Color, Description string
	Default                  bool
}

// Milestone is a milestone of a repository.
type Milestone struct {
	ID                 int64
	Node               string
	Repo               *Repo
	Number             int
	Title, Description string
	State              string
	Creator            *User
	Due                time.Time
	Created            time.Time
	Updated            time.Time
	Closed             time.Time
}

// AddLabel makes a label.
func (r *Repo) AddLabel(name, color, description string) *Label {
	l := &Label{ID: r.hub.id(), Repo: r, Name: name, Color: color, Description: description}
	l.Node = r.hub.node("LA", l.ID, l)
	r.Labels = append(r.Labels, l)
	return l
}

func (r *Repo) label(name string) *Label {
	i := slices.IndexFunc(r.Labels, func(l *Label) bool { return strings.EqualFold(l.Name, name) })
	if i < 0 {
		return nil
	}
	return r.Labels[i]
}

// AddMilestone makes a milestone.
func (r *Repo) AddMilestone(title string, creator *User) *Milestone {
	now := r.hub.now()
	m := &Milestone{ID: r.hub.id(), Repo: r, Number: len(r.Milestones) + 1, Title: title, State: "open", Creator: creator, Created: now, Updated: now}
	if n := len(r.Milestones); n > 0 {
		m.Number = r.Milestones[n-1].Number + 1
	}
	m.Node = r.hub.node("MI", m.ID, m)
	r.Milestones = append(r.Milestones, m)
	return m
}

func (r *Repo) milestone(number int64) *Milestone {
	i := slices.IndexFunc(r.Milestones, func(m *Milestone) bool { return int64(m.Number) == number })
	if i < 0 {
		return nil
	}
	return r.Milestones[i]
}

func (m *Milestone) count(state string) int {
	n := 0
	for _, i := range m.Repo.Issues {
		if i.Milestone == m && i.State == state {
			n++
		}
	}
	return n
}

// AddIssue opens an issue.
func (r *Repo) AddIssue(author *User, title, body string, labels ...string) *Issue {
	now := r.hub.now()
	r.last++
	i := &Issue{ID: r.hub.id(), Repo: r, Number: r.last, Title: title, Body: body, Author: author, State: "open", Created: now, Updated: now}
	i.Node = r.hub.node("I", i.ID, i)
	r.Issues[i.Number] = i
	for _, name := range labels {
		l := r.label(name)
		if l == nil {
			l = r.AddLabel(name, "ededed", "")
		}
		i.addLabel(l, author)
	}
	return i
}

// AddComment adds a comment.
func (i *Issue) AddComment(author *User, body string) *Comment {
	h := i.Repo.hub
	now := h.now()
	c := &Comment{ID: h.id(), Issue: i, Author: author, Body: body, Created: now, Updated: now}
	c.Node = h.node("IC", c.ID, c)
	i.Comments, i.Updated = append(i.Comments, c), now
	return c
}

func (i *Issue) event(kind string, actor *User) *Event {
	h := i.Repo.hub
	e := &Event{ID: h.id(), Issue: i, Kind: kind, Actor: actor, Created: h.now()}
	e.Node = h.node("E", e.ID, e)
	i.Events, i.Updated = append(i.Events, e), e.Created
	i.Repo.Events = append(i.Repo.Events, e)
	return e
}

func (i *Issue) addLabel(l *Label, actor *User) {
	if !slices.Contains(i.Labels, l) {
		i.Labels = append(i.Labels, l)
		i.event("labeled", actor).Label = l
	}
}

func (i *Issue) removeLabel(l *Label, actor *User) {
	if n := slices.Index(i.Labels, l); n >= 0 {
		i.Labels = slices.Delete(slices.Clone(i.Labels), n, n+1)
		i.event("unlabeled", actor).Label = l
	}
}

func (i *Issue) setLabels(labels []*Label, actor *User) {
	for _, l := range slices.Clone(i.Labels) {
		if !slices.Contains(labels, l) {
			i.removeLabel(l, actor)
		}
	}
	for _, l := range labels {
		i.addLabel(l, actor)
	}
}

func (i *Issue) setAssignees(users []*User, actor *User) {
	for _, u := range users {
		if !slices.Contains(i.Assignees, u) {
			i.event("assigned", actor).User = u
		}
	}
	for _, u := range i.Assignees {
		if !slices.Contains(users, u) {
			i.event("unassigned", actor).User = u
		}
	}
	i.Assignees = users
}

// Close closes an issue.
func (i *Issue) Close(actor *User, reason string) {
	if i.State == "closed" {
		return
	}
	i.State, i.Reason, i.ClosedBy = "closed", reason, actor
	i.Closed = i.event("closed", actor).Created
}

// Reopen opens a closed issue.
func (i *Issue) Reopen(actor *User) {
	if i.State == "open" {
		return
	}
	i.State, i.Reason, i.Closed, i.ClosedBy = "open", "reopened", time.Time{}, nil
	i.event("reopened", actor)
}

func (i *Issue) kind() string {
	if i.Pull != nil {
		return "pull"
	}
	return "issues"
}

func react(h *Hub, list *[]*Reaction, u *User, content string) (r *Reaction, added bool) {
	for _, r := range *list {
		if r.User == u && r.Content == content {
			return r, false
		}
	}
	r = &Reaction{ID: h.id(), User: u, Content: content, Created: h.now()}
	r.Node = h.node("REA", r.ID, r)
	*list = append(*list, r)
	return r, true
}

// issuesOf lists the issues of a repository by number, the newest first.
func (r *Repo) issues() []*Issue {
	out := make([]*Issue, 0, len(r.Issues))
	for _, i := range r.Issues {
		out = append(out, i)
	}
	slices.SortFunc(out, func(a, b *Issue) int { return b.Number - a.Number })
	return out
}

// sortIssues sorts by created (default), updated or comments.
func sortIssues(list []*Issue, by, direction string) {
	slices.SortStableFunc(list, func(a, b *Issue) int {
		n := 0
		switch by {
		case "updated":
			n = a.Updated.Compare(b.Updated)
		case "comments":
			n = len(a.Comments) - len(b.Comments)
		default:
			n = a.Created.Compare(b.Created)
		}
		if n == 0 {
			n = a.Number - b.Number
		}
		if direction != "asc" {
			n = -n
		}
		return n
	})
}

// mentioned tells whether a text names a user.
func mentioned(text string, login string) bool {
	return strings.Contains(strings.ToLower(text), "@"+strings.ToLower(login))
}
