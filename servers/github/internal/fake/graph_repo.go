package fake

import (
	"slices"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
)

func (c *call) gRepo(r *Repo) *object {
	if r == nil {
		return nil
	}
	o := &object{Type: "Repository", Is: []string{"Node", "Starrable", "RepositoryInfo", "UniformResourceLocatable", "Subscribable", "ProjectV2Recent"}}
	var permission any
	if p := c.level(r); p != "none" {
		permission = strings.ToUpper(p)
	}
	o.Fields = fields{
		"id": r.Node, "databaseId": r.ID, "name": r.Name, "nameWithOwner": r.FullName(), "owner": lazy(func() any { return c.gUser(r.Owner) }),
		"description": orNull(r.Description), "url": c.repoWeb(r), "resourcePath": "/" + r.FullName(), "homepageUrl": orNull(r.Homepage),
		"sshUrl": "git@github.com:" + r.FullName() + ".git", "isPrivate": r.Visibility != "public", "isArchived": r.Archived, "isFork": r.Parent != nil,
		"isDisabled": false, "isTemplate": false, "isEmpty": len(r.Refs) == 0, "isLocked": false, "isMirror": false,
		"isInOrganization": r.Owner.Type == "Organization", "visibility": strings.ToUpper(r.Visibility), "viewerPermission": permission,
		"viewerCanAdminister": c.may(r, "admin"), "createdAt": stamp(r.Created), "updatedAt": stamp(r.Updated), "pushedAt": stamp(r.Pushed),
		"stargazerCount": len(r.Stars), "forkCount": 0, "diskUsage": 108, "hasIssuesEnabled": r.HasIssues, "hasDiscussionsEnabled": r.Discussable,
		"hasWikiEnabled": true, "hasProjectsEnabled": true, "mergeCommitAllowed": has(r.MergeMethods, "merge"), "squashMergeAllowed": has(r.MergeMethods, "squash"),
		"rebaseMergeAllowed": has(r.MergeMethods, "rebase"), "autoMergeAllowed": r.AutoMerge, "deleteBranchOnMerge": false, "allowUpdateBranch": true,
		"viewerHasStarred": c.user != nil && slices.Contains(c.user.Starred, r), "viewerSubscription": nil, "primaryLanguage": nil, "licenseInfo": nil,
		"parent": lazy(func() any {
			if r.Parent == nil || !c.sees(r.Parent) {
				return nil
			}
			return c.gRepo(r.Parent)
		}),
	}
	if r.Language != "" {
		o.Fields["primaryLanguage"] = &object{Type: "Language", Fields: fields{"id": "LA_1", "name": r.Language, "color": nil}}
	}
	if r.License != "" {
		o.Fields["licenseInfo"] = &object{Type: "License", Fields: fields{"id": "LI_1", "key": strings.ToLower(r.License), "name": r.License, "spdxId": r.License}}
	}
	merge(o.Fields, c.gRepoGit(r))
	merge(o.Fields, c.gRepoIssues(r))
	return o
}

