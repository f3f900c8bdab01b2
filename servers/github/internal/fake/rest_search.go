package fake

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
)

func searchRoutes() []*route {
	return []*route{
		get("/search/repositories", "search:read", (*call).searchRepos),
		get("/search/code", "search:read", (*call).searchCode),
		get("/search/issues", "search:read", (*call).searchIssues),
		get("/search/users", "search:read", (*call).searchUsers),
		get("/search/commits", "search:read", (*call).searchCommits),
	}
}

// search is a query taken apart: words, and qualifiers such as repo:acme/shop.
type search struct {
	words []string
	with  map[string][]string
	not   map[string][]string
}

func parseSearch(q string) search {
	s := search{with: map[string][]string{}, not: map[string][]string{}}
	var parts []string
	quoted, part := false, strings.Builder{}
	for _, r := range q {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && !quoted:
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteRune(r)
		}
	}
	for _, p := range append(parts, part.String()) {
		name, value, ok := strings.Cut(p, ":")
		bare, negated := strings.CutPrefix(name, "-")
		switch {
		case p == "" || p == "AND":
		case ok && value != "" && !strings.Contains(name, "/"):
			to := s.with
			if negated {
				to = s.not
			}
			bare = strings.ToLower(bare)
			to[bare] = append(to[bare], value)
		default:
			s.words = append(s.words, strings.ToLower(p))
		}
	}
	return s
}

// named tells whether a qualifier is not there, or has the value.
func (s search) named(qualifier, value string) bool {
	same := func(v string) bool { return strings.EqualFold(v, value) }
	return (len(s.with[qualifier]) == 0 || slices.ContainsFunc(s.with[qualifier], same)) && !slices.ContainsFunc(s.not[qualifier], same)
}

// in tells whether a repository is one of those asked for.
func (s search) in(r *Repo) bool {
	owners := slices.Concat(s.with["org"], s.with["user"], s.with["owner"])
	of := func(list []string) bool {
		return slices.ContainsFunc(list, func(o string) bool { return strings.EqualFold(o, r.Owner.Login) })
	}
	if n := len(owners) + len(s.with["repo"]); n > 0 {
		named := slices.ContainsFunc(s.with["repo"], func(v string) bool { return strings.EqualFold(v, r.FullName()) })
		if !named && !of(owners) {
			return false
		}
	}
	hidden := slices.ContainsFunc(s.not["repo"], func(v string) bool { return strings.EqualFold(v, r.FullName()) })
	return !hidden && !of(s.not["org"]) && !of(s.not["user"])
}

func (s search) fits(text string) bool {
	text = strings.ToLower(text)
	return !slices.ContainsFunc(s.words, func(w string) bool { return !strings.Contains(text, w) })
}

// query reads q, or answers that it is missing.
func (c *call) query() (search, bool) {
	if strings.TrimSpace(c.q.Get("q")) == "" {
		c.invalid(problem{Resource: "Search", Field: "q", Code: "missing"})
		return search{}, false
	}
	s := parseSearch(c.q.Get("q"))
	for _, name := range s.with["repo"] {
		if r := c.h.repos[strings.ToLower(name)]; r == nil || !c.sees(r) {
			c.invalid(problem{
				Resource: "Search", Field: "q", Code: "invalid",
				Message: "The listed users and repositories cannot be searched either because the resources do not exist or you do not have permission to view them.",
			})
			return s, false
		}
	}
	return s, true
}

// found answers with one page of what was found.
func found[T any](c *call, items []T, show func(T) obj, more obj) {
	if at, size := atoi(c.q.Get("page"), 1), atoi(c.q.Get("per_page"), 30); (at-1)*size >= 1000 {
		c.fail(http.StatusUnprocessableEntity, "Only the first 1000 search results are available")
		return
	}
	o := obj{"total_count": len(items), "incomplete_results": false, "items": each(page(c, items), func(t T) obj {
		return merge(show(t), obj{"score": 1.0})
	})}
	c.send(http.StatusOK, merge(o, more))
}

