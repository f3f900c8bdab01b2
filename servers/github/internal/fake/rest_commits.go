package fake

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
)

func commitRoutes() []*route {
	return []*route{
		get("/repos/{owner}/{repo}/commits", "contents:read", (*call).listCommits),
		get("/repos/{owner}/{repo}/commits/{ref...}/check-runs", "checks:read", (*call).checksOfRef),
		get("/repos/{owner}/{repo}/commits/{ref...}/check-suites", "checks:read", (*call).suitesOfRef),
		get("/repos/{owner}/{repo}/commits/{ref...}/status", "statuses:read", (*call).combinedStatus),
		get("/repos/{owner}/{repo}/commits/{ref...}/statuses", "statuses:read", (*call).statusesOfRef),
		get("/repos/{owner}/{repo}/commits/{ref...}/pulls", "pull_requests:read", (*call).pullsOfCommit),
		get("/repos/{owner}/{repo}/commits/{ref...}/branches-where-head", "contents:read", (*call).branchesWhereHead),
		get("/repos/{owner}/{repo}/commits/{ref...}", "contents:read", (*call).getCommit),
		get("/repos/{owner}/{repo}/compare/{basehead...}", "contents:read", (*call).compare),
	}
}

func (c *call) listCommits() {
	r := c.repo
	if len(r.Refs) == 0 {
		c.fail(http.StatusConflict, "Git Repository is empty.")
		return
	}
	g := r.resolve(c.q.Get("sha"))
	if g == nil {
		c.notFound()
		return
	}
	commits := r.Git.Log(g.SHA)
	if name := strings.Trim(c.q.Get("path"), "/"); name != "" {
		commits = r.Git.Touching(commits, name)
	}
	by := func(who string, of func(*gitdb.Commit) gitdb.Signature) {
		if who != "" {
			commits = keep(commits, func(g *gitdb.Commit) bool {
				u := c.h.userOf(of(g))
				return strings.EqualFold(of(g).Email, who) || u != nil && strings.EqualFold(u.Login, who)
			})
		}
	}
	by(c.q.Get("author"), func(g *gitdb.Commit) gitdb.Signature { return g.Author })
	by(c.q.Get("committer"), func(g *gitdb.Commit) gitdb.Signature { return g.Committer })
	if t := since(c); !t.IsZero() {
		commits = keep(commits, func(g *gitdb.Commit) bool { return !g.Committer.When.Before(t) })
	}
	if t, err := time.Parse(time.RFC3339, c.q.Get("until")); err == nil {
		commits = keep(commits, func(g *gitdb.Commit) bool { return !g.Committer.When.After(t) })
	}
	list(c, commits, func(g *gitdb.Commit) obj { return c.showCommit(r, g) })
}

// commitOf finds the commit that the variable ref of the path names.
func (c *call) commitOf(name string) *gitdb.Commit {
	g := c.repo.resolve(c.vars[name])
	if g == nil {
		c.fail(http.StatusUnprocessableEntity, "No commit found for SHA: "+c.vars[name])
	}
	return g
}

func (c *call) getCommit() {
	g := c.commitOf("ref")
	switch {
	case g == nil:
	case c.wants("diff"), c.wants("patch"):
		before := ""
		if len(g.Parents) > 0 {
			before = c.repo.Git.Commit(g.Parents[0]).Tree
		}
		c.sendDiff(c.repo.Git.Diff(before, g.Tree), []*gitdb.Commit{g})
	case c.wants("sha"):
		c.raw(http.StatusOK, "application/vnd.github.sha; charset=utf-8", []byte(g.SHA))
	default:
		c.send(http.StatusOK, c.showFullCommit(c.repo, g))
	}
}

// sendDiff answers with a diff, or with the commits as mails.
func (c *call) sendDiff(changes []gitdb.Change, commits []*gitdb.Commit) {
	if c.wants("diff") {
		c.raw(http.StatusOK, "application/vnd.github.diff; charset=utf-8", []byte(gitdb.Text(changes)))
		return
	}
	var b strings.Builder
	for _, g := range commits {
		before := ""
		if len(g.Parents) > 0 {
			before = c.repo.Git.Commit(g.Parents[0]).Tree
		}
		subject, body, _ := strings.Cut(g.Message, "\n")
		b.WriteString("From " + g.SHA + " Mon Sep 17 00:00:00 2001\nFrom: " + g.Author.Name + " <" + g.Author.Email + ">\nDate: " +
			g.Author.When.Format(time.RFC1123Z) + "\nSubject: [PATCH] " + subject + "\n" + body + "\n---\n\n" + gitdb.Text(c.repo.Git.Diff(before, g.Tree)) + "-- \n2.39.0\n\n")
	}
	c.raw(http.StatusOK, "application/vnd.github.patch; charset=utf-8", []byte(b.String()))
}

