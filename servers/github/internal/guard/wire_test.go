package guard_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// The token goes to the configured host, and nowhere else, on no hop.
func TestTokenStaysHome(t *testing.T) {
	var leaked atomic.Value
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.Header {
			if strings.Contains(strings.Join(values, " "), token) {
				leaked.Store(name)
			}
		}
		io.WriteString(w, "##[error]broken\n")
	}))
	defer other.Close()
	h := newHub(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/x?sig=1", http.StatusFound)
	})
	r := repo(t, open(t, h), "acme", "site")
	log, err := r.JobLog(t.Context(), 7)
	if err != nil || !strings.Contains(log, "broken") {
		t.Errorf("a log in storage: %q, %v", log, err)
	}
	_, err = r.Issue(t.Context(), 7)
	wants(t, err, "another host")
	_, err = r.CreateIssue(t.Context(), guard.IssueChange{})
	wants(t, err, "has moved")
	if name := leaked.Load(); name != nil {
		t.Errorf("the token went to another host in %s", name)
	}
}

// A repository that has moved is another one, by the rules as well.
func TestMoved(t *testing.T) {
	var h *hub
	target := "acme/new"
	h = newHub(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/repos/acme/old/"):
			w.Header().Set("Location", h.URL+"/repositories/42/"+strings.TrimPrefix(r.URL.EscapedPath(), "/repos/acme/old/"))
			status := http.StatusMovedPermanently
			if r.Method != http.MethodGet {
				status = http.StatusTemporaryRedirect
			}
			w.WriteHeader(status)
		case r.URL.Path == "/repositories/42":
			fmt.Fprintf(w, `{"full_name":%q}`, target)
		case r.URL.Path == "/repos/"+target+"/issues/3":
			io.WriteString(w, `{"number":3,"title":"here"}`)
		default:
			http.NotFound(w, r)
		}
	})
	g := open(t, h, func(o *guard.Options) { o.Repos = []string{"acme/*", "!acme/vault"} })
	i, err := repo(t, g, "acme", "old").Issue(t.Context(), 3)
	if err != nil || i.Title != "here" {
		t.Errorf("moved within the fence: %v, %v", i, err)
	}
	_, err = repo(t, g, "acme", "old").CreateIssue(t.Context(), guard.IssueChange{})
	wants(t, err, "has moved", "acme/new")
	for _, target = range []string{"acme/vault", "evil/site"} {
		_, err := repo(t, g, "acme", "old").Issue(t.Context(), 3)
		wants(t, err, "has moved", "not among the repositories")
	}
	for _, c := range h.calls() {
		if strings.Contains(c, "vault") || strings.Contains(c, "evil") {
			t.Errorf("asked %s", c)
		}
	}
}

func TestRedirectsElsewhere(t *testing.T) {
	for _, to := range []string{"/repos/acme/vault/issues/1", "/user/../repos/acme/vault", "/repos/acme/site/../vault/issues/1", "/repos/acme/site/%2e%2e/vault", "//evil.example/x", "http://user:pw@127.0.0.1/x", "ftp://127.0.0.1/x", "/authorizations"} {
		h := newHub(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/repos/acme/site/issues/1" {
				w.Header().Set("Location", to)
				w.WriteHeader(http.StatusFound)
				return
			}
			io.WriteString(w, `{"number":1,"title":"stolen"}`)
		})
		g := open(t, h, func(o *guard.Options) { o.Repos = []string{"acme/site"} })
		if i, err := repo(t, g, "acme", "site").Issue(t.Context(), 1); err == nil {
			t.Errorf("%s: got %+v", to, i)
		}
		if n := len(h.calls()); n != 1 {
			t.Errorf("%s: %d requests: %q", to, n, h.calls())
		}
	}
	h := newHub(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) })
	_, err := repo(t, open(t, h), "acme", "site").Issue(t.Context(), 1)
	wants(t, err, "without end")
}

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		first func(w http.ResponseWriter)
		says  string // of an error; "" where it is waited for
	}{
		"retry after": {func(w http.ResponseWriter) { w.Header().Set("Retry-After", "0"); w.WriteHeader(429) }, ""},
		"forbidden":   {func(w http.ResponseWriter) { w.Header().Set("Retry-After", "0"); w.WriteHeader(403) }, ""},
		"too long":    {func(w http.ResponseWriter) { w.Header().Set("Retry-After", "3600"); w.WriteHeader(403) }, "try again after 3600 seconds"},
		"reset": {func(w http.ResponseWriter) {
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("X-RateLimit-Reset", fmt.Sprint(time.Now().Unix()-1))
			w.WriteHeader(403)
		}, ""},
		"reset far": {func(w http.ResponseWriter) {
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("X-RateLimit-Reset", fmt.Sprint(time.Now().Unix()+1000))
			w.WriteHeader(429)
		}, "rate limit is reached"},
		"message alone": {func(w http.ResponseWriter) {
			w.WriteHeader(403)
			io.WriteString(w, `{"message":"You have exceeded a secondary rate limit."}`)
		}, "secondary rate limit"},
		"bare 429": {func(w http.ResponseWriter) { w.WriteHeader(429) }, "try again after 60 seconds"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int32
			h := newHub(t, func(w http.ResponseWriter, _ *http.Request) {
				if n.Add(1) == 1 {
					c.first(w)
					return
				}
				io.WriteString(w, `{"number":1}`)
			})
			r := repo(t, open(t, h), "acme", "site")
			// A write is made again too: GitHub has not done it.
			title := "x"
			i, err := r.CreateIssue(t.Context(), guard.IssueChange{Title: &title})
			if c.says == "" {
				if err != nil || i.Number != 1 || n.Load() != 2 {
					t.Errorf("%v, %v, %d requests", i, err, n.Load())
				}
				return
			}
			wants(t, err, c.says)
			if n.Load() != 1 {
				t.Errorf("%d requests", n.Load())
			}
		})
	}
}

