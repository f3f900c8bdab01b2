package fake

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gql"
)

type (
	object = gql.Object
	fields = gql.Fields
	arg    = gql.Args
)

// resolver makes a field that takes arguments.
type resolver = func(arg) (any, error)

func lazy(f func() any) func() any { return f }

// graphQL answers a document.
func (c *call) graphQL(body []byte) {
	c.graph = []string{}
	if c.token == nil {
		c.fail(http.StatusUnauthorized, "This endpoint requires you to be authenticated.")
		return
	}
	var in struct {
		Query     string         `json:"query"`
		Operation string         `json:"operationName"`
		Variables map[string]any `json:"variables"`
	}
	if c.r.Method != http.MethodPost || json.Unmarshal(body, &in) != nil {
		c.fail(http.StatusBadRequest, "Problems parsing JSON")
		return
	}
	if w := c.window("graphql"); w.used >= w.limit {
		c.send(http.StatusOK, obj{"errors": []obj{{
			"type": "RATE_LIMITED", "code": "graphql_rate_limit", "message": "API rate limit already exceeded for user ID 1.",
		}}})
		return
	}
	c.window("graphql").used++
	a := gql.Execute(in.Query, in.Operation, in.Variables, func(mutation bool) *object {
		if mutation {
			return &object{Type: "Mutation", Fields: c.mutations()}
		}
		return c.gQuery()
	})
	c.graph = a.Top
	c.send(http.StatusOK, a)
}

func (c *call) gQuery() *object {
	return &object{Type: "Query", Fields: fields{
		"viewer": lazy(func() any {
			if c.user == nil {
				return c.gUser(c.actor())
			}
			return c.gUser(c.user)
		}),
		"user": resolver(func(a arg) (any, error) {
			return c.gAccount(a.String("login"), "User")
		}),
		"organization": resolver(func(a arg) (any, error) {
			return c.gAccount(a.String("login"), "Organization")
		}),
		"repositoryOwner": resolver(func(a arg) (any, error) {
			if u := c.h.users[strings.ToLower(a.String("login"))]; u != nil {
				return c.gUser(u), nil
			}
			return nil, nil
		}),
		"repository": resolver(c.gRepoByName),
		"node": resolver(func(a arg) (any, error) {
			o := c.gNode(a.String("id"))
			if o == nil {
				return nil, gql.NotFound("Could not resolve to a node with the global id of '%s'", a.String("id"))
			}
			return o, nil
		}),
		"nodes": resolver(func(a arg) (any, error) {
			var out []*object
			for _, id := range a.Strings("ids") {
				out = append(out, c.gNode(id))
			}
			return out, nil
		}),
		"search":    resolver(c.gSearch),
		"rateLimit": lazy(c.gRateLimit),
	}}
}

func (c *call) gRateLimit() any {
	w := c.window("graphql")
	return &object{Type: "RateLimit", Fields: fields{
		"limit": w.limit, "cost": 1, "remaining": w.limit - w.used, "used": w.used, "resetAt": stamp(w.reset), "nodeCount": 1,
	}}
}

func (c *call) gAccount(login, kind string) (any, error) {
	u := c.h.users[strings.ToLower(login)]
	if u == nil || (u.Type == "Organization") != (kind == "Organization") {
		return nil, gql.NotFound("Could not resolve to a %s with the login of '%s'.", map[string]string{"User": "User", "Organization": "Organization"}[kind], login)
	}
	return c.gUser(u), nil
}

// repoNamed finds a repository that the caller sees.
func (c *call) repoNamed(full string, follow bool) (*Repo, error) {
	r := c.h.repos[strings.ToLower(full)]
	if r == nil && follow {
		r = c.h.moved[strings.ToLower(full)]
	}
	if r == nil || !c.sees(r) {
		return nil, gql.NotFound("Could not resolve to a Repository with the name '%s'.", full)
	}
	return r, nil
}