func (c *call) gRepoGit(r *Repo) fields {
	return fields{
		"defaultBranchRef": lazy(func() any { return c.gRef(r, "refs/heads/"+r.DefaultBranch) }),
		"ref": resolver(func(a arg) (any, error) {
			name := a.String("qualifiedName")
			for _, ref := range []string{name, "refs/heads/" + name, "refs/tags/" + name, "refs/" + name} {
				if o := c.gRef(r, ref); o != nil {
					return o, nil
				}
			}
			return nil, nil
		}),
		"refs": connect("refs", func(a arg) []string {
			refs := keep(r.refs(a.String("refPrefix")), func(ref string) bool {
				return strings.Contains(strings.ToLower(strings.TrimPrefix(ref, a.String("refPrefix"))), strings.ToLower(a.String("query")))
			})
			if a.Args("orderBy").String("direction") == "DESC" {
				slices.Reverse(refs)
			}
			return refs
		}, func(ref string) *object { return c.gRef(r, ref) }),
		"object": resolver(func(a arg) (any, error) {
			if a.Has("oid") {
				return c.gObject(r, a.String("oid")), nil
			}
			return c.gExpression(r, a.String("expression")), nil
		}),
		"releases":      connect("releases", func(arg) []*Release { return c.visibleReleases(r) }, c.gRelease),
		"latestRelease": lazy(func() any { return c.gLatest(r) }),
		"release": resolver(func(a arg) (any, error) {
			for _, l := range c.visibleReleases(r) {
				if l.Tag == a.String("tagName") {
					return c.gRelease(l), nil
				}
			}
			return nil, nil
		}),
		"repositoryTopics": all("repositoryTopics", r.Topics, func(t string) *object {
			return &object{Type: "RepositoryTopic", Fields: fields{"id": "RT_" + t, "url": c.web + "/topics/" + t, "topic": &object{Type: "Topic", Fields: fields{"id": "T_" + t, "name": t}}}}
		}),
		"languages": all("languages", keep([]string{r.Language}, func(s string) bool { return s != "" }), func(s string) *object {
			return &object{Type: "Language", Fields: fields{"id": "LA_1", "name": s, "color": nil}}
		}),
		"branchProtectionRules": connect("branchProtectionRules", func(arg) []string {
			var names []string
			for name := range r.Protected {
				names = append(names, name)
			}
			slices.Sort(names)
			return names
		}, func(name string) *object { return gProtection(r.Protected[name], name) }),
	}
}

func gProtection(p *Protection, name string) *object {
	return &object{Type: "BranchProtectionRule", Fields: fields{
		"id": "BPR_" + name, "pattern": name, "requiresApprovingReviews": p.Reviews > 0, "requiredApprovingReviewCount": p.Reviews,
		"requiresStatusChecks": len(p.Checks) > 0, "requiredStatusCheckContexts": p.Checks, "requiresStrictStatusChecks": p.Strict,
		"isAdminEnforced": p.Admins, "allowsForcePushes": p.Force, "allowsDeletions": p.Deletions, "lockBranch": p.Locked,
		"requiresCommitSignatures": false, "requiresLinearHistory": false, "requiresConversationResolution": false, "requiresCodeOwnerReviews": false,
	}}
}

func (c *call) visibleReleases(r *Repo) []*Release {
	return keep(reversed(r.Releases), func(l *Release) bool { return !l.Draft || c.may(r, "write") })
}

func (c *call) gLatest(r *Repo) any {
	for _, l := range c.visibleReleases(r) {
		if !l.Draft && !l.Prerelease {
			return c.gRelease(l)
		}
	}
	return nil
}

func (c *call) gRelease(l *Release) *object {
	published := stampOrNull(l.Published)
	return &object{Type: "Release", Is: []string{"Node"}, Fields: fields{
		"id": l.Node, "databaseId": l.ID, "name": orNull(l.Name), "tagName": l.Tag, "description": orNull(l.Body), "isDraft": l.Draft,
		"isPrerelease": l.Prerelease, "createdAt": stamp(l.Created), "updatedAt": stamp(l.Created), "publishedAt": published,
		"isLatest": lazy(func() any { o, _ := c.gLatest(l.Repo).(*object); return o != nil && o.Fields["id"] == l.Node }),
		"url":      c.repoWeb(l.Repo) + "/releases/tag/" + escape(l.Tag), "author": lazy(func() any { return c.gUser(l.Author) }),
		"repository": lazy(func() any { return c.gRepo(l.Repo) }), "tagCommit": lazy(func() any { return c.gCommit(l.Repo, l.Repo.resolve("refs/tags/"+l.Tag)) }),
		"releaseAssets": all("releaseAssets", l.Assets, func(a *Asset) *object {
			return &object{Type: "ReleaseAsset", Fields: fields{"id": a.Node, "name": a.Name, "size": len(a.Data), "downloadCount": 0, "contentType": "application/octet-stream"}}
		}),
	}}
}

