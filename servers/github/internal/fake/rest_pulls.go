package fake

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
)

func pullRoutes() []*route {
	const one = "/repos/{owner}/{repo}/pulls/{number}"
	return []*route{
		get("/repos/{owner}/{repo}/pulls", "pull_requests:read", (*call).listPulls),
		change("POST", "/repos/{owner}/{repo}/pulls", "pull_requests:write", "read", (*call).postPull),
		get(one, "pull_requests:read", (*call).getPull),
		change("PATCH", one, "pull_requests:write", "read", (*call).patchPull),
		get(one+"/files", "pull_requests:read", (*call).pullFiles),
		get(one+"/commits", "pull_requests:read", (*call).pullCommits),
		get(one+"/merge", "pull_requests:read", (*call).isMerged),
		change("PUT", one+"/merge", "contents:write", "write", (*call).putMerge),
		change("PUT", one+"/update-branch", "pull_requests:write", "write", (*call).updateBranch),
		get(one+"/requested_reviewers", "pull_requests:read", (*call).getReviewers),
		change("POST", one+"/requested_reviewers", "pull_requests:write", "triage", (*call).addReviewers),
		change("DELETE", one+"/requested_reviewers", "pull_requests:write", "triage", (*call).removeReviewers),
	}
}

// pull finds the pull request that the path names.
func (c *call) pull() *Issue {
	i := c.repo.Issues[int(c.number("number"))]
	if i == nil || i.Pull == nil {
		c.notFound()
		return nil
	}
	return i
}

func (c *call) listPulls() {
	q := c.q
	state := first(q.Get("state"), "open")
	pulls := keep(c.repo.issues(), func(i *Issue) bool {
		p := i.Pull
		return p != nil && (state == "all" || i.State == state) && (q.Get("base") == "" || p.Base == q.Get("base")) &&
			(q.Get("head") == "" || strings.EqualFold(p.HeadRepo.Owner.Login+":"+p.Head, q.Get("head")))
	})
	direction := q.Get("direction")
	if direction == "" && q.Get("sort") != "" && q.Get("sort") != "created" {
		direction = "asc"
	}
	sortIssues(pulls, q.Get("sort"), direction)
	list(c, pulls, c.showPull)
}

func (c *call) getPull() {
	i := c.pull()
	switch {
	case i == nil:
	case c.wants("diff"), c.wants("patch"):
		changes := i.Pull.Changes()
		if len(changes) > 300 && c.wants("diff") {
			c.send(http.StatusNotAcceptable, obj{
				"message": "Sorry, the diff exceeded the maximum number of files (300). Consider using 'List pull requests files' API or locally cloning the repository instead.",
				"errors":  []problem{{Resource: "PullRequest", Field: "diff", Code: "too_large"}}, "documentation_url": docs, "status": "406",
			})
			return
		}
		c.sendDiff(changes, i.Pull.Commits())
	default:
		c.send(http.StatusOK, c.showFullPull(i))
	}
}

func (c *call) postPull() {
	var in struct {
		Title, Head, Base, Body string
		HeadRepo                string `json:"head_repo"`
		Draft                   bool
		Maintain                *bool `json:"maintainer_can_modify"`
		Issue                   int
	}
	if !c.read(&in) || c.missing("PullRequest", map[string]bool{"head": in.Head != "", "base": in.Base != "", "title": in.Title != "" || in.Issue != 0}) {
		return
	}
	r := c.repo
	from, branch := r, in.Head
	if owner, name, ok := strings.Cut(in.Head, ":"); ok {
		from, branch = nil, name
		for _, f := range c.h.byID {
			if strings.EqualFold(f.Owner.Login, owner) && f.Git == r.Git && c.sees(f) {
				from = f
			}
		}
	}
	base := r.Tip(in.Base)
	switch {
	case base == nil:
		c.invalid(problem{Resource: "PullRequest", Field: "base", Code: "invalid"})
		return
	case from == nil || from.Tip(branch) == nil:
		c.invalid(problem{Resource: "PullRequest", Field: "head", Code: "invalid"})
		return
	case len(r.Git.Between(base.SHA, from.Tip(branch).SHA)) == 0:
		c.invalid(problem{Resource: "PullRequest", Code: "custom", Message: "No commits between " + in.Base + " and " + in.Head})
		return
	case !c.may(r, "write") && !c.may(from, "write"):
		c.fail(http.StatusForbidden, "Must have push access to repository")
		return
	}
	for _, i := range r.Issues {
		if p := i.Pull; p != nil && i.State == "open" && p.HeadRepo == from && p.Head == branch && p.Base == in.Base {
			c.invalid(problem{
				Resource: "PullRequest", Code: "custom", Message: "A pull request already exists for " + from.Owner.Login + ":" + branch + ".",
			})
			return
		}
	}
	i := r.AddPull(PullOptions{Author: c.actor(), Title: in.Title, Body: in.Body, Head: branch, HeadRepo: from, Base: in.Base, Draft: in.Draft})
	set(&i.Pull.Maintain, in.Maintain)
	c.created(c.pullAPI(i.Pull), c.showFullPull(i))
}

