package weight_test

import (
	"slices"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/internal/weight"
	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// The tools of mcp-github are held to a weight.
func TestGitHub(t *testing.T) {
	for _, c := range []struct {
		name   string
		config github.Config
		policy mcpcore.Policy
		most   int
	}{
		{"default", github.Config{}, mcpcore.Policy{}, 4500},
		{"one repository", github.Config{Repo: "acme/site"}, mcpcore.Policy{}, 3825},
		{"compact", github.Config{Surface: "compact"}, mcpcore.Policy{}, 1500},
		{"everything", github.Config{}, mcpcore.Policy{Toolsets: []string{"all"}}, 12000},
	} {
		s, err := github.New(c.config)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.Options.Policy = c.policy
		tools, err := weight.Of(s)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, tool := range tools {
			sum += tool.Tokens
		}
		t.Logf("%s: %d tools, %d tokens", c.name, len(tools), sum)
		if sum > c.most {
			slices.SortFunc(tools, func(a, b weight.Tool) int { return b.Tokens - a.Tokens })
			t.Errorf("%s: the tools take %d tokens, %d are allowed: %v", c.name, sum, c.most, tools)
		}
	}
}
