package fake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
)

// Pull is what a pull request has beside what an issue has.
type Pull struct {
	Node      string
	Issue     *Issue
	Head      string // branch
	HeadRepo  *Repo
	HeadSHA   string
	Base      string
	BaseSHA   string // of the base branch when the pull request was opened or last merged into
	Draft     bool
	Merged    bool
	MergedAt  time.Time
	MergedBy  *User
	MergeSHA  string
	Maintain  bool // whether maintainers may change the head
	Reviewers []*User
	Teams     []*Team
	Reviews   []*Review
	Threads   []*ReviewThread
	Auto      *AutoMerge
}

// AutoMerge is a merge that waits for what it needs.
type AutoMerge struct {
	By             *User
	At             time.Time
	Method         string // merge, squash or rebase
	Title, Message string
}

// Review is a review of a pull request.
type Review struct {
	ID        int64
	Node      string
	Pull      *Pull
	Author    *User
	State     string // PENDING, COMMENTED, APPROVED, CHANGES_REQUESTED, DISMISSED
	Body      string
	Commit    string
	Submitted time.Time
	Created   time.Time
}

// ReviewThread is a line of a diff and what was said of it.
type ReviewThread struct {
	Node       string
	Pull       *Pull
	Path       string
	Line       int
	StartLine  int
	Side       string // LEFT or RIGHT
	Subject    string // line or file
	Resolved   bool
	ResolvedBy *User
	Comments   []*ReviewComment
}

// ReviewComment is a comment of a thread.
type ReviewComment struct {
	ID        int64
	Node      string
	Thread    *ReviewThread
	Review    *Review
	Author    *User
	Body      string
	Commit    string
	ReplyTo   int64
	Created   time.Time
	Updated   time.Time
	Minimized string
	Reactions []*Reaction
}

// PullOptions say how a pull request is made.
type PullOptions struct {
	Author      *User
	Title, Body string
	Head        string // branch
	HeadRepo    *Repo  // default: the repository itself
	Base        string // default: the default branch
	Draft       bool
	Labels      []string
}

// AddPull opens a pull request.
func (r *Repo) AddPull(o PullOptions) *Issue {
	if o.HeadRepo == nil {
		o.HeadRepo = r
	}
	if o.Base == "" {
		o.Base = r.DefaultBranch
	}
	i := r.AddIssue(o.Author, o.Title, o.Body, o.Labels...)
	delete(r.hub.nodes, i.Node)
	i.Node = r.hub.node("PR", i.ID, i)
	i.Pull = &Pull{
		Node: i.Node, Issue: i, Head: o.Head, HeadRepo: o.HeadRepo, HeadSHA: o.HeadRepo.Refs["refs/heads/"+o.Head],
		Base: o.Base, BaseSHA: r.Refs["refs/heads/"+o.Base], Draft: o.Draft, Maintain: true,
	}
	return i
}

// refreshPulls moves the heads of open pull requests along with their branch.
func (r *Repo) refreshPulls(branch string) {
	for _, repo := range r.hub.byID {
		for _, i := range repo.Issues {
			if p := i.Pull; p != nil && i.State == "open" && p.HeadRepo == r && p.Head == branch {
				if sha := r.Refs["refs/heads/"+branch]; sha != "" && sha != p.HeadSHA {
					p.HeadSHA = sha
					i.Updated = r.hub.now()
				}
			}
		}
	}
}

// base is the commit that the diff of a pull request begins at.
func (p *Pull) base() *gitdb.Commit {
	git := p.Issue.Repo.Git
	return git.Commit(git.MergeBase(p.target(), p.HeadSHA))
}

// target is the newest commit of the base branch, as long as it is of interest.
func (p *Pull) target() string {
	if !p.Merged && p.Issue.State == "open" {
		if sha := p.Issue.Repo.Refs["refs/heads/"+p.Base]; sha != "" {
			return sha
		}
	}
	return p.BaseSHA
}

// Changes are those of a pull request, by path.
func (p *Pull) Changes() []gitdb.Change {
	git := p.Issue.Repo.Git
	head, base := git.Commit(p.HeadSHA), p.base()
	if head == nil {
		return nil
	}
	if base == nil {
		return git.Diff("", head.Tree)
	}
	return git.Diff(base.Tree, head.Tree)
}

