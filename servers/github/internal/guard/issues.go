package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Issue is an issue, or what a pull request has in common with one.
type Issue struct {
	ID          int64   `json:"id"`
	Node        string  `json:"node_id"`
	Number      int     `json:"number"`
	Title       string  `json:"title"`
	Body        string  `json:"body"`
	State       string  `json:"state"`
	Reason      string  `json:"state_reason"`
	Locked      bool    `json:"locked"`
	User        Actor   `json:"user"`
	Association string  `json:"author_association"`
	Labels      []Label `json:"labels"`
	Assignees   []Actor `json:"assignees"`
	Milestone   *struct {
		Number int    `json:"number"`
		Title  string `json:"title"`
	} `json:"milestone"`
	Type *struct {
		Name string `json:"name"`
	} `json:"type"`
	Comments  int       `json:"comments"`
	Created   string    `json:"created_at"`
	Updated   string    `json:"updated_at"`
	Closed    string    `json:"closed_at"`
	URL       string    `json:"html_url"`
	Pull      *struct{} `json:"pull_request"`
	Draft     bool      `json:"draft"`
	RepoURL   string    `json:"repository_url"`
	SubIssues struct {
		Total     int `json:"total"`
		Completed int `json:"completed"`
	} `json:"sub_issues_summary"`
}

// veil hides what must not be shown of an issue, and notes that it was seen.
func (r *Repo) veil(ctx context.Context, i *Issue) {
	r.meetText(ctx, i.Association)
	if r.Veiled(ctx, i.User.Login, i.Association) {
		i.Title, i.Body = hiddenText, hiddenText
	}
}

// hiddenText stands where lockdown hides what somebody wrote.
const hiddenText = "[hidden by --lockdown-mode: the author has no push access]"

func number(what string, n int) (string, error) {
	if n < 1 {
		return "", fmt.Errorf("%s: it is 1 or more", what)
	}
	return strconv.Itoa(n), nil
}

// Issue reads an issue.
func (r *Repo) Issue(ctx context.Context, n int) (*Issue, error) {
	num, err := number("issue_number", n)
	if err != nil {
		return nil, err
	}
	out := &Issue{}
	if _, err := r.get(ctx, out, nil, "issues", num); err != nil {
		return nil, err
	}
	r.veil(ctx, out)
	return out, nil
}

// Comment is a comment on an issue, a pull request or a line of a diff.
type Comment struct {
	ID          int64  `json:"id"`
	User        Actor  `json:"user"`
	Association string `json:"author_association"`
	Body        string `json:"body"`
	Created     string `json:"created_at"`
	Updated     string `json:"updated_at"`
	URL         string `json:"html_url"`
	Path        string `json:"path"`
	Line        int    `json:"line"`
	State       string `json:"state"` // of a review
	Submitted   string `json:"submitted_at"`
	Commit      string `json:"commit_id"`
}

func (r *Repo) veilComments(ctx context.Context, all []Comment) {
	for i := range all {
		c := &all[i]
		r.meetText(ctx, c.Association)
		if r.Veiled(ctx, c.User.Login, c.Association) {
			c.Body = hiddenText
		}
	}
}

// Comments lists the comments of an issue, oldest first.
func (r *Repo) Comments(ctx context.Context, n int, w Window) (out []Comment, page Page, err error) {
	num, err := number("issue_number", n)
	if err != nil {
		return nil, Page{}, err
	}
	page, err = r.list(ctx, &out, w, nil, "issues", num, "comments")
	r.veilComments(ctx, out)
	return out, page, err
}

// SubIssues lists the parts of an issue.
func (r *Repo) SubIssues(ctx context.Context, n int, w Window) (out []Issue, page Page, err error) {
	num, err := number("issue_number", n)
	if err != nil {
		return nil, Page{}, err
	}
	page, err = r.list(ctx, &out, w, nil, "issues", num, "sub_issues")
	out = r.g.readable(out)
	for i := range out {
		r.veil(ctx, &out[i])
	}
	return out, page, err
}

// readable drops issues of repositories that may not be read.
func (g *Guard) readable(all []Issue) []Issue {
	out := all[:0]
	for _, i := range all {
		if owner, name, ok := repoOfURL(i.RepoURL); i.RepoURL == "" || ok && g.mayRead(owner, name) == nil {
			out = append(out, i)
		}
	}
	return out
}

// repoOfURL finds the repository in an address such as
// https://api.github.com/repos/owner/name.
func repoOfURL(u string) (owner, name string, ok bool) {
	_, rest, ok := strings.Cut(u, "/repos/")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) < 2 || checkRepo(parts[0], parts[1]) != nil {
		return "", "", false
	}
	return parts[0], parts[1], true
}

