package fake

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Release is a release of a repository.
type Release struct {
	ID                int64
	Node              string
	Repo              *Repo
	Tag, Target       string
	Name, Body        string
	Draft, Prerelease bool
	Author            *User
	Created           time.Time
	Published         time.Time
	Assets            []*Asset
}

// Asset is a file of a release.
type Asset struct {
	ID   int64
	Node string
	Name string
	Data []byte
}

// AddRelease makes a release.
func (r *Repo) AddRelease(tag, name, body string, author *User) *Release {
	l := &Release{ID: r.hub.id(), Repo: r, Tag: tag, Target: r.DefaultBranch, Name: name, Body: body, Author: author, Created: r.hub.now()}
	l.Published = l.Created
	l.Node = r.hub.node("RE", l.ID, l)
	r.Releases = append(r.Releases, l)
	if r.Refs["refs/tags/"+tag] == "" {
		if sha := r.Refs["refs/heads/"+l.Target]; sha != "" {
			r.Refs["refs/tags/"+tag] = sha
		}
	}
	return l
}

// AddAsset adds a file to a release.
func (l *Release) AddAsset(name string, data []byte) *Asset {
	a := &Asset{ID: l.Repo.hub.id(), Name: name, Data: data}
	a.Node = l.Repo.hub.node("RA", a.ID, a)
	l.Assets = append(l.Assets, a)
	return a
}

func releaseRoutes() []*route {
	return []*route{
		get("/repos/{owner}/{repo}/releases", "contents:read", (*call).listReleases),
		get("/repos/{owner}/{repo}/releases/latest", "contents:read", (*call).latestRelease),
		get("/repos/{owner}/{repo}/releases/tags/{tag...}", "contents:read", (*call).releaseByTag),
		change("POST", "/repos/{owner}/{repo}/releases/generate-notes", "contents:write", "write", (*call).releaseNotes),
		get("/repos/{owner}/{repo}/releases/{id}", "contents:read", (*call).getRelease),
		change("POST", "/repos/{owner}/{repo}/releases", "contents:write", "write", (*call).postRelease),
		change("PATCH", "/repos/{owner}/{repo}/releases/{id}", "contents:write", "write", (*call).patchRelease),
		change("DELETE", "/repos/{owner}/{repo}/releases/{id}", "contents:write", "write", (*call).deleteRelease),
		get("/repos/{owner}/{repo}/releases/{id}/assets", "contents:read", (*call).listAssets),
		get("/repos/{owner}/{repo}/releases/assets/{id}", "contents:read", (*call).getAsset),
	}
}

func (c *call) showAsset(l *Release, a *Asset) obj {
	return obj{
		"url": c.repoAPI(l.Repo) + "/releases/assets/" + itoa(a.ID), "browser_download_url": c.repoWeb(l.Repo) + "/releases/download/" + escape(l.Tag) + "/" + a.Name,
		"id": a.ID, "node_id": a.Node, "name": a.Name, "label": "", "state": "uploaded", "content_type": "application/octet-stream", "size": len(a.Data),
		"digest": nil, "download_count": 0, "created_at": stamp(l.Created), "updated_at": stamp(l.Created), "uploader": c.userOrNull(l.Author),
	}
}

func (c *call) showRelease(l *Release) obj {
	api := c.repoAPI(l.Repo) + "/releases/" + itoa(l.ID)
	published := stampOrNull(l.Published)
	if l.Draft {
		published = nil
	}
	return obj{
		"url": api, "html_url": c.repoWeb(l.Repo) + "/releases/tag/" + escape(l.Tag), "assets_url": api + "/assets",
		"upload_url":  "https://uploads.github.com/repos/" + l.Repo.FullName() + "/releases/" + itoa(l.ID) + "/assets{?name,label}",
		"tarball_url": c.repoAPI(l.Repo) + "/tarball/" + escape(l.Tag), "zipball_url": c.repoAPI(l.Repo) + "/zipball/" + escape(l.Tag),
		"id": l.ID, "node_id": l.Node, "tag_name": l.Tag, "target_commitish": l.Target, "name": orNull(l.Name), "body": l.Body, "draft": l.Draft,
		"prerelease": l.Prerelease, "created_at": stamp(l.Created), "published_at": published, "author": c.showUser(l.Author),
		"assets": each(l.Assets, func(a *Asset) obj { return c.showAsset(l, a) }),
	}
}

// releases are those the caller may see, the newest first.
func (c *call) releases() []*Release {
	out := keep(c.repo.Releases, func(l *Release) bool { return !l.Draft || c.may(c.repo, "write") })
	slices.Reverse(out)
	return out
}

func (c *call) listReleases() { list(c, c.releases(), c.showRelease) }

func (c *call) sendRelease(want func(l *Release) bool) {
	all := c.releases()
	if i := slices.IndexFunc(all, want); i >= 0 {
		c.send(http.StatusOK, c.showRelease(all[i]))
		return
	}
	c.notFound()
}

