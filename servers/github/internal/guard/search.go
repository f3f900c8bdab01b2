package guard

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// FoundRepo is a repository of a search.
type FoundRepo struct {
	FullName    string `json:"full_name"`
	Description string `json:"description"`
	Language    string `json:"language"`
	Stars       int    `json:"stargazers_count"`
	Private     bool   `json:"private"`
	Archived    bool   `json:"archived"`
	Fork        bool   `json:"fork"`
	Pushed      string `json:"pushed_at"`
	Default     string `json:"default_branch"`
}

// FoundCode is a file of a search.
type FoundCode struct {
	Path       string    `json:"path"`
	SHA        string    `json:"sha"`
	Repository FoundRepo `json:"repository"`
	Matches    []struct {
		Fragment string `json:"fragment"`
	} `json:"text_matches"`
}

type found[T any] struct {
	Total      int  `json:"total_count"`
	Incomplete bool `json:"incomplete_results"`
	Items      []T  `json:"items"`
}

// Query is a search.
type Query struct {
	Text, Sort, Order string
	Window
	Matches bool // show where the text stands
}

// narrow adds what the operator's rules and the call say of repositories. A
// query that asks for one that may not be read is refused.
func (g *Guard) narrow(text string, in *Repo) (string, error) {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
		text = strings.Join(strings.Fields(text), " ")
	}
	named := in != nil
	for word := range strings.FieldsSeq(text) {
		word = strings.Trim(strings.TrimLeft(word, "(-"), ")")
		kind, name, ok := strings.Cut(word, ":")
		if !ok {
			continue
		}
		name = strings.Trim(name, `"`)
		switch strings.ToLower(kind) {
		case "repo":
			owner, repo, _ := strings.Cut(name, "/")
			if err := checkRepo(owner, repo); err != nil {
				return "", err
			}
			if err := g.mayRead(owner, repo); err != nil {
				return "", err
			}
			named = true
		case "org", "user":
			if g.read.set && !g.mayBeAmong(name) {
				return "", g.outside("searching "+quote(name), false)
			}
			named = true
		}
	}
	if in != nil {
		return strings.TrimSpace(text + " repo:" + in.String()), nil
	}
	if !named && g.read.set { // the answer is looked through in any case; this has it hold more of what may be seen
		for _, q := range g.qualifiers() {
			text += " " + q
		}
	}
	return strings.TrimSpace(text), nil
}

// mayBeAmong reports whether an owner has repositories that may be read.
func (g *Guard) mayBeAmong(owner string) bool {
	for _, p := range g.o.Repos {
		o, _, _ := strings.Cut(p, "/")
		if !strings.HasPrefix(p, "!") && (strings.EqualFold(o, owner) || strings.Contains(o, "*")) {
			return true
		}
	}
	return len(g.read.yes) == 0
}

// qualifiers narrow a search to the repositories that may be read, where that
// can be said.
func (g *Guard) qualifiers() []string {
	var out []string
	for _, p := range g.o.Repos {
		owner, name, ok := strings.Cut(p, "/")
		switch {
		case strings.HasPrefix(p, "!"):
		case strings.Contains(owner, "*"):
			return nil
		case !ok || strings.Contains(name, "*"):
			out = append(out, "user:"+owner)
		default:
			out = append(out, "repo:"+p)
		}
	}
	if len(out) > 20 { // a query must not be longer than 256 characters
		return nil
	}
	return out
}

func search[T any](ctx context.Context, g *Guard, kind string, q Query, in *Repo, repoOf func(*T) string) (out []T, page Page, err error) {
	if strings.TrimSpace(q.Text) == "" && in == nil {
		return nil, Page{}, mcpcore.Hint(errors.New("query: there is nothing to search for"), "give words, or qualifiers such as language:go")
	}
	text, err := g.narrow(q.Text, in)
	if err != nil {
		return nil, Page{}, err
	}
	params, err := q.query("q", text, "sort", q.Sort, "order", q.Order)
	if err != nil {
		return nil, Page{}, err
	}
	r := request{path: []string{"search", kind}, query: params}
	if in != nil {
		r.account = in.account
	}
	if q.Matches {
		r.accept = "application/vnd.github.text-match+json"
	}
	var answer found[T]
	resp, err := g.do(ctx, r, &answer)
	if err != nil {
		return nil, Page{}, err
	}
	page = pageOf(resp)
	page.Total = answer.Total
	for i := range answer.Items {
		item := &answer.Items[i]
		owner, name, _ := strings.Cut(repoOf(item), "/")
		if checkRepo(owner, name) != nil || g.mayRead(owner, name) != nil {
			page.Total = 0 // tells of what may not be seen
			continue
		}
		g.meet(ctx, &Repo{g: g, owner: owner, name: name, account: g.accountOf(owner)})
		out = append(out, *item)
	}
	return out, page, nil
}

