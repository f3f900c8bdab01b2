package fake

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
)

// Repo is a repository.
type Repo struct {
	hub *Hub

	ID            int64
	Node          string
	Owner         *User
	Name          string
	Description   string
	Homepage      string
	Visibility    string // public, private or internal
	Archived      bool
	Parent        *Repo // of a fork
	Topics        []string
	Language      string
	License       string // an SPDX identifier
	DefaultBranch string
	Created       time.Time
	Pushed        time.Time
	Updated       time.Time
	Collaborators map[string]string // login to level
	Git           *gitdb.DB
	Refs          map[string]string // refs/heads/main to a SHA
	Protected     map[string]*Protection
	Rulesets      []*Ruleset
	HasIssues     bool
	Discussable   bool
	AutoMerge     bool // may be asked for
	MergeMethods  []string

	last       int // number of an issue, a pull request or a discussion
	Issues     map[int]*Issue
	Labels     []*Label
	Milestones []*Milestone
	Releases   []*Release
	Statuses   map[string][]*CommitStatus // by commit
	Suites     []*Suite
	Workflows  []*Workflow
	Runs       []*Run
	Stars      []*User
	Watchers   map[string]string // login to subscribed or ignored
	Events     []*Event
	Alerts     []*Alert
	Advisories []*Advisory
	Categories []*Category
	Talks      []*Discussion
}

// FullName is owner/name.
func (r *Repo) FullName() string { return r.Owner.Login + "/" + r.Name }

// RepoOptions say how a repository is made.
type RepoOptions struct {
	Visibility  string // public (the default), private or internal
	Description string
	Files       map[string]string // of a first commit on main; nil for an empty repository
	Parent      *Repo
}

// AddRepo makes a repository.
func (h *Hub) AddRepo(owner *User, name string, o RepoOptions) *Repo {
	now := h.now()
	r := &Repo{
		hub: h, ID: h.id(), Owner: owner, Name: name, Description: o.Description, Visibility: o.Visibility, Parent: o.Parent,
		DefaultBranch: "main", Created: now, Pushed: now, Updated: now, HasIssues: true, Discussable: true, AutoMerge: true,
		MergeMethods: []string{"merge", "squash", "rebase"}, Collaborators: map[string]string{}, Git: gitdb.New(),
		Refs: map[string]string{}, Protected: map[string]*Protection{}, Issues: map[int]*Issue{}, Statuses: map[string][]*CommitStatus{},
		Watchers: map[string]string{},
	}
	if r.Visibility == "" {
		r.Visibility = "public"
	}
	r.Node = h.node("R", r.ID, r)
	h.repos[strings.ToLower(r.FullName())] = r
	h.byID[r.ID] = r
	for _, l := range []struct{ name, what, color string }{
		{"bug", "Something isn't working", "d73a4a"}, {"enhancement", "New feature or request", "a2eeef"},
		{"documentation", "Improvements or additions to documentation", "0075ca"}, {"good first issue", "Good for newcomers", "7057ff"},
	} {
		r.AddLabel(l.name, l.color, l.what).Default = true
	}
	for _, name := range []string{"General", "Q&A", "Ideas"} {
		h.addCategory(r, name)
	}
	if o.Parent != nil {
		r.Git, r.Refs, r.DefaultBranch = o.Parent.Git, maps.Clone(o.Parent.Refs), o.Parent.DefaultBranch // forks share objects
		r.Description = o.Parent.Description
	}
	if o.Files != nil {
		r.Commit(CommitOptions{Author: owner, Message: "Initial commit", Files: o.Files})
	}
	return r
}

// Rename gives a repository another name, or another owner. The former name
// leads to it until another repository takes it.
func (h *Hub) Rename(r *Repo, owner *User, name string) {
	h.moved[strings.ToLower(r.FullName())] = r
	delete(h.repos, strings.ToLower(r.FullName()))
	r.Owner, r.Name = owner, name
	h.repos[strings.ToLower(r.FullName())] = r
	delete(h.moved, strings.ToLower(r.FullName()))
}

// CommitOptions say what a commit does.
type CommitOptions struct {
	Branch  string // default: the default branch; made if there is none
	From    string // where a new branch begins; default: the default branch
	Author  *User
	Message string
	Files   map[string]string // written
	Links   map[string]string // symbolic links, and what they lead to
	Modules map[string]string // submodules, and their commits
	Delete  []string
	Modes   map[string]string // of files, where not 100644
	When    time.Time
	Signed  bool
	Empty   bool // let it change nothing
}

