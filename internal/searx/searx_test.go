package searx

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/internal/debian"
	"github.com/mcp-toolbelt/toolbelt/servers/search"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// settings are those of a searx with one engine, which is a database of its own.
const settings = `
general: {debug: false, instance_name: test, contact_url: false}
brand: {git_url: "", git_branch: "", issue_url: "", docs_url: "", public_instances: "", wiki_url: "", new_issue_url: ""}
search: {safe_search: 0, autocomplete: "", default_lang: "", formats: [html, json]}
server: {port: %d, bind_address: 127.0.0.1, secret_key: test, base_url: false, image_proxy: false, http_protocol_version: "1.0", method: GET}
ui: {static_path: %q, templates_path: %q, default_theme: simple, default_locale: ""}
outgoing: {request_timeout: 2.0, pool_connections: 10, pool_maxsize: 10}
doi_resolvers: {none: "https://doi.invalid/"}
default_doi_resolver: none
locales: {en: English}
engines:
  - {name: library, engine: sqlite, shortcut: lib, categories: general, timeout: 5.0, disabled: false, limit: 10,
     database: %q, result_template: default.html, query_str: "SELECT title, url, content FROM pages WHERE pages MATCH :query"}
`

const fill = `
import sqlite3, sys
c = sqlite3.connect(sys.argv[1])
c.execute("create virtual table pages using fts5(title, url, content)")
for i in range(25):
    c.execute("insert into pages values (?, ?, ?)", ("Bees %d" % i, "https://bees.example/%d" % i, "Bees fly & make honey"))
c.execute("insert into pages values ('Wasps', 'https://wasps.example/', 'Wasps fly too')")
c.commit()
`

// start starts searx and returns its address.
func start(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a searx")
	}
	python := "/usr/bin/python3" // the one that Debian's modules are for
	if _, err := os.Stat(python); err != nil {
		t.Skip("there is no python of Debian's here")
	}
	root, dir := debian.Packages(t, "searx"), t.TempDir()
	database := filepath.Join(dir, "pages.db")
	if out, err := exec.CommandContext(t.Context(), python, "-c", fill, database).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	file := filepath.Join(dir, "settings.yml")
	text := fmt.Sprintf(settings, port, root.Path("usr/share/python3-searx/static"), root.Path("usr/share/python3-searx/templates"), database)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(python, "-m", "searx.webapp")
	cmd.Env = append(os.Environ(), "PYTHONPATH="+root.Path("usr/lib/python3/dist-packages"), "SEARX_SETTINGS_PATH="+file)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("searx has ended: %v\n%s", err, log.String())
		case <-ctx.Done():
			t.Fatal("searx does not answer within a minute")
		case <-tick.C:
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/config", nil)
			if err != nil {
				t.Fatal(err)
			}
			if response, err := http.DefaultClient.Do(r); err == nil {
				response.Body.Close()
				return base
			}
		}
	}
}

func serve(t *testing.T, base string) *mcptest.Client {
	t.Helper()
	s, err := search.New(search.Config{CacheDir: t.TempDir(), Engines: search.Engines{SearXNGURL: mcpcore.NewSecret(base)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return mcptest.Connect(t, s, mcptest.Options{})
}

// A real searx is searched, page by page, and its faults are told.
func TestSearx(t *testing.T) {
	c := serve(t, start(t))
	for _, q := range []struct {
		in         map[string]any
		want, miss string
	}{
		{map[string]any{"query": "honey", "count": 3}, "1. Bees 0\n   https://bees.example/0\n   Bees fly & make honey", "Bees 3"},
		{map[string]any{"query": "honey", "count": 10, "cursor": "1"}, "Bees 10", "Bees 9\n"},
		{map[string]any{"query": "too"}, "1. Wasps", "Bees"},
		{map[string]any{"query": "zebra"}, "Nothing was found", ""},
		{map[string]any{"query": `"unbalanced`}, "[warning: searxng: library: unexpected crash", ""},
	} {
		got := c.Call("web_search", q.in)
		if got.IsError || !strings.Contains(got.Text(), q.want) || q.miss != "" && strings.Contains(got.Text(), q.miss) {
			t.Errorf("%v: got %s\nwant %s, not %q", q.in, got.Text(), q.want, q.miss)
		}
	}
	if got := c.Call("search_suggest", map[string]any{"query": "bee"}); got.IsError {
		t.Errorf("suggestions: %s", got.Text())
	}
}
