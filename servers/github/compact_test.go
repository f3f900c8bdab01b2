package github_test

import (
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestCompact(t *testing.T) {
	w := newWorld(t)
	w.site.AddIssue(w.bob, "Broken", "It breaks.")
	c := w.client(t, func(c *github.Config) { c.Surface = "compact" })
	if n := len(c.Tools()); n != 3 {
		t.Errorf("%d tools", n)
	}
	says(t, works(t, c, "github_search_tools", args{"query": "read file"}), "get_file_contents, by github_read", `"path"`)
	says(t, works(t, c, "github_search_tools", nil), "merge_pull_request (write)", "!inputSchema")
	says(t, works(t, c, "github_read", args{"tool": "issue_read", "arguments": on("site", "issue_number", 1)}), "It breaks.")
	says(t, works(t, c, "github_read", args{"tool": "get_issue", "arguments": on("site", "issue_number", 1)}), "It breaks.")
	says(t, works(t, c, "github_write", args{"tool": "add_issue_comment", "arguments": on("site", "issue_number", 1, "body", "x")}), "comment")
	refused(t, c, "github_read", args{"tool": "add_issue_comment", "arguments": on("site", "issue_number", 1, "body", "x")}, "github_write")
	refused(t, c, "github_read", args{"tool": "nothing"}, "github_search_tools")
	s := newServer(t, github.Config{APIURL: w.url, Surface: "compact"})
	s.Options.Policy = mcpcore.Policy{ReadOnly: true}
	ro := mcptest.Connect(t, s, mcptest.Options{})
	if n := len(ro.Tools()); n != 2 {
		t.Errorf("%d tools", n)
	}
	refused(t, ro, "github_read", args{"tool": "merge_pull_request", "arguments": on("site", "pullNumber", 1)}, "effect")
}

func TestExcluded(t *testing.T) {
	c := newWorld(t).client(t, func(c *github.Config) { c.ExcludeTools = []string{"merge_*", "push_files"} })
	for _, tool := range c.Tools() {
		if tool.Name == "push_files" || tool.Name == "merge_pull_request" {
			t.Errorf("%s is listed", tool.Name)
		}
	}
	refused(t, c, "push_files", on("site"), "--exclude-tools")
}
