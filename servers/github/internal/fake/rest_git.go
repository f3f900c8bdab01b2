package fake

import (
	"encoding/base64"
	"maps"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
)

func gitRoutes() []*route {
	return []*route{
		get("/repos/{owner}/{repo}/git/blobs/{sha}", "contents:read", (*call).getBlob),
		change("POST", "/repos/{owner}/{repo}/git/blobs", "contents:write", "write", (*call).postBlob),
		get("/repos/{owner}/{repo}/git/trees/{sha...}", "contents:read", (*call).getTree),
		change("POST", "/repos/{owner}/{repo}/git/trees", "contents:write", "write", (*call).postTree),
		get("/repos/{owner}/{repo}/git/commits/{sha}", "contents:read", (*call).getGitCommit),
		change("POST", "/repos/{owner}/{repo}/git/commits", "contents:write", "write", (*call).postCommit),
		get("/repos/{owner}/{repo}/git/tags/{sha}", "contents:read", (*call).getTag),
		change("POST", "/repos/{owner}/{repo}/git/tags", "contents:write", "write", (*call).postTag),
	}
}

// person is a signature as a request gives it.
type person struct {
	Name  string    `json:"name"`
	Email string    `json:"email"`
	Date  time.Time `json:"date"`
}

func (p *person) signature(c *call) *gitdb.Signature {
	if p == nil {
		return nil
	}
	when := p.Date
	if when.IsZero() {
		when = c.h.now()
	}
	return &gitdb.Signature{Name: p.Name, Email: p.Email, When: when}
}

func (c *call) getBlob() {
	sha := c.vars["sha"]
	data, ok := c.repo.Git.Blob(sha)
	switch {
	case !ok:
		c.notFound()
	case c.wants("raw"):
		c.raw(http.StatusOK, "application/vnd.github.raw; charset=utf-8", data)
	case len(data) > 100<<20:
		c.tooLarge()
	default:
		c.send(http.StatusOK, obj{
			"sha": sha, "node_id": gitNode("B", c.repo, sha), "size": len(data), "url": c.repoAPI(c.repo) + "/git/blobs/" + sha,
			"content": wrap(base64.StdEncoding.EncodeToString(data)), "encoding": "base64",
		})
	}
}

func (c *call) postBlob() {
	var in struct {
		Content  string `json:"content"`
		Encoding string `json:"encoding"`
	}
	if !c.read(&in) {
		return
	}
	data := []byte(in.Content)
	if in.Encoding == "base64" {
		var err error
		if data, err = base64.StdEncoding.DecodeString(strings.ReplaceAll(in.Content, "\n", "")); err != nil {
			c.fail(http.StatusUnprocessableEntity, "content is not valid Base64")
			return
		}
	}
	sha := c.repo.Git.PutBlob(data)
	c.created(c.repoAPI(c.repo)+"/git/blobs/"+sha, obj{"sha": sha, "url": c.repoAPI(c.repo) + "/git/blobs/" + sha})
}

func (c *call) created(at string, body obj) {
	c.header.Set("Location", at)
	c.send(http.StatusCreated, body)
}

// mostEntries is how many entries GitHub lists of a tree.
const mostEntries = 100000

func (c *call) getTree() {
	name := c.vars["sha"]
	sha := name
	if c.repo.Git.Kind(name) != "tree" {
		ref, below, _ := strings.Cut(name, ":")
		g := c.repo.resolve(ref)
		if g == nil {
			c.notFound()
			return
		}
		e, ok := c.repo.Git.At(g.Tree, strings.Trim(below, "/"))
		if !ok || e.Mode != gitdb.Dir {
			c.notFound()
			return
		}
		sha = e.SHA
	}
	c.send(http.StatusOK, c.showTree(sha, c.q.Has("recursive")))
}

func (c *call) showTree(sha string, recursive bool) obj {
	items := []obj{}
	truncated := false
	var walk func(sha, dir string)
	walk = func(sha, dir string) {
		entries, _ := c.repo.Git.Tree(sha)
		for _, e := range entries {
			if len(items) >= mostEntries {
				truncated = true
				return
			}
			o := obj{"path": path.Join(dir, e.Name), "mode": e.Mode, "type": e.Kind(), "sha": e.SHA}
			if e.Mode != gitdb.Submodule {
				o["url"] = c.repoAPI(c.repo) + "/git/" + e.Kind() + "s/" + e.SHA
			}
			if data, ok := c.repo.Git.Blob(e.SHA); ok {
				o["size"] = len(data)
			}
			items = append(items, o)
			if recursive && e.Mode == gitdb.Dir {
				walk(e.SHA, path.Join(dir, e.Name))
			}
		}
	}
	walk(sha, "")
	return obj{"sha": sha, "url": c.repoAPI(c.repo) + "/git/trees/" + sha, "tree": items, "truncated": truncated}
}

