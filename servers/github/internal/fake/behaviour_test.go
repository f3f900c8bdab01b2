package fake_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
)

func TestAccess(t *testing.T) {
	w := newWorld(t)
	_, shop := w.small()
	acme := shop.Owner
	w.hub.AddToken(fake.Token{Value: "github_pat_reader", User: w.hub.AddUser("rita"), Owner: acme, Repos: []*fake.Repo{shop}, Permissions: map[string]string{"contents": "read", "metadata": "read"}})
	acme.Members["rita"] = "member"
	for _, c := range []struct {
		token, method, path string
		body                any
		status              int
		message             string
	}{
		{"", "GET", "/user", nil, 401, "Requires authentication"},
		{"ghp_unknown", "GET", "/user", nil, 401, "Bad credentials"},
		{"", "GET", "/repos/acme/shop", nil, 200, ""},
		{"", "GET", "/repos/acme/vault", nil, 404, "Not Found"},
		{"ghp_eve", "GET", "/repos/acme/vault", nil, 404, "Not Found"},
		{"ghp_bob", "GET", "/repos/acme/vault", nil, 200, ""},
		{"ghp_bob", "PATCH", "/repos/acme/shop", o{"description": "x"}, 403, "Must have admin rights to Repository."},
		{"ghp_eve", "PUT", "/repos/acme/shop/contents/x", o{"message": "m", "content": "eA=="}, 404, "Not Found"},
		{"ghp_eve", "POST", "/repos/acme/shop/issues", o{"title": "from outside"}, 201, ""},
		{"ghp_bob", "POST", "/gists", o{"files": o{"a": o{"content": "a"}}}, 403, "scopes"},
		{"ghp_ada", "PUT", "/repos/ada/old/contents/x", o{"message": "m", "content": "eA=="}, 403, "archived"},
		{"github_pat_reader", "GET", "/repos/acme/shop/contents/README.md", nil, 200, ""},
		{"github_pat_reader", "GET", "/repos/acme/vault", nil, 404, "Not Found"},
		{"github_pat_reader", "POST", "/repos/acme/shop/issues", o{"title": "x"}, 403, "Resource not accessible by personal access token"},
		{"ghp_ada", "PUT", "/repos/acme/shop/contents/.github/workflows/x.yml", o{"message": "m", "content": "eA=="}, 201, ""},
		{"ghp_ada", "GET", "/no/such/address", nil, 404, "Not Found"},
		{"ghp_ada", "POST", "/repos/acme/shop/issues", "text", 422, "not the right type"},
	} {
		w.token = c.token
		a := w.do(c.method, c.path, c.body)
		if a.is(c.status); c.message != "" && !strings.Contains(a.text("message"), c.message) {
			t.Errorf("%s with %q: %q, want %q", a.what, c.token, a.text("message"), c.message)
		}
	}
	w.token = "github_pat_reader"
	if got := w.do("POST", "/repos/acme/shop/issues", o{"title": "x"}).head.Get("X-Accepted-GitHub-Permissions"); got != "issues=write" {
		t.Errorf("the permission that is missing is told as %q", got)
	}
	w.ask(`mutation($input: CreateIssueInput!) { createIssue(input: $input) { issue { id } } }`, o{"input": o{"repositoryId": shop.Node, "title": "x"}}).
		want("errors.0.type", "FORBIDDEN").want("errors.0.message", "Resource not accessible by personal access token")
	w.token = "ghp_ada"
	if got := w.get("/user").head.Get("X-OAuth-Scopes"); !strings.HasPrefix(got, "repo, gist") {
		t.Errorf("the scopes are told as %q", got)
	}
	w.ask(`{ repository(owner: "acme", name: "none") { id } }`, nil).want("errors.0.type", "NOT_FOUND").want("data.repository", "<nil>")
	w.ask(`{ repository(owner: "acme", name: "shop") { issues(first: 101) { totalCount } } }`, nil).want("errors.0.type", "EXCESSIVE_PAGINATION")
}

