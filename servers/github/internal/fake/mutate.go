package fake

import (
	"encoding/base64"
	"maps"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gql"
)

// payload is what a mutation answers with.
func payload(f fields) (any, error) { return &object{Type: "Payload", Fields: f}, nil }

// on makes a mutation of its input.
func on(do func(in arg) (any, error)) resolver {
	return func(a arg) (any, error) {
		v, err := do(a.Args("input"))
		if o, ok := v.(*object); ok && o != nil {
			o.Fields["clientMutationId"] = orNull(a.Args("input").String("clientMutationId"))
		}
		return v, err
	}
}

func (c *call) mutations() fields {
	out := fields{
		"createCommitOnBranch": on(c.mCommit), "createRef": on(c.mCreateRef), "updateRef": on(c.mUpdateRef), "deleteRef": on(c.mDeleteRef),
		"addStar": on(func(in arg) (any, error) { return c.mStar(in, true) }), "removeStar": on(func(in arg) (any, error) { return c.mStar(in, false) }),
	}
	for _, more := range []fields{c.issueMutations(), c.pullMutations(), c.talkMutations(), c.projectMutations()} {
		maps.Copy(out, more)
	}
	return out
}

// the finds what a node ID is of, as one kind of thing of a repository that the
// caller sees.
func the[T any](c *call, id string, repo func(T) *Repo) (T, error) {
	v, ok := c.h.nodes[id].(T)
	if !ok || !c.sees(repo(v)) {
		var none T
		return none, gql.NotFound("Could not resolve to a node with the global id of '%s'", id)
	}
	return v, nil
}

func ofIssue(i *Issue) *Repo { return i.Repo }
func ofRepo(r *Repo) *Repo   { return r }

// allowed finds out whether the caller may do something to a repository.
func (c *call) allowed(r *Repo, needs, level string) error {
	permission, access, _ := strings.Cut(needs, ":")
	switch c.token.Kind {
	case "fine-grained", "installation":
		have := c.token.Permissions[permission]
		if !c.token.covers(r) || have != "write" && have != "admin" && have != access {
			what := "personal access token"
			if c.token.Kind == "installation" {
				what = "integration"
			}
			return gql.Forbidden("Resource not accessible by " + what)
		}
	default:
		if !has(c.token.Scope, "repo") && !(r.Visibility == "public" && has(c.token.Scope, "public_repo")) && !(c.token.Kind == "oauth" && len(c.token.Scope) == 0) {
			return &gql.Error{Type: "INSUFFICIENT_SCOPES", Message: "Your token has not been granted the required scopes to execute this query. It needs one of: ['public_repo', 'repo']."}
		}
	}
	if r.Archived {
		return gql.Forbidden("Repository was archived so is read-only.")
	}
	if !c.may(r, level) {
		return gql.Forbidden(c.token.who() + " does not have the correct permissions to execute `this`")
	}
	return nil
}

func (t *Token) who() string {
	if t.User == nil {
		return "The app"
	}
	return t.User.Login
}

// branchOf finds the repository and the branch of a CommittableBranch.
func (c *call) branchOf(in arg) (*Repo, string, error) {
	if id := in.String("id"); id != "" {
		at, ok := c.h.nodes[id].(refID)
		if !ok || !c.sees(at.repo) {
			return nil, "", gql.NotFound("Could not resolve to a node with the global id of '%s'", id)
		}
		return at.repo, strings.TrimPrefix(at.ref, "refs/heads/"), nil
	}
	r, err := c.repoNamed(in.String("repositoryNameWithOwner"), false)
	return r, strings.TrimPrefix(in.String("branchName"), "refs/heads/"), err
}

