package filesystem

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/filesystem/internal/patch"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type editIn struct {
	Path   string    `json:"path" jsonschema:"file to edit" alias:"file_path" audit:"target"`
	Edits  []onePart `json:"edits" jsonschema:"what to replace by what, in order" minItems:"1"`
	DryRun bool      `json:"dryRun,omitzero" jsonschema:"only show the diff"`
}

type onePart struct {
	OldText    string `json:"oldText" jsonschema:"text in the file, long enough to occur once" alias:"old_text,old_string"`
	NewText    string `json:"newText" jsonschema:"text to put there" alias:"new_text,new_string"`
	ReplaceAll bool   `json:"replaceAll,omitzero" jsonschema:"replace every occurrence" alias:"replace_all"`
}

// errDry ends an update without a change.
var errDry = errors.New("only looking")

func (s *server) edit(ctx context.Context, in editIn) (string, error) {
	g, err := s.guard(ctx)
	if err != nil {
		return "", err
	}
	var diff string
	_, err = g.Update(ctx, in.Path, func(old []byte, _ guard.Info) ([]byte, error) {
		edited, err := applied(old, in)
		if err != nil {
			return nil, err
		}
		diff = fenced(in.Path, text(old), text(edited))
		if in.DryRun {
			return nil, errDry
		}
		return edited, nil
	})
	if err != nil && !errors.Is(err, errDry) {
		return "", err
	}
	return diff, nil
}

// applied is the file after all edits.
func applied(old []byte, in editIn) ([]byte, error) {
	if bytes.IndexByte(old[:min(len(old), sniff)], 0) >= 0 {
		return nil, fmt.Errorf("%s is not a text file", guard.Quote(in.Path))
	}
	content := text(old)
	for i, e := range in.Edits {
		edited, err := patch.Replace(content, e.OldText, e.NewText, e.ReplaceAll)
		if err != nil {
			if len(in.Edits) > 1 {
				err = fmt.Errorf("edits[%d], and so none was made: %w", i, err)
			}
			return nil, mcpcore.Hint(err, "read the lines in question with read_text_file and send oldText exactly as they stand there")
		}
		content = edited
	}
	if content == text(old) {
		return nil, fmt.Errorf("the edits change nothing in %s", guard.Quote(in.Path))
	}
	return bytesOf(content), nil
}

// maxDiff is how much changed text is shown as a diff, which takes many times
// its room to make.
const maxDiff = 1 << 20

// fenced is a diff as a Markdown block that its content cannot close.
func fenced(path, old, edited string) string {
	path = guard.Quote(path)
	n := min(len(old), len(edited))
	start, end := 0, 0
	for start < n && old[start] == edited[start] {
		start++
	}
	for end < n-start && old[len(old)-1-end] == edited[len(edited)-1-end] {
		end++
	}
	if was, is := len(old)-start-end, len(edited)-start-end; was+is > maxDiff {
		return fmt.Sprintf("%s: from line %d on, %d bytes become %d, too many to show as a diff",
			path, strings.Count(old[:start], "\n")+1, was, is)
	}
	diff := udiff.Unified(path, path, old, edited)
	fence := "```"
	for strings.Contains(diff, fence) {
		fence += "`"
	}
	return fence + "diff\n" + diff + fence
}
