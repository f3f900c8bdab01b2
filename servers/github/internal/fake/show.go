package fake

import (
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake/gitdb"
)

// showUser is an account as other things name it.
func (c *call) showUser(u *User) obj {
	if u == nil {
		return nil
	}
	name := strings.ReplaceAll(strings.ReplaceAll(u.Login, "[", "%5B"), "]", "%5D")
	api := c.api + "/users/" + name
	return obj{
		"login": u.Login, "id": u.ID, "node_id": u.Node, "avatar_url": "https://avatars.example.com/u/" + itoa(u.ID), "gravatar_id": "",
		"url": api, "html_url": c.web + "/" + name, "followers_url": api + "/followers", "following_url": api + "/following{/other_user}",
		"gists_url": api + "/gists{/gist_id}", "starred_url": api + "/starred{/owner}{/repo}", "subscriptions_url": api + "/subscriptions",
		"organizations_url": api + "/orgs", "repos_url": api + "/repos", "events_url": api + "/events{/privacy}",
		"received_events_url": api + "/received_events", "type": u.Type, "site_admin": u.SiteAdmin,
	}
}

// showAccount is an account with all that is public of it.
func (c *call) showAccount(u *User) obj {
	o := c.showUser(u)
	repos := 0
	for _, r := range c.h.byID {
		if r.Owner == u && r.Visibility == "public" {
			repos++
		}
	}
	merge(o, obj{
		"name": orNull(u.Name), "company": orNull(u.Company), "blog": "", "location": orNull(u.Location), "email": orNull(u.Email),
		"hireable": nil, "bio": orNull(u.Bio), "twitter_username": nil, "public_repos": repos, "public_gists": 0, "followers": 0,
		"following": len(u.Followed), "created_at": stamp(u.Created), "updated_at": stamp(u.Created),
		"user_view_type": "public",
	})
	return o
}

func merge(into, from map[string]any) map[string]any {
	for k, v := range from {
		into[k] = v
	}
	return into
}

// userOrNull is showUser where the schema wants null rather than nothing.
func (c *call) userOrNull(u *User) any {
	if u == nil {
		return nil
	}
	return c.showUser(u)
}

func (c *call) repoAPI(r *Repo) string { return c.api + "/repos/" + r.FullName() }

func (c *call) repoWeb(r *Repo) string { return c.web + "/" + r.FullName() }

// showRepo is a repository as lists show it.
func (c *call) showRepo(r *Repo) obj {
	api, web := c.repoAPI(r), c.repoWeb(r)
	open := 0
	for _, i := range r.Issues {
		if i.State == "open" {
			open++
		}
	}
	forks := 0
	for _, f := range c.h.byID {
		if f.Parent == r {
			forks++
		}
	}
	topics := r.Topics
	if topics == nil {
		topics = []string{}
	}
	o := obj{
		"id": r.ID, "node_id": r.Node, "name": r.Name, "full_name": r.FullName(), "owner": c.showUser(r.Owner), "private": r.Visibility != "public",
		"html_url": web, "description": orNull(r.Description), "fork": r.Parent != nil, "url": api,
		"ssh_url": "git@github.com:" + r.FullName() + ".git", "clone_url": web + ".git", "git_url": "git://github.com/" + r.FullName() + ".git",
		"svn_url": web, "mirror_url": nil, "homepage": orNull(r.Homepage), "language": orNull(r.Language),
		"forks_count": forks, "forks": forks, "stargazers_count": len(r.Stars), "watchers_count": len(r.Stars), "watchers": len(r.Stars), "size": 108,
		"default_branch": r.DefaultBranch, "open_issues_count": open, "open_issues": open, "topics": topics, "is_template": false,
		"has_issues": r.HasIssues, "has_projects": true, "has_wiki": true, "has_pages": false, "has_downloads": true, "has_discussions": r.Discussable,
		"archived": r.Archived, "disabled": false, "visibility": r.Visibility, "pushed_at": stamp(r.Pushed), "created_at": stamp(r.Created),
		"updated_at": stamp(r.Updated), "license": c.showLicense(r.License), "allow_forking": true, "web_commit_signoff_required": false,
		"permissions": c.showLevel(r),
	}
	for name, tail := range repoAddresses {
		o[name] = api + tail
	}
	return o
}

var repoAddresses = map[string]string{
	"archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}", "blobs_url": "/git/blobs{/sha}", "branches_url": "/branches{/branch}",
	"collaborators_url": "/collaborators{/collaborator}", "comments_url": "/comments{/number}", "commits_url": "/commits{/sha}",
	"compare_url": "/compare/{base}...{head}", "contents_url": "/contents/{+path}", "contributors_url": "/contributors", "deployments_url": "/deployments",
	"downloads_url": "/downloads", "events_url": "/events", "forks_url": "/forks", "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}",
	"git_tags_url": "/git/tags{/sha}", "hooks_url": "/hooks", "issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
	"issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}", "languages_url": "/languages", "merges_url": "/merges",
	"milestones_url": "/milestones{/number}", "notifications_url": "/notifications{?since,all,participating}", "pulls_url": "/pulls{/number}",
	"releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}", "subscribers_url": "/subscribers",
	"subscription_url": "/subscription", "tags_url": "/tags", "teams_url": "/teams", "trees_url": "/git/trees{/sha}",
}

