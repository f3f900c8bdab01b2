package guard

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Commit is a commit.
type Commit struct {
	SHA    string `json:"sha"`
	Commit struct {
		Message string `json:"message"`
		Author  struct {
			Name string `json:"name"`
			Date string `json:"date"`
		} `json:"author"`
		Verification struct {
			Verified bool `json:"verified"`
		} `json:"verification"`
	} `json:"commit"`
	Author  *Actor `json:"author"`
	Parents []struct {
		SHA string `json:"sha"`
	} `json:"parents"`
	Stats struct {
		Additions int `json:"additions"`
		Deletions int `json:"deletions"`
	} `json:"stats"`
	Files []File `json:"files"`
}

// By is who made the commit: the account, or the name where there is none.
func (c *Commit) By() string {
	if c.Author != nil && c.Author.Login != "" {
		return c.Author.Login
	}
	return c.Commit.Author.Name
}

// File is a file as it was changed.
type File struct {
	Name      string `json:"filename"`
	Old       string `json:"previous_filename"`
	Status    string `json:"status"`
	Additions int    `json:"additions"`
	Deletions int    `json:"deletions"`
	Patch     string `json:"patch"`
}

// CommitFilter says which commits are listed.
type CommitFilter struct{ Ref, Path, Author, Since, Until string }

// Commits lists commits, newest first.
func (r *Repo) Commits(ctx context.Context, f CommitFilter, w Window) ([]Commit, Page, error) {
	if f.Ref != "" {
		if err := checkRef("sha", f.Ref); err != nil {
			return nil, Page{}, err
		}
	}
	if _, err := cleanPath(f.Path); err != nil {
		return nil, Page{}, err
	}
	var out []Commit
	if err := r.mayShow(f.Ref); err != nil {
		return nil, Page{}, err
	}
	page, err := r.list(ctx, &out, w, []string{"sha", f.Ref, "path", strings.Trim(f.Path, "/"), "author", f.Author, "since", f.Since, "until", f.Until}, "commits")
	r.veilCommits(ctx, out)
	return out, page, err
}

// Commit reads one commit, with a page of its files.
func (r *Repo) Commit(ctx context.Context, ref string, w Window) (*Commit, Page, error) {
	if err := checkRef("sha", ref); err != nil {
		return nil, Page{}, err
	}
	out := &Commit{}
	page, err := r.list(ctx, out, w, nil, "commits", ref)
	one := []Commit{*out}
	r.veilCommits(ctx, one)
	return &one[0], page, err
}

const diffType = "application/vnd.github.diff"

// CommitDiff is a commit as a diff.
func (r *Repo) CommitDiff(ctx context.Context, ref string) (string, error) {
	if err := checkRef("sha", ref); err != nil {
		return "", err
	}
	if r.g.o.Lockdown {
		c, _, err := r.Commit(ctx, ref, Window{Limit: 1})
		if err != nil {
			return "", err
		}
		if c.Commit.Message == hiddenText {
			return "", errVeiled("the commit")
		}
	}
	return r.text(ctx, diffType, "commits", ref)
}

// text reads what is no JSON.
func (r *Repo) text(ctx context.Context, accept string, path ...string) (string, error) {
	var buf buffer
	_, err := r.g.do(ctx, request{path: r.path(path...), repo: r, accept: accept}, &buf)
	return string(buf), err
}

// Comparison is what lies between two commits.
type Comparison struct {
	Status  string   `json:"status"`
	Ahead   int      `json:"ahead_by"`
	Behind  int      `json:"behind_by"`
	Total   int      `json:"total_commits"`
	Commits []Commit `json:"commits"`
	Files   []File   `json:"files"`
	Base    struct {
		SHA string `json:"sha"`
	} `json:"merge_base_commit"`
}

// basehead checks the two ends of a comparison, each of which may name an
// account with a fork.
func (r *Repo) basehead(base, head string) (string, error) {
	for _, end := range []struct{ what, ref string }{{"base", base}, {"head", head}} {
		ref := end.ref
		if owner, rest, ok := strings.Cut(ref, ":"); ok {
			if err := checkRepo(owner, r.name); err != nil {
				return "", err
			}
			if err := r.g.mayRead(owner, r.name); err != nil {
				return "", err
			}
			ref = rest
		}
		if err := checkRef(end.what, ref); err != nil {
			return "", err
		}
	}
	return base + "..." + head, nil
}

// Compare compares two commits.
func (r *Repo) Compare(ctx context.Context, base, head string, w Window) (*Comparison, Page, error) {
	both, err := r.basehead(base, head)
	if err != nil {
		return nil, Page{}, err
	}
	out := &Comparison{}
	page, err := r.list(ctx, out, w, nil, "compare", both)
	r.veilCommits(ctx, out.Commits)
	return out, page, err
}

