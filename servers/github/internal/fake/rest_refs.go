package fake

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
)

func refRoutes() []*route {
	return []*route{
		get("/repos/{owner}/{repo}/git/ref/{ref...}", "contents:read", (*call).getRef),
		get("/repos/{owner}/{repo}/git/matching-refs/{ref...}", "contents:read", (*call).matchingRefs),
		change("POST", "/repos/{owner}/{repo}/git/refs", "contents:write", "write", (*call).postRef),
		change("PATCH", "/repos/{owner}/{repo}/git/refs/{ref...}", "contents:write", "write", (*call).patchRef),
		change("DELETE", "/repos/{owner}/{repo}/git/refs/{ref...}", "contents:write", "write", (*call).deleteRef),
		get("/repos/{owner}/{repo}/branches", "contents:read", (*call).listBranches),
		get("/repos/{owner}/{repo}/branches/{branch...}", "contents:read", (*call).getBranch),
		change("POST", "/repos/{owner}/{repo}/branches/{branch...}/rename", "contents:write", "write", (*call).renameBranch),
		get("/repos/{owner}/{repo}/tags", "contents:read", (*call).listTags),
		change("POST", "/repos/{owner}/{repo}/merge-upstream", "contents:write", "write", (*call).mergeUpstream),
		change("POST", "/repos/{owner}/{repo}/merges", "contents:write", "write", (*call).mergeBranch),
	}
}

func (c *call) showRef(ref string) obj {
	r := c.repo
	sha := r.Refs[ref]
	kind := r.Git.Kind(sha)
	return obj{
		"ref": ref, "node_id": gitNode("REF", r, ref), "url": c.repoAPI(r) + "/git/" + escape(ref),
		"object": obj{"type": kind, "sha": sha, "url": c.repoAPI(r) + "/git/" + kind + "s/" + sha},
	}
}

func (c *call) getRef() {
	ref := "refs/" + strings.TrimPrefix(c.vars["ref"], "refs/")
	if c.repo.Refs[ref] == "" {
		c.notFound()
		return
	}
	c.send(http.StatusOK, c.showRef(ref))
}

// refs are those that begin so, by name.
func (r *Repo) refs(prefix string) []string {
	var out []string
	for ref := range r.Refs {
		if strings.HasPrefix(ref, prefix) {
			out = append(out, ref)
		}
	}
	slices.Sort(out)
	return out
}

func (c *call) matchingRefs() { list(c, c.repo.refs("refs/"+c.vars["ref"]), c.showRef) }

func badRef(ref string) bool {
	return !strings.HasPrefix(ref, "refs/") || strings.Count(ref, "/") < 2 || strings.ContainsAny(ref, " ~^:?*[\\\x7f") ||
		strings.Contains(ref, "..") || strings.Contains(ref, "//") || strings.HasSuffix(ref, "/") || strings.HasSuffix(ref, ".lock") ||
		strings.Contains(ref, "@{") || strings.HasSuffix(ref, ".")
}

func (c *call) postRef() {
	var in struct{ Ref, SHA string }
	if !c.read(&in) || c.missing("Reference", map[string]bool{"ref": in.Ref != "", "sha": in.SHA != ""}) {
		return
	}
	switch {
	case badRef(in.Ref):
		c.fail(http.StatusUnprocessableEntity, in.Ref+" is not a valid ref name.")
	case c.repo.Refs[in.Ref] != "":
		c.fail(http.StatusUnprocessableEntity, "Reference already exists")
	case c.repo.Git.Kind(in.SHA) == "":
		c.fail(http.StatusUnprocessableEntity, "Object does not exist")
	case c.writable(strings.TrimPrefix(in.Ref, "refs/heads/")):
		c.repo.Refs[in.Ref] = in.SHA
		c.created(c.repoAPI(c.repo)+"/git/"+escape(in.Ref), c.showRef(in.Ref))
	}
}

// shut says why the caller may not push to a branch, or "".
func (c *call) shut(r *Repo, branch string) string {
	guard := r.Protected[branch]
	switch {
	case guard == nil, r.Refs["refs/heads/"+branch] == "":
		return ""
	case guard.Reviews == 0 && len(guard.Checks) == 0 && !guard.Locked, c.may(r, "admin") && !guard.Admins:
		return ""
	case guard.Locked:
		return "Repository rule violations found\n\nCannot change this locked branch\n\n"
	}
	return "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"
}

