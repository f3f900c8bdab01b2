package kb_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/kb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// open opens a collection of a directory, with its index in another.
func open(t testing.TB, dir, indexes string, change func(*kb.Options)) *kb.Collection {
	t.Helper()
	root, err := guard.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := kb.Options{Name: "docs", Root: root, IndexDir: indexes}
	if change != nil {
		change(&o)
	}
	c := kb.Open(o)
	t.Cleanup(func() { c.Close() })
	if err := c.Ready(context.Background(), func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	return c
}

func search(t testing.TB, c *kb.Collection, q kb.Query) string {
	t.Helper()
	if q.Most == 0 {
		q.Most = 10
	}
	hits, err := c.Search(t.Context(), q)
	if err != nil {
		return "error: " + err.Error()
	}
	var out []string
	for _, h := range hits.Hits {
		out = append(out, h.Path)
	}
	return strings.Join(out, " ")
}

func TestSearch(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/guide/deploy.md", "# Deploying\n\n## Behind a proxy\nSet the header X-Forwarded-For.\n\n## Certificates\nRenew the certificate with the tool.\n")
	write(t, dir+"/guide/start.md", "# Getting started\nInstall the program and start it. A certificate is not needed.\n")
	write(t, dir+"/src/server.go", "package server\n\n// parseHeader reads one header.\nfunc parseHTTPHeader(s string) {}\n")
	write(t, dir+"/notes.txt", "Proxy settings are found in the certificate store. The proxies of others are not.\n")
	write(t, dir+"/.env", "certificate secret\n")
	write(t, dir+"/node_modules/x/readme.md", "certificate\n")
	write(t, dir+"/old/a.md", "certificate\n")
	write(t, dir+"/bad.md", "cert\x00ificate\n")
	c := open(t, dir, t.TempDir(), func(o *kb.Options) { o.Exclude = []string{"old"} })
	for _, q := range []struct {
		query kb.Query
		want  string
	}{
		{kb.Query{Text: "certificates"}, "guide/deploy.md notes.txt guide/start.md"},
		{kb.Query{Text: "http header"}, "src/server.go guide/deploy.md"},
		{kb.Query{Text: "parseHTTPHeader"}, "src/server.go guide/deploy.md"},
		{kb.Query{Text: `"the certificate"`}, "guide/deploy.md notes.txt"},
		{kb.Query{Text: "certificate -proxy"}, "guide/start.md"},
		{kb.Query{Text: "certificate +install"}, "guide/start.md"},
		{kb.Query{Text: "certificate", Glob: "guide/**"}, "guide/deploy.md guide/start.md"},
		{kb.Query{Text: "certificate", Glob: "*.txt"}, "notes.txt"},
		{kb.Query{Text: "certificate", Kind: "text"}, "notes.txt"},
		{kb.Query{Text: "certificate", ModifiedAfter: time.Now().Add(time.Hour)}, ""},
		{kb.Query{Text: "certificate", Skip: 1, Most: 1}, "notes.txt"},
		{kb.Query{Text: "deploy"}, "guide/deploy.md"},
		{kb.Query{Text: "nothing like it"}, ""},
		{kb.Query{Text: " - \"\" "}, "error: the query has no words to look for"},
		{kb.Query{Text: "-certificate"}, "error: the query has no words to look for"},
	} {
		if got := search(t, c, q.query); got != q.want {
			t.Errorf("%+v: got %s, want %s", q.query, got, q.want)
		}
	}
	hits, err := c.Search(t.Context(), kb.Query{Text: "renew certificate", Most: 1})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(hits.Hits[0].Above, hits.Hits[0].Lines, hits.Total, hits.More)
	if want := "[Deploying Certificates] [{7 Renew the certificate with the tool.}] 3 true"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if s := c.Status(); s.Documents != 5 || len(s.Faults) != 1 || s.Faults[0].Path != "bad.md" {
		t.Errorf("status %+v", s)
	}
}

// What changes on disk while nobody looks is found by the next process, and
// what did not change is not read again.
func TestAgain(t *testing.T) {
	dir, indexes := t.TempDir(), t.TempDir()
	write(t, dir+"/a.md", "alpha\n")
	write(t, dir+"/b.md", "beta\n")
	c := open(t, dir, indexes, nil)
	if n := c.Updates(); n != 2 {
		t.Errorf("%d documents were indexed, want 2", n)
	}
	c.Close()
	write(t, dir+"/a.md", "gamma now\n")
	write(t, dir+"/c/d.md", "delta\n")
	if err := os.Remove(dir + "/b.md"); err != nil {
		t.Fatal(err)
	}
	c = open(t, dir, indexes, nil)
	if n := c.Updates(); n != 2 {
		t.Errorf("%d documents were indexed, want 2", n)
	}
	for q, want := range map[string]string{"alpha": "", "gamma": "a.md", "beta": "", "delta": "c/d.md"} {
		if got := search(t, c, kb.Query{Text: q}); got != want {
			t.Errorf("%s: got %q, want %q", q, got, want)
		}
	}
	write(t, dir+"/e.md", "epsilon\n")
	if err := c.Sync(t.Context(), "e.md"); err != nil {
		t.Fatal(err)
	}
	if got := search(t, c, kb.Query{Text: "epsilon"}); got != "e.md" {
		t.Errorf("epsilon: %q", got)
	}
	if err := c.Reindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := search(t, c, kb.Query{Text: "gamma delta epsilon"}); len(strings.Fields(got)) != 3 {
		t.Errorf("after indexing anew: %q", got)
	}
}

// Changes are followed as they happen.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.md", "alpha\n")
	c := open(t, dir, t.TempDir(), func(o *kb.Options) { o.Watch = true })
	await := func(q, want string) {
		t.Helper()
		deadline, tick := time.After(20*time.Second), time.NewTicker(5*time.Millisecond)
		defer tick.Stop()
		for got := ""; ; {
			select {
			case <-tick.C:
				if got = search(t, c, kb.Query{Text: q}); got == want {
					return
				}
			case <-deadline:
				t.Fatalf("%s: got %q, want %q", q, got, want)
			}
		}
	}
	write(t, dir+"/new/deep/b.md", "beta\n")
	await("beta", "new/deep/b.md")
	write(t, dir+"/new/deep/b.md", "gamma is longer\n")
	await("gamma", "new/deep/b.md")
	if err := os.Rename(dir+"/new", dir+"/moved"); err != nil {
		t.Fatal(err)
	}
	await("gamma", "moved/deep/b.md")
	if err := os.RemoveAll(dir + "/moved"); err != nil {
		t.Fatal(err)
	}
	await("gamma", "")
}

