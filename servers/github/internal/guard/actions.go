package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Workflow is a workflow of GitHub Actions.
type Workflow struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Path  string `json:"path"`
	State string `json:"state"`
}

// Run is one run of a workflow.
type Run struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	Title      string `json:"display_title"`
	Number     int    `json:"run_number"`
	Attempt    int    `json:"run_attempt"`
	Event      string `json:"event"`
	Status     string `json:"status"`
	Conclusion string `json:"conclusion"`
	Branch     string `json:"head_branch"`
	SHA        string `json:"head_sha"`
	Actor      Actor  `json:"actor"`
	Created    string `json:"created_at"`
	Updated    string `json:"updated_at"`
	URL        string `json:"html_url"`
}

// Job is a job of a run.
type Job struct {
	ID         int64  `json:"id"`
	RunID      int64  `json:"run_id"`
	Name       string `json:"name"`
	Workflow   string `json:"workflow_name"`
	Status     string `json:"status"`
	Conclusion string `json:"conclusion"`
	Started    string `json:"started_at"`
	Completed  string `json:"completed_at"`
	URL        string `json:"html_url"`
	Steps      []Step `json:"steps"`
}

// Step is a step of a job.
type Step struct {
	Name       string `json:"name"`
	Number     int    `json:"number"`
	Status     string `json:"status"`
	Conclusion string `json:"conclusion"`
}

// Failed reports whether the job did not pass.
func (j *Job) Failed() bool {
	switch j.Conclusion {
	case "failure", "timed_out", "startup_failure", "action_required":
		return true
	}
	return false
}

// FailedSteps are the names of the steps that did not pass.
func (j *Job) FailedSteps() []string {
	var out []string
	for _, s := range j.Steps {
		if s.Conclusion == "failure" || s.Conclusion == "timed_out" {
			out = append(out, s.Name)
		}
	}
	return out
}

// Artifact is what a run leaves.
type Artifact struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Size    int    `json:"size_in_bytes"`
	Expired bool   `json:"expired"`
	Created string `json:"created_at"`
}

// Workflows lists the workflows.
func (r *Repo) Workflows(ctx context.Context, w Window) ([]Workflow, Page, error) {
	var out struct {
		Total int        `json:"total_count"`
		All   []Workflow `json:"workflows"`
	}
	page, err := r.list(ctx, &out, w, nil, "actions", "workflows")
	page.Total = out.Total
	return out.All, page, err
}

// RunFilter says which runs are listed.
type RunFilter struct{ Workflow, Branch, Event, Actor, Status, SHA string }

// Runs lists runs, newest first.
func (r *Repo) Runs(ctx context.Context, f RunFilter, w Window) ([]Run, Page, error) {
	path := []string{"actions", "runs"}
	if f.Workflow != "" {
		if err := checkSlug("resource_id", f.Workflow); err != nil {
			return nil, Page{}, err
		}
		path = []string{"actions", "workflows", f.Workflow, "runs"}
	}
	var out struct {
		Total int   `json:"total_count"`
		All   []Run `json:"workflow_runs"`
	}
	page, err := r.list(ctx, &out, w, []string{"branch", f.Branch, "event", f.Event, "actor", f.Actor, "status", f.Status, "head_sha", f.SHA}, path...)
	page.Total = out.Total
	for i, run := range out.All {
		if r.g.o.Lockdown && r.Veiled(ctx, run.Actor.Login, "") {
			out.All[i].Title, out.All[i].Branch = hiddenText, ""
		}
		if run.Event == "pull_request" || run.Event == "issue_comment" || run.Event == "issues" {
			r.meetText(ctx, "")
		}
	}
	return out.All, page, err
}

// Jobs lists the jobs of a run's last attempt.
func (r *Repo) Jobs(ctx context.Context, run string, w Window) ([]Job, Page, error) {
	id, err := idOf("run_id", run)
	if err != nil {
		return nil, Page{}, err
	}
	var out struct {
		Total int   `json:"total_count"`
		All   []Job `json:"jobs"`
	}
	page, err := r.list(ctx, &out, w, nil, "actions", "runs", id, "jobs")
	page.Total = out.Total
	return out.All, page, err
}

// Artifacts lists what a run left.
func (r *Repo) Artifacts(ctx context.Context, run string, w Window) ([]Artifact, Page, error) {
	id, err := idOf("run_id", run)
	if err != nil {
		return nil, Page{}, err
	}
	var out struct {
		Total int        `json:"total_count"`
		All   []Artifact `json:"artifacts"`
	}
	page, err := r.list(ctx, &out, w, nil, "actions", "runs", id, "artifacts")
	page.Total = out.Total
	return out.All, page, err
}

// Workflow reads a workflow, by its number or file name.
func (r *Repo) Workflow(ctx context.Context, id string) (*Workflow, error) {
	if err := checkSlug("resource_id", id); err != nil {
		return nil, err
	}
	out := &Workflow{}
	_, err := r.get(ctx, out, nil, "actions", "workflows", id)
	return out, err
}

// Run reads a run.
func (r *Repo) Run(ctx context.Context, run string) (*Run, error) {
	id, err := idOf("resource_id", run)
	if err != nil {
		return nil, err
	}
	out := &Run{}
	_, err = r.get(ctx, out, nil, "actions", "runs", id)
	return out, err
}

// Job reads a job.
func (r *Repo) Job(ctx context.Context, job string) (*Job, error) {
	id, err := idOf("job_id", job)
	if err != nil {
		return nil, err
	}
	out := &Job{}
	_, err = r.get(ctx, out, nil, "actions", "jobs", id)
	return out, err
}

