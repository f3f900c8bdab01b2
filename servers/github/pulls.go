package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// pullIn is a pull request.
type pullIn struct {
	repoIn
	Number int `json:"pullNumber" alias:"pull_number,number"`
}

type pullReadIn struct {
	pullIn
	Method string `json:"method,omitzero" jsonschema:"default overview" enum:"overview,get,get_diff,get_files,get_commits,get_reviews,get_review_comments,get_comments,get_status,get_check_runs"`
	Limit  int    `json:"limit,omitzero" alias:"perPage,per_page"`
	diffIn
}

func (s *server) pullRequestRead(ctx context.Context, in pullReadIn) (*mcpcore.Result, error) {
	if in.Method == "" {
		in.Method = called(ctx, "overview")
	}
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	w := pageIn{Limit: in.Limit, Cursor: in.Cursor}.window()
	where := fmt.Sprintf("#%d", in.Number)
	switch in.Method {
	case "get":
		return s.pull(ctx, r, in.Number)
	case "get_diff":
		text, err := r.PullDiff(ctx, in.Number)
		if err != nil {
			return nil, err
		}
		return s.window("diff of "+where, text, in.diffIn)
	case "get_files":
		return s.pullFiles(ctx, r, in, w)
	case "get_commits":
		commits, page, err := r.PullCommits(ctx, in.Number, w)
		if err != nil {
			return nil, err
		}
		l := commitList("commits of "+where, commits)
		l.page = page
		return s.shown(l)
	case "get_reviews":
		reviews, page, err := r.Reviews(ctx, in.Number, w)
		if err != nil {
			return nil, err
		}
		return s.reviews(reviews, page, where), nil
	case "get_review_comments":
		threads, page, err := r.Threads(ctx, in.Number, w)
		if err != nil {
			return nil, err
		}
		return texts(cmp.Or(s.threads(threads, where), "no conversations") + more(page)), nil
	case "get_comments":
		comments, page, err := r.Comments(ctx, in.Number, w)
		if err != nil {
			return nil, err
		}
		return s.comments(comments, page, where), nil
	case "get_status", "get_check_runs":
		return s.pullStatus(ctx, r, in, w)
	}
	o, err := r.Overview(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	return texts(s.overview(o)...), nil
}

func (s *server) pull(ctx context.Context, r *guard.Repo, n int) (*mcpcore.Result, error) {
	p, err := r.Pull(ctx, n)
	if err != nil {
		return nil, err
	}
	p.Pull = &struct{}{}
	f := facts{}
	state := p.State
	switch {
	case p.Merged:
		state = "merged as " + short(p.MergeSHA)
	case p.Draft:
		state += ", draft"
	}
	f.add("state", state)
	f.add("head", line(p.Head.Label, 0)+" "+p.Head.SHA)
	f.add("base", line(p.Base.Label, 0)+" "+p.Base.SHA)
	f.add("mergeable", p.MergeableState)
	f.add("changes", fmt.Sprintf("%d commits, %d files, +%d -%d", p.Commits, p.ChangedFiles, p.Additions, p.Deletions))
	f.add("reviewers asked", guard.Logins(p.Reviewers))
	return texts(append([]string{f.String()}, s.issue(&p.Issue)...)...), nil
}

func (s *server) pullFiles(ctx context.Context, r *guard.Repo, in pullReadIn, w guard.Window) (*mcpcore.Result, error) {
	if in.Limit == 0 {
		w.Limit = 100
	}
	files, page, err := r.PullFiles(ctx, in.Number, w)
	if err != nil {
		return nil, err
	}
	return texts(cmp.Or(s.fenced("files", fileList(files, in.Paths)), "no files") + more(page)), nil
}

func (s *server) reviews(all []guard.Comment, page guard.Page, where string) *mcpcore.Result {
	var b strings.Builder
	for _, v := range all {
		fmt.Fprintf(&b, "review %d by %s, %s, %s, commit %s\n", v.ID, by(v.User.Login, v.Association), strings.ToLower(v.State), minute(v.Submitted), short(v.Commit))
		if text := s.quoted(where+" by "+by(v.User.Login, v.Association), v.Body); text != "" {
			b.WriteString(text + "\n")
		}
	}
	return texts(cmp.Or(strings.TrimSuffix(b.String(), "\n"), "no reviews") + more(page))
}

// threads shows conversations about lines.
func (s *server) threads(all []guard.Thread, where string) string {
	var b strings.Builder
	for _, t := range all {
		state := "open"
		if t.Resolved {
			state = "resolved"
		}
		if t.Outdated {
			state += ", outdated"
		}
		fmt.Fprintf(&b, "thread %s, %s, %s:%d\n", t.ID, state, line(t.Path, 0), t.Line)
		for _, c := range t.Comments.Nodes {
			fmt.Fprintf(&b, "comment %d, %s\n%s\n", c.ID, minute(c.Created), s.quoted(where+" by "+by(c.By(), c.Association), c.Body))
		}
		if left := t.Comments.Total - len(t.Comments.Nodes); left > 0 {
			fmt.Fprintf(&b, "[%d more comments]\n", left)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (s *server) pullStatus(ctx context.Context, r *guard.Repo, in pullReadIn, w guard.Window) (*mcpcore.Result, error) {
	p, err := r.Pull(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	if in.Method == "get_check_runs" {
		runs, page, err := r.CheckRuns(ctx, p.Head.SHA, w)
		if err != nil {
			return nil, err
		}
		l := &list{from: "checks", columns: []string{"id", "name", "status", "conclusion", "title"}, page: page}
		for _, c := range runs {
			l.add(c.ID, c.Name, c.Status, c.Conclusion, line(c.Output.Title, 100))
		}
		return s.shown(l)
	}
	st, err := r.Status(ctx, p.Head.SHA)
	if err != nil {
		return nil, err
	}
	l := &list{from: "statuses", columns: []string{"context", "state", "description"}}
	for _, one := range st.Statuses {
		l.add(one.Context, one.State, line(one.Description, 150))
	}
	out, err := s.shown(l)
	if err != nil || s.json {
		return out, err
	}
	out.Content = append([]mcpcore.Content{mcpcore.Text{Text: fmt.Sprintf("%s at %s (get_check_runs for checks of apps and Actions)", st.State, short(st.SHA))}}, out.Content...)
	return out, nil
}

type listPullsIn struct {
	repoIn
	State     string `json:"state,omitzero" jsonschema:"default open" enum:"open,closed,all"`
	Head      string `json:"head,omitzero"`
	Base      string `json:"base,omitzero"`
	Sort      string `json:"sort,omitzero" jsonschema:"default created" enum:"created,updated,comments"`
	Direction string `json:"direction,omitzero" jsonschema:"default desc" enum:"asc,desc"`
	pageIn
}

func (s *server) listPullRequests(ctx context.Context, in listPullsIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	pulls, page, err := r.Pulls(ctx, guard.PullFilter{State: in.State, Head: in.Head, Base: in.Base, Order: in.Sort, Direction: in.Direction}, in.window())
	if err != nil {
		return nil, err
	}
	l := &list{from: "titles by their authors", columns: []string{"number", "state", "title", "author", "head", "base", "labels", "comments", "updated"}, page: page}
	for _, p := range pulls {
		state := strings.ToLower(p.State)
		if p.Draft {
			state += " draft"
		}
		l.add(p.Number, state, line(p.Title, 200), by(p.By(), p.Association), p.Head, p.Base, guard.Names(p.Labels.Nodes), p.Comments.Total, day(p.Updated))
	}
	return s.shown(l)
}

type createPullIn struct {
	repoIn
	Title      string   `json:"title"`
	Head       string   `json:"head" jsonschema:"branch, or fork-owner:branch"`
	Base       string   `json:"base"`
	Body       string   `json:"body,omitzero"`
	Draft      bool     `json:"draft,omitzero"`
	Reviewers  []string `json:"reviewers,omitzero"`
	Maintainer *bool    `json:"maintainer_can_modify,omitzero" jsonschema:"let maintainers push"`
}

func (s *server) createPullRequest(ctx context.Context, in createPullIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	c := guard.PullChange{Title: &in.Title, Head: &in.Head, Base: &in.Base, MaintainerEdit: in.Maintainer}
	if in.Body != "" {
		c.Body = &in.Body
	}
	if in.Draft {
		c.Draft = &in.Draft
	}
	p, err := r.CreatePull(ctx, c)
	if err != nil {
		return "", err
	}
	done := fmt.Sprintf("created #%d: %s", p.Number, p.URL)
	if len(in.Reviewers) > 0 {
		if err := r.RequestReviews(ctx, p.Number, in.Reviewers); err != nil {
			return "", fmt.Errorf("%s; but the reviewers were not asked: %w", done, err)
		}
	}
	return done, nil
}

type updatePullIn struct {
	pullIn
	Title      *string  `json:"title,omitzero"`
	Body       *string  `json:"body,omitzero"`
	State      *string  `json:"state,omitzero" enum:"open,closed"`
	Base       *string  `json:"base,omitzero"`
	Draft      *bool    `json:"draft,omitzero" jsonschema:"or ready for review"`
	Reviewers  []string `json:"reviewers,omitzero"`
	Maintainer *bool    `json:"maintainer_can_modify,omitzero" jsonschema:"let maintainers push"`
	AutoMerge  string   `json:"auto_merge,omitzero" jsonschema:"once checks pass" enum:"merge,squash,rebase,off"`
}

func (s *server) updatePullRequest(ctx context.Context, in updatePullIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	var done []string
	step := func(what string, err error) error {
		if err == nil {
			done = append(done, what)
			return nil
		}
		if len(done) > 0 {
			return fmt.Errorf("%s: done; %s: %w", strings.Join(done, ", "), what, err)
		}
		return err
	}
	c := guard.PullChange{Title: in.Title, Body: in.Body, State: in.State, Base: in.Base, MaintainerEdit: in.Maintainer}
	if c != (guard.PullChange{}) {
		_, err := r.UpdatePull(ctx, in.Number, c)
		if err := step("updated", err); err != nil {
			return "", err
		}
	}
	if in.Draft != nil {
		what := "ready for review"
		if *in.Draft {
			what = "a draft"
		}
		if err := step(what, r.SetDraft(ctx, in.Number, *in.Draft)); err != nil {
			return "", err
		}
	}
	if len(in.Reviewers) > 0 {
		if err := step("reviewers asked", r.RequestReviews(ctx, in.Number, in.Reviewers)); err != nil {
			return "", err
		}
	}
	if in.AutoMerge != "" {
		if err := step("auto-merge "+in.AutoMerge, r.SetAutoMerge(ctx, in.Number, strings.TrimPrefix(in.AutoMerge, "off"))); err != nil {
			return "", err
		}
	}
	if len(done) == 0 {
		return "", errors.New("nothing is said to change")
	}
	return fmt.Sprintf("#%d: %s", in.Number, strings.Join(done, ", ")), nil
}

type updateBranchIn struct {
	pullIn
	Expected string `json:"expectedHeadSha,omitzero" jsonschema:"SHA the head must have" alias:"expected_head_sha"`
}

func (s *server) updatePullRequestBranch(ctx context.Context, in updateBranchIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	if err := r.UpdatePullBranch(ctx, in.Number, in.Expected); err != nil {
		return "", err
	}
	return fmt.Sprintf("#%d: GitHub merges the base into its branch", in.Number), nil
}

type mergePullIn struct {
	pullIn
	Method   string `json:"merge_method,omitzero" jsonschema:"default merge" enum:"merge,squash,rebase"`
	Title    string `json:"commit_title,omitzero"`
	Message  string `json:"commit_message,omitzero" jsonschema:"its rest"`
	Expected string `json:"expected_head_sha,omitzero" jsonschema:"SHA the head must have"`
	Queue    bool   `json:"queue,omitzero" jsonschema:"through the merge queue"`
}

func (s *server) mergePullRequest(ctx context.Context, in mergePullIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	if in.Queue {
		return fmt.Sprintf("#%d is in the merge queue", in.Number), r.Enqueue(ctx, in.Number, in.Expected)
	}
	sha, err := r.MergePull(ctx, in.Number, guard.Merge{Method: in.Method, Title: in.Title, Message: in.Message, SHA: in.Expected})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("merged #%d as %s", in.Number, sha), nil
}
