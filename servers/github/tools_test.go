package github_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestSuite(t *testing.T) {
	logs := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("error: it broke\n")) })
	c := against(t, logs)
	mcptest.Suite(t, func() *mcpcore.Server { return newServer(t, c) }, mcptest.Limits{
		ToolsList: 35000,
		Long:      mcptest.Trial{Tool: "get_job_logs", Arguments: args{"owner": "acme", "repo": "site", "job_id": "1"}},
		Plain: []string{
			"owner", "repo", "path", "paths", "ref", "sha", "branch", "base", "head", "query", "title", "body", "message", "content", "labels", "assignees", "milestone",
			"limit", "cursor", "state", "author", "assignee", "since", "orderBy", "team_slug", "org", "issue_number", "pullNumber", "files", "edits", "comments", "line", "side",
			"startLine", "start_line", "end_line", "event", "actor", "run_id", "job_id", "context", "patch", "method", "delete", "mode", "commentId", "commit_title", "draft",
			"reviewers", "type", "head_sha", "expected_head", "inputs", "sub_issue_number", "threadId",
		},
	})
}

func TestShown(t *testing.T) { mcptest.Snapshot(t, newServer(t, github.Config{}), "testdata/tools") }

func TestFirst(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /user", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer ghp_test" {
			w.WriteHeader(401)
			return
		}
		w.Write([]byte(`{"login":"ada","type":"User"}`))
	})
	mux.HandleFunc("GET /repos/acme/site/contents/{path...}", func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(`{"type":"file","path":"a b.md","encoding":"base64","content":"b25lCnR3bwp0aHJlZQo=","size":14,"sha":"abc"}`))
	})
	c := mcptest.Connect(t, newServer(t, against(t, mux)), mcptest.Options{})
	if got := works(t, c, "get_me", nil); !strings.Contains(got, "login: ada") {
		t.Errorf("get_me: %s", got)
	}
	if got := works(t, c, "get_file_contents", args{"repo": "acme/site", "path": "a b.md", "start_line": 2, "end_line": 2}); !strings.Contains(got, "two") || strings.Contains(got, "one\n") {
		t.Errorf("get_file_contents: %s", got)
	}
	refused(t, c, "get_file_contents", args{"owner": "acme", "repo": "site", "path": "../x"}, "path")
}
