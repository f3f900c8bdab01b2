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

// A transcript holds calls, "> TOOL JSON", "> resources", "> read PATH" or
// "> complete PATH VARIABLE TEXT SCHEMA", each followed by its answer behind
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
	switch verb {
	case "resources":
		var all []string
		for _, raw := range c.List("resources/list") {
			var r struct{ URI, Name, Description string }
			if err := json.Unmarshal(raw, &r); err != nil {
				return err.Error()
			}
			all = append(all, strings.TrimSpace(placed(r.URI)+" "+r.Name+" "+r.Description))
		}
		return strings.Join(all, "\n")
	case "read":
		raw, err := c.Request("resources/read", args{"uri": base + rest})
		if err != nil {
			return "(error) " + placed(err.Error())
		}
		var r struct{ Contents []mcptest.Contents }
		if err := json.Unmarshal(raw, &r); err != nil || len(r.Contents) != 1 {
			return "(no contents)"
		}
		return r.Contents[0].MIMEType + "\n" + strings.TrimSuffix(r.Contents[0].Text, "\n")
	case "complete":
		words := strings.Split(rest, " ")
		var known map[string]string
		if len(words) > 3 {
			known = map[string]string{"schema": words[3]}
		}
		return fmt.Sprintf("%q", c.Complete(base+words[0], words[1], words[2], known).Values)
	}
	if rest == "" {
		rest = "{}"
	}
	r := c.Call(verb, json.RawMessage(rest))
	if r.IsError {
		return "(error) " + r.Text()
	}
	return r.Text()
}

// base is what the URIs of the database begin with.
const base = "postgres://postgres@localhost/postgres/"

// placed is a text with the place of the database taken out.
func placed(text string) string { return strings.ReplaceAll(text, base, "BASE/") }

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