func (c *call) gRepoByName(a arg) (any, error) {
	follow := true
	if v, ok := a["followRenames"].(bool); ok {
		follow = v
	}
	r, err := c.repoNamed(a.String("owner")+"/"+a.String("name"), follow)
	if err != nil {
		return nil, err
	}
	return c.gRepo(r), nil
}

// gNode is what a node ID is of, if the caller may see it.
func (c *call) gNode(id string) *object {
	switch v := c.h.nodes[id].(type) {
	case *User:
		return c.gUser(v)
	case *Team:
		return c.gTeam(v)
	case *Gist:
		return nil
	case *Repo:
		return seen(c, v, v, c.gRepo)
	case *Issue:
		return seen(c, v.Repo, v, c.gIssue)
	case *Comment:
		return seen(c, v.Issue.Repo, v, c.gComment)
	case *Label:
		return seen(c, v.Repo, v, c.gLabel)
	case *Milestone:
		return seen(c, v.Repo, v, c.gMilestone)
	case *Review:
		return seen(c, v.Pull.Issue.Repo, v, c.gReview)
	case *ReviewThread:
		return seen(c, v.Pull.Issue.Repo, v, c.gThread)
	case *ReviewComment:
		return seen(c, v.Thread.Pull.Issue.Repo, v, c.gReviewComment)
	case *Check:
		return seen(c, v.Suite.Repo, v, c.gCheck)
	case *Suite:
		return seen(c, v.Repo, v, c.gSuite)
	case *Run:
		return seen(c, v.Repo, v, c.gRun)
	case *Release:
		return seen(c, v.Repo, v, c.gRelease)
	case *Discussion:
		return seen(c, v.Repo, v, c.gDiscussion)
	case *DiscussionComment:
		return seen(c, v.Discussion.Repo, v, c.gDiscussionComment)
	case *Category:
		return seen(c, v.Repo, v, c.gCategory)
	case *Project:
		return c.gProject(v)
	case *Item:
		return c.gItem(v)
	case *Field:
		return c.gField(v)
	}
	return nil
}

func seen[T any](c *call, r *Repo, v T, show func(T) *object) *object {
	if !c.sees(r) {
		return nil
	}
	return show(v)
}

func (c *call) gSearch(a arg) (any, error) {
	s := parseSearch(a.String("query"))
	switch a.String("type") {
	case "ISSUE", "ISSUE_ADVANCED":
		all := c.findIssues(s)
		return counted(a, "issueCount", all, c.gIssue)
	case "REPOSITORY":
		all := keep(c.repos(nil), func(r *Repo) bool { return s.in(r) && s.fits(r.FullName()+" "+r.Description) })
		return counted(a, "repositoryCount", all, c.gRepo)
	case "DISCUSSION":
		var all []*Discussion
		for _, r := range c.repos(nil) {
			if s.in(r) {
				all = append(all, keep(r.Talks, func(d *Discussion) bool { return s.fits(d.Title + " " + d.Body) })...)
			}
		}
		return counted(a, "discussionCount", all, c.gDiscussion)
	}
	var all []*User
	for _, u := range c.h.users {
		if s.fits(u.Login + " " + u.Name) {
			all = append(all, u)
		}
	}
	return counted(a, "userCount", all, c.gUser)
}

// counted is a connection of a search, which counts by kind.
func counted[T any](a arg, name string, all []T, show func(T) *object) (any, error) {
	v, err := gql.Page(a, "search", all, show)
	if err != nil {
		return nil, err
	}
	o := v.(*object)
	for _, n := range []string{"issueCount", "repositoryCount", "discussionCount", "userCount", "codeCount", "wikiCount"} {
		o.Fields[n] = 0
	}
	o.Fields[name] = len(all)
	return o, nil
}

// connect makes a connection field.
func connect[T any](name string, items func(arg) []T, show func(T) *object) resolver {
	return func(a arg) (any, error) { return gql.Page(a, name, items(a), show) }
}

// all is a connection field of a list that no argument filters.
func all[T any](name string, items []T, show func(T) *object) resolver {
	return connect(name, func(arg) []T { return items }, show)
}