func (c *call) postTree() {
	var in struct {
		Base string `json:"base_tree"`
		Tree []struct {
			Path    string  `json:"path"`
			Mode    string  `json:"mode"`
			Type    string  `json:"type"`
			SHA     *string `json:"sha"`
			Content *string `json:"content"`
		} `json:"tree"`
	}
	if !c.read(&in) {
		return
	}
	git := c.repo.Git
	files := gitdb.Files{}
	if in.Base != "" {
		if g := git.Commit(in.Base); g != nil {
			in.Base = g.Tree
		}
		if git.Kind(in.Base) != "tree" {
			c.fail(http.StatusUnprocessableEntity, "base_tree is not a valid tree oid")
			return
		}
		files = maps.Clone(git.Files(in.Base))
	}
	for _, e := range in.Tree {
		switch {
		case strings.Contains("/"+e.Path+"/", "/../") || strings.Contains("/"+e.Path+"/", "/./") || strings.Contains(e.Path, "//") || e.Path == "" || e.Path[0] == '/':
			c.fail(http.StatusUnprocessableEntity, "tree.path contains a malformed path component")
			return
		case e.Content != nil:
			files[e.Path] = gitdb.Entry{Mode: first(e.Mode, gitdb.File), SHA: git.PutBlob([]byte(*e.Content))}
		case e.SHA == nil:
			for name := range files {
				if name == e.Path || strings.HasPrefix(name, e.Path+"/") {
					delete(files, name)
				}
			}
		case e.Mode == gitdb.Dir && git.Kind(*e.SHA) == "tree":
			for name, below := range git.Files(*e.SHA) {
				files[e.Path+"/"+name] = below
			}
		case e.Mode != gitdb.Submodule && git.Kind(*e.SHA) != "blob":
			c.fail(http.StatusUnprocessableEntity, "tree.sha "+*e.SHA+" is not a valid blob")
			return
		default:
			files[e.Path] = gitdb.Entry{Mode: e.Mode, SHA: *e.SHA}
		}
	}
	sha := git.PutTree(files)
	c.created(c.repoAPI(c.repo)+"/git/trees/"+sha, c.showTree(sha, false))
}

// showGitCommit is a commit as git knows it.
func (c *call) showGitCommit(g *gitdb.Commit) obj {
	r := c.repo
	return obj{
		"sha": g.SHA, "node_id": gitNode("C", r, g.SHA), "url": c.repoAPI(r) + "/git/commits/" + g.SHA, "html_url": c.repoWeb(r) + "/commit/" + g.SHA,
		"author": showSignature(g.Author), "committer": showSignature(g.Committer), "message": g.Message,
		"tree": obj{"sha": g.Tree, "url": c.repoAPI(r) + "/git/trees/" + g.Tree}, "parents": c.showParents(r, g), "verification": showVerification(g),
	}
}

func (c *call) getGitCommit() {
	g := c.repo.Git.Commit(c.vars["sha"])
	if g == nil {
		c.notFound()
		return
	}
	c.send(http.StatusOK, c.showGitCommit(g))
}

func (c *call) postCommit() {
	var in struct {
		Message   string   `json:"message"`
		Tree      string   `json:"tree"`
		Parents   []string `json:"parents"`
		Author    *person  `json:"author"`
		Committer *person  `json:"committer"`
	}
	if !c.read(&in) || c.missing("Commit", map[string]bool{"message": in.Message != "", "tree": in.Tree != ""}) {
		return
	}
	if c.repo.Git.Kind(in.Tree) != "tree" {
		c.fail(http.StatusUnprocessableEntity, "Tree SHA does not exist")
		return
	}
	for _, p := range in.Parents {
		if c.repo.Git.Commit(p) == nil {
			c.fail(http.StatusUnprocessableEntity, "Parent SHA does not exist or is not a commit object")
			return
		}
	}
	g := c.repo.put(commitParts{
		tree: in.Tree, parents: in.Parents, message: in.Message, author: c.actor(), authored: in.Author.signature(c), applied: in.Committer.signature(c),
	})
	c.created(c.repoAPI(c.repo)+"/git/commits/"+g.SHA, c.showGitCommit(g))
}

func (c *call) showTag(t *gitdb.Tag) obj {
	r := c.repo
	return obj{
		"node_id": gitNode("TA", r, t.SHA), "tag": t.Name, "sha": t.SHA, "url": c.repoAPI(r) + "/git/tags/" + t.SHA, "message": t.Message,
		"tagger":       obj{"name": t.Tagger.Name, "email": t.Tagger.Email, "date": stamp(t.Tagger.When)},
		"object":       obj{"sha": t.Object, "type": t.Kind, "url": c.repoAPI(r) + "/git/" + t.Kind + "s/" + t.Object},
		"verification": obj{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil},
	}
}

func (c *call) getTag() {
	t := c.repo.Git.Tag(c.vars["sha"])
	if t == nil {
		c.notFound()
		return
	}
	c.send(http.StatusOK, c.showTag(t))
}

func (c *call) postTag() {
	var in struct {
		Tag, Message, Object, Type string
		Tagger                     *person
	}
	if !c.read(&in) || c.missing("Tag", map[string]bool{"tag": in.Tag != "", "message": in.Message != "", "object": in.Object != "", "type": in.Type != ""}) {
		return
	}
	if c.repo.Git.Kind(in.Object) != in.Type {
		c.fail(http.StatusUnprocessableEntity, "Object does not exist")
		return
	}
	by := in.Tagger.signature(c)
	if by == nil {
		s := c.repo.signature(c.actor(), c.h.now())
		by = &s
	}
	t := c.repo.Git.PutTag(gitdb.Tag{Object: in.Object, Kind: in.Type, Name: in.Tag, Tagger: *by, Message: in.Message})
	c.created(c.repoAPI(c.repo)+"/git/tags/"+t.SHA, c.showTag(t))
}
