package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type listGistsIn struct {
	Username string `json:"username,omitzero" jsonschema:"you if left out"`
	pageIn
}

func (s *server) listGists(ctx context.Context, in listGistsIn) (*mcpcore.Result, error) {
	all, page, err := s.guard.Gists(ctx, in.Username, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{from: "gists", columns: []string{"id", "public", "files", "description", "updated"}, page: page}
	for _, g := range all {
		l.add(g.ID, g.Public, strings.Join(slices.Sorted(maps.Keys(g.Files)), ", "), line(g.Description, 150), day(g.Updated))
	}
	return s.shown(l)
}

type gistIn struct {
	ID string `json:"gist_id" jsonschema:"ID"`
}

func (s *server) getGist(ctx context.Context, in gistIn) (*mcpcore.Result, error) {
	g, err := s.guard.Gist(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	owner := "ghost"
	if g.Owner != nil {
		owner = g.Owner.Login
	}
	blocks := []string{fmt.Sprintf("gist %s by @%s, updated %s", g.ID, owner, minute(g.Updated)), s.quoted("description", g.Description)}
	for _, name := range slices.Sorted(maps.Keys(g.Files)) {
		f := g.Files[name]
		text := f.Content
		if len(text) > maxFile {
			text = cutText(text, maxFile)
		}
		note := ""
		if f.Truncated {
			note = ", of which GitHub sends a part"
		}
		blocks = append(blocks, fmt.Sprintf("%s, %d bytes%s", line(name, 100), f.Size, note), s.fenced("file "+name, text))
	}
	return texts(blocks...), nil
}

type gistFile struct {
	Filename string `json:"filename" jsonschema:"name"`
	Content  string `json:"content"`
}

type createGistIn struct {
	Description string     `json:"description,omitzero" jsonschema:"text"`
	Filename    string     `json:"filename,omitzero" jsonschema:"name of one file"`
	Content     string     `json:"content,omitzero" jsonschema:"its text"`
	Files       []gistFile `json:"files,omitzero"`
	Public      bool       `json:"public,omitzero" jsonschema:"listed for all"`
}

func (s *server) createGist(ctx context.Context, in createGistIn) (string, error) {
	files, err := gistFiles(in.Filename, in.Content, in.Files)
	if err != nil {
		return "", err
	}
	g, err := s.guard.WriteGist(ctx, "", in.Description, in.Public, files)
	if err != nil {
		return "", err
	}
	return "created gist " + g.ID + ": " + g.URL, nil
}

func gistFiles(name, content string, more []gistFile) (map[string]string, error) {
	files := map[string]string{}
	if name != "" {
		files[name] = content
	}
	for _, f := range more {
		files[f.Filename] = f.Content
	}
	if len(files) == 0 {
		return nil, errors.New("files: a gist needs one")
	}
	return files, nil
}

type updateGistIn struct {
	gistIn
	Description string     `json:"description,omitzero" jsonschema:"text"`
	Filename    string     `json:"filename,omitzero" jsonschema:"name of one file"`
	Content     string     `json:"content,omitzero" jsonschema:"its text"`
	Files       []gistFile `json:"files,omitzero"`
}

func (s *server) updateGist(ctx context.Context, in updateGistIn) (string, error) {
	files, err := gistFiles(in.Filename, in.Content, in.Files)
	if err != nil {
		return "", err
	}
	g, err := s.guard.WriteGist(ctx, in.ID, in.Description, false, files)
	if err != nil {
		return "", err
	}
	return "updated gist " + g.ID, nil
}

type starredIn struct {
	Username string `json:"username,omitzero" jsonschema:"you if left out"`
	pageIn
}

func (s *server) listStarred(ctx context.Context, in starredIn) (*mcpcore.Result, error) {
	all, page, err := s.guard.Starred(ctx, in.Username, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{from: "descriptions by owners", columns: []string{"repo", "stars", "language", "description"}, page: page}
	for _, r := range all {
		l.add(r.FullName, r.Stars, r.Language, line(r.Description, 150))
	}
	return s.shown(l)
}

func (s *server) starRepository(ctx context.Context, in repoIn) (string, error) {
	return s.star(ctx, in, true)
}

func (s *server) unstarRepository(ctx context.Context, in repoIn) (string, error) {
	return s.star(ctx, in, false)
}

func (s *server) star(ctx context.Context, in repoIn, on bool) (string, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	return "done", r.Star(ctx, on)
}
