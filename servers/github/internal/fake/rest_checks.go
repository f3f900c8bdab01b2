package fake

import (
	"net/http"
	"slices"
	"strings"
)

func checkRoutes() []*route {
	return []*route{
		get("/repos/{owner}/{repo}/check-runs/{id}", "checks:read", (*call).getCheck),
		get("/repos/{owner}/{repo}/check-runs/{id}/annotations", "checks:read", (*call).annotations),
		get("/repos/{owner}/{repo}/check-suites/{id}/check-runs", "checks:read", (*call).checksOfSuite),
		change("POST", "/repos/{owner}/{repo}/statuses/{sha}", "statuses:write", "write", (*call).postStatus),
	}
}

// showApp is an app that checks things, by its slug.
func (c *call) showApp(slug string) obj {
	id := int64(15368)
	for _, r := range slug {
		id += int64(r)
	}
	return obj{
		"id": id, "node_id": nodeID("A", id), "slug": slug, "owner": c.showUser(c.repo.Owner), "name": strings.ReplaceAll(slug, "-", " "), "description": "",
		"external_url": "https://example.com/" + slug, "html_url": c.web + "/apps/" + slug, "created_at": stamp(epoch), "updated_at": stamp(epoch),
		"permissions": obj{"checks": "write"}, "events": []string{},
	}
}

// minimalPulls are the open pull requests of a commit.
func (c *call) minimalPulls(sha string) []obj {
	out := []obj{}
	for _, i := range c.repo.issues() {
		if p := i.Pull; p != nil && i.State == "open" && p.HeadSHA == sha && p.HeadRepo == c.repo {
			side := func(ref, sha string) obj {
				return obj{"ref": ref, "sha": sha, "repo": obj{"id": c.repo.ID, "url": c.repoAPI(c.repo), "name": c.repo.Name}}
			}
			out = append(out, obj{"id": i.ID, "number": i.Number, "url": c.pullAPI(p), "head": side(p.Head, p.HeadSHA), "base": side(p.Base, p.target())})
		}
	}
	return out
}

func (c *call) showCheck(k *Check) obj {
	api := c.repoAPI(k.Suite.Repo) + "/check-runs/" + itoa(k.ID)
	web := c.checkWeb(k)
	return obj{
		"id": k.ID, "head_sha": k.Suite.SHA, "node_id": k.Node, "external_id": "", "url": api, "html_url": web, "details_url": web, "status": k.State,
		"conclusion": orNull(k.Conclusion), "started_at": stampOrNull(k.Started), "completed_at": stampOrNull(k.Completed), "name": k.Name,
		"output": obj{
			"title": orNull(k.Title), "summary": orNull(k.Summary), "text": orNull(k.Text), "annotations_count": len(k.Annotations),
			"annotations_url": api + "/annotations",
		},
		"check_suite": obj{"id": k.Suite.ID}, "app": c.showApp(k.Suite.App), "pull_requests": c.minimalPulls(k.Suite.SHA),
	}
}

func (c *call) checkWeb(k *Check) string {
	if k.Job != nil {
		return c.jobWeb(k.Job)
	}
	return c.repoWeb(k.Suite.Repo) + "/runs/" + itoa(k.ID)
}

func (c *call) sendChecks(all []*Check) {
	all = keep(all, func(k *Check) bool {
		return (c.q.Get("check_name") == "" || k.Name == c.q.Get("check_name")) && (c.q.Get("status") == "" || k.State == c.q.Get("status"))
	})
	c.send(http.StatusOK, obj{"total_count": len(all), "check_runs": each(page(c, all), c.showCheck)})
}

func (c *call) checksOfRef() {
	if g := c.commitOf("ref"); g != nil {
		c.sendChecks(c.repo.checks(g.SHA))
	}
}

func (c *call) suite() *Suite {
	i := slices.IndexFunc(c.repo.Suites, func(s *Suite) bool { return s.ID == c.number("id") })
	if i < 0 {
		c.notFound()
		return nil
	}
	return c.repo.Suites[i]
}

func (c *call) checksOfSuite() {
	if s := c.suite(); s != nil {
		c.sendChecks(s.Checks)
	}
}

func (c *call) check() *Check {
	for _, s := range c.repo.Suites {
		for _, k := range s.Checks {
			if k.ID == c.number("id") {
				return k
			}
		}
	}
	c.notFound()
	return nil
}

