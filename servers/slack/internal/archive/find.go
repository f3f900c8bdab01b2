package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Members lists who is in a conversation.
func (s *Store) Members(_ context.Context, id, cursor string, limit int) (wire.Page[string], error) {
	c, err := s.find(id)
	if err != nil {
		return wire.Page[string]{}, err
	}
	start, _ := strconv.Atoi(cursor)
	start = min(max(start, 0), len(c.members))
	end := min(start+limit, len(c.members))
	out := wire.Page[string]{Items: c.members[start:end]}
	if end < len(c.members) {
		out.Next = strconv.Itoa(end)
	}
	return out, nil
}

// Pins lists what is pinned in a channel.
func (s *Store) Pins(_ context.Context, id string) ([]wire.Pin, error) {
	c, err := s.find(id)
	if err != nil {
		return nil, err
	}
	var out []wire.Pin
	for _, p := range c.pins {
		if m := s.message(c, p.Title); m != nil {
			p.Title, p.Message = "", m
			out = append(out, p)
		}
	}
	return out, nil
}

// message finds a message by its timestamp.
func (s *Store) message(c *channel, ts string) *wire.Message {
	span := wire.Span{Oldest: ts, Latest: ts, Inclusive: true}
	for _, day := range s.daysOf(c) {
		if outside(day, span) {
			continue
		}
		messages, err := s.day(day)
		if err != nil {
			continue
		}
		for i := range messages {
			if messages[i].TS == ts {
				m := messages[i]
				return &m
			}
		}
	}
	return nil
}

// UserByEmail finds nobody: addresses are not read.
func (s *Store) UserByEmail(context.Context, string) (wire.User, error) {
	return wire.User{}, mcpcore.Hint(errors.New("e-mail addresses are not read from an export"), "search by a part of the name")
}

// errNoContents says what an export lacks.
func errNoContents(id string) error {
	return fmt.Errorf("file %s: an export holds links to files, and not the files", id)
}

// File finds a file that was shared in a message.
func (s *Store) File(ctx context.Context, id string) (wire.File, error) {
	x, err := s.search(ctx)
	if err != nil {
		return wire.File{}, err
	}
	p, ok := x.files[id]
	if !ok {
		return wire.File{}, fmt.Errorf("file %s: %w in the export", id, wire.ErrNotFound)
	}
	return s.fileAt(p, id)
}

func (s *Store) fileAt(p place, id string) (wire.File, error) {
	c := s.channels[p.channel]
	messages, err := s.day(s.daysOf(c)[p.day])
	if err != nil {
		return wire.File{}, err
	}
	for _, f := range messages[p.pos].Files {
		if f.ID == id {
			f.Channels = []string{c.ID} // by the folder it lies in, whatever the record says
			return f, nil
		}
	}
	return wire.File{}, fmt.Errorf("file %s: %w in the export", id, wire.ErrNotFound)
}

// Files finds files by their names, the newest first.
func (s *Store) Files(ctx context.Context, q wire.FileQuery) (wire.Page[wire.File], error) {
	var out wire.Page[wire.File]
	x, err := s.search(ctx)
	if err != nil {
		return out, err
	}
	var all []wire.File
	for id, p := range x.files {
		if q.Channel != "" && s.channels[p.channel].ID != q.Channel {
			continue
		}
		f, err := s.fileAt(p, id)
		if err != nil {
			return out, err
		}
		if f.Matches(q.Words) && (q.User == "" || f.User == q.User) && (q.Types == "" || f.Type == q.Types) {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b wire.File) int {
		if a.Created != b.Created {
			return int(b.Created - a.Created)
		}
		return compare(a.ID, b.ID)
	})
	start, _ := strconv.Atoi(q.Cursor)
	start = min(max(start, 0), len(all))
	end := min(start+q.Limit, len(all))
	if out.Items = all[start:end]; end < len(all) {
		out.Next = strconv.Itoa(end)
	}
	return out, nil
}

// Download gives nothing: an export holds links alone.
func (s *Store) Download(_ context.Context, f *wire.File, _ int) ([]byte, error) {
	if f.Preview != "" {
		return []byte(f.Preview), nil
	}
	return nil, errNoContents(f.ID)
}

// Canvas gives nothing: an export holds links alone.
func (s *Store) Canvas(_ context.Context, f *wire.File) (string, error) {
	return "", errNoContents(f.ID)
}
