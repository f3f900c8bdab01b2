package fake

import (
	"net/http"
	"slices"
	"strings"
)

func repoRoutes() []*route {
	return []*route{
		get("/repos/{owner}/{repo}", "metadata:read", func(c *call) { c.send(http.StatusOK, c.showFullRepo(c.repo)) }),
		change("PATCH", "/repos/{owner}/{repo}", "administration:write", "admin", (*call).patchRepo),
		change("DELETE", "/repos/{owner}/{repo}", "administration:write", "admin", (*call).deleteRepo),
		change("POST", "/user/repos", "administration:write", "", (*call).createRepo),
		change("POST", "/orgs/{org}/repos", "administration:write", "", (*call).createRepo),
		get("/repos/{owner}/{repo}/forks", "metadata:read", (*call).listForks),
		change("POST", "/repos/{owner}/{repo}/forks", "administration:write", "read", (*call).fork),
		get("/repos/{owner}/{repo}/topics", "metadata:read", (*call).getTopics),
		change("PUT", "/repos/{owner}/{repo}/topics", "administration:write", "admin", (*call).putTopics),
		get("/repos/{owner}/{repo}/languages", "metadata:read", (*call).languages),
		get("/repos/{owner}/{repo}/contributors", "metadata:read", (*call).contributors),
		get("/repos/{owner}/{repo}/license", "metadata:read", (*call).license),
		get("/repos/{owner}/{repo}/collaborators", "metadata:read", (*call).collaborators),
		get("/repos/{owner}/{repo}/collaborators/{login}", "metadata:read", (*call).isCollaborator),
		get("/repos/{owner}/{repo}/collaborators/{login}/permission", "metadata:read", (*call).collaboratorPermission),
		get("/repos/{owner}/{repo}/assignees", "metadata:read", func(c *call) { list(c, c.h.pushers(c.repo, "read"), c.showUser) }),
	}
}

type repoIn struct {
	Name          *string `json:"name"`
	Description   *string `json:"description"`
	Homepage      *string `json:"homepage"`
	Private       *bool   `json:"private"`
	Visibility    *string `json:"visibility"`
	DefaultBranch *string `json:"default_branch"`
	HasIssues     *bool   `json:"has_issues"`
	HasWiki       *bool   `json:"has_wiki"`
	HasProjects   *bool   `json:"has_projects"`
	Archived      *bool   `json:"archived"`
	AutoInit      bool    `json:"auto_init"`
	Squash        *bool   `json:"allow_squash_merge"`
	Merge         *bool   `json:"allow_merge_commit"`
	Rebase        *bool   `json:"allow_rebase_merge"`
	AutoMerge     *bool   `json:"allow_auto_merge"`
}

func (in *repoIn) apply(r *Repo) {
	if in.Description != nil {
		r.Description = *in.Description
	}
	if in.Homepage != nil {
		r.Homepage = *in.Homepage
	}
	if in.HasIssues != nil {
		r.HasIssues = *in.HasIssues
	}
	if in.Archived != nil {
		r.Archived = *in.Archived
	}
	if in.AutoMerge != nil {
		r.AutoMerge = *in.AutoMerge
	}
	if in.Private != nil {
		r.Visibility = map[bool]string{true: "private", false: "public"}[*in.Private]
	}
	if in.Visibility != nil {
		r.Visibility = *in.Visibility
	}
	for method, on := range map[string]*bool{"squash": in.Squash, "merge": in.Merge, "rebase": in.Rebase} {
		if on != nil {
			r.MergeMethods = slices.DeleteFunc(slices.Clone(r.MergeMethods), func(m string) bool { return m == method })
			if *on {
				r.MergeMethods = append(r.MergeMethods, method)
			}
		}
	}
}

func (c *call) patchRepo() {
	var in repoIn
	if !c.read(&in) {
		return
	}
	r := c.repo
	if in.DefaultBranch != nil && r.Refs["refs/heads/"+*in.DefaultBranch] == "" {
		c.invalid(problem{Resource: "Repository", Field: "default_branch", Code: "invalid", Message: "The branch " + *in.DefaultBranch + " was not found."})
		return
	}
	if in.DefaultBranch != nil {
		r.DefaultBranch = *in.DefaultBranch
	}
	if in.Name != nil && *in.Name != r.Name {
		c.h.Rename(r, r.Owner, *in.Name)
	}
	in.apply(r)
	r.Updated = c.h.now()
	c.send(http.StatusOK, c.showFullRepo(r))
}

func (c *call) deleteRepo() {
	delete(c.h.repos, strings.ToLower(c.repo.FullName()))
	delete(c.h.byID, c.repo.ID)
	c.empty(http.StatusNoContent)
}

func (c *call) createRepo() {
	owner := c.user
	if c.vars["org"] != "" {
		if owner = c.member(); owner == nil {
			return
		}
	}
	var in repoIn
	if !c.read(&in) || c.missing("Repository", map[string]bool{"name": in.Name != nil && *in.Name != ""}) {
		return
	}
	if owner == nil {
		c.inaccessible()
		return
	}
	if c.h.repos[strings.ToLower(owner.Login+"/"+*in.Name)] != nil {
		c.send(http.StatusUnprocessableEntity, obj{
			"message": "Repository creation failed.", "documentation_url": docs, "status": "422",
			"errors": []problem{{Resource: "Repository", Field: "name", Code: "custom", Message: "name already exists on this account"}},
		})
		return
	}
	o := RepoOptions{}
	if in.AutoInit {
		o.Files = map[string]string{"README.md": "# " + *in.Name + "\n"}
	}
	r := c.h.AddRepo(owner, *in.Name, o)
	in.apply(r)
	c.header.Set("Location", c.repoAPI(r))
	c.send(http.StatusCreated, c.showFullRepo(r))
}

