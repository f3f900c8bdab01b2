package fake

import (
	"net/http"
	"slices"
	"strings"
)

func accountRoutes() []*route {
	return []*route{
		get("/user", "account:read", (*call).getMe),
		get("/users/{login}", "user:read", (*call).getUser),
		get("/user/orgs", "account:read", (*call).myOrgs),
		get("/users/{login}/orgs", "user:read", (*call).orgsOf),
		get("/user/teams", "members:read", (*call).myTeams),
		get("/user/repos", "account:read", (*call).myRepos),
		get("/users/{login}/repos", "metadata:read", (*call).reposOf),
		get("/orgs/{org}", "orgs:read", (*call).getOrg),
		get("/orgs/{org}/repos", "metadata:read", (*call).reposOf),
		get("/orgs/{org}/teams", "members:read", (*call).listTeams),
		get("/orgs/{org}/teams/{slug}/members", "members:read", (*call).teamMembers),
		get("/orgs/{org}/members", "members:read", (*call).listMembers),
		get("/orgs/{org}/issue-types", "members:read", (*call).issueTypes),
		get("/rate_limit", "", (*call).rateLimit),
		get("/meta", "", func(c *call) { c.send(http.StatusOK, obj{"verifiable_password_authentication": false}) }),
	}
}

func (c *call) getMe() {
	if c.token == nil {
		c.fail(http.StatusUnauthorized, "Requires authentication")
		return
	}
	if c.user == nil {
		c.inaccessible()
		return
	}
	o := c.showAccount(c.user)
	if c.token.Kind == "classic" && (slices.Contains(c.token.Scope, "user") || slices.Contains(c.token.Scope, "read:user")) {
		merge(o, obj{
			"private_gists": 0, "total_private_repos": 0, "owned_private_repos": 0, "disk_usage": 0, "collaborators": 0, "two_factor_authentication": true,
			"user_view_type": "private",
		})
	}
	c.send(http.StatusOK, o)
}

// account finds the one that a variable of the path names.
func (c *call) account(name string) *User {
	u := c.h.users[strings.ToLower(c.vars[name])]
	if u == nil {
		c.notFound()
	}
	return u
}

func (c *call) getUser() {
	if u := c.account("login"); u != nil {
		c.send(http.StatusOK, c.showAccount(u))
	}
}

func (c *call) showOrg(u *User) obj {
	api := c.api + "/orgs/" + u.Login
	return obj{
		"login": u.Login, "id": u.ID, "node_id": u.Node, "url": api, "repos_url": api + "/repos", "events_url": api + "/events",
		"hooks_url": api + "/hooks", "issues_url": api + "/issues", "members_url": api + "/members{/member}",
		"public_members_url": api + "/public_members{/member}", "avatar_url": "https://avatars.example.com/u/" + itoa(u.ID), "description": orNull(u.Bio),
	}
}

func (c *call) getOrg() {
	u := c.account("org")
	if u == nil {
		return
	}
	if u.Type != "Organization" {
		c.notFound()
		return
	}
	c.send(http.StatusOK, merge(c.showOrg(u), obj{
		"name": u.Name, "html_url": c.web + "/" + u.Login, "type": "Organization", "has_organization_projects": true, "has_repository_projects": true,
		"public_repos": len(c.repos(u)), "public_gists": 0, "followers": 0, "following": 0, "created_at": stamp(u.Created), "updated_at": stamp(u.Created),
		"archived_at": nil,
	}))
}

// orgs are those that a user belongs to, by login.
func (h *Hub) orgs(u *User) []*User {
	var out []*User
	for _, o := range h.users {
		if o.Type == "Organization" && u != nil && o.Members[u.Login] != "" {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b *User) int { return strings.Compare(a.Login, b.Login) })
	return out
}

func (c *call) myOrgs() { list(c, c.h.orgs(c.user), c.showOrg) }

func (c *call) orgsOf() {
	if u := c.account("login"); u != nil {
		list(c, keep(c.h.orgs(u), func(o *User) bool { return !o.Private[u.Login] }), c.showOrg)
	}
}

func (c *call) showFullTeam(t *Team) obj {
	return merge(c.showTeam(t), obj{
		"created_at": stamp(t.Org.Created), "updated_at": stamp(t.Org.Created), "members_count": len(t.Members), "repos_count": 0,
		"organization": merge(c.showOrg(t.Org), obj{
			"name": t.Org.Name, "html_url": c.web + "/" + t.Org.Login, "type": "Organization", "has_organization_projects": true,
			"has_repository_projects": true, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
			"created_at": stamp(t.Org.Created), "updated_at": stamp(t.Org.Created), "archived_at": nil,
		}),
	})
}

func (c *call) myTeams() {
	var teams []*Team
	for _, o := range c.h.orgs(c.user) {
		teams = append(teams, keep(o.Teams, func(t *Team) bool { return slices.Contains(t.Members, c.user) })...)
	}
	list(c, teams, c.showFullTeam)
}

// member finds an organization that the caller belongs to.
func (c *call) member() *User {
	u := c.account("org")
	if u == nil {
		return nil
	}
	inside := c.user != nil && u.Members[c.user.Login] != "" || c.token != nil && c.token.Kind == "installation" && c.token.Owner == u
	if u.Type != "Organization" || !inside {
		c.notFound()
		return nil
	}
	return u
}

func (c *call) listTeams() {
	if u := c.member(); u != nil {
		list(c, u.Teams, c.showTeam)
	}
}

func (c *call) teamMembers() {
	u := c.member()
	if u == nil {
		return
	}
	for _, t := range u.Teams {
		if t.Slug == c.vars["slug"] {
			list(c, t.Members, c.showUser)
			return
		}
	}
	c.notFound()
}

func (c *call) listMembers() {
	u := c.account("org")
	if u == nil {
		return
	}
	inside := c.user != nil && u.Members[c.user.Login] != ""
	var members []*User
	for login := range u.Members {
		if m := c.h.users[strings.ToLower(login)]; m != nil && (inside || !u.Private[login]) {
			members = append(members, m)
		}
	}
	slices.SortFunc(members, func(a, b *User) int { return strings.Compare(a.Login, b.Login) })
	list(c, members, c.showUser)
}

func (c *call) issueTypes() {
	if u := c.member(); u != nil {
		c.send(http.StatusOK, each(u.Types, showIssueType))
	}
}

// repos are those of an owner that the caller may see, by name.
func (c *call) repos(owner *User) []*Repo {
	var out []*Repo
	for _, r := range c.h.byID {
		if (owner == nil || r.Owner == owner) && c.sees(r) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *Repo) int {
		return strings.Compare(strings.ToLower(a.FullName()), strings.ToLower(b.FullName()))
	})
	return out
}

func (c *call) myRepos() {
	mine := keep(c.repos(nil), func(r *Repo) bool {
		return r.Owner == c.user || c.user != nil && (r.Owner.Members[c.user.Login] != "" || r.Collaborators[c.user.Login] != "")
	})
	list(c, mine, c.showRepo)
}

func (c *call) reposOf() {
	name := "org"
	if c.vars["login"] != "" {
		name = "login"
	}
	if u := c.account(name); u != nil {
		list(c, c.repos(u), c.showRepo)
	}
}
