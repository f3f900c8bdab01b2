package guard

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/mcp-toolbelt/toolbelt/servers/slack/internal/wire"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/jsonrpc"
)

const (
	mostTogether = 50 // users that are asked for at once
	mostSingles  = 40 // that are asked for one by one for a page
	singlesBy    = 8  // at the same time
)

// Users finds users by their ids: as few calls as Slack allows.
func (a *api) Users(ctx context.Context, ids []string) ([]wire.User, error) {
	var out []wire.User
	for chunk := range slices.Chunk(ids, mostTogether) {
		found, err := a.together(ctx, chunk)
		if err != nil {
			return out, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// What is known of users.info with several ids.
const (
	perhapsTogether int32 = iota
	surelyTogether
	neverTogether
)

// together asks for users at once. That users.info takes several ids is not
// documented: where the first try fails, they are asked for one by one from
// then on.
func (a *api) together(ctx context.Context, ids []string) ([]wire.User, error) {
	if len(ids) == 1 || a.batches.Load() == neverTogether {
		return a.singly(ctx, ids)
	}
	raw, err := a.reader.call(ctx, "users.info", args("users", strings.Join(ids, ",")))
	if err == nil {
		if users := readUsers(wire.Field(raw, "users")); len(users) > 0 {
			a.batches.Store(surelyTogether)
			return users, nil
		}
	} else if !coded(err, "user_not_found", "users_not_found", "user_not_visible", "invalid_arguments") {
		return nil, err
	}
	a.batches.CompareAndSwap(perhapsTogether, neverTogether)
	return a.singly(ctx, ids)
}

func readUsers(raw []byte) []wire.User {
	var out []wire.User
	for _, e := range jsonrpc.Elements(raw) {
		if u := wire.ReadUser(e); u.ID != "" {
			out = append(out, u)
		}
	}
	return out
}

// singly asks for users one by one, several at a time. One that cannot be seen
// is left out.
func (a *api) singly(ctx context.Context, ids []string) ([]wire.User, error) {
	ids = ids[:min(len(ids), mostSingles)]
	found := make([]*wire.User, len(ids))
	errs := make([]error, len(ids))
	places := make(chan struct{}, singlesBy)
	var wg sync.WaitGroup
	for i, id := range ids {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			raw, err := a.reader.call(ctx, "users.info", args("user", id))
			if err != nil {
				errs[i] = err
				return
			}
			if u := wire.ReadUser(wire.Field(raw, "user")); u.ID != "" {
				found[i] = &u
			}
		})
	}
	wg.Wait()
	var out []wire.User
	for i, u := range found {
		switch {
		case u != nil:
			out = append(out, *u)
		case errs[i] != nil && !coded(errs[i], "user_not_found", "user_not_visible"):
			return out, errs[i]
		}
	}
	return out, nil
}

// UserPage lists users.
func (a *api) UserPage(ctx context.Context, cursor string, limit int) (wire.Page[wire.User], error) {
	raw, err := a.reader.call(ctx, "users.list", args("cursor", cursor, "limit", number(limit), "team_id", a.team))
	if err != nil {
		return wire.Page[wire.User]{}, err
	}
	return wire.Page[wire.User]{Items: readUsers(wire.Field(raw, "members")), Next: wire.Cursor(raw)}, nil
}
