package github_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// hostile are values that would reach beyond what was allowed, were they
// pasted into an address.
var hostile = []string{
	"..", "../..", "../../user", "r/../../../user", "site/../vault", "%2e%2e%2fvault", "..%2fvault", "site?x=1", "site#f", "site%00", "site\x00", "vault",
	"site\r\nX-Evil: 1", "site\nGET /user", "ѕite", "site\u202e", "site/", "/site", "//evil.example/x", "https://evil.example/acme/site", "acme/vault", "evil/site",
	`site"`, "site;", "site\\..\\vault", "@{u}", "-x", "refs/heads/../../x", "main:../../x", strings.Repeat("a", 5000), "", " ", ".git", "main^{/x}", "HEAD~1",
	"*", "repo:evil/site", "x repo:evil/site", "x org:evil", "x (repo:evil/site)", `x repo:"evil/site"`, "user:evil", "https://github.com/evil/site",
}

// shape is what a test has to know of a schema.
type shape struct {
	Required   []string
	Properties map[string]struct {
		Type  string
		Enum  []any
		Items struct{ Type string }
	}
}

// usual are arguments with which each tool gets somewhere.
var usual = args{
	"owner": "acme", "repo": "site", "path": "a.md", "ref": "main", "sha": strings.Repeat("a", 40), "branch": "work", "message": "m", "content": "c", "query": "x",
	"issue_number": 1, "pullNumber": 1, "base": "main", "head": "work", "tag": "v1", "title": "t", "body": "b", "org": "acme", "team_slug": "t", "patch": "--- a/a.md\n+++ b/a.md\n@@ -1 +1 @@\n-x\n+y\n",
	"edits": []any{args{"old": "x", "new": "y"}}, "files": []any{args{"path": "a.md", "content": "x"}}, "commentId": 1, "resource_id": "1", "sub_issue_number": 2, "line": 1, "run_id": "1", "job_id": "1",
}

// inAddress are names of arguments that come near an address or a query.
var inAddress = regexp.MustCompile(`owner|repo|path|ref|sha|branch|base|head|tag|query|org|slug|_id|Id|ID|files|user|cursor|name|affects`)

// No value of any argument of any tool has a request leave that is not about
// what is allowed.
func TestHostileArguments(t *testing.T) {
	var mu sync.Mutex
	var bad []string
	count := 0
	hub := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		count++
		if why := astray(r, body); why != "" {
			bad = append(bad, why)
		}
		io.WriteString(w, `{"data":{"repository":{"ref":{"name":"work","target":{"oid":"`+strings.Repeat("b", 40)+`"}},"f0":{"__typename":"Blob","oid":"1","text":"x\n","isBinary":false}}}}`)
	})
	c := against(t, hub)
	c.Repos, c.FlowGuard = []string{"acme/site"}, "off"
	s := newServer(t, c)
	s.Options.Policy = mcpcore.Policy{Toolsets: []string{"all"}}
	client := mcptest.Connect(t, s, mcptest.Options{})
	for _, tool := range client.Tools() {
		var sh shape
		if err := json.Unmarshal(tool.InputSchema, &sh); err != nil {
			t.Fatal(err)
		}
		for name, p := range sh.Properties {
			methods := append([]any{nil}, sh.Properties["method"].Enum...)
			values := hostile
			if !inAddress.MatchString(name) {
				values = hostile[:8] // it goes into a body
			}
			for i, value := range values {
				for _, method := range []any{methods[i%len(methods)]} { // each method meets many values
					a := args{}
					for n := range sh.Properties {
						if v, ok := usual[n]; ok {
							a[n] = v
						}
					}
					if method != nil {
						a["method"] = method
					}
					switch {
					case p.Type == "string" && len(p.Enum) == 0:
						a[name] = value
					case p.Type == "array" && p.Items.Type == "string":
						a[name] = []any{value}
					case name == "files":
						a[name] = []any{args{"path": value, "content": "x"}, args{"path": "b", "rename_from": value}}
					default:
						continue
					}
					client.Call(tool.Name, a)
				}
			}
		}
	}
	if count < 1000 {
		t.Errorf("only %d requests left: the test tries nothing", count)
	}
	for i, why := range bad {
		if i < 20 {
			t.Error(why)
		}
	}
	t.Logf("%d requests", count)
}

var allowedPath = regexp.MustCompile(`^/(?:repos/acme/site(?:/.*)?|graphql|user|user/teams|rate_limit|search/(?:code|issues|repositories|commits|users)|orgs/[A-Za-z0-9_-]+/teams/[A-Za-z0-9._-]+/members|orgs/[A-Za-z0-9_-]+/issue-types|notifications(?:/threads/\d+(?:/subscription)?)?|user/starred(?:/acme/site)?|users/[A-Za-z0-9_-]+/starred|advisories(?:/GHSA-[0-9a-z-]+)?)$`)

var foreign = regexp.MustCompile(`(?i)(?:repo|org|user):"?evil`)

