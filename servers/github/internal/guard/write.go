package guard

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Blob is a file as it is on a branch.
type Blob struct {
	Path      string
	OID       string
	Size      int
	Text      string
	Binary    bool
	Truncated bool // Text is not all of it
	Tree      bool // it is a directory
}

// maxObjects is how many files one document asks for.
const maxObjects = 20

// readDocument reads n files at a commit, and headDocument also the branch that
// they are on. They are made of constants, when they are needed.
func readDocument(n int) *document { return objectsDocument("Files", "", "", n) }

func headDocument(n int) *document {
	return objectsDocument("Head", ", $ref: String!",
		"isEmpty defaultBranchRef { name target { oid } } ref(qualifiedName: $ref) { name target { oid ... on Commit { tree { oid } } } }", n)
}

// objectsDocument is the document that asks for n files.
func objectsDocument(name, variable, fields string, n int) *document {
	var vars, asks strings.Builder
	for i := range n {
		fmt.Fprintf(&vars, ", $e%d: String!", i)
		fmt.Fprintf(&asks, " f%d: object(expression: $e%d) { ...F }", i, i)
	}
	fragment := ""
	if n > 0 {
		fragment = " fragment F on GitObject { __typename oid ... on Blob { byteSize isBinary isTruncated text } }"
	}
	return &document{name: fmt.Sprintf("%s%d", name, n), text: fmt.Sprintf(
		"query %s($owner: String!, $name: String!%s%s) { repository(owner: $owner, name: $name, followRenames: false) { isPrivate %s%s } }%s",
		name, variable, vars.String(), fields, asks.String(), fragment)}
}

// objects is what these documents answer.
type objects struct {
	n       int
	Empty   bool
	Default *graphRef
	Ref     *graphRef
	found   []*graphBlob
}

type graphRef struct {
	Name   string `json:"name"`
	Target struct {
		OID  string `json:"oid"`
		Tree struct {
			OID string `json:"oid"`
		} `json:"tree"`
	} `json:"target"`
}

