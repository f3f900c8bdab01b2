package guard

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// Bounds of suggestions.
const (
	completeBudget = 3 * time.Second
	completeMost   = 100
	completeStays  = time.Minute
)

// CompleteChannels suggests channels that the token is in and may be read, by
// the beginning of the name or id. names asks for #names instead of ids. What
// cannot be had in time is no suggestion.
func (w *Workspace) CompleteChannels(ctx context.Context, typed string, names bool) []string {
	typed = strings.ToLower(strings.TrimPrefix(typed, "#"))
	var out []string
	for _, c := range w.suggestions(ctx) {
		switch {
		case c.Name == "" || !strings.HasPrefix(strings.ToLower(c.Name), typed) && !strings.HasPrefix(strings.ToLower(c.ID), typed):
		case names:
			out = append(out, "#"+c.Name)
		default:
			out = append(out, c.ID)
		}
	}
	slices.Sort(out)
	return out[:min(len(out), completeMost)]
}

// suggestions are channels to choose from, which are asked for at most once a
// minute.
func (w *Workspace) suggestions(ctx context.Context) []wire.Channel {
	w.mu.Lock()
	known, at := w.suggested, w.suggestedAt
	w.mu.Unlock()
	if time.Since(at) < completeStays {
		return known
	}
	ctx, cancel := context.WithTimeout(ctx, completeBudget)
	defer cancel()
	page, _, err := w.Channels(ctx, wire.Listing{Kinds: []string{"public", "private", "mpim"}, Mine: true, Limit: listPage})
	if err != nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.suggested, w.suggestedAt = page.Items, time.Now()
	return page.Items
}
