package filesystem

import (
	"context"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
)

type writeIn struct {
	Path    string `json:"path" jsonschema:"file to write" alias:"file_path" audit:"target"`
	Content string `json:"content" jsonschema:"the whole new content"`
}

func (s *server) write(ctx context.Context, in writeIn) (string, error) {
	g, err := s.guard(ctx)
	if err != nil {
		return "", err
	}
	if _, err := g.WriteFile(in.Path, bytesOf(in.Content), guard.WriteOptions{}); err != nil {
		return "", err
	}
	return fmt.Sprintf("wrote %d bytes to %s", len(in.Content), guard.Quote(in.Path)), nil
}

type createDirectoryIn struct {
	Path string `json:"path" jsonschema:"directory to create" audit:"target"`
}

func (s *server) createDirectory(ctx context.Context, in createDirectoryIn) (string, error) {
	g, err := s.guard(ctx)
	if err != nil {
		return "", err
	}
	if err := g.Mkdir(in.Path); err != nil {
		return "", err
	}
	return fmt.Sprintf("the directory %s is there", guard.Quote(in.Path)), nil
}

type moveIn struct {
	Source      string `json:"source" jsonschema:"what to move" audit:"target"`
	Destination string `json:"destination" jsonschema:"its new path" audit:"target"`
}

func (s *server) move(ctx context.Context, in moveIn) (string, error) {
	g, err := s.guard(ctx)
	if err != nil {
		return "", err
	}
	if err := g.Move(in.Source, in.Destination); err != nil {
		return "", err
	}
	return fmt.Sprintf("moved %s to %s", guard.Quote(in.Source), guard.Quote(in.Destination)), nil
}
