package guard

import (
	"context"
	"fmt"
	"regexp"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// File is a file in a conversation that may be read.
type File struct {
	wire.File
	Places []wire.Channel // where it was shared and may be read
	w      *Workspace
}

var fileID = regexp.MustCompile(`^F[A-Z0-9]{5,}$`)

// File finds a file by its id. It may be read where one of the conversations
// that it was shared in may be.
func (w *Workspace) File(ctx context.Context, id string) (*File, error) {
	if !fileID.MatchString(id) {
		return nil, mcpcore.Hint(fmt.Errorf("%q is no id of a file", clip(id)), "conversations_history and files_search show the ids, such as F0123ABCD")
	}
	f, err := w.back.File(ctx, id)
	if err != nil {
		return nil, err
	}
	places := w.readables(ctx, f.Channels)
	if f.ID != id || len(places) == 0 {
		return nil, mcpcore.Refused("--read-allow", mcpcore.Hint(fmt.Errorf("file %s was shared in no conversation that may be read", id), "files_search finds those that were"))
	}
	out := &File{File: f, w: w}
	for _, c := range places {
		out.Places = append(out.Places, c)
	}
	return out, nil
}

// Files finds files in conversations that may be read, and counts the others.
func (w *Workspace) Files(ctx context.Context, q wire.FileQuery) (files []File, withheld int, next string, err error) {
	page, err := w.back.Files(ctx, q)
	if err != nil {
		return nil, 0, "", err
	}
	var ids []string
	for i := range page.Items {
		ids = append(ids, page.Items[i].Channels...)
	}
	open := w.readables(ctx, ids)
	for i := range page.Items {
		f := File{File: page.Items[i], w: w}
		for _, id := range f.Channels {
			if c, ok := open[id]; ok {
				f.Places = append(f.Places, c)
			}
		}
		if len(f.Places) == 0 {
			withheld++
			continue
		}
		files = append(files, f)
	}
	return files, withheld, page.Next, nil
}

// Contents downloads a file of at most so many bytes.
func (f *File) Contents(ctx context.Context, most int) ([]byte, error) {
	return f.w.back.Download(ctx, &f.File, most)
}

// IsCanvas reports whether the file is a canvas.
func (f *File) IsCanvas() bool {
	return f.Mode == "quip" || f.Mode == "canvas" || f.Type == "quip" || f.Type == "canvas"
}

// Canvas gives the text of a canvas as Markdown.
func (f *File) Canvas(ctx context.Context) (string, error) {
	if !f.IsCanvas() {
		return "", mcpcore.Hint(fmt.Errorf("file %s is no canvas", f.ID), "attachment_get_data reads other files")
	}
	return f.w.back.Canvas(ctx, &f.File)
}
