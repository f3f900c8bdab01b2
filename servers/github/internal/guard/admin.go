package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// readableRepos drops the repositories that may not be read.
func (g *Guard) readableRepos(all []FoundRepo) []FoundRepo {
	out := all[:0]
	for _, r := range all {
		if owner, name, _ := strings.Cut(r.FullName, "/"); checkRepo(owner, name) == nil && g.mayRead(owner, name) == nil {
			out = append(out, r)
		}
	}
	return out
}

// NewRepo is a repository to be made.
type NewRepo struct {
	Org         string `json:"-"` // "" for the token's account
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Private     bool   `json:"private"`
	Init        bool   `json:"auto_init"`
}

// CreateRepo makes a repository, if it would be one that may be changed.
func (g *Guard) CreateRepo(ctx context.Context, n NewRepo) (*FoundRepo, error) {
	owner := n.Org
	if owner == "" {
		me, err := g.Me(ctx)
		if err != nil {
			return nil, err
		}
		owner = me.Login
	}
	if err := checkRepo(owner, n.Name); err != nil {
		return nil, err
	}
	if err := g.mayWrite(owner, n.Name); err != nil {
		return nil, err
	}
	if !n.Private {
		if err := g.beforePublishing(ctx, "a public repository"); err != nil {
			return nil, err
		}
	}
	r := request{method: http.MethodPost, path: []string{"user", "repos"}, body: n, granted: true, account: g.accountOf(owner)}
	if n.Org != "" {
		r.path = []string{"orgs", n.Org, "repos"}
	}
	out := &FoundRepo{}
	_, err := g.do(ctx, r, out)
	return out, err
}

// Fork copies the repository to an organization, or to the token's account.
func (r *Repo) Fork(ctx context.Context, org string) (*FoundRepo, error) {
	owner := org
	body := map[string]any{}
	if org == "" {
		me, err := r.g.Me(ctx)
		if err != nil {
			return nil, err
		}
		owner = me.Login
	} else {
		body["organization"] = org
	}
	if err := checkRepo(owner, r.name); err != nil {
		return nil, err
	}
	if err := r.g.mayWrite(owner, r.name); err != nil {
		return nil, err
	}
	out := &FoundRepo{}
	_, err := r.g.do(ctx, request{method: http.MethodPost, path: r.path("forks"), repo: r, body: body, granted: true}, out)
	return out, err
}

// RepoChange is what is written of a repository; nil is left as it is. Who may
// see it is not among it.
type RepoChange struct {
	Description  *string `json:"description,omitempty"`
	Homepage     *string `json:"homepage,omitempty"`
	Default      *string `json:"default_branch,omitempty"`
	Issues       *bool   `json:"has_issues,omitempty"`
	Archived     *bool   `json:"archived,omitempty"`
	DeleteBranch *bool   `json:"delete_branch_on_merge,omitempty"`
}

// Update changes settings of the repository.
func (r *Repo) Update(ctx context.Context, c RepoChange) error {
	if c.Default != nil && r.g.protectsDefault() {
		return mcpcore.Refused("--protect-branches", mcpcore.Hint(errors.New("which branch is the default one decides what is protected"), "ask a person to change it"))
	}
	r.forget()
	return r.send(ctx, http.MethodPatch, c, nil)
}

// mayDrop says whether a branch may be taken away or renamed.
func (r *Repo) mayDrop(ctx context.Context, branch string) error {
	if err := checkRef("branch", branch); err != nil {
		return err
	}
	if strings.HasPrefix(branch, "refs/") {
		return errors.New("branch: leave refs/heads/ out")
	}
	info, err := r.Info(ctx)
	if err != nil {
		return err
	}
	if branch == info.DefaultBranch {
		return mcpcore.Hint(fmt.Errorf("%s is the default branch of %s", branch, r), "a person can do that on GitHub")
	}
	return r.g.mayChangeBranch(r, branch, info.DefaultBranch)
}

// DeleteBranch deletes a branch.
func (r *Repo) DeleteBranch(ctx context.Context, branch string) error {
	if err := r.mayDrop(ctx, branch); err != nil {
		return err
	}
	return r.send(ctx, http.MethodDelete, nil, nil, append([]string{"git", "refs", "heads"}, segments(branch)...)...)
}

// RenameBranch renames a branch.
func (r *Repo) RenameBranch(ctx context.Context, branch, to string) error {
	if err := r.mayDrop(ctx, branch); err != nil {
		return err
	}
	if err := checkRef("new_name", to); err != nil {
		return err
	}
	if err := r.g.mayChangeBranch(r, to, ""); err != nil {
		return err
	}
	return r.send(ctx, http.MethodPost, map[string]any{"new_name": to}, nil, "branches", branch, "rename")
}

// ReleaseChange is what is written of a release; nil is left as it is.
type ReleaseChange struct {
	Tag        string  `json:"tag_name,omitempty"`
	Target     string  `json:"target_commitish,omitempty"`
	Name       *string `json:"name,omitempty"`
	Body       *string `json:"body,omitempty"`
	Draft      *bool   `json:"draft,omitempty"`
	Prerelease *bool   `json:"prerelease,omitempty"`
	Notes      bool    `json:"generate_release_notes,omitempty"`
}

