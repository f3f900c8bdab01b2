package fake

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

func actionRoutes() []*route {
	const base = "/repos/{owner}/{repo}/actions"
	return []*route{
		get(base+"/workflows", "actions:read", func(c *call) {
			c.send(http.StatusOK, obj{"total_count": len(c.repo.Workflows), "workflows": each(page(c, c.repo.Workflows), c.showWorkflow)})
		}),
		get(base+"/workflows/{workflow}", "actions:read", (*call).getWorkflow),
		get(base+"/workflows/{workflow}/runs", "actions:read", (*call).runsOfWorkflow),
		change("POST", base+"/workflows/{workflow}/dispatches", "actions:write", "write", (*call).dispatch),
		change("PUT", base+"/workflows/{workflow}/enable", "actions:write", "write", func(c *call) { c.setWorkflow("active") }),
		change("PUT", base+"/workflows/{workflow}/disable", "actions:write", "write", func(c *call) { c.setWorkflow("disabled_manually") }),
		get(base+"/runs", "actions:read", func(c *call) { c.sendRuns(c.repo.Runs) }),
		get(base+"/runs/{id}", "actions:read", (*call).getRun),
		change("DELETE", base+"/runs/{id}", "actions:write", "write", (*call).deleteRun),
		get(base+"/runs/{id}/jobs", "actions:read", (*call).jobsOfRun),
		get(base+"/runs/{id}/logs", "actions:read", (*call).runLogs),
		change("DELETE", base+"/runs/{id}/logs", "actions:write", "write", (*call).deleteLogs),
		get(base+"/runs/{id}/artifacts", "actions:read", (*call).artifactsOfRun),
		get(base+"/runs/{id}/timing", "actions:read", (*call).timing),
		change("POST", base+"/runs/{id}/rerun", "actions:write", "write", func(c *call) { c.rerun(false) }),
		change("POST", base+"/runs/{id}/rerun-failed-jobs", "actions:write", "write", func(c *call) { c.rerun(true) }),
		change("POST", base+"/runs/{id}/cancel", "actions:write", "write", (*call).cancelRun),
		get(base+"/jobs/{id}", "actions:read", (*call).getJob),
		get(base+"/jobs/{id}/logs", "actions:read", (*call).jobLogs),
		change("POST", base+"/jobs/{id}/rerun", "actions:write", "write", (*call).rerunJob),
		get(base+"/artifacts", "actions:read", (*call).listArtifacts),
		get(base+"/artifacts/{id}", "actions:read", (*call).getArtifact),
		get(base+"/artifacts/{id}/zip", "actions:read", (*call).downloadArtifact),
	}
}

func (c *call) showWorkflow(w *Workflow) obj {
	api := c.repoAPI(w.Repo) + "/actions/workflows/" + itoa(w.ID)
	return obj{
		"id": w.ID, "node_id": w.Node, "name": w.Name, "path": w.Path, "state": w.State, "created_at": stamp(w.Created), "updated_at": stamp(w.Created),
		"url": api, "html_url": c.repoWeb(w.Repo) + "/blob/main/" + w.Path, "badge_url": c.repoWeb(w.Repo) + "/workflows/" + escape(w.Name) + "/badge.svg",
	}
}

// workflow finds one by ID or by the name of its file.
func (c *call) workflow() *Workflow {
	name := c.vars["workflow"]
	i := slices.IndexFunc(c.repo.Workflows, func(w *Workflow) bool { return itoa(w.ID) == name || path.Base(w.Path) == name })
	if i < 0 {
		c.notFound()
		return nil
	}
	return c.repo.Workflows[i]
}

func (c *call) getWorkflow() {
	if w := c.workflow(); w != nil {
		c.send(http.StatusOK, c.showWorkflow(w))
	}
}

func (c *call) setWorkflow(state string) {
	if w := c.workflow(); w != nil {
		w.State = state
		c.empty(http.StatusNoContent)
	}
}

