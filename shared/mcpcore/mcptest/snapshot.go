package mcptest

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

var update = flag.Bool("update", false, "rewrite the snapshots of tools")

// shown is what a model is shown of a tool.
type shown struct {
	Name         string          `json:"name"`
	Title        string          `json:"title,omitempty"`
	Description  string          `json:"description"`
	InputSchema  json.RawMessage `json:"inputSchema"`
	OutputSchema json.RawMessage `json:"outputSchema,omitempty"`
	Annotations  json.RawMessage `json:"annotations"`
}

// Snapshot compares what a model is shown of each tool with the files in dir,
// one for each tool, byte by byte. A file that is missing, or that has no tool,
// fails. The flag -update writes the files anew.
func Snapshot(t *testing.T, s *mcpcore.Server, dir string) {
	t.Helper()
	snapshot(t, s, dir, *update)
}

func snapshot(t testing.TB, s *mcpcore.Server, dir string, rewrite bool) {
	t.Helper()
	want := map[string][]byte{}
	for _, raw := range Connect(t, s, Options{}).List("tools/list") {
		var tool shown
		if err := json.Unmarshal(raw, &tool); err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(tool); err != nil {
			t.Fatal(err)
		}
		want[tool.Name+".json"] = text.Bytes()
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if want[filepath.Base(file)] != nil {
			continue
		}
		if rewrite {
			err = os.Remove(file)
		}
		if err != nil || !rewrite {
			t.Errorf("%s: there is no such tool (go test -update removes the file) %v", file, err)
		}
	}
	if rewrite {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range want {
		file := filepath.Join(dir, name)
		if rewrite {
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Error(err)
			}
			continue
		}
		switch got, err := os.ReadFile(file); {
		case err != nil:
			t.Errorf("%v (go test -update writes it)", err)
		case !bytes.Equal(got, text):
			t.Errorf("%s is not what a model is shown (go test -update rewrites it, git diff shows the change); now:\n%s", file, text)
		}
	}
}