func (c *call) showLevel(r *Repo) obj {
	n := rank(c.level(r))
	return obj{"admin": n >= 5, "maintain": n >= 4, "push": n >= 3, "triage": n >= 2, "pull": n >= 1}
}

func (c *call) showLicense(spdx string) any {
	if spdx == "" {
		return nil
	}
	key := strings.ToLower(spdx)
	return obj{"key": key, "name": spdx, "spdx_id": spdx, "url": c.api + "/licenses/" + key, "node_id": "MDc6TGljZW5zZTA="}
}

// showFullRepo is a repository with all there is to know.
func (c *call) showFullRepo(r *Repo) obj {
	o := c.showRepo(r)
	forks := o["forks_count"]
	merge(o, obj{
		"subscribers_count": len(r.Watchers), "network_count": forks, "temp_clone_token": nil,
		"allow_squash_merge": has(r.MergeMethods, "squash"), "allow_merge_commit": has(r.MergeMethods, "merge"), "allow_rebase_merge": has(r.MergeMethods, "rebase"),
		"allow_auto_merge": r.AutoMerge, "delete_branch_on_merge": false, "allow_update_branch": true,
	})
	if r.Parent != nil && c.sees(r.Parent) {
		o["parent"], o["source"] = c.showRepo(r.Parent), c.showRepo(r.Parent)
	}
	if r.Owner.Type == "Organization" {
		o["organization"] = c.showUser(r.Owner)
	}
	return o
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func showSignature(s gitdb.Signature) obj {
	return obj{"name": s.Name, "email": s.Email, "date": stamp(s.When)}
}

func showVerification(c *gitdb.Commit) obj {
	if c.GPG == "" {
		return obj{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
	}
	return obj{"verified": true, "reason": "valid", "signature": c.GPG, "payload": "tree " + c.Tree + "\n", "verified_at": stamp(c.Committer.When)}
}

// userOf finds the account of a signature, or nil.
func (h *Hub) userOf(s gitdb.Signature) *User {
	for _, u := range h.users {
		if strings.EqualFold(u.Email, s.Email) {
			return u
		}
	}
	return nil
}

func (c *call) showParents(r *Repo, g *gitdb.Commit) []obj {
	return each(g.Parents, func(sha string) obj {
		return obj{"sha": sha, "url": c.repoAPI(r) + "/commits/" + sha, "html_url": c.repoWeb(r) + "/commit/" + sha}
	})
}

// showCommit is a commit as lists show it.
func (c *call) showCommit(r *Repo, g *gitdb.Commit) obj {
	api := c.repoAPI(r)
	return obj{
		"sha": g.SHA, "node_id": gitNode("C", r, g.SHA), "url": api + "/commits/" + g.SHA, "html_url": c.repoWeb(r) + "/commit/" + g.SHA,
		"comments_url": api + "/commits/" + g.SHA + "/comments",
		"commit": obj{
			"url": api + "/git/commits/" + g.SHA, "author": showSignature(g.Author), "committer": showSignature(g.Committer), "message": g.Message,
			"comment_count": 0, "tree": obj{"sha": g.Tree, "url": api + "/git/trees/" + g.Tree}, "verification": showVerification(g),
		},
		"author": c.userOrNull(c.h.userOf(g.Author)), "committer": c.userOrNull(c.h.userOf(g.Committer)), "parents": c.showParents(r, g),
	}
}

// showFullCommit adds what a commit changed.
func (c *call) showFullCommit(r *Repo, g *gitdb.Commit) obj {
	o := c.showCommit(r, g)
	before := ""
	if len(g.Parents) > 0 {
		before = r.Git.Commit(g.Parents[0]).Tree
	}
	changes := r.Git.Diff(before, g.Tree)
	added, removed := 0, 0
	for _, ch := range changes {
		added, removed = added+ch.Additions, removed+ch.Deletions
	}
	o["stats"] = obj{"total": added + removed, "additions": added, "deletions": removed}
	o["files"] = each(page(c, changes), func(ch gitdb.Change) obj { return c.showChange(r, g.SHA, ch) })
	return o
}

// mostPatch is the size up to which GitHub shows the patch of a file.
const mostPatch = 400 << 10

func (c *call) showChange(r *Repo, sha string, ch gitdb.Change) obj {
	blob := ch.New.SHA
	if ch.Status == "removed" {
		blob = ch.Old.SHA
	}
	name := escape(ch.Path)
	o := obj{
		"sha": orNull(blob), "filename": ch.Path, "status": ch.Status, "additions": ch.Additions, "deletions": ch.Deletions,
		"changes": ch.Additions + ch.Deletions, "blob_url": c.repoWeb(r) + "/blob/" + sha + "/" + name,
		"raw_url": c.repoWeb(r) + "/raw/" + sha + "/" + name, "contents_url": c.repoAPI(r) + "/contents/" + name + "?ref=" + sha,
	}
	if ch.Patch != "" && len(ch.Patch) <= mostPatch {
		o["patch"] = ch.Patch
	}
	if ch.Previous != "" {
		o["previous_filename"] = ch.Previous
	}
	return o
}