func (c *call) dispatch() {
	w := c.workflow()
	var in struct {
		Ref    string
		Inputs map[string]any
	}
	if w == nil || !c.read(&in) || c.missing("WorkflowDispatch", map[string]bool{"ref": in.Ref != ""}) {
		return
	}
	g := c.repo.resolve(in.Ref)
	switch {
	case g == nil:
		c.fail(http.StatusUnprocessableEntity, "No ref found for: "+in.Ref)
		return
	case w.State != "active":
		c.fail(http.StatusUnprocessableEntity, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
		return
	}
	if text, ok := c.repo.File(in.Ref, w.Path); ok && !strings.Contains(text, "workflow_dispatch") {
		c.fail(http.StatusUnprocessableEntity, "Workflow does not have 'workflow_dispatch' trigger")
		return
	}
	run := c.repo.AddRun(RunOptions{
		Workflow: w, Branch: strings.TrimPrefix(in.Ref, "refs/heads/"), SHA: g.SHA, Event: "workflow_dispatch", Actor: c.actor(), State: "queued",
	})
	run.Inputs = map[string]string{}
	for k, v := range in.Inputs {
		run.Inputs[k] = fmt.Sprint(v)
	}
	c.empty(http.StatusNoContent)
}

func (c *call) runAPI(r *Run) string { return c.repoAPI(r.Repo) + "/actions/runs/" + itoa(r.ID) }

func (c *call) runWeb(r *Run) string { return c.repoWeb(r.Repo) + "/actions/runs/" + itoa(r.ID) }

func (c *call) jobWeb(j *Job) string { return c.runWeb(j.Run) + "/job/" + itoa(j.ID) }

func (c *call) showRun(r *Run) obj {
	api := c.runAPI(r)
	return obj{
		"id": r.ID, "name": r.Workflow.Name, "node_id": r.Node, "check_suite_id": r.Suite.ID, "check_suite_node_id": r.Suite.Node,
		"head_branch": orNull(r.Branch), "head_sha": r.SHA, "path": r.Workflow.Path, "run_number": r.Number, "run_attempt": r.Attempt, "event": r.Event,
		"status": r.State, "conclusion": orNull(r.Conclusion), "workflow_id": r.Workflow.ID, "url": api, "html_url": c.runWeb(r),
		"pull_requests": c.minimalPulls(r.SHA), "created_at": stamp(r.Created), "updated_at": stamp(r.Updated), "run_started_at": stamp(r.Created),
		"actor": c.showUser(c.someone(r.Actor)), "triggering_actor": c.showUser(c.someone(r.Actor)), "jobs_url": api + "/jobs", "logs_url": api + "/logs",
		"check_suite_url": c.repoAPI(r.Repo) + "/check-suites/" + itoa(r.Suite.ID), "artifacts_url": api + "/artifacts", "cancel_url": api + "/cancel",
		"rerun_url": api + "/rerun", "previous_attempt_url": nil, "workflow_url": c.repoAPI(r.Repo) + "/actions/workflows/" + itoa(r.Workflow.ID),
		"head_commit": c.simpleCommit(r.SHA), "repository": c.showRepo(r.Repo), "head_repository": c.showRepo(r.Repo), "display_title": r.Title,
	}
}

// someone is a user, or whoever owns the repository.
func (c *call) someone(u *User) *User {
	if u == nil {
		return c.repo.Owner
	}
	return u
}

func (c *call) sendRuns(all []*Run) {
	q := c.q
	all = keep(reversed(all), func(r *Run) bool {
		return (q.Get("branch") == "" || r.Branch == q.Get("branch")) && (q.Get("event") == "" || r.Event == q.Get("event")) &&
			(q.Get("status") == "" || r.State == q.Get("status") || r.Conclusion == q.Get("status")) &&
			(q.Get("head_sha") == "" || r.SHA == q.Get("head_sha")) &&
			(q.Get("actor") == "" || r.Actor != nil && strings.EqualFold(r.Actor.Login, q.Get("actor"))) &&
			(q.Get("check_suite_id") == "" || itoa(r.Suite.ID) == q.Get("check_suite_id"))
	})
	c.send(http.StatusOK, obj{"total_count": len(all), "workflow_runs": each(page(c, all), c.showRun)})
}

func (c *call) runsOfWorkflow() {
	if w := c.workflow(); w != nil {
		c.sendRuns(keep(c.repo.Runs, func(r *Run) bool { return r.Workflow == w }))
	}
}

func (c *call) run() *Run {
	i := slices.IndexFunc(c.repo.Runs, func(r *Run) bool { return r.ID == c.number("id") })
	if i < 0 {
		c.notFound()
		return nil
	}
	return c.repo.Runs[i]
}

func (c *call) getRun() {
	if r := c.run(); r != nil {
		c.send(http.StatusOK, c.showRun(r))
	}
}

func (c *call) deleteRun() {
	if r := c.run(); r != nil {
		c.repo.Runs = slices.DeleteFunc(slices.Clone(c.repo.Runs), func(o *Run) bool { return o == r })
		c.empty(http.StatusNoContent)
	}
}

func (c *call) showJob(j *Job) obj {
	api := c.repoAPI(j.Run.Repo) + "/actions/jobs/" + itoa(j.ID)
	n := 0
	return obj{
		"id": j.ID, "run_id": j.Run.ID, "run_url": c.runAPI(j.Run), "run_attempt": j.Run.Attempt, "node_id": j.Node, "head_sha": j.Run.SHA, "url": api,
		"html_url": c.jobWeb(j), "status": j.State, "conclusion": orNull(j.Conclusion), "created_at": stamp(j.Started), "started_at": stamp(j.Started),
		"completed_at": stampOrNull(j.Completed), "name": j.Name, "check_run_url": c.repoAPI(j.Run.Repo) + "/check-runs/" + itoa(j.Check.ID),
		"labels": []string{"ubuntu-latest"}, "runner_id": 1, "runner_name": "runner 1", "runner_group_id": 1, "runner_group_name": "GitHub Actions",
		"workflow_name": j.Run.Workflow.Name, "head_branch": orNull(j.Run.Branch),
		"steps": each(j.Steps, func(s Step) obj {
			n++
			return obj{
				"name": s.Name, "status": "completed", "conclusion": first(s.Conclusion, "success"), "number": n, "started_at": stamp(j.Started),
				"completed_at": stampOrNull(j.Completed),
			}
		}),
	}
}

func (c *call) jobsOfRun() {
	if r := c.run(); r != nil {
		c.send(http.StatusOK, obj{"total_count": len(r.Jobs), "jobs": each(page(c, r.Jobs), c.showJob)})
	}
}

func (c *call) job() *Job {
	for _, r := range c.repo.Runs {
		for _, j := range r.Jobs {
			if j.ID == c.number("id") {
				return j
			}
		}
	}
	c.notFound()
	return nil
}

func (c *call) getJob() {
	if j := c.job(); j != nil {
		c.send(http.StatusOK, c.showJob(j))
	}
}

// away sends the caller to the other host.
func (c *call) away(name, kind string, data []byte) {
	c.header.Set("Location", c.h.keep(name, kind, data))
	c.empty(http.StatusFound)
}

func (c *call) jobLogs() {
	j := c.job()
	switch {
	case j == nil:
	case j.Expired:
		c.fail(http.StatusGone, "Server Error")
	case j.State != "completed":
		c.notFound()
	default:
		c.away("logs/"+itoa(j.ID)+".txt", "text/plain; charset=utf-8", []byte(j.Log))
	}
}

func (c *call) runLogs() {
	r := c.run()
	if r == nil {
		return
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, j := range r.Jobs {
		if f, err := z.Create(fmt.Sprintf("%d_%s.txt", i, strings.ReplaceAll(j.Name, "/", "_"))); err == nil {
			f.Write([]byte(j.Log)) //nolint:errcheck // into memory
		}
	}
	z.Close()
	c.away("logs/run-"+itoa(r.ID)+".zip", "application/zip", b.Bytes())
}

func (c *call) deleteLogs() {
	if r := c.run(); r != nil {
		for _, j := range r.Jobs {
			j.Expired = true
		}
		c.empty(http.StatusNoContent)
	}
}

func (c *call) timing() {
	if r := c.run(); r != nil {
		c.send(http.StatusOK, obj{"billable": obj{"UBUNTU": obj{"total_ms": 60000, "jobs": len(r.Jobs)}}, "run_duration_ms": 60000})
	}
}

func (c *call) rerun(failedOnly bool) {
	r := c.run()
	if r == nil {
		return
	}
	if r.State != "completed" {
		c.fail(http.StatusForbidden, "The workflow run is already running")
		return
	}
	again := false
	for _, j := range r.Jobs {
		if !failedOnly || failed(j.Conclusion) {
			j.restart()
			again = true
		}
	}
	if failedOnly && !again {
		c.fail(http.StatusForbidden, "This workflow run cannot be retried")
		return
	}
	c.send(http.StatusCreated, obj{})
}

func (j *Job) restart() {
	j.State, j.Conclusion, j.Completed = "queued", "", time.Time{}
	j.Check.State, j.Check.Conclusion, j.Check.Completed = "queued", "", time.Time{}
	if j.Run.State == "completed" {
		j.Run.Attempt++
		j.Run.State, j.Run.Conclusion = "queued", ""
	}
}

func (c *call) rerunJob() {
	if j := c.job(); j != nil {
		j.restart()
		c.send(http.StatusCreated, obj{})
	}
}

func (c *call) cancelRun() {
	r := c.run()
	switch {
	case r == nil:
	case r.State == "completed":
		c.fail(http.StatusConflict, "Cannot cancel a workflow run that is completed.")
	default:
		r.State, r.Conclusion = "completed", "cancelled"
		c.send(http.StatusAccepted, obj{})
	}
}

// AddArtifact leaves a file.
func (run *Run) AddArtifact(name string, data []byte) *Artifact {
	h := run.Repo.hub
	a := &Artifact{ID: h.id(), Run: run, Name: name, Data: data, Created: h.now()}
	a.Node = h.node("MDg6QXJ0aWZhY3Q", a.ID, a)
	run.Artifacts = append(run.Artifacts, a)
	return a
}

func (c *call) showArtifact(a *Artifact) obj {
	api := c.repoAPI(a.Run.Repo) + "/actions/artifacts/" + itoa(a.ID)
	return obj{
		"id": a.ID, "node_id": a.Node, "name": a.Name, "size_in_bytes": len(a.Data), "url": api, "archive_download_url": api + "/zip", "expired": a.Expired,
		"created_at": stamp(a.Created), "expires_at": stamp(a.Created.AddDate(0, 3, 0)), "updated_at": stamp(a.Created), "digest": nil,
		"workflow_run": obj{"id": a.Run.ID, "repository_id": a.Run.Repo.ID, "head_repository_id": a.Run.Repo.ID, "head_branch": a.Run.Branch, "head_sha": a.Run.SHA},
	}
}

func (c *call) sendArtifacts(all []*Artifact) {
	all = keep(all, func(a *Artifact) bool { return c.q.Get("name") == "" || a.Name == c.q.Get("name") })
	c.send(http.StatusOK, obj{"total_count": len(all), "artifacts": each(page(c, all), c.showArtifact)})
}

func (c *call) artifactsOfRun() {
	if r := c.run(); r != nil {
		c.sendArtifacts(r.Artifacts)
	}
}

func (c *call) artifacts() []*Artifact {
	var all []*Artifact
	for _, r := range c.repo.Runs {
		all = append(all, r.Artifacts...)
	}
	return all
}

func (c *call) listArtifacts() { c.sendArtifacts(c.artifacts()) }

func (c *call) artifact() *Artifact {
	for _, a := range c.artifacts() {
		if a.ID == c.number("id") {
			return a
		}
	}
	c.notFound()
	return nil
}

func (c *call) getArtifact() {
	if a := c.artifact(); a != nil {
		c.send(http.StatusOK, c.showArtifact(a))
	}
}

func (c *call) downloadArtifact() {
	a := c.artifact()
	switch {
	case a == nil:
	case a.Expired:
		c.fail(http.StatusGone, "Artifact has expired")
	default:
		c.away("artifacts/"+itoa(a.ID)+".zip", "application/zip", a.Data)
	}
}
