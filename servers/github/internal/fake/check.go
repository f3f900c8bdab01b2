package fake

import (
	"slices"
	"strings"
	"time"
)

// CommitStatus is a commit status.
type CommitStatus struct {
	ID                        int64
	Node                      string
	Repo                      *Repo
	SHA                       string
	State                     string // error, failure, pending, success
	Context, Description, URL string
	Creator                   *User
	Created                   time.Time
}

// Suite is a check suite: what one app checked of one commit.
type Suite struct {
	ID      int64
	Node    string
	Repo    *Repo
	SHA     string
	Branch  string
	App     string // its slug, such as github-actions
	Checks  []*Check
	Run     *Run
	Created time.Time
}

// Check is a check run.
type Check struct {
	ID          int64
	Node        string
	Suite       *Suite
	Name        string
	State       string // queued, in_progress, completed
	Conclusion  string // success, failure, neutral, cancelled, skipped, timed_out, action_required
	Title       string
	Summary     string
	Text        string
	Annotations []Annotation
	Started     time.Time
	Completed   time.Time
	Job         *Job
}

// Annotation is a remark of a check on a line.
type Annotation struct {
	Path           string
	Start, End     int
	Level          string // notice, warning, failure
	Title, Message string
}

// Workflow is a workflow file.
type Workflow struct {
	ID         int64
	Node       string
	Repo       *Repo
	Name, Path string
	State      string // active or disabled_manually
	Created    time.Time
}

// Run is a run of a workflow.
type Run struct {
	ID         int64
	Node       string
	Repo       *Repo
	Workflow   *Workflow
	Number     int
	Attempt    int
	Title      string
	Event      string
	Branch     string
	SHA        string
	Actor      *User
	State      string // queued, in_progress, completed
	Conclusion string
	Suite      *Suite
	Jobs       []*Job
	Artifacts  []*Artifact
	Created    time.Time
	Updated    time.Time
	Inputs     map[string]string // of a dispatch
}

// Job is a job of a run.
type Job struct {
	ID         int64
	Node       string
	Run        *Run
	Name       string
	State      string
	Conclusion string
	Steps      []Step
	Log        string
	Check      *Check
	Started    time.Time
	Completed  time.Time
	Expired    bool // its log is gone
}

// Step is a step of a job.
type Step struct {
	Name       string
	Conclusion string
}

// Artifact is a file that a run left.
type Artifact struct {
	ID      int64
	Node    string
	Run     *Run
	Name    string
	Data    []byte
	Expired bool
	Created time.Time
}

// AddStatus sets a commit status.
func (r *Repo) AddStatus(sha, context, state, description string, creator *User) *CommitStatus {
	s := &CommitStatus{ID: r.hub.id(), Repo: r, SHA: sha, State: state, Context: context, Description: description, Creator: creator, Created: r.hub.now()}
	s.Node = r.hub.node("SC", s.ID, s)
	r.Statuses[sha] = append(r.Statuses[sha], s)
	return s
}

// AddWorkflow makes a workflow.
func (r *Repo) AddWorkflow(name, path string) *Workflow {
	w := &Workflow{ID: r.hub.id(), Repo: r, Name: name, Path: path, State: "active", Created: r.hub.now()}
	w.Node = r.hub.node("W", w.ID, w)
	r.Workflows = append(r.Workflows, w)
	return w
}

// RunOptions say how a run went.
type RunOptions struct {
	Workflow *Workflow
	Branch   string
	SHA      string // default: the tip of the branch
	Event    string // default: push
	Actor    *User
	State    string // default: completed
	Jobs     []JobOptions
}

// JobOptions say how a job went.
type JobOptions struct {
	Name        string
	Conclusion  string // default: success
	State       string // default: completed
	Steps       []Step
	Log         string
	Annotations []Annotation
}

// AddRun makes a run with its jobs, their checks and logs.
func (r *Repo) AddRun(o RunOptions) *Run {
	h := r.hub
	if o.SHA == "" {
		o.SHA = r.Refs["refs/heads/"+o.Branch]
	}
	now := h.now()
	run := &Run{
		ID: h.id(), Repo: r, Workflow: o.Workflow, Attempt: 1, Event: first(o.Event, "push"), Branch: o.Branch, SHA: o.SHA, Actor: o.Actor,
		State: first(o.State, "completed"), Conclusion: "success", Created: now, Updated: now,
	}
	for _, other := range r.Runs {
		if other.Workflow == o.Workflow {
			run.Number = max(run.Number, other.Number)
		}
	}
	run.Number++
	if c := r.Git.Commit(o.SHA); c != nil {
		run.Title, _, _ = strings.Cut(c.Message, "\n")
	}
	run.Node = h.node("WFR", run.ID, run)
	run.Suite = r.AddSuite(o.SHA, o.Branch, "github-actions")
	run.Suite.Run = run
	for _, j := range o.Jobs {
		run.addJob(j)
	}
	if run.State != "completed" {
		run.Conclusion = ""
	}
	r.Runs = append(r.Runs, run)
	return run
}