func (c *call) getCheck() {
	if k := c.check(); k != nil {
		c.send(http.StatusOK, c.showCheck(k))
	}
}

func (c *call) annotations() {
	k := c.check()
	if k == nil {
		return
	}
	list(c, k.Annotations, func(a Annotation) obj {
		return obj{
			"path": a.Path, "start_line": a.Start, "end_line": a.End, "start_column": nil, "end_column": nil, "annotation_level": a.Level,
			"title": orNull(a.Title), "message": a.Message, "raw_details": nil, "blob_href": c.repoWeb(c.repo) + "/blob/" + k.Suite.SHA + "/" + escape(a.Path),
		}
	})
}

func (c *call) suitesOfRef() {
	g := c.commitOf("ref")
	if g == nil {
		return
	}
	all := keep(c.repo.Suites, func(s *Suite) bool { return s.SHA == g.SHA })
	c.send(http.StatusOK, obj{"total_count": len(all), "check_suites": each(page(c, all), c.showSuite)})
}

func (c *call) simpleCommit(sha string) any {
	g := c.repo.Git.Commit(sha)
	if g == nil {
		return nil
	}
	return obj{
		"id": g.SHA, "tree_id": g.Tree, "message": g.Message, "timestamp": stamp(g.Committer.When),
		"author": obj{"name": g.Author.Name, "email": g.Author.Email}, "committer": obj{"name": g.Committer.Name, "email": g.Committer.Email},
	}
}

func (c *call) showSuite(s *Suite) obj {
	api := c.repoAPI(s.Repo) + "/check-suites/" + itoa(s.ID)
	state, conclusion := s.state()
	return obj{
		"id": s.ID, "node_id": s.Node, "head_branch": orNull(s.Branch), "head_sha": s.SHA, "status": state, "conclusion": orNull(conclusion), "url": api,
		"before": nil, "after": s.SHA, "pull_requests": c.minimalPulls(s.SHA), "app": c.showApp(s.App), "repository": c.showRepo(s.Repo),
		"created_at": stamp(s.Created), "updated_at": stamp(s.Created), "head_commit": c.simpleCommit(s.SHA), "latest_check_runs_count": len(s.Checks),
		"check_runs_url": api + "/check-runs",
	}
}

func (c *call) showStatus(s *CommitStatus) obj {
	return obj{
		"url": c.repoAPI(s.Repo) + "/statuses/" + s.SHA, "avatar_url": "https://avatars.example.com/u/1", "id": s.ID, "node_id": s.Node, "state": s.State,
		"description": orNull(s.Description), "target_url": orNull(s.URL), "context": s.Context, "created_at": stamp(s.Created), "updated_at": stamp(s.Created),
	}
}

func (c *call) combinedStatus() {
	g := c.commitOf("ref")
	if g == nil {
		return
	}
	all := c.repo.statuses(g.SHA)
	c.send(http.StatusOK, obj{
		"state": c.repo.combined(g.SHA), "statuses": each(page(c, all), c.showStatus), "sha": g.SHA, "total_count": len(all),
		"repository": c.showRepo(c.repo), "commit_url": c.repoAPI(c.repo) + "/commits/" + g.SHA, "url": c.repoAPI(c.repo) + "/commits/" + g.SHA + "/status",
	})
}

func (c *call) statusesOfRef() {
	if g := c.commitOf("ref"); g != nil {
		list(c, reversed(c.repo.Statuses[g.SHA]), func(s *CommitStatus) obj { return merge(c.showStatus(s), obj{"creator": c.userOrNull(s.Creator)}) })
	}
}

func (c *call) postStatus() {
	var in struct {
		State, Context, Description string
		URL                         string `json:"target_url"`
	}
	if !c.read(&in) || c.missing("Status", map[string]bool{"state": in.State != ""}) {
		return
	}
	if c.repo.Git.Commit(c.vars["sha"]) == nil {
		c.fail(http.StatusUnprocessableEntity, "No commit found for SHA: "+c.vars["sha"])
		return
	}
	s := c.repo.AddStatus(c.vars["sha"], first(in.Context, "default"), in.State, in.Description, c.actor())
	s.URL = in.URL
	o := merge(c.showStatus(s), obj{"creator": c.userOrNull(s.Creator)})
	c.created(o["url"].(string), o)
}
