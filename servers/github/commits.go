package github

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/diff"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type repoListIn struct {
	repoIn
	pageIn
}

func (s *server) listBranches(ctx context.Context, in repoListIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	branches, page, err := r.Branches(ctx, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{columns: []string{"name", "sha", "protected"}, page: page}
	for _, b := range branches {
		l.add(b.Name, b.Commit.SHA, b.Protected)
	}
	return s.shown(l)
}

func (s *server) listTags(ctx context.Context, in repoListIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	tags, page, err := r.Tags(ctx, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{columns: []string{"name", "sha"}, page: page}
	for _, b := range tags {
		l.add(b.Name, b.Commit.SHA)
	}
	return s.shown(l)
}

func (s *server) listReleases(ctx context.Context, in repoListIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	releases, page, err := r.Releases(ctx, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{from: "releases of " + r.String(), columns: []string{"tag", "name", "state", "published", "author", "assets"}, page: page}
	for _, v := range releases {
		l.add(v.Tag, line(v.Name, 100), releaseState(&v), day(v.Published), "@"+v.Author.Login, len(v.Assets))
	}
	return s.shown(l)
}

func releaseState(v *guard.Release) string {
	switch {
	case v.Draft:
		return "draft"
	case v.Prerelease:
		return "prerelease"
	}
	return "release"
}

type releaseIn struct {
	repoIn
	Tag string `json:"tag,omitzero" jsonschema:"default latest"`
}

func (s *server) getReleaseByTag(ctx context.Context, in releaseIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	v, err := r.Release(ctx, in.Tag)
	if err != nil {
		return nil, err
	}
	f := facts{}
	f.add("tag", v.Tag)
	f.add("name", line(v.Name, 200))
	f.add("state", releaseState(v))
	f.add("published", minute(v.Published))
	f.add("author", "@"+v.Author.Login)
	f.add("target", line(v.Target, 100))
	f.add("url", v.URL)
	for _, a := range v.Assets {
		f.add("asset", fmt.Sprintf("%s, %d bytes, %d downloads", line(a.Name, 150), a.Size, a.Downloads))
	}
	return texts(f.String(), s.quoted("notes of the release", v.Body)), nil
}

type listCommitsIn struct {
	repoIn
	SHA    string `json:"sha,omitzero" jsonschema:"branch, tag or SHA to start at" alias:"ref,branch"`
	Path   string `json:"path,omitzero" audit:"target"`
	Author string `json:"author,omitzero"`
	Since  string `json:"since,omitzero"`
	Until  string `json:"until,omitzero" jsonschema:"ISO 8601"`
	pageIn
}

func (s *server) listCommits(ctx context.Context, in listCommitsIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	commits, page, err := r.Commits(ctx, guard.CommitFilter{Ref: in.SHA, Path: in.Path, Author: in.Author, Since: in.Since, Until: in.Until}, in.window())
	if err != nil {
		return nil, err
	}
	l := commitList("commits of "+r.String(), commits)
	l.page = page
	return s.shown(l)
}

func commitList(from string, commits []guard.Commit) *list {
	l := &list{from: from, columns: []string{"sha", "date", "author", "message"}}
	for _, c := range commits {
		l.add(short(c.SHA), minute(c.Commit.Author.Date), line(c.By(), 60), line(first(c.Commit.Message), 120))
	}
	return l
}

// diffIn is how much of a diff is wanted.
type diffIn struct {
	Paths     []string `json:"paths,omitzero" audit:"target"`
	MaxBytes  int      `json:"max_bytes,omitzero" jsonschema:"default 24000"`
	Cursor    string   `json:"cursor,omitzero" alias:"page,after"`
	Generated bool     `json:"generated,omitzero" jsonschema:"with generated files"`
}

// maxDiff is how much of a diff an answer holds, with room for what is round it.
const maxDiff = 23_500

// window shows a part of a diff.
func (s *server) window(from, text string, in diffIn) (*mcpcore.Result, error) {
	shown, next, err := diff.Window(diff.Parse(visible(text)), diff.Options{
		Paths: in.Paths, Cursor: in.Cursor, Most: budget(in.MaxBytes, maxDiff), Generated: in.Generated,
	})
	if err != nil {
		return nil, err
	}
	return texts(cmp.Or(s.fenced(from, shown), "no changes") + more(guard.Page{Next: next})), nil
}

type getCommitIn struct {
	repoIn
	SHA    string `json:"sha" alias:"ref"`
	Detail string `json:"detail,omitzero" jsonschema:"default stats" enum:"none,stats,full_patch"`
	diffIn
}

func (s *server) getCommit(ctx context.Context, in getCommitIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	if in.Detail == "full_patch" {
		text, err := r.CommitDiff(ctx, in.SHA)
		if err != nil {
			return nil, err
		}
		return s.window("commit "+in.SHA+" of "+r.String(), text, in.diffIn)
	}
	c, page, err := r.Commit(ctx, in.SHA, guard.Window{Limit: 100})
	if err != nil {
		return nil, err
	}
	f := facts{}
	f.add("sha", c.SHA)
	f.add("date", minute(c.Commit.Author.Date))
	f.add("author", line(c.By(), 100))
	var parents []string
	for _, p := range c.Parents {
		parents = append(parents, short(p.SHA))
	}
	f.add("parents", strings.Join(parents, ", "))
	if c.Commit.Verification.Verified {
		f.add("signature", "verified")
	}
	f.add("changes", fmt.Sprintf("+%d -%d", c.Stats.Additions, c.Stats.Deletions))
	blocks := []string{f.String(), s.quoted("message", c.Commit.Message)}
	if in.Detail != "none" {
		blocks = append(blocks, s.fenced("files", fileList(c.Files, in.Paths)))
		if page.Next != "" {
			blocks = append(blocks, "[more files: detail full_patch lists them all]")
		}
	}
	return texts(blocks...), nil
}

// fileList is a line for each file that was changed.
func fileList(files []guard.File, paths []string) string {
	var all []diff.File
	for _, f := range files {
		if diff.Match(f.Name, paths) {
			all = append(all, diff.File{Name: line(f.Name, 0), Old: line(f.Old, 0), Status: cmp.Or(strings.Replace(f.Status, "removed", "deleted", 1), "modified"), Add: f.Additions, Del: f.Deletions})
		}
	}
	return diff.List(all)
}

type compareIn struct {
	repoIn
	Base   string `json:"base"`
	Head   string `json:"head"`
	Detail string `json:"detail,omitzero" jsonschema:"default stats" enum:"stats,full_patch"`
	diffIn
}

func (s *server) compareCommits(ctx context.Context, in compareIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	if in.Detail == "full_patch" {
		text, err := r.CompareDiff(ctx, in.Base, in.Head)
		if err != nil {
			return nil, err
		}
		return s.window("changes of "+in.Head+" since "+in.Base, text, in.diffIn)
	}
	c, page, err := r.Compare(ctx, in.Base, in.Head, guard.Window{Limit: 100, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("%s: %d ahead, %d behind; merge base %s; %d files", c.Status, c.Ahead, c.Behind, short(c.Base.SHA), len(c.Files))
	if len(c.Files) == 300 {
		head += " (GitHub lists no more than 300)"
	}
	l := commitList("", c.Commits)
	l.page = page
	commits, err := (&server{fence: s.fence}).shown(l) // as a table in any case
	if err != nil {
		return nil, err
	}
	return texts(head, s.fenced("commits", commits.Content[0].(mcpcore.Text).Text), s.fenced("files", fileList(c.Files, in.Paths))), nil
}
