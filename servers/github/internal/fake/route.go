package fake

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// route is an operation of the REST API.
type route struct {
	method  string
	pattern string // {name} for a segment, {name...} for one or more
	parts   []string
	// needs is the permission of a fine-grained token or an app, such as
	// issues:write; "" for none.
	needs string
	// level is what a user must be to a repository; "" where it is enough to see it.
	level  string
	handle func(*call)
}

func get(pattern, needs string, handle func(*call)) *route {
	return &route{method: "GET", pattern: pattern, needs: needs, handle: handle}
}

func change(method, pattern, needs, level string, handle func(*call)) *route {
	return &route{method: method, pattern: pattern, needs: needs, level: level, handle: handle}
}

func index(routes []*route) map[string][]*route {
	out := map[string][]*route{}
	for _, r := range routes {
		r.parts = strings.Split(strings.TrimPrefix(r.pattern, "/"), "/")
		key := r.method + " " + r.parts[0]
		out[key] = append(out[key], r)
	}
	return out
}

// match fills in what the pattern leaves open, from the escaped segments of a path.
func (r *route) match(segments []string) map[string]string {
	vars := map[string]string{}
	at := 0
	for i, part := range r.parts {
		left := len(segments) - at - (len(r.parts) - i - 1) // that this part may take
		if left < 1 {
			return nil
		}
		name, open := strings.CutPrefix(part, "{")
		name, many := strings.CutSuffix(strings.TrimSuffix(name, "}"), "...")
		if !open {
			if part != segments[at] {
				return nil
			}
			at++
			continue
		}
		if !many {
			left = 1
		}
		value, err := url.PathUnescape(strings.Join(segments[at:at+left], "/"))
		if err != nil || value == "" && !many {
			return nil
		}
		vars[name] = value
		at += left
	}
	if at != len(segments) {
		return nil
	}
	return vars
}

// rest finds the operation of a path and has it answer.
func (c *call) rest(path string, body []byte) {
	c.body = body
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	method := c.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var numbered *Repo
	if segments[0] == "repositories" && len(segments) > 1 { // the address by ID
		if numbered = c.h.byID[number(segments[1])]; numbered != nil {
			segments = append([]string{"repos", numbered.Owner.Login, numbered.Name}, segments[2:]...)
		}
	}
	for _, r := range c.h.routes[method+" "+segments[0]] {
		vars := r.match(segments)
		if vars == nil {
			continue
		}
		c.route, c.vars = r, vars
		if c.limited(r) {
			return
		}
		if len(r.parts) >= 3 && r.parts[0] == "repos" && !c.enter(segments, numbered != nil) {
			return
		}
		if c.permitted(r.needs, r.level) {
			r.handle(c)
		}
		return
	}
	if c.limited(nil) {
		return
	}
	c.fail(http.StatusNotFound, "Not Found")
}

// enter finds the repository of a path, and sees to it that the caller may
// know of it.
func (c *call) enter(segments []string, numbered bool) bool {
	name := c.vars["owner"] + "/" + c.vars["repo"]
	repo := c.h.repos[strings.ToLower(name)]
	if repo == nil {
		if repo = c.h.moved[strings.ToLower(name)]; repo != nil && c.sees(repo) && !numbered {
			c.redirect(repo, segments[3:])
			return false
		}
	}
	if repo == nil || !c.sees(repo) {
		c.notFound()
		return false
	}
	c.repo = repo
	if repo.Archived && c.r.Method != http.MethodGet && c.r.Method != http.MethodHead && c.route.level != "admin" && c.route.level != "" {
		c.fail(http.StatusForbidden, "Repository was archived so is read-only.")
		return false
	}
	return true
}

// redirect sends the caller to the new place of a repository that was renamed.
func (c *call) redirect(repo *Repo, rest []string) {
	to := c.api + "/repositories/" + itoa(repo.ID)
	if len(rest) > 0 {
		to += "/" + strings.Join(rest, "/")
	}
	if c.r.URL.RawQuery != "" {
		to += "?" + c.r.URL.RawQuery
	}
	status := http.StatusMovedPermanently
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		status = http.StatusTemporaryRedirect
	}
	c.header.Set("Location", to)
	c.send(status, obj{"message": "Moved Permanently", "url": to, "documentation_url": docs + "/guides/best-practices-for-using-the-rest-api#follow-redirects"})
}

// Routes lists the operations of REST that there are, such as GET /user.
func (h *Hub) Routes() []string {
	var out []string
	for _, list := range h.routes {
		for _, r := range list {
			out = append(out, r.method+" "+r.pattern)
		}
	}
	slices.Sort(out)
	return out
}