func (c *call) mCommit(in arg) (any, error) {
	r, branch, err := c.branchOf(in.Args("branch"))
	if err != nil {
		return nil, err
	}
	if err := c.allowed(r, "contents:write", "write"); err != nil {
		return nil, err
	}
	tip := r.Tip(branch)
	if tip == nil {
		return nil, gql.NotFound("A branch named %q was not found in the repository", branch)
	}
	if want := in.String("expectedHeadOid"); tip.SHA != want {
		return nil, &gql.Error{Type: "STALE_DATA", Message: "Expected branch to point to \"" + tip.SHA + "\" but it did not. Pull and try again."}
	}
	if message := c.shut(r, branch); message != "" {
		return nil, gql.Refused("%s", message)
	}
	files := maps.Clone(r.Git.Files(tip.Tree))
	for _, d := range in.Args("fileChanges").List("deletions") {
		name := d.String("path")
		if _, ok := files[name]; !ok {
			return nil, gql.Refused("The path '%s' does not exist in the tree", name)
		}
		delete(files, name)
	}
	for _, add := range in.Args("fileChanges").List("additions") {
		name := add.String("path")
		data, err := base64.StdEncoding.DecodeString(add.String("contents"))
		if err != nil {
			return nil, gql.Refused("The contents of '%s' are not valid Base64", name)
		}
		for part := range strings.SplitSeq(name, "/") {
			if part == "" || part == "." || part == ".." || part == ".git" {
				return nil, gql.Refused("A path was requested for addition which is invalid: %s", name)
			}
		}
		if message := c.workflowShut(name); message != "" {
			return nil, gql.Forbidden(message)
		}
		files[name] = gitdb.Entry{Mode: gitdb.File, SHA: r.Git.PutBlob(data)}
	}
	message := in.Args("message").String("headline")
	if body := in.Args("message").String("body"); body != "" {
		message += "\n\n" + body
	}
	g := r.put(commitParts{files: files, parents: []string{tip.SHA}, message: message, author: c.actor(), signed: true})
	r.Refs["refs/heads/"+branch], r.Pushed = g.SHA, g.Committer.When
	r.refreshPulls(branch)
	return payload(fields{"commit": c.gCommit(r, g), "ref": c.gRef(r, "refs/heads/"+branch)})
}

func (c *call) mCreateRef(in arg) (any, error) {
	r, err := the(c, in.String("repositoryId"), ofRepo)
	if err != nil {
		return nil, err
	}
	name := in.String("name")
	switch err := c.allowed(r, "contents:write", "write"); {
	case err != nil:
		return nil, err
	case badRef(name):
		return nil, gql.Refused("%s is not a valid ref name.", name)
	case r.Refs[name] != "":
		return nil, gql.Refused("A ref named %q already exists in the repository.", name)
	case r.Git.Kind(in.String("oid")) == "":
		return nil, gql.Refused("OID does not exist in the repository")
	}
	r.Refs[name] = in.String("oid")
	return payload(fields{"ref": c.gRef(r, name)})
}

func (c *call) refOf(in arg) (refID, error) {
	at, ok := c.h.nodes[in.String("refId")].(refID)
	if !ok || !c.sees(at.repo) || at.repo.Refs[at.ref] == "" {
		return at, gql.NotFound("Could not resolve to a node with the global id of '%s'", in.String("refId"))
	}
	return at, c.allowed(at.repo, "contents:write", "write")
}

func (c *call) mUpdateRef(in arg) (any, error) {
	at, err := c.refOf(in)
	if err != nil {
		return nil, err
	}
	sha := in.String("oid")
	if !in.Bool("force") && !at.repo.Git.Ancestors(sha)[at.repo.Refs[at.ref]] {
		return nil, gql.Refused("Update is not a fast forward")
	}
	at.repo.Refs[at.ref] = sha
	at.repo.refreshPulls(strings.TrimPrefix(at.ref, "refs/heads/"))
	return payload(fields{"ref": c.gRef(at.repo, at.ref)})
}

func (c *call) mDeleteRef(in arg) (any, error) {
	at, err := c.refOf(in)
	if err != nil {
		return nil, err
	}
	if at.ref == "refs/heads/"+at.repo.DefaultBranch {
		return nil, gql.Refused("Cannot delete the default branch")
	}
	delete(at.repo.Refs, at.ref)
	return payload(fields{})
}

func (c *call) mStar(in arg, on bool) (any, error) {
	r, err := the(c, in.String("starrableId"), ofRepo)
	if err != nil {
		return nil, err
	}
	c.h.setStar(c.user, r, on)
	return payload(fields{"starrable": c.gRepo(r)})
}
