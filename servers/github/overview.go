package github

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/diff"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
)

// overview shows a pull request as a reviewer wants to see it first.
func (s *server) overview(o *guard.Overview) []string {
	f := facts{}
	state := strings.ToLower(o.State)
	if o.Draft {
		state += ", draft"
	}
	f.add("pull request", fmt.Sprintf("#%d, %s", o.Number, state))
	f.add("author", by(o.By(), o.Association))
	head := line(o.Head, 0)
	if o.Fork && o.HeadOwner != nil {
		head = o.HeadOwner.Login + ":" + head
	}
	f.add("branches", fmt.Sprintf("%s (%s) into %s", head, o.HeadOID, line(o.Base, 0)))
	f.add("merge", strings.ToLower(strings.TrimSpace(o.Mergeable+" "+o.MergeState)))
	f.add("review", strings.ToLower(o.Decision))
	f.add("changes", fmt.Sprintf("%d commits, %d files, +%d -%d", o.Commits.Total, o.Files.Total, o.Additions, o.Deletions))
	f.add("labels", line(guard.Names(o.Labels.Nodes), 300))
	var asked, closes []string
	for _, q := range o.Requests.Nodes {
		if q.Who != nil {
			asked = append(asked, cmp.Or(q.Who.Login, q.Who.Slug))
		}
	}
	f.add("reviewers asked", strings.Join(asked, ", "))
	for _, c := range o.Closes.Nodes {
		closes = append(closes, fmt.Sprintf("#%d", c.Number))
	}
	f.add("closes", strings.Join(closes, ", "))
	f.add("created", minute(o.Created))
	f.add("updated", minute(o.Updated))
	blocks := []string{f.String() + checks(o)}
	where := fmt.Sprintf("#%d", o.Number)
	blocks = append(blocks, s.quoted(where+" by "+by(o.By(), o.Association), "title: "+line(o.Title, 0)+"\n\n"+cutText(o.Body, 6000)))
	var files []diff.File
	for _, one := range o.Files.Nodes {
		status := strings.ToLower(one.Type)
		files = append(files, diff.File{Name: line(one.Path, 0), Status: strings.Replace(cmp.Or(status, "modified"), "changed", "modified", 1), Add: one.Additions, Del: one.Deletions})
	}
	list := diff.List(files)
	if left := o.Files.Total - len(files); left > 0 && len(files) > 0 {
		list += fmt.Sprintf("and %d more: method get_files\n", left)
	}
	blocks = append(blocks, s.fenced("files", list))
	return append(blocks, s.conversation(o, where)...)
}

// conversation is what was said, last things last.
func (s *server) conversation(o *guard.Overview, where string) []string {
	var b strings.Builder
	for _, v := range o.Reviews.Nodes {
		fmt.Fprintf(&b, "review by %s: %s, %s\n", by(v.By(), v.Association), strings.ToLower(v.State), minute(v.Submitted))
		if text := s.quoted(where+" by "+by(v.By(), v.Association), cutText(v.Body, 1500)); text != "" {
			b.WriteString(text + "\n")
		}
	}
	var open []guard.Thread
	for _, t := range o.Threads.Nodes {
		if !t.Resolved {
			open = append(open, t)
		}
	}
	if len(open) > 0 {
		fmt.Fprintf(&b, "open conversations: %d\n%s\n", len(open), s.threads(open, where))
	}
	if n := len(o.Comments.Nodes); n > 0 {
		fmt.Fprintf(&b, "comments: %d, the last %d\n", o.Comments.Total, n)
		for _, c := range o.Comments.Nodes {
			fmt.Fprintf(&b, "%s\n%s\n", minute(c.Created), s.quoted(where+" by "+by(c.By(), c.Association), cutText(c.Body, 1500)))
		}
	}
	return []string{strings.TrimSuffix(b.String(), "\n")}
}

// checks says how the checks of the head went, with each that did not pass.
func checks(o *guard.Overview) string {
	if len(o.Commits.Nodes) == 0 || o.Commits.Nodes[0].Commit.Rollup == nil {
		return "\nchecks: none"
	}
	return rollup(o.Commits.Nodes[0].Commit.Rollup)
}

func rollup(r *guard.Rollup) string {
	passed, waiting := 0, 0
	var failed []string
	for _, c := range r.Contexts.Nodes {
		switch {
		case c.Failed():
			name := line(c.Label(), 100)
			if c.ID != 0 {
				name += fmt.Sprintf(" (job_id %d)", c.ID)
			}
			failed = append(failed, name+" "+strings.ToLower(c.Result()))
		case c.Conclusion == "" && c.State != "SUCCESS":
			waiting++
		default:
			passed++
		}
	}
	text := fmt.Sprintf("\nchecks: %s; %d passed, %d failed, %d not done", strings.ToLower(r.State), passed, len(failed), waiting)
	if len(failed) > 0 {
		text += "\nfailed: " + strings.Join(failed, "; ")
	}
	return text
}

// cutText keeps the start of a text, and says what is left out.
func cutText(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + fmt.Sprintf("\n[cut: %d more bytes]", len(text)-most)
}
