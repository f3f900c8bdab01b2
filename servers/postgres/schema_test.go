package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

type args = map[string]any

// works calls a tool and returns its text.
func works(t *testing.T, c *mcptest.Client, tool string, a args) string {
	t.Helper()
	r := c.Call(tool, a)
	if r.IsError {
		t.Errorf("%s %v: %s", tool, a, r.Text())
	}
	return r.Text()
}

// A list in pages is the list as a whole, each entry once.
func TestListPages(t *testing.T) {
	c := served(t)
	whole := works(t, c, "list_objects", args{"limit": 1000})
	for _, limit := range []int{1, 2, 7} {
		var pages []string
		for cursor := ""; ; {
			text := works(t, c, "list_objects", args{"limit": limit, "cursor": cursor})
			page, rest, more := strings.Cut(text, "\nmore with cursor ")
			pages = append(pages, page)
			if !more {
				break
			}
			if n := strings.Count(page, "\n") + 1; n != limit {
				t.Fatalf("a page of %d, want %d: %s", n, limit, text)
			}
			if _, err := fmt.Sscanf(rest, "%q", &cursor); err != nil {
				t.Fatal(err, text)
			}
		}
		if got := strings.Join(pages, "\n"); got != whole {
			t.Errorf("pages of %d:\n%s\nwant\n%s", limit, got, whole)
		}
	}
}
