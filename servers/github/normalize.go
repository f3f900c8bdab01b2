package github

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// repoIn is the repository that a call is about.
type repoIn struct {
	Owner string `json:"owner" jsonschema:"account" audit:"target"`
	Repo  string `json:"repo" jsonschema:"name" audit:"target"`
}

// normalize lets repo stand for both parts of a name: owner/name, or the
// address of the repository.
func normalize(args []byte) ([]byte, error) {
	var repo []byte
	hasOwner := false
	for key, raw := range jsonrpc.Members(args) {
		switch key {
		case "owner":
			hasOwner = true
		case "repo":
			repo = raw
		}
	}
	if jsonrpc.Kind(repo) != '"' || !bytes.ContainsRune(repo, '/') {
		return args, nil
	}
	name := strings.TrimSuffix(jsonrpc.Unquote(repo), ".git")
	if u, err := url.Parse(name); err == nil && u.Scheme == "https" {
		name = strings.Trim(u.Path, "/")
	}
	owner, name, ok := strings.Cut(name, "/")
	if !ok || owner == "" || strings.Contains(name, "/") {
		return args, nil // to be refused where names are checked
	}
	var out []byte
	for key, raw := range jsonrpc.Members(args) {
		out = append(out, ',')
		out = append(jsonrpc.AppendString(out, key), ':')
		if key == "repo" {
			raw = jsonrpc.AppendString(nil, name)
		}
		out = append(out, raw...)
	}
	if !hasOwner {
		out = jsonrpc.AppendString(append(out, `,"owner":`...), owner)
	}
	out[0] = '{'
	return append(out, '}'), nil
}
