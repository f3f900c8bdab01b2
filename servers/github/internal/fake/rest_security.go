package fake

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Alert is a security alert of a repository.
type Alert struct {
	Kind       string // code, secret, dependabot
	Number     int
	Repo       *Repo
	State      string // open, dismissed, fixed, resolved
	Reason     string // why it was dismissed or resolved
	Comment    string
	By         *User
	At         time.Time
	Created    time.Time
	Title      string // of the rule, the type of the secret, the advisory
	ID         string // of the rule, the type of the secret, the advisory (GHSA-…)
	Severity   string
	Tool       string // of a code scanning alert
	Path       string // where it is
	Line       int
	Secret     string // itself
	Package    string // of a Dependabot alert
	Ecosystem  string
	Range, Fix string
}

// AddAlert raises an alert.
func (r *Repo) AddAlert(a Alert) *Alert {
	a.Repo, a.Number, a.Created = r, 1, r.hub.now()
	for _, o := range r.Alerts {
		if o.Kind == a.Kind {
			a.Number = o.Number + 1
		}
	}
	a.State = first(a.State, "open")
	r.Alerts = append(r.Alerts, &a)
	return &a
}

func securityRoutes() []*route {
	const repo = "/repos/{owner}/{repo}"
	var out []*route
	for _, k := range []struct {
		kind, path, permission string
		show                   func(*call, *Alert) obj
	}{
		{"code", "code-scanning", "security_events", (*call).showCodeAlert},
		{"secret", "secret-scanning", "secret_scanning_alerts", (*call).showSecretAlert},
		{"dependabot", "dependabot", "vulnerability_alerts", (*call).showDependabotAlert},
	} {
		base := repo + "/" + k.path + "/alerts"
		out = append(out,
			get(base, k.permission+":read", func(c *call) { c.listAlerts(k.kind, k.show) }),
			get(base+"/{number}", k.permission+":read", func(c *call) {
				if a := c.alert(k.kind); a != nil {
					c.send(http.StatusOK, k.show(c, a))
				}
			}),
			change("PATCH", base+"/{number}", k.permission+":write", "write", func(c *call) { c.patchAlert(k.kind, k.show) }),
		)
	}
	return append(out,
		get(repo+"/secret-scanning/alerts/{number}/locations", "secret_scanning_alerts:read", (*call).secretLocations),
		get(repo+"/code-scanning/alerts/{number}/instances", "security_events:read", func(c *call) {
			if a := c.alert("code"); a != nil {
				list(c, []*Alert{a}, c.showInstance)
			}
		}),
		get(repo+"/dependency-graph/sbom", "contents:read", (*call).sbom),
		get(repo+"/dependency-graph/compare/{basehead...}", "contents:read", func(c *call) { c.send(http.StatusOK, []obj{}) }),
		get(repo+"/attestations/{digest}", "attestations:read", func(c *call) { c.send(http.StatusOK, obj{"attestations": []obj{}}) }),
	)
}

func (c *call) listAlerts(kind string, show func(*call, *Alert) obj) {
	if !c.need("write", "You are not authorized to read "+kind+" alerts.") {
		return
	}
	q := c.q
	states := strings.Split(q.Get("state"), ",")
	severities := strings.Split(q.Get("severity"), ",")
	all := keep(reversed(c.repo.Alerts), func(a *Alert) bool {
		return a.Kind == kind && (q.Get("state") == "" || slices.Contains(states, a.State)) &&
			(q.Get("severity") == "" || slices.Contains(severities, a.Severity)) && (q.Get("tool_name") == "" || a.Tool == q.Get("tool_name")) &&
			(q.Get("secret_type") == "" || a.ID == q.Get("secret_type")) && (q.Get("resolution") == "" || a.Reason == q.Get("resolution"))
	})
	list(c, all, func(a *Alert) obj { return show(c, a) })
}

func (c *call) alert(kind string) *Alert {
	if !c.need("write", "You are not authorized to read "+kind+" alerts.") {
		return nil
	}
	for _, a := range c.repo.Alerts {
		if a.Kind == kind && int64(a.Number) == c.number("number") {
			return a
		}
	}
	c.fail(http.StatusNotFound, "No alert found for alert number "+c.vars["number"])
	return nil
}

func (c *call) patchAlert(kind string, show func(*call, *Alert) obj) {
	a := c.alert(kind)
	var in struct {
		State      string
		Reason     string `json:"dismissed_reason"`
		Comment    string `json:"dismissed_comment"`
		Resolution string
		Remark     string `json:"resolution_comment"`
	}
	if a == nil || !c.read(&in) {
		return
	}
	reason := first(in.Reason, in.Resolution)
	if (in.State == "dismissed" || in.State == "resolved") && reason == "" {
		c.simple("A reason must be provided when closing an alert")
		return
	}
	a.State, a.Reason, a.Comment, a.By, a.At = in.State, reason, first(in.Comment, in.Remark), c.actor(), c.h.now()
	if in.State == "open" {
		a.Reason, a.Comment, a.By, a.At = "", "", nil, time.Time{}
	}
	c.send(http.StatusOK, show(c, a))
}

func (c *call) alertAddresses(a *Alert, path string) obj {
	n := itoa(int64(a.Number))
	return obj{
		"number": a.Number, "created_at": stamp(a.Created), "url": c.repoAPI(a.Repo) + "/" + path + "/alerts/" + n,
		"html_url": c.repoWeb(a.Repo) + "/security/" + path + "/" + n,
	}
}

