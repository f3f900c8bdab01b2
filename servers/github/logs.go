package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/joblog"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type jobLogsIn struct {
	repoIn
	Job     string `json:"job_id,omitzero"`
	Run     string `json:"run_id,omitzero" jsonschema:"or jobs of a run"`
	Pull    int    `json:"pull_number,omitzero" jsonschema:"or of a pull request's checks" alias:"pullNumber"`
	Name    string `json:"job_name,omitzero" jsonschema:"part of a job's name"`
	Failed  *bool  `json:"failed_only,omitzero" jsonschema:"default true"`
	Grep    string `json:"grep,omitzero" jsonschema:"only lines with this regular expression"`
	Context int    `json:"context,omitzero" jsonschema:"lines round them"`
	Tail    int    `json:"tail,omitzero" jsonschema:"only the last lines" alias:"tail_lines"`
	Offset  int    `json:"offset,omitzero" jsonschema:"lines from this number on"`
}

const (
	failureBytes = 5_200  // of what tells of failure, for all jobs
	chosenBytes  = 20_000 // of lines that were asked for
	maxJobs      = 5      // whose logs are read at once
)

// job is a job whose log is read.
type job struct {
	id     int64
	name   string
	result string
	steps  []string // that failed
}

func (s *server) getJobLogs(ctx context.Context, in jobLogsIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	var re *regexp.Regexp
	if in.Grep != "" {
		if re, err = regexp.Compile("(?i)" + in.Grep); err != nil {
			re = regexp.MustCompile("(?i)" + regexp.QuoteMeta(in.Grep))
		}
	}
	jobs, err := s.jobs(ctx, r, in)
	if err != nil {
		return nil, err
	}
	if len(jobs) == 0 {
		return texts("no job fits; nothing failed, unless failed_only is false"), nil
	}
	return s.logs(ctx, r, jobs, func(lines []string, n int) string {
		most := chosenBytes / n
		switch {
		case re != nil:
			text, count := joblog.Grep(lines, re, in.Context, most)
			return fmt.Sprintf("%d lines fit\n%s", count, text)
		case in.Offset > 0:
			return joblog.Part(lines, in.Offset, max(in.Tail, 200), most)
		case in.Tail > 0 && in.Failed == nil: // who wants the failure is not helped by clean-up
			return joblog.Part(lines, max(1, len(lines)-in.Tail+1), in.Tail, most)
		}
		return joblog.Failure(lines, failureBytes/n)
	})
}

// logs reads the logs of jobs, and shows of each what show picks.
func (s *server) logs(ctx context.Context, r *guard.Repo, jobs []job, show func(lines []string, n int) string) (*mcpcore.Result, error) {
	left := ""
	if len(jobs) > maxJobs {
		var names []string
		for _, j := range jobs[maxJobs:] {
			names = append(names, fmt.Sprintf("%s (job_id %d)", line(j.name, 80), j.id))
		}
		left = "[not shown: " + cutText(strings.Join(names, "; "), 600) + "]"
		jobs = jobs[:maxJobs]
	}
	var blocks []string
	for i, j := range jobs {
		mcpcore.Progress(ctx, float64(i), float64(len(jobs)), "reading the log of "+line(j.name, 80))
		head := strings.TrimSpace(fmt.Sprintf("job %d %s %s", j.id, line(j.name, 100), j.result))
		if len(j.steps) > 0 {
			head += "; failed: " + line(strings.Join(j.steps, ", "), 200)
		}
		log, err := r.JobLog(ctx, j.id)
		if err != nil {
			if len(jobs) == 1 {
				return nil, mcpcore.Hint(err, cmp.Or(mcpcore.HintOf(err), "a log is there once the job is done, and for 90 days as a rule"))
			}
			blocks = append(blocks, head+"\nno log: "+err.Error())
			continue
		}
		lines := joblog.Lines(log)
		blocks = append(blocks, fmt.Sprintf("%s, %d lines (offset and grep show others)", head, len(lines)), s.fenced("log of job "+strconv.FormatInt(j.id, 10), show(lines, len(jobs))))
	}
	return texts(append(blocks, left)...), nil
}

