package fuse_test

import (
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/engine"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/fuse"
)

func TestKey(t *testing.T) {
	for _, same := range [][]string{
		{"https://www.Example.com/a/", "http://example.com:80/a", "https://example.com/a?utm_source=x&fbclid=1#frag", "https://example.com/a/amp/", "https://example.com/a/index.html"},
		{"https://example.com/a?b=1&c=2", "https://example.com/a?c=2&b=1&gclid=3"},
		{"https://example.com", "https://example.com/"},
	} {
		for _, raw := range same {
			if got, want := fuse.Key(raw), fuse.Key(same[0]); got != want {
				t.Errorf("%s: %s, want %s", raw, got, want)
			}
		}
	}
	for _, raw := range []string{"https://example.com/A", "https://example.com/a?b=2", "https://sub.example.com/a", "https://example.com:8443/a"} {
		if fuse.Key(raw) == fuse.Key("https://example.com/a") {
			t.Errorf("%s is taken for another page", raw)
		}
	}
}

func TestFuse(t *testing.T) {
	list := func(name string, urls ...string) fuse.List {
		l := fuse.List{Engine: name}
		for _, u := range urls {
			l.Results = append(l.Results, engine.Result{URL: "https://x.example/" + u, Title: u, Snippet: name})
		}
		return l
	}
	out := fuse.Fuse([]fuse.List{list("one", "a", "b", "c", "a"), list("two", "d", "c", "b"), list("three", "")})
	var got []string
	for _, r := range out {
		got = append(got, r.Title+strings.Join(r.Engines, "+"))
	}
	// What two engines found comes before what one found first.
	if s := strings.Join(got, " "); s != "bone+two cone+two aone dtwo three" {
		t.Errorf("got %s", s)
	}
	if out[0].Extra[0] != "two" {
		t.Errorf("the second snippet is lost: %+v", out[0])
	}
	heavy := fuse.Fuse([]fuse.List{list("one", "a"), {Engine: "two", Weight: 2, Results: list("", "b").Results}})
	if heavy[0].Title != "b" {
		t.Errorf("weights do not count: %+v", heavy)
	}
}
