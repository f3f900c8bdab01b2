package interop

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/internal/npm"
)

// exercise has a client use everything the server offers, and then leave.
func exercise(t *testing.T, revision string, open func(t *testing.T, dir string) session) {
	dir, secret := workspace(t)
	s := open(t, dir)
	closed := false
	t.Cleanup(func() {
		if !closed {
			s.close()
		}
	})
	if got := s.revision(); got != revision {
		t.Fatalf("agreed upon revision %q, want %q", got, revision)
	}
	for _, step := range []struct {
		name string
		run  func(t *testing.T, s session, dir, secret string)
	}{
		{"tools", tryTools},
		{"reading", tryReading},
		{"writing", tryWriting},
		{"refusals", tryRefusals},
		{"resources", tryResources},
		{"completion", tryCompletion},
		{"cancelling", tryCancelling},
		{"subscription", trySubscription},
	} {
		t.Run(step.name, func(t *testing.T) { step.run(t, s, dir, secret) })
	}
	closed = true
	if err := s.close(); err != nil {
		t.Errorf("leaving: %v", err)
	}
}

func tryTools(t *testing.T, s session, _, _ string) {
	list := ask[struct {
		Tools []struct {
			Name        string
			Description string
			InputSchema struct {
				Type       string
				Properties map[string]json.RawMessage
			}
			Annotations *struct{ ReadOnlyHint, DestructiveHint *bool }
		}
	}](t, s, listTools, object{})
	readOnly := map[string]bool{}
	for _, tool := range list.Tools {
		if tool.InputSchema.Type != "object" || tool.Description == "" {
			t.Errorf("%s has input %q and description %q", tool.Name, tool.InputSchema.Type, tool.Description)
		}
		if s.revision() < "2025-03-26" { // which brought annotations
			if tool.Annotations != nil {
				t.Errorf("%s has annotations, which %s does not know", tool.Name, s.revision())
			}
			readOnly[tool.Name] = false
			continue
		}
		if tool.Annotations == nil || tool.Annotations.ReadOnlyHint == nil {
			t.Errorf("%s does not say whether it only reads", tool.Name)
			continue
		}
		readOnly[tool.Name] = *tool.Annotations.ReadOnlyHint
	}
	for name, want := range map[string]bool{
		"read_text_file": true, "read_media_file": true, "read_multiple_files": true, "list_directory": true,
		"list_directory_with_sizes": true, "directory_tree": true, "search_files": true, "get_file_info": true,
		"list_allowed_directories": true, "write_file": false, "edit_file": false, "create_directory": false, "move_file": false,
	} {
		switch got, ok := readOnly[name]; {
		case !ok:
			t.Errorf("%s is not offered", name)
		case got != want && s.revision() >= "2025-03-26":
			t.Errorf("%s: only reads is %t, want %t", name, got, want)
		}
	}
}

func tryReading(t *testing.T, s session, dir, _ string) {
	notes := filepath.Join(dir, "notes.txt")
	for _, c := range []struct {
		tool string
		args object
		want string
	}{
		{"read_text_file", object{"path": notes}, sample["notes.txt"]},
		{"read_file", object{"path": notes}, sample["notes.txt"]},
		{"read_text_file", object{"path": notes, "head": 2}, "alpha\nbeta"},
		{"read_text_file", object{"path": filepath.Join(dir, "docs", "unicode.md")}, sample["docs/unicode.md"]},
		{"list_directory", object{"path": filepath.Join(dir, "src")}, "[DIR] build\n[DIR] deep\n[FILE] main.go"},
		{"search_files", object{"path": dir, "pattern": "**/*_test.go"}, filepath.Join(dir, "src", "deep", "util_test.go")},
		{"list_allowed_directories", object{}, "Allowed directories:\n" + dir},
	} {
		if got := text(t, s, c.tool, c.args); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.tool, compact(c.args), got, c.want)
		}
	}
	image := call(t, s, "read_media_file", object{"path": filepath.Join(dir, "pixel.png")})
	if len(image.Content) != 1 || image.Content[0].Type != "image" || image.Content[0].MIMEType != "image/png" || image.Content[0].Data != pixel {
		t.Errorf("read_media_file: got %+v", image)
	}
}

func tryWriting(t *testing.T, s session, dir, _ string) {
	path := filepath.Join(dir, "new", "file.txt")
	text(t, s, "create_directory", object{"path": filepath.Dir(path)})
	const content = "first\nüber \u2028 \U0001F600 \"quoted\" \\ \t\nlast" // what careless JSON loses
	text(t, s, "write_file", object{"path": path, "content": content})
	if got := onDisk(t, path); got != content {
		t.Errorf("wrote %q, want %q", got, content)
	}
	diff := text(t, s, "edit_file", object{"path": path, "edits": []object{{"oldText": "first", "newText": "FIRST"}}})
	if !strings.Contains(diff, "-first") || !strings.Contains(diff, "+FIRST") {
		t.Errorf("edit_file: got %q, want a diff", diff)
	}
	if got, want := onDisk(t, path), strings.Replace(content, "first", "FIRST", 1); got != want {
		t.Errorf("after the edit: %q, want %q", got, want)
	}
	moved := filepath.Join(dir, "new", "moved.txt")
	text(t, s, "move_file", object{"source": path, "destination": moved})
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the move the source is still there (%v)", err)
	}
	onDisk(t, moved)
}

