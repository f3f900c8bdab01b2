package fake

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Thread is a notification.
type Thread struct {
	ID      int64
	User    *User
	Repo    *Repo
	Issue   *Issue // what it is about; nil for something else
	Title   string // of something else
	Kind    string // Issue, PullRequest, Release, Discussion, CheckSuite
	Reason  string // assign, author, mention, review_requested, subscribed, …
	Unread  bool
	Done    bool
	Updated time.Time
	Read    time.Time
	Ignored *bool // nil without a subscription
}

// AddThread notifies a user of an issue or a pull request.
func (h *Hub) AddThread(u *User, i *Issue, reason string) *Thread {
	t := &Thread{ID: h.id(), User: u, Repo: i.Repo, Issue: i, Title: i.Title, Kind: "Issue", Reason: reason, Unread: true, Updated: h.now()}
	if i.Pull != nil {
		t.Kind = "PullRequest"
	}
	h.threads = append(h.threads, t)
	return t
}

func socialRoutes() []*route {
	return []*route{
		get("/notifications", "notifications:read", func(c *call) { c.sendThreads(nil) }),
		change("PUT", "/notifications", "notifications:write", "", func(c *call) { c.readThreads(nil) }),
		get("/repos/{owner}/{repo}/notifications", "notifications:read", func(c *call) { c.sendThreads(c.repo) }),
		change("PUT", "/repos/{owner}/{repo}/notifications", "notifications:write", "", func(c *call) { c.readThreads(c.repo) }),
		get("/notifications/threads/{id}", "notifications:read", (*call).getThread),
		change("PATCH", "/notifications/threads/{id}", "notifications:write", "", (*call).readThread),
		change("DELETE", "/notifications/threads/{id}", "notifications:write", "", (*call).doneThread),
		get("/notifications/threads/{id}/subscription", "notifications:read", (*call).getSubscription),
		change("PUT", "/notifications/threads/{id}/subscription", "notifications:write", "", (*call).putSubscription),
		change("DELETE", "/notifications/threads/{id}/subscription", "notifications:write", "", (*call).deleteSubscription),
		get("/repos/{owner}/{repo}/subscription", "watching:read", (*call).getWatch),
		change("PUT", "/repos/{owner}/{repo}/subscription", "watching:write", "", (*call).putWatch),
		change("DELETE", "/repos/{owner}/{repo}/subscription", "watching:write", "", (*call).deleteWatch),
		get("/user/starred", "starring:read", (*call).myStars),
		get("/users/{login}/starred", "user:read", (*call).starsOf),
		get("/user/starred/{owner}/{repo}", "starring:read", (*call).isStarred),
		change("PUT", "/user/starred/{owner}/{repo}", "starring:write", "", func(c *call) { c.star(true) }),
		change("DELETE", "/user/starred/{owner}/{repo}", "starring:write", "", func(c *call) { c.star(false) }),
		get("/repos/{owner}/{repo}/stargazers", "metadata:read", func(c *call) { list(c, c.repo.Stars, c.showUser) }),
	}
}

func (c *call) showThread(t *Thread) obj {
	api := c.api + "/notifications/threads/" + itoa(t.ID)
	subject := obj{"title": t.Title, "type": t.Kind, "url": c.repoAPI(t.Repo), "latest_comment_url": c.repoAPI(t.Repo)}
	if t.Issue != nil {
		subject["url"], subject["latest_comment_url"] = c.issueAPI(t.Issue), c.issueAPI(t.Issue)
		if t.Issue.Pull != nil {
			subject["url"] = c.pullAPI(t.Issue.Pull)
		}
		if n := len(t.Issue.Comments); n > 0 {
			subject["latest_comment_url"] = c.repoAPI(t.Repo) + "/issues/comments/" + itoa(t.Issue.Comments[n-1].ID)
		}
	}
	return obj{
		"id": itoa(t.ID), "repository": c.showRepo(t.Repo), "subject": subject, "reason": t.Reason, "unread": t.Unread, "updated_at": stamp(t.Updated),
		"last_read_at": stampOrNull(t.Read), "url": api, "subscription_url": api + "/subscription",
	}
}

func (c *call) threads(r *Repo) []*Thread {
	return keep(reversed(c.h.threads), func(t *Thread) bool {
		return t.User == c.user && !t.Done && (r == nil || t.Repo == r) && c.sees(t.Repo)
	})
}

func (c *call) sendThreads(r *Repo) {
	before, err := time.Parse(time.RFC3339, c.q.Get("before"))
	own := []string{"assign", "author", "comment", "mention", "review_requested", "team_mention"}
	c.header.Set("X-Poll-Interval", "60")
	list(c, keep(c.threads(r), func(t *Thread) bool {
		return (t.Unread || c.q.Get("all") == "true") && (c.q.Get("participating") != "true" || slices.Contains(own, t.Reason)) &&
			!t.Updated.Before(since(c)) && (err != nil || t.Updated.Before(before))
	}), c.showThread)
}