// Commit adds a commit to a branch.
func (r *Repo) Commit(o CommitOptions) *gitdb.Commit {
	if o.Branch == "" {
		o.Branch = r.DefaultBranch
	}
	ref := "refs/heads/" + o.Branch
	tip, ok := r.Refs[ref]
	if !ok {
		if o.From == "" {
			o.From = r.DefaultBranch
		}
		if tip = r.Refs["refs/heads/"+o.From]; tip == "" {
			tip = r.Git.Abbreviated(o.From)
		}
	}
	files := gitdb.Files{}
	var parents []string
	if c := r.Git.Commit(tip); c != nil {
		files, parents = maps.Clone(r.Git.Files(c.Tree)), []string{tip}
	}
	for name, text := range o.Files {
		mode := gitdb.File
		if o.Modes[name] != "" {
			mode = o.Modes[name]
		}
		files[name] = gitdb.Entry{Mode: mode, SHA: r.Git.PutBlob([]byte(text))}
	}
	for name, to := range o.Links {
		files[name] = gitdb.Entry{Mode: gitdb.Symlink, SHA: r.Git.PutBlob([]byte(to))}
	}
	for name, sha := range o.Modules {
		files[name] = gitdb.Entry{Mode: gitdb.Submodule, SHA: sha}
	}
	for _, name := range o.Delete {
		delete(files, name)
	}
	c := r.put(commitParts{files: files, parents: parents, message: o.Message, author: o.Author, when: o.When, signed: o.Signed})
	r.Refs[ref] = c.SHA
	r.Pushed = c.Committer.When
	r.refreshPulls(o.Branch)
	return c
}

type commitParts struct {
	files             gitdb.Files
	tree              string // instead of files
	parents           []string
	message           string
	author            *User
	authored, applied *gitdb.Signature
	when              time.Time
	signed            bool
}

func (r *Repo) put(p commitParts) *gitdb.Commit {
	when := p.when
	if when.IsZero() {
		when = r.hub.now()
	}
	who := r.signature(p.author, when)
	c := gitdb.Commit{Tree: p.tree, Parents: p.parents, Author: who, Committer: who, Message: p.message}
	if p.tree == "" {
		c.Tree = r.Git.PutTree(p.files)
	}
	if p.authored != nil {
		c.Author = *p.authored
		c.Committer = *p.authored
	}
	if p.applied != nil {
		c.Committer = *p.applied
	}
	if p.signed {
		c.Committer.Name, c.Committer.Email = "GitHub", "noreply@github.com"
		c.GPG = "-----BEGIN PGP SIGNATURE-----\n\nfake\n-----END PGP SIGNATURE-----\n"
	}
	return r.Git.PutCommit(c)
}

func (r *Repo) signature(u *User, when time.Time) gitdb.Signature {
	if u == nil {
		return gitdb.Signature{Name: "GitHub", Email: "noreply@github.com", When: when}
	}
	return gitdb.Signature{Name: u.Name, Email: u.Email, When: when}
}

// Branch makes a branch at a commit.
func (r *Repo) Branch(name, sha string) { r.Refs["refs/heads/"+name] = sha }

// Tag makes a tag at a commit: an annotated one if there is a message.
func (r *Repo) Tag(name, sha, message string, tagger *User) {
	if message != "" {
		sha = r.Git.PutTag(gitdb.Tag{
			Object: sha, Kind: r.Git.Kind(sha), Name: name, Tagger: r.signature(tagger, r.hub.now()), Message: message,
		}).SHA
	}
	r.Refs["refs/tags/"+name] = sha
}

// resolve finds a commit by the name of a branch, a tag or a commit.
func (r *Repo) resolve(name string) *gitdb.Commit {
	if name == "" || name == "HEAD" {
		name = r.DefaultBranch
	}
	for _, ref := range []string{name, "refs/" + name, "refs/heads/" + name, "refs/tags/" + name} {
		if sha := r.Refs[ref]; sha != "" && (ref != name || strings.HasPrefix(ref, "refs/")) {
			return r.Git.Commit(r.Git.Peel(sha))
		}
	}
	var n int
	if rest, ok := strings.CutPrefix(strings.TrimPrefix(name, "refs/"), "pull/"); ok {
		if _, err := fmt.Sscanf(rest, "%d/head", &n); err == nil && r.Issues[n] != nil && r.Issues[n].Pull != nil {
			return r.Git.Commit(r.Issues[n].Pull.HeadSHA)
		}
	}
	return r.Git.Commit(r.Git.Peel(r.Git.Abbreviated(name)))
}

// Tip is the newest commit of a branch, or nil.
func (r *Repo) Tip(branch string) *gitdb.Commit { return r.Git.Commit(r.Refs["refs/heads/"+branch]) }

// File is the content of a file at a branch, a tag or a commit.
func (r *Repo) File(ref, name string) (string, bool) {
	c := r.resolve(ref)
	if c == nil {
		return "", false
	}
	e, ok := r.Git.At(c.Tree, name)
	b, isFile := r.Git.Blob(e.SHA)
	return string(b), ok && isFile
}
