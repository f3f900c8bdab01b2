package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/outline"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type contentsIn struct {
	repoIn
	Path      string   `json:"path,omitzero" audit:"target"`
	Paths     []string `json:"paths,omitzero" jsonschema:"up to 20 files" maxItems:"20" audit:"target"`
	Ref       string   `json:"ref,omitzero" alias:"branch,sha"`
	StartLine int      `json:"start_line,omitzero"`
	EndLine   int      `json:"end_line,omitzero"`
	Outline   bool     `json:"outline,omitzero" jsonschema:"only declarations"`
}

// maxFile is how much of one file is shown at once; more is asked for by lines.
const maxFile = 100_000

func (s *server) getFileContents(ctx context.Context, in contentsIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	if len(in.Paths) > 0 {
		if in.Path != "" {
			in.Paths = append(in.Paths, in.Path)
		}
		return s.manyFiles(ctx, r, in)
	}
	c, err := r.Content(ctx, in.Path, in.Ref)
	if err != nil {
		return nil, err
	}
	switch c.Type {
	case "dir":
		return texts(cmp.Or(s.fenced("names in "+r.String(), listing(c.Entries)), "empty")), nil
	case "file":
		return texts(s.file(r, file{c.Path, c.SHA, c.Size, string(c.Data), !utf8.Valid(c.Data)}, in)...), nil
	}
	return texts(fmt.Sprintf("%s is a %s to %s", line(c.Path, 0), c.Type, line(c.Target, 0))), nil
}

// manyFiles reads several files in one call of GitHub.
func (s *server) manyFiles(ctx context.Context, r *guard.Repo, in contentsIn) (*mcpcore.Result, error) {
	found, err := r.Files(ctx, in.Paths, in.Ref)
	if err != nil {
		return nil, err
	}
	var blocks []string
	there := 0
	for i, b := range found {
		name := in.Paths[i]
		switch {
		case b == nil:
			blocks = append(blocks, line(name, 0)+": not there")
		case b.Tree:
			blocks = append(blocks, line(name, 0)+": a directory; read it by path")
		case b.Truncated && !b.Binary:
			blocks = append(blocks, fmt.Sprintf("%s: %d bytes; read it alone, by path", line(name, 0), b.Size))
		default:
			there++
			blocks = append(blocks, s.file(r, file{name, b.OID, b.Size, b.Text, b.Binary}, in)...)
		}
	}
	if there == 0 && len(blocks) > 0 {
		return nil, mcpcore.Hint(errors.New(strings.Join(blocks, "\n")), "get_repository_tree lists the paths")
	}
	return texts(blocks...), nil
}

// file is a file of text, or not.
type file struct {
	path, sha string
	size      int
	text      string
	binary    bool
}

// file shows a file, or a part of it, behind a line about it.
func (s *server) file(r *guard.Repo, f file, in contentsIn) []string {
	if f.binary {
		return []string{fmt.Sprintf("%s: binary, %d bytes, SHA %s", line(f.path, 0), f.size, f.sha)}
	}
	lines := strings.SplitAfter(f.text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	head := fmt.Sprintf("%s, %d lines, SHA %s", line(f.path, 0), len(lines), f.sha)
	from, to := max(in.StartLine, 1), len(lines)
	if in.EndLine > 0 {
		to = min(in.EndLine, to)
	}
	where := "file " + f.path + " of " + r.String()
	if in.Outline {
		return []string{head + ", outline by line", s.fenced(where, outline.Of(path.Base(f.path), lines))}
	}
	if from > to {
		return []string{head}
	}
	size, cut := 0, to
	for i := from; i <= to; i++ {
		if size += len(lines[i-1]); size > maxFile && i > from {
			cut = i - 1
			break
		}
	}
	text := strings.Join(lines[from-1:cut], "")
	if from > 1 || cut < len(lines) {
		head += fmt.Sprintf(", here %d-%d", from, cut)
	}
	if plain := visible(text); len(plain) != len(strings.ReplaceAll(text, "\r\n", "\n")) {
		head += ", characters that cannot be seen left out"
	}
	if cut < to {
		head += fmt.Sprintf("; for more, start_line %d", cut+1)
	}
	return []string{head, s.fenced(where, text)}
}

func listing(entries []guard.Content) string {
	var b strings.Builder
	for _, e := range entries {
		switch e.Type {
		case "dir":
			fmt.Fprintf(&b, "%s/\n", line(e.Name, 0))
		case "file":
			fmt.Fprintf(&b, "%s\t%d\n", line(e.Name, 0), e.Size)
		default:
			fmt.Fprintf(&b, "%s\t%s\n", line(e.Name, 0), e.Type)
		}
	}
	return b.String()
}

type treeIn struct {
	repoIn
	Ref       string `json:"ref,omitzero" alias:"tree_sha"`
	Path      string `json:"path,omitzero" alias:"path_filter" audit:"target"`
	Recursive *bool  `json:"recursive,omitzero" jsonschema:"default true"`
}

// maxTree is how many entries of a tree are shown.
const maxTree = 1500

func (s *server) getRepositoryTree(ctx context.Context, in treeIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	entries, truncated, err := r.Tree(ctx, in.Ref, in.Recursive == nil || *in.Recursive)
	if err != nil {
		return nil, err
	}
	under := strings.Trim(in.Path, "/")
	var b strings.Builder
	shown, all := 0, 0
	for _, e := range entries {
		if under != "" && e.Path != under && !strings.HasPrefix(e.Path, under+"/") {
			continue
		}
		if all++; shown >= maxTree {
			continue
		}
		shown++
		switch e.Type {
		case "tree":
			if in.Recursive != nil && !*in.Recursive {
				b.WriteString(line(e.Path, 0) + "/\n")
			}
		case "blob":
			fmt.Fprintf(&b, "%s\t%d\n", line(e.Path, 0), e.Size)
		default:
			fmt.Fprintf(&b, "%s\tsubmodule\n", line(e.Path, 0))
		}
	}
	note := ""
	switch {
	case all > shown:
		note = fmt.Sprintf("\n[%d of %d shown: name a directory in path]", shown, all)
	case truncated:
		note = "\n[GitHub has left some out: use get_file_contents on directories]"
	}
	return texts(cmp.Or(s.fenced("paths of "+r.String(), b.String()), "nothing is there") + note), nil
}

// texts is a result of blocks of text.
func texts(blocks ...string) *mcpcore.Result {
	r := &mcpcore.Result{}
	for _, b := range blocks {
		if b != "" {
			r.Content = append(r.Content, mcpcore.Text{Text: b})
		}
	}
	if len(r.Content) == 0 {
		r.Content = []mcpcore.Content{mcpcore.Text{Text: "nothing"}}
	}
	return r
}
