package search

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/document"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/kb"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/page"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// uriPrefix is what the URIs of documents begin with: kb://COLLECTION/PATH.
const uriPrefix = "kb://"

// maxListed bounds the documents in the listing of a collection.
const maxListed = 5000

// resources offers the listing of each collection, and every document by a
// template.
func (s *server) resources(out *mcpcore.Server) {
	if len(s.collections) == 0 {
		return
	}
	out.SetResourceList(func(ctx context.Context) ([]mcpcore.Resource, error) {
		var list []mcpcore.Resource
		for _, c := range s.allowed(ctx) {
			list = append(list, mcpcore.Resource{
				URI: uriOf(c.Name(), ""), Name: c.Name(), MIMEType: "text/plain", Description: "The documents of the collection " + c.Name() + ", one a line",
			})
		}
		return list, nil
	})
	for _, c := range s.collections { // a variable in the place of a host is not for every client
		complete := func(ctx context.Context, ask mcpcore.Completing) ([]string, error) {
			return s.complete(ctx, c.Name(), ask.Value)
		}
		out.AddTemplates(
			mcpcore.Template{
				URITemplate: uriOf(c.Name(), "") + "{+path}", Name: c.Name() + " document", Description: "A document of the collection " + c.Name(),
				Read: s.readDocument, Complete: complete,
			},
			mcpcore.Template{
				URITemplate: uriOf(c.Name(), ""), Name: c.Name(), MIMEType: "text/plain", Description: "The documents of the collection " + c.Name() + ", one a line",
				Read: s.readListing,
			},
		)
	}
}

func uriOf(collection, path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return uriPrefix + collection + "/" + strings.Join(parts, "/")
}

func unescape(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

func (s *server) readDocument(ctx context.Context, uri string) ([]mcpcore.Contents, error) {
	c, path, err := s.place(ctx, "", uri)
	if err != nil {
		return nil, fmt.Errorf("resource %s: %w", uri, mcpcore.ErrNotFound)
	}
	d, _, err := c.Document(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("resource %s: %w", uri, err)
	}
	out := mcpcore.TextContents(page.Visible(d.Text))
	out[0].MIMEType = mimeOf(d.Kind)
	return out, nil
}

func mimeOf(k document.Kind) string {
	if k == document.Markdown || k.Converted() {
		return "text/markdown"
	}
	return "text/plain"
}

func (s *server) readListing(ctx context.Context, uri string) ([]mcpcore.Contents, error) {
	all, err := s.chosen(ctx, strings.TrimSuffix(strings.TrimPrefix(uri, uriPrefix), "/"))
	if err != nil || len(all) != 1 {
		return nil, fmt.Errorf("resource %s: %w", uri, mcpcore.ErrNotFound)
	}
	if _, err := await(ctx, all); err != nil {
		return nil, err
	}
	var b strings.Builder
	for i, e := range all[0].Entries() {
		if i == maxListed {
			fmt.Fprintf(&b, "[cut: there are more than these %d; use kb_search]\n", maxListed)
			break
		}
		fmt.Fprintf(&b, "%s\t%s\n", e.Path, page.Visible(e.Title))
	}
	return mcpcore.TextContents(b.String()), nil
}

// maxCompletions is one more than a client is told, so that it knows there are
// more.
const maxCompletions = 101

// complete suggests documents whose path begins with what was typed, or has a
// name that does.
func (s *server) complete(ctx context.Context, collection, value string) ([]string, error) {
	all, err := s.chosen(ctx, collection)
	if err != nil {
		return nil, nil //nolint:nilerr // nothing fits
	}
	return completions(all, value), nil
}

func completions(all []*kb.Collection, value string) (out []string) {
	value = strings.ToLower(value)
	var named []string
	for _, c := range all {
		for _, e := range c.Entries() {
			path := strings.ToLower(e.Path)
			switch {
			case strings.HasPrefix(path, value):
				out = append(out, e.Path)
			case strings.HasPrefix(path[strings.LastIndexByte(path, '/')+1:], value):
				named = append(named, e.Path)
			}
			if len(out) == maxCompletions {
				return out
			}
		}
	}
	return append(out, named[:min(len(named), maxCompletions-len(out))]...)
}
