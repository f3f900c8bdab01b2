package slack

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

type searchIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Query     string `json:"search_query,omitzero" jsonschema:"words, \"phrases\", -without, from:@ada in:#general before:2026-11-28 after: on: during: is:thread; or a permalink" alias:"query"`
	Channel   string `json:"filter_in_channel,omitzero" jsonschema:"id or #name" audit:"target" alias:"in,channel,channel_id,filter_in_im_or_mpim"`
	From      string `json:"filter_users_from,omitzero" jsonschema:"author: id or @handle" alias:"from"`
	With      string `json:"filter_users_with,omitzero" jsonschema:"in threads and direct messages with: id or @handle" alias:"with"`
	Before    string `json:"filter_date_before,omitzero" jsonschema:"date" alias:"before"`
	After     string `json:"filter_date_after,omitzero" jsonschema:"date" alias:"after"`
	On        string `json:"filter_date_on,omitzero" jsonschema:"date" alias:"on"`
	During    string `json:"filter_date_during,omitzero" jsonschema:"month or year, such as 2026-11" alias:"during"`
	Threads   bool   `json:"filter_threads_only,omitzero" jsonschema:"only replies in threads" alias:"threads_only"`
	Sort      string `json:"sort,omitzero" enum:"best,newest" default:"best" jsonschema:"what comes first"`
	Limit     int    `json:"limit,omitzero" min:"1" max:"100" default:"20" jsonschema:"most to return"`
	Cursor    string `json:"cursor,omitzero" jsonschema:"from the answer before"`
	Format    string `json:"format,omitzero" enum:"compact,csv,json" default:"compact" jsonschema:"form of the answer"`
}

func (s *server) searchMessages(ctx context.Context, in searchIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	if ref := guard.ParseRef(in.Query); ref.TS != "" {
		return s.linked(ctx, w, ref, in.Format)
	}
	takeFilters(&in)
	q := wire.Query{Words: in.Query, Threads: in.Threads, Newest: in.Sort == "newest", Cursor: in.Cursor, Limit: in.Limit}
	if in.Channel != "" {
		c, err := w.Channel(ctx, in.Channel)
		if err != nil {
			return "", err
		}
		q.Channels = []string{c.ID}
		if q.Places = []string{c.Name}; c.IM {
			q.Places = []string{"<@" + c.User + ">"}
		}
	}
	for _, f := range []struct {
		text string
		into *[]string
	}{{in.From, &q.From}, {in.With, &q.With}} {
		if f.text != "" {
			id, err := w.UserID(ctx, f.text)
			if err != nil {
				return "", err
			}
			*f.into = []string{id}
		}
	}
	if err := dates(&q, &in); err != nil {
		return "", err
	}
	found, err := w.Search(ctx, q)
	if err != nil {
		return "", err
	}
	p := &page{order: "best first", messages: found.Messages, withheld: found.Withheld, next: found.Next, note: found.Note, places: map[string]string{}}
	if q.Newest {
		p.order = "newest first"
	}
	p.dated = true
	p.names = w.NamesFor(ctx, p.messages)
	for id, c := range found.Channels {
		p.places[id] = title(&c, w.UserNames(ctx, c.User).User)
	}
	return p.write(in.Format), nil
}

// linked is the message that a permalink leads to.
func (s *server) linked(ctx context.Context, w *guard.Workspace, ref guard.Ref, format string) (string, error) {
	c, err := w.Channel(ctx, ref.Channel)
	if err != nil {
		return "", err
	}
	m, err := c.Message(ctx, ref.TS, ref.Thread)
	if err != nil {
		return "", err
	}
	p := &page{channel: c, messages: []wire.Message{m}}
	p.names = w.NamesFor(ctx, p.messages)
	return p.write(format), nil
}

// takeFilters takes filters out of the words of a query.
func takeFilters(in *searchIn) {
	filters := map[string]*string{"in": &in.Channel, "from": &in.From, "with": &in.With, "before": &in.Before, "after": &in.After, "on": &in.On, "during": &in.During}
	var words []string
	quoted := false
	for part := range strings.SplitSeq(in.Query, " ") {
		key, value, ok := strings.Cut(part, ":")
		into := filters[strings.ToLower(key)]
		switch {
		case quoted || !ok || value == "":
			words = append(words, part)
		case strings.EqualFold(part, "is:thread"):
			in.Threads = true
		case into != nil && *into == "":
			*into = strings.Trim(value, "<>")
		default:
			words = append(words, part)
		}
		if strings.Count(part, `"`)%2 == 1 {
			quoted = !quoted
		}
	}
	in.Query = strings.TrimSpace(strings.Join(words, " "))
}

// dates reads the filters by time. A filter before a day leaves that day out,
// as one after it does.
func dates(q *wire.Query, in *searchIn) error {
	if in.Before != "" {
		t, _, err := span(in.Before)
		if err != nil {
			return fmt.Errorf("before: %w", err)
		}
		q.Before = t
	}
	if in.After != "" {
		_, end, err := span(in.After)
		if err != nil {
			return fmt.Errorf("after: %w", err)
		}
		q.After = end
	}
	for _, text := range []string{in.During, in.On} {
		if text == "" {
			continue
		}
		from, to, err := span(text)
		if err != nil {
			return fmt.Errorf("on, during: %w", err)
		}
		if from.After(q.After) {
			q.After = from
		}
		if q.Before.IsZero() || to.Before(q.Before) {
			q.Before = to
		}
	}
	return nil
}

// span is the time that a date stands for: a day, a month or a year.
func span(text string) (from, to time.Time, err error) {
	now := time.Now().UTC()
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	switch strings.ToLower(text) {
	case "today":
		return today, today.AddDate(0, 0, 1), nil
	case "yesterday":
		return today.AddDate(0, 0, -1), today, nil
	}
	for _, l := range []struct {
		layout              string
		years, months, days int
	}{{time.DateOnly, 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}, {"January 2006", 0, 1, 0}} {
		if t, err := time.Parse(l.layout, text); err == nil {
			return t, t.AddDate(l.years, l.months, l.days), nil
		}
	}
	if t, err := time.Parse("January", text); err == nil { // the last one of that name
		t = time.Date(now.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
		if t.After(now) {
			t = t.AddDate(-1, 0, 0)
		}
		return t, t.AddDate(0, 1, 0), nil
	}
	if ts, err := moment(text); err == nil {
		t := wire.Time(ts)
		return t, t, nil
	}
	return from, to, fmt.Errorf("%q is no date: write 2026-11-28, 2026-11, 2026, today or yesterday", line(text, 40))
}