func (c *call) gRef(r *Repo, ref string) *object {
	sha := r.Refs[ref]
	if sha == "" {
		return nil
	}
	cut := strings.Index(ref[len("refs/"):], "/") + len("refs/") + 1
	name := ref[cut:]
	return &object{Type: "Ref", Is: []string{"Node"}, Fields: fields{
		"id": c.refNode(r, ref), "name": name, "prefix": ref[:cut], "repository": lazy(func() any { return c.gRepo(r) }),
		"target": lazy(func() any { return c.gObject(r, sha) }),
		"branchProtectionRule": lazy(func() any {
			if p := r.Protected[name]; p != nil {
				return gProtection(p, name)
			}
			return nil
		}),
		"associatedPullRequests": connect("associatedPullRequests", func(a arg) []*Issue {
			return keep(r.issues(), func(i *Issue) bool {
				return i.Pull != nil && i.Pull.Head == name && i.Pull.HeadRepo == r && inStates(a, i)
			})
		}, c.gIssue),
		"compare": resolver(func(a arg) (any, error) {
			head := r.resolve(a.String("headRef"))
			if head == nil {
				return nil, nil
			}
			ahead, behind := r.Git.Between(sha, head.SHA), r.Git.Between(head.SHA, sha)
			return &object{Type: "Comparison", Fields: fields{
				"id": "CMP_1", "aheadBy": len(ahead), "behindBy": len(behind),
				"status":  map[bool]string{true: "AHEAD", false: "DIVERGED"}[len(behind) == 0],
				"commits": all("commits", ahead, func(g *gitdb.Commit) *object { return c.gCommit(r, g) }),
			}}, nil
		}),
	}}
}

// refNode remembers the node of a ref, so that a mutation can name it.
func (c *call) refNode(r *Repo, ref string) string {
	id := gitNode("REF", r, ref)
	c.h.nodes[id] = refID{r, ref}
	return id
}

type refID struct {
	repo *Repo
	ref  string
}

// gExpression is what an expression such as main:src or v1.0 leads to.
func (c *call) gExpression(r *Repo, expression string) any {
	ref, path, below := strings.Cut(expression, ":")
	if !below {
		if kind := r.Git.Kind(expression); kind != "" {
			return c.gObject(r, expression)
		}
		for _, name := range []string{expression, "refs/tags/" + expression} {
			if sha := r.Refs[name]; sha != "" && r.Git.Kind(sha) == "tag" {
				return c.gObject(r, sha)
			}
		}
		return c.gCommit(r, r.resolve(ref))
	}
	tree := ref
	if g := r.resolve(ref); g != nil {
		tree = g.Tree
	}
	e, ok := r.Git.At(tree, strings.Trim(path, "/"))
	if !ok {
		return nil
	}
	return c.gObject(r, e.SHA)
}

func (c *call) gObject(r *Repo, sha string) any {
	git := fields{
		"id": gitNode("OBJ", r, sha), "oid": sha, "abbreviatedOid": sha[:min(7, len(sha))], "repository": lazy(func() any { return c.gRepo(r) }),
		"commitUrl": c.repoWeb(r) + "/commit/" + sha, "commitResourcePath": "/" + r.FullName() + "/commit/" + sha,
	}
	is := []string{"GitObject", "Node"}
	switch r.Git.Kind(sha) {
	case "commit":
		return c.gCommit(r, r.Git.Commit(sha))
	case "blob":
		data, _ := r.Git.Blob(sha)
		text := string(data)
		binary := strings.Contains(text, "\x00")
		o := &object{Type: "Blob", Is: is, Fields: merge(git, fields{"byteSize": len(data), "isBinary": binary, "isTruncated": len(data) > 512<<10, "text": nil})}
		if !binary {
			o.Fields["text"] = strings.ToValidUTF8(text[:min(len(text), 512<<10)], "�")
		}
		return o
	case "tree":
		return &object{Type: "Tree", Is: is, Fields: merge(git, fields{"entries": lazy(func() any { return c.gEntries(r, sha, "") })})}
	case "tag":
		t := r.Git.Tag(sha)
		return &object{Type: "Tag", Is: is, Fields: merge(git, fields{
			"name": t.Name, "message": t.Message, "tagger": c.gActor(t.Tagger), "target": lazy(func() any { return c.gObject(r, t.Object) }),
		})}
	}
	return nil
}

