package guard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Merge is how a pull request is merged.
type Merge struct {
	Method  string `json:"merge_method,omitempty"`
	Title   string `json:"commit_title,omitempty"`
	Message string `json:"commit_message,omitempty"`
	SHA     string `json:"sha,omitempty"` // that the head must have
}

// MergePull merges a pull request. Into a branch that is protected, a person
// has to agree to it.
func (r *Repo) MergePull(ctx context.Context, n int, m Merge) (sha string, err error) {
	num, err := number("pullNumber", n)
	if err != nil {
		return "", err
	}
	if m.SHA != "" {
		if err := checkSHA("expected_head_sha", m.SHA); err != nil {
			return "", err
		}
	}
	if err := r.mayMerge(ctx, n); err != nil {
		return "", err
	}
	var out struct {
		SHA string `json:"sha"`
	}
	return out.SHA, r.send(ctx, http.MethodPut, m, &out, "pulls", num, "merge")
}

func (r *Repo) mayMerge(ctx context.Context, n int) error {
	if !r.g.protectsDefault() && !r.g.paths.set {
		return nil
	}
	p, err := r.Pull(ctx, n)
	if err != nil {
		return err
	}
	if err := r.mergePaths(ctx, n); err != nil {
		return err
	}
	info, err := r.Info(ctx)
	if err != nil {
		return err
	}
	refused := r.g.mayChangeBranch(r, p.Base.Ref, info.DefaultBranch)
	if refused == nil {
		return nil
	}
	err = confirm(ctx, fmt.Sprintf("Merge #%d into the protected branch %s of %s?", n, p.Base.Ref, r))
	if errors.Is(err, mcpcore.ErrCannotAsk) {
		return mcpcore.Refused("--protect-branches", mcpcore.Hint(fmt.Errorf("branch %s of %s is protected by the operator", p.Base.Ref, r), "ask a person to merge it"))
	}
	return err
}

// mergePaths refuses a merge that changes protected paths.
func (r *Repo) mergePaths(ctx context.Context, n int) error {
	if !r.g.paths.set {
		return nil
	}
	for w := (Window{Limit: 100}); ; {
		files, page, err := r.PullFiles(ctx, n, w)
		if err != nil {
			return err
		}
		for _, f := range files {
			for _, name := range []string{f.Name, f.Old} {
				if name == "" {
					continue
				}
				if err := r.g.mayChangePath(name); err != nil {
					return err
				}
			}
		}
		if w.Cursor = page.Next; w.Cursor == "" {
			return nil
		}
	}
}

// nodeOf is the ID by which GraphQL knows a pull request.
func (r *Repo) nodeOf(ctx context.Context, n int) (string, error) {
	p, err := r.Pull(ctx, n)
	if err != nil {
		return "", err
	}
	return p.Node, nil
}

var (
	draftDocument   = newDocument("Draft", `mutation Draft($input: ConvertPullRequestToDraftInput!) { convertPullRequestToDraft(input: $input) { pullRequest { number } } }`)
	readyDocument   = newDocument("Ready", `mutation Ready($input: MarkPullRequestReadyForReviewInput!) { markPullRequestReadyForReview(input: $input) { pullRequest { number } } }`)
	autoDocument    = newDocument("Auto", `mutation Auto($input: EnablePullRequestAutoMergeInput!) { enablePullRequestAutoMerge(input: $input) { pullRequest { number } } }`)
	noAutoDocument  = newDocument("NoAuto", `mutation NoAuto($input: DisablePullRequestAutoMergeInput!) { disablePullRequestAutoMerge(input: $input) { pullRequest { number } } }`)
	enqueueDocument = newDocument("Enqueue", `mutation Enqueue($input: EnqueuePullRequestInput!) { enqueuePullRequest(input: $input) { mergeQueueEntry { position } } }`)
)

// SetDraft makes a pull request a draft, or ready for review.
func (r *Repo) SetDraft(ctx context.Context, n int, draft bool) error {
	id, err := r.nodeOf(ctx, n)
	if err != nil {
		return err
	}
	d := readyDocument
	if draft {
		d = draftDocument
	}
	return r.mutate(ctx, d, map[string]any{"pullRequestId": id}, nil)
}

// SetAutoMerge has a pull request merged once its checks pass, by a method; ""
// stops that.
func (r *Repo) SetAutoMerge(ctx context.Context, n int, method string) error {
	if method == "" {
		id, err := r.nodeOf(ctx, n)
		if err != nil {
			return err
		}
		return r.mutate(ctx, noAutoDocument, map[string]any{"pullRequestId": id}, nil)
	}
	if err := r.mayMerge(ctx, n); err != nil {
		return err
	}
	id, err := r.nodeOf(ctx, n)
	if err != nil {
		return err
	}
	return r.mutate(ctx, autoDocument, map[string]any{"pullRequestId": id, "mergeMethod": strings.ToUpper(method)}, nil)
}

// Enqueue puts a pull request into the merge queue.
func (r *Repo) Enqueue(ctx context.Context, n int, sha string) error {
	if err := r.mayMerge(ctx, n); err != nil {
		return err
	}
	id, err := r.nodeOf(ctx, n)
	if err != nil {
		return err
	}
	input := map[string]any{"pullRequestId": id}
	if sha != "" {
		input["expectedHeadOid"] = sha
	}
	return r.mutate(ctx, enqueueDocument, input, nil)
}
