package guard

import (
	"cmp"
	"context"
	"fmt"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// Overview is all that a reviewer looks at first.
type Overview struct {
	Number      int          `json:"number"`
	Title       string       `json:"title"`
	Body        string       `json:"body"`
	State       string       `json:"state"`
	Draft       bool         `json:"isDraft"`
	Author      *Actor       `json:"author"`
	Association string       `json:"authorAssociation"`
	Head        string       `json:"headRefName"`
	HeadOID     string       `json:"headRefOid"`
	HeadOwner   *Actor       `json:"headRepositoryOwner"`
	Fork        bool         `json:"isCrossRepository"`
	Base        string       `json:"baseRefName"`
	Mergeable   string       `json:"mergeable"`
	MergeState  string       `json:"mergeStateStatus"`
	Decision    string       `json:"reviewDecision"`
	Additions   int          `json:"additions"`
	Deletions   int          `json:"deletions"`
	Created     string       `json:"createdAt"`
	Updated     string       `json:"updatedAt"`
	Labels      nodes[Label] `json:"labels"`
	Requests    nodes[struct {
		Who *struct {
			Login string `json:"login"`
			Slug  string `json:"slug"`
		} `json:"requestedReviewer"`
	}] `json:"reviewRequests"`
	Files nodes[struct {
		Path      string `json:"path"`
		Additions int    `json:"additions"`
		Deletions int    `json:"deletions"`
		Type      string `json:"changeType"`
	}] `json:"files"`
	Reviews  nodes[overviewReview] `json:"latestOpinionatedReviews"`
	Comments nodes[ThreadComment]  `json:"comments"`
	Threads  nodes[Thread]         `json:"reviewThreads"`
	Commits  nodes[struct {
		Commit struct {
			Headline string  `json:"messageHeadline"`
			Rollup   *Rollup `json:"statusCheckRollup"`
		} `json:"commit"`
	}] `json:"commits"`
	Closes nodes[struct {
		Number int `json:"number"`
		Repo   struct {
			Name string `json:"nameWithOwner"`
		} `json:"repository"`
	}] `json:"closingIssuesReferences"`
}

type overviewReview struct {
	State       string `json:"state"`
	Body        string `json:"body"`
	Author      *Actor `json:"author"`
	Association string `json:"authorAssociation"`
	Submitted   string `json:"submittedAt"`
}

// By is the login of the reviewer.
func (v *overviewReview) By() string { return (&ThreadComment{Author: v.Author}).By() }

// By is the login of the author.
func (o *Overview) By() string { return (&ThreadComment{Author: o.Author}).By() }

// Rollup is the state of all checks of a commit.
type Rollup struct {
	State    string       `json:"state"`
	Contexts nodes[Check] `json:"contexts"`
}

// Check is a check, or a status.
type Check struct {
	Type       string `json:"__typename"`
	ID         int64  `json:"databaseId"`
	Name       string `json:"name"`
	Status     string `json:"status"`
	Conclusion string `json:"conclusion"`
	Context    string `json:"context"` // the rest is of a status
	State      string `json:"state"`
	Suite      struct {
		Run *struct {
			ID       int64 `json:"databaseId"`
			Workflow struct {
				Name string `json:"name"`
			} `json:"workflow"`
		} `json:"workflowRun"`
	} `json:"checkSuite"`
}

// Failed reports whether the check did not pass.
func (c *Check) Failed() bool {
	switch c.Conclusion + c.State {
	case "FAILURE", "TIMED_OUT", "STARTUP_FAILURE", "ACTION_REQUIRED", "CANCELLED", "ERROR":
		return true
	}
	return false
}

// Label is the name of the check.
func (c *Check) Label() string { return cmp.Or(c.Name, c.Context) }

// Result is how it went, or is going.
func (c *Check) Result() string { return cmp.Or(cmp.Or(c.Conclusion, c.State), c.Status) }

const rollupFields = ` statusCheckRollup { state contexts(first: 100) { totalCount nodes { __typename ... on CheckRun { databaseId name status conclusion checkSuite { workflowRun { databaseId workflow { name } } } } ... on StatusContext { context state } } } } `

var overviewDocument = newPartial("Overview", `query Overview($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name, followRenames: false) { isPrivate pullRequest(number: $number) {
    number title body state isDraft author { login } authorAssociation headRefName headRefOid headRepositoryOwner { login } isCrossRepository baseRefName
    mergeable mergeStateStatus reviewDecision additions deletions createdAt updatedAt
    labels(first: 20) { nodes { name } }
    reviewRequests(first: 20) { nodes { requestedReviewer { ... on User { login } ... on Team { slug } } } }
    files(first: 100) { totalCount nodes { path additions deletions changeType } }
    latestOpinionatedReviews(first: 20) { totalCount nodes { state body author { login } authorAssociation submittedAt } }
    comments(last: 10) { totalCount nodes { databaseId body author { login } authorAssociation createdAt } }
    reviewThreads(last: 30) { totalCount nodes {`+threadFields+`} }
    commits(last: 1) { totalCount nodes { commit { messageHeadline`+rollupFields+`} } }
    closingIssuesReferences(first: 10) { nodes { number repository { nameWithOwner } } }
  } } }`)

// Overview reads a pull request with its files, reviews, conversations and
// checks, in one call.
func (r *Repo) Overview(ctx context.Context, n int) (*Overview, error) {
	if _, err := number("pullNumber", n); err != nil {
		return nil, err
	}
	var out struct {
		Repository struct {
			Pull *Overview `json:"pullRequest"`
		} `json:"repository"`
	}
	if err := r.graph(ctx, overviewDocument, map[string]any{"number": n}, &out); err != nil {
		return nil, err
	}
	o := out.Repository.Pull
	if o == nil {
		return nil, mcpcore.Hint(fmt.Errorf("%s has no pull request #%d", r, n), "list_pull_requests tells which there are")
	}
	r.meetText(ctx, o.Association)
	if r.Veiled(ctx, o.By(), o.Association) {
		o.Title, o.Body = hiddenText, hiddenText
		o.Files.Nodes = nil
		for i := range o.Commits.Nodes {
			o.Commits.Nodes[i].Commit.Headline = hiddenText
		}
	}
	r.veilThreads(ctx, o.Threads.Nodes)
	r.veilThreads(ctx, []Thread{{Comments: o.Comments}})
	for i := range o.Reviews.Nodes {
		v := &o.Reviews.Nodes[i]
		r.meetText(ctx, v.Association)
		if r.Veiled(ctx, v.By(), v.Association) {
			v.Body = hiddenText
		}
	}
	return o, nil
}
