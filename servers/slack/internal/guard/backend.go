package guard

import (
	"context"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// backend is where a workspace is: at Slack, in an export, or in the sample
// that the binary brings.
type backend interface {
	Self(ctx context.Context) (wire.Self, error)

	// Channel looks a conversation up anew, whatever was known of it.
	Channel(ctx context.Context, id string) (wire.Channel, error)
	Channels(ctx context.Context, q wire.Listing) (wire.Page[wire.Channel], error)
	History(ctx context.Context, channel string, span wire.Span) (wire.Page[wire.Message], error)
	Replies(ctx context.Context, channel, ts string, span wire.Span) (wire.Page[wire.Message], error)

	// Users finds users by id; those that do not exist are left out.
	Users(ctx context.Context, ids []string) ([]wire.User, error)
	Groups(ctx context.Context) ([]wire.Group, error)
	UserPage(ctx context.Context, cursor string, limit int) (wire.Page[wire.User], error)

	Close() error
}