// Commits are those of a pull request, oldest first.
func (p *Pull) Commits() []*gitdb.Commit {
	return p.Issue.Repo.Git.Between(p.target(), p.HeadSHA)
}

// conflicted tells whether it cannot be merged as it is.
func (p *Pull) conflicted() bool {
	if p.Merged {
		return false
	}
	_, conflicts := p.Issue.Repo.Git.Merge(p.target(), p.HeadSHA)
	return len(conflicts) > 0
}

// state is what stands in the way of merging, in the words of REST.
func (p *Pull) state() string {
	r := p.Issue.Repo
	switch {
	case p.Merged || p.Issue.State == "closed":
		return "unknown"
	case p.conflicted():
		return "dirty"
	case p.Draft:
		return "draft"
	case p.unmet() != "":
		return "blocked"
	case len(r.Git.Between(p.HeadSHA, p.target())) > 0 && r.Protected[p.Base] != nil && r.Protected[p.Base].Strict:
		return "behind"
	case r.rollup(p.HeadSHA) == "failure", r.rollup(p.HeadSHA) == "pending":
		return "unstable"
	}
	return "clean"
}

// unmet is what the protection of the base branch asks for and is not there.
func (p *Pull) unmet() string {
	r := p.Issue.Repo
	guard := r.Protected[p.Base]
	if guard == nil {
		return ""
	}
	if n := p.approvals(); n < guard.Reviews {
		return fmt.Sprintf("At least %d approving review is required by reviewers with write access.", guard.Reviews)
	}
	for _, name := range guard.Checks {
		if !r.succeeded(p.HeadSHA, name) {
			return fmt.Sprintf("Required status check %q is expected.", name)
		}
	}
	return ""
}

func (p *Pull) approvals() int {
	last := map[*User]string{}
	for _, v := range p.Reviews {
		if v.State == "APPROVED" || v.State == "CHANGES_REQUESTED" || v.State == "DISMISSED" {
			last[v.Author] = v.State
		}
	}
	n := 0
	for _, s := range last {
		if s == "APPROVED" {
			n++
		}
	}
	return n
}

// decision is APPROVED, CHANGES_REQUESTED, REVIEW_REQUIRED or "".
func (p *Pull) decision() string {
	last := map[*User]string{}
	for _, v := range p.Reviews {
		if v.State == "APPROVED" || v.State == "CHANGES_REQUESTED" || v.State == "DISMISSED" {
			last[v.Author] = v.State
		}
	}
	for _, s := range last {
		if s == "CHANGES_REQUESTED" {
			return s
		}
	}
	guard := p.Issue.Repo.Protected[p.Base]
	switch {
	case p.approvals() > 0 && (guard == nil || p.approvals() >= guard.Reviews):
		return "APPROVED"
	case guard != nil && guard.Reviews > 0:
		return "REVIEW_REQUIRED"
	}
	return ""
}

