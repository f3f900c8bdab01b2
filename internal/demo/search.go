package main

import (
	"fmt"
	"io"
	"os"
)

// runSearch holds a session with mcp-search on the documents of this
// repository, with no key.
func runSearch(tree string) func(server string, out io.Writer) error {
	return func(server string, out io.Writer) error { return searchIn(tree, server, out) }
}

func searchIn(tree, server string, out io.Writer) error {
	dir, err := os.MkdirTemp("", "toolbelt-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	args := []string{"--index-dir", dir, "--cache-dir", dir, "--exclude", "*.go,*.json,*.txt,*.txtar,*.yml,*.yaml,*.sum", "toolbelt=" + tree}
	fmt.Fprintf(out, "\nThis repository's documents, indexed and searched with no key.\nThe server:  %s toolbelt=%s\n", server, tree)
	s, err := start(nil, server, args...)
	if err != nil {
		return err
	}
	if err := s.greet(out); err != nil {
		return err
	}
	for i, st := range []step{
		{title: "Search the documents", tool: "kb_search", args: map[string]any{"query": "who may use which collection", "count": 2}},
		{title: "Read a section", tool: "kb_get", args: map[string]any{"path": "servers/search/README.md", "section": "What it refuses"}},
		{title: "What is indexed?", tool: "kb_status", args: map[string]any{}},
		{title: "Try to read a private address", tool: "web_fetch", args: map[string]any{"url": "http://169.254.169.254/latest/meta-data/"}, refused: true},
	} {
		if _, err := s.show(out, i+1, st); err != nil {
			return err
		}
	}
	if err := s.stop(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nWith SEARXNG_URL or BRAVE_API_KEY set it searches the web as well: see servers/search/README.md.")
	return nil
}
