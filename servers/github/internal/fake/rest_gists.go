package fake

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Gist is a gist.
type Gist struct {
	ID          string
	Node        string
	Owner       *User
	Description string
	Public      bool
	Files       map[string]string
	Comments    []*Comment
	Stars       []*User
	Created     time.Time
	Updated     time.Time
}

// AddGist makes a gist.
func (h *Hub) AddGist(owner *User, description string, public bool, files map[string]string) *Gist {
	n := h.id()
	g := &Gist{ID: fmt.Sprintf("%032x", n), Owner: owner, Description: description, Public: public, Files: files, Created: h.now()}
	g.Updated = g.Created
	g.Node = h.node("G", n, g)
	h.gists = append(h.gists, g)
	return g
}

func gistRoutes() []*route {
	return []*route{
		get("/gists", "gists:read", (*call).myGists),
		get("/gists/public", "gists:read", func(c *call) {
			list(c, keep(reversed(c.h.gists), func(g *Gist) bool { return g.Public }), c.showGist)
		}),
		get("/gists/starred", "gists:read", func(c *call) {
			list(c, keep(reversed(c.h.gists), func(g *Gist) bool { return slices.Contains(g.Stars, c.user) }), c.showGist)
		}),
		get("/users/{login}/gists", "gists:read", (*call).gistsOf),
		change("POST", "/gists", "gists:write", "", (*call).postGist),
		get("/gists/{gist}", "gists:read", (*call).getGist),
		change("PATCH", "/gists/{gist}", "gists:write", "", (*call).patchGist),
		change("DELETE", "/gists/{gist}", "gists:write", "", (*call).deleteGist),
		get("/gists/{gist}/comments", "gists:read", (*call).gistComments),
		change("POST", "/gists/{gist}/comments", "gists:write", "", (*call).postGistComment),
		change("PUT", "/gists/{gist}/star", "gists:write", "", func(c *call) { c.starGist(true) }),
		change("DELETE", "/gists/{gist}/star", "gists:write", "", func(c *call) { c.starGist(false) }),
	}
}

func (c *call) showGist(g *Gist) obj {
	api := c.api + "/gists/" + g.ID
	files := obj{}
	for name, text := range g.Files {
		files[name] = obj{
			"filename": name, "type": "text/plain", "language": "Text", "size": len(text),
			"raw_url": "https://gist.githubusercontent.com/" + g.Owner.Login + "/" + g.ID + "/raw/" + escape(name),
		}
	}
	return obj{
		"url": api, "forks_url": api + "/forks", "commits_url": api + "/commits", "id": g.ID, "node_id": g.Node,
		"git_pull_url": "https://gist.github.com/" + g.ID + ".git", "git_push_url": "https://gist.github.com/" + g.ID + ".git",
		"html_url": "https://gist.github.com/" + g.Owner.Login + "/" + g.ID, "files": files, "public": g.Public, "created_at": stamp(g.Created),
		"updated_at": stamp(g.Updated), "description": orNull(g.Description), "comments": len(g.Comments), "user": nil, "comments_url": api + "/comments",
		"owner": c.showUser(g.Owner), "truncated": false,
	}
}

func (c *call) showFullGist(g *Gist) obj {
	o := c.showGist(g)
	for name, f := range o["files"].(obj) {
		text := g.Files[name]
		merge(f.(obj), obj{"truncated": len(text) > 1<<20, "content": text[:min(len(text), 1<<20)], "encoding": "utf-8"})
	}
	return merge(o, obj{"forks": []obj{}, "history": []obj{}})
}

func (c *call) myGists() {
	list(c, keep(reversed(c.h.gists), func(g *Gist) bool {
		return (c.user == nil && g.Public || g.Owner == c.user) && !g.Updated.Before(since(c))
	}), c.showGist)
}

func (c *call) gistsOf() {
	if u := c.account("login"); u != nil {
		list(c, keep(reversed(c.h.gists), func(g *Gist) bool { return g.Owner == u && (g.Public || u == c.user) }), c.showGist)
	}
}

