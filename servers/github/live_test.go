package github_test

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

var (
	live     = flag.Bool("live", false, "also test against GitHub, with the token of GITHUB_PERSONAL_ACCESS_TOKEN")
	liveRepo = flag.String("live-repo", "", "repository, as owner/name, in which -live may make a branch and a pull request, and take them away")
	liveAPI  = flag.String("live-api", "", "address of the API that -live uses; default that of github.com")
)

// The real GitHub, on request:
//
//	GITHUB_PERSONAL_ACCESS_TOKEN=… go test ./servers/github -run TestLive -v -args -live -live-repo=me/scratch
func TestLive(t *testing.T) {
	if !*live {
		t.Skip("opt-in: see the comment of this test")
	}
	secret := os.Getenv("GITHUB_PERSONAL_ACCESS_TOKEN")
	if secret == "" {
		t.Fatal("-live needs a token in GITHUB_PERSONAL_ACCESS_TOKEN")
	}
	c := liveClient(t, github.Config{Token: mcpcore.NewSecret(secret), APIURL: *liveAPI})
	says(t, works(t, c, "get_access", nil), "!"+secret)
	hello := args{"owner": "octocat", "repo": "Hello-World"}
	says(t, works(t, c, "get_file_contents", with(hello, "path", "README")), "Hello World!")
	says(t, works(t, c, "list_branches", hello), "master")
	says(t, works(t, c, "list_commits", with(hello, "limit", 1)), "octocat")
	works(t, c, "list_issues", with(hello, "limit", 1, "state", "all"))
	refused(t, c, "get_file_contents", with(hello, "path", "no/such/file"))
	if *liveRepo == "" {
		t.Log("nothing was written: there is no -live-repo")
		return
	}
	owner, name, _ := strings.Cut(*liveRepo, "/")
	liveWrites(t, c, args{"owner": owner, "repo": name})
}

// What TestLive writes works, as far as the GitHub in memory can tell.
func TestLiveInMemory(t *testing.T) {
	hub := fake.Sample(fake.Options{Name: t.Name(), Record: recordTo(t)})
	api := httptest.NewServer(hub.Handler())
	t.Cleanup(api.Close)
	c := liveClient(t, github.Config{Token: mcpcore.NewSecret(fake.SampleToken), APIURL: api.URL})
	liveWrites(t, c, args{"owner": "acme", "repo": "shop"})
}

func liveClient(t *testing.T, config github.Config) *mcptest.Client {
	t.Helper()
	s := newServer(t, config)
	s.Options.Policy = mcpcore.Policy{Toolsets: []string{"all"}, Confirm: "never"}
	return mcptest.Connect(t, s, mcptest.Options{})
}

// with adds to arguments.
func with(a args, more ...any) args {
	out := args{}
	for k, v := range a {
		out[k] = v
	}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

var pullAddress = regexp.MustCompile(`/pull/(\d+)`)

// liveWrites makes a branch, commits to it, opens a pull request as a draft,
// reviews and closes it, and removes the branch.
func liveWrites(t *testing.T, c *mcptest.Client, repo args) {
	branch := fmt.Sprintf("toolbelt-live-%d", time.Now().UnixNano())
	on := func(more ...any) args { return with(repo, more...) }
	works(t, c, "create_branch", on("branch", branch))
	t.Cleanup(func() { works(t, c, "delete_branch", on("branch", branch)) })
	works(t, c, "push_files", on("branch", branch, "message", "live: two files", "files", []args{
		{"path": "live/a.txt", "content": "one\ntwo\nthree\n"}, {"path": "live/b.txt", "content": "b\n"},
	}))
	works(t, c, "edit_file", on("branch", branch, "message", "live: an edit", "path", "live/a.txt", "edits", []args{{"old": "two", "new": "2"}}))
	works(t, c, "apply_patch", on("branch", branch, "message", "live: a patch", "patch", "--- a/live/a.txt\n+++ b/live/a.txt\n@@ -1,3 +1,3 @@\n one\n 2\n-three\n+3\n"))
	works(t, c, "delete_file", on("branch", branch, "message", "live: gone", "path", "live/b.txt"))
	says(t, works(t, c, "get_file_contents", on("path", "live/a.txt", "ref", branch)), "one\n2\n3")
	base := liveBase(t, c, repo)
	says(t, works(t, c, "compare_commits", on("base", base, "head", branch)), "4 ahead", "live/a.txt")
	opened := works(t, c, "create_pull_request", on("title", "Toolbelt: a live test", "head", branch, "base", base, "draft", true, "body", "It closes itself."))
	m := pullAddress.FindStringSubmatch(opened)
	if m == nil {
		t.Fatalf("no address in %q", opened)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { works(t, c, "update_pull_request", on("pullNumber", n, "state", "closed")) })
	says(t, works(t, c, "pull_request_read", on("pullNumber", n)), "Toolbelt: a live test", "live/a.txt")
	says(t, works(t, c, "pull_request_read", on("pullNumber", n, "method", "get_diff")), "+one")
	works(t, c, "pull_request_review_write", on("pullNumber", n, "method", "create", "event", "COMMENT", "body", "Read.", "comments", []args{
		{"path": "live/a.txt", "line": 2, "body": "A remark."},
	}))
	says(t, works(t, c, "pull_request_read", on("pullNumber", n, "method", "get_review_comments")), "A remark.")
	works(t, c, "add_issue_comment", on("issue_number", n, "body", "That was it."))
}

// liveBase is what the default branch is called, of the two usual names.
func liveBase(t *testing.T, c *mcptest.Client, repo args) string {
	t.Helper()
	if strings.Contains(works(t, c, "list_branches", with(repo, "limit", 100)), "\nmain\t") {
		return "main"
	}
	return "master"
}
