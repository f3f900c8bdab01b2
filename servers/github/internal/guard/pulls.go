package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Pull is a pull request.
type Pull struct {
	Issue
	Merged         bool    `json:"merged"`
	Mergeable      *bool   `json:"mergeable"`
	MergeableState string  `json:"mergeable_state"`
	MergeSHA       string  `json:"merge_commit_sha"`
	Head           End     `json:"head"`
	Base           End     `json:"base"`
	Commits        int     `json:"commits"`
	Additions      int     `json:"additions"`
	Deletions      int     `json:"deletions"`
	ChangedFiles   int     `json:"changed_files"`
	Reviewers      []Actor `json:"requested_reviewers"`
	MaintainerEdit bool    `json:"maintainer_can_modify"`
}

// End is where a pull request comes from, or goes to.
type End struct {
	Label string     `json:"label"`
	Ref   string     `json:"ref"`
	SHA   string     `json:"sha"`
	Repo  *FoundRepo `json:"repo"`
}

// Pull reads a pull request.
func (r *Repo) Pull(ctx context.Context, n int) (*Pull, error) {
	num, err := number("pullNumber", n)
	if err != nil {
		return nil, err
	}
	out := &Pull{}
	if _, err := r.get(ctx, out, nil, "pulls", num); err != nil {
		return nil, err
	}
	r.veil(ctx, &out.Issue)
	return out, nil
}

// Unveiled finds out whether what a pull request changes may be shown.
func (r *Repo) Unveiled(ctx context.Context, n int) error {
	if !r.g.o.Lockdown {
		return nil
	}
	p, err := r.Pull(ctx, n)
	if err != nil {
		return err
	}
	if r.Veiled(ctx, p.User.Login, p.Association) {
		return errVeiled("the pull request")
	}
	return nil
}

// PullDiff is a pull request as a diff. Where GitHub finds it too large, the
// patches of the files are put together, as far as GitHub tells them.
func (r *Repo) PullDiff(ctx context.Context, n int) (string, error) {
	num, err := number("pullNumber", n)
	if err != nil {
		return "", err
	}
	if err := r.Unveiled(ctx, n); err != nil {
		return "", err
	}
	r.meetText(ctx, "")
	text, err := r.text(ctx, diffType, "pulls", num)
	if err == nil || !strings.Contains(err.Error(), "answers 406") {
		return text, err
	}
	var b strings.Builder
	for w := (Window{Limit: 100}); ; {
		files, page, err := r.PullFiles(ctx, n, w)
		if err != nil {
			return "", err
		}
		for _, f := range files {
			f.diff(&b)
		}
		if w.Cursor = page.Next; w.Cursor == "" {
			return b.String(), nil
		}
	}
}

// diff writes a file as git does.
func (f *File) diff(b *strings.Builder) {
	old := cmp.Or(f.Old, f.Name)
	fmt.Fprintf(b, "diff --git a/%s b/%s\n", old, f.Name)
	from, to := "a/"+old, "b/"+f.Name
	switch f.Status {
	case "added":
		b.WriteString("new file mode 100644\n")
		from = "/dev/null"
	case "removed":
		b.WriteString("deleted file mode 100644\n")
		to = "/dev/null"
	case "renamed":
		fmt.Fprintf(b, "rename from %s\nrename to %s\n", old, f.Name)
	}
	if f.Patch != "" {
		fmt.Fprintf(b, "--- %s\n+++ %s\n%s\n", from, to, f.Patch)
	}
}

// PullFiles lists the files that a pull request changes.
func (r *Repo) PullFiles(ctx context.Context, n int, w Window) (out []File, page Page, err error) {
	num, err := number("pullNumber", n)
	if err != nil {
		return nil, Page{}, err
	}
	if err := r.Unveiled(ctx, n); err != nil {
		return nil, Page{}, err
	}
	r.meetText(ctx, "")
	page, err = r.list(ctx, &out, w, nil, "pulls", num, "files")
	return out, page, err
}

// PullCommits lists the commits of a pull request.
func (r *Repo) PullCommits(ctx context.Context, n int, w Window) (out []Commit, page Page, err error) {
	num, err := number("pullNumber", n)
	if err != nil {
		return nil, Page{}, err
	}
	if err := r.Unveiled(ctx, n); err != nil {
		return nil, Page{}, err
	}
	r.meetText(ctx, "")
	page, err = r.list(ctx, &out, w, nil, "pulls", num, "commits")
	return out, page, err
}

// Reviews lists the reviews of a pull request.
func (r *Repo) Reviews(ctx context.Context, n int, w Window) (out []Comment, page Page, err error) {
	num, err := number("pullNumber", n)
	if err != nil {
		return nil, Page{}, err
	}
	page, err = r.list(ctx, &out, w, nil, "pulls", num, "reviews")
	r.veilComments(ctx, out)
	return out, page, err
}

// Status is the state that programs report of a commit.
type Status struct {
	State    string `json:"state"`
	SHA      string `json:"sha"`
	Total    int    `json:"total_count"`
	Statuses []struct {
		Context     string `json:"context"`
		State       string `json:"state"`
		Description string `json:"description"`
		URL         string `json:"target_url"`
	} `json:"statuses"`
}

// Status reads the state of a commit.
func (r *Repo) Status(ctx context.Context, ref string) (*Status, error) {
	if err := checkRef("ref", ref); err != nil {
		return nil, err
	}
	out := &Status{}
	_, err := r.get(ctx, out, nil, "commits", ref, "status")
	return out, err
}

