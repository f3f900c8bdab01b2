package fake

import (
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gql"
)

func (c *call) talkMutations() fields {
	return fields{
		"createDiscussion": on(c.mCreateTalk), "updateDiscussion": on(c.mUpdateTalk), "closeDiscussion": on(c.mCloseTalk),
		"reopenDiscussion":                on(c.mReopenTalk),
		"addDiscussionComment":            on(c.mTalk),
		"updateDiscussionComment":         on(c.mUpdateTalkComment),
		"deleteDiscussionComment":         on(c.mDeleteTalkComment),
		"markDiscussionCommentAsAnswer":   on(func(in arg) (any, error) { return c.mAnswer(in, true) }),
		"unmarkDiscussionCommentAsAnswer": on(func(in arg) (any, error) { return c.mAnswer(in, false) }),
	}
}

// talkFor finds a discussion that the caller may act on.
func (c *call) talkFor(id, level string) (*Discussion, error) {
	d, err := the(c, id, func(d *Discussion) *Repo { return d.Repo })
	if err != nil {
		return nil, err
	}
	if d.Author == c.user {
		level = "read"
	}
	return d, c.allowed(d.Repo, "discussions:write", level)
}

func (c *call) mCreateTalk(in arg) (any, error) {
	r, err := the(c, in.String("repositoryId"), ofRepo)
	if err != nil {
		return nil, err
	}
	if err := c.allowed(r, "discussions:write", "read"); err != nil {
		return nil, err
	}
	if k, ok := c.h.nodes[in.String("categoryId")].(*Category); !ok || k.Repo != r {
		return nil, gql.NotFound("Could not resolve to a node with the global id of '%s'", in.String("categoryId"))
	}
	return payload(fields{"discussion": c.gDiscussion(r.AddDiscussion(c.actor(), in.String("categoryId"), in.String("title"), in.String("body")))})
}

func (c *call) mUpdateTalk(in arg) (any, error) {
	d, err := c.talkFor(in.String("discussionId"), "triage")
	if err != nil {
		return nil, err
	}
	d.Title, d.Body = first(in.String("title"), d.Title), first(in.String("body"), d.Body)
	if k, ok := c.h.nodes[in.String("categoryId")].(*Category); ok && k.Repo == d.Repo {
		d.Category = k
	}
	return payload(fields{"discussion": c.gDiscussion(d)})
}

func (c *call) mCloseTalk(in arg) (any, error) {
	d, err := c.talkFor(in.String("discussionId"), "triage")
	if err != nil {
		return nil, err
	}
	d.Closed, d.Reason = true, strings.ToLower(first(in.String("reason"), "RESOLVED"))
	return payload(fields{"discussion": c.gDiscussion(d)})
}

func (c *call) mReopenTalk(in arg) (any, error) {
	d, err := c.talkFor(in.String("discussionId"), "triage")
	if err != nil {
		return nil, err
	}
	d.Closed, d.Reason = false, "reopened"
	return payload(fields{"discussion": c.gDiscussion(d)})
}

func (c *call) mTalk(in arg) (any, error) {
	d, err := c.talkFor(in.String("discussionId"), "read")
	if err != nil {
		return nil, err
	}
	to, _ := c.h.nodes[in.String("replyToId")].(*DiscussionComment)
	if in.Has("replyToId") && (to == nil || to.Discussion != d) {
		return nil, gql.NotFound("Could not resolve to a node with the global id of '%s'", in.String("replyToId"))
	}
	if to != nil && to.ReplyTo != nil {
		return nil, gql.Refused("Parent comment is already in a thread, cannot reply to it")
	}
	return payload(fields{"comment": c.gDiscussionComment(d.AddComment(c.actor(), in.String("body"), to))})
}

// talkComment finds a comment that the caller may act on.
func (c *call) talkComment(id, level string) (*DiscussionComment, error) {
	m, err := the(c, id, func(m *DiscussionComment) *Repo { return m.Discussion.Repo })
	if err != nil {
		return nil, err
	}
	if m.Author == c.user {
		level = "read"
	}
	return m, c.allowed(m.Discussion.Repo, "discussions:write", level)
}

func (c *call) mUpdateTalkComment(in arg) (any, error) {
	m, err := c.talkComment(in.String("commentId"), "write")
	if err != nil {
		return nil, err
	}
	m.Body, m.Updated = in.String("body"), c.h.now()
	return payload(fields{"comment": c.gDiscussionComment(m)})
}

func (c *call) mDeleteTalkComment(in arg) (any, error) {
	m, err := c.talkComment(in.String("id"), "write")
	if err != nil {
		return nil, err
	}
	without := func(list []*DiscussionComment) []*DiscussionComment {
		return slices.DeleteFunc(slices.Clone(list), func(o *DiscussionComment) bool { return o == m })
	}
	if m.ReplyTo != nil {
		m.ReplyTo.Replies = without(m.ReplyTo.Replies)
	} else {
		m.Discussion.Comments = without(m.Discussion.Comments)
	}
	o := c.gDiscussionComment(m)
	delete(c.h.nodes, m.Node)
	return payload(fields{"comment": o})
}

func (c *call) mAnswer(in arg, on bool) (any, error) {
	m, err := c.talkComment(in.String("id"), "triage")
	if err != nil {
		return nil, err
	}
	if !m.Discussion.Category.Answerable {
		return nil, gql.Refused("Discussion category does not support answers")
	}
	m.Discussion.Answer = nil
	if on {
		m.Discussion.Answer = m
	}
	return payload(fields{"discussion": c.gDiscussion(m.Discussion)})
}