func (c *call) latestRelease() {
	c.sendRelease(func(l *Release) bool { return !l.Draft && !l.Prerelease })
}

func (c *call) releaseByTag() {
	c.sendRelease(func(l *Release) bool { return l.Tag == c.vars["tag"] && !l.Draft })
}

func (c *call) getRelease() { c.sendRelease(func(l *Release) bool { return l.ID == c.number("id") }) }

func (c *call) release() *Release {
	i := slices.IndexFunc(c.repo.Releases, func(l *Release) bool { return l.ID == c.number("id") })
	if i < 0 {
		c.notFound()
		return nil
	}
	return c.repo.Releases[i]
}

type releaseIn struct {
	Tag        *string `json:"tag_name"`
	Target     *string `json:"target_commitish"`
	Name       *string `json:"name"`
	Body       *string `json:"body"`
	Draft      *bool   `json:"draft"`
	Prerelease *bool   `json:"prerelease"`
	Generate   bool    `json:"generate_release_notes"`
}

func (in *releaseIn) apply(l *Release) {
	set(&l.Tag, in.Tag)
	set(&l.Target, in.Target)
	set(&l.Name, in.Name)
	set(&l.Body, in.Body)
	set(&l.Draft, in.Draft)
	set(&l.Prerelease, in.Prerelease)
}

// set changes what a request gives.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (c *call) postRelease() {
	var in releaseIn
	if !c.read(&in) || c.missing("Release", map[string]bool{"tag_name": in.Tag != nil && *in.Tag != ""}) {
		return
	}
	if slices.ContainsFunc(c.repo.Releases, func(l *Release) bool { return l.Tag == *in.Tag && !l.Draft }) {
		c.invalid(problem{Resource: "Release", Field: "tag_name", Code: "already_exists"})
		return
	}
	if in.Target != nil && c.repo.resolve(*in.Target) == nil {
		c.invalid(problem{Resource: "Release", Field: "target_commitish", Code: "invalid"})
		return
	}
	target := c.repo.DefaultBranch
	if in.Target != nil {
		target = *in.Target
	}
	if g := c.repo.resolve(target); g != nil && c.repo.Refs["refs/tags/"+*in.Tag] == "" && (in.Draft == nil || !*in.Draft) {
		c.repo.Refs["refs/tags/"+*in.Tag] = g.SHA
	}
	l := &Release{ID: c.h.id(), Repo: c.repo, Author: c.actor(), Created: c.h.now(), Target: target}
	l.Published = l.Created
	l.Node = c.h.node("RE", l.ID, l)
	in.apply(l)
	if in.Generate {
		_, notes := c.notes(l.Tag, "")
		l.Body = strings.TrimSpace(l.Body + "\n\n" + notes)
	}
	c.repo.Releases = append(c.repo.Releases, l)
	o := c.showRelease(l)
	c.created(o["url"].(string), o)
}

func (c *call) patchRelease() {
	var in releaseIn
	if l := c.release(); l != nil && c.read(&in) {
		in.apply(l)
		c.send(http.StatusOK, c.showRelease(l))
	}
}

func (c *call) deleteRelease() {
	if l := c.release(); l != nil {
		c.repo.Releases = slices.DeleteFunc(slices.Clone(c.repo.Releases), func(o *Release) bool { return o == l })
		c.empty(http.StatusNoContent)
	}
}

func (c *call) listAssets() {
	if l := c.release(); l != nil {
		list(c, l.Assets, func(a *Asset) obj { return c.showAsset(l, a) })
	}
}

func (c *call) getAsset() {
	for _, l := range c.releases() {
		for _, a := range l.Assets {
			if a.ID != c.number("id") {
				continue
			}
			if strings.Contains(c.r.Header.Get("Accept"), "application/octet-stream") {
				c.header.Set("Location", c.h.keep("assets/"+itoa(a.ID), "application/octet-stream", a.Data))
				c.empty(http.StatusFound)
				return
			}
			c.send(http.StatusOK, c.showAsset(l, a))
			return
		}
	}
	c.notFound()
}

func (c *call) notes(tag, previous string) (name, body string) {
	var b strings.Builder
	b.WriteString("## What's Changed\n")
	for _, i := range c.repo.issues() {
		if i.Pull != nil && i.Pull.Merged {
			b.WriteString("* " + i.Title + " by @" + i.Author.Login + " in " + c.issueWeb(i) + "\n")
		}
	}
	if previous != "" {
		b.WriteString("\n**Full Changelog**: " + c.repoWeb(c.repo) + "/compare/" + previous + "..." + tag)
	}
	return tag, b.String()
}

func (c *call) releaseNotes() {
	var in struct {
		Tag      string `json:"tag_name"`
		Previous string `json:"previous_tag_name"`
	}
	if !c.read(&in) || c.missing("Release", map[string]bool{"tag_name": in.Tag != ""}) {
		return
	}
	name, body := c.notes(in.Tag, in.Previous)
	c.send(http.StatusOK, obj{"name": name, "body": body})
}
