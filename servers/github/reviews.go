package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
)

type reviewComment struct {
	Path      string `json:"path"`
	Line      int    `json:"line"`
	Body      string `json:"body"`
	Side      string `json:"side,omitzero" jsonschema:"default RIGHT" enum:"LEFT,RIGHT"`
	StartLine int    `json:"startLine,omitzero" alias:"start_line"`
}

type reviewWriteIn struct {
	pullIn
	Method   string          `json:"method,omitzero" jsonschema:"default create" enum:"create,submit_pending,delete_pending,resolve_thread,unresolve_thread"`
	Event    string          `json:"event,omitzero" jsonschema:"pending without one" enum:"APPROVE,REQUEST_CHANGES,COMMENT"`
	Body     string          `json:"body,omitzero"`
	Comments []reviewComment `json:"comments,omitzero"`
	Commit   string          `json:"commitID,omitzero" jsonschema:"default head" alias:"commit_id"`
	Thread   string          `json:"threadId,omitzero" alias:"thread_id"`
}

func (s *server) pullRequestReviewWrite(ctx context.Context, in reviewWriteIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	switch in.Method {
	case "submit_pending":
		if in.Event == "" {
			return "", errors.New("event: it is needed to submit")
		}
		return "submitted", r.SubmitReview(ctx, in.Number, in.Event, in.Body)
	case "delete_pending":
		return "deleted", r.DeleteReview(ctx, in.Number)
	case "resolve_thread":
		return "resolved", r.Resolve(ctx, in.Thread, true)
	case "unresolve_thread":
		return "open again", r.Resolve(ctx, in.Thread, false)
	}
	v := guard.NewReview{Event: in.Event, Body: in.Body, Commit: in.Commit}
	for _, c := range in.Comments {
		one := guard.NewComment{Path: c.Path, Body: c.Body, Line: c.Line, Side: cmp.Or(c.Side, "RIGHT"), StartLine: c.StartLine}
		if c.StartLine > 0 {
			one.StartSide = one.Side
		}
		v.Comments = append(v.Comments, one)
	}
	done, err := r.CreateReview(ctx, in.Number, v)
	if err != nil {
		return "", err
	}
	if in.Event == "" {
		return fmt.Sprintf("pending review %d: add comments, then submit_pending", done.ID), nil
	}
	return fmt.Sprintf("review %d: %s", done.ID, done.URL), nil
}

type pendingCommentIn struct {
	pullIn
	Path      string `json:"path" audit:"target"`
	Body      string `json:"body"`
	Subject   string `json:"subjectType,omitzero" jsonschema:"default LINE" enum:"FILE,LINE"`
	Line      int    `json:"line,omitzero"`
	Side      string `json:"side,omitzero" jsonschema:"default RIGHT" enum:"LEFT,RIGHT"`
	StartLine int    `json:"startLine,omitzero"`
	StartSide string `json:"startSide,omitzero" jsonschema:"its side" enum:"LEFT,RIGHT"`
}

func (s *server) addCommentToPendingReview(ctx context.Context, in pendingCommentIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	whole := in.Subject == "FILE"
	if !whole && in.Line < 1 {
		return "", errors.New("line: it is needed, unless subjectType is FILE")
	}
	c := guard.NewComment{Path: in.Path, Body: in.Body, Line: in.Line, Side: cmp.Or(in.Side, "RIGHT"), StartLine: in.StartLine, StartSide: in.StartSide}
	return "added to the pending review", r.AddThread(ctx, in.Number, c, whole)
}

type replyIn struct {
	pullIn
	Comment int64  `json:"commentId" alias:"comment_id"`
	Body    string `json:"body"`
}

func (s *server) addReply(ctx context.Context, in replyIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	c, err := r.Reply(ctx, in.Number, in.Comment, in.Body)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("comment %d: %s", c.ID, c.URL), nil
}
