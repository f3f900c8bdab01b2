package fake

import (
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gql"
)

// Category is a category of discussions.
type Category struct {
	Node       string
	Repo       *Repo
	Name, Slug string
	Answerable bool
}

// Discussion is a discussion.
type Discussion struct {
	ID          int64
	Node        string
	Repo        *Repo
	Category    *Category
	Number      int
	Title, Body string
	Author      *User
	Closed      bool
	Reason      string
	Answer      *DiscussionComment
	Comments    []*DiscussionComment
	Created     time.Time
	Updated     time.Time
}

// DiscussionComment is a comment on a discussion, or a reply to one.
type DiscussionComment struct {
	ID         int64
	Node       string
	Discussion *Discussion
	Author     *User
	Body       string
	ReplyTo    *DiscussionComment
	Replies    []*DiscussionComment
	Minimized  string
	Created    time.Time
	Updated    time.Time
}

func (h *Hub) addCategory(r *Repo, name string) {
	k := &Category{Repo: r, Name: name, Slug: slug(strings.ReplaceAll(name, "&", "-")), Answerable: name == "Q&A"}
	k.Node = h.node("DIC", h.id(), k)
	r.Categories = append(r.Categories, k)
}

// AddDiscussion begins a discussion in a category, General if it is "".
func (r *Repo) AddDiscussion(author *User, category, title, body string) *Discussion {
	h := r.hub
	r.last++
	d := &Discussion{ID: h.id(), Repo: r, Category: r.Categories[0], Number: r.last, Title: title, Body: body, Author: author, Created: h.now()}
	d.Updated = d.Created
	for _, k := range r.Categories {
		if k.Name == category || k.Node == category {
			d.Category = k
		}
	}
	d.Node = h.node("D", d.ID, d)
	r.Talks = append(r.Talks, d)
	return d
}

// AddComment adds a comment, or a reply to one.
func (d *Discussion) AddComment(author *User, body string, to *DiscussionComment) *DiscussionComment {
	h := d.Repo.hub
	m := &DiscussionComment{ID: h.id(), Discussion: d, Author: author, Body: body, ReplyTo: to, Created: h.now()}
	m.Updated, d.Updated = m.Created, m.Created
	m.Node = h.node("DC", m.ID, m)
	if to != nil {
		to.Replies = append(to.Replies, m)
	} else {
		d.Comments = append(d.Comments, m)
	}
	return m
}

func (c *call) gTalk(r *Repo, number int) (any, error) {
	for _, d := range r.Talks {
		if d.Number == number {
			return c.gDiscussion(d), nil
		}
	}
	return nil, gql.NotFound("Could not resolve to a Discussion with the number of %d.", number)
}

func (c *call) gTalks(r *Repo, a arg) []*Discussion {
	found := keep(reversed(r.Talks), func(d *Discussion) bool {
		answered, ok := a["answered"].(bool)
		states := a.Strings("states")
		return (!a.Has("categoryId") || d.Category.Node == a.String("categoryId")) && (!ok || answered == (d.Answer != nil)) &&
			(len(states) == 0 || has(states, map[bool]string{true: "CLOSED", false: "OPEN"}[d.Closed]))
	})
	if a.Args("orderBy").String("direction") == "ASC" {
		return reversed(found)
	}
	return found
}

func (c *call) gCategory(k *Category) *object {
	return &object{Type: "DiscussionCategory", Is: []string{"Node"}, Fields: fields{
		"id": k.Node, "name": k.Name, "slug": k.Slug, "description": nil, "emoji": ":speech_balloon:", "isAnswerable": k.Answerable,
		"createdAt": stamp(k.Repo.Created), "updatedAt": stamp(k.Repo.Created), "repository": lazy(func() any { return c.gRepo(k.Repo) }),
	}}
}

func (c *call) gDiscussion(d *Discussion) *object {
	o := &object{Type: "Discussion", Is: []string{
		"Node", "Comment", "Closable", "Labelable", "Lockable", "Reactable", "Updatable", "RepositoryNode", "SearchResultItem", "Votable",
	}}
	web := c.repoWeb(d.Repo) + "/discussions/" + itoa(int64(d.Number))
	o.Fields = c.gText(d.Repo, d.Author, d.Body, d.Created, d.Updated)
	merge(o.Fields, c.gReactions(nil))
	var answered any
	if d.Category.Answerable {
		answered = d.Answer != nil
	}
	return merge2(o, fields{
		"id": d.Node, "databaseId": d.ID, "number": d.Number, "title": d.Title, "url": web, "resourcePath": strings.TrimPrefix(web, c.web),
		"closed": d.Closed, "closedAt": nil, "stateReason": upper(d.Reason), "locked": false, "activeLockReason": nil, "isAnswered": answered,
		"category": lazy(func() any { return c.gCategory(d.Category) }), "repository": lazy(func() any { return c.gRepo(d.Repo) }), "upvoteCount": 1,
		"answer": lazy(func() any {
			if d.Answer == nil {
				return nil
			}
			return c.gDiscussionComment(d.Answer)
		}),
		"answerChosenAt": nil, "labels": all("labels", []*Label{}, c.gLabel),
		"comments": connect("comments", func(arg) []*DiscussionComment { return d.Comments }, c.gDiscussionComment),
	})
}

func (c *call) gDiscussionComment(m *DiscussionComment) *object {
	d := m.Discussion
	o := &object{Type: "DiscussionComment", Is: []string{"Node", "Comment", "Minimizable", "Reactable", "Updatable", "Votable"}}
	o.Fields = c.gText(d.Repo, m.Author, m.Body, m.Created, m.Updated)
	merge(o.Fields, c.gReactions(nil))
	return merge2(o, fields{
		"id": m.Node, "databaseId": m.ID, "url": c.repoWeb(d.Repo) + "/discussions/" + itoa(int64(d.Number)) + "#discussioncomment-" + itoa(m.ID),
		"isAnswer": d.Answer == m, "isMinimized": m.Minimized != "", "minimizedReason": orNull(strings.ToLower(m.Minimized)), "upvoteCount": 1,
		"discussion": lazy(func() any { return c.gDiscussion(d) }), "replies": all("replies", m.Replies, c.gDiscussionComment),
		"replyTo": lazy(func() any {
			if m.ReplyTo == nil {
				return nil
			}
			return c.gDiscussionComment(m.ReplyTo)
		}),
	})
}
