package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type createRepoIn struct {
	Name        string `json:"name" jsonschema:"new name" audit:"target"`
	Org         string `json:"organization,omitzero" jsonschema:"your account if left out"`
	Description string `json:"description,omitzero" jsonschema:"text"`
	Private     *bool  `json:"private,omitzero" jsonschema:"default true"`
	Init        bool   `json:"autoInit,omitzero" jsonschema:"with a README" alias:"auto_init"`
}

func (s *server) createRepository(ctx context.Context, in createRepoIn) (string, error) {
	r, err := s.guard.CreateRepo(ctx, guard.NewRepo{Org: in.Org, Name: in.Name, Description: in.Description, Private: in.Private == nil || *in.Private, Init: in.Init})
	if err != nil {
		return "", err
	}
	return "created " + r.FullName, nil
}

type forkIn struct {
	repoIn
	Org string `json:"organization,omitzero" jsonschema:"your account if left out"`
}

func (s *server) forkRepository(ctx context.Context, in forkIn) (string, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	made, err := r.Fork(ctx, in.Org)
	if err != nil {
		return "", err
	}
	return "GitHub makes " + made.FullName + "; it may take a minute", nil
}

type updateRepoIn struct {
	repoIn
	Description  *string `json:"description,omitzero" jsonschema:"text"`
	Homepage     *string `json:"homepage,omitzero" jsonschema:"URL"`
	Default      *string `json:"default_branch,omitzero" jsonschema:"branch"`
	Issues       *bool   `json:"has_issues,omitzero" jsonschema:"with issues"`
	Archived     *bool   `json:"archived,omitzero" jsonschema:"read-only for all"`
	DeleteBranch *bool   `json:"delete_branch_on_merge,omitzero" jsonschema:"delete merged branches"`
}

func (s *server) updateRepository(ctx context.Context, in updateRepoIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	c := guard.RepoChange{Description: in.Description, Homepage: in.Homepage, Default: in.Default, Issues: in.Issues, Archived: in.Archived, DeleteBranch: in.DeleteBranch}
	if c == (guard.RepoChange{}) {
		return "", errors.New("nothing is said to change")
	}
	return "updated " + r.String(), r.Update(ctx, c)
}

type branchIn struct {
	repoIn
	Branch string `json:"branch" audit:"target"`
}

func (s *server) deleteBranch(ctx context.Context, in branchIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	return "deleted " + in.Branch, r.DeleteBranch(ctx, in.Branch)
}

type renameBranchIn struct {
	branchIn
	To string `json:"new_name" jsonschema:"its new name"`
}

func (s *server) renameBranch(ctx context.Context, in renameBranchIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	return "renamed to " + in.To, r.RenameBranch(ctx, in.Branch, in.To)
}

type releaseWriteIn struct {
	repoIn
	Method     string  `json:"method" enum:"create,update,delete"`
	Tag        string  `json:"tag"`
	Target     string  `json:"target,omitzero" jsonschema:"where a new tag goes"`
	Name       *string `json:"name,omitzero" jsonschema:"title"`
	Body       *string `json:"body,omitzero"`
	Draft      *bool   `json:"draft,omitzero"`
	Prerelease *bool   `json:"prerelease,omitzero" jsonschema:"not for all yet"`
	Notes      bool    `json:"generate_notes,omitzero" jsonschema:"have GitHub write the notes"`
}

