package github

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

// repoIn is the repository that a call is about.
type repoIn struct {
	Owner string `json:"owner" audit:"target"`
	Repo  string `json:"repo" audit:"target"`
}

// normalize lets repo stand for both parts of a name: owner/name, or the
// address of the repository.
func normalize(args []byte) ([]byte, error) {
	var given, repo []byte
	foreign := false
	for key, raw := range jsonrpc.Members(args) {
		switch key {
		case "owner":
			given = raw
		case "repo":
			repo = raw
		case "return_content", "minimal_output", "fields", "allow_symlink_write":
			foreign = true
		case "state", "orderBy", "sort", "direction", "order":
			foreign = foreign || jsonrpc.Kind(raw) == '"' && strings.ToLower(jsonrpc.Unquote(raw)) != jsonrpc.Unquote(raw)
		}
	}
	if foreign {
		args = without(args)
	}
	if jsonrpc.Kind(repo) != '"' || !bytes.ContainsRune(repo, '/') {
		return args, nil
	}
	name := strings.TrimSuffix(jsonrpc.Unquote(repo), ".git")
	if u, err := url.Parse(name); err == nil && u.Scheme == "https" {
		name = strings.Trim(u.Path, "/")
	}
	owner, name, ok := strings.Cut(name, "/")
	other := given != nil && !strings.EqualFold(jsonrpc.Unquote(given), owner)
	if !ok || owner == "" || other || strings.Contains(name, "/") {
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
	if given == nil {
		out = jsonrpc.AppendString(append(out, `,"owner":`...), owner)
	}
	out[0] = '{'
	return append(out, '}'), nil
}

// without takes out arguments of other servers' tools that say nothing here,
// and writes constants as they are written here.
func without(args []byte) []byte {
	var out []byte
	for key, raw := range jsonrpc.Members(args) {
		switch key {
		case "return_content", "minimal_output", "fields", "allow_symlink_write":
			continue
		case "state", "orderBy", "sort", "direction", "order":
			if jsonrpc.Kind(raw) == '"' {
				raw = jsonrpc.AppendString(nil, strings.TrimSuffix(strings.ToLower(jsonrpc.Unquote(raw)), "_at"))
			}
		}
		out = append(out, ',')
		out = append(append(jsonrpc.AppendString(out, key), ':'), raw...)
	}
	if len(out) == 0 {
		return []byte("{}")
	}
	out[0] = '{'
	return append(out, '}')
}