// jobs finds the jobs that are meant.
func (s *server) jobs(ctx context.Context, r *guard.Repo, in jobLogsIn) ([]job, error) {
	failed := in.Failed == nil || *in.Failed
	var out []job
	switch {
	case in.Job != "":
		id, err := strconv.ParseInt(in.Job, 10, 64)
		if err != nil || id < 1 {
			return nil, fmt.Errorf("job_id: %q is no number of a job", line(in.Job, 50))
		}
		return []job{{id: id}}, nil
	case in.Run != "":
		all, err := allJobs(ctx, r, in.Run)
		if err != nil {
			return nil, err
		}
		for _, j := range all {
			if !failed || j.Failed() {
				out = append(out, job{j.ID, j.Name, cmp.Or(j.Conclusion, j.Status), j.FailedSteps()})
			}
		}
	case in.Pull > 0:
		_, checks, err := r.PullChecks(ctx, in.Pull)
		if err != nil {
			return nil, err
		}
		out = jobsOf(checks, failed)
	default:
		return nil, mcpcore.Hint(errors.New("which job is meant is not said"), "give job_id, run_id or pull_number")
	}
	if in.Name == "" {
		return out, nil
	}
	kept := out[:0]
	for _, j := range out {
		if strings.Contains(strings.ToLower(j.name), strings.ToLower(in.Name)) {
			kept = append(kept, j)
		}
	}
	return kept, nil
}

func allJobs(ctx context.Context, r *guard.Repo, run string) ([]guard.Job, error) {
	var out []guard.Job
	for w := (guard.Window{Limit: 100}); ; {
		some, page, err := r.Jobs(ctx, run, w)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
		if w.Cursor = page.Next; w.Cursor == "" || len(out) >= 1000 {
			return out, nil
		}
	}
}

// jobsOf are the jobs of Actions among the checks of a commit.
func jobsOf(checks *guard.Rollup, failed bool) []job {
	var out []job
	if checks == nil {
		return nil
	}
	for _, c := range checks.Contexts.Nodes {
		if c.ID == 0 || c.Suite.Run == nil || failed && (!c.Failed() || c.Conclusion == "CANCELLED") {
			continue
		}
		out = append(out, job{id: c.ID, name: strings.TrimSpace(c.Suite.Run.Workflow.Name + " / " + c.Name), result: strings.ToLower(c.Result())})
	}
	return out
}

type diagnoseIn struct {
	repoIn
	Pull int    `json:"pull_number,omitzero" jsonschema:"pull request" alias:"pullNumber"`
	Ref  string `json:"ref,omitzero" jsonschema:"or branch, tag or SHA" alias:"sha,branch"`
	Run  string `json:"run_id,omitzero" jsonschema:"or run"`
}

// diagnoseCI says what failed and why: the checks in one call, and then the log
// of each job that failed.
func (s *server) diagnoseCI(ctx context.Context, in diagnoseIn) (*mcpcore.Result, error) {
	r, err := s.guard.Repo(ctx, in.Owner, in.Repo)
	if err != nil {
		return nil, err
	}
	var jobs []job
	head := ""
	if in.Run != "" {
		if jobs, err = s.jobs(ctx, r, jobLogsIn{Run: in.Run}); err != nil {
			return nil, err
		}
		head = fmt.Sprintf("run %s: %d jobs failed", line(in.Run, 30), len(jobs))
	} else {
		var sha string
		var checks *guard.Rollup
		if in.Pull > 0 {
			sha, checks, err = r.PullChecks(ctx, in.Pull)
		} else {
			sha, checks, err = r.CommitChecks(ctx, in.Ref)
		}
		if err != nil {
			return nil, err
		}
		if checks == nil {
			return texts("commit " + sha + " has no checks"), nil
		}
		jobs, head = jobsOf(checks, true), "commit "+sha+rollup(checks)
	}
	if len(jobs) == 0 {
		return texts(head + "\nno job of Actions failed"), nil
	}
	out, err := s.logs(ctx, r, jobs, func(lines []string, n int) string { return joblog.Failure(lines, max(failureBytes/n, 2000)) })
	if err != nil {
		return nil, fmt.Errorf("%s\n%w", head, err)
	}
	out.Content = append([]mcpcore.Content{mcpcore.Text{Text: head}}, out.Content...)
	return out, nil
}
