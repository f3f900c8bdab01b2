package guard

import (
	"context"
	"errors"
	"strings"
)

// ThreadComment is a comment of GraphQL.
type ThreadComment struct {
	ID          int64  `json:"databaseId"`
	Body        string `json:"body"`
	Author      *Actor `json:"author"`
	Association string `json:"authorAssociation"`
	Created     string `json:"createdAt"`
}

// By is the login of the author.
func (c *ThreadComment) By() string {
	if c.Author == nil {
		return "ghost"
	}
	return c.Author.Login
}

// Thread is a conversation about a line.
type Thread struct {
	ID       string               `json:"id"`
	Resolved bool                 `json:"isResolved"`
	Outdated bool                 `json:"isOutdated"`
	Path     string               `json:"path"`
	Line     int                  `json:"line"`
	Comments nodes[ThreadComment] `json:"comments"`
}

const threadFields = ` id isResolved isOutdated path line comments(first: 30) { totalCount nodes { databaseId body author { login } authorAssociation createdAt } } `

var threadsDocument = newDocument("Threads", `query Threads($owner: String!, $name: String!, $number: Int!, $first: Int!, $after: String) {
  repository(owner: $owner, name: $name, followRenames: false) { isPrivate pullRequest(number: $number) {
    reviewThreads(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {`+threadFields+`} } } } }`)

// Threads lists the conversations about lines of a pull request.
func (r *Repo) Threads(ctx context.Context, n int, w Window) ([]Thread, Page, error) {
	vars := w.graph()
	vars["number"] = n
	var out struct {
		Repository struct {
			Pull struct {
				Threads nodes[Thread] `json:"reviewThreads"`
			} `json:"pullRequest"`
		} `json:"repository"`
	}
	if err := r.graph(ctx, threadsDocument, vars, &out); err != nil {
		return nil, Page{}, err
	}
	t := &out.Repository.Pull.Threads
	r.veilThreads(ctx, t.Nodes)
	return t.Nodes, t.page(), nil
}

func (r *Repo) veilThreads(ctx context.Context, all []Thread) {
	for i := range all {
		for j := range all[i].Comments.Nodes {
			c := &all[i].Comments.Nodes[j]
			r.meetText(ctx, c.Association)
			if r.Veiled(ctx, c.By(), c.Association) {
				c.Body = hiddenText
			}
		}
	}
}

var (
	threadRepoDocument = newDocument("ThreadRepo", `query ThreadRepo($id: ID!) { node(id: $id) { __typename ... on PullRequestReviewThread { repository { nameWithOwner } } } }`)
	resolveDocument    = newDocument("Resolve", `mutation Resolve($input: ResolveReviewThreadInput!) { resolveReviewThread(input: $input) { thread { isResolved } } }`)
	unresolveDocument  = newDocument("Unresolve", `mutation Unresolve($input: UnresolveReviewThreadInput!) { unresolveReviewThread(input: $input) { thread { isResolved } } }`)
	pendingDocument    = newDocument("Pending", `query Pending($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name, followRenames: false) { isPrivate pullRequest(number: $number) { reviews(first: 1, states: [PENDING]) { nodes { id } } } } }`)
	addThreadDocument = newDocument("AddThread", `mutation AddThread($input: AddPullRequestReviewThreadInput!) { addPullRequestReviewThread(input: $input) { thread { id } } }`)
)

// Resolve marks a conversation as done, or not. An ID does not tell where it
// belongs, so that is asked first.
func (r *Repo) Resolve(ctx context.Context, thread string, done bool) error {
	if err := checkNode("threadId", thread); err != nil {
		return err
	}
	var out struct {
		Node *struct {
			Repository struct {
				Name string `json:"nameWithOwner"`
			} `json:"repository"`
		} `json:"node"`
	}
	if err := r.g.graph(ctx, request{doc: threadRepoDocument, account: r.account}, map[string]any{"id": thread}, &out); err != nil {
		return err
	}
	if out.Node == nil || !strings.EqualFold(out.Node.Repository.Name, r.String()) {
		return errors.New("threadId: this conversation is not in " + r.String())
	}
	d := unresolveDocument
	if done {
		d = resolveDocument
	}
	return r.mutate(ctx, d, map[string]any{"threadId": thread}, nil)
}

// AddThread adds a comment to the pending review.
func (r *Repo) AddThread(ctx context.Context, n int, c NewComment, wholeFile bool) error {
	if _, err := cleanPath(c.Path); err != nil {
		return err
	}
	var found struct {
		Repository struct {
			Pull struct {
				Reviews nodes[struct {
					ID string `json:"id"`
				}] `json:"reviews"`
			} `json:"pullRequest"`
		} `json:"repository"`
	}
	if err := r.graph(ctx, pendingDocument, map[string]any{"number": n}, &found); err != nil {
		return err
	}
	reviews := found.Repository.Pull.Reviews.Nodes
	if len(reviews) == 0 {
		return errors.New("there is no pending review: call pull_request_review_write with method create first")
	}
	input := map[string]any{"pullRequestReviewId": reviews[0].ID, "path": c.Path, "body": c.Body}
	if wholeFile {
		input["subjectType"] = "FILE"
	} else {
		input["subjectType"] = "LINE"
		for name, value := range map[string]int{"line": c.Line, "startLine": c.StartLine} {
			if value > 0 {
				input[name] = value
			}
		}
		for name, value := range map[string]string{"side": c.Side, "startSide": c.StartSide} {
			if value != "" {
				input[name] = value
			}
		}
	}
	var out struct {
		Added struct {
			Thread *struct{ ID string } `json:"thread"`
		} `json:"addPullRequestReviewThread"`
	}
	if err := r.mutate(ctx, addThreadDocument, input, &out); err != nil {
		return err
	}
	if out.Added.Thread == nil {
		return errors.New("GitHub does not take the comment: the line is not part of the diff")
	}
	return nil
}
