package slack

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type historyIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string `json:"channel_id" jsonschema:"id, #name, @user or permalink" audit:"target" alias:"channel"`
	Limit     string `json:"limit,omitzero" jsonschema:"how many, such as 50, or a time back from now, such as 1d, 1w, 30d" default:"50"`
	Oldest    string `json:"oldest,omitzero" jsonschema:"after this timestamp or date"`
	Latest    string `json:"latest,omitzero" jsonschema:"before this timestamp or date"`
	Cursor    string `json:"cursor,omitzero" jsonschema:"from the answer before, for older messages"`
	Activity  bool   `json:"include_activity_messages,omitzero" jsonschema:"joins, leaves and the like too" alias:"include_activity"`
	Format    string `json:"format,omitzero" enum:"compact,csv,json" default:"compact" jsonschema:"form of the answer"`
}

type repliesIn struct {
	Workspace string `json:"workspace,omitzero" jsonschema:"alias of the workspace"`
	Channel   string `json:"channel_id" jsonschema:"id, #name, @user, or the permalink of a message in the thread" audit:"target" alias:"channel,permalink"`
	Thread    string `json:"thread_ts,omitzero" jsonschema:"timestamp of the first message; a permalink has it" alias:"message_ts,ts"`
	Limit     string `json:"limit,omitzero" jsonschema:"how many, or a time back from now" default:"200"`
	Oldest    string `json:"oldest,omitzero" jsonschema:"after this timestamp or date"`
	Latest    string `json:"latest,omitzero" jsonschema:"before this timestamp or date"`
	Cursor    string `json:"cursor,omitzero" jsonschema:"from the answer before"`
	Format    string `json:"format,omitzero" enum:"compact,csv,json" default:"compact" jsonschema:"form of the answer"`
}

func (s *server) history(ctx context.Context, in historyIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	want, err := wanted(in.Limit, in.Oldest, in.Latest, in.Cursor)
	if err != nil {
		return "", err
	}
	ref := guard.ParseRef(in.Channel)
	if ref.TS != "" && want.Latest == "" && want.Oldest == "" { // a permalink: the message and what led to it
		want.Latest, want.Inclusive = ref.TS, true
	}
	c, err := w.Channel(ctx, in.Channel)
	if err != nil {
		return "", err
	}
	p := &page{channel: c, order: "newest last"}
	err = p.fill(ctx, want, !in.Activity, func(span wire.Span) (wire.Page[wire.Message], error) { return c.History(ctx, span) })
	if err != nil {
		return "", err
	}
	reverse(p.messages)
	p.names = w.NamesFor(ctx, p.messages)
	return p.write(in.Format), nil
}

func (s *server) replies(ctx context.Context, in repliesIn) (string, error) {
	w, err := s.guard.Workspace(in.Workspace)
	if err != nil {
		return "", err
	}
	want, err := wanted(in.Limit, in.Oldest, in.Latest, in.Cursor)
	if err != nil {
		return "", err
	}
	ts, err := threadOf(in.Channel, in.Thread)
	if err != nil {
		return "", err
	}
	c, err := w.Channel(ctx, in.Channel)
	if err != nil {
		return "", err
	}
	p := &page{channel: c, thread: ts}
	err = p.fill(ctx, want, false, func(span wire.Span) (wire.Page[wire.Message], error) { return c.Replies(ctx, ts, span) })
	if err != nil {
		return "", err
	}
	if len(p.messages) == 0 && want.Cursor == "" {
		return "", mcpcore.Hint(fmt.Errorf("there is no message %s in %s", ts, c.ID), "conversations_history shows the timestamps")
	}
	p.names = w.NamesFor(ctx, p.messages)
	return p.write(in.Format), nil
}

// threadOf finds the timestamp of a thread's first message in the arguments.
func threadOf(channel, thread string) (string, error) {
	if thread != "" {
		if r := guard.ParseRef(thread); r.Thread != "" {
			return r.Thread, nil
		}
		return guard.ParseTS(thread)
	}
	r := guard.ParseRef(channel)
	if r.Thread != "" {
		return r.Thread, nil
	}
	if r.TS != "" {
		return r.TS, nil
	}
	return "", mcpcore.Hint(fmt.Errorf("no thread is named"), "send thread_ts, the timestamp of its first message, or its permalink as channel_id")
}

func reverse(m []wire.Message) {
	for i, j := 0, len(m)-1; i < j; i, j = i+1, j-1 {
		m[i], m[j] = m[j], m[i]
	}
}

const (
	mostMessages = 1000 // of one answer
	apiPage      = 200  // messages on a page of Slack's
)

// wanted reads what messages are asked for.
func wanted(limit, oldest, latest, cursor string) (wire.Span, error) {
	span := wire.Span{Cursor: cursor, Limit: mostMessages}
	var err error
	if n, numErr := strconv.Atoi(limit); numErr == nil {
		if n < 1 || n > mostMessages {
			return span, fmt.Errorf("limit is from 1 to %d, or a time such as 1d", mostMessages)
		}
		span.Limit = n
	} else {
		back, err := window(limit)
		if err != nil {
			return span, err
		}
		span.Oldest = wire.Stamp(time.Now().Add(-back))
	}
	if oldest != "" {
		if span.Oldest, err = moment(oldest); err != nil {
			return span, fmt.Errorf("oldest: %w", err)
		}
	}
	if latest != "" {
		if span.Latest, err = moment(latest); err != nil {
			return span, fmt.Errorf("latest: %w", err)
		}
	}
	return span, nil
}

// window reads a time back from now: 12h, 1d, 2w, 3m (months).
func window(text string) (time.Duration, error) {
	if len(text) > 1 {
		if n, err := strconv.Atoi(text[:len(text)-1]); err == nil && n > 0 && n < 10000 {
			hours := map[byte]int{'h': 1, 'd': 24, 'w': 7 * 24, 'm': 30 * 24, 'y': 365 * 24}[text[len(text)-1]]
			if hours > 0 {
				return time.Duration(n*hours) * time.Hour, nil
			}
		}
	}
	return 0, fmt.Errorf("limit is a number such as 50, or a time such as 12h, 1d, 1w or 30d, not %q", line(text, 40))
}

// moment reads a timestamp, a date, or a time of RFC 3339.
func moment(text string) (string, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return wire.Stamp(t), nil
		}
	}
	if sec, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) == 10 {
		return wire.Stamp(time.Unix(sec, 0)), nil
	}
	if len(strings.Trim(text, "0123456789.")) > 0 && guard.ParseRef(text).TS == "" {
		return "", fmt.Errorf("%q is neither a timestamp such as 1731700000.123456 nor a date such as 2026-11-28", line(text, 40))
	}
	return guard.ParseTS(text)
}
