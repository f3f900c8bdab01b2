package filesystem

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// joined is the path of name in dir.
func joined(dir, name string) string {
	if strings.HasSuffix(dir, string(filepath.Separator)) {
		return dir + name
	}
	return dir + string(filepath.Separator) + name
}

// uriOf is the file URI of an absolute path.
func uriOf(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") { // a drive letter
		slashed = "/" + slashed
	}
	return (&url.URL{Scheme: "file", Path: slashed}).String()
}

// pathOf is the path in a file URI.
func pathOf(uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || (u.Host != "" && u.Host != "localhost") || u.Path == "" {
		return "", fmt.Errorf("%q is not a file URI such as file:///home/me/notes.txt", uri)
	}
	if u.ForceQuery || u.RawQuery != "" || strings.Contains(uri, "#") {
		return "", fmt.Errorf("%q has a query or a fragment, which no file has: a path writes ? as %%3F and # as %%23", uri)
	}
	path := u.Path
	if len(path) > 2 && path[0] == '/' && path[2] == ':' { // a drive letter
		path = path[1:]
	}
	return filepath.FromSlash(path), nil
}