// UnmarshalJSON takes the numbered files into a list.
func (o *objects) UnmarshalJSON(text []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	o.found = make([]*graphBlob, o.n)
	for i := range o.n {
		if raw := all[fmt.Sprintf("f%d", i)]; raw != nil {
			if err := json.Unmarshal(raw, &o.found[i]); err != nil {
				return err
			}
		}
	}
	for name, to := range map[string]any{"isEmpty": &o.Empty, "defaultBranchRef": &o.Default, "ref": &o.Ref} {
		if raw := all[name]; raw != nil {
			if err := json.Unmarshal(raw, to); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *objects) blobs(paths []string) []*Blob {
	out := make([]*Blob, len(paths))
	for i := range paths {
		out[i] = o.found[i].blob(paths[i])
	}
	return out
}

type graphBlob struct {
	Type      string  `json:"__typename"`
	OID       string  `json:"oid"`
	Size      int     `json:"byteSize"`
	Binary    *bool   `json:"isBinary"`
	Truncated bool    `json:"isTruncated"`
	Text      *string `json:"text"`
}

func (b *graphBlob) blob(path string) *Blob {
	if b == nil {
		return nil
	}
	out := &Blob{Path: path, OID: b.OID, Size: b.Size, Truncated: b.Truncated, Tree: b.Type == "Tree"}
	if b.Text != nil {
		out.Text = *b.Text
	}
	out.Binary = b.Binary != nil && *b.Binary || b.Text == nil && !out.Tree
	return out
}

// Files reads up to twenty files in one call. A file that is not there is nil.
func (r *Repo) Files(ctx context.Context, paths []string, ref string) ([]*Blob, error) {
	if ref == "" {
		ref = "HEAD"
	}
	if err := checkRef("ref", ref); err != nil {
		return nil, err
	}
	if err := r.mayShow(ref); err != nil {
		return nil, err
	}
	vars, err := expressions(paths, ref)
	if err != nil {
		return nil, err
	}
	answer := objects{n: len(paths)}
	err = r.graph(ctx, readDocument(len(paths)), vars, &struct {
		Repository *objects `json:"repository"`
	}{&answer})
	if err != nil {
		return nil, err
	}
	return answer.blobs(paths), nil
}

func expressions(paths []string, ref string) (map[string]any, error) {
	if len(paths) > maxObjects {
		return nil, fmt.Errorf("paths: at most %d files are read at once", maxObjects)
	}
	vars := map[string]any{}
	for i, p := range paths {
		parts, err := cleanPath(p)
		if err != nil {
			return nil, err
		}
		vars[fmt.Sprintf("e%d", i)] = ref + ":" + strings.Join(parts, "/")
	}
	return vars, nil
}

// head is a branch as it is at a moment, with some of its files.
type head struct {
	branch, oid, tree string
	byDefault         string // the name of the default branch
	empty             bool   // the repository has no commit
	files             map[string]*Blob
}

// head finds out where a branch is, "" being the default branch, and reads
// files on it.
func (r *Repo) head(ctx context.Context, branch string, paths []string) (*head, error) {
	ref, at := "HEAD", "HEAD"
	if branch != "" {
		if err := checkRef("branch", branch); err != nil {
			return nil, err
		}
		branch = strings.TrimPrefix(branch, "refs/heads/")
		ref = "refs/heads/" + branch
		at = ref
	}
	out := &head{branch: branch, files: map[string]*Blob{}}
	for first := true; first || len(paths) > 0; first = false {
		some := paths[:min(len(paths), maxObjects)]
		paths = paths[len(some):]
		vars, err := expressions(some, at)
		if err != nil {
			return nil, err
		}
		vars["ref"] = ref
		answer := objects{n: len(some)}
		if err := r.graph(ctx, headDocument(len(some)), vars, &struct {
			Repository *objects `json:"repository"`
		}{&answer}); err != nil {
			return nil, err
		}
		if err := out.take(r, &answer, first); err != nil {
			return nil, err
		}
		for i, b := range answer.blobs(some) {
			out.files[some[i]] = b
		}
		at = out.oid // the rest of the files as of the same commit
	}
	return out, nil
}

func (h *head) take(r *Repo, o *objects, first bool) error {
	if !first {
		return nil
	}
	h.empty = o.Empty
	if o.Default != nil {
		h.byDefault = o.Default.Name
	}
	switch {
	case o.Ref != nil:
		h.oid, h.tree = o.Ref.Target.OID, o.Ref.Target.Tree.OID
	case h.branch == "" && o.Default != nil:
		h.oid = o.Default.Target.OID
	}
	if h.branch == "" {
		h.branch = h.byDefault
	}
	if h.oid == "" && !h.empty {
		return mcpcore.Hint(fmt.Errorf("%s has no branch %s", r, quote(h.branch)), "call create_branch first, or list_branches to see which there are")
	}
	return nil
}

// Change is one file of a commit.
type Change struct {
	Path string
	Data []byte
	Mode string // of git, such as 100755; "" is that of a plain file
	Gone bool
}

// Writing is what a commit is made from.
type Writing struct {
	Branch       string // "" is the default branch
	From         string // where the branch is made, if it is not there
	ExpectedHead string // of the branch; "" is where it is when files are read
	Message      string
	Read         []string // files that Make wants to see
	Make         func(files map[string]*Blob) ([]Change, error)
}

// Write makes one commit. Between the reading of files and the commit nobody
// else gets in: then nothing is written.
func (r *Repo) Write(ctx context.Context, w Writing) (oid, branch string, err error) {
	if err := r.g.mayWrite(r.owner, r.name); err != nil {
		return "", "", err
	}
	if strings.TrimSpace(w.Message) == "" {
		return "", "", errors.New("message: a commit needs one")
	}
	if w.ExpectedHead != "" {
		if err := checkSHA("expected_head", w.ExpectedHead); err != nil {
			return "", "", err
		}
	}
	if w.From != "" {
		if _, err := r.CreateBranch(ctx, w.Branch, w.From); err != nil {
			return "", "", err
		}
	}
	var h *head
	if len(w.Read) == 0 && len(w.ExpectedHead) == 40 && w.Branch != "" && !r.g.protectsDefault() {
		if err := checkRef("branch", w.Branch); err != nil {
			return "", "", err
		}
		h = &head{branch: strings.TrimPrefix(w.Branch, "refs/heads/"), oid: w.ExpectedHead}
	} else if h, err = r.head(ctx, w.Branch, w.Read); err != nil {
		return "", "", err
	}
	if w.ExpectedHead != "" && !strings.HasPrefix(h.oid, strings.ToLower(w.ExpectedHead)) {
		return "", "", lost(errStale, h.branch)
	}
	for _, b := range h.files {
		if b != nil && b.Truncated && !b.Binary {
			if err := r.whole(ctx, b, h.oid); err != nil {
				return "", "", err
			}
		}
	}
	changes, err := w.Make(h.files)
	if err != nil {
		return "", "", err
	}
	for _, c := range changes {
		if c.Mode != "" && h.tree == "" && !h.empty {
			if h, err = r.head(ctx, w.Branch, nil); err != nil {
				return "", "", err
			}
			break
		}
	}
	oid, err = r.commit(ctx, h, w.Message, changes)
	return oid, h.branch, err
}

// whole reads the rest of a file.
func (r *Repo) whole(ctx context.Context, b *Blob, ref string) error {
	parts, err := cleanPath(b.Path)
	if err != nil {
		return err
	}
	data, err := r.rawFile(ctx, parts, url.Values{"ref": {ref}})
	b.Text, b.Truncated = string(data), false
	return err
}

// commit writes changes to a branch in one commit, if it still is where it was.
// It is signed by GitHub, unless a file has a mode of its own.
func (r *Repo) commit(ctx context.Context, h *head, message string, changes []Change) (oid string, err error) {
	if len(changes) == 0 {
		return "", errors.New("there is nothing to commit")
	}
	if err := r.g.mayChangeBranch(r, h.branch, h.byDefault); err != nil {
		return "", err
	}
	plain := true
	for i, c := range changes {
		parts, err := cleanPath(c.Path)
		if err != nil {
			return "", err
		}
		if len(parts) == 0 {
			return "", errors.New("path: the root of the repository is no file")
		}
		for _, p := range parts {
			if strings.EqualFold(p, ".git") {
				return "", fmt.Errorf("path: %s is inside of git's own directory", quote(c.Path))
			}
		}
		changes[i].Path = strings.Join(parts, "/")
		if err := r.g.mayChangePath(changes[i].Path); err != nil {
			return "", err
		}
		plain = plain && c.Mode == ""
	}
	if !r.g.o.NoSecretScan {
		if err := findSecret(message); err != nil {
			return "", fmt.Errorf("message: %w", err)
		}
		for _, c := range changes {
			if err := findSecret(string(c.Data)); err != nil {
				return "", fmt.Errorf("%s: %w", c.Path, err)
			}
		}
	}
	switch {
	case h.empty:
		return r.firstCommit(ctx, h, message, changes)
	case plain:
		return r.graphCommit(ctx, h, message, changes)
	}
	return r.dataCommit(ctx, h, message, changes)
}

var commitDocument = newDocument("Commit", `mutation Commit($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }`)

func (r *Repo) graphCommit(ctx context.Context, h *head, message string, changes []Change) (string, error) {
	headline, rest, _ := strings.Cut(strings.TrimSpace(message), "\n")
	text := map[string]any{"headline": headline}
	if rest = strings.TrimSpace(rest); rest != "" {
		text["body"] = rest
	}
	additions, deletions := []map[string]any{}, []map[string]any{}
	for _, c := range changes {
		if c.Gone {
			deletions = append(deletions, map[string]any{"path": c.Path})
			continue
		}
		additions = append(additions, map[string]any{"path": c.Path, "contents": base64.StdEncoding.EncodeToString(c.Data)})
	}
	var out struct {
		Made struct {
			Commit struct {
				OID string `json:"oid"`
			} `json:"commit"`
		} `json:"createCommitOnBranch"`
	}
	err := r.mutate(ctx, commitDocument, map[string]any{
		"branch":          map[string]any{"repositoryNameWithOwner": r.String(), "branchName": h.branch},
		"message":         text,
		"expectedHeadOid": h.oid,
		"fileChanges":     map[string]any{"additions": additions, "deletions": deletions},
	}, &out)
	return out.Made.Commit.OID, lost(err, h.branch)
}

// lost says what to do for who came second of two writers.
func lost(err error, branch string) error {
	if err == nil {
		return nil
	}
	low := strings.ToLower(err.Error())
	if errors.Is(err, errStale) || strings.Contains(low, "expected branch to point to") || strings.Contains(low, "not a fast forward") {
		return mcpcore.Hint(fmt.Errorf("branch %s has moved on since it was read; nothing was written", branch),
			"somebody else committed in between: read the files anew, and try again")
	}
	return err
}

// dataCommit makes a commit out of git's objects, where files have modes.
func (r *Repo) dataCommit(ctx context.Context, h *head, message string, changes []Change) (string, error) {
	type entry struct {
		Path string  `json:"path"`
		Mode string  `json:"mode"`
		Type string  `json:"type"`
		SHA  *string `json:"sha"`
	}
	var entries []any
	for _, c := range changes {
		mode := cmp.Or(c.Mode, "100644")
		if c.Gone {
			entries = append(entries, entry{c.Path, "100644", "blob", nil})
			continue
		}
		var blob struct {
			SHA string `json:"sha"`
		}
		if err := r.send(ctx, http.MethodPost, map[string]any{"content": base64.StdEncoding.EncodeToString(c.Data), "encoding": "base64"}, &blob, "git", "blobs"); err != nil {
			return "", err
		}
		entries = append(entries, entry{c.Path, mode, "blob", &blob.SHA})
	}
	var made struct {
		SHA string `json:"sha"`
	}
	if err := r.send(ctx, http.MethodPost, map[string]any{"base_tree": h.tree, "tree": entries}, &made, "git", "trees"); err != nil {
		return "", err
	}
	tree := made.SHA
	if err := r.send(ctx, http.MethodPost, map[string]any{"message": message, "tree": tree, "parents": []string{h.oid}}, &made, "git", "commits"); err != nil {
		return "", err
	}
	ref := append([]string{"git", "refs", "heads"}, segments(h.branch)...)
	return made.SHA, lost(r.send(ctx, http.MethodPatch, map[string]any{"sha": made.SHA, "force": false}, nil, ref...), h.branch)
}

// firstCommit puts files into a repository without any: the first by itself,
// as there is no branch before it.
func (r *Repo) firstCommit(ctx context.Context, h *head, message string, changes []Change) (string, error) {
	c := changes[0]
	if c.Gone {
		return "", fmt.Errorf("path: there is no file %s", quote(c.Path))
	}
	body := map[string]any{"message": message, "content": base64.StdEncoding.EncodeToString(c.Data)}
	if h.branch != "" {
		body["branch"] = h.branch
	}
	var out struct {
		Commit struct {
			SHA string `json:"sha"`
		} `json:"commit"`
	}
	parts, err := cleanPath(c.Path)
	if err != nil {
		return "", err
	}
	if err := r.send(ctx, http.MethodPut, body, &out, append([]string{"contents"}, parts...)...); err != nil {
		return "", err
	}
	if len(changes) == 1 {
		return out.Commit.SHA, nil
	}
	next, err := r.head(ctx, h.branch, nil)
	if err != nil {
		return "", err
	}
	return r.commit(ctx, next, message, changes[1:])
}