// What the schema has not is told as GitHub tells it.
func TestUndefinedField(t *testing.T) {
	hub := fake.New(fake.Options{}) // which records nothing, as there is nothing right about it
	hub.AddToken(fake.Token{Value: "ghp_ada", User: hub.AddUser("ada")})
	api := httptest.NewServer(hub.Handler())
	defer api.Close()
	w := &world{t: t, hub: hub, url: api.URL, token: "ghp_ada"}
	w.ask(`{ viewer { nick } }`, nil).want("data", "<nil>").want("errors.0.extensions.code", "undefinedField")
}

func TestLimitsAndConditions(t *testing.T) {
	w := newWorld(t)
	w.small()
	a := w.get("/repos/acme/shop").is(200)
	used := a.head.Get("X-RateLimit-Used")
	w.head.Set("If-None-Match", a.head.Get("ETag"))
	b := w.get("/repos/acme/shop").is(304)
	if len(b.body) > 0 || b.head.Get("X-RateLimit-Used") != used {
		t.Errorf("304 with %d bytes, and %s used instead of %s", len(b.body), b.head.Get("X-RateLimit-Used"), used)
	}
	w.do("PATCH", "/repos/acme/shop", o{"description": "another"}).is(200)
	w.get("/repos/acme/shop").is(200)
	w.head.Del("If-None-Match")
	w.hub.SetQuota("core", 2)
	w.get("/user").is(200)
	w.get("/user").is(200)
	c := w.get("/user").is(403)
	if c.head.Get("X-RateLimit-Remaining") != "0" || !strings.HasPrefix(c.text("message"), "API rate limit exceeded for user ID") {
		t.Errorf("over the limit: %v %s", c.head, c.body)
	}
	w.get("/rate_limit").is(200).want("resources.core.remaining", "0")
	w.hub.SetQuota("graphql", 0)
	w.ask("{ viewer { login } }", nil).want("errors.0.type", "RATE_LIMITED")
}

func TestPagesAndRedirects(t *testing.T) {
	w := newWorld(t)
	ada, shop := w.small()
	for i := range 7 {
		shop.AddIssue(ada, fmt.Sprintf("issue %d", i), "")
	}
	a := w.get("/repos/acme/shop/issues?per_page=3&page=2").is(200)
	if link := a.head.Get("Link"); !strings.Contains(link, `page=3&per_page=3>; rel="next"`) || !strings.Contains(link, `rel="first"`) || !strings.Contains(link, `rel="last"`) || !strings.Contains(link, `rel="prev"`) {
		t.Errorf("the links are %s", link)
	}
	w.hub.Update(func() { w.hub.Rename(shop, shop.Owner, "store") })
	id := fmt.Sprint(shop.ID)
	if to := w.get("/repos/acme/shop/issues?state=all").is(301).head.Get("Location"); to != w.url+"/repositories/"+id+"/issues?state=all" {
		t.Errorf("the new address is %s", to)
	}
	w.do("POST", "/repos/acme/shop/issues", o{"title": "x"}).is(307)
	w.get("/repositories/"+id).is(200).want("name", "store")
	w.ask(`{ repository(owner: "acme", name: "shop") { name } }`, nil).want("data.repository.name", "store")
	w.ask(`{ repository(owner: "acme", name: "shop", followRenames: false) { name } }`, nil).want("errors.0.type", "NOT_FOUND")
}

