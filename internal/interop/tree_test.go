package interop

import (
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pixel is a PNG of one pixel.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// sample is what a directory holds before a client touches it; a name that
// ends in a slash is an empty directory.
var sample = map[string]string{
	"notes.txt":             "alpha\nbeta\ngamma\ndelta\n",
	"unended.txt":           "one\ntwo\nthree",
	"empty.txt":             "",
	"docs/unicode.md":       "# Grüße, 世界\n",
	"src/main.go":           "package main\n\nfunc main() {\n\tprintln(\"hello\")\n}\n",
	"src/deep/util.go":      "package deep\n",
	"src/deep/util_test.go": "package deep\n",
	"src/build/out.bin":     "binary\n",
	"vacant/":               "",
}

// workspace makes an allowed directory with the sample in it, and next to it a
// file that no client may see.
func workspace(t *testing.T) (dir, secret string) {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir, secret = filepath.Join(top, "work"), filepath.Join(top, "outside", "secret.txt")
	for name, content := range sample {
		put(t, filepath.Join(dir, filepath.FromSlash(name)), content, strings.HasSuffix(name, "/"))
	}
	png, err := base64.StdEncoding.DecodeString(pixel)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "pixel.png"), string(png), false)
	put(t, secret, "hunter2\n", false)
	return dir, secret
}

func put(t *testing.T, path, content string, isDir bool) {
	t.Helper()
	parent := filepath.Dir(path)
	if isDir {
		parent = path
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	if isDir {
		return
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func onDisk(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// fileURI is the address of a path as a resource.
func fileURI(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // a drive
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
