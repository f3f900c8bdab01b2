package fake

import (
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gql"
)

// upper is a word in the case of GraphQL, or null.
func upper(s string) any {
	if s == "" {
		return nil
	}
	return strings.ToUpper(s)
}

func (c *call) gRollup(r *Repo, sha string) any {
	state := r.rollup(sha)
	if state == "" {
		return nil
	}
	type either struct {
		check  *Check
		status *CommitStatus
	}
	return &object{Type: "StatusCheckRollup", Is: []string{"Node"}, Fields: fields{
		"id": "SCR_" + sha, "state": strings.ToUpper(state), "commit": lazy(func() any { return c.gCommit(r, r.Git.Commit(sha)) }),
		"contexts": resolver(func(a arg) (any, error) {
			var all []either
			checks, statuses := r.checks(sha), r.statuses(sha)
			for _, k := range checks {
				all = append(all, either{check: k})
			}
			for _, s := range statuses {
				all = append(all, either{status: s})
			}
			v, err := gql.Page(a, "contexts", all, func(e either) *object {
				if e.check != nil {
					return c.gCheck(e.check)
				}
				return c.gContext(e.status)
			})
			if err != nil {
				return nil, err
			}
			return merge2(v.(*object), fields{
				"checkRunCount": len(checks), "statusContextCount": len(statuses),
				"checkRunCountsByState":      tally(checks, func(k *Check) string { return strings.ToUpper(first(k.Conclusion, k.State)) }),
				"statusContextCountsByState": tally(statuses, func(s *CommitStatus) string { return strings.ToUpper(s.State) }),
			}), nil
		}),
	}}
}

func tally[T any](items []T, state func(T) string) []*object {
	out := []*object{}
	for _, item := range items {
		s := state(item)
		found := false
		for _, o := range out {
			if o.Fields["state"] == s {
				o.Fields["count"] = o.Fields["count"].(int) + 1
				found = true
			}
		}
		if !found {
			out = append(out, &object{Type: "Count", Fields: fields{"state": s, "count": 1}})
		}
	}
	return out
}

func (c *call) gStatus(r *Repo, sha string) any {
	all := r.statuses(sha)
	if len(all) == 0 {
		return nil
	}
	contexts := []*object{}
	for _, s := range all {
		contexts = append(contexts, c.gContext(s))
	}
	return &object{Type: "Status", Fields: fields{"id": "ST_" + sha, "state": strings.ToUpper(r.combined(sha)), "contexts": contexts}}
}

func required(a arg, r *Repo, name string) any {
	for _, i := range r.Issues {
		p := i.Pull
		if p == nil || i.Number != a.Int("pullRequestNumber") && i.Node != a.String("pullRequestId") {
			continue
		}
		return r.Protected[p.Base] != nil && has(r.Protected[p.Base].Checks, name)
	}
	return false
}

func (c *call) gContext(s *CommitStatus) *object {
	return &object{Type: "StatusContext", Is: []string{"Node", "StatusCheckRollupContext", "RequirableByPullRequest"}, Fields: fields{
		"id": s.Node, "context": s.Context, "state": strings.ToUpper(s.State), "description": orNull(s.Description), "targetUrl": orNull(s.URL),
		"createdAt": stamp(s.Created), "creator": lazy(func() any { return c.gUser(s.Creator) }),
		"commit":     lazy(func() any { return c.gCommit(s.Repo, s.Repo.Git.Commit(s.SHA)) }),
		"isRequired": resolver(func(a arg) (any, error) { return required(a, s.Repo, s.Context), nil }),
	}}
}

