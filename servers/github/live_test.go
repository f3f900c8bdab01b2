package github_test

import (
	"os"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// With MCP_GITHUB_LIVE_TOKEN the tools that read are tried against the real
// GitHub, on a public repository.
func TestLive(t *testing.T) {
	secret := os.Getenv("MCP_GITHUB_LIVE_TOKEN")
	if secret == "" {
		t.Skip("MCP_GITHUB_LIVE_TOKEN is not set")
	}
	s := newServer(t, github.Config{Token: mcpcore.NewSecret(secret)})
	s.Options.Policy = mcpcore.Policy{ReadOnly: true, Toolsets: []string{"all"}}
	c := mcptest.Connect(t, s, mcptest.Options{})
	hello := func(more ...any) args {
		a := on("Hello-World", more...)
		a["owner"] = "octocat"
		return a
	}
	says(t, works(t, c, "get_me", nil), "login: ")
	says(t, works(t, c, "get_access", nil), "limit of core")
	says(t, works(t, c, "get_file_contents", hello("path", "README")), "Hello World")
	says(t, works(t, c, "get_file_contents", hello("paths", []string{"README", "absent"})), "Hello World", "absent: not there")
	works(t, c, "my_work", nil)
	for tool, more := range map[string][]any{
		"list_branches": nil, "list_commits": {"limit", 2}, "list_issues": {"state", "all", "limit", 2}, "list_pull_requests": {"state", "all", "limit", 2},
		"get_repository_tree": nil, "list_tags": nil, "list_releases": nil, "search_issues": {"query", "hello", "limit", 2}, "get_file_blame": {"path", "README"},
	} {
		works(t, c, tool, hello(more...))
	}
}
