package github_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// An app acts in the installation of whoever owns what a call is about.
func TestApp(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	w := newWorld(t)
	other := w.AddOrg("other", w.bob)
	w.AddRepo(other, "docs", fake.RepoOptions{Visibility: "private", Files: map[string]string{"a.md": "of other\n"}})
	app := w.AddApp("helper", &key.PublicKey)
	w.Install(app, w.acme, map[string]string{"contents": "write", "metadata": "read", "issues": "write"})
	for i := range 120 { // so that the other is on a page behind the first
		w.Install(app, w.AddOrg(fmt.Sprintf("org-%d", i), w.bob), map[string]string{"metadata": "read"})
	}
	w.Install(app, other, map[string]string{"contents": "read", "metadata": "read"})
	c := w.client(t, func(c *github.Config) {
		c.Token, c.AppID, c.AppKey = mcpcore.NewSecret(""), int(app.ID), mcpcore.NewSecret(text)
	})
	says(t, works(t, c, "get_file_contents", on("site", "path", "README.md")), "# Site")
	says(t, works(t, c, "get_file_contents", args{"owner": "other", "repo": "docs", "path": "a.md"}), "of other")
	says(t, works(t, c, "get_access", nil), "installation token")
	w.asks(t, 1, "a file, the token being there", func() { works(t, c, "get_file_contents", on("site", "path", "go.sum")) })
	refused(t, c, "get_file_contents", args{"owner": "eve", "repo": "x", "path": "a"}, "not installed")
	works(t, c, "get_file_contents", on("site", "path", "go.sum")) // what cannot be seen taints nothing
	for _, bad := range []string{"", "no key", strings.Replace(text, "RSA", "DSA", 2)} {
		if _, err := github.New(github.Config{AppID: 5, AppKey: mcpcore.NewSecret(bad)}); err == nil && bad != strings.Replace(text, "RSA", "DSA", 2) {
			t.Errorf("%.20q is taken for a key", bad)
		}
	}
}

// Each owner has an account of its own; a file tells which.
func TestAccounts(t *testing.T) {
	w := newWorld(t)
	w.AddToken(fake.Token{Value: "ghp_bobs", User: w.bob, Scope: []string{"repo"}})
	mine := w.AddRepo(w.bob, "mine", fake.RepoOptions{Visibility: "private", Files: map[string]string{"a": "bob's own\n"}})
	file := write(t, "token", "ghp_bobs\n")
	list := write(t, "accounts.json", fmt.Sprintf(`[{"owners": ["bob", "bob-*"], "token_file": %q}]`, file))
	c := w.client(t, func(c *github.Config) { c.Accounts = list })
	says(t, works(t, c, "get_file_contents", args{"repo": mine.FullName(), "path": "a"}), "bob's own")
	says(t, works(t, c, "get_file_contents", on("site", "path", "README.md")), "# Site")
	says(t, works(t, c, "get_me", nil), "ada")
	for _, bad := range []string{`[{"owners": []}]`, `[{"owners": ["a"]}]`, `{`, `[{"owners":["a"],"token":"x"}]`} {
		if _, err := github.New(github.Config{Accounts: write(t, "bad.json", bad)}); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// A command that prints the token is asked again when GitHub refuses the token.
func TestTokenCommand(t *testing.T) {
	w := newWorld(t)
	file := write(t, "token", token)
	c := w.client(t, func(c *github.Config) { c.Token, c.TokenCommand = mcpcore.NewSecret(""), []string{"cat", file} })
	works(t, c, "get_me", nil)
	w.Update(func() { w.token.Revoked = true })
	w.AddToken(fake.Token{Value: "ghp_next", User: w.ada, Scope: []string{"repo"}})
	if err := os.WriteFile(file, []byte("ghp_next\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	works(t, c, "get_me", nil)
	broken := w.client(t, func(c *github.Config) { c.Token, c.TokenCommand = mcpcore.NewSecret(""), []string{"false"} })
	refused(t, broken, "get_me", nil, "command that prints the token")
}

// Without a token what is public can be read, and the rest says what to set.
func TestNobody(t *testing.T) {
	w := newWorld(t)
	c := w.client(t, func(c *github.Config) { c.Token = mcpcore.NewSecret("") })
	says(t, works(t, c, "get_file_contents", on("lib", "path", "README.md")), "# Lib")
	refused(t, c, "get_file_contents", on("site", "path", "README.md"), "GITHUB_PERSONAL_ACCESS_TOKEN")
	refused(t, c, "get_me", nil, "GITHUB_PERSONAL_ACCESS_TOKEN")
	says(t, works(t, c, "get_access", nil), "none: public content only")
}

// A server of one's own has its API below /api/v3, and GraphQL beside it.
func TestEnterprise(t *testing.T) {
	w := newWorld(t)
	c := w.client(t, func(c *github.Config) { c.APIURL = w.url + "/api/v3" })
	says(t, works(t, c, "get_me", nil), "ada")
	says(t, works(t, c, "get_file_contents", on("site", "path", "README.md")), "# Site")
	works(t, c, "list_issues", on("site"))
	paths := []string{}
	for _, call := range w.Calls() {
		paths = append(paths, call.Path)
	}
	says(t, strings.Join(paths, " "), "/api/v3/user", "/api/graphql")
	host := w.client(t, func(c *github.Config) { c.APIURL, c.Host = "", w.url })
	says(t, works(t, host, "get_me", nil), "ada")
}

// No answer shows a token, whatever GitHub sends back.
func TestNoTokenInAnswers(t *testing.T) {
	c := against(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(422)
		io.WriteString(w, `{"message":"bad `+r.Header.Get("Authorization")+`"}`)
	}))
	client := mcptest.Connect(t, newServer(t, c), mcptest.Options{})
	got := refused(t, client, "issue_read", on("site", "issue_number", 1))
	says(t, got, "!ghp_test")
}

// A repository's name may hold its owner, and no other owner than the one named.
func TestOwnerTwice(t *testing.T) {
	w := newWorld(t)
	c := w.client(t)
	says(t, works(t, c, "get_file_contents", args{"repo": "acme/site", "path": "README.md"}), "# Site")
	says(t, works(t, c, "get_file_contents", args{"owner": "Acme", "repo": "acme/site", "path": "README.md"}), "# Site")
	for _, repo := range []string{"../site", "eve/site", "./site", "/site"} {
		w.asks(t, 0, "another owner", func() {
			refused(t, c, "get_file_contents", on(repo, "path", "README.md"), "no name of a repository")
		})
	}
}
