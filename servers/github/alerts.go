package github

import (
	"cmp"
	"context"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type alertsIn struct {
	repoIn
	State    string `json:"state,omitzero" jsonschema:"such as open"`
	Severity string `json:"severity,omitzero" jsonschema:"such as high"`
	Ref      string `json:"ref,omitzero"`
	Tool     string `json:"tool_name,omitzero" jsonschema:"of code scanning"`
	pageIn
}

type alertIn struct {
	repoIn
	Number int `json:"alertNumber" jsonschema:"number"`
}

// alerts are the tools for one kind of alert.
type alerts struct {
	*server
	kind string // code-scanning, secret-scanning or dependabot
}

func (a alerts) list(ctx context.Context, in alertsIn) (*mcpcore.Result, error) {
	r, err := a.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	f := guard.AlertFilter{State: in.State, Severity: in.Severity, Ref: in.Ref, Tool: in.Tool}
	switch a.kind { // the others know nothing of these
	case "secret-scanning":
		f = guard.AlertFilter{State: in.State}
	case "dependabot":
		f.Ref, f.Tool = "", ""
	}
	all, page, err := r.Alerts(ctx, a.kind, f, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{from: "alerts of " + r.String(), columns: []string{"number", "state", "severity", "what", "where", "created"}, page: page}
	for _, one := range all {
		severity, what, where := described(&one)
		l.add(one.Number, one.State, severity, line(what, 150), where, day(one.Created))
	}
	return a.shown(l)
}

func described(a *guard.Alert) (severity, what, where string) {
	switch {
	case a.Rule != nil:
		severity, what = cmp.Or(a.Rule.Security, a.Rule.Severity), a.Rule.ID+": "+a.Rule.Description
		if a.Instance != nil {
			where = fmt.Sprintf("%s:%d", a.Instance.Location.Path, a.Instance.Location.Line)
		}
	case a.Advisory != nil:
		severity, what = a.Advisory.Severity, a.Advisory.GHSA+" "+a.Advisory.Summary
		if a.Dependency != nil {
			where = a.Dependency.Package.Ecosystem + " " + a.Dependency.Package.Name + " in " + a.Dependency.Manifest
		}
	default:
		what = a.SecretType
	}
	return severity, what, where
}

func (a alerts) get(ctx context.Context, in alertIn) (*mcpcore.Result, error) {
	r, err := a.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	one, err := r.Alert(ctx, a.kind, in.Number)
	if err != nil {
		return nil, err
	}
	severity, what, where := described(one)
	f := facts{}
	f.add("alert", fmt.Sprintf("%d, %s", one.Number, one.State))
	f.add("severity", severity)
	f.add("what", line(what, 300))
	f.add("where", line(where, 300))
	if one.Tool != nil {
		f.add("tool", line(one.Tool.Name, 100))
	}
	f.add("resolution", one.Resolution)
	f.add("validity", one.Validity)
	if v := one.Vulnerability; v != nil {
		f.add("vulnerable", line(v.Range, 100))
		if v.Patched != nil {
			f.add("patched in", line(v.Patched.Version, 100))
		}
	}
	f.add("created", minute(one.Created))
	f.add("url", one.URL)
	text := ""
	if one.Instance != nil {
		text = one.Instance.Message.Text
	}
	if one.Advisory != nil {
		text = cutText(one.Advisory.Description, 4000)
	}
	return texts(f.String(), a.quoted("alert", text)), nil
}

type alertWriteIn struct {
	repoIn
	Kind    string `json:"kind" jsonschema:"of alert" enum:"code-scanning,secret-scanning,dependabot"`
	Number  int    `json:"alertNumber" jsonschema:"number"`
	State   string `json:"state" jsonschema:"dismissed or open; resolved or open for secrets" enum:"open,dismissed,resolved"`
	Reason  string `json:"reason,omitzero" jsonschema:"as GitHub names it, such as false positive"`
	Comment string `json:"comment,omitzero" jsonschema:"why"`
}

func (s *server) alertWrite(ctx context.Context, in alertWriteIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	return "alert is " + in.State, r.ChangeAlert(ctx, in.Kind, in.Number, in.State, in.Reason, in.Comment)
}

type advisoriesIn struct {
	Ecosystem string `json:"ecosystem,omitzero" jsonschema:"such as npm or go"`
	Severity  string `json:"severity,omitzero" jsonschema:"such as high"`
	Affects   string `json:"affects,omitzero" jsonschema:"package, or package@version"`
	CVE       string `json:"cveId,omitzero" jsonschema:"CVE"`
	Limit     int    `json:"limit,omitzero"`
}

func (s *server) listGlobalAdvisories(ctx context.Context, in advisoriesIn) (*mcpcore.Result, error) {
	all, err := s.guard.Advisories(ctx, in.Ecosystem, in.Severity, in.Affects, in.CVE, pageIn{Limit: in.Limit}.window())
	if err != nil {
		return nil, err
	}
	return s.advisories(all)
}

func (s *server) advisories(all []guard.Advisory) (*mcpcore.Result, error) {
	l := &list{from: "advisories", columns: []string{"ghsaId", "cve", "severity", "state", "published", "summary"}}
	for _, a := range all {
		l.add(a.GHSA, a.CVE, a.Severity, a.State, day(a.Published), line(a.Summary, 200))
	}
	return s.shown(l)
}

type advisoryIn struct {
	ID string `json:"ghsaId" jsonschema:"GHSA-xxxx-xxxx-xxxx"`
}

func (s *server) getGlobalAdvisory(ctx context.Context, in advisoryIn) (*mcpcore.Result, error) {
	a, err := s.guard.Advisory(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	f := facts{}
	f.add("advisory", a.GHSA+" "+a.CVE)
	f.add("severity", a.Severity)
	f.add("published", day(a.Published))
	f.add("url", a.URL)
	return texts(f.String(), s.quoted("advisory", line(a.Summary, 0)+"\n\n"+cutText(a.Description, 8000))), nil
}

type repoAdvisoriesIn struct {
	repoIn
	State string `json:"state,omitzero" enum:"triage,draft,published,closed"`
	Limit int    `json:"limit,omitzero"`
}

func (s *server) listRepositoryAdvisories(ctx context.Context, in repoAdvisoriesIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	all, err := r.RepoAdvisories(ctx, in.State, pageIn{Limit: in.Limit}.window())
	if err != nil {
		return nil, err
	}
	return s.advisories(all)
}
