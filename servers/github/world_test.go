package github_test

import (
	"flag"
	"io"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// record has all that the tests ask the GitHub in memory written down, to be
// held against the real one's own descriptions.
var record = flag.String("record", "", "file that gets each request and its answer as a line of JSON")

// recordTo opens the file for that, if there is one.
func recordTo(t testing.TB) io.Writer {
	t.Helper()
	if *record == "" {
		return nil
	}
	f, err := os.OpenFile(*record, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// world is a GitHub with an organization, its people and what they have.
type world struct {
	*fake.Hub
	url                 string
	ada, bob, eve, acme *fake.User
	site, vault, lib    *fake.Repo
	token               *fake.Token
}

const token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"

// newWorld makes it: ada is an admin of acme, bob a member, eve a stranger.
// site and vault are private, lib is public.
func newWorld(t testing.TB) *world {
	t.Helper()
	h := fake.New(fake.Options{Name: t.Name(), Record: recordTo(t)})
	w := &world{Hub: h}
	w.ada, w.bob, w.eve = h.AddUser("ada"), h.AddUser("bob"), h.AddUser("eve")
	w.acme = h.AddOrg("acme", w.ada)
	h.AddTeam(w.acme, "Web", w.ada, w.bob)
	var long strings.Builder
	for i := range 100 {
		long.WriteString("line " + string(rune('a'+i%26)) + "\n")
	}
	w.site = h.AddRepo(w.acme, "site", fake.RepoOptions{Visibility: "private", Description: "The site", Files: map[string]string{
		"README.md": "# Site\n\nHello.\n", "src/main.go": "package main\n\nfunc main() {\n\tprintln(\"hello\")\n}\n", "src/long.txt": long.String(),
		"logo.png": "\x89PNG\x00\x01", "go.sum": "x\n",
	}})
	w.vault = h.AddRepo(w.acme, "vault", fake.RepoOptions{Visibility: "private", Files: map[string]string{"secret.txt": "the secret\n"}})
	w.lib = h.AddRepo(w.acme, "lib", fake.RepoOptions{Files: map[string]string{"README.md": "# Lib\n"}})
	w.token = h.AddToken(fake.Token{Value: token, User: w.ada, Scope: []string{"repo", "read:org", "workflow", "gist", "notifications", "project"}})
	store := httptest.NewServer(h.Store())
	t.Cleanup(store.Close)
	h.SetStore(store.URL)
	api := httptest.NewServer(h.Handler())
	t.Cleanup(api.Close)
	w.url = api.URL
	h.Reset()
	return w
}

// client connects to a server for the world, whose settings may be changed.
func (w *world) client(t testing.TB, change ...func(*github.Config)) *mcptest.Client {
	t.Helper()
	return w.clientWith(t, mcptest.Options{}, change...)
}

func (w *world) clientWith(t testing.TB, o mcptest.Options, change ...func(*github.Config)) *mcptest.Client {
	t.Helper()
	c := github.Config{APIURL: w.url, Token: mcpcore.NewSecret(token)}
	for _, f := range change {
		f(&c)
	}
	s := newServer(t, c)
	s.Options.Policy = mcpcore.Policy{Toolsets: []string{"all"}}
	return mcptest.Connect(t, s, o)
}

// asks counts the requests of the API that a call makes.
func (w *world) asks(t testing.TB, most int, what string, call func()) {
	t.Helper()
	w.Reset()
	call()
	var api []string
	for _, c := range w.Calls() {
		if c.Host == "api" {
			api = append(api, c.Method+" "+c.Path)
		}
	}
	if len(api) > most {
		t.Errorf("%s takes %d requests, %d are allowed: %q", what, len(api), most, api)
	}
}

// on are arguments about a repository.
func on(name string, more ...any) args {
	a := args{"owner": "acme", "repo": name}
	for i := 0; i+1 < len(more); i += 2 {
		a[more[i].(string)] = more[i+1]
	}
	return a
}

// says checks that a text holds all of words.
func says(t testing.TB, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if not, ok := strings.CutPrefix(word, "!"); ok {
			if strings.Contains(text, not) {
				t.Errorf("%q is in:\n%s", not, text)
			}
		} else if !strings.Contains(text, word) {
			t.Errorf("%q is not in:\n%s", word, text)
		}
	}
}
