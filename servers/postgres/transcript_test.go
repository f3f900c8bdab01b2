package postgres_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/postgres"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// A transcript holds calls, "> TOOL JSON", "> read PATH", "> complete PATH
// VARIABLE TEXT" or "> prompt NAME JSON", each followed by its answer behind
// bars. Lines before the first call are settings as JSON, and remarks behind #.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { play(t, file) })
	}
}

func play(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var config postgres.Config
	var c *mcptest.Client
	var got bytes.Buffer
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "{"):
			if err := json.Unmarshal([]byte(line), &config); err != nil {
				t.Fatal(err)
			}
		case strings.HasPrefix(line, "> "):
			if c == nil {
				c = mcptest.Connect(t, newServerWith(t, config), mcptest.Options{})
			}
			fmt.Fprintf(&got, "%s%s", line, barred(ask(c, strings.TrimSpace(line[2:]))))
			continue
		case strings.HasPrefix(line, "|"):
			continue
		}
		got.WriteString(line)
	}
	if bytes.Equal(got.Bytes(), text) {
		return
	}
	if flag.Lookup("update").Value.String() != "true" {
		t.Errorf("%s (go test -update writes it anew); now:\n%s", file, got.Bytes())
		return
	}
	if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func ask(c *mcptest.Client, line string) string {
	verb, rest, _ := strings.Cut(line, " ")
	if rest == "" {
		rest = "{}"
	}
	r := c.Call(verb, json.RawMessage(rest))
	if r.IsError {
		return "(error) " + r.Text()
	}
	return r.Text()
}

// changing are figures that are not the same every time.
var changing = regexp.MustCompile(`[0-9.]+ ([kMG]?B|scans)\b|[0-9.]+[kM] (scans)`)

// barred puts a bar before each line.
func barred(text string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(changing.ReplaceAllString(text, "N $1$2"), "\n") {
		out.WriteString(strings.TrimSuffix("| "+line, " ") + "\n")
	}
	return out.String()
}
