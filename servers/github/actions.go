package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type actionsListIn struct {
	repoIn
	Method string `json:"method" enum:"list_workflows,list_workflow_runs,list_workflow_jobs,list_workflow_run_artifacts"`
	ID     string `json:"resource_id,omitzero" jsonschema:"workflow (id or file) of runs; run of jobs and artifacts" alias:"run_id,workflow_id"`
	Branch string `json:"branch,omitzero" audit:"target"`
	Event  string `json:"event,omitzero" jsonschema:"of runs, such as push"`
	Actor  string `json:"actor,omitzero"`
	Status string `json:"status,omitzero" jsonschema:"of runs, such as failure"`
	SHA    string `json:"head_sha,omitzero"`
	pageIn

	Filter runsFilter `json:"workflow_runs_filter,omitzero"` // as other servers put it
	Jobs   jobsFilter `json:"workflow_jobs_filter,omitzero"`
}

type runsFilter struct {
	Branch string `json:"branch,omitzero"`
	Event  string `json:"event,omitzero"`
	Actor  string `json:"actor,omitzero"`
	Status string `json:"status,omitzero"`
}

type jobsFilter struct {
	Filter string `json:"filter,omitzero"` // latest, which is what there is
}

func (s *server) actionsList(ctx context.Context, in actionsListIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	w := in.window()
	l := &list{from: "names from " + r.String()}
	switch in.Method {
	case "list_workflows":
		all, page, err := r.Workflows(ctx, w)
		if err != nil {
			return nil, err
		}
		l.columns, l.page = []string{"id", "name", "path", "state"}, page
		for _, v := range all {
			l.add(v.ID, v.Name, v.Path, v.State)
		}
	case "list_workflow_jobs":
		all, page, err := r.Jobs(ctx, in.ID, w)
		if err != nil {
			return nil, err
		}
		l.columns, l.page = []string{"id", "name", "status", "conclusion", "failed steps"}, page
		for _, v := range all {
			l.add(v.ID, v.Name, v.Status, v.Conclusion, strings.Join(v.FailedSteps(), ", "))
		}
	case "list_workflow_run_artifacts":
		all, page, err := r.Artifacts(ctx, in.ID, w)
		if err != nil {
			return nil, err
		}
		l.columns, l.page = []string{"id", "name", "bytes", "expired"}, page
		for _, v := range all {
			l.add(v.ID, v.Name, v.Size, v.Expired)
		}
	default:
		all, page, err := r.Runs(ctx, guard.RunFilter{
			Workflow: in.ID, Branch: cmp.Or(in.Branch, in.Filter.Branch), Event: cmp.Or(in.Event, in.Filter.Event),
			Actor: cmp.Or(in.Actor, in.Filter.Actor), Status: cmp.Or(in.Status, in.Filter.Status), SHA: in.SHA,
		}, w)
		if err != nil {
			return nil, err
		}
		l.columns, l.page = []string{"id", "workflow", "title", "event", "branch", "sha", "status", "created"}, page
		for _, v := range all {
			l.add(v.ID, v.Name, line(v.Title, 100), v.Event, v.Branch, short(v.SHA), cmp.Or(v.Conclusion, v.Status), minute(v.Created))
		}
	}
	return s.shown(l)
}

type actionsGetIn struct {
	repoIn
	Method string `json:"method" enum:"get_workflow,get_workflow_run,get_workflow_job,get_workflow_run_usage,get_artifact"`
	ID     string `json:"resource_id" jsonschema:"its id" alias:"run_id,workflow_id,job_id"`
}

func (s *server) actionsGet(ctx context.Context, in actionsGetIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	f := facts{}
	switch in.Method {
	case "get_workflow":
		v, err := r.Workflow(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		f.add("workflow", fmt.Sprintf("%d %s, %s", v.ID, line(v.Name, 100), v.State))
		f.add("path", line(v.Path, 0))
	case "get_workflow_run":
		v, err := r.Run(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		f.add("run", fmt.Sprintf("%d %s, %s", v.ID, line(v.Name, 100), cmp.Or(v.Conclusion, v.Status)))
		f.add("title", line(v.Title, 200))
		f.add("commit", v.SHA+" on "+line(v.Branch, 100))
		f.add("event", fmt.Sprintf("%s by @%s, attempt %d", v.Event, v.Actor.Login, v.Attempt))
		f.add("created", minute(v.Created))
		f.add("updated", minute(v.Updated))
		f.add("url", v.URL)
	case "get_workflow_job":
		v, err := r.Job(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		f.add("job", fmt.Sprintf("%d %s, %s", v.ID, line(v.Name, 100), cmp.Or(v.Conclusion, v.Status)))
		f.add("run", fmt.Sprint(v.RunID))
		for _, step := range v.Steps {
			f.add("step", fmt.Sprintf("%d %s: %s", step.Number, line(step.Name, 100), cmp.Or(step.Conclusion, step.Status)))
		}
	case "get_artifact":
		v, err := r.Artifact(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		f.add("artifact", fmt.Sprintf("%d %s, %d bytes", v.ID, line(v.Name, 100), v.Size))
		f.add("expired", fmt.Sprint(v.Expired))
	default:
		times, err := r.RunTime(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		var names []string
		for name := range times {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			f.add(strings.ToLower(name), fmt.Sprintf("%.1f s", float64(times[name])/1000))
		}
	}
	return texts(s.fenced("from "+r.String(), f.String())), nil
}

type runTriggerIn struct {
	repoIn
	Method   string            `json:"method" enum:"run_workflow,rerun_workflow_run,rerun_failed_jobs,cancel_workflow_run,delete_workflow_run_logs"`
	Workflow string            `json:"workflow_id,omitzero" jsonschema:"to run: id or file"`
	Ref      string            `json:"ref,omitzero" jsonschema:"branch or tag to run on"`
	Inputs   map[string]string `json:"inputs,omitzero"`
	Run      string            `json:"run_id,omitzero" jsonschema:"for the others"`
}

func (s *server) actionsRunTrigger(ctx context.Context, in runTriggerIn) (string, error) {
	r, err := s.guard.WritableRepo(ctx, in.Owner, in.Repo)
	if err != nil {
		return "", err
	}
	switch in.Method {
	case "run_workflow":
		if in.Workflow == "" || in.Ref == "" {
			return "", errors.New("workflow_id and ref are needed to run a workflow")
		}
		err, in.Run = r.RunWorkflow(ctx, in.Workflow, in.Ref, in.Inputs), "it"
	case "rerun_workflow_run":
		err = r.ChangeRun(ctx, in.Run, "rerun")
	case "rerun_failed_jobs":
		err = r.ChangeRun(ctx, in.Run, "rerun-failed-jobs")
	case "cancel_workflow_run":
		err = r.ChangeRun(ctx, in.Run, "cancel")
	default:
		err = r.DeleteRunLogs(ctx, in.Run)
	}
	if err != nil {
		return "", err
	}
	return "GitHub has taken it on; actions_list with list_workflow_runs shows the runs", nil
}