func (c *call) gUser(u *User) *object {
	if u == nil {
		return nil
	}
	o := &object{Type: u.Type, Is: []string{
		"Actor", "Node", "RepositoryOwner", "ProjectV2Owner", "ProfileOwner", "Assignee", "RequestedReviewer", "UniformResourceLocatable",
	}}
	login := u.Login
	if u.Type == "Bot" {
		login = strings.TrimSuffix(login, "[bot]")
	}
	o.Fields = fields{
		"id": u.Node, "databaseId": u.ID, "login": login, "url": c.web + "/" + login, "resourcePath": "/" + login,
		"avatarUrl": "https://avatars.example.com/u/" + itoa(u.ID), "createdAt": stamp(u.Created), "updatedAt": stamp(u.Created),
	}
	if u.Type == "Bot" {
		return o
	}
	f := o.Fields
	merge(f, fields{
		"name": orNull(u.Name), "email": u.Email, "location": orNull(u.Location), "isViewer": u == c.user, "websiteUrl": nil,
		"projectV2": resolver(func(a arg) (any, error) { return c.gProjectOf(u.Login, a.Int("number")) }),
		"projectsV2": connect("projectsV2", func(a arg) []*Project {
			return keep(c.h.projects[strings.ToLower(u.Login)], func(p *Project) bool {
				return strings.Contains(strings.ToLower(p.Title), strings.ToLower(a.String("query")))
			})
		}, c.gProject),
		"repositories": all("repositories", c.repos(u), c.gRepo),
		"repository": resolver(func(a arg) (any, error) {
			r, err := c.repoNamed(u.Login+"/"+a.String("name"), true)
			if err != nil {
				return nil, err
			}
			return c.gRepo(r), nil
		}),
	})
	if u.Type == "Organization" {
		merge(f, fields{
			"description": orNull(u.Bio), "viewerIsAMember": c.user != nil && u.Members[c.user.Login] != "",
			"teams": connect("teams", func(a arg) []*Team {
				return keep(u.Teams, func(t *Team) bool {
					logins := a.Strings("userLogins")
					for _, m := range t.Members {
						if has(logins, m.Login) {
							return true
						}
					}
					return len(logins) == 0
				})
			}, c.gTeam),
			"team": resolver(func(a arg) (any, error) {
				for _, t := range u.Teams {
					if t.Slug == a.String("slug") {
						return c.gTeam(t), nil
					}
				}
				return nil, nil
			}),
			"issueTypes": all("issueTypes", u.Types, gIssueType),
		})
		return o
	}
	return merge2(o, fields{
		"bio": orNull(u.Bio), "company": orNull(u.Company), "isSiteAdmin": u.SiteAdmin,
		"organizations":       all("organizations", c.h.orgs(u), c.gUser),
		"starredRepositories": all("starredRepositories", keep(u.Starred, c.sees), c.gRepo),
		"followers":           all("followers", []*User{}, c.gUser), "following": all("following", u.Followed, c.gUser),
	})
}

func merge2(o *object, more fields) *object {
	for k, v := range more {
		o.Fields[k] = v
	}
	return o
}

func gIssueType(t *IssueType) *object {
	if t == nil {
		return nil
	}
	return &object{Type: "IssueType", Is: []string{"Node"}, Fields: fields{
		"id": t.Node, "name": t.Name, "description": orNull(t.Description), "color": strings.ToUpper(t.Color), "isEnabled": true, "isPrivate": false,
	}}
}

func (c *call) gTeam(t *Team) *object {
	return &object{Type: "Team", Is: []string{"Node", "RequestedReviewer"}, Fields: fields{
		"id": t.Node, "databaseId": t.ID, "name": t.Name, "slug": t.Slug, "combinedSlug": t.Org.Login + "/" + t.Slug, "description": orNull(t.Description),
		"privacy": map[string]string{"closed": "VISIBLE", "secret": "SECRET"}[t.Privacy], "url": c.web + "/orgs/" + t.Org.Login + "/teams/" + t.Slug,
		"organization": lazy(func() any { return c.gUser(t.Org) }), "members": all("members", t.Members, c.gUser),
	}}
}
