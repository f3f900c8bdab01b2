package github_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
)

// A diff of 257 kB is shown in windows: the first tells of all files.
func TestLargeDiff(t *testing.T) {
	w := newWorld(t)
	files := map[string]string{}
	total := 0
	for i := 0; total < 257_000; i++ {
		var b strings.Builder
		for j := range 40 + i%90 {
			fmt.Fprintf(&b, "\tvalue%d := compute(%d, %q) // in file %d\n", j, j, "text", i)
		}
		files[fmt.Sprintf("pkg/part%d/file%d.go", i%7, i)] = b.String()
		total += b.Len()
	}
	w.site.Commit(fake.CommitOptions{Branch: "big", Author: w.bob, Message: "Big", Files: files})
	p := w.site.AddPull(fake.PullOptions{Author: w.bob, Title: "Big", Head: "big"})
	c := w.client(t)
	w.asks(t, 1, "a diff", func() {
		got := works(t, c, "pull_request_read", on("site", "pullNumber", p.Number, "method", "get_diff"))
		if len(got) > 24_000 {
			t.Errorf("%d bytes", len(got))
		}
		for name := range files {
			says(t, got, name)
		}
		says(t, got, "cursor for more: ")
	})
	// All of it comes in the end.
	seen, cursor := "", ""
	for range 100 {
		a := on("site", "pullNumber", p.Number, "method", "get_diff")
		if cursor != "" {
			a["cursor"] = cursor
		}
		got := works(t, c, "pull_request_read", a)
		seen += got
		_, rest, more := strings.Cut(got, "cursor for more: ")
		if !more {
			break
		}
		cursor = strings.TrimSuffix(rest, "]")
	}
	for i := range len(files) {
		says(t, seen, fmt.Sprintf("in file %d\n", i))
	}
	one := works(t, c, "pull_request_read", on("site", "pullNumber", p.Number, "method", "get_diff", "paths", []string{"pkg/part0/file0.go"}))
	says(t, one, "1 files", "value39", "!part1")
}

// Faults of GitHub are told in words, and leave nothing half done.
func TestFaults(t *testing.T) {
	for name, f := range map[string]struct {
		fault fake.Fault
		says  string
	}{
		"down":      {fake.Fault{Serve: fake.Status(503, "down")}, "trouble"},
		"malformed": {fake.Fault{Serve: fake.Malformed()}, "cannot be understood"},
		"page":      {fake.Fault{Serve: fake.Page()}, ""},
		"cut":       {fake.Fault{Serve: fake.Cut()}, "cannot reach GitHub"},
		"elsewhere": {fake.Fault{Serve: fake.Redirect(302, "https://evil.example/x")}, "another host"},
	} {
		w := newWorld(t)
		i := w.site.AddIssue(w.bob, "x", "y")
		f.fault.Times = 100
		w.Fail(f.fault)
		c := w.client(t)
		got := refused(t, c, "issue_read", on("site", "issue_number", i.Number), f.says)
		if strings.Contains(got, token) {
			t.Errorf("%s: the token is shown", name)
		}
		w.Heal()
		works(t, c, "issue_read", on("site", "issue_number", i.Number))
	}
}
