package github

import (
	"context"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type searchIn struct {
	Query string `json:"query" alias:"q"`
	Sort  string `json:"sort,omitzero" jsonschema:"field; default best match"`
	Order string `json:"order,omitzero" jsonschema:"direction" enum:"asc,desc"`
	pageIn
}

func (in searchIn) query() guard.Query {
	return guard.Query{Text: in.Query, Sort: in.Sort, Order: in.Order, Window: in.window()}
}

func (s *server) searchRepositories(ctx context.Context, in searchIn) (*mcpcore.Result, error) {
	found, page, err := s.guard.SearchRepos(ctx, in.query())
	if err != nil {
		return nil, err
	}
	l := &list{from: "descriptions by owners", columns: []string{"repo", "stars", "language", "pushed", "state", "description"}, page: page}
	for _, r := range found {
		var state []string
		for name, is := range map[string]bool{"private": r.Private, "archived": r.Archived, "fork": r.Fork} {
			if is {
				state = append(state, name)
			}
		}
		l.add(r.FullName, r.Stars, r.Language, day(r.Pushed), strings.Join(state, " "), line(r.Description, 150))
	}
	return s.shown(l)
}

// searchInIn is a search that may be in one repository.
type searchInIn struct {
	Query string `json:"query" alias:"q"`
	Owner string `json:"owner,omitzero" audit:"target"`
	Repo  string `json:"repo,omitzero" audit:"target"`
	Sort  string `json:"sort,omitzero" jsonschema:"field"`
	Order string `json:"order,omitzero" jsonschema:"direction" enum:"asc,desc"`
	pageIn
}

func (s *server) searchIn(ctx context.Context, in searchInIn) (guard.Query, *guard.Repo, error) {
	q := guard.Query{Text: in.Query, Sort: in.Sort, Order: in.Order, Window: in.window()}
	switch {
	case in.Repo != "":
		r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
		return q, r, err
	case in.Owner != "":
		q.Text += " user:" + in.Owner
	}
	return q, nil, nil
}

type searchCodeIn struct {
	Query   string `json:"query" alias:"q"`
	Owner   string `json:"owner,omitzero" audit:"target"`
	Repo    string `json:"repo,omitzero" audit:"target"`
	Matches bool   `json:"text_matches,omitzero" jsonschema:"show where"`
	pageIn
}

func (s *server) searchCode(ctx context.Context, in searchCodeIn) (*mcpcore.Result, error) {
	q, r, err := s.searchIn(ctx, searchInIn{Query: in.Query, Owner: in.Owner, Repo: in.Repo, pageIn: in.pageIn})
	if err != nil {
		return nil, err
	}
	q.Matches = in.Matches
	found, page, err := s.guard.SearchCode(ctx, q, r)
	if err != nil {
		return nil, err
	}
	l := &list{from: "files found", columns: []string{"repo", "path", "sha"}, page: page}
	if in.Matches {
		l.columns = append(l.columns, "match")
	}
	for _, f := range found {
		row := []any{f.Repository.FullName, f.Path, short(f.SHA)}
		if in.Matches {
			match := ""
			if len(f.Matches) > 0 {
				match = line(f.Matches[0].Fragment, 250)
			}
			row = append(row, match)
		}
		l.add(row...)
	}
	return s.shown(l)
}

func (s *server) searchIssues(ctx context.Context, in searchInIn) (*mcpcore.Result, error) {
	return s.foundIssues(ctx, in, "issue")
}

func (s *server) searchPullRequests(ctx context.Context, in searchInIn) (*mcpcore.Result, error) {
	return s.foundIssues(ctx, in, "pr")
}

func (s *server) foundIssues(ctx context.Context, in searchInIn, kind string) (*mcpcore.Result, error) {
	q, r, err := s.searchIn(ctx, in)
	if err != nil {
		return nil, err
	}
	found, page, err := s.guard.SearchIssues(ctx, q, kind, r)
	if err != nil {
		return nil, err
	}
	l := &list{from: "titles by their authors", columns: []string{"repo", "number", "state", "title", "author", "labels", "comments", "updated"}, page: page}
	for _, i := range found {
		l.add(i.RepoOf(), i.Number, i.State, line(i.Title, 200), by(i.User.Login, i.Association), guard.Names(i.Labels), i.Comments, day(i.Updated))
	}
	return s.shown(l)
}