func TestApps(t *testing.T) {
	w := newWorld(t)
	_, shop := w.small()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	app := w.hub.AddApp("helper", &key.PublicKey)
	in := w.hub.Install(app, shop.Owner, map[string]string{"contents": "write", "metadata": "read"}, shop)
	sign := func(key *rsa.PrivateKey, issuer any, ends time.Duration) string {
		part := func(v any) string { b, _ := json.Marshal(v); return base64.RawURLEncoding.EncodeToString(b) }
		text := part(o{"alg": "RS256", "typ": "JWT"}) + "." + part(o{"iat": time.Now().Unix() - 5, "exp": time.Now().Add(ends).Unix(), "iss": issuer})
		sum := sha256.Sum256([]byte(text))
		s, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return text + "." + base64.RawURLEncoding.EncodeToString(s)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"another key": sign(other, app.ID, time.Minute), "expired": sign(key, app.ID, -time.Minute), "too long": sign(key, app.ID, time.Hour), "unknown": sign(key, 1, time.Minute),
	} {
		w.token = bad
		if a := w.get("/app"); a.status != 401 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	w.token = sign(key, app.ID, 9*time.Minute)
	w.get("/app").is(200).want("slug", "helper")
	w.get("/app/installations").is(200).want("0.account.login", "acme")
	w.get("/orgs/acme/installation").is(200)
	w.get("/users/acme/installation").is(200)
	w.get("/repos/acme/shop/installation").is(200)
	w.token = w.do("POST", fmt.Sprintf("/app/installations/%d/access_tokens", in.ID), o{}).is(201).text("token")
	w.get("/installation/repositories").is(200).want("total_count", "1")
	w.get("/repos/acme/vault").is(404)
	w.get("/user").is(403).want("message", "Resource not accessible by integration")
	w.do("PUT", "/repos/acme/shop/contents/by-app", o{"message": "m", "content": "eA=="}).is(201).want("commit.verification.verified", "true")
	w.do("POST", "/repos/acme/shop/issues", o{"title": "x"}).is(403)
}

func TestFaults(t *testing.T) {
	w := newWorld(t)
	_, shop := w.small()
	w.hub.Fail(
		fake.Fault{Path: "/repos/acme/shop/issues", From: 2, Times: 1, Serve: fake.Status(502, "Server Error")},
		fake.Fault{Method: "POST", Path: "/repos/acme/shop/**", Times: 1, After: true, Serve: fake.Cut()},
		fake.Fault{Path: "/user", Serve: fake.SecondaryLimit(429, 3*time.Second)},
		fake.Fault{Path: "/users/*", Serve: fake.PrimaryLimit(time.Unix(2000000000, 0))},
		fake.Fault{Path: "/meta", Serve: fake.Redirect(302, "https://elsewhere.example.com/")},
	)
	w.get("/repos/acme/shop/issues").is(200)
	w.get("/repos/acme/shop/issues").is(502)
	w.get("/repos/acme/shop/issues").is(200)
	if got := w.get("/user").is(429).head.Get("Retry-After"); got != "3" {
		t.Errorf("Retry-After %q", got)
	}
	if got := w.get("/users/ada").is(403).head.Get("X-RateLimit-Reset"); got != "2000000000" {
		t.Errorf("reset %q", got)
	}
	w.get("/meta").is(302)
	before := len(shop.Issues)
	r, err := http.NewRequestWithContext(t.Context(), "POST", w.url+"/repos/acme/shop/issues", strings.NewReader(`{"title":"done, and not told"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "token ghp_ada")
	if a, err := http.DefaultClient.Do(r); err == nil {
		a.Body.Close()
		t.Errorf("an answer: %d", a.StatusCode)
	}
	w.hub.Update(func() {
		if len(shop.Issues) != before+1 {
			t.Error("the work was not done")
		}
	})
	w.hub.Heal()
	w.get("/user").is(200)
	last := w.hub.Calls()[len(w.hub.Calls())-1]
	if last.Route != "GET /user" || last.Status != 200 || !last.Token || last.Host != "api" {
		t.Errorf("the call is told as %+v", last)
	}
}

// A log lies on another host, which sees no token unless it is sent one.
func TestStore(t *testing.T) {
	w := newWorld(t)
	_, shop := w.small()
	job := shop.Runs[0].Jobs[1]
	to := w.get(fmt.Sprintf("/repos/acme/shop/actions/jobs/%d/logs", job.ID)).is(302).head.Get("Location")
	a, err := http.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	last := w.hub.Calls()[len(w.hub.Calls())-1]
	if last.Host != "store" || last.Token || last.Status != 200 {
		t.Errorf("the call is told as %+v", last)
	}
}