func (c *call) showInstance(a *Alert) obj {
	return obj{
		"ref": "refs/heads/" + a.Repo.DefaultBranch, "analysis_key": ".github/workflows/scan.yml:analyze", "environment": "", "category": "", "state": a.State,
		"commit_sha": a.Repo.Refs["refs/heads/"+a.Repo.DefaultBranch], "message": obj{"text": a.Title},
		"location":        obj{"path": a.Path, "start_line": a.Line, "end_line": a.Line, "start_column": 1, "end_column": 20},
		"classifications": []string{},
	}
}

func (c *call) showCodeAlert(a *Alert) obj {
	o := c.alertAddresses(a, "code-scanning")
	state := a.State
	return merge(o, obj{
		"instances_url": o["url"].(string) + "/instances", "state": state, "fixed_at": nil, "dismissed_by": c.userOrNull(a.By),
		"dismissed_at": stampOrNull(a.At), "dismissed_reason": orNull(a.Reason), "dismissed_comment": orNull(a.Comment), "updated_at": stamp(a.Created),
		"rule": obj{
			"id": a.ID, "severity": "error", "security_severity_level": first(a.Severity, "high"), "description": a.Title, "name": a.ID,
			"tags": []string{"security"}, "full_description": a.Title, "help": "", "help_uri": "https://example.com/rules/" + a.ID,
		},
		"tool": obj{"name": first(a.Tool, "CodeQL"), "guid": nil, "version": "2.0.0"}, "most_recent_instance": c.showInstance(a),
	})
}

func (c *call) showSecretAlert(a *Alert) obj {
	o := c.alertAddresses(a, "secret-scanning")
	return merge(o, obj{
		"locations_url": o["url"].(string) + "/locations", "state": a.State, "resolution": orNull(a.Reason), "resolved_at": stampOrNull(a.At),
		"resolved_by": c.userOrNull(a.By), "resolution_comment": orNull(a.Comment), "secret_type": a.ID, "secret_type_display_name": a.Title,
		"secret": a.Secret, "updated_at": stamp(a.Created), "push_protection_bypassed": false, "push_protection_bypassed_by": nil,
		"push_protection_bypassed_at": nil, "validity": "unknown", "publicly_leaked": false, "multi_repo": false,
	})
}

func (c *call) secretLocations() {
	a := c.alert("secret")
	if a == nil {
		return
	}
	commit := a.Repo.Refs["refs/heads/"+a.Repo.DefaultBranch]
	blob := ""
	if g := a.Repo.Git.Commit(commit); g != nil {
		e, _ := a.Repo.Git.At(g.Tree, a.Path)
		blob = e.SHA
	}
	api := c.repoAPI(a.Repo)
	list(c, []*Alert{a}, func(a *Alert) obj {
		return obj{"type": "commit", "details": obj{
			"path": a.Path, "start_line": a.Line, "end_line": a.Line, "start_column": 1, "end_column": 40, "blob_sha": blob,
			"blob_url": api + "/git/blobs/" + blob, "commit_sha": commit, "commit_url": api + "/git/commits/" + commit,
		}}
	})
}

func (c *call) showDependabotAlert(a *Alert) obj {
	fix := any(nil)
	if a.Fix != "" {
		fix = obj{"identifier": a.Fix}
	}
	pkg := obj{"ecosystem": first(a.Ecosystem, "go"), "name": a.Package}
	hole := obj{"package": pkg, "severity": first(a.Severity, "high"), "vulnerable_version_range": first(a.Range, "< 1.0.0"), "first_patched_version": fix}
	return merge(c.alertAddresses(a, "dependabot"), obj{
		"state": a.State, "dependency": obj{"package": pkg, "manifest_path": first(a.Path, "go.mod"), "scope": "runtime"},
		"security_advisory": obj{
			"ghsa_id": a.ID, "cve_id": nil, "summary": a.Title, "description": a.Title, "vulnerabilities": []obj{hole}, "severity": first(a.Severity, "high"),
			"cvss": obj{"score": 7.5, "vector_string": nil}, "cwes": []obj{}, "identifiers": []obj{{"type": "GHSA", "value": a.ID}},
			"references": []obj{{"url": "https://github.com/advisories/" + a.ID}}, "published_at": stamp(epoch), "updated_at": stamp(epoch), "withdrawn_at": nil,
		},
		"security_vulnerability": hole, "updated_at": stamp(a.Created), "dismissed_at": stampOrNull(a.At), "dismissed_by": c.userOrNull(a.By),
		"dismissed_reason": orNull(a.Reason), "dismissed_comment": orNull(a.Comment), "fixed_at": nil, "auto_dismissed_at": nil,
	})
}

func (c *call) sbom() {
	c.send(http.StatusOK, obj{"sbom": obj{
		"SPDXID": "SPDXRef-DOCUMENT", "spdxVersion": "SPDX-2.3", "name": "com.github." + c.repo.FullName(), "dataLicense": "CC0-1.0",
		"documentNamespace": "https://spdx.example.com/" + c.repo.FullName(),
		"creationInfo":      obj{"created": stamp(c.repo.Created), "creators": []string{"Tool: GitHub.com-Dependency-Graph"}},
		"packages": []obj{{
			"SPDXID": "SPDXRef-root", "name": "com.github." + c.repo.FullName(), "versionInfo": "main", "downloadLocation": "git+" + c.repoWeb(c.repo),
			"filesAnalyzed": false, "supplier": "NOASSERTION",
		}},
		"relationships": []obj{},
	}})
}
