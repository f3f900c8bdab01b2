package guard

import (
	"context"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// writing is the part of a backend that changes something. None of it is ever
// tried twice: an error that wraps errUnknown says that it may have been done.
type writing interface {
	// Writer is whom messages are sent by.
	Writer(ctx context.Context) (wire.Self, error)
	// Target looks a conversation up as the writer sees it.
	Target(ctx context.Context, id string) (wire.Channel, error)
	// Sent gives a message as the writer sees it.
	Sent(ctx context.Context, channel, ts string) (wire.Message, error)
	// Recent gives what was said in a conversation, or a thread, since a time.
	Recent(ctx context.Context, channel, thread string, since time.Time) ([]wire.Message, error)

	Post(ctx context.Context, d wire.Draft) (ts string, err error)
	Update(ctx context.Context, ts string, d wire.Draft) error
	Delete(ctx context.Context, channel, ts string) error
	Schedule(ctx context.Context, d wire.Draft, at time.Time) (id string, err error)
	Scheduled(ctx context.Context, channel string) ([]wire.Scheduled, error)
	Unschedule(ctx context.Context, channel, id string) error
	React(ctx context.Context, channel, ts, emoji string, add bool) error
	OpenDirect(ctx context.Context, users []string) (channel string, err error)
	Mark(ctx context.Context, channel, ts string) error
	Upload(ctx context.Context, u wire.Upload) (file string, err error)
}
