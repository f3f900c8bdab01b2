package guard

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// NewComment is a comment on a line of a diff.
type NewComment struct {
	Path      string `json:"path"`
	Body      string `json:"body"`
	Line      int    `json:"line,omitempty"`
	Side      string `json:"side,omitempty"`
	StartLine int    `json:"start_line,omitempty"`
	StartSide string `json:"start_side,omitempty"`
}

// NewReview is a review to be made; without an Event it stays pending.
type NewReview struct {
	Event    string       `json:"event,omitempty"`
	Body     string       `json:"body,omitempty"`
	Commit   string       `json:"commit_id,omitempty"`
	Comments []NewComment `json:"comments,omitempty"`
}

// CreateReview makes a review with all its comments.
func (r *Repo) CreateReview(ctx context.Context, n int, v NewReview) (*Comment, error) {
	num, err := number("pullNumber", n)
	if err != nil {
		return nil, err
	}
	out := &Comment{}
	return out, r.send(ctx, http.MethodPost, v, out, "pulls", num, "reviews")
}

// pending finds the review of the token's user that is not submitted.
func (r *Repo) pending(ctx context.Context, n int) (int64, error) {
	for w := (Window{Limit: 100}); ; {
		all, page, err := r.Reviews(ctx, n, w)
		if err != nil {
			return 0, err
		}
		for _, v := range all { // others' are not shown
			if v.State == "PENDING" {
				return v.ID, nil
			}
		}
		if w.Cursor = page.Next; w.Cursor == "" {
			return 0, mcpcore.Hint(errors.New("there is no pending review"), "call pull_request_review_write with method create first")
		}
	}
}

// SubmitReview submits the pending review.
func (r *Repo) SubmitReview(ctx context.Context, n int, event, body string) error {
	id, err := r.pending(ctx, n)
	if err != nil {
		return err
	}
	return r.send(ctx, http.MethodPost, map[string]any{"event": event, "body": body}, nil, "pulls", strconv.Itoa(n), "reviews", strconv.FormatInt(id, 10), "events")
}

// DeleteReview deletes the pending review.
func (r *Repo) DeleteReview(ctx context.Context, n int) error {
	id, err := r.pending(ctx, n)
	if err != nil {
		return err
	}
	return r.send(ctx, http.MethodDelete, nil, nil, "pulls", strconv.Itoa(n), "reviews", strconv.FormatInt(id, 10))
}

// Reply answers a comment on a line.
func (r *Repo) Reply(ctx context.Context, n int, comment int64, body string) (*Comment, error) {
	num, err := number("pullNumber", n)
	if err != nil {
		return nil, err
	}
	out := &Comment{}
	return out, r.send(ctx, http.MethodPost, map[string]any{"body": body}, out, "pulls", num, "comments", strconv.FormatInt(comment, 10), "replies")
}
