package github

import (
	"cmp"
	"context"
	"fmt"
	"mime"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// resources offers what is in repositories by templates.
func (s *server) resources(out *mcpcore.Server) {
	where := "{owner}/{repo}"
	if s.repo != "" {
		where = s.owner + "/" + s.repo
	}
	for _, t := range []struct{ name, title, at, doc string }{
		{"repository_content", "Repository content", "contents/{+path}", "A file or directory on the default branch."},
		{"repository_content_branch", "Content of a branch", "refs/heads/{branch}/contents/{+path}", "A file or directory on a branch."},
		{"repository_content_commit", "Content of a commit", "sha/{sha}/contents/{+path}", "A file or directory of a commit."},
		{"repository_content_tag", "Content of a tag", "refs/tags/{tag}/contents/{+path}", "A file or directory of a tag."},
		{"repository_content_pr", "Content of a pull request", "refs/pull/{prNumber}/head/contents/{+path}", "A file or directory as a pull request has it."},
	} {
		out.AddTemplates(mcpcore.Template{URITemplate: "repo://" + where + "/" + t.at, Name: t.name, Title: t.title, Description: t.doc, Read: s.readContent, Complete: s.complete})
	}
	for _, t := range []struct {
		name, title, at, doc string
		read                 func(context.Context, *guard.Repo, string) (*mcpcore.Result, error)
	}{
		{"issue", "Issue", "issues/{number}", "An issue.", s.issueResource},
		{"pull_request", "Pull request", "pulls/{number}", "A pull request with its files, reviews, conversations and checks.", s.pullResource},
		{"pull_request_diff", "Diff of a pull request", "pulls/{number}/diff", "What a pull request changes.", s.diffResource},
		{"failed_logs", "Logs of failed jobs", "actions/runs/{number}/failed-logs", "Why the jobs of a run failed.", s.logsResource},
	} {
		out.AddTemplates(mcpcore.Template{
			URITemplate: "github://" + where + "/" + t.at, Name: t.name, Title: t.title, Description: t.doc, MIMEType: "text/plain", Complete: s.complete,
			Read: func(ctx context.Context, _ string) ([]mcpcore.Contents, error) {
				r, err := s.repoOf(ctx)
				if err != nil {
					return nil, err
				}
				found, err := t.read(ctx, r, mcpcore.Variable(ctx, "number"))
				if err != nil {
					return nil, err
				}
				return mcpcore.TextContents(textsOf(found)), nil
			},
		})
	}
}

func textsOf(r *mcpcore.Result) string {
	var all []string
	for _, c := range r.Content {
		if t, ok := c.(mcpcore.Text); ok {
			all = append(all, t.Text)
		}
	}
	return strings.Join(all, "\n")
}

// repoOf is the repository that a resource belongs to.
func (s *server) repoOf(ctx context.Context) (*guard.Repo, error) {
	return s.guard.Repo(ctx, cmp.Or(s.owner, mcpcore.Variable(ctx, "owner")), cmp.Or(s.repo, mcpcore.Variable(ctx, "repo")))
}

func (s *server) readContent(ctx context.Context, _ string) ([]mcpcore.Contents, error) {
	r, err := s.repoOf(ctx)
	if err != nil {
		return nil, err
	}
	ref := ""
	for name, before := range map[string]string{"branch": "refs/heads/", "sha": "", "tag": "refs/tags/", "prNumber": "refs/pull/"} {
		if v := mcpcore.Variable(ctx, name); v != "" {
			ref = before + v
			if name == "prNumber" {
				ref += "/head"
			}
		}
	}
	c, err := r.Content(ctx, mcpcore.Variable(ctx, "path"), ref)
	if err != nil {
		return nil, err
	}
	if c.Type != "file" {
		return mcpcore.TextContents(listing(c.Entries)), nil
	}
	kind, _, _ := strings.Cut(mime.TypeByExtension(path.Ext(c.Path)), ";")
	if utf8.Valid(c.Data) {
		return []mcpcore.Contents{{MIMEType: cmp.Or(kind, "text/plain"), Text: visible(string(c.Data))}}, nil
	}
	return []mcpcore.Contents{{MIMEType: cmp.Or(kind, "application/octet-stream"), Blob: c.Data}}, nil
}

func (s *server) issueResource(ctx context.Context, r *guard.Repo, number string) (*mcpcore.Result, error) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil, missing(number)
	}
	i, err := r.Issue(ctx, n)
	if err != nil {
		return nil, err
	}
	return texts(s.issue(i)...), nil
}

func missing(number string) error {
	return fmt.Errorf("%q is no number: %w", line(number, 40), mcpcore.ErrNotFound)
}

func (s *server) pullResource(ctx context.Context, r *guard.Repo, number string) (*mcpcore.Result, error) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil, missing(number)
	}
	o, err := r.Overview(ctx, n)
	if err != nil {
		return nil, err
	}
	return texts(s.overview(o)...), nil
}

func (s *server) diffResource(ctx context.Context, r *guard.Repo, number string) (*mcpcore.Result, error) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil, missing(number)
	}
	text, err := r.PullDiff(ctx, n)
	if err != nil {
		return nil, err
	}
	return texts(s.fenced("diff of #"+number, text)), nil
}

func (s *server) logsResource(ctx context.Context, r *guard.Repo, number string) (*mcpcore.Result, error) {
	return s.getJobLogs(ctx, jobLogsIn{repoIn: repoIn{r.Owner(), r.Name()}, Run: number})
}

// complete suggests values for what a template leaves open.
func (s *server) complete(ctx context.Context, ask mcpcore.Completing) ([]string, error) {
	owner, name := cmp.Or(s.owner, ask.Known["owner"]), cmp.Or(s.repo, ask.Known["repo"])
	switch ask.Argument {
	case "owner":
		return s.guard.CompleteOwner(ctx, ask.Value)
	case "repo":
		return s.guard.CompleteRepo(ctx, owner, ask.Value)
	}
	if owner == "" || name == "" {
		return nil, nil
	}
	r, err := s.guard.Repo(ctx, owner, name)
	if err != nil {
		return nil, err
	}
	switch ask.Argument {
	case "branch":
		return r.CompleteRef(ctx, "heads", ask.Value)
	case "tag":
		return r.CompleteRef(ctx, "tags", ask.Value)
	case "path":
		ref := cmp.Or(ask.Known["branch"], cmp.Or(ask.Known["tag"], ask.Known["sha"]))
		return r.CompletePath(ctx, ref, ask.Value)
	}
	return nil, nil
}
