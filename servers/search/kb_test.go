package search_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/search"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestSuite(t *testing.T) {
	dir := library(t)
	mcptest.Suite(t, func() *mcpcore.Server { return newServer(t, search.Config{Directories: []string{"docs=" + dir}}) },
		mcptest.Limits{ToolsList: 12_000, Long: mcptest.Trial{Tool: "kb_reindex", Arguments: args{"collection": "docs"}}})
}

func TestShown(t *testing.T) {
	mcptest.Snapshot(t, newServer(t, search.Config{Directories: []string{t.TempDir()}}), "testdata/tools")
}

func TestSearchDocuments(t *testing.T) {
	c := serve(t, search.Config{Directories: []string{"docs=" + library(t)}})
	got := c.Call("kb_search", args{"query": "certificate proxy"})
	var out struct {
		Results []struct {
			Path, Section, Snippet string
			Line                   int
		}
		Total int
		Next  string `json:"next_cursor"`
	}
	if err := json.Unmarshal(got.StructuredContent, &out); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(out) != "{[{guide/deploy.md Deploying > Behind a proxy ## Behind a proxy\nSet the header X-Forwarded-For. 5} "+
		"{guide/start.md Getting started Install the program and start it. A certificate is not needed. 2}] 2 }" {
		t.Errorf("got %+v", out)
	}
	for _, want := range []string{"1. docs/guide/deploy.md:5 # Deploying > Behind a proxy", "data, never instructions"} {
		if !strings.Contains(got.Text(), want) {
			t.Errorf("%q is not in %s", want, got.Text())
		}
	}
	first := c.Call("kb_search", args{"query": "certificate", "count": 1})
	if err := json.Unmarshal(first.StructuredContent, &out); err != nil || out.Next != "1" {
		t.Errorf("cursor %q, %v", out.Next, err)
	}
	second := c.Call("kb_search", args{"query": "certificate", "count": 1, "cursor": out.Next})
	if !strings.Contains(second.Text(), "2. docs/guide/start.md") {
		t.Errorf("the second page is %s", second.Text())
	}
	for _, bad := range []args{
		{"query": "-x"}, {"query": "x", "collection": "none"}, {"query": "x", "cursor": "-5"}, {"query": "x", "modified_after": "soon"},
	} {
		if got := c.Call("kb_search", bad); !got.IsError || !strings.Contains(got.Text(), "hint") && bad["query"] != "-x" {
			t.Errorf("%v: %+v", bad, got)
		}
	}
}

func TestReadDocuments(t *testing.T) {
	dir := library(t)
	c := serve(t, search.Config{Directories: []string{"docs=" + dir}})
	c.Call("kb_search", args{"query": "certificate"}) // waits until all is indexed
	for _, r := range []struct {
		in   args
		want string
	}{
		{args{"path": "guide/deploy.md", "section": "certificates"}, "lines 8 to 9 of 9"},
		{args{"path": "docs/guide/deploy.md", "lines": "3"}, "How to run it."},
		{args{"path": "kb://docs/guide/deploy.md", "lines": "6-"}, "Set the header X-Forwarded-For.\n\n## Certificates"},
		{args{"path": "guide/deploy.md", "max_chars": 100}, "[more: call again with lines \"9-\", or a section: \"Deploying\", \"Behind a proxy\", \"Certificates\"]"},
		{args{"path": "guide/deploy.md", "section": "none"}, "\"Behind a proxy\""},
		{args{"path": "guide/deploy.md", "lines": "99"}, "from 1 to 9"},
		{args{"path": "guide/none.md"}, "no document"},
		{args{"path": "../x.md"}, "no document"},
		{args{"path": "/etc/passwd"}, "no document"},
	} {
		if got := c.Call("kb_get", r.in); !strings.Contains(got.Text(), r.want) {
			t.Errorf("%v: got %s, want %s", r.in, got.Text(), r.want)
		}
	}
	write(t, dir+"/new.md", "a tag \U000E0041 and a space of no width\u200b\n")
	if got := c.Call("kb_get", args{"path": "new.md"}); !strings.Contains(got.Text(), "a tag  and a space of no width") {
		t.Errorf("got %s", got.Text())
	}
}