func (c *call) listForks() {
	list(c, keep(c.repos(nil), func(r *Repo) bool { return r.Parent == c.repo }), c.showRepo)
}

func (c *call) fork() {
	var in struct {
		Organization string `json:"organization"`
		Name         string `json:"name"`
	}
	if !c.read(&in) {
		return
	}
	owner := c.user
	if in.Organization != "" {
		owner = c.h.users[strings.ToLower(in.Organization)]
	}
	if owner == nil {
		c.invalid(problem{Resource: "Fork", Field: "organization", Code: "invalid"})
		return
	}
	name := first(in.Name, c.repo.Name)
	r := c.h.repos[strings.ToLower(owner.Login+"/"+name)]
	if r == nil {
		r = c.h.AddRepo(owner, name, RepoOptions{Visibility: c.repo.Visibility, Parent: c.repo})
	}
	c.send(http.StatusAccepted, c.showFullRepo(r))
}

func (c *call) getTopics() {
	names := c.repo.Topics
	if names == nil {
		names = []string{}
	}
	c.send(http.StatusOK, obj{"names": names})
}

func (c *call) putTopics() {
	var in struct {
		Names []string `json:"names"`
	}
	if c.read(&in) {
		c.repo.Topics = in.Names
		c.getTopics()
	}
}

func (c *call) languages() {
	o := obj{}
	if c.repo.Language != "" {
		o[c.repo.Language] = 1000
	}
	c.send(http.StatusOK, o)
}

func (c *call) contributors() {
	count := map[*User]int{}
	for _, g := range c.repo.Git.Log(c.repo.Refs["refs/heads/"+c.repo.DefaultBranch]) {
		if u := c.h.userOf(g.Author); u != nil {
			count[u]++
		}
	}
	var users []*User
	for u := range count {
		users = append(users, u)
	}
	slices.SortFunc(users, func(a, b *User) int {
		if n := count[b] - count[a]; n != 0 {
			return n
		}
		return strings.Compare(a.Login, b.Login)
	})
	list(c, users, func(u *User) obj { return merge(c.showUser(u), obj{"contributions": count[u]}) })
}

func (c *call) license() {
	if _, ok := c.repo.File("", "LICENSE"); !ok {
		c.notFound()
		return
	}
	o := c.showFile(c.repo.Tip(c.repo.DefaultBranch), c.repo.DefaultBranch, "LICENSE", true)
	o["license"] = c.showLicense(first(c.repo.License, "NOASSERTION"))
	c.send(http.StatusOK, o)
}

// pushers are the users with a level of their own to a repository, by login.
func (h *Hub) pushers(r *Repo, level string) []*User {
	var out []*User
	for _, u := range h.users {
		known := u == r.Owner || r.Owner.Members[u.Login] != "" || r.Collaborators[u.Login] != ""
		if u.Type != "Organization" && known && rank(h.levelOf(u, r)) >= rank(level) {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(a, b *User) int { return strings.Compare(a.Login, b.Login) })
	return out
}

// roles are the names of levels where collaborators are listed.
var roles = map[string]string{"none": "none", "read": "read", "triage": "triage", "write": "write", "maintain": "maintain", "admin": "admin"}

func (c *call) collaborators() {
	if !c.need("write", "Must have push access to view repository collaborators.") {
		return
	}
	list(c, c.h.pushers(c.repo, first(map[string]string{"push": "write", "pull": "read"}[c.q.Get("permission")], c.q.Get("permission"), "read")), func(u *User) obj {
		n := rank(c.h.levelOf(u, c.repo))
		return merge(c.showUser(u), obj{
			"role_name":   roles[levels[n]],
			"permissions": obj{"admin": n >= 5, "maintain": n >= 4, "push": n >= 3, "triage": n >= 2, "pull": n >= 1},
		})
	})
}

func (c *call) isCollaborator() {
	u := c.h.users[strings.ToLower(c.vars["login"])]
	if u == nil || !slices.Contains(c.h.pushers(c.repo, "read"), u) {
		c.notFound()
		return
	}
	c.empty(http.StatusNoContent)
}

func (c *call) collaboratorPermission() {
	u := c.account("login")
	if u == nil {
		return
	}
	if !c.need("write", "Must have push access to view collaborator permission.") {
		return
	}
	n := rank(c.h.levelOf(u, c.repo))
	legacy := map[string]string{"maintain": "write", "triage": "read"}[levels[n]]
	c.send(http.StatusOK, obj{
		"permission": first(legacy, levels[n]), "role_name": levels[n],
		"user": merge(c.showUser(u), obj{
			"role_name":   levels[n],
			"permissions": obj{"admin": n >= 5, "maintain": n >= 4, "push": n >= 3, "triage": n >= 2, "pull": n >= 1},
		}),
	})
}