func TestCancelledWait(t *testing.T) {
	h := newHub(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "4"); w.WriteHeader(429) })
	r := repo(t, open(t, h), "acme", "site")
	ctx, cancel := contextFor(t, 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := r.Issue(ctx, 1); err == nil || time.Since(start) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestRetries(t *testing.T) {
	var n atomic.Int32
	h := newHub(t, func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1)%2 == 1 {
			w.WriteHeader(502)
			return
		}
		io.WriteString(w, `{"number":1}`)
	})
	r := repo(t, open(t, h), "acme", "site")
	if _, err := r.Issue(t.Context(), 1); err != nil || n.Load() != 2 {
		t.Errorf("a read: %v, %d requests", err, n.Load())
	}
	title := "x"
	_, err := r.CreateIssue(t.Context(), guard.IssueChange{Title: &title})
	wants(t, err, "502", "trouble")
	if n.Load() != 3 {
		t.Errorf("a write is made %d times", n.Load()-2)
	}
}

func TestConditional(t *testing.T) {
	full := 0
	h := newHub(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Link", `<http://x/?page=2>; rel="next"`)
		if r.Header.Get("If-None-Match") == `"one"` {
			w.WriteHeader(304)
			return
		}
		full++
		io.WriteString(w, `[{"name":"main"}]`)
	})
	r := repo(t, open(t, h), "acme", "site")
	for range 3 {
		b, page, err := r.Branches(t.Context(), guard.Window{})
		if err != nil || len(b) != 1 || page.Next != "2" {
			t.Errorf("%v, %v, %v", b, page, err)
		}
	}
	if full != 1 {
		t.Errorf("%d answers in full", full)
	}
	// Another token sees nothing of it.
	other := open(t, h, func(o *guard.Options) { o.Accounts[0].Token = mcpcore.NewSecret("ghp_other") })
	if _, _, err := repo(t, other, "acme", "site").Branches(t.Context(), guard.Window{}); err != nil || full != 2 {
		t.Errorf("%v, %d answers in full", err, full)
	}
}

func TestBadAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		says  string
	}{
		"malformed":  {answer(`{"number": 1`), "cannot be understood"},
		"wrong type": {answer(`{"number": "one"}`), "cannot be understood"},
		"too large": {func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte(`{"title":"` + strings.Repeat("x", 1<<20) + `"}`))
		}, "more bytes"},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{"num`)
		}, "EOF"},
		"html": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503); io.WriteString(w, "<html>") }, "trouble"},
	} {
		h := newHub(t, c.serve)
		g := open(t, h, func(o *guard.Options) { o.MaxBytes = 1 << 16 })
		_, err := repo(t, g, "acme", "site").Issue(t.Context(), 1)
		if err == nil || !strings.Contains(err.Error()+mcpcore.HintOf(err), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMissingPermission(t *testing.T) {
	for name, c := range map[string]struct {
		header map[string]string
		status int
		says   string
	}{
		"fine-grained": {map[string]string{"X-Accepted-GitHub-Permissions": "contents=read"}, 403, "contents=read"},
		"classic":      {map[string]string{"X-Accepted-OAuth-Scopes": "repo", "X-OAuth-Scopes": "gist"}, 403, "the scopes repo, and has gist"},
		"sso":          {map[string]string{"X-GitHub-SSO": "required; url=https://x"}, 403, "single sign-on"},
		"unknown":      {nil, 403, "get_access"},
		"bad token":    {nil, 401, "not valid any more"},
		"not there":    {map[string]string{"X-Accepted-GitHub-Permissions": "issues=read"}, 404, "issues=read"},
		"field":        {nil, 422, "Issue title: missing field"},
	} {
		h := newHub(t, func(w http.ResponseWriter, _ *http.Request) {
			for k, v := range c.header {
				w.Header().Set(k, v)
			}
			w.WriteHeader(c.status)
			io.WriteString(w, `{"message":"no","errors":[{"resource":"Issue","field":"title","code":"missing_field"}]}`)
		})
		_, err := repo(t, open(t, h), "acme", "site").Issue(t.Context(), 1)
		t.Log(name)
		wants(t, err, c.says)
	}
}

// However many requests fail, there is a place for the next one.
func TestPlacesAreGivenBack(t *testing.T) {
	status := http.StatusNotFound
	h := newHub(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, `{"message":"no","number":1}`)
	})
	r := repo(t, open(t, h, func(o *guard.Options) { o.MaxBytes = 20 }), "acme", "site")
	for _, status = range []int{404, 422, 202, 200} {
		for range 40 {
			ctx, cancel := contextFor(t, 20*time.Second)
			r.Issue(ctx, 1) //nolint:errcheck // it fails as a rule
			if ctx.Err() != nil {
				t.Fatalf("%d: no place is left", status)
			}
			cancel()
		}
	}
}