// gist finds one, for reading or for changing.
func (c *call) gist(change bool) *Gist {
	i := slices.IndexFunc(c.h.gists, func(g *Gist) bool { return g.ID == c.vars["gist"] })
	if i < 0 || change && c.h.gists[i].Owner != c.user {
		c.notFound()
		return nil
	}
	return c.h.gists[i]
}

func (c *call) getGist() {
	if g := c.gist(false); g != nil {
		c.send(http.StatusOK, c.showFullGist(g))
	}
}

type gistIn struct {
	Description *string `json:"description"`
	Public      bool    `json:"public"`
	Files       map[string]*struct {
		Filename *string `json:"filename"`
		Content  *string `json:"content"`
	} `json:"files"`
}

func (c *call) postGist() {
	var in gistIn
	if !c.read(&in) {
		return
	}
	files := map[string]string{}
	for name, f := range in.Files {
		if f == nil || f.Content == nil || strings.TrimSpace(*f.Content) == "" {
			c.invalid(problem{Resource: "Gist", Field: "files", Code: "missing_field"})
			return
		}
		files[name] = *f.Content
	}
	if len(files) == 0 {
		c.invalid(problem{Resource: "Gist", Field: "files", Code: "missing_field"})
		return
	}
	g := c.h.AddGist(c.user, "", in.Public, files)
	set(&g.Description, in.Description)
	c.created(c.api+"/gists/"+g.ID, c.showFullGist(g))
}

func (c *call) patchGist() {
	g := c.gist(true)
	var in gistIn
	if g == nil || !c.read(&in) {
		return
	}
	set(&g.Description, in.Description)
	for name, f := range in.Files {
		if f == nil {
			delete(g.Files, name)
			continue
		}
		text := g.Files[name]
		set(&text, f.Content)
		if f.Filename != nil {
			delete(g.Files, name)
			name = *f.Filename
		}
		g.Files[name] = text
	}
	g.Updated = c.h.now()
	c.send(http.StatusOK, c.showFullGist(g))
}

func (c *call) deleteGist() {
	if g := c.gist(true); g != nil {
		c.h.gists = slices.DeleteFunc(slices.Clone(c.h.gists), func(o *Gist) bool { return o == g })
		c.empty(http.StatusNoContent)
	}
}

func (c *call) showGistComment(g *Gist, m *Comment) obj {
	association := "NONE"
	if m.Author == g.Owner {
		association = "OWNER"
	}
	return obj{
		"id": m.ID, "node_id": m.Node, "url": c.api + "/gists/" + g.ID + "/comments/" + itoa(m.ID), "body": m.Body, "user": c.userOrNull(m.Author),
		"created_at": stamp(m.Created), "updated_at": stamp(m.Updated), "author_association": association,
	}
}

func (c *call) gistComments() {
	if g := c.gist(false); g != nil {
		list(c, g.Comments, func(m *Comment) obj { return c.showGistComment(g, m) })
	}
}

func (c *call) postGistComment() {
	g := c.gist(false)
	var in bodyIn
	if g == nil || !c.read(&in) || c.missing("GistComment", map[string]bool{"body": in.Body != ""}) {
		return
	}
	m := &Comment{ID: c.h.id(), Author: c.user, Body: in.Body, Created: c.h.now()}
	m.Updated, m.Node = m.Created, nodeID("GC", m.ID)
	g.Comments = append(g.Comments, m)
	c.created(c.api+"/gists/"+g.ID+"/comments/"+itoa(m.ID), c.showGistComment(g, m))
}

func (c *call) starGist(on bool) {
	if g := c.gist(false); g != nil {
		g.Stars = slices.DeleteFunc(slices.Clone(g.Stars), func(o *User) bool { return o == c.user })
		if on {
			g.Stars = append(g.Stars, c.user)
		}
		c.empty(http.StatusNoContent)
	}
}