func (c *call) searchRepos() {
	s, ok := c.query()
	if !ok {
		return
	}
	all := keep(c.repos(nil), func(r *Repo) bool {
		return s.in(r) && s.fits(r.FullName()+" "+r.Description+" "+strings.Join(r.Topics, " ")) && s.named("language", r.Language) &&
			s.named("is", r.Visibility) && (len(s.with["topic"]) == 0 || slices.Contains(r.Topics, s.with["topic"][0]))
	})
	if c.q.Get("sort") == "stars" {
		slices.SortStableFunc(all, func(a, b *Repo) int { return len(b.Stars) - len(a.Stars) })
	}
	found(c, all, c.showRepo, nil)
}

type hit struct {
	repo *Repo
	path string
	e    gitdb.Entry
	text string
}

func (c *call) searchCode() {
	s, ok := c.query()
	if !ok {
		return
	}
	if c.token == nil {
		c.fail(http.StatusUnauthorized, "Requires authentication")
		return
	}
	if len(s.words) == 0 {
		c.fail(http.StatusUnprocessableEntity, "ERROR_TYPE_QUERY_PARSING_FATAL unable to parse query!")
		return
	}
	var hits []hit
	for _, r := range c.repos(nil) {
		g := r.Tip(r.DefaultBranch)
		if g == nil || !s.in(r) || !s.named("language", r.Language) {
			continue
		}
		files := r.Git.Files(g.Tree)
		for name, e := range files {
			data, ok := r.Git.Blob(e.SHA)
			ext := name[strings.LastIndex(name, ".")+1:]
			base := name[strings.LastIndex(name, "/")+1:]
			if ok && s.fits(string(data)+"\n"+name) && s.named("extension", ext) && s.named("filename", base) &&
				(len(s.with["path"]) == 0 || strings.HasPrefix(name, strings.Trim(s.with["path"][0], "/"))) {
				hits = append(hits, hit{r, name, e, string(data)})
			}
		}
	}
	slices.SortFunc(hits, func(a, b hit) int { return strings.Compare(a.repo.FullName()+a.path, b.repo.FullName()+b.path) })
	found(c, hits, func(h hit) obj { return c.showHit(h, s) }, nil)
}

func (c *call) showHit(h hit, s search) obj {
	base := h.path[strings.LastIndex(h.path, "/")+1:]
	ref := h.repo.Refs["refs/heads/"+h.repo.DefaultBranch]
	o := obj{
		"name": base, "path": h.path, "sha": h.e.SHA, "url": c.repoAPI(h.repo) + "/contents/" + escape(h.path) + "?ref=" + ref,
		"git_url": c.repoAPI(h.repo) + "/git/blobs/" + h.e.SHA, "html_url": c.repoWeb(h.repo) + "/blob/" + ref + "/" + escape(h.path),
		"repository": c.showRepo(h.repo),
	}
	if c.wants("text-match") {
		var matches []obj
		for _, w := range s.words {
			if at := strings.Index(strings.ToLower(h.text), w); at >= 0 {
				from, to := max(at-60, 0), min(at+len(w)+60, len(h.text))
				matches = append(matches, obj{
					"object_url": o["url"], "object_type": "FileContent", "property": "content", "fragment": strings.ToValidUTF8(h.text[from:to], ""),
					"matches": []obj{{"text": h.text[at : at+len(w)], "indices": []int{at - from, at - from + len(w)}}},
				})
			}
		}
		o["text_matches"] = matches
	}
	return o
}

func (c *call) searchIssues() {
	s, ok := c.query()
	if !ok {
		return
	}
	found(c, c.findIssues(s), func(i *Issue) obj { return merge(c.showIssue(i), obj{"body": i.Body}) }, obj{"search_type": "lexical"})
}

// findIssues are those that a search fits.
func (c *call) findIssues(s search) []*Issue {
	var all []*Issue
	for _, r := range c.repos(nil) {
		if s.in(r) {
			all = append(all, keep(r.issues(), func(i *Issue) bool { return c.fitsIssue(s, i) })...)
		}
	}
	by, direction := c.q.Get("sort"), c.q.Get("order")
	for _, v := range s.with["sort"] {
		by, direction, _ = strings.Cut(v, "-")
	}
	sortIssues(all, by, direction)
	return all
}

// mine stands for whoever asks.
func (c *call) mine(values []string) []string {
	out := slices.Clone(values)
	for i, v := range out {
		if v == "@me" && c.user != nil {
			out[i] = c.user.Login
		}
	}
	return out
}