// WriteRelease creates, updates or deletes the release of a tag.
func (r *Repo) WriteRelease(ctx context.Context, method string, c ReleaseChange) (*Release, error) {
	if err := checkRef("tag", c.Tag); err != nil {
		return nil, err
	}
	if c.Target != "" {
		if err := checkRef("target", c.Target); err != nil {
			return nil, err
		}
	}
	out := &Release{}
	if method == "create" {
		return out, r.send(ctx, http.MethodPost, c, out, "releases")
	}
	old, err := r.Release(ctx, c.Tag)
	if err != nil {
		return nil, err
	}
	id := strconv.FormatInt(old.ID, 10)
	if method == "update" {
		c.Notes = false
		return out, r.send(ctx, http.MethodPatch, c, out, "releases", id)
	}
	return old, r.send(ctx, http.MethodDelete, nil, nil, "releases", id)
}

// WriteTag creates a tag at a branch or commit, or deletes one. With a message
// it is an annotated one.
func (r *Repo) WriteTag(ctx context.Context, method, tag, at, message string) (sha string, err error) {
	if err := checkRef("tag", tag); err != nil {
		return "", err
	}
	if method == "delete" {
		return "", r.send(ctx, http.MethodDelete, nil, nil, append([]string{"git", "refs", "tags"}, segments(tag)...)...)
	}
	sha = at
	if len(at) != 40 || !isHex(at) {
		h, err := r.head(ctx, at, nil)
		if err != nil {
			return "", err
		}
		sha = h.oid
	}
	target := sha
	if message != "" {
		var made struct {
			SHA string `json:"sha"`
		}
		if err := r.send(ctx, http.MethodPost, map[string]any{"tag": tag, "message": message, "object": sha, "type": "commit"}, &made, "git", "tags"); err != nil {
			return "", err
		}
		target = made.SHA
	}
	return sha, r.createRef(ctx, "refs/tags/"+tag, target)
}

// Collaborator is somebody who may do something with the repository.
type Collaborator struct {
	Actor
	Role string `json:"role_name"`
}

// Collaborators lists who may do what.
func (r *Repo) Collaborators(ctx context.Context, affiliation string, w Window) (out []Collaborator, page Page, err error) {
	page, err = r.list(ctx, &out, w, []string{"affiliation", affiliation}, "collaborators")
	return out, page, err
}

// Rule is a rule of GitHub's own for a branch.
type Rule struct {
	Type       string         `json:"type"`
	Source     string         `json:"ruleset_source"`
	Parameters map[string]any `json:"parameters"`
}

// Rules lists GitHub's rules for a branch; "" is the default branch.
func (r *Repo) Rules(ctx context.Context, branch string) ([]Rule, string, error) {
	if branch == "" {
		info, err := r.Info(ctx)
		if err != nil {
			return nil, "", err
		}
		branch = info.DefaultBranch
	}
	if err := checkRef("branch", branch); err != nil {
		return nil, "", err
	}
	var out []Rule
	_, err := r.get(ctx, &out, nil, "rules", "branches", branch)
	return out, branch, err
}

var blameDocument = newDocument("Blame", `query Blame($owner: String!, $name: String!, $expression: String!, $path: String!) {
  repository(owner: $owner, name: $name, followRenames: false) { isPrivate object(expression: $expression) { oid ... on Commit { blame(path: $path) {
    ranges { startingLine endingLine commit { abbreviatedOid messageHeadline committedDate author { name user { login } } } } } } } } }`)

// BlameRange are lines that were last changed by one commit.
type BlameRange struct {
	From   int `json:"startingLine"`
	To     int `json:"endingLine"`
	Commit struct {
		SHA      string `json:"abbreviatedOid"`
		Headline string `json:"messageHeadline"`
		Date     string `json:"committedDate"`
		Author   struct {
			Name string `json:"name"`
			User *Actor `json:"user"`
		} `json:"author"`
	} `json:"commit"`
}

// Blame tells which commit last changed which lines.
func (r *Repo) Blame(ctx context.Context, path, ref string) ([]BlameRange, error) {
	ref = cmp.Or(ref, "HEAD")
	if err := checkRef("ref", ref); err != nil {
		return nil, err
	}
	parts, err := cleanPath(path)
	if err != nil {
		return nil, err
	}
	var out struct {
		Repository struct {
			Object *struct {
				Blame struct {
					Ranges []BlameRange `json:"ranges"`
				} `json:"blame"`
			} `json:"object"`
		} `json:"repository"`
	}
	if err := r.graph(ctx, blameDocument, map[string]any{"expression": ref, "path": strings.Join(parts, "/")}, &out); err != nil {
		return nil, err
	}
	if out.Repository.Object == nil {
		return nil, fmt.Errorf("%s has no commit %s", r, quote(ref))
	}
	return out.Repository.Object.Blame.Ranges, nil
}
