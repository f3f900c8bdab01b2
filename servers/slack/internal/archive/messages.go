package archive

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// Channel finds a conversation by its id.
func (s *Store) Channel(_ context.Context, id string) (wire.Channel, error) {
	c, err := s.find(id)
	if err != nil {
		return wire.Channel{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.Channel, nil
}

// Channels lists conversations by name.
func (s *Store) Channels(_ context.Context, q wire.Listing) (wire.Page[wire.Channel], error) {
	start, _ := strconv.Atoi(q.Cursor)
	s.mu.Lock()
	defer s.mu.Unlock()
	var out wire.Page[wire.Channel]
	for i, c := range s.channels {
		if i < start || !slices.Contains(q.Kinds, c.Kind()) || c.Archived && !q.Archived || q.Mine && !c.Member {
			continue
		}
		if len(out.Items) == q.Limit {
			out.Next = strconv.Itoa(i)
			break
		}
		out.Items = append(out.Items, c.Channel)
	}
	return out, nil
}

// History gives messages of a conversation, the newest first, without replies
// in threads that are only there.
func (s *Store) History(ctx context.Context, id string, span wire.Span) (wire.Page[wire.Message], error) {
	var out wire.Page[wire.Message]
	c, err := s.find(id)
	if err != nil {
		return out, err
	}
	if span.Cursor != "" && (span.Latest == "" || wire.Less(span.Cursor, span.Latest)) {
		span.Latest, span.Inclusive = span.Cursor, false
	}
	for _, day := range slices.Backward(s.daysOf(c)) {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		if outside(day, span) {
			continue
		}
		messages, err := s.day(day)
		if err != nil {
			return out, err
		}
		for i := len(messages) - 1; i >= 0; i-- {
			m := &messages[i]
			if !within(m.TS, span) || m.ThreadTS != "" && m.ThreadTS != m.TS && m.Subtype != "thread_broadcast" {
				continue
			}
			if len(out.Items) == span.Limit {
				out.Next = out.Items[len(out.Items)-1].TS
				return out, nil
			}
			out.Items = append(out.Items, *m)
		}
	}
	return out, nil
}

// Replies gives a thread, from its first message on.
func (s *Store) Replies(ctx context.Context, id, ts string, span wire.Span) (wire.Page[wire.Message], error) {
	var out wire.Page[wire.Message]
	c, err := s.find(id)
	if err != nil {
		return out, err
	}
	first := wire.Time(ts).AddDate(0, 0, -1).Format("2006-01-02") // as files are cut at midnight of some zone
	last := ""
	for _, day := range s.daysOf(c) {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		if dateOf(day) < first || last != "" && dateOf(day) > wire.Time(last).AddDate(0, 0, 1).Format("2006-01-02") {
			continue
		}
		messages, err := s.day(day)
		if err != nil {
			return out, err
		}
		for i := range messages {
			m := &messages[i]
			if m.TS != ts && m.ThreadTS != ts {
				continue
			}
			if m.TS == ts {
				last = m.LatestReply
			}
			if m.TS != ts && (!within(m.TS, span) || span.Cursor != "" && !wire.Less(span.Cursor, m.TS)) || m.TS == ts && span.Cursor != "" {
				continue
			}
			if len(out.Items) == span.Limit {
				out.Next = out.Items[len(out.Items)-1].TS
				return out, nil
			}
			out.Items = append(out.Items, *m)
		}
	}
	return out, nil
}

// within reports whether a timestamp lies in a span.
func within(ts string, span wire.Span) bool {
	if span.Oldest != "" && !wire.Less(span.Oldest, ts) && !(span.Inclusive && ts == span.Oldest) {
		return false
	}
	return span.Latest == "" || wire.Less(ts, span.Latest) || span.Inclusive && ts == span.Latest
}

// outside reports whether no message of a day can lie in a span. Files are cut
// at midnight of a zone that they do not tell.
func outside(day string, span wire.Span) bool {
	date := dateOf(day)
	if t := wire.Time(span.Oldest); !t.IsZero() && date < t.AddDate(0, 0, -1).Format("2006-01-02") {
		return true
	}
	t := wire.Time(span.Latest)
	return !t.IsZero() && date > t.AddDate(0, 0, 1).Format("2006-01-02")
}

// Users finds users by their ids; those that are not there are left out.
func (s *Store) Users(_ context.Context, ids []string) ([]wire.User, error) {
	var out []wire.User
	for _, id := range ids {
		if u, ok := s.users[id]; ok {
			out = append(out, u)
		}
	}
	return out, nil
}

// UserPage lists users by name.
func (s *Store) UserPage(_ context.Context, cursor string, limit int) (wire.Page[wire.User], error) {
	start, _ := strconv.Atoi(cursor)
	start = min(max(start, 0), len(s.ids))
	end := min(start+limit, len(s.ids))
	var out wire.Page[wire.User]
	for _, id := range s.ids[start:end] {
		out.Items = append(out.Items, s.users[id])
	}
	if end < len(s.ids) {
		out.Next = strconv.Itoa(end)
	}
	return out, nil
}

// Named finds the conversation of a name; "" where there is none.
func (s *Store) Named(name string) string {
	for _, c := range s.channels {
		if strings.EqualFold(c.Name, name) {
			return c.ID
		}
	}
	return ""
}

// Groups lists the user groups, which only the sample has.
func (s *Store) Groups(context.Context) ([]wire.Group, error) { return s.groups, nil }