// Artifact reads about an artifact.
func (r *Repo) Artifact(ctx context.Context, artifact string) (*Artifact, error) {
	id, err := idOf("resource_id", artifact)
	if err != nil {
		return nil, err
	}
	out := &Artifact{}
	_, err = r.get(ctx, out, nil, "actions", "artifacts", id)
	return out, err
}

// RunTime is how long a run took on each kind of machine, in milliseconds.
func (r *Repo) RunTime(ctx context.Context, run string) (map[string]int64, error) {
	id, err := idOf("resource_id", run)
	if err != nil {
		return nil, err
	}
	var out struct {
		Billable map[string]struct {
			Total int64 `json:"total_ms"`
		} `json:"billable"`
		Duration int64 `json:"run_duration_ms"`
	}
	if _, err = r.get(ctx, &out, nil, "actions", "runs", id, "timing"); err != nil {
		return nil, err
	}
	all := map[string]int64{"run": out.Duration}
	for name, b := range out.Billable {
		all[name] = b.Total
	}
	return all, nil
}

// maxLog is how much of a log is read.
const maxLog = 64 << 20

// JobLog reads the log of a job, as GitHub keeps it in storage.
func (r *Repo) JobLog(ctx context.Context, job int64) (string, error) {
	if err := r.mayShowLog(ctx, job); err != nil {
		return "", err
	}
	r.meetText(ctx, "")
	var buf buffer
	_, err := r.g.do(ctx, request{path: r.path("actions", "jobs", strconv.FormatInt(job, 10), "logs"), repo: r, storage: true, most: maxLog}, &buf)
	if errors.As(err, new(*tooLarge)) {
		err = nil // its first 64 MiB will do
	}
	return string(buf), err
}

var checksDocument = newDocument("Checks", `query Checks($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name, followRenames: false) { isPrivate pullRequest(number: $number) { headRefOid headRefName commits(last: 1) { nodes { commit {`+rollupFields+`} } } } } }`)

var commitChecksDocument = newDocument("CommitChecks", `query CommitChecks($owner: String!, $name: String!, $expression: String!) {
  repository(owner: $owner, name: $name, followRenames: false) { isPrivate object(expression: $expression) { oid ... on Commit {`+rollupFields+`} } } }`)

// PullChecks reads the checks of a pull request's head.
func (r *Repo) PullChecks(ctx context.Context, n int) (sha string, rollup *Rollup, err error) {
	var out struct {
		Repository struct {
			Pull struct {
				OID     string `json:"headRefOid"`
				Commits nodes[struct {
					Commit struct {
						Rollup *Rollup `json:"statusCheckRollup"`
					} `json:"commit"`
				}] `json:"commits"`
			} `json:"pullRequest"`
		} `json:"repository"`
	}
	if _, err := number("pullNumber", n); err != nil {
		return "", nil, err
	}
	if err := r.graph(ctx, checksDocument, map[string]any{"number": n}, &out); err != nil {
		return "", nil, err
	}
	if c := out.Repository.Pull.Commits.Nodes; len(c) > 0 {
		rollup = c[0].Commit.Rollup
	}
	return out.Repository.Pull.OID, rollup, nil
}

// CommitChecks reads the checks of a commit; ref "" is the default branch.
func (r *Repo) CommitChecks(ctx context.Context, ref string) (sha string, rollup *Rollup, err error) {
	ref = cmp.Or(ref, "HEAD")
	if err := checkRef("ref", ref); err != nil {
		return "", nil, err
	}
	var out struct {
		Repository struct {
			Object *struct {
				OID    string  `json:"oid"`
				Rollup *Rollup `json:"statusCheckRollup"`
			} `json:"object"`
		} `json:"repository"`
	}
	if err := r.graph(ctx, commitChecksDocument, map[string]any{"expression": ref}, &out); err != nil {
		return "", nil, err
	}
	if out.Repository.Object == nil {
		return "", nil, fmt.Errorf("%s has no commit %s", r, quote(ref))
	}
	return out.Repository.Object.OID, out.Repository.Object.Rollup, nil
}

// RunWorkflow starts a workflow by hand.
func (r *Repo) RunWorkflow(ctx context.Context, workflow, ref string, inputs map[string]string) error {
	if err := errors.Join(checkSlug("workflow_id", workflow), checkRef("ref", ref)); err != nil {
		return err
	}
	if inputs == nil {
		inputs = map[string]string{}
	}
	return r.send(ctx, http.MethodPost, map[string]any{"ref": strings.TrimPrefix(ref, "refs/heads/"), "inputs": inputs}, nil, "actions", "workflows", workflow, "dispatches")
}

// ChangeRun runs a run again, in whole ("rerun") or as far as it failed
// ("rerun-failed-jobs"), or ends it ("cancel").
func (r *Repo) ChangeRun(ctx context.Context, run, how string) error {
	id, err := idOf("run_id", run)
	if err != nil {
		return err
	}
	return r.send(ctx, http.MethodPost, nil, nil, "actions", "runs", id, how)
}

// DeleteRunLogs deletes the logs of a run.
func (r *Repo) DeleteRunLogs(ctx context.Context, run string) error {
	id, err := idOf("run_id", run)
	if err != nil {
		return err
	}
	return r.send(ctx, http.MethodDelete, nil, nil, "actions", "runs", id, "logs")
}
