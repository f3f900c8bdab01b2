package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type issueReadIn struct {
	repoIn
	Method string `json:"method,omitzero" jsonschema:"default get" enum:"get,get_comments,get_sub_issues,get_parent,get_labels,get_timeline"`
	Number int    `json:"issue_number" alias:"number"`
	pageIn
}

func (s *server) issueRead(ctx context.Context, in issueReadIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	switch cmp.Or(in.Method, called(ctx, "get")) {
	case "get_comments":
		comments, page, err := r.Comments(ctx, in.Number, in.window())
		if err != nil {
			return nil, err
		}
		return s.comments(comments, page, fmt.Sprintf("#%d", in.Number)), nil
	case "get_sub_issues":
		issues, page, err := r.SubIssues(ctx, in.Number, in.window())
		if err != nil {
			return nil, err
		}
		l := &list{from: "titles by their authors", columns: []string{"repo", "number", "id", "state", "title"}, page: page}
		for _, i := range issues {
			l.add(i.RepoOf(), i.Number, i.ID, i.State, i.Title)
		}
		return s.shown(l)
	case "get_parent":
		i, err := r.Parent(ctx, in.Number)
		if err != nil {
			return nil, err
		}
		return texts(s.issue(i)...), nil
	case "get_timeline":
		events, page, err := r.Timeline(ctx, in.Number, in.window())
		if err != nil {
			return nil, err
		}
		return s.timeline(events, page)
	}
	i, err := r.Issue(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	if in.Method == "get_labels" {
		l := &list{from: "labels", columns: []string{"name", "description"}}
		for _, label := range i.Labels {
			l.add(label.Name, label.Description)
		}
		return s.shown(l)
	}
	return texts(s.issue(i)...), nil
}

// issue shows an issue: what is known of it, and what was written.
func (s *server) issue(i *guard.Issue) []string {
	f := facts{}
	what := "issue"
	if i.Pull != nil {
		what = "pull request"
	}
	f.add(what, fmt.Sprintf("#%d, %s", i.Number, strings.TrimSpace(i.State+" "+i.Reason)))
	f.add("id", fmt.Sprint(i.ID))
	f.add("author", by(i.User.Login, i.Association))
	f.add("labels", line(guard.Names(i.Labels), 500))
	f.add("assignees", guard.Logins(i.Assignees))
	if i.Milestone != nil {
		f.add("milestone", fmt.Sprintf("%d, %s", i.Milestone.Number, line(i.Milestone.Title, 100)))
	}
	if i.Type != nil {
		f.add("type", line(i.Type.Name, 100))
	}
	if i.SubIssues.Total > 0 {
		f.add("sub-issues", fmt.Sprintf("%d, %d done", i.SubIssues.Total, i.SubIssues.Completed))
	}
	if i.Locked {
		f.add("locked", "yes")
	}
	f.add("created", minute(i.Created))
	f.add("updated", minute(i.Updated))
	f.add("closed", minute(i.Closed))
	f.add("comments", fmt.Sprint(i.Comments))
	f.add("url", i.URL)
	return []string{f.String(), s.quoted("#"+fmt.Sprint(i.Number)+" by "+by(i.User.Login, i.Association), "title: "+line(i.Title, 0)+"\n\n"+i.Body)}
}

// comments shows comments one after the other, each with its author.
func (s *server) comments(all []guard.Comment, page guard.Page, on string) *mcpcore.Result {
	if len(all) == 0 {
		return texts("no comments" + more(page))
	}
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "comment %d, %s\n%s\n", c.ID, minute(cmp.Or(c.Created, c.Submitted)), cmp.Or(s.quoted(on+" by "+by(c.User.Login, c.Association), c.Body), "(empty)"))
	}
	return texts(strings.TrimSuffix(b.String(), "\n") + more(page))
}

func (s *server) timeline(events []guard.Event, page guard.Page) (*mcpcore.Result, error) {
	l := &list{from: "events", columns: []string{"when", "event", "who", "what"}, page: page}
	for _, e := range events {
		who := e.Actor
		if who == nil {
			who = e.User
		}
		name := ""
		if who != nil {
			name = by(who.Login, e.Association)
		}
		what := line(e.Body, 200)
		switch {
		case e.Label != nil:
			what = e.Label.Name
		case e.Assignee != nil:
			what = "@" + e.Assignee.Login
		case e.Rename != nil:
			what = e.Rename.From + " -> " + e.Rename.To
		case e.Source != nil && e.Source.Issue != nil:
			what = fmt.Sprintf("%s#%d", e.Source.Issue.RepoOf(), e.Source.Issue.Number)
		case e.SHA != "":
			what = short(e.SHA) + " " + first(e.Message)
		case e.Commit != "" && what == "":
			what = short(e.Commit)
		}
		l.add(minute(cmp.Or(e.Created, e.Submitted)), strings.TrimSpace(e.Event+" "+e.State), name, what)
	}
	return s.shown(l)
}

type listIssuesIn struct {
	repoIn
	State     string   `json:"state,omitzero" jsonschema:"default open" enum:"open,closed,all"`
	Labels    []string `json:"labels,omitzero"`
	Assignee  string   `json:"assignee,omitzero"`
	Author    string   `json:"author,omitzero" alias:"creator"`
	Milestone string   `json:"milestone,omitzero"`
	Since     string   `json:"since,omitzero" jsonschema:"updated since, ISO 8601"`
	OrderBy   string   `json:"orderBy,omitzero" jsonschema:"default created" enum:"created,updated,comments" alias:"sort"`
	Direction string   `json:"direction,omitzero" jsonschema:"default desc" enum:"asc,desc"`
	pageIn
}

