package filesystem

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// directoryType is the media type of a directory as a resource.
const directoryType = "inode/directory"

// resources offers each allowed directory, and everything below by a template.
func (s *server) resources(out *mcpcore.Server) {
	for _, r := range s.all.Roots() {
		out.AddResources(mcpcore.Resource{
			URI: uriOf(r.Path), Name: filepath.Base(r.Path), MIMEType: directoryType,
			Description: "The allowed directory " + rootLine(r), Read: s.readResource,
		})
	}
	out.AddTemplates(mcpcore.Template{
		URITemplate: "file:///{+path}", Name: "file",
		Description: "A file, or the listing of a directory, by its absolute path.",
		Read:        s.readResource, Complete: s.completePath,
	})
	watcher := s.all.Watcher()
	out.OnClose(watcher.Close)
	out.SetWatch(func(uri string) (func(), error) {
		path, err := pathOf(uri)
		if err != nil {
			return nil, err
		}
		return watcher.Watch(path, func() { out.ResourceUpdated(uri) })
	})
}

func (s *server) readResource(ctx context.Context, uri string) ([]mcpcore.Contents, error) {
	path, err := pathOf(uri)
	if err != nil {
		return nil, err
	}
	g, err := s.guard(ctx)
	if err != nil {
		return nil, err
	}
	info, err := g.Stat(path)
	if err != nil {
		return nil, missing(err)
	}
	if info.IsDir {
		listing, err := s.list(ctx, listIn{Path: path})
		return []mcpcore.Contents{{MIMEType: directoryType, Text: listing}}, err
	}
	limit := int64(textBudget(ctx) / 4 * 3)
	data, info, err := g.ReadFile(path, limit)
	if errors.Is(err, guard.ErrTooLarge) {
		return nil, mcpcore.Hint(fmt.Errorf("%s has more than the %d bytes that can be sent", guard.Quote(path), limit),
			"the tool read_text_file reads parts of a file")
	}
	if err != nil {
		return nil, missing(err)
	}
	kind := mediaType(info.Name, data)
	if strings.HasPrefix(kind, "text/") && utf8.Valid(data) || kind == "application/json" || kind == "image/svg+xml" {
		return []mcpcore.Contents{{MIMEType: kind, Text: text(data)}}, nil
	}
	if data == nil {
		data = []byte{}
	}
	return []mcpcore.Contents{{MIMEType: kind, Blob: data}}, nil
}

// missing marks an error of something that is not there.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", err, mcpcore.ErrNotFound)
	}
	return err
}

// completePath suggests what is below the allowed directories for the path
// that is being typed.
func (s *server) completePath(ctx context.Context, ask mcpcore.Completing) ([]string, error) {
	g, err := s.guard(ctx)
	if err != nil {
		return nil, err
	}
	const most = 101 // one more than a client is told, so that it knows there are more
	found := g.Complete(filepath.FromSlash("/"+strings.TrimPrefix(ask.Value, "/")), most)
	for i, path := range found {
		found[i] = strings.TrimPrefix(filepath.ToSlash(path), "/")
	}
	return found, nil
}