func (c *call) patchPull() {
	i := c.pull()
	var in struct {
		Title, Body, State, Base *string
		Maintain                 *bool `json:"maintainer_can_modify"`
	}
	if i == nil || !c.read(&in) {
		return
	}
	if i.Author != c.user && !c.may(c.repo, "write") {
		c.fail(http.StatusForbidden, "Must have push access to repository")
		return
	}
	if in.Base != nil && c.repo.Tip(*in.Base) == nil {
		c.invalid(problem{Resource: "PullRequest", Field: "base", Code: "invalid"})
		return
	}
	if in.State != nil && *in.State == "open" && i.Pull.Merged {
		c.invalid(problem{Resource: "PullRequest", Field: "state", Code: "invalid", Message: "state cannot be changed. The pull request cannot be reopened."})
		return
	}
	set(&i.Pull.Base, in.Base)
	set(&i.Pull.Maintain, in.Maintain)
	if c.applyIssue(issueIn{Title: in.Title, Body: in.Body, State: in.State}, i) {
		if i.State == "closed" {
			i.Reason = ""
		}
		i.Updated = c.h.now()
		c.send(http.StatusOK, c.showFullPull(i))
	}
}

func (c *call) pullFiles() {
	if i := c.pull(); i != nil {
		changes := i.Pull.Changes()
		list(c, changes[:min(len(changes), 3000)], func(ch gitdb.Change) obj { return c.showChange(c.repo, i.Pull.HeadSHA, ch) })
	}
}

func (c *call) pullCommits() {
	if i := c.pull(); i != nil {
		commits := i.Pull.Commits()
		list(c, commits[:min(len(commits), 250)], func(g *gitdb.Commit) obj { return c.showCommit(c.repo, g) })
	}
}

func (c *call) isMerged() {
	if i := c.pull(); i != nil {
		if !i.Pull.Merged {
			c.notFound()
			return
		}
		c.empty(http.StatusNoContent)
	}
}

func (c *call) putMerge() {
	i := c.pull()
	var in struct {
		Title   string `json:"commit_title"`
		Message string `json:"commit_message"`
		SHA     string `json:"sha"`
		Method  string `json:"merge_method"`
	}
	if i == nil || !c.read(&in) {
		return
	}
	status, text := i.Pull.merge(c.actor(), first(in.Method, "merge"), in.Title, in.Message, in.SHA)
	if status != http.StatusOK {
		c.fail(status, text)
		return
	}
	c.send(http.StatusOK, obj{"sha": text, "merged": true, "message": "Pull Request successfully merged"})
}

func (c *call) updateBranch() {
	i := c.pull()
	var in struct {
		Expected string `json:"expected_head_sha"`
	}
	if i == nil || !c.read(&in) {
		return
	}
	if status, text := i.Pull.update(c.actor(), in.Expected); status != 0 {
		c.fail(status, text)
		return
	}
	c.send(http.StatusAccepted, obj{"message": "Updating pull request branch.", "url": c.pullAPI(i.Pull)})
}

// update merges the base into the head, or says why not.
func (p *Pull) update(by *User, expected string) (status int, why string) {
	r := p.Issue.Repo
	switch {
	case expected != "" && expected != p.HeadSHA:
		return http.StatusUnprocessableEntity, "expected head sha didn’t match current head ref."
	case p.conflicted():
		return http.StatusUnprocessableEntity, "merge conflict between base and head"
	case len(r.Git.Between(p.HeadSHA, p.target())) == 0:
		return http.StatusUnprocessableEntity, "There are no new commits on the base branch."
	}
	tree, _ := r.Git.Merge(p.HeadSHA, p.target())
	g := r.put(commitParts{tree: tree, parents: []string{p.HeadSHA, p.target()}, author: by, message: "Merge branch '" + p.Base + "' into " + p.Head})
	p.HeadRepo.Refs["refs/heads/"+p.Head] = g.SHA
	p.HeadRepo.refreshPulls(p.Head)
	return 0, ""
}

func (c *call) showReviewers(p *Pull) obj {
	return obj{"users": each(p.Reviewers, c.showUser), "teams": each(p.Teams, c.showTeam)}
}

func (c *call) getReviewers() {
	if i := c.pull(); i != nil {
		c.send(http.StatusOK, c.showReviewers(i.Pull))
	}
}

type reviewersIn struct {
	Users []string `json:"reviewers"`
	Teams []string `json:"team_reviewers"`
}

func (c *call) addReviewers() {
	i := c.pull()
	var in reviewersIn
	if i == nil || !c.read(&in) {
		return
	}
	var users []*User
	for _, login := range in.Users {
		u := c.h.users[strings.ToLower(login)]
		switch {
		case u == nil || !slices.Contains(c.h.pushers(c.repo, "read"), u):
			c.fail(http.StatusUnprocessableEntity, "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the "+c.repo.FullName()+" repository.")
			return
		case u == i.Author:
			c.fail(http.StatusUnprocessableEntity, "Review cannot be requested from pull request author.")
			return
		}
		users = append(users, u)
	}
	for _, u := range users {
		if !slices.Contains(i.Pull.Reviewers, u) {
			i.Pull.Reviewers = append(i.Pull.Reviewers, u)
			i.event("review_requested", c.actor()).User = u
		}
	}
	for _, t := range c.repo.Owner.Teams {
		if slices.Contains(in.Teams, t.Slug) && !slices.Contains(i.Pull.Teams, t) {
			i.Pull.Teams = append(i.Pull.Teams, t)
		}
	}
	c.send(http.StatusCreated, c.showPull(i))
}

func (c *call) removeReviewers() {
	i := c.pull()
	var in reviewersIn
	if i == nil || !c.read(&in) {
		return
	}
	i.Pull.Reviewers = keep(i.Pull.Reviewers, func(u *User) bool { return !slices.Contains(in.Users, u.Login) })
	i.Pull.Teams = keep(i.Pull.Teams, func(t *Team) bool { return !slices.Contains(in.Teams, t.Slug) })
	c.send(http.StatusOK, c.showPull(i))
}
