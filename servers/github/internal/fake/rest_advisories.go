package fake

import (
	"net/http"
	"slices"
	"strings"
)

// Advisory is a security advisory: of all, or of a repository.
type Advisory struct {
	ID, CVE              string
	Repo                 *Repo // nil for one of all
	Summary, Description string
	Severity             string
	State                string // of a repository's: published, draft, triage, closed, withdrawn
	Ecosystem, Package   string
	Range, Fix           string
	CWE                  string
	Author               *User
}

// AddAdvisory adds an advisory of all.
func (h *Hub) AddAdvisory(a Advisory) *Advisory {
	h.advised = append(h.advised, &a)
	return &a
}

// AddAdvisory adds an advisory of the repository.
func (r *Repo) AddAdvisory(a Advisory) *Advisory {
	a.Repo, a.State = r, first(a.State, "draft")
	r.Advisories = append(r.Advisories, &a)
	return &a
}

func advisoryRoutes() []*route {
	const repo = "/repos/{owner}/{repo}/security-advisories"
	return []*route{
		get("/advisories", "advisories:read", (*call).globalAdvisories),
		get("/advisories/{ghsa}", "advisories:read", (*call).globalAdvisory),
		get(repo, "repository_advisories:read", func(c *call) { c.sendAdvisories(c.repo.Advisories) }),
		change("POST", repo, "repository_advisories:write", "write", (*call).postAdvisory),
		get(repo+"/{ghsa}", "repository_advisories:read", (*call).repoAdvisory),
		get("/orgs/{org}/security-advisories", "repository_advisories:read", (*call).orgAdvisories),
	}
}

func (c *call) showGlobal(a *Advisory) obj {
	return obj{
		"ghsa_id": a.ID, "cve_id": orNull(a.CVE), "url": c.api + "/advisories/" + a.ID, "html_url": c.web + "/advisories/" + a.ID,
		"repository_advisory_url": nil, "summary": a.Summary, "description": orNull(a.Description), "type": "reviewed", "severity": a.Severity,
		"source_code_location": nil, "identifiers": []obj{{"type": "GHSA", "value": a.ID}}, "references": []string{}, "published_at": stamp(epoch),
		"updated_at": stamp(epoch), "github_reviewed_at": stamp(epoch), "nvd_published_at": nil, "withdrawn_at": nil,
		"vulnerabilities": []obj{{
			"package": obj{"ecosystem": a.Ecosystem, "name": a.Package}, "vulnerable_version_range": orNull(a.Range), "first_patched_version": orNull(a.Fix),
			"vulnerable_functions": []string{},
		}},
		"cvss": nil, "cwes": c.showWeakness(a), "credits": []obj{},
	}
}

func (c *call) showWeakness(a *Advisory) []obj {
	if a.CWE == "" {
		return []obj{}
	}
	return []obj{{"cwe_id": a.CWE, "name": "Weakness " + strings.TrimPrefix(a.CWE, "CWE-")}}
}

func (c *call) globalAdvisories() {
	q := c.q
	list(c, keep(c.h.advised, func(a *Advisory) bool {
		return (q.Get("ecosystem") == "" || a.Ecosystem == q.Get("ecosystem")) && (q.Get("severity") == "" || a.Severity == q.Get("severity")) &&
			(q.Get("ghsa_id") == "" || a.ID == q.Get("ghsa_id")) && (q.Get("cve_id") == "" || a.CVE == q.Get("cve_id")) &&
			(q.Get("affects") == "" || strings.HasPrefix(q.Get("affects"), a.Package))
	}), c.showGlobal)
}

func (c *call) advisory(list []*Advisory, show func(*Advisory) obj) {
	i := slices.IndexFunc(list, func(a *Advisory) bool { return a.ID == c.vars["ghsa"] })
	if i < 0 {
		c.notFound()
		return
	}
	c.send(http.StatusOK, show(list[i]))
}

func (c *call) globalAdvisory() { c.advisory(c.h.advised, c.showGlobal) }

func (c *call) repoAdvisory() { c.advisory(c.repo.Advisories, c.showAdvisory) }

func (c *call) showAdvisory(a *Advisory) obj {
	published := any(nil)
	if a.State == "published" {
		published = stamp(epoch)
	}
	cwes := []string{}
	if a.CWE != "" {
		cwes = append(cwes, a.CWE)
	}
	return obj{
		"ghsa_id": a.ID, "cve_id": orNull(a.CVE), "url": c.repoAPI(a.Repo) + "/security-advisories/" + a.ID,
		"html_url": c.repoWeb(a.Repo) + "/security/advisories/" + a.ID, "summary": a.Summary, "description": orNull(a.Description),
		"severity": orNull(a.Severity), "author": c.userOrNull(a.Author), "publisher": nil, "identifiers": []obj{{"type": "GHSA", "value": a.ID}},
		"state": a.State, "created_at": stamp(epoch), "updated_at": stamp(epoch), "published_at": published, "closed_at": nil, "withdrawn_at": nil,
		"submission": nil, "vulnerabilities": []obj{{
			"package": obj{"ecosystem": first(a.Ecosystem, "go"), "name": orNull(a.Package)}, "vulnerable_version_range": orNull(a.Range),
			"patched_versions": orNull(a.Fix), "vulnerable_functions": []string{},
		}},
		"cvss": nil, "cwes": c.showWeakness(a), "cwe_ids": cwes, "credits": []obj{}, "credits_detailed": []obj{},
		"collaborating_users": []obj{}, "collaborating_teams": []obj{}, "private_fork": nil,
	}
}

func (c *call) sendAdvisories(all []*Advisory) {
	list(c, keep(all, func(a *Advisory) bool {
		return (a.State == "published" || c.may(a.Repo, "write")) && (c.q.Get("state") == "" || a.State == c.q.Get("state"))
	}), c.showAdvisory)
}

func (c *call) orgAdvisories() {
	u := c.member()
	if u == nil {
		return
	}
	var all []*Advisory
	for _, r := range c.repos(u) {
		all = append(all, r.Advisories...)
	}
	c.sendAdvisories(all)
}

func (c *call) postAdvisory() {
	var in struct {
		Summary, Description, Severity string
		Vulnerabilities                []struct {
			Package struct{ Ecosystem, Name string }
			Range   string `json:"vulnerable_version_range"`
			Fix     string `json:"patched_versions"`
		}
	}
	if !c.read(&in) || c.missing("RepositoryAdvisory", map[string]bool{
		"summary": in.Summary != "", "description": in.Description != "", "vulnerabilities": len(in.Vulnerabilities) > 0,
	}) {
		return
	}
	v := in.Vulnerabilities[0]
	a := c.repo.AddAdvisory(Advisory{
		ID: "GHSA-fake-fake-" + itoa(c.h.id()), Summary: in.Summary, Description: in.Description, Severity: in.Severity, Author: c.actor(),
		Ecosystem: v.Package.Ecosystem, Package: v.Package.Name, Range: v.Range, Fix: v.Fix,
	})
	o := c.showAdvisory(a)
	c.created(o["url"].(string), o)
}
