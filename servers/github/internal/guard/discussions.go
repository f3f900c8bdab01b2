package guard

import (
	"context"
	"errors"
	"strings"
)

// Discussion is a discussion.
type Discussion struct {
	ID          string `json:"id"`
	Number      int    `json:"number"`
	Title       string `json:"title"`
	Body        string `json:"body"`
	Author      *Actor `json:"author"`
	Association string `json:"authorAssociation"`
	Created     string `json:"createdAt"`
	Updated     string `json:"updatedAt"`
	Closed      bool   `json:"closed"`
	Answered    *bool  `json:"isAnswered"`
	URL         string `json:"url"`
	Category    struct {
		Name string `json:"name"`
	} `json:"category"`
	Comments nodes[DiscussionComment] `json:"comments"`
}

// By is the login of the author.
func (d *Discussion) By() string { return (&ThreadComment{Author: d.Author}).By() }

// DiscussionComment is a comment in a discussion, with its answers.
type DiscussionComment struct {
	ID          string                   `json:"id"`
	Body        string                   `json:"body"`
	Author      *Actor                   `json:"author"`
	Association string                   `json:"authorAssociation"`
	Created     string                   `json:"createdAt"`
	Answer      bool                     `json:"isAnswer"`
	Replies     nodes[DiscussionComment] `json:"replies"`
}

// By is the login of the author.
func (c *DiscussionComment) By() string { return (&ThreadComment{Author: c.Author}).By() }

// Category is a category of discussions.
type Category struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Answerable  bool   `json:"isAnswerable"`
}

const discussionFields = ` number title author { login } authorAssociation createdAt updatedAt closed isAnswered url category { name } `

var (
	discussionsDocument = newDocument("Discussions", `query Discussions($owner: String!, $name: String!, $first: Int!, $after: String, $category: ID) {
  repository(owner: $owner, name: $name, followRenames: false) { isPrivate discussions(first: $first, after: $after, categoryId: $category, orderBy: {field: UPDATED_AT, direction: DESC}) {
    totalCount pageInfo { hasNextPage endCursor } nodes {`+discussionFields+`} } } }`)
	discussionDocument = newDocument("Discussion", `query Discussion($owner: String!, $name: String!, $number: Int!, $first: Int!, $after: String) {
  repository(owner: $owner, name: $name, followRenames: false) { isPrivate id discussion(number: $number) { id body`+discussionFields+`
    comments(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { id body author { login } authorAssociation createdAt isAnswer
      replies(first: 30) { totalCount nodes { id body author { login } authorAssociation createdAt isAnswer } } } } } } }`)
	categoriesDocument = newDocument("Categories", `query Categories($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name, followRenames: false) { isPrivate id discussionCategories(first: 50) { nodes { id name description isAnswerable } } } }`)
	createDiscussionDocument  = newDocument("CreateDiscussion", `mutation CreateDiscussion($input: CreateDiscussionInput!) { createDiscussion(input: $input) { discussion { number url } } }`)
	commentDiscussionDocument = newDocument("CommentDiscussion", `mutation CommentDiscussion($input: AddDiscussionCommentInput!) { addDiscussionComment(input: $input) { comment { id url } } }`)
)

// Discussions lists discussions, those changed last first. category is a name.
func (r *Repo) Discussions(ctx context.Context, category string, w Window) ([]Discussion, Page, error) {
	vars := w.graph()
	vars["category"] = nil
	if category != "" {
		c, _, err := r.category(ctx, category)
		if err != nil {
			return nil, Page{}, err
		}
		vars["category"] = c.ID
	}
	var out struct {
		Repository struct {
			Discussions nodes[Discussion] `json:"discussions"`
		} `json:"repository"`
	}
	if err := r.graph(ctx, discussionsDocument, vars, &out); err != nil {
		return nil, Page{}, err
	}
	all := out.Repository.Discussions.Nodes
	for i := range all {
		r.veilDiscussion(ctx, &all[i])
	}
	return all, out.Repository.Discussions.page(), nil
}

