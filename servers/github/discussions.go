package github

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type listDiscussionsIn struct {
	repoIn
	Category string `json:"category,omitzero" jsonschema:"its name"`
	pageIn
}

func (s *server) listDiscussions(ctx context.Context, in listDiscussionsIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	all, page, err := r.Discussions(ctx, in.Category, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{from: "titles by their authors", columns: []string{"number", "category", "title", "author", "state", "updated"}, page: page}
	for _, d := range all {
		l.add(d.Number, d.Category.Name, line(d.Title, 200), by(d.By(), d.Association), discussionState(&d), day(d.Updated))
	}
	return s.shown(l)
}

func discussionState(d *guard.Discussion) string {
	switch {
	case d.Answered != nil && *d.Answered:
		return "answered"
	case d.Closed:
		return "closed"
	}
	return "open"
}

type discussionIn struct {
	repoIn
	Number int `json:"discussionNumber" jsonschema:"number"`
}

func (s *server) getDiscussion(ctx context.Context, in discussionIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	d, _, err := r.Discussion(ctx, in.Number, guard.Window{Limit: 1})
	if err != nil {
		return nil, err
	}
	f := facts{}
	f.add("discussion", fmt.Sprintf("#%d, %s, in %s", d.Number, discussionState(d), line(d.Category.Name, 100)))
	f.add("author", by(d.By(), d.Association))
	f.add("created", minute(d.Created))
	f.add("comments", fmt.Sprint(d.Comments.Total))
	f.add("url", d.URL)
	return texts(f.String(), s.quoted(fmt.Sprintf("#%d by %s", d.Number, by(d.By(), d.Association)), "title: "+line(d.Title, 0)+"\n\n"+d.Body)), nil
}

type discussionCommentsIn struct {
	discussionIn
	pageIn
}

func (s *server) getDiscussionComments(ctx context.Context, in discussionCommentsIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	d, page, err := r.Discussion(ctx, in.Number, in.window())
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	show := func(what string, c *guard.DiscussionComment) {
		if c.Answer {
			what += ", the answer"
		}
		fmt.Fprintf(&b, "%s %s, %s\n%s\n", what, c.ID, minute(c.Created), s.quoted(fmt.Sprintf("#%d by %s", in.Number, by(c.By(), c.Association)), c.Body))
	}
	for i := range d.Comments.Nodes {
		c := &d.Comments.Nodes[i]
		show("comment", c)
		for j := range c.Replies.Nodes {
			show("reply", &c.Replies.Nodes[j])
		}
	}
	return texts(cmp.Or(strings.TrimSuffix(b.String(), "\n"), "no comments") + more(page)), nil
}

func (s *server) listDiscussionCategories(ctx context.Context, in repoIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	all, _, err := r.Categories(ctx)
	if err != nil {
		return nil, err
	}
	l := &list{columns: []string{"name", "answerable", "description"}}
	for _, c := range all {
		l.add(c.Name, c.Answerable, c.Description)
	}
	return s.shown(l)
}

type discussionWriteIn struct {
	repoIn
	Category string `json:"category" jsonschema:"its name"`
	Title    string `json:"title"`
	Body     string `json:"body"`
}

func (s *server) discussionWrite(ctx context.Context, in discussionWriteIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	d, err := r.CreateDiscussion(ctx, in.Category, in.Title, in.Body)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("created #%d: %s", d.Number, d.URL), nil
}

type discussionCommentIn struct {
	discussionIn
	Body  string `json:"body"`
	Reply string `json:"replyToCommentID,omitzero" jsonschema:"comment to answer"`
}

func (s *server) discussionCommentWrite(ctx context.Context, in discussionCommentIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	url, err := r.CommentDiscussion(ctx, in.Number, in.Reply, in.Body)
	if err != nil {
		return "", err
	}
	return "commented: " + url, nil
}
