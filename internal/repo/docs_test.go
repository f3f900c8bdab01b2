package repo

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/internal/weight"
	"github.com/mcp-toolbelt/toolbelt/servers/filesystem"
	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/servers/search"
	"github.com/mcp-toolbelt/toolbelt/servers/slack"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/redis"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/telemetry"
)

var update = flag.Bool("update", false, "write the generated parts of the documents")

// Tables and listings in the documents are made from the code they tell of.
func TestDocs(t *testing.T) {
	fs, err := filesystem.New(filesystem.Config{Directories: []string{t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	defer fs.Close()
	pg, err := postgres.New(postgres.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close()
	gh, err := github.New(github.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer gh.Close()
	chat, err := slack.New(slack.Config{AllowWrite: true})
	if err != nil {
		t.Fatal(err)
	}
	defer chat.Close()
	se, err := search.New(search.Config{
		Directories: []string{t.TempDir()}, IndexDir: t.TempDir(), CacheDir: t.TempDir(), Engines: search.Engines{BraveKey: mcpcore.NewSecret("any")},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer se.Close()
	company, err := os.ReadFile(filepath.Join(root, "examples", "company", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for file, parts := range map[string]map[string]string{
		"README.md": {"company": "```go\n" + string(company) + "```\n"},
		"servers/filesystem/README.md": {
			"tools":    toolsTable(fs),
			"settings": mcpcore.SettingsTable[filesystem.Config]("mcp-filesystem", redis.Extension(), telemetry.Extension()),
		},
		"servers/github/README.md": {
			"tools":    githubTools(t, gh),
			"settings": mcpcore.SettingsTable[github.Config]("mcp-github", redis.Extension(), telemetry.Extension()),
		},
		"servers/postgres/README.md": {
			"tools":    toolsTable(pg),
			"settings": mcpcore.SettingsTable[postgres.Config]("mcp-postgres", redis.Extension(), telemetry.Extension()),
		},
		"servers/slack/README.md": {
			"tools":    toolsTable(chat),
			"settings": mcpcore.SettingsTable[slack.Config]("mcp-slack", redis.Extension(), telemetry.Extension()),
		},
		"servers/search/README.md": {
			"tools":    toolsTable(se),
			"settings": mcpcore.SettingsTable[search.Config]("mcp-search", redis.Extension(), telemetry.Extension()),
		},
	} {
		checkParts(t, filepath.Join(root, filepath.FromSlash(file)), parts)
	}
}

func toolsTable(s *mcpcore.Server) string {
	var b strings.Builder
	b.WriteString("| Tool | Effect | What it does |\n| --- | --- | --- |\n")
	for _, tool := range s.Tools() {
		effect := tool.Effect().String()
		if tool.Destructive() {
			effect += ", may overwrite"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", tool.Name(), effect, tool.Description())
	}
	return b.String()
}

// githubTools is the table of all tools by toolset, with their weight and what
// they ask of a token.
func githubTools(t *testing.T, s *mcpcore.Server) string {
	t.Helper()
	s.Options.Policy.Toolsets = []string{"all"}
	weights, err := weight.Of(s)
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string]int{}
	for _, w := range weights {
		tokens[w.Name] = w.Tokens
	}
	var b strings.Builder
	for _, p := range github.Permissions() {
		sum := 0
		var rows strings.Builder
		for _, tool := range s.Tools() {
			if tool.Toolset() != p.Toolset {
				continue
			}
			sum += tokens[tool.Name()]
			fmt.Fprintf(&rows, "| `%s` | %s | %d | %s |\n", tool.Name(), tool.Effect(), tokens[tool.Name()], tool.Description())
		}
		if sum == 0 {
			t.Errorf("no tool is in the toolset %s", p.Toolset)
		}
		fmt.Fprintf(&b, "### %s\n\n%d tokens. Token: %s.\n\n| Tool | Effect | Tokens | What it does |\n| --- | --- | ---: | --- |\n%s\n", p.Toolset, sum, p.Text(), rows.String())
	}
	for _, tool := range s.Tools() {
		if !slices.ContainsFunc(github.Permissions(), func(p github.Permission) bool { return p.Toolset == tool.Toolset() }) {
			t.Errorf("what the toolset %s asks of a token is not said", tool.Toolset())
		}
	}
	return b.String()
}

// checkParts compares what stands between the markers of each part with what
// should stand there.
func checkParts(t *testing.T, file string, parts map[string]string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	for name, want := range parts {
		begin, end := "<!-- generated: "+name+" -->\n", "<!-- end -->"
		before, rest, ok := strings.Cut(doc, begin)
		got, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Errorf("%s has no part %q between its markers", file, name)
			continue
		}
		if got != want && !*update {
			t.Errorf("%s: the part %q is not in step with the code; go generate ./internal/repo writes it", file, name)
		}
		doc = before + begin + want + end + after
	}
	if *update && doc != string(raw) {
		if err := os.WriteFile(file, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