func (r *Repo) veilDiscussion(ctx context.Context, d *Discussion) {
	r.meetText(ctx, d.Association)
	if r.Veiled(ctx, d.By(), d.Association) {
		d.Title, d.Body = hiddenText, hiddenText
	}
	r.veilAnswers(ctx, d.Comments.Nodes)
}

func (r *Repo) veilAnswers(ctx context.Context, all []DiscussionComment) {
	for i := range all {
		r.meetText(ctx, all[i].Association)
		if r.Veiled(ctx, all[i].By(), all[i].Association) {
			all[i].Body = hiddenText
		}
		r.veilAnswers(ctx, all[i].Replies.Nodes)
	}
}

// Discussion reads a discussion with a part of its comments.
func (r *Repo) Discussion(ctx context.Context, n int, w Window) (*Discussion, Page, error) {
	if _, err := number("discussionNumber", n); err != nil {
		return nil, Page{}, err
	}
	vars := w.graph()
	vars["number"] = n
	var out struct {
		Repository struct {
			Discussion *Discussion `json:"discussion"`
		} `json:"repository"`
	}
	if err := r.graph(ctx, discussionDocument, vars, &out); err != nil {
		return nil, Page{}, err
	}
	d := out.Repository.Discussion
	if d == nil {
		return nil, Page{}, errors.New("there is no such discussion")
	}
	r.veilDiscussion(ctx, d)
	return d, d.Comments.page(), nil
}

// Categories lists the categories of discussions, and the repository's ID.
func (r *Repo) Categories(ctx context.Context) ([]Category, string, error) {
	var out struct {
		Repository struct {
			ID         string          `json:"id"`
			Categories nodes[Category] `json:"discussionCategories"`
		} `json:"repository"`
	}
	err := r.graph(ctx, categoriesDocument, nil, &out)
	return out.Repository.Categories.Nodes, out.Repository.ID, err
}

func (r *Repo) category(ctx context.Context, name string) (*Category, string, error) {
	all, id, err := r.Categories(ctx)
	if err != nil {
		return nil, "", err
	}
	var names []string
	for i := range all {
		if strings.EqualFold(all[i].Name, name) || all[i].ID == name {
			return &all[i], id, nil
		}
		names = append(names, all[i].Name)
	}
	return nil, "", errors.New("category: there is none of this name; there are " + strings.Join(names, ", "))
}

// CreateDiscussion begins a discussion.
func (r *Repo) CreateDiscussion(ctx context.Context, category, title, body string) (*Discussion, error) {
	c, id, err := r.category(ctx, category)
	if err != nil {
		return nil, err
	}
	var out struct {
		Made struct {
			Discussion Discussion `json:"discussion"`
		} `json:"createDiscussion"`
	}
	err = r.mutate(ctx, createDiscussionDocument, map[string]any{"repositoryId": id, "categoryId": c.ID, "title": title, "body": body}, &out)
	return &out.Made.Discussion, err
}

// CommentDiscussion comments on a discussion, or answers the comment with an
// ID, which must be one of it.
func (r *Repo) CommentDiscussion(ctx context.Context, n int, answer, body string) (url string, err error) {
	d, page, err := r.Discussion(ctx, n, Window{Limit: 100})
	for err == nil && answer != "" && !has(d.Comments.Nodes, answer) {
		if page.Next == "" {
			return "", errors.New("replyToCommentID: this comment is not in the discussion")
		}
		d, page, err = r.Discussion(ctx, n, Window{Limit: 100, Cursor: page.Next})
	}
	if err != nil {
		return "", err
	}
	input := map[string]any{"discussionId": d.ID, "body": body}
	if answer != "" {
		input["replyToId"] = answer
	}
	var out struct {
		Added struct {
			Comment struct {
				URL string `json:"url"`
			} `json:"comment"`
		} `json:"addDiscussionComment"`
	}
	err = r.mutate(ctx, commentDiscussionDocument, input, &out)
	return out.Added.Comment.URL, err
}

func has(all []DiscussionComment, id string) bool {
	for _, c := range all {
		if c.ID == id {
			return true
		}
	}
	return false
}
