package guard

import (
	"context"
	"errors"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Unread is a conversation with messages that the token's owner has not read.
type Unread struct {
	Channel  wire.Channel
	Messages []wire.Message // the newest first
	More     bool           // there are more than these
}

// Bounds of looking for what is unread.
const (
	unreadChannels = 60
	unreadMessages = 100 // of one conversation
	unreadBudget   = 15 * time.Second
)

// Unreads finds what the token's owner has not read, in conversations of these
// kinds that may be read.
func (w *Workspace) Unreads(ctx context.Context, kinds []string) (found []Unread, withheld int, note string, err error) {
	if b, ok := w.back.(*api); ok && b.user == nil {
		return nil, 0, "", mcpcore.Hint(errors.New("a bot has no unread messages"), "a person has to set SLACK_USER_TOKEN; conversations_history with limit 1d shows what is new in a channel")
	}
	var channels []wire.Channel
	err = w.walk(ctx, wire.Listing{Kinds: kinds, Mine: true}, func(c *wire.Channel) error {
		if w.read.check(c) != nil {
			withheld++
			return nil
		}
		if channels = append(channels, *c); len(channels) == unreadChannels {
			note = "more conversations than are looked at for one answer: name kinds to look at fewer"
			return errStop
		}
		return nil
	})
	if err != nil {
		return nil, withheld, "", err
	}
	began := time.Now()
	for i := range channels {
		u, err := w.unreadIn(ctx, &channels[i])
		if err != nil {
			if ctx.Err() != nil {
				return nil, withheld, "", ctx.Err()
			}
			note = "not all: " + err.Error()
			break
		}
		if len(u.Messages) > 0 {
			found = append(found, u)
		}
		if time.Since(began) > unreadBudget {
			note = "not all conversations were looked at in time"
			break
		}
	}
	return found, withheld, note, nil
}

// unreadIn finds what is unread in one conversation.
func (w *Workspace) unreadIn(ctx context.Context, c *wire.Channel) (Unread, error) {
	now, err := w.look(ctx, c.ID, 0)
	if err != nil {
		return Unread{}, err
	}
	if w.read.check(&now) != nil || now.LastRead == "" || now.Latest != "" && !wire.Less(now.LastRead, now.Latest) {
		return Unread{}, nil
	}
	page, err := w.back.History(ctx, c.ID, wire.Span{Oldest: now.LastRead, Limit: unreadMessages})
	return Unread{Channel: now, Messages: page.Items, More: page.Next != ""}, err
}