func (c *call) fitsIssue(s search, i *Issue) bool {
	is := func(u *User, name string) bool {
		want := c.mine(s.with[name])
		return len(want) == 0 || u != nil && slices.ContainsFunc(want, func(v string) bool { return strings.EqualFold(v, u.Login) })
	}
	anyOf := func(users []*User, name string) bool {
		return len(s.with[name]) == 0 || slices.ContainsFunc(users, func(u *User) bool { return is(u, name) })
	}
	text := i.Title + "\n" + i.Body
	for _, m := range i.Comments {
		text += "\n" + m.Body
	}
	if !s.fits(text) || !is(i.Author, "author") || !anyOf(i.Assignees, "assignee") || !s.named("state", i.State) {
		return false
	}
	for _, v := range append(slices.Clone(s.with["is"]), s.with["type"]...) {
		ok := map[string]bool{
			"issue": i.Pull == nil, "pr": i.Pull != nil, "open": i.State == "open", "closed": i.State == "closed", "merged": i.Pull != nil && i.Pull.Merged,
			"unmerged": i.Pull != nil && !i.Pull.Merged, "draft": i.Pull != nil && i.Pull.Draft, "public": i.Repo.Visibility == "public",
			"private": i.Repo.Visibility != "public", "locked": i.Locked,
		}[strings.ToLower(v)]
		if !ok {
			return false
		}
	}
	for _, name := range s.with["label"] {
		if !slices.ContainsFunc(i.Labels, func(l *Label) bool { return strings.EqualFold(l.Name, name) }) {
			return false
		}
	}
	for _, login := range c.mine(s.with["mentions"]) {
		if !mentioned(text, login) {
			return false
		}
	}
	return c.fitsPull(s, i, anyOf)
}

func (c *call) fitsPull(s search, i *Issue, anyOf func([]*User, string) bool) bool {
	requested, reviewed := s.with["review-requested"], s.with["reviewed-by"]
	if len(requested)+len(reviewed)+len(s.with["head"])+len(s.with["base"])+len(s.with["review"])+len(s.with["draft"]) == 0 {
		return true
	}
	p := i.Pull
	if p == nil || !s.named("head", p.Head) || !s.named("base", p.Base) || !anyOf(p.Reviewers, "review-requested") {
		return false
	}
	var by []*User
	for _, v := range p.Reviews {
		by = append(by, v.Author)
	}
	if !anyOf(by, "reviewed-by") || !s.named("draft", map[bool]string{true: "true", false: "false"}[p.Draft]) {
		return false
	}
	review := map[string]string{"APPROVED": "approved", "CHANGES_REQUESTED": "changes_requested", "REVIEW_REQUIRED": "required", "": "none"}
	return s.named("review", review[p.decision()])
}

func (c *call) searchUsers() {
	s, ok := c.query()
	if !ok {
		return
	}
	var all []*User
	for _, u := range c.h.users {
		kind := map[string]string{"Organization": "org", "User": "user"}[u.Type]
		if s.fits(u.Login+" "+u.Name+" "+u.Email) && s.named("type", kind) && s.named("location", u.Location) {
			all = append(all, u)
		}
	}
	slices.SortFunc(all, func(a, b *User) int { return strings.Compare(a.Login, b.Login) })
	found(c, all, c.showUser, nil)
}

func (c *call) searchCommits() {
	s, ok := c.query()
	if !ok {
		return
	}
	type pair struct {
		r *Repo
		g *gitdb.Commit
	}
	var all []pair
	for _, r := range c.repos(nil) {
		if !s.in(r) {
			continue
		}
		for _, g := range r.Git.Log(r.Refs["refs/heads/"+r.DefaultBranch]) {
			login := ""
			if u := c.h.userOf(g.Author); u != nil {
				login = u.Login
			}
			if s.fits(g.Message) && s.named("author", login) && s.named("hash", g.SHA) {
				all = append(all, pair{r, g})
			}
		}
	}
	found(c, all, func(p pair) obj { return merge(c.showCommit(p.r, p.g), obj{"repository": c.showRepo(p.r)}) }, nil)
}
