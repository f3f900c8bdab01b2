package guard

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Labels lists the labels of a repository.
func (r *Repo) Labels(ctx context.Context, w Window) (out []Label, page Page, err error) {
	page, err = r.list(ctx, &out, w, nil, "labels")
	return out, page, err
}

// Label reads a label.
func (r *Repo) Label(ctx context.Context, name string) (*Label, error) {
	out := &Label{}
	_, err := r.get(ctx, out, nil, "labels", name)
	return out, err
}

// LabelChange is what is written of a label.
type LabelChange struct {
	Name        string  `json:"name,omitempty"`
	NewName     string  `json:"new_name,omitempty"`
	Color       string  `json:"color,omitempty"`
	Description *string `json:"description,omitempty"`
}

// WriteLabel creates, updates or deletes a label.
func (r *Repo) WriteLabel(ctx context.Context, method, name string, c LabelChange) error {
	switch method {
	case "create":
		c.Name = name
		return r.send(ctx, http.MethodPost, c, nil, "labels")
	case "update":
		return r.send(ctx, http.MethodPatch, c, nil, "labels", name)
	}
	return r.send(ctx, http.MethodDelete, nil, nil, "labels", name)
}

// Milestone is a milestone.
type Milestone struct {
	Number      int    `json:"number"`
	Title       string `json:"title"`
	Description string `json:"description"`
	State       string `json:"state"`
	Open        int    `json:"open_issues"`
	Closed      int    `json:"closed_issues"`
	Due         string `json:"due_on"`
}

// Milestones lists milestones.
func (r *Repo) Milestones(ctx context.Context, state string, w Window) (out []Milestone, page Page, err error) {
	page, err = r.list(ctx, &out, w, []string{"state", state}, "milestones")
	return out, page, err
}

// MilestoneChange is what is written of a milestone; nil is left as it is.
type MilestoneChange struct {
	Title       *string `json:"title,omitempty"`
	Description *string `json:"description,omitempty"`
	State       *string `json:"state,omitempty"`
	Due         *string `json:"due_on,omitempty"`
}

// moment is a time as GitHub reads it. A day alone begins at midnight, UTC.
func moment(what, text string) (string, error) {
	if _, err := time.Parse(time.DateOnly, text); err == nil {
		return text + "T00:00:00Z", nil
	}
	if _, err := time.Parse(time.RFC3339, text); err != nil {
		return "", mcpcore.Hint(fmt.Errorf("%s: %s is no time", what, quote(text)), "write a day, such as 2026-12-24, or a time, such as 2026-12-24T18:00:00Z")
	}
	return text, nil
}

// WriteMilestone creates, updates or deletes a milestone.
func (r *Repo) WriteMilestone(ctx context.Context, method string, n int, c MilestoneChange) (*Milestone, error) {
	if c.Due != nil {
		due, err := moment("due_on", *c.Due)
		if err != nil {
			return nil, err
		}
		c.Due = &due
	}
	out := &Milestone{}
	if method == "create" {
		return out, r.send(ctx, http.MethodPost, c, out, "milestones")
	}
	num, err := number("milestone_number", n)
	if err != nil {
		return nil, err
	}
	if method == "update" {
		return out, r.send(ctx, http.MethodPatch, c, out, "milestones", num)
	}
	return out, r.send(ctx, http.MethodDelete, nil, nil, "milestones", num)
}

// IssueType is a type that the issues of an organization may have.
type IssueType struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// IssueTypes lists the types of issues of an organization.
func (g *Guard) IssueTypes(ctx context.Context, org string) (out []IssueType, err error) {
	if err := checkLogin("owner", org); err != nil {
		return nil, err
	}
	_, err = g.do(ctx, request{path: []string{"orgs", org, "issue-types"}, account: g.accountOf(org)}, &out)
	return out, err
}

// Dependencies lists the issues that block an issue, or that it blocks.
func (r *Repo) Dependencies(ctx context.Context, n int, which string, w Window) (out []Issue, page Page, err error) {
	num, err := number("issue_number", n)
	if err != nil {
		return nil, Page{}, err
	}
	page, err = r.list(ctx, &out, w, nil, "issues", num, "dependencies", which)
	out = r.g.readable(out)
	for i := range out {
		r.veil(ctx, &out[i])
	}
	return out, page, err
}

// ChangeDependency has an issue of the same repository block another, or not.
func (r *Repo) ChangeDependency(ctx context.Context, method string, n, by int) error {
	num, err := number("issue_number", n)
	if err != nil {
		return err
	}
	other, err := r.Issue(ctx, by)
	if err != nil {
		return fmt.Errorf("blocked_by: %w", err)
	}
	if method == "add" {
		return r.send(ctx, http.MethodPost, map[string]any{"issue_id": other.ID}, nil, "issues", num, "dependencies", "blocked_by")
	}
	return r.send(ctx, http.MethodDelete, nil, nil, "issues", num, "dependencies", "blocked_by", strconv.FormatInt(other.ID, 10))
}

var minimizeDocument = newDocument("Minimize", `mutation Minimize($input: MinimizeCommentInput!) { minimizeComment(input: $input) { minimizedComment { isMinimized } } }`)

// ChangeComment edits, deletes or hides a comment on an issue, or, where review
// is true, on a line of a pull request.
func (r *Repo) ChangeComment(ctx context.Context, method string, id int64, review bool, body, why string) error {
	path := []string{"issues", "comments", strconv.FormatInt(id, 10)}
	if review {
		path[0] = "pulls"
	}
	switch method {
	case "edit":
		return r.send(ctx, http.MethodPatch, map[string]any{"body": body}, nil, path...)
	case "delete":
		return r.send(ctx, http.MethodDelete, nil, nil, path...)
	}
	var found struct {
		Node string `json:"node_id"`
	}
	if _, err := r.get(ctx, &found, nil, path...); err != nil {
		return err
	}
	return r.mutate(ctx, minimizeDocument, map[string]any{"subjectId": found.Node, "classifier": cmp.Or(why, "OUTDATED")}, nil)
}