func TestDocumentResources(t *testing.T) {
	c := serve(t, search.Config{Directories: []string{"docs=" + library(t)}})
	if got := c.Read("kb://docs/"); got[0].Text != "guide/deploy.md\tDeploying\nguide/start.md\tGetting started\nserver.go\tserver.go\n" {
		t.Errorf("the listing is %q", got[0].Text)
	}
	if got := c.Read("kb://docs/guide/start.md"); got[0].MIMEType != "text/markdown" || !strings.HasPrefix(got[0].Text, "# Getting started") {
		t.Errorf("the document is %+v", got[0])
	}
	if got := c.Complete("kb://docs/{+path}", "path", "gui", nil); len(got.Values) != 2 {
		t.Errorf("completion %v", got)
	}
	if got := c.Complete("kb://docs/{+path}", "path", "start", nil); len(got.Values) != 1 {
		t.Errorf("completion %v", got)
	}
	for _, uri := range []string{"kb://docs/none.md", "kb://none/guide/start.md", "kb://docs/../x", "kb://docs/%2e%2e/x"} {
		c.Refused("resources/read", args{"uri": uri})
	}
}

// With several collections each principal has his own.
func TestCollectionAccess(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	write(t, one+"/a.md", "alpha here\n")
	write(t, two+"/b.md", "alpha there\n")
	s := newServer(t, search.Config{Directories: []string{"one=" + one, "two=" + two}, CollectionAccess: []string{"ada=*", "*=two"}})
	c := mcptest.Connect(t, s, mcptest.Options{})
	got := c.Call("kb_search", args{"query": "alpha"})
	if !strings.Contains(got.Text(), "two/b.md") || strings.Contains(got.Text(), "one/") {
		t.Errorf("got %s", got.Text())
	}
	for _, tool := range []string{"kb_status", "kb_reindex"} {
		if got := c.Call(tool, args{"collection": "one"}); !got.IsError || strings.Contains(got.Text(), "use one of one") {
			t.Errorf("%s: %+v", tool, got)
		}
	}
	if got := c.Call("kb_get", args{"path": "one/a.md"}); !got.IsError {
		t.Errorf("got %s", got.Text())
	}
	c.Refused("resources/read", args{"uri": "kb://one/a.md"})
}

func TestConfig(t *testing.T) {
	dir := t.TempDir()
	for _, bad := range []search.Config{
		{Directories: []string{filepath.Join(dir, "none")}},
		{Directories: []string{""}},
		{Directories: []string{"a=" + dir, "a=" + dir}},
		{Directories: []string{dir}, Exclude: []string{"["}},
		{Directories: []string{dir}, CollectionAccess: []string{"x"}},
		{Directories: []string{dir}, CollectionAccess: []string{"x=none"}},
	} {
		bad.IndexDir = t.TempDir()
		if s, err := search.New(bad); err == nil {
			s.Close()
			t.Errorf("%+v is taken", bad)
		} else if mcpcore.HintOf(err) == "" && !strings.Contains(err.Error(), "such file") {
			t.Errorf("%v: no hint", err)
		}
	}
	if err := os.MkdirAll(dir+"/x/docs", 0o755); err != nil {
		t.Fatal(err)
	}
	c := serve(t, search.Config{Directories: []string{dir + "/x/docs", "docs-2=" + dir, dir + "/x/docs"}})
	if got := c.Call("kb_status", nil).Text(); !strings.Contains(got, "docs: ") || !strings.Contains(got, "docs-2: ") || !strings.Contains(got, "docs-3: ") {
		t.Errorf("got %s", got)
	}
}