func (run *Run) addJob(o JobOptions) *Job {
	h := run.Repo.hub
	j := &Job{
		ID: h.id(), Run: run, Name: o.Name, State: first(o.State, "completed"), Conclusion: first(o.Conclusion, "success"), Steps: o.Steps,
		Log: o.Log, Started: h.now(), Completed: h.now(),
	}
	if j.State != "completed" {
		j.Conclusion, j.Completed = "", time.Time{}
	}
	j.Node = h.node("J", j.ID, j)
	j.Check = run.Suite.AddCheck(o.Name, j.State, j.Conclusion)
	j.Check.ID = j.ID // as on GitHub, where a job and its check have one number
	j.Check.Job, j.Check.Annotations = j, o.Annotations
	run.Jobs = append(run.Jobs, j)
	if j.Conclusion == "failure" || j.Conclusion == "timed_out" {
		run.Conclusion = "failure"
	}
	return j
}

// AddSuite makes a check suite.
func (r *Repo) AddSuite(sha, branch, app string) *Suite {
	s := &Suite{ID: r.hub.id(), Repo: r, SHA: sha, Branch: branch, App: app, Created: r.hub.now()}
	s.Node = r.hub.node("CS", s.ID, s)
	r.Suites = append(r.Suites, s)
	return s
}

// AddCheck adds a check run.
func (s *Suite) AddCheck(name, state, conclusion string) *Check {
	h := s.Repo.hub
	c := &Check{ID: h.id(), Suite: s, Name: name, State: state, Conclusion: conclusion, Started: h.now()}
	if state == "completed" {
		c.Completed = h.now()
	}
	c.Node = h.node("CR", c.ID, c)
	s.Checks = append(s.Checks, c)
	return c
}

// state is that of all checks of a suite.
func (s *Suite) state() (state, conclusion string) {
	state, conclusion = "completed", "success"
	for _, c := range s.Checks {
		if c.State != "completed" {
			return "in_progress", ""
		}
		if failed(c.Conclusion) {
			conclusion = "failure"
		}
	}
	return state, conclusion
}

func failed(conclusion string) bool {
	return slices.Contains([]string{"failure", "timed_out", "cancelled", "action_required", "startup_failure"}, conclusion)
}

// checks are the newest of each name and app for a commit.
func (r *Repo) checks(sha string) []*Check {
	var out []*Check
	for _, s := range r.Suites {
		if s.SHA != sha {
			continue
		}
		for _, c := range s.Checks {
			i := slices.IndexFunc(out, func(o *Check) bool { return o.Name == c.Name && o.Suite.App == s.App })
			if i >= 0 && out[i].Suite != s {
				out[i] = c
			} else {
				out = append(out, c)
			}
		}
	}
	return out
}

// statuses are the newest of each context for a commit.
func (r *Repo) statuses(sha string) []*CommitStatus {
	var out []*CommitStatus
	for _, s := range slices.Backward(r.Statuses[sha]) {
		if !slices.ContainsFunc(out, func(o *CommitStatus) bool { return o.Context == s.Context }) {
			out = append(out, s)
		}
	}
	return out
}

// combined is the state of the statuses of a commit: success, pending or failure.
func (r *Repo) combined(sha string) string {
	list := r.statuses(sha)
	state := "success"
	if len(list) == 0 {
		return "pending"
	}
	for _, s := range list {
		switch s.State {
		case "error", "failure":
			return "failure"
		case "pending":
			state = "pending"
		}
	}
	return state
}

// rollup is the state of checks and statuses together: success, pending,
// failure, or "" where there are none.
func (r *Repo) rollup(sha string) string {
	state := ""
	if len(r.statuses(sha)) > 0 {
		state = r.combined(sha)
	}
	for _, c := range r.checks(sha) {
		switch {
		case failed(c.Conclusion):
			return "failure"
		case c.State != "completed":
			state = "pending"
		case state == "":
			state = "success"
		}
	}
	return state
}

func (r *Repo) succeeded(sha, name string) bool {
	for _, c := range r.checks(sha) {
		if c.Name == name && c.State == "completed" && !failed(c.Conclusion) {
			return true
		}
	}
	for _, s := range r.statuses(sha) {
		if s.Context == name && s.State == "success" {
			return true
		}
	}
	return false
}