// CompareDiff is a comparison as a diff.
func (r *Repo) CompareDiff(ctx context.Context, base, head string) (string, error) {
	both, err := r.basehead(base, head)
	if err != nil {
		return "", err
	}
	if r.g.o.Lockdown {
		c, _, err := r.Compare(ctx, base, head, Window{Limit: 100})
		if err != nil {
			return "", err
		}
		for _, one := range c.Commits {
			if one.Commit.Message == hiddenText {
				return "", errVeiled("a commit between them")
			}
		}
	}
	return r.text(ctx, diffType, "compare", both)
}

// Branch is a branch.
type Branch struct {
	Name   string `json:"name"`
	Commit struct {
		SHA string `json:"sha"`
	} `json:"commit"`
	Protected bool `json:"protected"`
}

// Branches lists branches, by name.
func (r *Repo) Branches(ctx context.Context, w Window) (out []Branch, page Page, err error) {
	page, err = r.list(ctx, &out, w, nil, "branches")
	return out, page, err
}

// Tags lists tags.
func (r *Repo) Tags(ctx context.Context, w Window) (out []Branch, page Page, err error) {
	page, err = r.list(ctx, &out, w, nil, "tags")
	return out, page, err
}

// Release is a release.
type Release struct {
	ID         int64  `json:"id"`
	Tag        string `json:"tag_name"`
	Name       string `json:"name"`
	Body       string `json:"body"`
	Target     string `json:"target_commitish"`
	Draft      bool   `json:"draft"`
	Prerelease bool   `json:"prerelease"`
	Published  string `json:"published_at"`
	Author     Actor  `json:"author"`
	URL        string `json:"html_url"`
	Assets     []struct {
		Name      string `json:"name"`
		Size      int    `json:"size"`
		Downloads int    `json:"download_count"`
	} `json:"assets"`
}

// Releases lists releases, newest first.
func (r *Repo) Releases(ctx context.Context, w Window) (out []Release, page Page, err error) {
	page, err = r.list(ctx, &out, w, nil, "releases")
	return out, page, err
}

// Release finds the release of a tag; "latest" is the newest.
func (r *Repo) Release(ctx context.Context, tag string) (*Release, error) {
	out := &Release{}
	if tag == "latest" || tag == "" {
		_, err := r.get(ctx, out, nil, "releases", "latest")
		return out, err
	}
	if err := checkRef("tag", tag); err != nil {
		return nil, err
	}
	_, err := r.get(ctx, out, nil, "releases", "tags", tag)
	return out, err
}

// TreeEntry is a file or directory of a tree.
type TreeEntry struct {
	Path string `json:"path"`
	Mode string `json:"mode"`
	Type string `json:"type"`
	Size int    `json:"size"`
	SHA  string `json:"sha"`
}

// Tree lists what is in a commit. truncated reports that GitHub left some out.
func (r *Repo) Tree(ctx context.Context, ref string, recursive bool) (entries []TreeEntry, truncated bool, err error) {
	if ref == "" {
		ref = "HEAD"
	}
	if err := checkRef("ref", ref); err != nil {
		return nil, false, err
	}
	if err := r.mayShow(ref); err != nil {
		return nil, false, err
	}
	q := url.Values{}
	if recursive {
		q.Set("recursive", "1")
	}
	var out struct {
		Tree      []TreeEntry `json:"tree"`
		Truncated bool        `json:"truncated"`
	}
	_, err = r.get(ctx, &out, q, "git", "trees", ref)
	return out.Tree, out.Truncated, err
}

// createRef makes a branch or tag.
func (r *Repo) createRef(ctx context.Context, ref, sha string) error {
	return r.send(ctx, http.MethodPost, struct {
		Ref string `json:"ref"`
		SHA string `json:"sha"`
	}{ref, sha}, nil, "git", "refs")
}

// CreateBranch makes a branch at the head of another; from "" is the default
// branch, and may be a commit.
func (r *Repo) CreateBranch(ctx context.Context, branch, from string) (sha string, err error) {
	if err := checkRef("branch", branch); err != nil {
		return "", err
	}
	branch = strings.TrimPrefix(branch, "refs/heads/")
	if err := r.g.mayChangeBranch(r, branch, ""); err != nil {
		return "", err
	}
	if len(from) == 40 && isHex(from) {
		return from, r.createRef(ctx, "refs/heads/"+branch, from)
	}
	head, err := r.head(ctx, from, nil)
	if err != nil {
		return "", err
	}
	return head.oid, r.createRef(ctx, "refs/heads/"+branch, head.oid)
}
