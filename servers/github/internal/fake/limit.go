package fake

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// hourly are the quotas of a token by resource.
var hourly = map[string]int{
	"core": 5000, "search": 30, "code_search": 10, "graphql": 5000, "integration_manifest": 5000,
	"source_import": 100, "code_scanning_upload": 1000, "actions_runner_registration": 10000, "scim": 15000,
	"dependency_snapshots": 100, "dependency_sbom": 100, "code_scanning_autofix": 10,
}

const anonymous = 60 // requests an hour without a token

// window counts the requests of one token to one resource.
type window struct {
	limit, used int
	reset       time.Time
}

// SetQuota sets how many requests of a resource (core, search, code_search,
// graphql) each token has for an hour, and begins the hour anew.
func (h *Hub) SetQuota(resource string, requests int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.quota[resource] = requests
	clear(h.limits)
}

func resourceOf(path string) string {
	switch {
	case strings.HasSuffix(path, "/graphql"):
		return "graphql"
	case strings.HasPrefix(path, "/search/code"):
		return "code_search"
	case strings.HasPrefix(path, "/search/"):
		return "search"
	}
	return "core"
}

func (c *call) window(resource string) *window {
	key := c.r.Header.Get("Authorization") + " " + resource
	w := c.h.limits[key]
	// Whoever waits for a reset waits by the clock on the wall, not the hub's.
	if now := time.Now(); w == nil || now.After(w.reset) {
		span := time.Hour
		if strings.Contains(resource, "search") {
			span = time.Minute
		}
		w = &window{limit: c.h.quota[resource], reset: now.Add(span)}
		if c.token == nil && resource == "core" {
			w.limit = min(anonymous, w.limit)
		}
		c.h.limits[key] = w
	}
	return w
}

func (c *call) resource() string {
	return resourceOf(strings.TrimPrefix(c.r.URL.Path, "/api/v3"))
}

// limited counts a request, and answers if it is one too many.
func (c *call) limited(r *route) bool {
	if r != nil && r.pattern == "/rate_limit" {
		return false
	}
	w := c.window(c.resource())
	if w.used >= w.limit {
		who := "your IP address"
		if c.user != nil {
			who = fmt.Sprintf("user ID %d", c.user.ID)
		} else if c.token != nil {
			who = fmt.Sprintf("installation ID %d", c.token.Installation)
		}
		c.send(http.StatusForbidden, obj{
			"message":           "API rate limit exceeded for " + who + ".",
			"documentation_url": docs + "/overview/rate-limits-for-the-rest-api",
		})
		return true
	}
	w.used++
	return false
}

// refund takes back what a request that changed nothing for the caller cost.
func (c *call) refund() {
	if w := c.window(c.resource()); w.used > 0 && c.token != nil {
		w.used--
	}
}

// quote tells in headers how much is left.
func (c *call) quote(head http.Header) {
	resource := c.resource()
	w := c.window(resource)
	head.Set("X-RateLimit-Limit", strconv.Itoa(w.limit))
	head.Set("X-RateLimit-Remaining", strconv.Itoa(max(w.limit-w.used, 0)))
	head.Set("X-RateLimit-Used", strconv.Itoa(w.used))
	head.Set("X-RateLimit-Reset", strconv.FormatInt(w.reset.Unix(), 10))
	head.Set("X-RateLimit-Resource", resource)
}

func (c *call) rateLimit() {
	show := func(resource string) obj {
		w := c.window(resource)
		return obj{"limit": w.limit, "used": w.used, "remaining": max(w.limit-w.used, 0), "reset": w.reset.Unix()}
	}
	resources := obj{}
	for name := range hourly {
		resources[name] = show(name)
	}
	c.send(http.StatusOK, obj{"resources": resources, "rate": show("core")})
}
