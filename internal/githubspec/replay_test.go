package githubspec

import (
	"cmp"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

type args = map[string]any

// call is a call of a tool while a scenario is replayed.
type call struct {
	tool  string
	args  args     // without the owner and the repository
	says  []string // in the answer
	fails bool     // it is right that it fails
}

// scenario is one of those that were recorded. Where the server asks in another
// way than the one recorded, which is by GraphQL where that takes fewer requests,
// there is nothing to replay.
type scenario struct {
	repo   string // default: the name of the scenario; "-" for none
	change func(*github.Config)
	calls  []call
	asks   []string // what was recorded and has to be asked for
}

var scenarios = map[string]scenario{
	"labels": {
		calls: []call{
			{tool: "list_label", says: []string{"bug", "d73a4a", "help wanted"}},
			{tool: "label_write", args: args{"method": "create", "name": "test-label", "color": "663399"}, says: []string{"created"}},
			{tool: "get_label", args: args{"name": "test-label"}, says: []string{"test-label", "663399"}},
			{tool: "label_write", args: args{"method": "update", "name": "test-label", "new_name": "test-label-updated", "color": "BADA55"}, says: []string{"updated"}},
			{tool: "label_write", args: args{"method": "delete", "name": "test-label-updated"}, says: []string{"deleted"}},
		},
		asks: []string{
			"GET /repos/octokit-fixture-org/labels/labels", "POST /repos/octokit-fixture-org/labels/labels", "GET /repos/octokit-fixture-org/labels/labels/test-label",
			"PATCH /repos/octokit-fixture-org/labels/labels/test-label", "DELETE /repos/octokit-fixture-org/labels/labels/test-label-updated",
		},
	},
	"errors": {
		calls: []call{{tool: "label_write", args: args{"method": "create", "name": "foo", "color": "invalid"}, says: []string{"Validation Failed", "color"}, fails: true}},
		asks:  []string{"POST /repos/octokit-fixture-org/errors/labels"},
	},
	"search-issues": {
		calls: []call{{tool: "search_issues", args: args{"query": "sesame"}, says: []string{"Sesame seeds split without a pop!", "The doors don’t open", "2 in all"}}},
		asks:  []string{"GET /search/issues"},
	},
	"add-labels-to-issue": {
		calls: []call{{tool: "issue_write", args: args{"method": "create", "title": "Issue without a label"}, says: []string{"octokit-fixture-org/add-labels-to-issue/issues/1"}}},
		asks:  []string{"POST /repos/octokit-fixture-org/add-labels-to-issue/issues"},
	},
	"get-content": {
		repo:  "hello-world",
		calls: []call{{tool: "get_file_contents", args: args{"path": ""}, says: []string{"README.md\t13"}}},
		asks:  []string{"GET /repos/octokit-fixture-org/hello-world/contents"},
	},
	"git-refs": {
		calls: []call{{tool: "delete_branch", args: args{"branch": "test"}, says: []string{"deleted test"}}},
		asks:  []string{"DELETE /repos/octokit-fixture-org/git-refs/git/refs/heads/test"},
	},
	"release-assets": {
		calls: []call{{tool: "get_release_by_tag", args: args{"tag": "v1.0.0"}, says: []string{"Version 1.0.0", "octokit-fixture-user-a", "Initial release"}}},
		asks:  []string{"GET /repos/octokit-fixture-org/release-assets/releases/tags/v1.0.0"},
	},
	"mark-notifications-as-read": {
		repo:  "-",
		calls: []call{{tool: "mark_all_notifications_read"}},
		asks:  []string{"PUT /notifications"},
	},
	// The second change meets the name that the repository had before.
	"rename-repository": {
		calls: []call{
			{tool: "update_repository", args: args{"description": "one"}, says: []string{"updated"}},
			{tool: "update_repository", args: args{"description": "test description"}, says: []string{"octokit-fixture-org/rename-repository-newname"}, fails: true},
		},
		asks: []string{"PATCH /repos/octokit-fixture-org/rename-repository", "PATCH /repos/octokit-fixture-org/rename-repository", "GET /repositories/1000"},
	},
	"add-and-remove-repository-collaborator": {
		calls: []call{
			{tool: "list_repository_collaborators", says: []string{"octokit-fixture-user-a\tadmin", "octokit-fixture-user-b\twrite"}},
			{tool: "list_repository_collaborators", says: []string{"octokit-fixture-user-a\tadmin", "!octokit-fixture-user-b"}},
		},
		asks: []string{
			"GET /repos/octokit-fixture-org/add-and-remove-repository-collaborator/collaborators",
			"GET /repos/octokit-fixture-org/add-and-remove-repository-collaborator/collaborators",
		},
	},
	// That a repository is public is known from what is recorded of it.
	"get-repository": {
		repo:   "hello-world",
		change: func(c *github.Config) { c.PublicWrites = "deny" },
		calls:  []call{{tool: "label_write", args: args{"method": "create", "name": "foo", "color": "663399"}, says: []string{"public"}, fails: true}},
		asks:   []string{"GET /repos/octokit-fixture-org/hello-world"},
	},
}

// What GitHub once answered is understood.
func TestReplay(t *testing.T) {
	for name, s := range scenarios {
		t.Run(name, func(t *testing.T) { s.replay(t, name) })
	}
}

func (s scenario) replay(t *testing.T, name string) {
	file := func(name string) string {
		return octokit(t, "fixtures", "scenarios", "api.github.com", name, "normalized-fixture.json")
	}
	hub, err := newReplay(file(name), file("get-repository"))
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(hub)
	t.Cleanup(api.Close)
	config := github.Config{APIURL: api.URL, Token: mcpcore.NewSecret("ghp_0000000000000000000000000000000000001")}
	if s.change != nil {
		s.change(&config)
	}
	server, err := github.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	server.Options.Policy = mcpcore.Policy{Toolsets: []string{"all"}, Confirm: "never"}
	c := mcptest.Connect(t, server, mcptest.Options{})
	for _, call := range s.calls {
		a := args{}
		for k, v := range call.args {
			a[k] = v
		}
		if s.repo != "-" {
			a["owner"], a["repo"] = "octokit-fixture-org", cmp.Or(s.repo, name)
		}
		got := c.Call(call.tool, a)
		if got.IsError != call.fails {
			t.Errorf("%s %v: %s", call.tool, a, got.Text())
		}
		for _, want := range call.says {
			want, not := strings.CutPrefix(want, "!")
			if strings.Contains(got.Text(), want) == not {
				t.Errorf("%s: %q in this is %v: %s", call.tool, want, !not, got.Text())
			}
		}
	}
	if got := hub.asked(); !slices.Equal(got, s.asks) {
		t.Errorf("asked for %q, want %q; missed %q", got, s.asks, hub.missed)
	}
}
