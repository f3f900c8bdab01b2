package mcpcore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/audit"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

// known is a verifier of two tokens, of which one has expired.
type known struct{}

const (
	goodToken = "good-0123456789abcdefABCDEF"
	oldToken  = "old-0123456789abcdefABCDEF"
)

func (known) Verify(_ context.Context, token string) (*auth.Principal, error) {
	switch token {
	case goodToken:
		return &auth.Principal{ID: "ada", Scopes: []string{auth.ScopeRead}}, nil
	case oldToken:
		return nil, errors.New("the token has expired")
	}
	return nil, auth.ErrUnknown
}

// post is a request that is in order, but for the headers that follow in pairs;
// an empty value takes a header away.
func post(t *testing.T, url, body string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/mcp", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	all := append([]string{
		"Authorization", "Bearer " + goodToken, "Content-Type", "application/json", "Accept", "application/json, text/event-stream",
		"Mcp-Protocol-Version", "2026-07-28", "Mcp-Method", "tools/call", "Mcp-Name", "get",
	}, headers...)
	for i := 0; i < len(all); i += 2 {
		switch {
		case all[i+1] == "":
			r.Header.Del(all[i])
		case all[i] == "Host":
			r.Host = all[i+1]
		case all[i] == "Method":
			r.Method = all[i+1]
		case all[i] == "Path":
			r.URL.Path, r.URL.RawQuery, _ = strings.Cut(all[i+1], "?")
		default:
			r.Header.Set(all[i], all[i+1])
		}
	}
	return r
}

// What is refused at the door leaves a line each, which says from where, why,
// and on whose behalf where that is known; no header and no query is in it.
func TestAuditHTTP(t *testing.T) {
	a := newAudited(t)
	handler := a.Handler(mcpcore.HTTPOptions{Guard: &auth.Guard{Verifiers: []auth.Verifier{known{}}}, MaxBody: 2000})
	web := httptest.NewServer(handler)
	t.Cleanup(func() {
		handler.Drain()
		web.Close()
	})
	get, put := call("1", "get", `{"path":"/a","text":"`+hunter+`"}`), call("1", "put", `{"path":"/a","text":"`+hunter+`"}`)
	old := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	for name, c := range map[string]struct {
		body    string
		headers []string
		status  int
		want    string // principal, http, status, method, tool, target, decision, rule
	}{
		"served":         {get, nil, 200, "ada  0 tools/call get /a allow "},
		"no token":       {get, []string{"Authorization", ""}, 401, " POST /mcp 401    refuse token"},
		"expired":        {get, []string{"Authorization", "Bearer " + oldToken}, 401, " POST /mcp 401    refuse token"},
		"unknown token":  {get, []string{"Authorization", "Bearer " + hunter}, 401, " POST /mcp 401    refuse token"},
		"token in URL":   {get, []string{"Path", "/mcp?access_token=" + hunter}, 400, " POST /mcp 400    refuse token"},
		"scope":          {put, []string{"Mcp-Name", "put"}, 403, "ada POST /mcp 403 tools/call put /a refuse scope"},
		"host":           {get, []string{"Host", "evil.example"}, 403, " POST /mcp 403    refuse --allowed-hosts"},
		"origin":         {get, []string{"Origin", "https://evil.example"}, 403, " POST /mcp 403    refuse --allowed-origins"},
		"cross-site":     {get, []string{"Sec-Fetch-Site", "cross-site"}, 403, " POST /mcp 403    refuse --allowed-origins"},
		"path":           {get, []string{"Path", "/other?key=" + hunter}, 404, " POST /other 404    refuse path"},
		"session":        {old, []string{"Mcp-Session-Id", hunter, "Mcp-Protocol-Version", "2025-11-25"}, 404, "ada POST /mcp 404 tools/list   refuse session"},
		"no session":     {old, []string{"Mcp-Protocol-Version", "2025-11-25"}, 400, "ada POST /mcp 400 tools/list   refuse invalid-request"},
		"method":         {get, []string{"Method", "PUT"}, 405, "ada PUT /mcp 405    refuse http-method"},
		"accept":         {get, []string{"Accept", "text/html"}, 406, "ada POST /mcp 406    refuse accept"},
		"too large":      {strings.Repeat(" ", 2001), nil, 413, "ada POST /mcp 413    refuse --max-body-bytes"},
		"content type":   {get, []string{"Content-Type", "text/plain"}, 415, "ada POST /mcp 415    refuse content-type"},
		"no JSON":        {`{"` + hunter, nil, 400, "ada POST /mcp 400    refuse json"},
		"too deep":       {strings.Repeat("[", 200), nil, 400, "ada POST /mcp 400    refuse invalid-request"},
		"header differs": {get, []string{"Mcp-Name", "put"}, 400, "ada POST /mcp 400 tools/call get /a refuse header-mismatch"},
		"version":        {get, []string{"Mcp-Protocol-Version", "2030-01-01"}, 400, "ada POST /mcp 400 tools/call get /a refuse header-mismatch"},
		"secret path":    {get, []string{"Path", "/ghp_" + strings.Repeat("aB3", 12)}, 404, " POST /**** 404    refuse path"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(a.texts())
			res, err := web.Client().Do(post(t, web.URL, c.body, c.headers...))
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if res.StatusCode != c.status {
				t.Errorf("got status %d, want %d: %s", res.StatusCode, c.status, text)
			}
			var got []string
			for _, raw := range a.texts()[before:] {
				var l audit.Line
				decodeInto(t, raw, &l)
				got = append(got, strings.Join([]string{l.Principal, l.HTTP, strconv.Itoa(l.Status), l.Method, l.Tool, strings.Join(l.Target, ","), l.Decision, l.Rule}, " "))
				if !strings.HasPrefix(l.From, "127.0.0.1:") {
					t.Errorf("it came from %q", l.From)
				}
				if name == "expired" && l.Error != "the token has expired" {
					t.Errorf("got reason %q", l.Error)
				}
			}
			if diff := cmp.Diff([]string{c.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	a.intact(goodToken, oldToken, "access_token", "key=")
}

// A flood of requests without a token fills no disk.
func TestAuditFlood(t *testing.T) {
	a := newAudited(t)
	handler := a.Handler(mcpcore.HTTPOptions{Guard: &auth.Guard{Verifiers: []auth.Verifier{known{}}}})
	t.Cleanup(handler.Drain)
	const flood = 5000
	for range flood {
		r := post(t, "http://localhost", "{}", "Authorization", "")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	if err := a.audit.Log.Close(); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, raw := range a.texts() {
		var l audit.Line
		decodeInto(t, raw, &l)
		total += max(l.Count, 1)
	}
	if n := len(a.texts()); total != flood || n > 60 { // a few for each time in which they are counted
		t.Errorf("%d of %d refusals are in %d lines", total, flood, n)
	}
	a.intact()
}
