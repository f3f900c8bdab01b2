package guard

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Notification is a thread that the user was told of.
type Notification struct {
	ID      string `json:"id"`
	Reason  string `json:"reason"`
	Unread  bool   `json:"unread"`
	Updated string `json:"updated_at"`
	Subject struct {
		Title string `json:"title"`
		Type  string `json:"type"`
		URL   string `json:"url"`
	} `json:"subject"`
	Repository struct {
		FullName string `json:"full_name"`
	} `json:"repository"`
}

// repo is the repository of a notification, if it may be read.
func (n *Notification) repo(g *Guard) (*Repo, error) {
	owner, name, _ := strings.Cut(n.Repository.FullName, "/")
	if err := checkRepo(owner, name); err != nil {
		return nil, err
	}
	if err := g.mayRead(owner, name); err != nil {
		return nil, err
	}
	return &Repo{g: g, owner: owner, name: name, account: g.accountOf(owner)}, nil
}

// Notifications lists notifications of all repositories that may be read, or
// of one.
func (g *Guard) Notifications(ctx context.Context, all bool, in *Repo, w Window) ([]Notification, Page, error) {
	params := []string{}
	if all {
		params = append(params, "all", "true")
	}
	q, err := w.query(params...)
	if err != nil {
		return nil, Page{}, err
	}
	r := request{path: []string{"notifications"}, query: q}
	if in != nil {
		r = request{path: in.path("notifications"), query: q, repo: in}
	}
	var found []Notification
	resp, err := g.do(ctx, r, &found)
	if err != nil {
		return nil, Page{}, err
	}
	var out []Notification
	for _, n := range found {
		repo, err := n.repo(g)
		if err != nil {
			continue
		}
		repo.meetText(ctx, "")
		if g.o.Lockdown {
			n.Subject.Title = hiddenText
		}
		out = append(out, n)
	}
	if len(out) > 0 {
		g.meetPrivate(ctx, "notifications")
	}
	return out, pageOf(resp), nil
}

// Notification reads one thread, whose repository must be one that may be read.
func (g *Guard) Notification(ctx context.Context, id string) (*Notification, error) {
	id, err := idOf("threadID", id)
	if err != nil {
		return nil, err
	}
	out := &Notification{}
	if _, err := g.do(ctx, request{path: []string{"notifications", "threads", id}}, out); err != nil {
		return nil, err
	}
	repo, err := out.repo(g)
	if err != nil {
		return nil, err
	}
	repo.meetText(ctx, "")
	return out, nil
}

// ChangeNotification marks a thread as read or done, or changes whether the
// user is told of it.
func (g *Guard) ChangeNotification(ctx context.Context, id, how string) error {
	if _, err := g.Notification(ctx, id); err != nil {
		return err
	}
	r := request{path: []string{"notifications", "threads", id}, harmless: true}
	switch how {
	case "read":
		r.method = http.MethodPatch
	case "done":
		r.method = http.MethodDelete
	case "delete":
		r.method, r.path = http.MethodDelete, append(r.path, "subscription")
	default:
		r.method, r.path, r.body = http.MethodPut, append(r.path, "subscription"), map[string]any{"ignored": how == "ignore"}
	}
	_, err := g.do(ctx, r, nil)
	return err
}

// ReadAllNotifications marks all as read, of one repository or of all.
func (g *Guard) ReadAllNotifications(ctx context.Context, in *Repo) error {
	r := request{method: http.MethodPut, path: []string{"notifications"}, body: map[string]any{}, harmless: true}
	switch {
	case in != nil:
		r.path, r.repo = in.path("notifications"), in
	case g.fenced():
		return mcpcore.Refused("--repos", mcpcore.Hint(errors.New("only those of one repository can be marked here"), "give owner and repo"))
	}
	_, err := g.do(ctx, r, nil)
	return err
}

// Subscribe changes whether the user is told of a repository.
func (r *Repo) Subscribe(ctx context.Context, how string) error {
	one := request{method: http.MethodPut, path: r.path("subscription"), repo: r, harmless: true, body: map[string]any{"ignored": how == "ignore", "subscribed": how == "watch"}}
	if how == "delete" {
		one.method, one.body = http.MethodDelete, nil
	}
	_, err := r.g.do(ctx, one, nil)
	return err
}
