package guard

import (
	"context"
	"slices"
	"strings"
)

// Work is something that waits for the user.
type Work struct {
	Why     string
	Repo    string
	Number  int
	Title   string
	State   string
	Updated string
}

// whys are the reasons for which something waits, most urgent first.
var whys = []string{"review requested", "changes requested", "checks fail", "ready to merge", "assigned", "draft", "waits for review"}

// Urgency orders reasons.
func Urgency(why string) int { return slices.Index(whys, why) }

type workNode struct {
	Number      int    `json:"number"`
	Title       string `json:"title"`
	Updated     string `json:"updatedAt"`
	Draft       bool   `json:"isDraft"`
	Decision    string `json:"reviewDecision"`
	Author      *Actor `json:"author"`
	Association string `json:"authorAssociation"`
	Repository  struct {
		Name string `json:"nameWithOwner"`
	} `json:"repository"`
	Commits nodes[struct {
		Commit struct {
			Rollup *struct {
				State string `json:"state"`
			} `json:"statusCheckRollup"`
		} `json:"commit"`
	}] `json:"commits"`
}

const workFields = ` nodes {
  ... on PullRequest { number title updatedAt isDraft reviewDecision author { login } authorAssociation repository { nameWithOwner } commits(last: 1) { nodes { commit { statusCheckRollup { state } } } } }
  ... on Issue { number title updatedAt author { login } authorAssociation repository { nameWithOwner } } } `

var workDocument = newPartial("Work", `query Work($first: Int!, $mine: String!, $review: String!, $assigned: String!) {
  mine: search(type: ISSUE, first: $first, query: $mine) {`+workFields+`}
  review: search(type: ISSUE, first: $first, query: $review) {`+workFields+`}
  assigned: search(type: ISSUE, first: $first, query: $assigned) {`+workFields+`} }`)

// MyWork lists what waits for the user, in one call.
func (g *Guard) MyWork(ctx context.Context, w Window) ([]Work, error) {
	more := ""
	for _, q := range g.qualifiers() {
		more += " " + q
	}
	var out struct {
		Mine     nodes[workNode] `json:"mine"`
		Review   nodes[workNode] `json:"review"`
		Assigned nodes[workNode] `json:"assigned"`
	}
	err := g.graph(ctx, request{doc: workDocument}, map[string]any{
		"first": min(max(w.Limit, 1), 50),
		"mine":  "is:pr is:open author:@me archived:false sort:updated" + more, "review": "is:pr is:open review-requested:@me archived:false sort:updated" + more,
		"assigned": "is:open assignee:@me archived:false sort:updated" + more,
	}, &out)
	if err != nil {
		return nil, err
	}
	var all []Work
	seen := map[string]bool{}
	add := func(n *workNode, why string) {
		owner, name, _ := strings.Cut(n.Repository.Name, "/")
		key := n.Repository.Name + "#" + itoa(n.Number)
		if seen[key] || checkRepo(owner, name) != nil || g.mayRead(owner, name) != nil {
			return
		}
		seen[key] = true
		r := &Repo{g: g, owner: owner, name: name, account: g.accountOf(owner)}
		g.meet(ctx, r)
		r.meetText(ctx, n.Association)
		title, state := n.Title, ""
		if r.Veiled(ctx, (&ThreadComment{Author: n.Author}).By(), n.Association) {
			title = hiddenText
		}
		if c := n.Commits.Nodes; len(c) > 0 && c[0].Commit.Rollup != nil {
			state = strings.ToLower(c[0].Commit.Rollup.State)
		}
		all = append(all, Work{why, n.Repository.Name, n.Number, title, state, n.Updated})
	}
	for i := range out.Review.Nodes {
		add(&out.Review.Nodes[i], "review requested")
	}
	for i := range out.Mine.Nodes {
		add(&out.Mine.Nodes[i], out.Mine.Nodes[i].why())
	}
	for i := range out.Assigned.Nodes {
		add(&out.Assigned.Nodes[i], "assigned")
	}
	return all, nil
}

// why says what one's own pull request waits for.
func (n *workNode) why() string {
	failing := false
	if c := n.Commits.Nodes; len(c) > 0 && c[0].Commit.Rollup != nil {
		failing = c[0].Commit.Rollup.State == "FAILURE" || c[0].Commit.Rollup.State == "ERROR"
	}
	switch {
	case n.Decision == "CHANGES_REQUESTED":
		return "changes requested"
	case failing:
		return "checks fail"
	case n.Draft:
		return "draft"
	case n.Decision == "APPROVED":
		return "ready to merge"
	}
	return "waits for review"
}