func tryRefusals(t *testing.T, s session, dir, secret string) {
	link := filepath.Join(dir, "link.txt")
	if err := os.Symlink(secret, link); err != nil {
		t.Logf("links are left out: %v", err)
		link = secret
	}
	for _, path := range []string{secret, link, filepath.Join(dir, "..", "outside", "secret.txt"), dir + "/../outside/secret.txt"} {
		got := call(t, s, "read_text_file", object{"path": path})
		if !got.IsError || strings.Contains(got.text(), "hunter2") {
			t.Errorf("reading %s: got %+v, want a refusal", path, got)
		}
		got = call(t, s, "write_file", object{"path": path, "content": "overwritten"})
		if path != link && !got.IsError {
			t.Errorf("writing %s: got %+v, want a refusal", path, got)
		}
	}
	if got := onDisk(t, secret); got != "hunter2\n" {
		t.Fatalf("the file outside now has %q", got)
	}
	if got := call(t, s, "read_text_file", object{"path": filepath.Join(dir, "absent")}); !got.IsError {
		t.Errorf("reading what is not there: got %+v, want an error", got)
	}
	refused(t, s, readResource, object{"uri": fileURI(secret)})
	refused(t, s, readResource, object{"uri": fileURI(filepath.Join(dir, "absent"))})
}

func tryResources(t *testing.T, s session, dir, _ string) {
	list := ask[struct{ Resources []contents }](t, s, listResources, object{})
	if len(list.Resources) != 1 || list.Resources[0].URI != fileURI(dir) {
		t.Errorf("resources: got %+v, want %s", list.Resources, fileURI(dir))
	}
	templates := ask[struct {
		ResourceTemplates []struct{ URITemplate string }
	}](t, s, listTemplates, object{})
	if len(templates.ResourceTemplates) != 1 || templates.ResourceTemplates[0].URITemplate != template {
		t.Errorf("templates: got %+v", templates)
	}
	type read struct{ Contents []contents }
	notes := fileURI(filepath.Join(dir, "notes.txt"))
	got := ask[read](t, s, readResource, object{"uri": notes})
	if len(got.Contents) != 1 || got.Contents[0] != (contents{URI: notes, MIMEType: "text/plain", Text: sample["notes.txt"]}) {
		t.Errorf("reading %s: got %+v", notes, got)
	}
	image := fileURI(filepath.Join(dir, "pixel.png"))
	got = ask[read](t, s, readResource, object{"uri": image})
	if len(got.Contents) != 1 || got.Contents[0] != (contents{URI: image, MIMEType: "image/png", Blob: pixel}) {
		t.Errorf("reading %s: got %+v", image, got)
	}
	got = ask[read](t, s, readResource, object{"uri": fileURI(dir)})
	if len(got.Contents) != 1 || !strings.Contains(got.Contents[0].Text, "[FILE] notes.txt") {
		t.Errorf("reading the directory: got %+v", got)
	}
}

const template = "file:///{+path}"

func tryCompletion(t *testing.T, s session, dir, _ string) {
	typed := strings.TrimPrefix(filepath.ToSlash(dir), "/") + "/src/ma"
	got := ask[struct {
		Completion struct{ Values []string }
	}](t, s, complete, object{
		"ref":      object{"type": "ref/resource", "uri": template},
		"argument": object{"name": "path", "value": typed},
	})
	if want := typed + "in.go"; !slices.Equal(got.Completion.Values, []string{want}) {
		t.Errorf("completing %s: got %q, want %s", typed, got.Completion.Values, want)
	}
}

// An edit waits for as long as another program holds a lock on the file: time
// enough to change one's mind.
func tryCancelling(t *testing.T, s session, dir, _ string) {
	path := filepath.Join(dir, "locked.txt")
	put(t, path, "alpha\nbeta\n", false)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := npm.Lock(f); err != nil {
		t.Skipf("cancelling is not tried: no locks: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	edit := func(old, new string) object {
		return object{"path": path, "edits": []object{{"oldText": old, "newText": new}}}
	}
	err = s.do(ctx, callTool, object{"name": "edit_file", "arguments": edit("alpha", "cancelled")}, new(result))
	if err == nil {
		t.Fatal("the edit of a locked file ended before it was cancelled")
	}
	for range 200 { // clients may send the cancellation behind what they send next
		if got := text(t, s, "read_text_file", object{"path": path, "head": 1}); got != "alpha" {
			t.Fatalf("after cancelling: got %q", got)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	text(t, s, "edit_file", edit("beta", "later"))
	if got, want := onDisk(t, path), "alpha\nlater\n"; got != want {
		t.Errorf("the file has %q, want %q: a cancelled edit was made", got, want)
	}
}

func trySubscription(t *testing.T, s session, dir, _ string) {
	path := filepath.Join(dir, "watched.txt")
	put(t, path, "before\n", false)
	uri := fileURI(path)
	ask[json.RawMessage](t, s, subscribe, object{"uri": uri})
	put(t, path, "after\n", false)
	select {
	case got := <-s.updated():
		if got != uri {
			t.Errorf("told of a change of %s, want %s", got, uri)
		}
	case <-time.After(patience):
		t.Fatalf("not told that %s changed", uri)
	}
	read := ask[struct{ Contents []contents }](t, s, readResource, object{"uri": uri})
	if len(read.Contents) != 1 || read.Contents[0].Text != "after\n" {
		t.Errorf("read %+v after the change", read)
	}
	ask[json.RawMessage](t, s, unsubscribe, object{"uri": uri})
}
