package github

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type noArguments struct{}

func (s *server) getMe(ctx context.Context, _ noArguments) (string, error) {
	me, err := s.guard.Me(ctx)
	if err != nil {
		return "", err
	}
	f := facts{}
	f.add("login", me.Login)
	f.add("name", line(me.Name, 100))
	f.add("type", me.Type)
	f.add("company", line(me.Company, 100))
	f.add("email", line(me.Email, 100))
	f.add("bio", line(me.Bio, 200))
	f.add("repositories", fmt.Sprintf("%d public, %d private", me.Public, me.Private))
	f.add("since", day(me.Created))
	return f.String(), nil
}

type teamsIn struct {
	pageIn
}

func (s *server) getTeams(ctx context.Context, in teamsIn) (*mcpcore.Result, error) {
	teams, page, err := s.guard.Teams(ctx, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{columns: []string{"org", "team_slug", "name", "description"}, page: page}
	for _, t := range teams {
		l.add(t.Organization.Login, t.Slug, t.Name, t.Description)
	}
	return s.shown(l)
}

type teamMembersIn struct {
	Org  string `json:"org"`
	Team string `json:"team_slug"`
	pageIn
}

func (s *server) getTeamMembers(ctx context.Context, in teamMembersIn) (*mcpcore.Result, error) {
	members, page, err := s.guard.TeamMembers(ctx, in.Org, in.Team, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{columns: []string{"login", "type"}, page: page}
	for _, m := range members {
		l.add(m.Login, m.Type)
	}
	return s.shown(l)
}

func (s *server) getAccess(ctx context.Context, _ noArguments) (string, error) {
	a, err := s.guard.Access(ctx)
	if err != nil {
		return "", err
	}
	f := facts{}
	f.add("token", a.Kind)
	if a.Me != nil {
		f.add("account", a.Me.Login)
		f.add("scopes", a.Me.Scopes)
		f.add("expires", a.Me.Expires)
	}
	for _, r := range s.guard.Rules() {
		f.add(r[0], r[1])
	}
	for _, name := range []string{"core", "graphql", "search", "code_search"} {
		if l, ok := a.Limits[name]; ok {
			f.add("limit of "+name, fmt.Sprintf("%d of %d left until %s", l.Remaining, l.Limit, time.Unix(l.Reset, 0).UTC().Format("15:04 UTC")))
		}
	}
	return f.String(), nil
}

type myWorkIn struct {
	pageIn
}

// myWork is what waits for the user.
func (s *server) myWork(ctx context.Context, in myWorkIn) (*mcpcore.Result, error) {
	work, err := s.guard.MyWork(ctx, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{from: "titles by various authors", columns: []string{"why", "repo", "number", "title", "state", "updated"}}
	for _, w := range work {
		l.add(w.Why, w.Repo, w.Number, w.Title, w.State, minute(w.Updated))
	}
	slices.SortStableFunc(l.rows, func(a, b []any) int { return guard.Urgency(a[0].(string)) - guard.Urgency(b[0].(string)) })
	return s.shown(l)
}

// facts are lines of a name and a value.
type facts struct{ b strings.Builder }

func (f *facts) add(name, value string) {
	if value != "" {
		fmt.Fprintf(&f.b, "%s: %s\n", name, value)
	}
}

func (f *facts) String() string { return strings.TrimSuffix(f.b.String(), "\n") }

// day is the date of a time of GitHub.
func day(t string) string {
	date, _, _ := strings.Cut(t, "T")
	return date
}

// minute is a time of GitHub without its seconds.
func minute(t string) string {
	if len(t) >= 16 {
		return t[:10] + " " + t[11:16]
	}
	return t
}