func (c *call) gCheck(k *Check) *object {
	web := c.checkWeb(k)
	var steps []Step
	if k.Job != nil {
		steps = k.Job.Steps
	}
	n := 0
	return &object{Type: "CheckRun", Is: []string{"Node", "StatusCheckRollupContext", "RequirableByPullRequest", "UniformResourceLocatable"}, Fields: fields{
		"id": k.Node, "databaseId": k.ID, "name": k.Name, "status": strings.ToUpper(k.State), "conclusion": upper(k.Conclusion), "title": orNull(k.Title),
		"summary": orNull(k.Summary), "text": orNull(k.Text), "startedAt": stampOrNull(k.Started), "completedAt": stampOrNull(k.Completed),
		"url": web, "permalink": web, "detailsUrl": web, "resourcePath": strings.TrimPrefix(web, c.web), "externalId": nil,
		"checkSuite": lazy(func() any { return c.gSuite(k.Suite) }), "repository": lazy(func() any { return c.gRepo(k.Suite.Repo) }),
		"isRequired": resolver(func(a arg) (any, error) { return required(a, k.Suite.Repo, k.Name), nil }),
		"annotations": all("annotations", k.Annotations, func(a Annotation) *object {
			end := func(line int) *object {
				return &object{Type: "CheckAnnotationPosition", Fields: fields{"line": line, "column": nil}}
			}
			return &object{Type: "CheckAnnotation", Fields: fields{
				"path": a.Path, "title": orNull(a.Title), "message": a.Message, "annotationLevel": upper(a.Level), "rawDetails": nil, "databaseId": nil,
				"blobUrl":  c.repoWeb(k.Suite.Repo) + "/blob/" + k.Suite.SHA + "/" + escape(a.Path),
				"location": &object{Type: "CheckAnnotationSpan", Fields: fields{"start": end(a.Start), "end": end(a.End)}},
			}}
		}),
		"steps": all("steps", steps, func(s Step) *object {
			n++
			return &object{Type: "CheckStep", Fields: fields{
				"name": s.Name, "number": n, "status": "COMPLETED", "conclusion": strings.ToUpper(first(s.Conclusion, "success")), "externalId": nil,
				"startedAt": stampOrNull(k.Started), "completedAt": stampOrNull(k.Completed), "secondsToCompletion": nil,
			}}
		}),
	}}
}

func (c *call) gSuite(s *Suite) *object {
	state, conclusion := s.state()
	return &object{Type: "CheckSuite", Is: []string{"Node"}, Fields: fields{
		"id": s.Node, "databaseId": s.ID, "status": strings.ToUpper(state), "conclusion": upper(conclusion), "createdAt": stamp(s.Created),
		"updatedAt": stamp(s.Created), "url": c.repoWeb(s.Repo) + "/commit/" + s.SHA + "/checks", "repository": lazy(func() any { return c.gRepo(s.Repo) }),
		"app":         &object{Type: "App", Fields: fields{"id": "A_" + s.App, "databaseId": 15368, "slug": s.App, "name": s.App}},
		"commit":      lazy(func() any { return c.gCommit(s.Repo, s.Repo.Git.Commit(s.SHA)) }),
		"branch":      lazy(func() any { return c.gRef(s.Repo, "refs/heads/"+s.Branch) }),
		"checkRuns":   all("checkRuns", s.Checks, c.gCheck),
		"workflowRun": lazy(func() any { return c.gRun(s.Run) }),
	}}
}

func (c *call) gRun(r *Run) *object {
	if r == nil {
		return nil
	}
	return &object{Type: "WorkflowRun", Is: []string{"Node"}, Fields: fields{
		"id": r.Node, "databaseId": r.ID, "runNumber": r.Number, "event": r.Event, "createdAt": stamp(r.Created), "updatedAt": stamp(r.Updated),
		"url": c.runWeb(r), "resourcePath": strings.TrimPrefix(c.runWeb(r), c.web), "checkSuite": lazy(func() any { return c.gSuite(r.Suite) }),
		"workflow": &object{Type: "Workflow", Fields: fields{
			"id": r.Workflow.Node, "databaseId": r.Workflow.ID, "name": r.Workflow.Name, "state": strings.ToUpper(r.Workflow.State),
			"url": c.repoWeb(r.Repo) + "/actions/workflows/" + r.Workflow.Path, "createdAt": stamp(r.Workflow.Created), "updatedAt": stamp(r.Workflow.Created),
		}},
		"file": &object{Type: "WorkflowRunFile", Fields: fields{"id": "WRF_1", "path": r.Workflow.Path}},
	}}
}
