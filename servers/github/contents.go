package github

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type contentsIn struct {
	repoIn
	Path      string `json:"path,omitzero" jsonschema:"file or directory" audit:"target"`
	Ref       string `json:"ref,omitzero" jsonschema:"branch, tag or SHA" alias:"branch,sha"`
	StartLine int    `json:"start_line,omitzero" jsonschema:"first line" min:"1"`
	EndLine   int    `json:"end_line,omitzero" jsonschema:"last line" min:"1"`
}

func (s *server) getFileContents(ctx context.Context, in contentsIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	c, err := r.Content(ctx, in.Path, in.Ref)
	if err != nil {
		return nil, err
	}
	return s.shown(c, in)
}

func (s *server) shown(c *guard.Content, in contentsIn) (*mcpcore.Result, error) {
	switch {
	case c.Type == "dir":
		return texts(listing(c.Entries)), nil
	case c.Type != "file":
		return texts(fmt.Sprintf("%s is a %s to %s", c.Path, c.Type, line(c.Target, 0))), nil
	case !utf8.Valid(c.Data):
		return texts(fmt.Sprintf("%s is binary: %d bytes, SHA %s", c.Path, c.Size, c.SHA)), nil
	}
	lines := strings.SplitAfter(string(c.Data), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	first, last := max(in.StartLine, 1), len(lines)
	if in.EndLine > 0 {
		last = min(in.EndLine, last)
	}
	head := fmt.Sprintf("%s, SHA %s, %d lines", c.Path, c.SHA, len(lines))
	if first > last {
		return texts(head), nil
	}
	if first > 1 || last < len(lines) {
		head += fmt.Sprintf(", lines %d-%d", first, last)
	}
	return texts(head, visible(strings.Join(lines[first-1:last], ""))), nil
}

func listing(entries []guard.Content) string {
	var b strings.Builder
	for _, e := range entries {
		switch e.Type {
		case "dir":
			fmt.Fprintf(&b, "%s/\n", line(e.Name, 0))
		case "file":
			fmt.Fprintf(&b, "%s\t%d\n", line(e.Name, 0), e.Size)
		default:
			fmt.Fprintf(&b, "%s\t%s\n", line(e.Name, 0), e.Type)
		}
	}
	return b.String()
}

// texts is a result of blocks of text.
func texts(blocks ...string) *mcpcore.Result {
	r := &mcpcore.Result{}
	for _, b := range blocks {
		if b != "" {
			r.Content = append(r.Content, mcpcore.Text{Text: b})
		}
	}
	if len(r.Content) == 0 {
		r.Content = []mcpcore.Content{mcpcore.Text{Text: "nothing"}}
	}
	return r
}
