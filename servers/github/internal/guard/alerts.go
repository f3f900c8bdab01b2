package guard

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
)

// Alert is what GitHub found of code, of secrets or of dependencies.
type Alert struct {
	Number  int    `json:"number"`
	State   string `json:"state"`
	Created string `json:"created_at"`
	URL     string `json:"html_url"`

	Rule *struct { // of code
		ID          string `json:"id"`
		Severity    string `json:"severity"`
		Security    string `json:"security_severity_level"`
		Description string `json:"description"`
	} `json:"rule"`
	Tool *struct {
		Name string `json:"name"`
	} `json:"tool"`
	Instance *struct {
		Ref      string `json:"ref"`
		Location struct {
			Path string `json:"path"`
			Line int    `json:"start_line"`
		} `json:"location"`
		Message struct {
			Text string `json:"text"`
		} `json:"message"`
	} `json:"most_recent_instance"`

	SecretType string `json:"secret_type_display_name"` // of a secret, which itself is not read
	Resolution string `json:"resolution"`
	Validity   string `json:"validity"`

	Dependency *struct { // of a dependency
		Package struct {
			Ecosystem string `json:"ecosystem"`
			Name      string `json:"name"`
		} `json:"package"`
		Manifest string `json:"manifest_path"`
	} `json:"dependency"`
	Advisory      *Advisory `json:"security_advisory"`
	Vulnerability *struct {
		Range   string `json:"vulnerable_version_range"`
		Patched *struct {
			Version string `json:"identifier"`
		} `json:"first_patched_version"`
	} `json:"security_vulnerability"`
}

// Advisory is a security advisory.
type Advisory struct {
	GHSA        string `json:"ghsa_id"`
	CVE         string `json:"cve_id"`
	Summary     string `json:"summary"`
	Description string `json:"description"`
	Severity    string `json:"severity"`
	State       string `json:"state"`
	Published   string `json:"published_at"`
	URL         string `json:"html_url"`
}

// AlertFilter says which alerts are listed.
type AlertFilter struct{ State, Severity, Ref, Tool string }

// Alerts lists alerts; kind is code-scanning, secret-scanning or dependabot.
func (r *Repo) Alerts(ctx context.Context, kind string, f AlertFilter, w Window) (out []Alert, page Page, err error) {
	page, err = r.list(ctx, &out, w, []string{"state", f.State, "severity", f.Severity, "ref", f.Ref, "tool_name", f.Tool}, kind, "alerts")
	return out, page, err
}

// Alert reads an alert.
func (r *Repo) Alert(ctx context.Context, kind string, n int) (*Alert, error) {
	num, err := number("alertNumber", n)
	if err != nil {
		return nil, err
	}
	out := &Alert{}
	_, err = r.get(ctx, out, nil, kind, "alerts", num)
	return out, err
}

// ChangeAlert dismisses an alert for a reason, or opens it again.
func (r *Repo) ChangeAlert(ctx context.Context, kind string, n int, state, reason, comment string) error {
	num, err := number("alertNumber", n)
	if err != nil {
		return err
	}
	body := map[string]any{"state": state}
	why, note := "dismissed_reason", "dismissed_comment"
	if kind == "secret-scanning" {
		why, note = "resolution", "resolution_comment"
	}
	if reason != "" {
		body[why] = reason
	}
	if comment != "" {
		body[note] = comment
	}
	return r.send(ctx, http.MethodPatch, body, nil, kind, "alerts", num)
}

// RepoAdvisories lists the security advisories of a repository.
func (r *Repo) RepoAdvisories(ctx context.Context, state string, w Window) ([]Advisory, error) {
	var out []Advisory
	_, err := r.list(ctx, &out, w, []string{"state", state}, "security-advisories")
	return out, err
}

// Advisories lists the advisories that everybody can read.
func (g *Guard) Advisories(ctx context.Context, ecosystem, severity, affects, cve string, w Window) (out []Advisory, err error) {
	q, err := w.query("ecosystem", ecosystem, "severity", severity, "affects", affects, "cve_id", cve)
	if err != nil {
		return nil, err
	}
	_, err = g.do(ctx, request{path: []string{"advisories"}, query: q}, &out)
	return out, err
}

var ghsaID = regexp.MustCompile(`^GHSA(?:-[0-9a-z]{4}){3}$`)

// Advisory reads an advisory that everybody can read.
func (g *Guard) Advisory(ctx context.Context, id string) (*Advisory, error) {
	if !ghsaID.MatchString(id) {
		return nil, fmt.Errorf("ghsaId: %s is no ID such as GHSA-xxxx-xxxx-xxxx", quote(id))
	}
	out := &Advisory{}
	_, err := g.do(ctx, request{path: []string{"advisories", id}}, out)
	return out, err
}
