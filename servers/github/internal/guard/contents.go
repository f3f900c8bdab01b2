package guard

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Content is a file, a link or a submodule, or what is in a directory.
type Content struct {
	Type     string    `json:"type"` // file, dir, symlink, submodule
	Path     string    `json:"path"`
	Name     string    `json:"name"`
	SHA      string    `json:"sha"`
	Size     int       `json:"size"`
	Target   string    `json:"target"` // of a link
	Encoding string    `json:"encoding"`
	Raw      string    `json:"content"`
	Data     []byte    `json:"-"`
	Entries  []Content `json:"-"` // of a directory
}

// maxFile is the size of the largest file that is read.
const maxFile = 32 << 20

// Content reads what is at a path. ref "" is the default branch.
func (r *Repo) Content(ctx context.Context, path, ref string) (*Content, error) {
	parts, err := cleanPath(path)
	if err != nil {
		return nil, err
	}
	q := url.Values{}
	if ref != "" {
		if err := checkRef("ref", ref); err != nil {
			return nil, err
		}
		if err := r.mayShow(ref); err != nil {
			return nil, err
		}
		q.Set("ref", ref)
	}
	var raw json.RawMessage
	if _, err := r.get(ctx, &raw, q, append([]string{"contents"}, parts...)...); err != nil {
		return nil, mcpcore.Hint(err, cmp.Or(mcpcore.HintOf(err), "get_repository_tree lists the paths"))
	}
	out := &Content{}
	if len(raw) > 0 && raw[0] == '[' {
		out.Type, out.Path = "dir", path
		return out, json.Unmarshal(raw, &out.Entries)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return nil, err
	}
	if out.Type != "file" {
		return out, nil
	}
	switch {
	case out.Encoding == "base64":
		out.Data, err = base64.StdEncoding.DecodeString(unwrapped(out.Raw))
	case out.Size > 0: // more than a megabyte is not sent along
		out.Data, err = r.rawFile(ctx, parts, q)
	}
	out.Raw = ""
	return out, err
}

func unwrapped(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] != '\n' && s[i] != '\r' {
			b = append(b, s[i])
		}
	}
	return string(b)
}

func (r *Repo) rawFile(ctx context.Context, parts []string, q url.Values) ([]byte, error) {
	var buf buffer
	_, err := r.g.do(ctx, request{
		path: r.path(append([]string{"contents"}, parts...)...), query: q, repo: r, accept: "application/vnd.github.raw", most: maxFile,
	}, &buf)
	if errors.As(err, new(*tooLarge)) {
		return nil, errors.New("the file has more than the 32 MiB that are read")
	}
	return buf, err
}

// buffer collects bytes.
type buffer []byte

func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}
