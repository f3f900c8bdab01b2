package fake

import (
	"encoding/base64"
	"maps"
	"net/http"
	"path"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
)

func contentRoutes() []*route {
	return []*route{
		get("/repos/{owner}/{repo}/contents", "contents:read", (*call).getContents),
		get("/repos/{owner}/{repo}/contents/{path...}", "contents:read", (*call).getContents),
		change("PUT", "/repos/{owner}/{repo}/contents/{path...}", "contents:write", "write", (*call).putContents),
		change("DELETE", "/repos/{owner}/{repo}/contents/{path...}", "contents:write", "write", (*call).deleteContents),
		get("/repos/{owner}/{repo}/readme", "contents:read", (*call).readme),
		get("/repos/{owner}/{repo}/zipball/{ref...}", "contents:read", (*call).archive),
		get("/repos/{owner}/{repo}/tarball/{ref...}", "contents:read", (*call).archive),
	}
}

func (c *call) getContents() {
	g := c.repo.resolve(c.q.Get("ref"))
	if g == nil {
		if len(c.repo.Refs) == 0 {
			c.fail(http.StatusNotFound, "This repository is empty.")
			return
		}
		c.fail(http.StatusNotFound, "No commit found for the ref "+c.q.Get("ref"))
		return
	}
	ref := first(c.q.Get("ref"), c.repo.DefaultBranch)
	name := strings.Trim(c.vars["path"], "/")
	e, ok := c.repo.Git.At(g.Tree, name)
	if !ok {
		c.notFound()
		return
	}
	if e.Mode == gitdb.Dir {
		c.sendDirectory(g, ref, name, e)
		return
	}
	if to := c.repo.Git.Follow(g.Tree, name); to != "" && e.Mode == gitdb.Symlink {
		if target, ok := c.repo.Git.At(g.Tree, to); ok && target.Kind() == "blob" && target.Mode != gitdb.Symlink {
			name, e = to, target // a link to a file is shown as that file
		}
	}
	data, _ := c.repo.Git.Blob(e.SHA)
	switch {
	case c.wants("raw"):
		if len(data) > 100<<20 {
			c.tooLarge()
			return
		}
		c.raw(http.StatusOK, "application/vnd.github.raw; charset=utf-8", data)
	case len(data) > 100<<20:
		c.tooLarge()
	default:
		o := c.showFile(g, ref, name, true)
		if c.wants("object") && e.Mode == gitdb.File {
			c.raw(http.StatusOK, "application/vnd.github.object; charset=utf-8", encode(o))
			return
		}
		c.send(http.StatusOK, o)
	}
}

func (c *call) tooLarge() {
	c.send(http.StatusForbidden, obj{
		"message": "This API returns blobs up to 1 MB in size. The requested blob is too large to fetch via the API.",
		"errors":  []obj{{"resource": "Blob", "field": "data", "code": "too_large"}}, "documentation_url": docs, "status": "403",
	})
}

func (c *call) sendDirectory(g *gitdb.Commit, ref, name string, e gitdb.Entry) {
	entries, _ := c.repo.Git.Tree(e.SHA)
	if len(entries) > 1000 {
		entries = entries[:1000]
	}
	items := each(entries, func(n gitdb.Named) obj { return c.showFile(g, ref, path.Join(name, n.Name), false) })
	if !c.wants("object") {
		c.send(http.StatusOK, items)
		return
	}
	o := c.showFile(g, ref, name, false)
	o["entries"] = items
	c.raw(http.StatusOK, "application/vnd.github.object; charset=utf-8", encode(o))
}

// showFile is what lies at a path: with its content, or as a directory lists it.
func (c *call) showFile(g *gitdb.Commit, ref, name string, whole bool) obj {
	r := c.repo
	e, _ := r.Git.At(g.Tree, name)
	data, _ := r.Git.Blob(e.SHA)
	self := c.repoAPI(r) + "/contents/" + escape(name) + "?ref=" + escape(ref)
	git, web, raw := any(c.repoAPI(r)+"/git/blobs/"+e.SHA), any(c.repoWeb(r)+"/blob/"+escape(ref)+"/"+escape(name)),
		any("https://raw.githubusercontent.com/"+r.FullName()+"/"+escape(ref)+"/"+escape(name))
	o := obj{"name": path.Base(name), "path": name, "sha": e.SHA, "size": len(data), "url": self, "type": "file"}
	switch e.Mode {
	case gitdb.Dir:
		o["type"] = "dir"
		git, web, raw = c.repoAPI(r)+"/git/trees/"+e.SHA, c.repoWeb(r)+"/tree/"+escape(ref)+"/"+escape(name), nil
		if name == "" {
			o["name"] = ""
		}
	case gitdb.Submodule:
		o["type"] = "submodule"
		o["submodule_git_url"] = "https://github.com/example/module.git"
		git, web, raw = nil, nil, nil
		if !whole {
			o["type"] = "file" // as GitHub lists them, for old clients
			delete(o, "submodule_git_url")
		}
	case gitdb.Symlink:
		o["type"] = "symlink"
		if whole {
			o["target"] = string(data)
		}
	default:
		if whole && len(data) <= 1<<20 {
			o["encoding"], o["content"] = "base64", wrap(base64.StdEncoding.EncodeToString(data))
		} else if whole {
			o["encoding"], o["content"] = "none", ""
		}
	}
	o["git_url"], o["html_url"], o["download_url"] = git, web, raw
	o["_links"] = obj{"self": self, "git": git, "html": web}
	return o
}

