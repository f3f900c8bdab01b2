package guard

import (
	"context"
	"errors"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
)

// backend is where a workspace is: at Slack, in an export, or in the sample
// that the binary brings.
type backend interface {
	Self(ctx context.Context) (wire.Self, error)

	// Channel looks a conversation up anew, whatever was known of it.
	Channel(ctx context.Context, id string) (wire.Channel, error)
	Channels(ctx context.Context, q wire.Listing) (wire.Page[wire.Channel], error)
	Members(ctx context.Context, channel, cursor string, limit int) (wire.Page[string], error)
	History(ctx context.Context, channel string, span wire.Span) (wire.Page[wire.Message], error)
	Replies(ctx context.Context, channel, ts string, span wire.Span) (wire.Page[wire.Message], error)
	Pins(ctx context.Context, channel string) ([]wire.Pin, error)

	// Search finds messages in conversations of any kind: the caller checks each
	// hit. errNoSearch says that there is nothing to search with.
	Search(ctx context.Context, q wire.Query) (wire.Page[wire.Message], error)

	// Users finds users by id; those that do not exist are left out.
	Users(ctx context.Context, ids []string) ([]wire.User, error)
	UserByEmail(ctx context.Context, email string) (wire.User, error)
	UserPage(ctx context.Context, cursor string, limit int) (wire.Page[wire.User], error)
	Groups(ctx context.Context) ([]wire.Group, error)

	Files(ctx context.Context, q wire.FileQuery) (wire.Page[wire.File], error)
	File(ctx context.Context, id string) (wire.File, error)
	// Download gives the contents of a file, if they are no larger than most.
	Download(ctx context.Context, f *wire.File, most int) ([]byte, error)
	// Canvas gives the text of a canvas as Markdown.
	Canvas(ctx context.Context, f *wire.File) (string, error)

	writing
	Close() error
}

var errNoSearch = errors.New("there is no search here")
