package github

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Permission is what a token needs for the tools of a toolset.
type Permission struct {
	Toolset     string
	Fine        string   // permissions of a fine-grained token or an app, to read and to write
	Scopes      []string // of a classic token, any of which is enough; none: no scope is needed
	NoneFine    bool     // fine-grained tokens cannot do this
	PublicScope string   // that is enough for public repositories
}

// Permissions are those of each toolset, for its documentation and for doctor.
func Permissions() []Permission {
	repo := []string{"repo"}
	return []Permission{
		{Toolset: "context", Fine: "members: read for teams", Scopes: []string{"read:org", "write:org", "admin:org"}},
		{Toolset: "repos", Fine: "contents: read; write to commit (workflows: write for files there)", Scopes: repo, PublicScope: "public_repo"},
		{Toolset: "issues", Fine: "issues: read; write", Scopes: repo, PublicScope: "public_repo"},
		{Toolset: "pull_requests", Fine: "pull_requests: read; write (contents: write to merge)", Scopes: repo, PublicScope: "public_repo"},
		{Toolset: "actions", Fine: "actions: read, checks: read", Scopes: repo, PublicScope: "public_repo"},
		{Toolset: "actions_write", Fine: "actions: write", Scopes: repo, PublicScope: "public_repo"},
		{Toolset: "repos_admin", Fine: "administration: write; contents: write for branches, tags and releases", Scopes: repo, PublicScope: "public_repo"},
		{Toolset: "issues_extra", Fine: "issues: read; write", Scopes: repo, PublicScope: "public_repo"},
		{Toolset: "labels", Fine: "issues: read; write", Scopes: repo, PublicScope: "public_repo"},
		{Toolset: "users", Fine: "none"},
		{Toolset: "orgs", Fine: "none"},
		{Toolset: "notifications", NoneFine: true, Scopes: []string{"notifications", "repo"}},
		{Toolset: "discussions", Fine: "discussions: read; write", Scopes: repo, PublicScope: "public_repo"},
		{Toolset: "gists", Fine: "gists: write", Scopes: []string{"gist"}},
		{Toolset: "stargazers", Fine: "starring: read; write", Scopes: repo, PublicScope: "public_repo"},
		{Toolset: "code_security", Fine: "security_events: read; write", Scopes: []string{"repo", "security_events"}},
		{Toolset: "secret_protection", Fine: "secret_scanning_alerts: read; write", Scopes: []string{"repo", "security_events"}},
		{Toolset: "dependabot", Fine: "vulnerability_alerts: read; write", Scopes: []string{"repo", "security_events"}},
		{Toolset: "security_advisories", Fine: "repository_advisories: read", Scopes: repo},
	}
}

// Text is the permission as people read it.
func (p Permission) Text() string {
	classic := "no scope"
	if len(p.Scopes) > 0 {
		classic = p.Scopes[0]
	}
	if p.PublicScope != "" {
		classic += " (" + p.PublicScope + " for public repositories)"
	}
	if p.NoneFine {
		return "a classic token with " + classic
	}
	return p.Fine + "; classic: " + classic
}

// left says which toolsets a classic token's scopes leave, and what is missing
// for the others.
func left(scopes string) string {
	have := strings.FieldsFunc(scopes, func(r rune) bool { return r == ',' || r == ' ' })
	var enough, public, lacking []string
	for _, p := range Permissions() {
		switch {
		case len(p.Scopes) == 0 || slices.ContainsFunc(p.Scopes, func(s string) bool { return slices.Contains(have, s) }):
			enough = append(enough, p.Toolset)
		case p.PublicScope != "" && slices.Contains(have, p.PublicScope):
			public = append(public, p.Toolset)
		default:
			lacking = append(lacking, fmt.Sprintf("%s (%s)", p.Toolset, p.Scopes[0]))
		}
	}
	text := "enough for " + cmp.Or(strings.Join(enough, ", "), "nothing private")
	if len(public) > 0 {
		text += "; for public repositories only: " + strings.Join(public, ", ")
	}
	if len(lacking) > 0 {
		text += "; lacks a scope for " + strings.Join(lacking, ", ")
	}
	return text
}
