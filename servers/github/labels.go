package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

func (s *server) listLabel(ctx context.Context, in repoListIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	labels, page, err := r.Labels(ctx, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{columns: []string{"name", "color", "description"}, page: page}
	for _, one := range labels {
		l.add(one.Name, one.Color, one.Description)
	}
	return s.shown(l)
}

type labelIn struct {
	repoIn
	Name string `json:"name" jsonschema:"label"`
}

func (s *server) getLabel(ctx context.Context, in labelIn) (string, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	one, err := r.Label(ctx, in.Name)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, color %s: %s", line(one.Name, 100), one.Color, line(one.Description, 300)), nil
}

type labelWriteIn struct {
	repoIn
	Method      string  `json:"method" enum:"create,update,delete"`
	Name        string  `json:"name" jsonschema:"label"`
	NewName     string  `json:"new_name,omitzero" jsonschema:"to rename"`
	Color       string  `json:"color,omitzero" jsonschema:"hexadecimal"`
	Description *string `json:"description,omitzero" jsonschema:"what it means"`
}

func (s *server) labelWrite(ctx context.Context, in labelWriteIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	return in.Method + "d", r.WriteLabel(ctx, in.Method, in.Name, guard.LabelChange{NewName: in.NewName, Color: in.Color, Description: in.Description})
}

type milestonesIn struct {
	repoIn
	State string `json:"state,omitzero" enum:"open,closed,all"`
	pageIn
}

func (s *server) listMilestones(ctx context.Context, in milestonesIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	all, page, err := r.Milestones(ctx, in.State, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{columns: []string{"number", "title", "state", "open", "closed", "due"}, page: page}
	for _, m := range all {
		l.add(m.Number, m.Title, m.State, m.Open, m.Closed, day(m.Due))
	}
	return s.shown(l)
}

type milestoneWriteIn struct {
	repoIn
	Method      string  `json:"method" enum:"create,update,delete"`
	Number      int     `json:"milestone_number,omitzero" jsonschema:"to change"`
	Title       *string `json:"title,omitzero"`
	Description *string `json:"description,omitzero" jsonschema:"text"`
	State       *string `json:"state,omitzero" enum:"open,closed"`
	Due         *string `json:"due_on,omitzero" jsonschema:"ISO 8601"`
}

func (s *server) milestoneWrite(ctx context.Context, in milestoneWriteIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	if in.Method == "create" && in.Title == nil {
		return "", errors.New("title: a milestone needs one")
	}
	m, err := r.WriteMilestone(ctx, in.Method, in.Number, guard.MilestoneChange{Title: in.Title, Description: in.Description, State: in.State, Due: in.Due})
	if err != nil {
		return "", err
	}
	if in.Method == "delete" {
		return "deleted", nil
	}
	return fmt.Sprintf("%sd milestone %d", in.Method, m.Number), nil
}

type commentWriteIn struct {
	repoIn
	Method  string `json:"method" enum:"edit,delete,minimize"`
	Comment int64  `json:"comment_id"`
	Review  bool   `json:"review,omitzero" jsonschema:"one on a line of a pull request"`
	Body    string `json:"body,omitzero"`
	Why     string `json:"reason,omitzero" jsonschema:"to minimize" enum:"OUTDATED,RESOLVED,DUPLICATE,OFF_TOPIC,SPAM,ABUSE"`
}

func (s *server) commentWrite(ctx context.Context, in commentWriteIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	if in.Method == "edit" && in.Body == "" {
		return "", errors.New("body: it is needed to edit")
	}
	return "done", r.ChangeComment(ctx, in.Method, in.Comment, in.Review, in.Body, in.Why)
}

type dependencyReadIn struct {
	repoIn
	Number int    `json:"issue_number"`
	Which  string `json:"method,omitzero" jsonschema:"default blocked_by" enum:"blocked_by,blocking"`
	pageIn
}

func (s *server) issueDependencyRead(ctx context.Context, in dependencyReadIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	all, page, err := r.Dependencies(ctx, in.Number, cmp.Or(in.Which, "blocked_by"), in.window())
	if err != nil {
		return nil, err
	}
	l := &list{from: "titles by their authors", columns: []string{"repo", "number", "state", "title"}, page: page}
	for _, i := range all {
		l.add(i.RepoOf(), i.Number, i.State, i.Title)
	}
	return s.shown(l)
}

type dependencyWriteIn struct {
	repoIn
	Method string `json:"method" enum:"add,remove"`
	Number int    `json:"issue_number"`
	By     int    `json:"blocked_by" jsonschema:"number of the issue that blocks it"`
}

func (s *server) issueDependencyWrite(ctx context.Context, in dependencyWriteIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	return "done", r.ChangeDependency(ctx, in.Method, in.Number, in.By)
}

type issueTypesIn struct {
	Owner string `json:"owner" jsonschema:"organization" audit:"target"`
}

func (s *server) listIssueTypes(ctx context.Context, in issueTypesIn) (*mcpcore.Result, error) {
	types, err := s.guard.IssueTypes(ctx, in.Owner)
	if err != nil {
		return nil, err
	}
	l := &list{columns: []string{"name", "description"}}
	for _, one := range types {
		l.add(one.Name, one.Description)
	}
	return s.shown(l)
}