// astray says why a request should not have left.
func astray(r *http.Request, body []byte) string {
	path, err := url.PathUnescape(r.URL.EscapedPath())
	what := r.Method + " " + r.RequestURI
	if err != nil || !allowedPath.MatchString(path) || strings.Contains(path+"/", "/../") || strings.ContainsAny(path, "\x00\r\n") || r.Header.Get("X-Evil") != "" {
		return what
	}
	if strings.HasPrefix(path, "/search/") && path != "/search/repositories" && path != "/search/users" {
		if q := r.URL.Query().Get("q"); foreign.MatchString(q) {
			return what
		}
	}
	if path != "/graphql" {
		return ""
	}
	var doc struct {
		Query     string
		Variables struct {
			Owner, Name string
			Input       struct {
				Branch struct {
					Repo string `json:"repositoryNameWithOwner"`
				}
			}
		}
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return err.Error()
	}
	if strings.Contains(doc.Query, "repository(owner") && (doc.Variables.Owner != "acme" || doc.Variables.Name != "site") {
		return what + string(body)
	}
	if strings.Contains(doc.Query, "createCommitOnBranch") && doc.Variables.Input.Branch.Repo != "acme/site" {
		return what + string(body)
	}
	return ""
}

// In a fence only what is within it can be named, in every form.
func TestFence(t *testing.T) {
	asked := 0
	c := against(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked++; io.WriteString(w, `{}`) }))
	c.Repos, c.WriteRepos = []string{"acme/*", "!acme/vault"}, []string{"acme/site"}
	client := mcptest.Connect(t, newServer(t, c), mcptest.Options{})
	for _, name := range [][2]string{{"acme", "vault"}, {"ACME", "Vault"}, {"evil", "site"}, {"", "acme/vault"}, {"", "https://github.com/acme/vault"}, {"acmes", "site"}} {
		a := args{"repo": name[1], "issue_number": 1}
		if name[0] != "" {
			a["owner"] = name[0]
		}
		refused(t, client, "issue_read", a, "not among the repositories", "--repos")
	}
	refused(t, client, "create_branch", args{"owner": "acme", "repo": "docs", "branch": "x"}, "may be read and not changed", "--write-repos")
	refused(t, client, "search_code", args{"query": "x repo:acme/vault"}, "not among")
	refused(t, client, "search_issues", args{"query": "x", "owner": "evil"}, "only the repositories")
	if asked != 0 {
		t.Errorf("%d requests left", asked)
	}
}

// One repository: nobody names it, and nobody can name another.
func TestOneRepository(t *testing.T) {
	var paths []string
	c := against(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		io.WriteString(w, `{"number":1,"title":"x"}`)
	}))
	c.Repo = "acme/site"
	client := mcptest.Connect(t, newServer(t, c), mcptest.Options{})
	for _, tool := range client.Tools() {
		if s := string(tool.InputSchema); strings.Contains(s, `"owner"`) || strings.Contains(s, `"repo"`) {
			t.Errorf("%s: %s", tool.Name, s)
		}
	}
	works(t, client, "issue_read", args{"issue_number": 1})
	works(t, client, "issue_read", args{"issue_number": 1, "owner": "acme", "repo": "site"})
	refused(t, client, "issue_read", args{"issue_number": 1, "owner": "acme", "repo": "vault"}, "no other")
	refused(t, client, "issue_read", args{"issue_number": 1, "repo": "evil/site"}, "no other")
	if fmt.Sprint(paths) != "[/repos/acme/site/issues/1 /repos/acme/site/issues/1]" {
		t.Error(paths)
	}
}

// Read-only holds on the wire too: nothing but GET and queries leaves.
func TestReadOnly(t *testing.T) {
	var left []string
	c := against(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		left = append(left, r.Method+" "+r.URL.Path+" "+string(body))
		io.WriteString(w, `{"data":{"repository":{}}}`)
	}))
	s := newServer(t, c)
	s.Options.Policy = mcpcore.Policy{ReadOnly: true, Toolsets: []string{"all"}}
	client := mcptest.Connect(t, s, mcptest.Options{})
	for _, name := range []string{"create_branch", "push_files", "issue_write", "merge_pull_request", "delete_file", "create_issue", "actions_run_trigger"} {
		refused(t, client, name, usual, "--read-only")
	}
	for _, tool := range client.Tools() {
		client.Call(tool.Name, pick(tool, usual))
	}
	for _, l := range left {
		if !strings.HasPrefix(l, "GET ") && (!strings.HasPrefix(l, "POST /graphql ") || strings.Contains(l, `"query":"mutation`)) {
			t.Error(l)
		}
	}
	if len(left) == 0 {
		t.Error("nothing left: the test tries nothing")
	}
}

// pick are the arguments that a tool has.
func pick(tool mcptest.Tool, from args) args {
	var sh shape
	json.Unmarshal(tool.InputSchema, &sh) //nolint:errcheck // of our own server
	out := args{}
	for n := range sh.Properties {
		if v, ok := from[n]; ok {
			out[n] = v
		}
	}
	return out
}