// wrap breaks base64 into lines as GitHub does.
func wrap(s string) string {
	var b strings.Builder
	for len(s) > 60 {
		b.WriteString(s[:60] + "\n")
		s = s[60:]
	}
	if s != "" {
		b.WriteString(s + "\n")
	}
	return b.String()
}

type contentIn struct {
	Message   string  `json:"message"`
	Content   *string `json:"content"`
	SHA       string  `json:"sha"`
	Branch    string  `json:"branch"`
	Author    *person `json:"author"`
	Committer *person `json:"committer"`
}

func (c *call) putContents() {
	var in contentIn
	if !c.read(&in) || c.missing("Contents", map[string]bool{"message": in.Message != "", "content": in.Content != nil}) {
		return
	}
	data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(*in.Content, "\n", ""))
	if err != nil {
		c.fail(http.StatusUnprocessableEntity, "content is not valid Base64")
		return
	}
	status := http.StatusCreated
	g, name := c.changeFile(in, func(files gitdb.Files, name string, there bool) {
		mode := gitdb.File
		if there {
			status, mode = http.StatusOK, files[name].Mode
		}
		files[name] = gitdb.Entry{Mode: mode, SHA: c.repo.Git.PutBlob(data)}
	})
	if g == nil {
		return
	}
	c.send(status, obj{"content": c.showFile(g, first(in.Branch, c.repo.DefaultBranch), name, false), "commit": c.showGitCommit(g)})
}

func (c *call) deleteContents() {
	var in contentIn
	if !c.read(&in) {
		return
	}
	in.Message, in.SHA, in.Branch = first(in.Message, c.q.Get("message")), first(in.SHA, c.q.Get("sha")), first(in.Branch, c.q.Get("branch"))
	if c.missing("Contents", map[string]bool{"message": in.Message != "", "sha": in.SHA != ""}) {
		return
	}
	missing := false
	g, _ := c.changeFile(in, func(files gitdb.Files, name string, there bool) {
		missing = !there
		delete(files, name)
	})
	switch {
	case g == nil:
	case missing:
		c.notFound()
	default:
		c.send(http.StatusOK, obj{"content": nil, "commit": c.showGitCommit(g)})
	}
}

// changeFile commits a change of one file, if the caller knows its blob; nil
// where it has answered.
func (c *call) changeFile(in contentIn, edit func(files gitdb.Files, name string, there bool)) (*gitdb.Commit, string) {
	r := c.repo
	branch := strings.TrimPrefix(first(in.Branch, r.DefaultBranch), "refs/heads/")
	name := strings.Trim(c.vars["path"], "/")
	tip := r.Tip(branch)
	if tip == nil && (in.Branch != "" && branch != r.DefaultBranch || len(r.Refs) > 0) {
		c.fail(http.StatusNotFound, "Branch "+branch+" not found")
		return nil, ""
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." || part == ".git" {
			c.fail(http.StatusUnprocessableEntity, "path contains a malformed path component")
			return nil, ""
		}
	}
	if !c.writable(branch) {
		return nil, ""
	}
	if message := c.workflowShut(name); message != "" {
		c.fail(http.StatusForbidden, message)
		return nil, ""
	}
	files := gitdb.Files{}
	var parents []string
	if tip != nil {
		files, parents = maps.Clone(r.Git.Files(tip.Tree)), []string{tip.SHA}
	}
	e, there := files[name]
	switch {
	case there && in.SHA == "":
		c.fail(http.StatusUnprocessableEntity, "Invalid request.\n\n\"sha\" wasn't supplied.")
		return nil, ""
	case there && in.SHA != e.SHA:
		c.fail(http.StatusConflict, name+" does not match "+in.SHA)
		return nil, ""
	case !there && in.SHA != "":
		if c.r.Method == http.MethodDelete {
			c.notFound()
		} else {
			c.fail(http.StatusConflict, name+" does not match "+in.SHA)
		}
		return nil, ""
	}
	edit(files, name, there)
	g := r.put(commitParts{
		files: files, parents: parents, message: in.Message, author: c.actor(), authored: in.Author.signature(c), applied: in.Committer.signature(c),
		signed: in.Author == nil && in.Committer == nil && c.token.Kind == "installation",
	})
	r.Refs["refs/heads/"+branch] = g.SHA
	r.Pushed = g.Committer.When
	r.refreshPulls(branch)
	return g, name
}

// workflowShut says why the caller may not change a file, or "".
func (c *call) workflowShut(name string) string {
	if !strings.HasPrefix(name, ".github/workflows/") || has(c.token.Scope, "workflow") || c.token.Permissions["workflows"] == "write" {
		return ""
	}
	return "refusing to allow this token to create or update workflow `" + name + "` without `workflow` scope"
}

// actor is who does it: the user, or the bot of an app.
func (c *call) actor() *User {
	if c.user != nil {
		return c.user
	}
	if c.token != nil && c.token.Installation != 0 {
		for _, a := range c.h.apps {
			if a.Installations[c.token.Installation] != nil {
				return a.Bot
			}
		}
	}
	return nil
}

func (c *call) readme() {
	g := c.repo.resolve(c.q.Get("ref"))
	for _, name := range []string{"README.md", "README", "readme.md", "docs/README.md"} {
		if g == nil {
			break
		}
		if _, ok := c.repo.Git.At(g.Tree, name); ok {
			c.vars["path"] = name
			c.getContents()
			return
		}
	}
	c.notFound()
}

func (c *call) archive() {
	g := c.repo.resolve(c.vars["ref"])
	if g == nil {
		c.notFound()
		return
	}
	c.header.Set("Location", c.h.keep("archive/"+g.SHA, "application/zip", []byte("PK\x05\x06"+strings.Repeat("\x00", 18))))
	c.empty(http.StatusFound)
}