func (c *call) readThreads(r *Repo) {
	var in struct {
		Until time.Time `json:"last_read_at"`
	}
	if !c.read(&in) {
		return
	}
	for _, t := range c.threads(r) {
		if in.Until.IsZero() || !t.Updated.After(in.Until) {
			t.Unread, t.Read = false, c.h.now()
		}
	}
	c.empty(http.StatusResetContent)
}

func (c *call) thread() *Thread {
	for _, t := range c.threads(nil) {
		if t.ID == c.number("id") {
			return t
		}
	}
	c.notFound()
	return nil
}

func (c *call) getThread() {
	if t := c.thread(); t != nil {
		c.send(http.StatusOK, c.showThread(t))
	}
}

func (c *call) readThread() {
	if t := c.thread(); t != nil {
		t.Unread, t.Read = false, c.h.now()
		c.empty(http.StatusResetContent)
	}
}

func (c *call) doneThread() {
	if t := c.thread(); t != nil {
		t.Done = true
		c.empty(http.StatusNoContent)
	}
}

func (c *call) showSubscription(t *Thread) obj {
	return obj{
		"subscribed": !*t.Ignored, "ignored": *t.Ignored, "reason": nil, "created_at": stamp(t.Updated),
		"url": c.api + "/notifications/threads/" + itoa(t.ID) + "/subscription", "thread_url": c.api + "/notifications/threads/" + itoa(t.ID),
	}
}

func (c *call) getSubscription() {
	t := c.thread()
	switch {
	case t == nil:
	case t.Ignored == nil:
		c.notFound()
	default:
		c.send(http.StatusOK, c.showSubscription(t))
	}
}

func (c *call) putSubscription() {
	t := c.thread()
	var in struct{ Ignored bool }
	if t != nil && c.read(&in) {
		t.Ignored = &in.Ignored
		c.send(http.StatusOK, c.showSubscription(t))
	}
}

func (c *call) deleteSubscription() {
	if t := c.thread(); t != nil {
		t.Ignored = nil
		c.empty(http.StatusNoContent)
	}
}

func (c *call) getWatch() {
	how := c.repo.Watchers[c.user.Login]
	if how == "" {
		c.notFound()
		return
	}
	c.send(http.StatusOK, obj{
		"subscribed": how == "subscribed", "ignored": how == "ignored", "reason": nil, "created_at": stamp(c.repo.Created),
		"url": c.repoAPI(c.repo) + "/subscription", "repository_url": c.repoAPI(c.repo),
	})
}

func (c *call) putWatch() {
	var in struct{ Subscribed, Ignored bool }
	if !c.read(&in) {
		return
	}
	c.repo.Watchers[c.user.Login] = "subscribed"
	if in.Ignored {
		c.repo.Watchers[c.user.Login] = "ignored"
	}
	c.getWatch()
}

func (c *call) deleteWatch() {
	delete(c.repo.Watchers, c.user.Login)
	c.empty(http.StatusNoContent)
}

func (c *call) sendStars(u *User) {
	seen := keep(reversed(u.Starred), c.sees)
	if c.wants("star") {
		list(c, seen, func(r *Repo) obj { return obj{"starred_at": stamp(r.Created), "repo": c.showRepo(r)} })
		return
	}
	list(c, seen, c.showRepo)
}

func (c *call) myStars() { c.sendStars(c.user) }

func (c *call) starsOf() {
	if u := c.account("login"); u != nil {
		c.sendStars(u)
	}
}

// starred finds the repository of an address that does not begin with repos.
func (c *call) starred() *Repo {
	r := c.h.repos[strings.ToLower(c.vars["owner"]+"/"+c.vars["repo"])]
	if r == nil || !c.sees(r) {
		c.notFound()
		return nil
	}
	return r
}

func (c *call) isStarred() {
	if r := c.starred(); r != nil {
		if !slices.Contains(c.user.Starred, r) {
			c.notFound()
			return
		}
		c.empty(http.StatusNoContent)
	}
}

func (c *call) star(on bool) {
	r := c.starred()
	if r == nil {
		return
	}
	c.h.setStar(c.user, r, on)
	c.empty(http.StatusNoContent)
}

func (h *Hub) setStar(u *User, r *Repo, on bool) {
	u.Starred = slices.DeleteFunc(slices.Clone(u.Starred), func(o *Repo) bool { return o == r })
	r.Stars = slices.DeleteFunc(slices.Clone(r.Stars), func(o *User) bool { return o == u })
	if on {
		u.Starred, r.Stars = append(u.Starred, r), append(r.Stars, u)
	}
}