// CheckRun is a check of a commit.
type CheckRun struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	Status     string `json:"status"`
	Conclusion string `json:"conclusion"`
	Started    string `json:"started_at"`
	Completed  string `json:"completed_at"`
	URL        string `json:"details_url"`
	Output     struct {
		Title   string `json:"title"`
		Summary string `json:"summary"`
	} `json:"output"`
}

// CheckRuns lists the checks of a commit.
func (r *Repo) CheckRuns(ctx context.Context, ref string, w Window) ([]CheckRun, Page, error) {
	if err := checkRef("ref", ref); err != nil {
		return nil, Page{}, err
	}
	var out struct {
		Total int        `json:"total_count"`
		Runs  []CheckRun `json:"check_runs"`
	}
	page, err := r.list(ctx, &out, w, nil, "commits", ref, "check-runs")
	page.Total = out.Total
	return out.Runs, page, err
}

var pullsDocument = newDocument("Pulls", `query Pulls($owner: String!, $name: String!, $first: Int!, $after: String, $states: [PullRequestState!], $head: String, $base: String, $labels: [String!], $order: IssueOrder) {
  repository(owner: $owner, name: $name, followRenames: false) { isPrivate
    pullRequests(first: $first, after: $after, states: $states, headRefName: $head, baseRefName: $base, labels: $labels, orderBy: $order) {
      totalCount pageInfo { hasNextPage endCursor } nodes {`+listedFields+` isDraft headRefName baseRefName } } } }`)

// PullFilter says which pull requests are listed.
type PullFilter struct{ State, Head, Base, Order, Direction string }

// Pulls lists pull requests.
func (r *Repo) Pulls(ctx context.Context, f PullFilter, w Window) ([]ListedIssue, Page, error) {
	vars := w.graph()
	vars["states"], vars["order"], vars["labels"], vars["head"], vars["base"] = states(f.State), order(f.Order, f.Direction), nil, nil, nil
	if strings.EqualFold(f.State, "closed") {
		vars["states"] = []string{"CLOSED", "MERGED"}
	}
	if _, branch, ok := strings.Cut(f.Head, ":"); ok {
		f.Head = branch
	}
	for name, ref := range map[string]string{"head": f.Head, "base": f.Base} {
		if ref == "" {
			continue
		}
		if err := checkRef(name, ref); err != nil {
			return nil, Page{}, err
		}
		vars[name] = ref
	}
	var out struct {
		Repository struct {
			Pulls nodes[ListedIssue] `json:"pullRequests"`
		} `json:"repository"`
	}
	if err := r.graph(ctx, pullsDocument, vars, &out); err != nil {
		return nil, Page{}, err
	}
	return r.veilListed(ctx, out.Repository.Pulls.Nodes), out.Repository.Pulls.page(), nil
}

// PullChange is what is written of a pull request; nil is left as it is.
type PullChange struct {
	Title          *string `json:"title,omitempty"`
	Body           *string `json:"body,omitempty"`
	Head           *string `json:"head,omitempty"`
	Base           *string `json:"base,omitempty"`
	State          *string `json:"state,omitempty"`
	Draft          *bool   `json:"draft,omitempty"`
	MaintainerEdit *bool   `json:"maintainer_can_modify,omitempty"`
}

// CreatePull opens a pull request.
func (r *Repo) CreatePull(ctx context.Context, c PullChange) (*Pull, error) {
	for what, ref := range map[string]*string{"head": c.Head, "base": c.Base} {
		if ref == nil {
			return nil, fmt.Errorf("%s: it is missing", what)
		}
		if _, err := r.basehead(*ref, "HEAD"); err != nil {
			return nil, errors.New(strings.Replace(err.Error(), "base", what, 1))
		}
	}
	out := &Pull{}
	return out, r.send(ctx, http.MethodPost, c, out, "pulls")
}

// UpdatePull changes a pull request.
func (r *Repo) UpdatePull(ctx context.Context, n int, c PullChange) (*Pull, error) {
	num, err := number("pullNumber", n)
	if err != nil {
		return nil, err
	}
	out := &Pull{}
	return out, r.send(ctx, http.MethodPatch, c, out, "pulls", num)
}

// RequestReviews asks people, and teams as org/team, to review.
func (r *Repo) RequestReviews(ctx context.Context, n int, reviewers []string) error {
	num, err := number("pullNumber", n)
	if err != nil {
		return err
	}
	people, teams := []string{}, []string{}
	for _, name := range reviewers {
		if _, team, ok := strings.Cut(name, "/"); ok {
			teams = append(teams, team)
			continue
		}
		people = append(people, name)
	}
	return r.send(ctx, http.MethodPost, map[string]any{"reviewers": people, "team_reviewers": teams}, nil, "pulls", num, "requested_reviewers")
}

// UpdatePullBranch merges the base into the head.
func (r *Repo) UpdatePullBranch(ctx context.Context, n int, expected string) error {
	num, err := number("pullNumber", n)
	if err != nil {
		return err
	}
	if r.g.protectsDefault() {
		p, err := r.Pull(ctx, n)
		if err != nil {
			return err
		}
		if p.Head.Repo != nil && strings.EqualFold(p.Head.Repo.FullName, r.String()) {
			if err := r.g.mayChangeBranch(r, p.Head.Ref, p.Head.Repo.Default); err != nil {
				return err
			}
		}
	}
	body := map[string]any{}
	if expected != "" {
		if err := checkSHA("expectedHeadSha", expected); err != nil {
			return err
		}
		body["expected_head_sha"] = expected
	}
	return r.send(ctx, http.MethodPut, body, nil, "pulls", num, "update-branch")
}