func (c *call) gEntries(r *Repo, tree, dir string) any {
	entries, _ := r.Git.Tree(tree)
	out := []*object{}
	for _, e := range entries {
		path := strings.TrimPrefix(dir+"/"+e.Name, "/")
		size := 0
		if data, ok := r.Git.Blob(e.SHA); ok {
			size = len(data)
		}
		mode := map[string]int{gitdb.File: 33188, gitdb.Executable: 33261, gitdb.Symlink: 40960, gitdb.Dir: 16384, gitdb.Submodule: 57344}[e.Mode]
		var extension any
		if at := strings.LastIndex(e.Name, "."); at >= 0 && e.Kind() == "blob" {
			extension = e.Name[at:]
		}
		out = append(out, &object{Type: "TreeEntry", Fields: fields{
			"name": e.Name, "path": path, "type": e.Kind(), "mode": mode, "oid": e.SHA, "size": size, "extension": extension, "isGenerated": false,
			"object": lazy(func() any { return c.gObject(r, e.SHA) }), "repository": lazy(func() any { return c.gRepo(r) }), "submodule": nil,
			"language": nil, "lineCount": nil,
		}})
	}
	return out
}

func (c *call) gActor(s gitdb.Signature) *object {
	return &object{Type: "GitActor", Fields: fields{
		"name": s.Name, "email": s.Email, "date": s.When.UTC().Format(time.RFC3339), "user": lazy(func() any { return c.gUser(c.h.userOf(s)) }),
		"avatarUrl": "https://avatars.example.com/u/0",
	}}
}

