package filesystem

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type readMediaIn struct {
	Path string `json:"path" jsonschema:"file to read" alias:"file_path" audit:"target"`
}

func (s *server) readMedia(ctx context.Context, in readMediaIn) (mcpcore.Content, error) {
	g, err := s.guard(ctx)
	if err != nil {
		return nil, err
	}
	f, err := g.OpenFile(in.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	limit := int64(textBudget(ctx) / 4 * 3)
	if size := f.Info().Size; size > limit {
		return nil, mcpcore.Hint(fmt.Errorf("%s has %d bytes, and at most %d can be sent", guard.Quote(in.Path), size, limit),
			"a person can allow more with --max-result-bytes")
	}
	data, err := f.ReadAll(limit)
	if err != nil {
		return nil, err
	}
	kind := mediaType(f.Info().Name, data)
	switch {
	case strings.HasPrefix(kind, "image/"):
		return mcpcore.Image{Data: data, MIMEType: kind}, nil
	case strings.HasPrefix(kind, "audio/"):
		return mcpcore.Audio{Data: data, MIMEType: kind}, nil
	}
	return mcpcore.Embedded{Resource: mcpcore.Contents{URI: uriOf(f.Info().Path), MIMEType: kind, Blob: data}}, nil
}

// mediaTypes are types that content alone does not tell.
var mediaTypes = map[string]string{
	".svg": "image/svg+xml", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".wav": "audio/wav",
	".md": "text/markdown", ".json": "application/json", ".csv": "text/csv", ".css": "text/css",
	".js": "text/javascript", ".html": "text/html", ".xml": "text/xml",
}

// mediaType tells the type by the content where that is sure, or else by the
// name.
func mediaType(name string, data []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(data), ";")
	byName := mediaTypes[strings.ToLower(filepath.Ext(name))]
	isText := strings.HasPrefix(kind, "text/") && utf8.Valid(data)
	switch {
	case byName == "":
	case !isText && strings.HasPrefix(kind, "text/"), isText && !strings.HasPrefix(byName, "audio/"),
		kind == "application/octet-stream", kind == "application/ogg":
		return byName
	}
	if kind == "audio/wave" {
		return "audio/wav"
	}
	return kind
}