// writable answers unless the caller may push to a branch.
func (c *call) writable(branch string) bool {
	message := c.shut(c.repo, branch)
	if message != "" {
		c.fail(http.StatusConflict, message)
	}
	return message == ""
}

func (c *call) patchRef() {
	var in struct {
		SHA   string `json:"sha"`
		Force bool   `json:"force"`
	}
	if !c.read(&in) || c.missing("Reference", map[string]bool{"sha": in.SHA != ""}) {
		return
	}
	ref := "refs/" + strings.TrimPrefix(c.vars["ref"], "refs/")
	old := c.repo.Refs[ref]
	branch := strings.TrimPrefix(ref, "refs/heads/")
	switch {
	case old == "":
		c.fail(http.StatusUnprocessableEntity, "Reference does not exist")
	case c.repo.Git.Kind(in.SHA) == "":
		c.fail(http.StatusUnprocessableEntity, "Object does not exist")
	case !in.Force && !c.repo.Git.Ancestors(in.SHA)[old]:
		c.fail(http.StatusUnprocessableEntity, "Update is not a fast forward")
	case in.Force && !c.repo.Git.Ancestors(in.SHA)[old] && c.repo.Protected[branch] != nil && !c.repo.Protected[branch].Force:
		c.fail(http.StatusUnprocessableEntity, "Cannot force-push to this branch")
	case c.writable(branch):
		c.repo.Refs[ref] = in.SHA
		c.repo.Pushed = c.h.now()
		c.repo.refreshPulls(branch)
		c.send(http.StatusOK, c.showRef(ref))
	}
}

func (c *call) deleteRef() {
	ref := "refs/" + strings.TrimPrefix(c.vars["ref"], "refs/")
	branch := strings.TrimPrefix(ref, "refs/heads/")
	switch {
	case c.repo.Refs[ref] == "":
		c.fail(http.StatusUnprocessableEntity, "Reference does not exist")
	case branch == c.repo.DefaultBranch:
		c.fail(http.StatusUnprocessableEntity, "Cannot delete the default branch")
	case c.repo.Protected[branch] != nil && !c.repo.Protected[branch].Deletions:
		c.fail(http.StatusUnprocessableEntity, "Cannot delete this branch")
	default:
		delete(c.repo.Refs, ref)
		c.empty(http.StatusNoContent)
	}
}

func (c *call) listBranches() {
	refs := c.repo.refs("refs/heads/")
	if c.q.Get("protected") == "true" {
		refs = keep(refs, func(ref string) bool { return c.repo.Protected[strings.TrimPrefix(ref, "refs/heads/")] != nil })
	}
	list(c, refs, func(ref string) obj {
		name := strings.TrimPrefix(ref, "refs/heads/")
		sha := c.repo.Refs[ref]
		return obj{
			"name": name, "commit": obj{"sha": sha, "url": c.repoAPI(c.repo) + "/commits/" + sha}, "protected": c.repo.Protected[name] != nil,
			"protection_url": c.repoAPI(c.repo) + "/branches/" + escape(name) + "/protection",
		}
	})
}

func (c *call) showBranch(name string, g *gitdb.Commit) obj {
	api := c.repoAPI(c.repo) + "/branches/" + escape(name)
	guard := c.repo.Protected[name]
	protection := obj{"enabled": guard != nil, "required_status_checks": obj{"enforcement_level": "off", "contexts": []string{}, "checks": []obj{}}}
	if guard != nil && len(guard.Checks) > 0 {
		protection["required_status_checks"] = showRequiredChecks(guard)
	}
	return obj{
		"name": name, "commit": c.showCommit(c.repo, g), "protected": guard != nil, "protection": protection, "protection_url": api + "/protection",
		"_links": obj{"self": api, "html": c.repoWeb(c.repo) + "/tree/" + escape(name)},
	}
}

func (c *call) getBranch() {
	name := c.vars["branch"]
	g := c.repo.Tip(name)
	if g == nil {
		c.fail(http.StatusNotFound, "Branch not found")
		return
	}
	c.send(http.StatusOK, c.showBranch(name, g))
}

