package guard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/archive"
	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// Found is what a search came to.
type Found struct {
	Messages []wire.Message
	Channels map[string]wire.Channel // of the messages
	Withheld int
	Next     string
	Note     string
}

// Search finds messages in conversations that may be read. The others it
// counts. Without Slack's own search, which bots do not have, it looks through
// what is newest.
func (w *Workspace) Search(ctx context.Context, q wire.Query) (Found, error) {
	page, err := w.back.Search(ctx, q)
	if errors.Is(err, errNoSearch) {
		return w.scan(ctx, q)
	}
	if err != nil {
		return Found{}, err
	}
	ids := make([]string, len(page.Items))
	for i := range page.Items {
		ids[i] = page.Items[i].Channel
	}
	out := Found{Channels: w.readables(ctx, ids), Next: page.Next, Note: page.Note}
	for i := range page.Items {
		if _, ok := out.Channels[page.Items[i].Channel]; ok {
			out.Messages = append(out.Messages, page.Items[i])
		} else {
			out.Withheld++
		}
	}
	return out, nil
}

const (
	mostLooked = 60 // conversations that are looked up for one answer
	lookedBy   = 8  // at the same time
)

// readables are those of the conversations that may be read. What cannot be
// looked up may not.
func (w *Workspace) readables(ctx context.Context, ids []string) map[string]wire.Channel {
	out := map[string]wire.Channel{}
	seen := map[string]bool{"": true}
	var mu sync.Mutex
	var wg sync.WaitGroup
	places := make(chan struct{}, lookedBy)
	for _, id := range ids {
		if seen[id] || len(seen) > mostLooked {
			continue
		}
		seen[id] = true
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			c, err := w.look(ctx, id, fresh)
			if err != nil || w.read.check(&c) != nil {
				return
			}
			w.names.learn(c.ID, c.Name)
			mu.Lock()
			defer mu.Unlock()
			out[id] = c
		})
	}
	wg.Wait()
	return out
}

// Bounds of looking through conversations without a search.
const (
	scanChannels = 30
	scanPages    = 2  // of each, where several are looked through
	scanDeep     = 10 // of one that is named
	scanPage     = 200
	scanBudget   = 12 * time.Second
)

// scan looks through the newest messages of the conversations that a query
// names, or that the token is in.
func (w *Workspace) scan(ctx context.Context, q wire.Query) (Found, error) {
	channels, err := w.toScan(ctx, q.Channels)
	if err != nil {
		return Found{}, err
	}
	pages := scanPages
	if len(q.Channels) > 0 {
		pages = scanDeep
	}
	out := Found{Channels: map[string]wire.Channel{}}
	fits := archive.Matcher(q)
	began, looked, done := time.Now(), 0, 0
	for _, c := range channels {
		span := wire.Span{Limit: scanPage}
		if !q.After.IsZero() {
			span.Oldest = wire.Stamp(q.After)
		}
		if !q.Before.IsZero() {
			span.Latest = wire.Stamp(q.Before)
		}
		for range pages {
			page, err := w.back.History(ctx, c.ID, span)
			if err != nil {
				if ctx.Err() != nil {
					return out, ctx.Err()
				}
				break // the next may be open
			}
			for i := range page.Items {
				if m := page.Items[i]; fits(&m) && len(out.Messages) < q.Limit {
					m.Channel = c.ID
					out.Messages = append(out.Messages, m)
					out.Channels[c.ID] = c
				}
			}
			looked += len(page.Items)
			if span.Cursor = page.Next; span.Cursor == "" {
				break
			}
		}
		done++
		if len(out.Messages) >= q.Limit || time.Since(began) > scanBudget {
			break
		}
	}
	out.Note = fmt.Sprintf("Slack searches for users alone, not for bots: the newest %d messages of %d of %d channels were looked through, without replies in threads", looked, done, len(channels))
	return out, nil
}

// toScan are the conversations to look through.
func (w *Workspace) toScan(ctx context.Context, ids []string) ([]wire.Channel, error) {
	var out []wire.Channel
	if len(ids) > 0 {
		for _, c := range w.readables(ctx, ids) {
			out = append(out, c)
		}
		return out, nil
	}
	err := w.walk(ctx, wire.Listing{Kinds: []string{"public", "private", "im", "mpim"}, Mine: true}, func(c *wire.Channel) error {
		if w.read.check(c) == nil {
			out = append(out, *c)
		}
		if len(out) == scanChannels {
			return errStop
		}
		return nil
	})
	return out, err
}

// MemberIDs lists who is in the conversation.
func (c *Channel) MemberIDs(ctx context.Context, cursor string, limit int) (wire.Page[string], error) {
	return c.w.back.Members(ctx, c.ID, cursor, limit)
}

// Pins lists what is pinned and bookmarked.
func (c *Channel) Pins(ctx context.Context) ([]wire.Pin, error) { return c.w.back.Pins(ctx, c.ID) }

// Groups lists the user groups.
func (w *Workspace) Groups(ctx context.Context) ([]wire.Group, error) { return w.back.Groups(ctx) }
