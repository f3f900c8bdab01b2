package github

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// compact is a surface of three tools, behind which all others are.
func (s *server) compact() []mcpcore.Tool {
	gateway := mcpcore.Gateway()
	return []mcpcore.Tool{
		mcpcore.Read("github_search_tools", "Find tools for GitHub by words, with their arguments: files, commits, issues, pull requests, reviews, Actions and more.",
			s.searchTools, gateway, mcpcore.Title("Search tools")),
		mcpcore.Read("github_read", "Call a tool that reads.", s.forwardRead, gateway, mcpcore.Title("Read from GitHub")),
		mcpcore.Write("github_write", "Call a tool that writes.", s.forwardWrite, gateway, mcpcore.Title("Write to GitHub"), mcpcore.Destructive()),
	}
}

type searchToolsIn struct {
	Query string `json:"query,omitzero" jsonschema:"words; none lists the names of all"`
}

type forwardIn struct {
	Tool      string                     `json:"tool" jsonschema:"its name"`
	Arguments map[string]json.RawMessage `json:"arguments,omitzero" jsonschema:"as the tool was shown with"`
}

// maxShown is how many tools a search shows with their arguments.
const maxShown = 6

func (s *server) searchTools(ctx context.Context, in searchToolsIn) (string, error) {
	type match struct {
		tool  *mcpcore.Tool
		score int
	}
	var found []match
	words := strings.FieldsFunc(strings.ToLower(in.Query), func(r rune) bool { return r == ' ' || r == '_' || r == ',' || r == '-' })
	var names strings.Builder
	for _, t := range mcpcore.Reachable(ctx) {
		name, description, input := t.Shown()
		fmt.Fprintf(&names, "%s (%s): %s\n", name, t.Effect(), description)
		score := 0
		for _, w := range words {
			w = strings.TrimSuffix(w, "s")
			switch {
			case strings.Contains(name, w):
				score += 4
			case strings.Contains(strings.ToLower(description), w):
				score += 2
			case strings.Contains(strings.ToLower(string(input)), w):
				score++
			}
		}
		if score > 0 {
			found = append(found, match{t, score})
		}
	}
	if len(found) == 0 {
		return names.String(), nil
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(b.score, a.score) })
	var b strings.Builder
	for i, m := range found {
		name, description, input := m.tool.Shown()
		if i >= maxShown {
			fmt.Fprintf(&b, "also: %s\n", name)
			continue
		}
		with := "github_read"
		if m.tool.Effect() != mcpcore.Reads {
			with = "github_write"
		}
		fmt.Fprintf(&b, "%s, by %s: %s\n%s\n", name, with, description, input)
	}
	return b.String(), nil
}

func (s *server) forwardRead(ctx context.Context, in forwardIn) (*mcpcore.Result, error) {
	return forward(ctx, in, "github_write", mcpcore.Reads)
}

func (s *server) forwardWrite(ctx context.Context, in forwardIn) (*mcpcore.Result, error) {
	return forward(ctx, in, "github_read", mcpcore.Writes, mcpcore.Deletes)
}

func forward(ctx context.Context, in forwardIn, other string, effects ...mcpcore.Effect) (*mcpcore.Result, error) {
	if in.Arguments == nil {
		in.Arguments = map[string]json.RawMessage{}
	}
	if m := methods[in.Tool]; m != "" && in.Arguments["method"] == nil {
		in.Arguments["method"] = json.RawMessage(`"` + m + `"`)
	}
	raw, err := json.Marshal(in.Arguments)
	if err != nil {
		return nil, err
	}
	out, err := mcpcore.Forward(ctx, in.Tool, raw, effects...)
	if err != nil && mcpcore.HintOf(err) == "" && strings.Contains(err.Error(), "its effect is") {
		err = mcpcore.Hint(err, "call it by "+other)
	} else if err != nil && strings.Contains(err.Error(), "there is no tool") {
		err = mcpcore.Hint(err, "github_search_tools finds tools")
	}
	return out, err
}
