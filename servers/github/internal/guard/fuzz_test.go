package guard_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
)

// Whatever is said of a repository, a path and a ref, no request leaves that is
// not about a repository that is allowed.
func FuzzAddress(f *testing.F) {
	for _, seed := range [][4]string{
		{"acme", "site", "src/main.go", "main"}, {"acme", "vault", "x", ""}, {"acme", "site/../vault", "x", "main"}, {"acme", "site", "../../vault/contents/x", "a..b"},
		{"acme", "site", "a?b#c%2e%2e/é", "feature/x y"}, {"..", "..", "..", ".."}, {"acme\r\n", "site?x", "%2e%2e", "refs/heads/../x"}, {"acme", "site", "a//b", "@{u}"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	var astray string
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, err := url.PathUnescape(r.URL.EscapedPath())
		if err != nil || !strings.HasPrefix(path+"/", "/repos/acme/site/") || strings.Contains(path+"/", "/../") || strings.ContainsAny(path, "\r\n\x00") {
			astray = r.RequestURI
		}
		io.WriteString(w, `{}`)
	}))
	f.Cleanup(hub.Close)
	g, err := guard.Open(guard.Options{APIURL: hub.URL, Repos: []string{"acme/site"}, FlowGuard: "off"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { g.Close() })
	f.Fuzz(func(t *testing.T, owner, name, path, ref string) {
		astray = ""
		ctx := context.Background()
		r, err := g.Repo(ctx, owner, name)
		if err != nil {
			return
		}
		if !strings.EqualFold(r.String(), "acme/site") {
			t.Fatalf("%q/%q is allowed", owner, name)
		}
		if r.String() != "acme/site" { // in other letters it is the same one
			return
		}
		r.Content(ctx, path, ref)                 //nolint:errcheck // it must not go astray
		r.Commit(ctx, ref, guard.Window{})        //nolint:errcheck
		r.Compare(ctx, ref, path, guard.Window{}) //nolint:errcheck
		r.Release(ctx, ref)                       //nolint:errcheck
		r.Workflow(ctx, name)                     //nolint:errcheck
		r.Label(ctx, path)                        //nolint:errcheck
		r.DeleteBranch(ctx, ref)                  //nolint:errcheck
		if astray != "" {
			t.Errorf("%q %q %q %q: asked for %s", owner, name, path, ref, astray)
		}
	})
}
