package guard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

const listPage = 1000 // conversations on a page of a list

// resolveBudget is how long a name is looked for.
const resolveBudget = 20 * time.Second

// errStop ends a walk.
var errStop = errors.New("stop")

// named finds the id of the conversation that has a name now.
func (w *Workspace) named(ctx context.Context, name string) (string, error) {
	if id := w.names.idOf(name); id != "" {
		if c, err := w.look(ctx, id, fresh); err == nil && strings.EqualFold(c.Name, name) {
			return id, nil
		}
	}
	// Few are members of many channels, so those come first.
	var failed error
	for _, mine := range []bool{true, false} {
		id := ""
		err := w.walk(ctx, wire.Listing{Kinds: []string{"public", "private"}, Mine: mine, Archived: !mine}, func(c *wire.Channel) error {
			if strings.EqualFold(c.Name, name) {
				id = c.ID
				return errStop
			}
			return nil
		})
		if id != "" {
			w.names.learnID(name, id)
			return id, nil
		}
		failed = err
		if ctx.Err() != nil {
			break
		}
	}
	if failed != nil { // of all channels, among which those of the token are too
		return "", mcpcore.Hint(fmt.Errorf("looking for the channel %q: %w", clip(name), failed), "name the channel by its id, such as C0123ABCD")
	}
	return "", mcpcore.Hint(noneNamed(name), "channels_list lists those that may be read")
}

// walk goes through a list of conversations until see returns errStop.
func (w *Workspace) walk(ctx context.Context, q wire.Listing, see func(*wire.Channel) error) error {
	ctx, cancel := context.WithTimeout(ctx, resolveBudget)
	defer cancel()
	q.Limit = listPage
	for {
		page, err := w.back.Channels(ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Items {
			if err := see(&page.Items[i]); errors.Is(err, errStop) {
				return nil
			} else if err != nil {
				return err
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

// directWith finds the direct messages with a user.
func (w *Workspace) directWith(ctx context.Context, user string) (string, error) {
	id := ""
	err := w.walk(ctx, wire.Listing{Kinds: []string{"im"}, Mine: true}, func(c *wire.Channel) error {
		if c.User == user {
			id = c.ID
			return errStop
		}
		return nil
	})
	if err == nil && id == "" {
		err = mcpcore.Hint(fmt.Errorf("there are no direct messages with %s", user), "conversations_open opens them, where the operator allows it")
	}
	return id, err
}

// directWithNamed is directWith by the user's handle.
func (w *Workspace) directWithNamed(ctx context.Context, handle string) (string, error) {
	user, err := w.userNamed(ctx, handle)
	if err != nil {
		return "", err
	}
	return w.directWith(ctx, user)
}

// userNamed finds the id of the user with a handle.
func (w *Workspace) userNamed(ctx context.Context, handle string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, resolveBudget)
	defer cancel()
	cursor := ""
	for {
		page, err := w.back.UserPage(ctx, cursor, listPage)
		if err != nil {
			return "", err
		}
		for i := range page.Items {
			if u := &page.Items[i]; !u.Deleted && strings.EqualFold(u.Name, handle) {
				return u.ID, nil
			}
		}
		if cursor = page.Next; cursor == "" {
			return "", mcpcore.Hint(fmt.Errorf("there is no user @%s", clip(handle)), "users_search finds users by a part of their names")
		}
	}
}

// UserID finds the id of a user by id, handle, or me.
func (w *Workspace) UserID(ctx context.Context, ref string) (string, error) {
	ref = strings.Trim(ref, "<>")
	switch name := strings.TrimPrefix(ref, "@"); {
	case userID.MatchString(name):
		return name, nil
	case name == "me":
		self, err := w.back.Self(ctx)
		return self.UserID, err
	default:
		return w.userNamed(ctx, name)
	}
}

// Message finds one message of the conversation; thread is where it is a reply.
func (c *Channel) Message(ctx context.Context, ts, thread string) (wire.Message, error) {
	one := wire.Span{Oldest: ts, Latest: ts, Inclusive: true, Limit: 1}
	page, err := c.History(ctx, one)
	if thread != "" && thread != ts {
		one.Limit = 2 // a thread begins with its first message, whatever the span
		page, err = c.Replies(ctx, thread, one)
	}
	if err != nil {
		return wire.Message{}, err
	}
	for _, m := range page.Items {
		if m.TS == ts {
			return m, nil
		}
	}
	return wire.Message{}, mcpcore.Hint(fmt.Errorf("message %s in %s: %w", ts, c.ID, wire.ErrNotFound), "a reply in a thread is found by its permalink with thread_ts, or by conversations_replies")
}
