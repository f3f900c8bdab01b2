package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/internal/npm"
)

// TestInspector uses the command line of the Inspector, one process a request.
func TestInspector(t *testing.T) {
	for era, revision := range map[string]string{"legacy": "2025-11-25", "auto": "2026-07-28", "modern": "2026-07-28"} {
		t.Run(era, func(t *testing.T) {
			t.Parallel()
			i := newInspector(t, era)
			i.introduces(t, revision)
			i.lists(t)
			i.reads(t)
			i.edits(t)
			i.isRefused(t)
			i.hurries(t)
		})
	}
}

// What the Inspector's command ends with.
const (
	exitOK    = 0
	exitError = 1 // a protocol error, or no connection
	exitTool  = 5 // a tool that is not there, or that answered with an error
)

type inspector struct {
	node, script, era, home string
	dir, secret             string
	url                     string // of a server over HTTP; "": one is started for each request
}

func newInspector(t *testing.T, era string) *inspector {
	modules, node := npm.Packages(t)
	i := &inspector{
		node:   npm.Newer(t, modules, node),
		script: filepath.Join(modules, "node_modules", "@modelcontextprotocol", "inspector", "clients", "launcher", "build", "index.js"),
		era:    era,
		home:   t.TempDir(),
	}
	i.dir, i.secret = workspace(t)
	return i
}

// run returns the result on standard output, the error on standard error, and
// the exit code.
func (i *inspector) run(t *testing.T, args ...string) (result json.RawMessage, fault string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	target := []string{server, i.dir}
	if i.url != "" {
		target = []string{i.url, "--transport", "http"}
	}
	all := append(append([]string{i.script, "--cli"}, target...), append([]string{"--protocol-era", i.era, "--format", "json", "--quiet"}, args...)...)
	cmd := exec.CommandContext(ctx, i.node, all...)
	cmd.Env = append(os.Environ(), "HOME="+i.home, "USERPROFILE="+i.home) // where it keeps settings
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil || ctx.Err() != nil {
		t.Fatalf("%v: %v\n%s", args, err, stderr.String())
	}
	var out struct{ Result json.RawMessage }
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil && stdout.Len() > 0 {
		t.Fatalf("%v: %v in %s", args, err, stdout.String())
	}
	return out.Result, stderr.String(), cmd.ProcessState.ExitCode()
}

// must runs a request that ends well.
func must[R any](t *testing.T, i *inspector, args ...string) R {
	t.Helper()
	result, fault, code := i.run(t, args...)
	if code != exitOK {
		t.Fatalf("%v: exit code %d: %s", args, code, fault)
	}
	var out R
	if err := json.Unmarshal(result, &out); err != nil {
		t.Fatalf("%v: %v in %s", args, err, result)
	}
	return out
}

func (i *inspector) tool(name string, args object) []string {
	return []string{"--method", callTool, "--tool-name", name, "--tool-args-json", compact(args)}
}

func (i *inspector) introduces(t *testing.T, revision string) {
	got := must[struct {
		ProtocolVersion string
		ServerInfo      struct{ Name string }
	}](t, i, "--method", "initialize")
	if got.ProtocolVersion != revision || got.ServerInfo.Name != "mcp-filesystem" {
		t.Errorf("got %+v, want revision %s", got, revision)
	}
}

func (i *inspector) lists(t *testing.T) {
	// --strict fails if other vendors' models could not use a schema.
	tools := must[struct{ Tools []struct{ Name string } }](t, i, "--method", listTools, "--strict")
	if len(tools.Tools) != 13 {
		t.Errorf("got %d tools, want 13: %v", len(tools.Tools), tools.Tools)
	}
	resources := must[struct{ Resources []contents }](t, i, "--method", listResources)
	if len(resources.Resources) != 1 || resources.Resources[0].URI != fileURI(i.dir) {
		t.Errorf("got resources %+v", resources)
	}
	templates := must[struct {
		ResourceTemplates []struct{ URITemplate string }
	}](t, i, "--method", listTemplates)
	if len(templates.ResourceTemplates) != 1 || templates.ResourceTemplates[0].URITemplate != template {
		t.Errorf("got templates %+v", templates)
	}
}

func (i *inspector) reads(t *testing.T) {
	notes := filepath.Join(i.dir, "notes.txt")
	// This way of giving arguments guesses their types.
	r := must[result](t, i, "--method", callTool, "--tool-name", "read_text_file", "--tool-arg", "path="+notes, "--tool-arg", "tail=1")
	if r.text() != "delta" {
		t.Errorf("read_text_file: got %q", r.text())
	}
	found := must[result](t, i, i.tool("search_files", object{"path": i.dir, "pattern": "**/main.go"})...)
	if want := filepath.Join(i.dir, "src", "main.go"); found.text() != want {
		t.Errorf("search_files: got %q, want %q", found.text(), want)
	}
	uri := fileURI(notes)
	got := must[struct{ Contents []contents }](t, i, "--method", readResource, "--uri", uri)
	if len(got.Contents) != 1 || got.Contents[0].Text != sample["notes.txt"] {
		t.Errorf("%s: got %+v", uri, got)
	}
}

func (i *inspector) edits(t *testing.T) {
	path := filepath.Join(i.dir, "notes.txt")
	must[result](t, i, i.tool("edit_file", object{"path": path, "edits": []object{{"oldText": "beta", "newText": "BETA"}}})...)
	if got, want := onDisk(t, path), "alpha\nBETA\ngamma\ndelta\n"; got != want {
		t.Errorf("edited to %q, want %q", got, want)
	}
}

func (i *inspector) isRefused(t *testing.T) {
	out, fault, code := i.run(t, i.tool("read_text_file", object{"path": i.secret})...)
	var r result
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("a refused call: %v in %s %s", err, out, fault)
	}
	if !r.IsError || strings.Contains(r.text(), "hunter2") || code != exitTool {
		t.Errorf("a refused call: got %+v and exit code %d, want an error and %d", r, code, exitTool)
	}
	if out, fault, code := i.run(t, "--method", readResource, "--uri", fileURI(i.secret)); code != exitError || len(out) > 0 {
		t.Errorf("a refused resource: got %s %s and exit code %d, want %d", out, fault, code, exitError)
	}
	if _, fault, code := i.run(t, i.tool("no_such_tool", object{})...); code != exitTool {
		t.Errorf("an unknown tool: got %s and exit code %d, want %d", fault, code, exitTool)
	}
}

func (i *inspector) hurries(t *testing.T) {
	args := append(i.tool("read_text_file", object{"path": filepath.Join(i.dir, "notes.txt")}),
		"--load", "--load-requests", "500", "--load-concurrency", "20")
	got := must[struct{ Requests, OK int }](t, i, args...)
	if got.Requests != 500 || got.OK != 500 {
		t.Errorf("of 500 calls %d were made and %d went well", got.Requests, got.OK)
	}
}