// SearchRepos finds repositories.
func (g *Guard) SearchRepos(ctx context.Context, q Query) ([]FoundRepo, Page, error) {
	return search(ctx, g, "repositories", q, nil, func(r *FoundRepo) string { return r.FullName })
}

// SearchCode finds files by what is in them.
func (g *Guard) SearchCode(ctx context.Context, q Query, in *Repo) ([]FoundCode, Page, error) {
	return search(ctx, g, "code", q, in, func(c *FoundCode) string { return c.Repository.FullName })
}

// SearchCommits finds commits by their messages.
func (g *Guard) SearchCommits(ctx context.Context, q Query, in *Repo) ([]FoundCommit, Page, error) {
	out, page, err := search(ctx, g, "commits", q, in, func(c *FoundCommit) string { return c.Repository.FullName })
	for i := range out {
		owner, name, _ := strings.Cut(out[i].Repository.FullName, "/")
		one := []Commit{out[i].Commit}
		(&Repo{g: g, owner: owner, name: name, account: g.accountOf(owner)}).veilCommits(ctx, one)
		out[i].Commit = one[0]
	}
	return out, page, err
}

// FoundCommit is a commit of a search.
type FoundCommit struct {
	Commit
	Repository FoundRepo `json:"repository"`
}

// SearchIssues finds issues, or pull requests where kind is "pr".
func (g *Guard) SearchIssues(ctx context.Context, q Query, kind string, in *Repo) ([]Issue, Page, error) {
	if !strings.Contains(q.Text, "is:"+kind) && !strings.Contains(q.Text, "type:"+kind) {
		q.Text = strings.TrimSpace(q.Text + " is:" + kind)
	}
	out, page, err := search(ctx, g, "issues", q, in, func(i *Issue) string { return i.RepoOf() })
	for i := range out {
		owner, name, _ := strings.Cut(out[i].RepoOf(), "/")
		(&Repo{g: g, owner: owner, name: name, account: g.accountOf(owner)}).veil(ctx, &out[i])
	}
	return out, page, err
}

// Users finds accounts; kind is "user" or "org".
func (g *Guard) Users(ctx context.Context, q Query, kind string) ([]Actor, Page, error) {
	params, err := q.query("q", q.Text+" type:"+kind, "sort", q.Sort, "order", q.Order)
	if err != nil {
		return nil, Page{}, err
	}
	var answer found[Actor]
	resp, err := g.do(ctx, request{path: []string{"search", "users"}, query: params}, &answer)
	page := pageOf(resp)
	page.Total = answer.Total
	return answer.Items, page, err
}

// Team is a team of an organization.
type Team struct {
	Name         string `json:"name"`
	Slug         string `json:"slug"`
	Description  string `json:"description"`
	Organization Actor  `json:"organization"`
}

// Teams lists the teams of the token's user.
func (g *Guard) Teams(ctx context.Context, w Window) (out []Team, page Page, err error) {
	q, err := w.query()
	if err != nil {
		return nil, Page{}, err
	}
	resp, err := g.do(ctx, request{path: []string{"user", "teams"}, query: q}, &out)
	return out, pageOf(resp), err
}

// TeamMembers lists who is in a team.
func (g *Guard) TeamMembers(ctx context.Context, org, team string, w Window) (out []Actor, page Page, err error) {
	if err := errors.Join(checkLogin("org", org), checkSlug("team_slug", team)); err != nil {
		return nil, Page{}, err
	}
	q, err := w.query()
	if err != nil {
		return nil, Page{}, err
	}
	resp, err := g.do(ctx, request{path: []string{"orgs", org, "teams", team, "members"}, query: q, account: g.accountOf(org)}, &out)
	return out, pageOf(resp), err
}

// RateLimit is one of GitHub's limits for the token.
type RateLimit struct {
	Limit     int   `json:"limit"`
	Remaining int   `json:"remaining"`
	Reset     int64 `json:"reset"`
}

// Access is what is known of the token.
type Access struct {
	Kind   string
	Me     *Me
	Limits map[string]RateLimit
}

// Access finds out what the token is and may do.
func (g *Guard) Access(ctx context.Context) (*Access, error) {
	token, err := g.accountOf("").token(ctx, g)
	if err != nil {
		return nil, err
	}
	out := &Access{Kind: kind(token)}
	if token != "" && !strings.HasPrefix(token, "ghs_") {
		if out.Me, err = g.Me(ctx); err != nil {
			return nil, err
		}
	}
	var limits struct {
		Resources map[string]RateLimit `json:"resources"`
	}
	if _, err := g.do(ctx, request{path: []string{"rate_limit"}}, &limits); err != nil && !errors.Is(err, mcpcore.ErrNotFound) { // a server of one's own may have none
		return nil, err
	}
	out.Limits = limits.Resources
	return out, nil
}

// idOf is a number of GitHub in an argument.
func idOf(what, text string) (string, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return "", fmt.Errorf("%s: %s is no number of GitHub", what, quote(text))
	}
	return text, nil
}

func itoa(n int) string { return strconv.Itoa(n) }
