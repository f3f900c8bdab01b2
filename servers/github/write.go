package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/edit"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type createBranchIn struct {
	repoIn
	Branch string `json:"branch" jsonschema:"new name" audit:"target"`
	From   string `json:"from_branch,omitzero" jsonschema:"branch or SHA; default branch if left out" alias:"from"`
}

func (s *server) createBranch(ctx context.Context, in createBranchIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	sha, err := r.CreateBranch(ctx, in.Branch, in.From)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("branch %s at %s", in.Branch, short(sha)), nil
}

// commitIn is where a change goes.
type commitIn struct {
	repoIn
	Branch  string `json:"branch" audit:"target"`
	Message string `json:"message"`
}

// commit makes a commit and says where it is.
func (s *server) commit(ctx context.Context, in commitIn, w guard.Writing) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	w.Branch, w.Message = in.Branch, in.Message
	count := 0
	make := w.Make
	w.Make = func(files map[string]*guard.Blob) ([]guard.Change, error) {
		changes, err := make(files)
		count = len(changes)
		return changes, err
	}
	oid, branch, err := r.Write(ctx, w)
	if err != nil {
		return "", err
	}
	files := "1 file"
	if count != 1 {
		files = fmt.Sprintf("%d files", count)
	}
	return fmt.Sprintf("commit %s on %s, %s", oid, branch, files), nil
}

type putFileIn struct {
	commitIn
	Path    string `json:"path" audit:"target"`
	Content string `json:"content"`
	SHA     string `json:"sha,omitzero" jsonschema:"of the file as it was read; checked if given"`
}

func (s *server) createOrUpdateFile(ctx context.Context, in putFileIn) (string, error) {
	return s.commit(ctx, in.commitIn, guard.Writing{Read: []string{in.Path}, Make: func(files map[string]*guard.Blob) ([]guard.Change, error) {
		old := files[in.Path]
		if err := unchanged(in.Path, old, in.SHA); err != nil {
			return nil, err
		}
		if old != nil && old.Tree {
			return nil, fmt.Errorf("path: %s is a directory", in.Path)
		}
		return []guard.Change{{Path: in.Path, Data: []byte(in.Content)}}, nil
	}})
}

// unchanged compares a file with what the caller has seen of it.
func unchanged(path string, b *guard.Blob, sha string) error {
	switch {
	case sha == "" || b != nil && strings.EqualFold(b.OID, sha):
		return nil
	case b == nil:
		return mcpcore.Hint(fmt.Errorf("%s is not there any more; nothing was written", path), "leave sha out to create it")
	}
	return mcpcore.Hint(fmt.Errorf("%s was changed since it was read (now %s); nothing was written", path, b.OID), "read it anew with get_file_contents, and try again")
}

type deleteFileIn struct {
	commitIn
	Path string `json:"path" audit:"target"`
	SHA  string `json:"sha,omitzero" jsonschema:"checked if given"`
}

func (s *server) deleteFile(ctx context.Context, in deleteFileIn) (string, error) {
	return s.commit(ctx, in.commitIn, guard.Writing{Read: []string{in.Path}, Make: func(files map[string]*guard.Blob) ([]guard.Change, error) {
		b := files[in.Path]
		if b == nil || b.Tree {
			return nil, mcpcore.Hint(fmt.Errorf("there is no file %s on %s", in.Path, in.Branch), "get_repository_tree lists the paths")
		}
		return []guard.Change{{Path: in.Path, Gone: true}}, unchanged(in.Path, b, in.SHA)
	}})
}

type editFileIn struct {
	commitIn
	Path     string      `json:"path" audit:"target"`
	Edits    []edit.Edit `json:"edits" jsonschema:"done in order, all or none"`
	Expected string      `json:"expected_sha,omitzero" jsonschema:"of the file; checked if given" alias:"sha"`
}

func (s *server) editFile(ctx context.Context, in editFileIn) (string, error) {
	changed := ""
	done, err := s.commit(ctx, in.commitIn, guard.Writing{Read: []string{in.Path}, Make: func(files map[string]*guard.Blob) ([]guard.Change, error) {
		b, err := textOf(files, in.Path, in.Branch)
		if err != nil {
			return nil, err
		}
		if err := unchanged(in.Path, b, in.Expected); err != nil {
			return nil, err
		}
		text, err := edit.Apply(b.Text, in.Edits)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.Path, err)
		}
		if text == b.Text {
			return nil, errors.New("the edits change nothing")
		}
		changed = edit.Diff(in.Path, b.Text, text, 4000)
		return []guard.Change{{Path: in.Path, Data: []byte(text)}}, nil
	}})
	if err != nil {
		return "", err
	}
	return done + "\n" + changed, nil
}

