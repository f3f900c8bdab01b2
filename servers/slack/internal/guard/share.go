package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/mrkdwn"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

const mostUpload = 10 << 20 // bytes of a file that is shared

// Open opens direct messages with users, where the rules allow such.
func (w *Workspace) Open(ctx context.Context, users []string) (*Target, error) {
	if !w.sending.Allowed {
		return nil, mcpcore.Refused("--allow-write", errors.New("nothing may be written"))
	}
	ids := make([]string, len(users))
	for i, u := range users {
		id, err := w.UserID(ctx, u)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	self, err := w.back.Writer(ctx)
	if err != nil {
		return nil, err
	}
	strangers, err := w.strangers(ctx, ids, self)
	if err != nil {
		return nil, err
	}
	// The conversation may not be there yet: it is judged as what it would be.
	would := wire.Channel{ID: "the conversation", IM: len(ids) == 1, MPIM: len(ids) > 1, Private: true, Member: true, External: strangers}
	if err := w.write.check(&would); err != nil {
		return nil, mcpcore.Hint(err, "tell the user: a person can allow it by --write-allow kind:im or kind:mpim")
	}
	id, err := w.back.OpenDirect(ctx, ids)
	if err != nil {
		return nil, err
	}
	return w.Target(ctx, id)
}

// Shared is a file that may be shared.
type Shared struct {
	wire.Upload
	t *Target
}

// PrepareFile makes a file ready to be shared: from its contents or, where
// path is set, from below the directory that the operator allows.
func (t *Target) PrepareFile(u wire.Upload, path string) (*Shared, error) {
	u.Channel = t.ID
	if path != "" {
		raw, err := readBelow(t.w.sending.UploadRoot, path)
		if err != nil {
			return nil, err
		}
		if u.Content = raw; u.Name == "" {
			u.Name = filepath.Base(path)
		}
	}
	switch {
	case u.Name == "":
		return nil, errors.New("the file needs a name: send filename")
	case len(u.Content) == 0:
		return nil, mcpcore.Hint(errors.New("the file is empty"), "send content, or path")
	case len(u.Content) > mostUpload:
		return nil, fmt.Errorf("the file has %d bytes, more than %d", len(u.Content), mostUpload)
	case mrkdwn.HasSecret(string(u.Content)) || mrkdwn.HasSecret(u.Name+" "+u.Title):
		return nil, mcpcore.Refused("secrets", mcpcore.Hint(errors.New("the file holds what looks like a token, a key or a password"), "leave it out"))
	}
	if u.Comment != "" {
		out, err := t.Prepare(wire.Draft{Text: u.Comment})
		if err != nil {
			return nil, err
		}
		// What goes with a file cannot be told not to be unfurled.
		if hosts := mrkdwn.Hosts(out.Text); len(hosts) > 0 && !out.Unfurl {
			return nil, mcpcore.Refused("--unfurl-domains", mcpcore.Hint(errors.New("the links of a comment that goes with a file would be fetched for a preview"), "send the links in a message of their own"))
		}
		u.Comment = out.Text
	}
	return &Shared{u, t}, nil
}

// Digest stands for all of the file, and for where it goes.
func (s *Shared) Digest() string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q %q %q %q %q", s.t.w.Alias, s.Channel, s.Thread, s.Name, s.Title, s.Comment)
	sum.Write(s.Content)
	return hex.EncodeToString(sum.Sum(nil))
}

// Share shares the file.
func (s *Shared) Share(ctx context.Context) (string, error) {
	digest := s.Digest()
	if _, ok := s.t.w.pending.get(digest); ok {
		s.t.w.pending.set(digest, time.Time{})
		return "", mcpcore.Hint(errors.New("the same file may have been shared by the call before"), "look with conversations_history; calling once more shares it whatever is there")
	}
	id, err := s.t.w.back.Upload(ctx, s.Upload)
	if errors.Is(err, errUnknown) {
		s.t.w.pending.set(digest, time.Now())
		return "", mcpcore.Hint(err, "look with conversations_history whether the file is there")
	}
	return id, err
}

// readBelow reads a file below a directory, wherever links lead.
func readBelow(root, path string) ([]byte, error) {
	if root == "" {
		return nil, mcpcore.Refused("--upload-root", mcpcore.Hint(errors.New("no files of this machine may be shared"), "send the contents as content; a person can allow a directory by --upload-root"))
	}
	dir, err := os.OpenRoot(root)
	if err != nil {
		return nil, errors.New("the directory of --upload-root cannot be opened")
	}
	defer dir.Close()
	if filepath.IsAbs(path) {
		if path, err = filepath.Rel(root, path); err != nil {
			return nil, errors.New("the path is not below the directory of --upload-root")
		}
	}
	f, err := dir.Open(path)
	if err != nil {
		return nil, mcpcore.Refused("--upload-root", errors.New("there is no such file below the directory of --upload-root"))
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.New("the path is that of no regular file")
	}
	return io.ReadAll(io.LimitReader(f, mostUpload+1))
}