// Two processes that serve the same documents do not get in each other's way.
func TestTwo(t *testing.T) {
	dir, indexes := t.TempDir(), t.TempDir()
	write(t, dir+"/a.md", "alpha\n")
	one, two := open(t, dir, indexes, nil), open(t, dir, indexes, nil)
	for _, c := range []*kb.Collection{one, two} {
		if got := search(t, c, kb.Query{Text: "alpha"}); got != "a.md" {
			t.Errorf("got %q", got)
		}
	}
}

// An index that is damaged is made anew.
func TestDamaged(t *testing.T) {
	for _, damage := range []string{"root.bolt", "*.zap"} {
		dir, indexes := t.TempDir(), t.TempDir()
		write(t, dir+"/a.md", "alpha\n")
		open(t, dir, indexes, nil).Close()
		files, err := filepath.Glob(filepath.Join(indexes, "*", "0", damage))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, f := range files {
			if err := os.WriteFile(f, []byte("damaged"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c := open(t, dir, indexes, nil)
		if got := search(t, c, kb.Query{Text: "alpha"}); got != "a.md" {
			t.Errorf("%s: got %q; %v", damage, got, c.Status().Err)
		}
		c.Close()
	}
}

// Links that lead out of the directory lead nowhere.
func TestOutside(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, outside+"/secret.md", "secret\n")
	write(t, dir+"/a.md", "alpha\n")
	for link, to := range map[string]string{"link.md": outside + "/secret.md", "dir": outside, "up": ".."} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	c := open(t, dir, t.TempDir(), nil)
	if got := search(t, c, kb.Query{Text: "secret"}); got != "" {
		t.Errorf("found %q", got)
	}
	for _, path := range []string{"link.md", "dir/secret.md", "../" + filepath.Base(outside) + "/secret.md", outside + "/secret.md", "up/secret.md", ".hidden/a.md"} {
		if d, _, err := c.Document(t.Context(), path); err == nil {
			t.Errorf("%s reads %q", path, d.Text)
		}
	}
}

// The text of documents that are converted is kept, for their snippets.
func TestConverted(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.html", "<title>T</title><h1>Head</h1><p>The certificate is <b>renewed</b>.<p hidden>secret")
	write(t, dir+"/b.pdf", "x")
	c := open(t, dir, t.TempDir(), func(o *kb.Options) {
		o.PDF = func(context.Context, []byte) (string, error) { return "## Page 1\n\nA certificate on paper.\n", nil }
	})
	hits, err := c.Search(t.Context(), kb.Query{Text: "certificate", Most: 5})
	if err != nil || len(hits.Hits) != 2 {
		t.Fatal(hits, err)
	}
	got := map[string]string{}
	for _, h := range hits.Hits {
		got[h.Path] = fmt.Sprint(h.Kind, h.Above, h.Lines)
	}
	if got["a.html"] != "html[Head] [{3 The certificate is **renewed**.}]" || got["b.pdf"] != "pdf[Page 1] [{3 A certificate on paper.}]" {
		t.Errorf("got %v", got)
	}
	if got := search(t, c, kb.Query{Text: `"certificate is renewed"`}); got != "a.html" {
		t.Errorf("the phrase is in %q", got)
	}
	if got := search(t, c, kb.Query{Text: "secret"}); got != "" {
		t.Errorf("what is hidden is found in %q", got)
	}
}
