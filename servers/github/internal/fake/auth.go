package fake

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// authenticate finds the token of a request; false if it has answered.
func (c *call) authenticate() bool {
	head := c.r.Header.Get("Authorization")
	if head == "" {
		return true
	}
	kind, value, _ := strings.Cut(head, " ")
	if user, pass, ok := c.r.BasicAuth(); ok {
		kind, value = "token", pass
		if pass == "" {
			value = user
		}
	}
	known := strings.EqualFold(kind, "bearer") || strings.EqualFold(kind, "token")
	if known && strings.Count(value, ".") == 2 && strings.HasPrefix(value, "ey") {
		return c.authenticateApp(value)
	}
	t := c.h.tokens[value]
	if !known || t == nil || t.Revoked || !t.Expires.IsZero() && !time.Now().Before(t.Expires) {
		c.fail(http.StatusUnauthorized, "Bad credentials")
		return false
	}
	c.token, c.user = t, t.User
	if t.Kind == "classic" || t.Kind == "oauth" {
		c.header.Set("X-OAuth-Scopes", strings.Join(t.Scope, ", "))
		c.header.Set("X-Accepted-OAuth-Scopes", "")
	}
	if t.Kind == "fine-grained" && !t.Expires.IsZero() {
		c.header.Set("GitHub-Authentication-Token-Expiration", t.Expires.UTC().Format("2006-01-02 15:04:05 MST"))
	}
	return true
}

// scopes are those of a classic token that open a permission of the others.
var scopes = map[string][]string{
	"notifications": {"notifications", "repo"},
	"gists":         {"gist"},
	"members":       {"read:org", "write:org", "admin:org", "user"},
	"projects":      {"project", "read:project"},
	"starring":      {"repo", "public_repo", "user"},
	"watching":      {"repo", "public_repo", "notifications"},
	"user":          nil, // any
	"account":       nil,
}

// permitted answers, and returns false, unless the token has a permission such
// as issues:write and its user is what level says to the repository.
func (c *call) permitted(needs, level string) bool {
	permission, access, _ := strings.Cut(needs, ":")
	public := c.repo != nil && c.repo.Visibility == "public" && access == "read"
	if c.token == nil {
		if needs == "" || access == "read" && (public || c.repo == nil && openToAll[permission]) {
			return true
		}
		c.fail(http.StatusUnauthorized, "Requires authentication")
		return false
	}
	switch c.token.Kind {
	case "fine-grained", "installation":
		if needs != "" && permission != "user" && permission != "account" {
			c.header.Set("X-Accepted-GitHub-Permissions", permission+"="+access)
		}
		if !public && !(c.repo == nil && access == "read" && openToAll[permission]) && !c.granted(permission, access) {
			c.inaccessible()
			return false
		}
	default:
		if !c.scoped(permission, access) {
			return false
		}
	}
	if level != "" && c.repo != nil && !c.may(c.repo, level) {
		switch {
		case level == "admin":
			c.fail(http.StatusForbidden, "Must have admin rights to Repository.")
		case permission == "contents":
			c.notFound()
		default:
			c.fail(http.StatusForbidden, "Must have push access to repository")
		}
		return false
	}
	return true
}

// openToAll are permissions that reading public things takes none of.
var openToAll = map[string]bool{"metadata": true, "search": true, "user": true, "gists": true, "advisories": true, "orgs": true}

func (c *call) inaccessible() {
	what := "personal access token"
	if c.token.Kind == "installation" {
		what = "integration"
	}
	c.fail(http.StatusForbidden, "Resource not accessible by "+what)
}

// granted tells whether a fine-grained token or an installation has a permission.
func (c *call) granted(permission, access string) bool {
	if permission == "" || permission == "user" || permission == "account" || permission == "search" || permission == "advisories" || permission == "orgs" {
		return true
	}
	if c.repo != nil && !c.token.covers(c.repo) {
		return access == "read" && c.repo.Visibility == "public"
	}
	have := c.token.Permissions[permission]
	if permission == "metadata" && access == "read" {
		return true
	}
	return have == "write" || have == "admin" || have == access
}

// scoped does for a classic token what granted does for the others.
func (c *call) scoped(permission, access string) bool {
	want, special := scopes[permission]
	if !special {
		if c.repo == nil || access == "read" || permission == "" {
			return true // whether it may be seen was found out before
		}
		want = []string{"repo"}
		if c.repo.Visibility == "public" {
			want = append(want, "public_repo")
		}
	}
	c.header.Set("X-Accepted-OAuth-Scopes", strings.Join(want, ", "))
	public := access == "read" && openToAll[permission]
	if want == nil || public || c.token.Kind == "oauth" && len(c.token.Scope) == 0 ||
		slices.ContainsFunc(want, func(s string) bool { return slices.Contains(c.token.Scope, s) }) {
		return true
	}
	c.fail(http.StatusNotFound, "Not Found")
	if permission == "gists" || permission == "notifications" || permission == "members" {
		c.fail(http.StatusForbidden, "Your token has not been granted the required scopes to execute this request. It needs one of: "+strings.Join(want, ", ")+".")
	}
	return false
}