func (c *call) gCommit(r *Repo, g *gitdb.Commit) *object {
	if g == nil {
		return nil
	}
	headline, body, _ := strings.Cut(g.Message, "\n")
	changes := func() []gitdb.Change {
		before := ""
		if len(g.Parents) > 0 {
			before = r.Git.Commit(g.Parents[0]).Tree
		}
		return r.Git.Diff(before, g.Tree)
	}
	count := func(of func(gitdb.Change) int) func() any {
		return func() any {
			n := 0
			for _, ch := range changes() {
				n += of(ch)
			}
			return n
		}
	}
	var signature any
	if g.GPG != "" {
		signature = &object{Type: "GpgSignature", Is: []string{"GitSignature"}, Fields: fields{
			"isValid": true, "state": "VALID", "wasSignedByGitHub": true, "email": g.Committer.Email, "payload": "", "signature": g.GPG,
		}}
	}
	web := c.repoWeb(r) + "/commit/" + g.SHA
	return &object{Type: "Commit", Is: []string{"GitObject", "Node", "UniformResourceLocatable"}, Fields: fields{
		"id": gitNode("C", r, g.SHA), "oid": g.SHA, "abbreviatedOid": g.SHA[:7], "message": g.Message, "messageHeadline": headline,
		"messageBody": strings.TrimSpace(body), "author": c.gActor(g.Author), "committer": c.gActor(g.Committer),
		"authoredDate": stamp(g.Author.When), "committedDate": stamp(g.Committer.When), "committedViaWeb": g.GPG != "", "url": web, "commitUrl": web,
		"resourcePath": "/" + r.FullName() + "/commit/" + g.SHA, "signature": signature, "repository": lazy(func() any { return c.gRepo(r) }),
		"tree":      lazy(func() any { return c.gObject(r, g.Tree) }),
		"additions": count(func(ch gitdb.Change) int { return ch.Additions }), "deletions": count(func(ch gitdb.Change) int { return ch.Deletions }),
		"changedFilesIfAvailable": lazy(func() any { return len(changes()) }), "changedFiles": lazy(func() any { return len(changes()) }),
		"statusCheckRollup": lazy(func() any { return c.gRollup(r, g.SHA) }),
		"status":            lazy(func() any { return c.gStatus(r, g.SHA) }),
		"checkSuites":       connect("checkSuites", func(arg) []*Suite { return keep(r.Suites, func(s *Suite) bool { return s.SHA == g.SHA }) }, c.gSuite),
		"parents":           all("parents", g.Parents, func(sha string) *object { return c.gCommit(r, r.Git.Commit(sha)) }),
		"history":           connect("history", func(a arg) []*gitdb.Commit { return c.gHistory(r, g, a) }, func(g *gitdb.Commit) *object { return c.gCommit(r, g) }),
		"file": resolver(func(a arg) (any, error) {
			e, ok := r.Git.At(g.Tree, a.String("path"))
			if !ok {
				return nil, nil
			}
			return &object{Type: "TreeEntry", Fields: fields{
				"path": a.String("path"), "oid": e.SHA, "type": e.Kind(), "object": lazy(func() any { return c.gObject(r, e.SHA) }),
			}}, nil
		}),
		"blame": resolver(func(a arg) (any, error) { return c.gBlame(r, g, a.String("path")), nil }),
		"associatedPullRequests": connect("associatedPullRequests", func(arg) []*Issue {
			return keep(r.issues(), func(i *Issue) bool {
				return i.Pull != nil && (i.Pull.MergeSHA == g.SHA || slices.ContainsFunc(i.Pull.Commits(), func(o *gitdb.Commit) bool { return o.SHA == g.SHA }))
			})
		}, c.gIssue),
	}}
}

func (c *call) gHistory(r *Repo, g *gitdb.Commit, a arg) []*gitdb.Commit {
	commits := r.Git.Log(g.SHA)
	if a.Has("path") {
		commits = r.Git.Touching(commits, strings.Trim(a.String("path"), "/"))
	}
	since, _ := time.Parse(time.RFC3339, a.String("since"))
	until, err := time.Parse(time.RFC3339, a.String("until"))
	emails := a.Args("author").Strings("emails")
	id := a.Args("author").String("id")
	return keep(commits, func(g *gitdb.Commit) bool {
		u := c.h.userOf(g.Author)
		return !g.Committer.When.Before(since) && (err != nil || !g.Committer.When.After(until)) && (len(emails) == 0 || has(emails, g.Author.Email)) &&
			(id == "" || u != nil && u.Node == id)
	})
}

// gBlame tells for each range of lines the commit that they are from.
func (c *call) gBlame(r *Repo, g *gitdb.Commit, path string) *object {
	lines := func(g *gitdb.Commit) []string {
		e, _ := r.Git.At(g.Tree, path)
		data, _ := r.Git.Blob(e.SHA)
		return strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
	}
	now := lines(g)
	from := make([]*gitdb.Commit, len(now))
	history := r.Git.Touching(r.Git.Log(g.SHA), path)
	for _, h := range history { // the oldest that has the line counts
		for _, text := range lines(h) {
			for i, line := range now {
				if strings.TrimSuffix(line, "\n") == strings.TrimSuffix(text, "\n") {
					from[i] = h
				}
			}
		}
	}
	ranges := []*object{}
	for i := 0; i < len(now); {
		j := i
		for j < len(now) && from[j] == from[i] {
			j++
		}
		if from[i] != nil {
			ranges = append(ranges, &object{Type: "BlameRange", Fields: fields{
				"startingLine": i + 1, "endingLine": j, "age": 1, "commit": c.gCommit(r, from[i]),
			}})
		}
		i = j
	}
	return &object{Type: "Blame", Fields: fields{"ranges": ranges}}
}