// textOf is a file that can be edited.
func textOf(files map[string]*guard.Blob, path, branch string) (*guard.Blob, error) {
	b := files[path]
	switch {
	case b == nil:
		return nil, mcpcore.Hint(fmt.Errorf("there is no file %s on %s", path, branch), "get_repository_tree lists the paths")
	case b.Tree:
		return nil, fmt.Errorf("path: %s is a directory", path)
	case b.Binary:
		return nil, fmt.Errorf("path: %s is no text", path)
	}
	return b, nil
}

type pushedFile struct {
	Path    string  `json:"path" audit:"target"`
	Content *string `json:"content,omitzero"`
	Delete  bool    `json:"delete,omitzero"`
	From    string  `json:"rename_from,omitzero" audit:"target"`
	Mode    string  `json:"mode,omitzero" jsonschema:"of git" enum:"100644,100755,120000"`
}

type pushFilesIn struct {
	commitIn
	Files    []pushedFile `json:"files"`
	Expected string       `json:"expected_head,omitzero"`
	From     string       `json:"create_branch_from,omitzero" jsonschema:"make the branch from this one"`
}

func (s *server) pushFiles(ctx context.Context, in pushFilesIn) (string, error) {
	var read []string
	for _, f := range in.Files {
		if f.From != "" {
			read = append(read, f.From)
		}
		if f.Delete {
			read = append(read, f.Path)
		}
		if f.Delete && (f.Content != nil || f.From != "") || !f.Delete && f.Content == nil && f.From == "" {
			return "", mcpcore.Hint(fmt.Errorf("files: it is not clear what happens to %s", f.Path), "give one of content, delete and rename_from; rename_from may come with content")
		}
	}
	return s.commit(ctx, in.commitIn, guard.Writing{
		Read: read, ExpectedHead: in.Expected, From: in.From,
		Make: func(files map[string]*guard.Blob) ([]guard.Change, error) { return pushed(in, files) },
	})
}

func pushed(in pushFilesIn, files map[string]*guard.Blob) ([]guard.Change, error) {
	var out []guard.Change
	for _, f := range in.Files {
		if f.Delete {
			if b := files[f.Path]; b == nil || b.Tree {
				return nil, fmt.Errorf("there is no file %s on %s", f.Path, in.Branch)
			}
			out = append(out, guard.Change{Path: f.Path, Gone: true})
			continue
		}
		c := guard.Change{Path: f.Path, Mode: f.Mode}
		if f.Mode == "100644" {
			c.Mode = ""
		}
		if f.Content != nil {
			c.Data = []byte(*f.Content)
		}
		if f.From != "" {
			b := files[f.From]
			if b == nil || b.Tree {
				return nil, fmt.Errorf("there is no file %s on %s", f.From, in.Branch)
			}
			if f.Content == nil {
				if b.Binary {
					return nil, fmt.Errorf("%s is no text, and is not moved", f.From)
				}
				c.Data = []byte(b.Text)
			}
			out = append(out, guard.Change{Path: f.From, Gone: true})
		}
		out = append(out, c)
	}
	return out, nil
}

type applyPatchIn struct {
	commitIn
	Patch    string `json:"patch"`
	Expected string `json:"expected_head,omitzero"`
}

func (s *server) applyPatch(ctx context.Context, in applyPatchIn) (string, error) {
	files, err := edit.Parse(in.Patch)
	if err != nil {
		return "", mcpcore.Hint(fmt.Errorf("patch: %w", err), "send a unified diff with --- and +++ lines, such as git diff prints; or use edit_file")
	}
	var read []string
	for _, f := range files {
		if name := cmp.Or(f.Old, f.New); !slices.Contains(read, name) {
			read = append(read, name)
		}
	}
	return s.commit(ctx, in.commitIn, guard.Writing{Read: read, ExpectedHead: in.Expected, Make: func(have map[string]*guard.Blob) ([]guard.Change, error) {
		return patched(in.Branch, files, have)
	}})
}

func patched(branch string, files []*edit.File, have map[string]*guard.Blob) ([]guard.Change, error) {
	var out []guard.Change
	for _, f := range files {
		source := ""
		if f.Added {
			if have[f.New] != nil {
				return nil, mcpcore.Hint(fmt.Errorf("patch: %s is there already", f.New), "send a change of it in place of a new file")
			}
		} else {
			b, err := textOf(have, f.Old, branch)
			if err != nil {
				return nil, err
			}
			source = b.Text
		}
		text, err := f.Apply(source)
		if err != nil {
			return nil, mcpcore.Hint(fmt.Errorf("patch: %s: %w", cmp.Or(f.Old, f.New), err), "read the file anew; edit_file needs no line numbers")
		}
		if f.Old != "" && f.Old != f.New {
			out = append(out, guard.Change{Path: f.Old, Gone: true})
		}
		if f.New != "" {
			out = append(out, guard.Change{Path: f.New, Data: []byte(text), Mode: f.Mode})
		}
	}
	return out, nil
}