// merge merges a pull request, or says why not with the status of REST.
func (p *Pull) merge(by *User, method, title, message, expected string) (status int, why string) {
	i, r := p.Issue, p.Issue.Repo
	switch {
	case p.Merged, i.State == "closed", p.Draft, p.conflicted():
		return 405, "Pull Request is not mergeable"
	case expected != "" && expected != p.HeadSHA:
		return 409, "Head branch was modified. Review and try the merge again."
	case !slices.Contains(r.MergeMethods, method):
		return 405, strings.ToUpper(method[:1]) + method[1:] + " merges are not allowed on this repository."
	case p.unmet() != "":
		return 405, p.unmet()
	}
	tip := r.Refs["refs/heads/"+p.Base]
	tree, _ := r.Git.Merge(tip, p.HeadSHA)
	commits := p.Commits()
	p.BaseSHA = tip
	parts := commitParts{tree: tree, parents: []string{tip, p.HeadSHA}, author: by, signed: true}
	switch method {
	case "merge":
		parts.message = first(title, fmt.Sprintf("Merge pull request #%d from %s/%s", i.Number, p.HeadRepo.Owner.Login, p.Head)) + "\n\n" + first(message, i.Title)
	case "squash":
		parts.parents = []string{tip}
		parts.message = first(title, fmt.Sprintf("%s (#%d)", i.Title, i.Number)) + "\n\n" + message
	case "rebase":
		parts.parents = []string{tip}
		parts.message = commits[len(commits)-1].Message
	}
	c := r.put(parts)
	r.Refs["refs/heads/"+p.Base] = c.SHA
	p.Merged, p.MergedBy, p.MergeSHA, p.MergedAt, p.Auto = true, by, c.SHA, c.Committer.When, nil
	i.event("merged", by).Commit = c.SHA
	i.Close(by, "")
	r.refreshPulls(p.Base)
	return 200, c.SHA
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// AddReview adds a review; state is PENDING, COMMENTED, APPROVED or CHANGES_REQUESTED.
func (p *Pull) AddReview(author *User, state, body string) *Review {
	h := p.Issue.Repo.hub
	v := &Review{ID: h.id(), Pull: p, Author: author, State: state, Body: body, Commit: p.HeadSHA, Created: h.now()}
	if state != "PENDING" {
		v.Submitted = v.Created
	}
	v.Node = h.node("PRR", v.ID, v)
	p.Reviews = append(p.Reviews, v)
	p.Issue.Updated = v.Created
	if i := slices.Index(p.Reviewers, author); i >= 0 && state != "PENDING" {
		p.Reviewers = slices.Delete(slices.Clone(p.Reviewers), i, i+1)
	}
	return v
}

// AddThread begins a thread of a review. A line of 0 is the file as a whole.
func (v *Review) AddThread(path string, line int, side, body string) *ReviewThread {
	h := v.Pull.Issue.Repo.hub
	t := &ReviewThread{Pull: v.Pull, Path: path, Line: line, Side: side, Subject: "line"}
	if line == 0 {
		t.Subject = "file"
	}
	if side == "" {
		t.Side = "RIGHT"
	}
	t.Node = h.node("PRRT", h.id(), t)
	v.Pull.Threads = append(v.Pull.Threads, t)
	t.AddComment(v, v.Author, body)
	return t
}

// AddComment adds a comment to a thread.
func (t *ReviewThread) AddComment(v *Review, author *User, body string) *ReviewComment {
	h := t.Pull.Issue.Repo.hub
	c := &ReviewComment{ID: h.id(), Thread: t, Review: v, Author: author, Body: body, Commit: t.Pull.HeadSHA, Created: h.now()}
	c.Updated = c.Created
	c.Node = h.node("PRRC", c.ID, c)
	if len(t.Comments) > 0 {
		c.ReplyTo = t.Comments[0].ID
	}
	t.Comments = append(t.Comments, c)
	return c
}

// comments are those of all threads that a user may see, oldest first.
func (p *Pull) comments(viewer *User) []*ReviewComment {
	var out []*ReviewComment
	for _, t := range p.Threads {
		for _, c := range t.Comments {
			if c.Review == nil || c.Review.State != "PENDING" || c.Author == viewer {
				out = append(out, c)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b *ReviewComment) int { return int(a.ID - b.ID) })
	return out
}

// hunk is the part of a file's diff that ends at a line of the new text, or of
// the old one on the left; "" if the line is not part of the diff.
func (p *Pull) hunk(path string, line int, side string) string {
	for _, c := range p.Changes() {
		if c.Path != path {
			continue
		}
		var out []string
		var oldLine, newLine int
		for text := range strings.SplitSeq(c.Patch, "\n") {
			if strings.HasPrefix(text, "@@") {
				out = nil
				var rest string
				fmt.Sscanf(text, "@@ -%d", &oldLine) //nolint:errcheck // we wrote it
				_, rest, _ = strings.Cut(text, "+")
				fmt.Sscanf(rest, "%d", &newLine) //nolint:errcheck // we wrote it
				out = append(out, text)
				continue
			}
			out = append(out, text)
			at, mine := newLine, !strings.HasPrefix(text, "-")
			if side == "LEFT" {
				at, mine = oldLine, !strings.HasPrefix(text, "+")
			}
			if mine && at == line {
				return strings.Join(out, "\n")
			}
			if !strings.HasPrefix(text, "+") {
				oldLine++
			}
			if !strings.HasPrefix(text, "-") {
				newLine++
			}
		}
	}
	return ""
}

func (p *Pull) touches(path string) bool {
	return slices.ContainsFunc(p.Changes(), func(c gitdb.Change) bool { return c.Path == path })
}