// side resolves one end of a comparison, which may be of a fork: owner:branch.
func (c *call) side(name string) *gitdb.Commit {
	if owner, branch, ok := strings.Cut(name, ":"); ok {
		for _, r := range c.h.byID {
			if strings.EqualFold(r.Owner.Login, owner) && r.Git == c.repo.Git && c.sees(r) {
				return r.resolve(branch)
			}
		}
		return nil
	}
	return c.repo.resolve(name)
}

func (c *call) compare() {
	r := c.repo
	left, right, ok := strings.Cut(c.vars["basehead"], "...")
	base, head := c.side(left), c.side(right)
	if !ok || base == nil || head == nil {
		c.notFound()
		return
	}
	common := r.Git.Commit(r.Git.MergeBase(base.SHA, head.SHA))
	if common == nil {
		c.fail(http.StatusNotFound, "No common ancestor between "+left+" and "+right+".")
		return
	}
	ahead, behind := r.Git.Between(base.SHA, head.SHA), r.Git.Between(head.SHA, base.SHA)
	changes := r.Git.Diff(common.Tree, head.Tree)
	if c.wants("diff") || c.wants("patch") {
		c.sendDiff(changes, ahead)
		return
	}
	status := "identical"
	switch {
	case len(ahead) > 0 && len(behind) > 0:
		status = "diverged"
	case len(ahead) > 0:
		status = "ahead"
	case len(behind) > 0:
		status = "behind"
	}
	paged := c.q.Has("page") || c.q.Has("per_page")
	commits := ahead
	if paged {
		commits = page(c, ahead)
	} else if len(ahead) > 250 {
		commits = ahead[:250]
	}
	files := changes
	if paged && atoi(c.q.Get("page"), 1) > 1 {
		files = nil
	}
	files = files[:min(len(files), 300)]
	web := c.repoWeb(r) + "/compare/" + escape(c.vars["basehead"])
	c.send(http.StatusOK, obj{
		"url": c.repoAPI(r) + "/compare/" + escape(c.vars["basehead"]), "html_url": web, "diff_url": web + ".diff", "patch_url": web + ".patch",
		"permalink_url": c.repoWeb(r) + "/compare/" + base.SHA + "..." + head.SHA,
		"base_commit":   c.showCommit(r, base), "merge_base_commit": c.showCommit(r, common), "status": status, "ahead_by": len(ahead),
		"behind_by": len(behind), "total_commits": len(ahead), "commits": each(commits, func(g *gitdb.Commit) obj { return c.showCommit(r, g) }),
		"files": each(files, func(ch gitdb.Change) obj { return c.showChange(r, head.SHA, ch) }),
	})
}

func (c *call) pullsOfCommit() {
	g := c.commitOf("ref")
	if g == nil {
		return
	}
	var pulls []*Issue
	for _, i := range c.repo.issues() {
		if i.Pull != nil && (i.Pull.MergeSHA == g.SHA || slices.ContainsFunc(i.Pull.Commits(), func(o *gitdb.Commit) bool { return o.SHA == g.SHA })) {
			pulls = append(pulls, i)
		}
	}
	list(c, pulls, c.showPull)
}

func (c *call) branchesWhereHead() {
	g := c.commitOf("ref")
	if g == nil {
		return
	}
	heads := keep(c.repo.refs("refs/heads/"), func(ref string) bool { return c.repo.Refs[ref] == g.SHA })
	c.send(http.StatusOK, each(heads, func(ref string) obj {
		name := strings.TrimPrefix(ref, "refs/heads/")
		return obj{"name": name, "commit": obj{"sha": g.SHA, "url": c.repoAPI(c.repo) + "/commits/" + g.SHA}, "protected": c.repo.Protected[name] != nil}
	}))
}
