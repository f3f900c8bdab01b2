package github

import (
	"cmp"
	"context"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// maybeRepo is the repository that a call may name.
func (s *server) maybeRepo(ctx context.Context, owner, repo string) (*guard.Repo, error) {
	if owner == "" && repo == "" {
		return nil, nil
	}
	return s.guard.Repo(ctx, owner, repo)
}

type listNotificationsIn struct {
	All   bool   `json:"all,omitzero" jsonschema:"read ones too"`
	Owner string `json:"owner,omitzero" audit:"target"`
	Repo  string `json:"repo,omitzero" audit:"target"`
	pageIn
}

func (s *server) listNotifications(ctx context.Context, in listNotificationsIn) (*mcpcore.Result, error) {
	r, err := s.maybeRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	all, page, err := s.guard.Notifications(ctx, in.All, r, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{from: "titles by their authors", columns: []string{"threadID", "repo", "reason", "type", "title", "unread", "updated"}, page: page}
	for _, n := range all {
		l.add(n.ID, n.Repository.FullName, n.Reason, n.Subject.Type, line(n.Subject.Title, 150), n.Unread, minute(n.Updated))
	}
	return s.shown(l)
}

type threadIn struct {
	Thread string `json:"threadID" jsonschema:"of list_notifications" alias:"notificationID"`
}

func (s *server) getNotificationDetails(ctx context.Context, in threadIn) (*mcpcore.Result, error) {
	n, err := s.guard.Notification(ctx, in.Thread)
	if err != nil {
		return nil, err
	}
	f := facts{}
	f.add("repo", n.Repository.FullName)
	f.add("reason", n.Reason)
	f.add("type", n.Subject.Type)
	f.add("unread", fmt.Sprint(n.Unread))
	f.add("updated", minute(n.Updated))
	f.add("url", n.Subject.URL)
	return texts(f.String(), s.quoted("title", n.Subject.Title)), nil
}

type dismissIn struct {
	threadIn
	State string `json:"state,omitzero" jsonschema:"default read" enum:"read,done"`
}

func (s *server) dismissNotification(ctx context.Context, in dismissIn) (string, error) {
	state := cmp.Or(in.State, "read")
	return "marked as " + state, s.guard.ChangeNotification(ctx, in.Thread, state)
}

type readAllIn struct {
	Owner string `json:"owner,omitzero" audit:"target"`
	Repo  string `json:"repo,omitzero" audit:"target"`
}

func (s *server) markAllNotificationsRead(ctx context.Context, in readAllIn) (string, error) {
	r, err := s.maybeRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	return "marked as read", s.guard.ReadAllNotifications(ctx, r)
}

type subscriptionIn struct {
	threadIn
	Action string `json:"action" jsonschema:"what to do" enum:"ignore,watch,delete"`
}

func (s *server) manageNotificationSubscription(ctx context.Context, in subscriptionIn) (string, error) {
	return "done", s.guard.ChangeNotification(ctx, in.Thread, in.Action)
}

type repoSubscriptionIn struct {
	repoIn
	Action string `json:"action" jsonschema:"what to do" enum:"ignore,watch,delete"`
}

func (s *server) manageRepositorySubscription(ctx context.Context, in repoSubscriptionIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	return "done", r.Subscribe(ctx, in.Action)
}