func (s *server) releaseWrite(ctx context.Context, in releaseWriteIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	v, err := r.WriteRelease(ctx, in.Method, guard.ReleaseChange{
		Tag: in.Tag, Target: in.Target, Name: in.Name, Body: in.Body, Draft: in.Draft, Prerelease: in.Prerelease, Notes: in.Notes,
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%sd release %s: %s", in.Method, v.Tag, v.URL), nil
}

type tagWriteIn struct {
	repoIn
	Method  string `json:"method" enum:"create,delete"`
	Tag     string `json:"tag"`
	At      string `json:"target,omitzero" jsonschema:"branch or SHA"`
	Message string `json:"message,omitzero" jsonschema:"makes it an annotated one"`
}

func (s *server) tagWrite(ctx context.Context, in tagWriteIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	sha, err := r.WriteTag(ctx, in.Method, in.Tag, in.At, in.Message)
	if err != nil {
		return "", err
	}
	if in.Method == "delete" {
		return "deleted tag " + in.Tag, nil
	}
	return "tag " + in.Tag + " at " + sha, nil
}

type collaboratorsIn struct {
	repoIn
	Affiliation string `json:"affiliation,omitzero" jsonschema:"default all" enum:"outside,direct,all"`
	pageIn
}

func (s *server) listCollaborators(ctx context.Context, in collaboratorsIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	all, page, err := r.Collaborators(ctx, in.Affiliation, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{columns: []string{"login", "role"}, page: page}
	for _, c := range all {
		l.add(c.Login, c.Role)
	}
	return s.shown(l)
}

type rulesIn struct {
	repoIn
	Branch string `json:"branch,omitzero" jsonschema:"default branch if left out" audit:"target"`
}

func (s *server) getRules(ctx context.Context, in rulesIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	rules, branch, err := r.Rules(ctx, in.Branch)
	if err != nil {
		return nil, err
	}
	if len(rules) == 0 {
		return texts("no rulesets hold for " + branch), nil
	}
	l := &list{columns: []string{"rule", "from", "parameters"}}
	for _, one := range rules {
		text := ""
		if len(one.Parameters) > 0 {
			raw, err := json.Marshal(one.Parameters)
			if err != nil {
				return nil, err
			}
			text = string(raw)
		}
		l.add(one.Type, one.Source, text)
	}
	return s.shown(l)
}

type blameIn struct {
	repoIn
	Path      string `json:"path" audit:"target"`
	Ref       string `json:"ref,omitzero"`
	StartLine int    `json:"start_line,omitzero"`
	EndLine   int    `json:"end_line,omitzero"`
}

func (s *server) getFileBlame(ctx context.Context, in blameIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	ranges, err := r.Blame(ctx, in.Path, in.Ref)
	if err != nil {
		return nil, err
	}
	l := &list{from: "commits", columns: []string{"lines", "sha", "date", "author", "message"}}
	for _, b := range ranges {
		if b.To < in.StartLine || in.EndLine > 0 && b.From > in.EndLine {
			continue
		}
		author := b.Commit.Author.Name
		if b.Commit.Author.User != nil {
			author = b.Commit.Author.User.Login
		}
		l.add(fmt.Sprintf("%d-%d", b.From, b.To), b.Commit.SHA, day(b.Commit.Date), author, line(b.Commit.Headline, 100))
	}
	return s.shown(l)
}

func (s *server) searchCommits(ctx context.Context, in searchInIn) (*mcpcore.Result, error) {
	q, r, err := s.searchIn(ctx, in)
	if err != nil {
		return nil, err
	}
	found, page, err := s.guard.SearchCommits(ctx, q, r)
	if err != nil {
		return nil, err
	}
	l := &list{from: "commits found", columns: []string{"repo", "sha", "date", "author", "message"}, page: page}
	for _, c := range found {
		l.add(c.Repository.FullName, short(c.SHA), minute(c.Commit.Commit.Author.Date), c.By(), line(first(c.Commit.Commit.Message), 120))
	}
	return s.shown(l)
}

func (s *server) searchUsers(ctx context.Context, in searchIn) (*mcpcore.Result, error) {
	return s.accounts(ctx, in, "user")
}

func (s *server) searchOrgs(ctx context.Context, in searchIn) (*mcpcore.Result, error) {
	return s.accounts(ctx, in, "org")
}

func (s *server) accounts(ctx context.Context, in searchIn, kind string) (*mcpcore.Result, error) {
	found, page, err := s.guard.Users(ctx, in.query(), kind)
	if err != nil {
		return nil, err
	}
	l := &list{columns: []string{"login", "type"}, page: page}
	for _, u := range found {
		l.add(u.Login, strings.ToLower(u.Type))
	}
	return s.shown(l)
}