// RepoOf is the repository that an issue of a search belongs to, as owner/name.
func (i *Issue) RepoOf() string {
	owner, name, ok := repoOfURL(i.RepoURL)
	if !ok {
		return ""
	}
	return owner + "/" + name
}

// Parent reads the issue that an issue is a part of.
func (r *Repo) Parent(ctx context.Context, n int) (*Issue, error) {
	num, err := number("issue_number", n)
	if err != nil {
		return nil, err
	}
	out := []Issue{{}}
	if _, err := r.get(ctx, &out[0], nil, "issues", num, "parent"); err != nil {
		return nil, err
	}
	if out = r.g.readable(out); len(out) == 0 {
		return nil, errors.New("the parent is in a repository that may not be read")
	}
	r.veil(ctx, &out[0])
	return &out[0], nil
}

// Event is something that happened to an issue.
type Event struct {
	Event       string `json:"event"`
	Actor       *Actor `json:"actor"`
	User        *Actor `json:"user"`
	Association string `json:"author_association"`
	Created     string `json:"created_at"`
	Submitted   string `json:"submitted_at"`
	Body        string `json:"body"`
	Label       *Label `json:"label"`
	Assignee    *Actor `json:"assignee"`
	State       string `json:"state"`
	Commit      string `json:"commit_id"`
	SHA         string `json:"sha"`
	Message     string `json:"message"`
	Rename      *struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"rename"`
	Source *struct {
		Issue *Issue `json:"issue"`
	} `json:"source"`
}

// Timeline lists what happened to an issue.
func (r *Repo) Timeline(ctx context.Context, n int, w Window) (out []Event, page Page, err error) {
	num, err := number("issue_number", n)
	if err != nil {
		return nil, Page{}, err
	}
	page, err = r.list(ctx, &out, w, nil, "issues", num, "timeline")
	for i := range out {
		e := &out[i]
		if e.Source != nil && e.Source.Issue != nil && len(r.g.readable([]Issue{*e.Source.Issue})) == 0 {
			e.Source = nil
		}
		if e.Body != "" && e.User != nil {
			r.meetText(ctx, e.Association)
			if r.Veiled(ctx, e.User.Login, e.Association) {
				e.Body = hiddenText
			}
		}
	}
	return out, page, err
}

// ListedIssue is an issue, or a pull request, in a list.
type ListedIssue struct {
	Number      int    `json:"number"`
	Title       string `json:"title"`
	State       string `json:"state"`
	Author      *Actor `json:"author"`
	Association string `json:"authorAssociation"`
	Updated     string `json:"updatedAt"`
	Comments    struct {
		Total int `json:"totalCount"`
	} `json:"comments"`
	Labels    nodes[Label] `json:"labels"`
	Assignees nodes[Actor] `json:"assignees"`
	Draft     bool         `json:"isDraft"`
	Head      string       `json:"headRefName"`
	Base      string       `json:"baseRefName"`
}

// By is the login of the author.
func (i *ListedIssue) By() string {
	if i.Author == nil {
		return "ghost"
	}
	return i.Author.Login
}

const listedFields = ` number title state author { login } authorAssociation updatedAt comments(first: 1) { totalCount } labels(first: 20) { nodes { name } } assignees(first: 10) { nodes { login } } `

var issuesDocument = newDocument("Issues", `query Issues($owner: String!, $name: String!, $first: Int!, $after: String, $states: [IssueState!], $labels: [String!], $order: IssueOrder, $filter: IssueFilters) {
  repository(owner: $owner, name: $name, followRenames: false) { isPrivate
    issues(first: $first, after: $after, states: $states, labels: $labels, orderBy: $order, filterBy: $filter) {
      totalCount pageInfo { hasNextPage endCursor } nodes {`+listedFields+`} } } }`)

// IssueFilter says which issues are listed.
type IssueFilter struct {
	State, Since, Assignee, Author, Milestone string
	Labels                                    []string
	Order, Direction                          string
}

// Issues lists issues, without pull requests.
func (r *Repo) Issues(ctx context.Context, f IssueFilter, w Window) ([]ListedIssue, Page, error) {
	vars := w.graph()
	filter := map[string]any{}
	for name, value := range map[string]string{"since": f.Since, "assignee": f.Assignee, "createdBy": f.Author, "milestone": f.Milestone} {
		if value != "" {
			filter[name] = value
		}
	}
	vars["filter"], vars["states"], vars["labels"] = filter, states(f.State), nil
	if len(f.Labels) > 0 {
		vars["labels"] = f.Labels
	}
	vars["order"] = order(f.Order, f.Direction)
	var out struct {
		Repository struct {
			Issues nodes[ListedIssue] `json:"issues"`
		} `json:"repository"`
	}
	if err := r.graph(ctx, issuesDocument, vars, &out); err != nil {
		return nil, Page{}, err
	}
	return r.veilListed(ctx, out.Repository.Issues.Nodes), out.Repository.Issues.page(), nil
}

func (r *Repo) veilListed(ctx context.Context, all []ListedIssue) []ListedIssue {
	for i := range all {
		r.meetText(ctx, all[i].Association)
		if r.Veiled(ctx, all[i].By(), all[i].Association) {
			all[i].Title = hiddenText
		}
	}
	return all
}

func states(state string) []string {
	switch strings.ToLower(state) {
	case "all":
		return nil
	case "", "open":
		return []string{"OPEN"}
	}
	return []string{strings.ToUpper(state)}
}

func order(by, direction string) map[string]any {
	field := map[string]string{"created": "CREATED_AT", "updated": "UPDATED_AT", "comments": "COMMENTS"}[strings.ToLower(strings.TrimSuffix(strings.ToLower(by), "_at"))]
	return map[string]any{"field": cmp.Or(field, "CREATED_AT"), "direction": strings.ToUpper(cmp.Or(direction, "desc"))}
}

// IssueChange is what is written of an issue; nil is left as it is.
type IssueChange struct {
	Title     *string   `json:"title,omitempty"`
	Body      *string   `json:"body,omitempty"`
	Labels    *[]string `json:"labels,omitempty"`
	Assignees *[]string `json:"assignees,omitempty"`
	Milestone *int      `json:"milestone,omitempty"`
	Type      *string   `json:"type,omitempty"`
	State     *string   `json:"state,omitempty"`
	Reason    *string   `json:"state_reason,omitempty"`
}

// CreateIssue makes an issue.
func (r *Repo) CreateIssue(ctx context.Context, c IssueChange) (*Issue, error) {
	out := &Issue{}
	return out, r.send(ctx, http.MethodPost, c, out, "issues")
}

// UpdateIssue changes an issue.
func (r *Repo) UpdateIssue(ctx context.Context, n int, c IssueChange) (*Issue, error) {
	num, err := number("issue_number", n)
	if err != nil {
		return nil, err
	}
	out := &Issue{}
	return out, r.send(ctx, http.MethodPatch, c, out, "issues", num)
}

// AddComment comments on an issue or pull request.
func (r *Repo) AddComment(ctx context.Context, n int, body string) (*Comment, error) {
	num, err := number("issue_number", n)
	if err != nil {
		return nil, err
	}
	out := &Comment{}
	return out, r.send(ctx, http.MethodPost, map[string]any{"body": body}, out, "issues", num, "comments")
}

// React adds a reaction to an issue, or to a comment on one.
func (r *Repo) React(ctx context.Context, n int, comment int64, reaction string) error {
	path := []string{"issues", strconv.Itoa(n), "reactions"}
	if comment != 0 {
		path = []string{"issues", "comments", strconv.FormatInt(comment, 10), "reactions"}
	}
	return r.send(ctx, http.MethodPost, map[string]any{"content": reaction}, nil, path...)
}

// SubIssue changes what is part of an issue.
type SubIssue struct {
	Child   int   // the number of an issue of the same repository, or
	ChildID int64 // the ID of any
	After   int64
	Before  int64
	Replace bool // an issue that has another parent
}

// ChangeSubIssue adds, removes or moves a part of an issue.
func (r *Repo) ChangeSubIssue(ctx context.Context, method string, n int, s SubIssue) error {
	num, err := number("issue_number", n)
	if err != nil {
		return err
	}
	id := s.ChildID
	switch {
	case s.Child > 0:
		child, err := r.Issue(ctx, s.Child)
		if err != nil {
			return err
		}
		id = child.ID
	case id == 0:
		return mcpcore.Hint(errors.New("which issue is meant is not said"), "give sub_issue_number, or sub_issue_id")
	case r.g.fenced() && method == "add":
		return mcpcore.Refused("--repos", mcpcore.Hint(errors.New("an ID does not tell the repository"), "give sub_issue_number"))
	}
	switch method {
	case "add":
		return r.send(ctx, http.MethodPost, map[string]any{"sub_issue_id": id, "replace_parent": s.Replace}, nil, "issues", num, "sub_issues")
	case "remove":
		return r.send(ctx, http.MethodDelete, map[string]any{"sub_issue_id": id}, nil, "issues", num, "sub_issue")
	}
	body := map[string]any{"sub_issue_id": id}
	switch {
	case s.After != 0:
		body["after_id"] = s.After
	case s.Before != 0:
		body["before_id"] = s.Before
	default:
		return errors.New("after_id or before_id says where the issue goes")
	}
	return r.send(ctx, http.MethodPatch, body, nil, "issues", num, "sub_issues", "priority")
}