func (c *call) renameBranch() {
	var in struct {
		Name string `json:"new_name"`
	}
	if !c.read(&in) || c.missing("Branch", map[string]bool{"new_name": in.Name != ""}) {
		return
	}
	r, old := c.repo, c.vars["branch"]
	sha := r.Refs["refs/heads/"+old]
	switch {
	case sha == "":
		c.fail(http.StatusNotFound, "Branch not found")
		return
	case badRef("refs/heads/"+in.Name) || r.Refs["refs/heads/"+in.Name] != "":
		c.fail(http.StatusUnprocessableEntity, "New branch is invalid.")
		return
	case old == r.DefaultBranch && !c.may(r, "admin"):
		c.fail(http.StatusForbidden, "Must have admin rights to Repository.")
		return
	}
	delete(r.Refs, "refs/heads/"+old)
	r.Refs["refs/heads/"+in.Name] = sha
	if old == r.DefaultBranch {
		r.DefaultBranch = in.Name
	}
	for _, i := range r.Issues {
		if p := i.Pull; p != nil && i.State == "open" {
			if p.Base == old {
				p.Base = in.Name
			}
			if p.Head == old && p.HeadRepo == r {
				p.Head = in.Name
			}
		}
	}
	c.send(http.StatusCreated, c.showBranch(in.Name, r.Git.Commit(sha)))
}

func (c *call) listTags() {
	refs := c.repo.refs("refs/tags/")
	slices.Reverse(refs)
	list(c, refs, func(ref string) obj {
		sha := c.repo.Git.Peel(c.repo.Refs[ref])
		api := c.repoAPI(c.repo)
		name := strings.TrimPrefix(ref, "refs/tags/")
		return obj{
			"name": name, "zipball_url": api + "/zipball/" + ref, "tarball_url": api + "/tarball/" + ref,
			"commit": obj{"sha": sha, "url": api + "/commits/" + sha}, "node_id": gitNode("REF", c.repo, ref),
		}
	})
}

func (c *call) mergeUpstream() {
	var in struct{ Branch string }
	if !c.read(&in) {
		return
	}
	r := c.repo
	if r.Parent == nil {
		c.fail(http.StatusUnprocessableEntity, "Repository is not a fork")
		return
	}
	ours, theirs := r.Refs["refs/heads/"+in.Branch], r.Parent.Refs["refs/heads/"+in.Branch]
	base := r.Parent.Owner.Login + ":" + in.Branch
	switch {
	case theirs == "" || ours == "":
		c.fail(http.StatusUnprocessableEntity, "The branch "+in.Branch+" does not exist")
	case r.Git.Ancestors(ours)[theirs]:
		c.send(http.StatusOK, obj{"message": "This branch is not behind the upstream " + base + ".", "merge_type": "none", "base_branch": base})
	case r.Git.Ancestors(theirs)[ours]:
		r.Refs["refs/heads/"+in.Branch] = theirs
		c.send(http.StatusOK, obj{"message": "Successfully fetched and fast-forwarded from upstream " + base + ".", "merge_type": "fast-forward", "base_branch": base})
	default:
		if tree, conflicts := r.Git.Merge(ours, theirs); len(conflicts) > 0 {
			c.fail(http.StatusConflict, "There are merge conflicts")
		} else {
			g := r.put(commitParts{tree: tree, parents: []string{ours, theirs}, message: "Merge branch '" + base + "'", author: c.actor()})
			r.Refs["refs/heads/"+in.Branch] = g.SHA
			c.send(http.StatusOK, obj{"message": "Successfully fetched and merged from upstream " + base + ".", "merge_type": "merge", "base_branch": base})
		}
	}
}

func (c *call) mergeBranch() {
	var in struct {
		Base    string `json:"base"`
		Head    string `json:"head"`
		Message string `json:"commit_message"`
	}
	if !c.read(&in) || c.missing("Merge", map[string]bool{"base": in.Base != "", "head": in.Head != ""}) {
		return
	}
	r := c.repo
	base, head := r.Tip(in.Base), r.resolve(in.Head)
	switch {
	case base == nil:
		c.fail(http.StatusNotFound, "Base does not exist")
	case head == nil:
		c.fail(http.StatusNotFound, "Head does not exist")
	case r.Git.Ancestors(base.SHA)[head.SHA]:
		c.empty(http.StatusNoContent)
	case c.writable(in.Base):
		tree, conflicts := r.Git.Merge(base.SHA, head.SHA)
		if len(conflicts) > 0 {
			c.fail(http.StatusConflict, "Merge conflict")
			return
		}
		g := r.put(commitParts{tree: tree, parents: []string{base.SHA, head.SHA}, author: c.actor(), message: first(in.Message, "Merge "+in.Head+" into "+in.Base)})
		r.Refs["refs/heads/"+in.Base] = g.SHA
		r.refreshPulls(in.Base)
		c.send(http.StatusCreated, c.showCommit(r, g))
	}
}