func (s *server) listIssues(ctx context.Context, in listIssuesIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	issues, page, err := r.Issues(ctx, guard.IssueFilter{
		State: in.State, Since: in.Since, Assignee: in.Assignee, Author: in.Author, Milestone: in.Milestone,
		Labels: in.Labels, Order: in.OrderBy, Direction: in.Direction,
	}, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{from: "titles by their authors", columns: []string{"number", "state", "title", "author", "labels", "assignees", "comments", "updated"}, page: page}
	for _, i := range issues {
		l.add(i.Number, strings.ToLower(i.State), line(i.Title, 200), by(i.By(), i.Association), guard.Names(i.Labels.Nodes), guard.Logins(i.Assignees.Nodes), i.Comments.Total, day(i.Updated))
	}
	return s.shown(l)
}

type issueWriteIn struct {
	repoIn
	Method    string    `json:"method,omitzero" jsonschema:"default: update if a number is given" enum:"create,update"`
	Number    int       `json:"issue_number,omitzero" alias:"number"`
	Title     *string   `json:"title,omitzero"`
	Body      *string   `json:"body,omitzero"`
	Labels    *[]string `json:"labels,omitzero" jsonschema:"all labels"`
	Assignees *[]string `json:"assignees,omitzero" jsonschema:"all logins"`
	Milestone *int      `json:"milestone,omitzero"`
	Type      *string   `json:"type,omitzero"`
	State     *string   `json:"state,omitzero" enum:"open,closed"`
	Reason    *string   `json:"state_reason,omitzero" jsonschema:"why" enum:"completed,not_planned,reopened,duplicate"`
}

func (s *server) issueWrite(ctx context.Context, in issueWriteIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	c := guard.IssueChange{Title: in.Title, Body: in.Body, Labels: in.Labels, Assignees: in.Assignees, Milestone: in.Milestone, Type: in.Type, State: in.State, Reason: in.Reason}
	if in.Method == "" && in.Number > 0 {
		in.Method = "update"
	}
	if cmp.Or(in.Method, called(ctx, "create")) == "update" {
		if in.Number == 0 {
			return "", errors.New("issue_number: it is needed to update")
		}
		if c == (guard.IssueChange{}) {
			return "", errors.New("nothing is said to change: give title, body, labels, assignees, milestone, type or state")
		}
		i, err := r.UpdateIssue(ctx, in.Number, c)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("updated #%d, %s: %s", i.Number, i.State, i.URL), nil
	}
	if in.Title == nil || strings.TrimSpace(*in.Title) == "" {
		return "", errors.New("title: an issue needs one")
	}
	c.State, c.Reason = nil, nil
	i, err := r.CreateIssue(ctx, c)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("created #%d: %s", i.Number, i.URL), nil
}

type addCommentIn struct {
	repoIn
	Number   int    `json:"issue_number" jsonschema:"issue or pull request" alias:"number,pullNumber,pull_number"`
	Body     string `json:"body,omitzero"`
	Reaction string `json:"reaction,omitzero" jsonschema:"react in place of, or beside, body" enum:"+1,-1,laugh,confused,heart,hooray,rocket,eyes"`
	Comment  int64  `json:"comment_id,omitzero"`
}

func (s *server) addIssueComment(ctx context.Context, in addCommentIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(in.Body) == "" && in.Reaction == "" {
		return "", errors.New("body: there is nothing to say")
	}
	var done []string
	if in.Body != "" {
		c, err := r.AddComment(ctx, in.Number, in.Body)
		if err != nil {
			return "", err
		}
		done = append(done, fmt.Sprintf("comment %d: %s", c.ID, c.URL))
	}
	if in.Reaction != "" {
		if err := r.React(ctx, in.Number, in.Comment, in.Reaction); err != nil {
			return "", err
		}
		done = append(done, "reacted with "+in.Reaction)
	}
	return strings.Join(done, "\n"), nil
}

type subIssueWriteIn struct {
	repoIn
	Method  string `json:"method" enum:"add,remove,reprioritize"`
	Number  int    `json:"issue_number" jsonschema:"parent"`
	Child   int    `json:"sub_issue_number,omitzero" jsonschema:"child, by number"`
	ChildID int64  `json:"sub_issue_id,omitzero" jsonschema:"or by id"`
	After   int64  `json:"after_id,omitzero" jsonschema:"id to go behind"`
	Before  int64  `json:"before_id,omitzero" jsonschema:"id to go before"`
	Replace bool   `json:"replace_parent,omitzero" jsonschema:"take it from its parent"`
}

func (s *server) subIssueWrite(ctx context.Context, in subIssueWriteIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	err = r.ChangeSubIssue(ctx, in.Method, in.Number, guard.SubIssue{Child: in.Child, ChildID: in.ChildID, After: in.After, Before: in.Before, Replace: in.Replace})
	if err != nil {
		return "", err
	}
	return map[string]string{"add": "added", "remove": "removed", "reprioritize": "moved"}[in.Method], nil
}
