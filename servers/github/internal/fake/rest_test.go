package fake_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// step is a request that is to succeed: method, path, body and status.
type step struct {
	request string // method and path; R is the repository acme/shop
	body    any
	status  int
}

func (w *world) steps(steps ...step) {
	w.t.Helper()
	for _, s := range steps {
		method, path, _ := strings.Cut(s.request, " ")
		if rest, ok := strings.CutPrefix(path, "R"); ok {
			path = "/repos/acme/shop" + rest
		}
		w.do(method, path, s.body).is(s.status)
	}
}

type (
	o = map[string]any
	l = []any
)

// Every operation that there is works, and answers as GitHub describes it.
func TestEveryRoute(t *testing.T) {
	w := newWorld(t)
	w.small()
	drives := []func(*testing.T, *world){
		accounts, repositories, contents, gitObjects, refs, issues, links, labels, pulls, reviews, actions, checks, releases, searches, social, gists, security,
	}
	for _, drive := range drives {
		drive(t, w)
	}
	done := map[string]bool{}
	for _, c := range w.hub.Calls() {
		if c.Status < 400 {
			done[c.Route] = true
		}
	}
	for _, r := range w.hub.Routes() {
		if !done[r] && !strings.Contains(r, " /app") && !strings.Contains(r, "installation") { // those of apps: TestApps
			t.Errorf("%s is not driven", r)
		}
	}
}

func accounts(_ *testing.T, w *world) {
	w.steps(
		step{"GET /user", nil, 200}, step{"GET /users/bob", nil, 200}, step{"GET /users/acme", nil, 200}, step{"GET /user/orgs", nil, 200},
		step{"GET /users/ada/orgs", nil, 200}, step{"GET /user/teams", nil, 200}, step{"GET /user/repos", nil, 200}, step{"GET /users/ada/repos", nil, 200},
		step{"GET /orgs/acme", nil, 200}, step{"GET /orgs/acme/repos", nil, 200}, step{"GET /orgs/acme/teams", nil, 200},
		step{"GET /orgs/acme/teams/core-team/members", nil, 200}, step{"GET /orgs/acme/members", nil, 200}, step{"GET /orgs/acme/issue-types", nil, 200},
		step{"GET /rate_limit", nil, 200}, step{"GET /meta", nil, 200}, step{"GET /users/nobody", nil, 404},
	)
	w.get("/api/v3/user").is(200).want("login", "ada")
}

func repositories(_ *testing.T, w *world) {
	w.steps(
		step{"GET R", nil, 200}, step{"GET R/forks", nil, 200}, step{"POST R/forks", o{"name": "shop-2"}, 202}, step{"GET R/topics", nil, 200},
		step{"PUT R/topics", o{"names": l{"go", "shop"}}, 200}, step{"GET R/languages", nil, 200}, step{"GET R/contributors", nil, 200},
		step{"GET R/license", nil, 200}, step{"GET R/collaborators", nil, 200}, step{"GET R/collaborators/bob", nil, 204},
		step{"GET R/collaborators/bob/permission", nil, 200}, step{"GET R/assignees", nil, 200}, step{"PATCH R", o{"description": "The shop"}, 200},
		step{"POST /user/repos", o{"name": "mine", "private": true, "auto_init": true}, 201}, step{"POST /orgs/acme/repos", o{"name": "ours"}, 201},
		step{"DELETE /repos/ada/mine", nil, 204}, step{"POST /user/repos", o{"name": "old"}, 422}, step{"GET /repos/acme/nothing", nil, 404},
		step{"GET R/branches/main/protection", nil, 404}, step{"GET R/branches/release/protection", nil, 200}, step{"GET R/branches/release", nil, 200}, step{"GET R/rules/branches/main", nil, 200}, step{"GET R/rulesets", nil, 200},
	)
	id := w.get("/repos/acme/shop/rulesets").text("0.id")
	w.get("/repos/acme/shop/rulesets/"+id).is(200).want("name", "main is safe")
}

func contents(t *testing.T, w *world) {
	w.steps(
		step{"GET R/contents", nil, 200}, step{"GET R/contents/docs", nil, 200}, step{"GET R/contents/link", nil, 200}, step{"GET R/contents/vendor", nil, 200},
		step{"GET R/contents/vendor/lib", nil, 200}, step{"GET R/readme", nil, 200}, step{"GET R/zipball/main", nil, 302}, step{"GET R/tarball/main", nil, 302},
		step{"GET R/contents/nothing", nil, 404}, step{"GET R/contents/README.md?ref=nothing", nil, 404},
	)
	a := w.get("/repos/acme/shop/contents/docs/guide.md?ref=main").is(200)
	if text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(a.text("content"), "\n", "")); err != nil || !strings.HasPrefix(string(text), "one\n") {
		t.Errorf("the file is %q, %v", text, err)
	}
	w.head.Set("Accept", "application/vnd.github.raw+json")
	if b := w.get("/repos/acme/shop/contents/README.md").is(200).body; string(b) != "# Shop\n" {
		t.Errorf("raw: %q", b)
	}
	w.head.Set("Accept", "application/vnd.github.object+json")
	w.get("/repos/acme/shop/contents/docs").is(200).want("entries.0.name", "guide.md")
	w.head.Del("Accept")
	file := o{"message": "more", "content": base64.StdEncoding.EncodeToString([]byte("new\n")), "branch": "main"}
	sha := w.do("PUT", "/repos/acme/shop/contents/new%20file.txt", file).is(201).text("content.sha")
	w.do("PUT", "/repos/acme/shop/contents/new%20file.txt", file).is(422)
	file["sha"] = strings.Repeat("0", 40)
	w.do("PUT", "/repos/acme/shop/contents/new%20file.txt", file).is(409)
	file["sha"] = sha
	w.do("PUT", "/repos/acme/shop/contents/new%20file.txt", file).is(200)
	w.do("DELETE", "/repos/acme/shop/contents/new%20file.txt", o{"message": "gone", "sha": sha}).is(200).want("content", "<nil>")
	w.do("PUT", "/repos/acme/shop/contents/a/..%2Fb", file).is(422)
	w.do("PUT", "/repos/ada/old/contents/b", file).is(403)
}

func gitObjects(_ *testing.T, w *world) {
	head := w.get("/repos/acme/shop/git/ref/heads/main").is(200).text("object.sha")
	tree := w.get("/repos/acme/shop/git/commits/" + head).is(200).text("tree.sha")
	w.get("/repos/acme/shop/git/trees/" + tree + "?recursive=1").is(200)
	w.get("/repos/acme/shop/git/trees/main").is(200)
	blob := w.do("POST", "/repos/acme/shop/git/blobs", o{"content": "text\n", "encoding": "utf-8"}).is(201).text("sha")
	w.get("/repos/acme/shop/git/blobs/"+blob).is(200).want("content", "dGV4dAo=\n")
	made := w.do("POST", "/repos/acme/shop/git/trees", o{"base_tree": tree, "tree": l{
		o{"path": "bin/run", "mode": "100755", "type": "blob", "sha": blob}, o{"path": "docs", "mode": "040000", "type": "tree", "sha": nil},
		o{"path": "inline", "mode": "100644", "type": "blob", "content": "x"},
	}}).is(201).text("sha")
	commit := w.do("POST", "/repos/acme/shop/git/commits", o{"message": "by hand", "tree": made, "parents": l{head}}).is(201).text("sha")
	tag := w.do("POST", "/repos/acme/shop/git/tags", o{"tag": "v2.0", "message": "two", "object": commit, "type": "commit"}).is(201).text("sha")
	w.get("/repos/acme/shop/git/tags/"+tag).is(200).want("object.sha", commit)
	w.steps(
		step{"POST R/git/refs", o{"ref": "refs/tags/v2.0", "sha": tag}, 201}, step{"POST R/git/refs", o{"ref": "refs/heads/by-hand", "sha": head}, 201},
		step{"POST R/git/refs", o{"ref": "refs/heads/by-hand", "sha": head}, 422}, step{"PATCH R/git/refs/heads/by-hand", o{"sha": commit}, 200},
		step{"PATCH R/git/refs/heads/by-hand", o{"sha": head}, 422}, step{"PATCH R/git/refs/heads/by-hand", o{"sha": head, "force": true}, 200},
		step{"GET R/git/matching-refs/heads/", nil, 200}, step{"GET R/tags", nil, 200}, step{"GET R/git/ref/heads/none", nil, 404},
	)
}

func refs(_ *testing.T, w *world) {
	head := w.get("/repos/acme/shop/branches/main").is(200).text("commit.sha")
	w.steps(
		step{"GET R/branches", nil, 200}, step{"GET R/branches?protected=true", nil, 200},
		step{"POST R/git/refs", o{"ref": "refs/heads/feature/a", "sha": head}, 201}, step{"GET R/branches/feature%2Fa", nil, 200},
		step{"GET R/branches/feature/a", nil, 200}, step{"POST R/branches/feature%2Fa/rename", o{"new_name": "feature/b"}, 201},
		step{"PUT R/contents/b.txt", o{"message": "b", "content": "Yg==", "branch": "feature/b"}, 201},
		step{"POST R/merges", o{"base": "main", "head": "feature/b"}, 201}, step{"POST R/merges", o{"base": "main", "head": "feature/b"}, 204},
		step{"DELETE R/git/refs/heads/feature/b", nil, 204}, step{"DELETE R/git/refs/heads/main", nil, 422},
		step{"GET R/commits", nil, 200}, step{"GET R/commits?path=docs/guide.md&author=bob&per_page=1", nil, 200}, step{"GET R/commits/main", nil, 200},
		step{"GET R/commits/" + head, nil, 200}, step{"GET R/commits/none", nil, 422}, step{"GET R/compare/main...fix", nil, 200},
		step{"GET R/compare/main...none", nil, 404}, step{"GET R/commits/fix/pulls", nil, 200}, step{"GET R/commits/" + head + "/branches-where-head", nil, 200},
		step{"GET R/compare/main...fix?per_page=1&page=1", nil, 200},
	)
	w.head.Set("Accept", "application/vnd.github.diff")
	w.get("/repos/acme/shop/compare/main...fix").is(200)
	w.get("/repos/acme/shop/commits/fix").is(200)
	w.head.Set("Accept", "application/vnd.github.patch")
	w.get("/repos/acme/shop/commits/fix").is(200)
	w.head.Del("Accept")
	w.do("POST", "/repos/ada/shop-2/merge-upstream", o{"branch": "main"}).is(200).want("merge_type", "fast-forward")
}

func issues(_ *testing.T, w *world) {
	w.steps(
		step{"GET /issues", nil, 200}, step{"GET R/issues?state=all&labels=bug&sort=updated&direction=asc&since=2026-01-01T00:00:00Z", nil, 200},
		step{"GET R/issues?milestone=1&assignee=ada&creator=bob", nil, 200}, step{"GET R/issues/1", nil, 200}, step{"GET R/issues/99", nil, 404},
		step{"GET R/issues/1/comments", nil, 200}, step{"GET R/issues/comments", nil, 200}, step{"GET R/issues/1/events", nil, 200},
		step{"GET R/issues/events", nil, 200}, step{"GET R/issues/1/timeline", nil, 200}, step{"PUT R/issues/1/lock", o{"lock_reason": "too heated"}, 204},
		step{"GET R/issues/1", nil, 200}, step{"DELETE R/issues/1/lock", nil, 204}, step{"POST R/issues/1/reactions", o{"content": "heart"}, 201},
		step{"POST R/issues/1/reactions", o{"content": "heart"}, 200}, step{"GET R/issues/1/reactions", nil, 200},
		step{"POST R/issues", o{"body": "no title"}, 422},
		step{"POST R/issues", o{"title": "New", "body": "text", "labels": l{"bug", "fresh"}, "assignees": l{"bob"}, "milestone": 1, "type": "Bug"}, 201},
		step{"PATCH R/issues/1", o{"title": "Renamed", "labels": l{}, "milestone": nil, "state": "closed", "state_reason": "not_planned"}, 200},
		step{"PATCH R/issues/1", o{"state": "open"}, 200}, step{"POST R/issues", o{"title": "x", "assignees": l{"eve"}}, 422},
	)
	id := w.do("POST", "/repos/acme/shop/issues/1/comments", o{"body": "A remark"}).is(201).text("id")
	w.steps(
		step{"GET R/issues/comments/" + id, nil, 200}, step{"PATCH R/issues/comments/" + id, o{"body": "A better one"}, 200},
		step{"POST R/issues/comments/" + id + "/reactions", o{"content": "+1"}, 201}, step{"DELETE R/issues/comments/" + id, nil, 204},
		step{"GET R/issues/comments/" + id, nil, 404},
	)
}

func links(_ *testing.T, w *world) {
	a := w.do("POST", "/repos/acme/shop/issues", o{"title": "child a"}).is(201)
	b := w.do("POST", "/repos/acme/shop/issues", o{"title": "child b"}).is(201)
	n, m := a.at("id"), b.at("id")
	w.steps(
		step{"POST R/issues/1/sub_issues", o{"sub_issue_id": n}, 201}, step{"POST R/issues/1/sub_issues", o{"sub_issue_id": m}, 201},
		step{"POST R/issues/1/sub_issues", o{"sub_issue_id": m}, 422}, step{"GET R/issues/1/sub_issues", nil, 200}, step{"GET R/issues/1", nil, 200},
		step{"PATCH R/issues/1/sub_issues/priority", o{"sub_issue_id": m, "before_id": n}, 200}, step{"GET R/issues/" + a.text("number") + "/parent", nil, 200},
		step{"DELETE R/issues/1/sub_issue", o{"sub_issue_id": m}, 200}, step{"POST R/issues/1/dependencies/blocked_by", o{"issue_id": m}, 201},
		step{"GET R/issues/1/dependencies/blocked_by", nil, 200}, step{"GET R/issues/" + b.text("number") + "/dependencies/blocking", nil, 200},
		step{"DELETE R/issues/1/dependencies/blocked_by/" + fmt.Sprintf("%.0f", m), nil, 200},
	)
}

func labels(_ *testing.T, w *world) {
	w.steps(
		step{"GET R/labels", nil, 200}, step{"POST R/labels", o{"name": "odd one", "color": "ff0000", "description": "odd"}, 201},
		step{"POST R/labels", o{"name": "odd one"}, 422}, step{"GET R/labels/odd%20one", nil, 200},
		step{"PATCH R/labels/odd%20one", o{"new_name": "odd", "color": "00ff00"}, 200}, step{"POST R/issues/1/labels", o{"labels": l{"odd"}}, 200},
		step{"POST R/issues/1/labels", l{"bug"}, 200}, step{"GET R/issues/1/labels", nil, 200}, step{"DELETE R/issues/1/labels/odd", nil, 200},
		step{"PUT R/issues/1/labels", o{"labels": l{"odd"}}, 200}, step{"DELETE R/labels/odd", nil, 204},
		step{"POST R/issues/1/assignees", o{"assignees": l{"bob"}}, 201}, step{"DELETE R/issues/1/assignees", o{"assignees": l{"bob"}}, 200},
		step{"GET R/milestones?state=all", nil, 200}, step{"POST R/milestones", o{"title": "2.0", "due_on": "2026-12-24T00:00:00Z"}, 201},
		step{"GET R/milestones/2", nil, 200}, step{"PATCH R/milestones/2", o{"state": "closed"}, 200}, step{"DELETE R/milestones/2", nil, 204},
	)
}

func pulls(_ *testing.T, w *world) {
	w.steps(
		step{"GET R/pulls", nil, 200}, step{"GET R/pulls?state=open&head=acme:fix&base=main&sort=updated&direction=desc", nil, 200}, step{"GET R/pulls/2", nil, 200},
		step{"GET R/pulls/1", nil, 404}, step{"GET R/pulls/2/files", nil, 200}, step{"GET R/pulls/2/commits", nil, 200}, step{"GET R/pulls/2/merge", nil, 404},
		step{"PATCH R/pulls/2", o{"title": "Fix", "body": "Fixes #1"}, 200}, step{"PUT R/pulls/2/update-branch", o{"expected_head_sha": strings.Repeat("0", 40)}, 422},
		step{"GET R/pulls/2/requested_reviewers", nil, 200}, step{"POST R/pulls/2/requested_reviewers", o{"reviewers": l{"ada"}, "team_reviewers": l{"core-team"}}, 201},
		step{"DELETE R/pulls/2/requested_reviewers", o{"reviewers": l{"ada"}}, 200}, step{"PUT R/pulls/2/update-branch", nil, 202},
		step{"PUT R/contents/c.txt", o{"message": "c", "content": "Yw==", "branch": "by-hand"}, 201},
		step{"POST R/pulls", o{"title": "By hand", "head": "by-hand", "base": "main", "draft": true}, 201},
		step{"POST R/pulls", o{"title": "By hand", "head": "by-hand", "base": "main"}, 422}, step{"POST R/pulls", o{"title": "x", "head": "none", "base": "main"}, 422},
	)
	w.head.Set("Accept", "application/vnd.github.v3.diff")
	w.get("/repos/acme/shop/pulls/2").is(200)
	w.head.Set("Accept", "application/vnd.github.v3.patch")
	w.get("/repos/acme/shop/pulls/2").is(200)
	w.head.Del("Accept")
}

func reviews(_ *testing.T, w *world) {
	const pull = "/repos/acme/shop/pulls/2"
	head := w.get(pull).text("head.sha")
	w.do("POST", pull+"/reviews", o{"event": "COMMENT"}).is(422)
	w.do("POST", pull+"/reviews", o{"event": "COMMENT", "comments": l{o{"path": "src/main.go", "body": "x", "line": 99}}}).is(422)
	pending := w.do("POST", pull+"/reviews", o{"body": "So far", "comments": l{o{"path": "src/main.go", "body": "This", "line": 3, "side": "RIGHT"}}}).is(200).text("id")
	w.do("PUT", pull+"/reviews/"+pending, o{"body": "So far, so good"}).is(200)
	w.get(pull + "/reviews/" + pending + "/comments").is(200)
	w.do("POST", pull+"/reviews/"+pending+"/events", o{"event": "APPROVE"}).is(200).want("state", "APPROVED")
	w.do("PUT", pull+"/reviews/"+pending+"/dismissals", o{"message": "Not any more"}).is(200).want("state", "DISMISSED")
	w.get(pull + "/reviews/" + pending).is(200)
	other := w.do("POST", pull+"/reviews", o{"body": "Never mind"}).is(200).text("id")
	w.do("DELETE", pull+"/reviews/"+other, nil).is(200)
	w.get(pull + "/reviews").is(200)
	id := w.do("POST", pull+"/comments", o{"body": "Here", "commit_id": head, "path": "src/main.go", "line": 5, "side": "RIGHT"}).is(201).text("id")
	w.do("POST", pull+"/comments/"+id+"/replies", o{"body": "There"}).is(201)
	w.do("POST", pull+"/comments", o{"body": "File", "commit_id": head, "path": "src/main.go", "subject_type": "file"}).is(201)
	w.get(pull + "/comments?sort=created&direction=asc").is(200)
	const one = "/repos/acme/shop/pulls/comments/"
	w.get(one + id).is(200)
	w.do("PATCH", one+id, o{"body": "Here!"}).is(200)
	w.do("POST", one+id+"/reactions", o{"content": "eyes"}).is(201)
	w.do("DELETE", one+id, nil).is(204)
	w.do("PUT", pull+"/merge", o{"merge_method": "squash", "sha": strings.Repeat("0", 40)}).is(409)
	w.do("PUT", pull+"/merge", o{"merge_method": "squash"}).is(200).want("merged", "true")
	w.do("PUT", pull+"/merge", nil).is(405)
	w.get(pull + "/merge").is(204)
	w.get(pull).is(200)
}

func actions(_ *testing.T, w *world) {
	const base = "/repos/acme/shop/actions"
	w.get(base+"/workflows").is(200).want("total_count", "1")
	w.get(base + "/workflows/ci.yml").is(200)
	w.do("PUT", base+"/workflows/ci.yml/disable", nil).is(204)
	w.do("PUT", base+"/workflows/ci.yml/enable", nil).is(204)
	w.get(base+"/workflows/ci.yml/runs?branch=fix&status=failure&event=pull_request&actor=bob").is(200).want("total_count", "1")
	run := fmt.Sprintf("%s/runs/%.0f", base, w.get(base+"/runs").is(200).at("workflow_runs.0.id"))
	w.get(run).is(200).want("conclusion", "failure")
	jobs := w.get(run + "/jobs?filter=latest").is(200)
	job := fmt.Sprintf("%s/jobs/%.0f", base, jobs.at("jobs.1.id"))
	w.get(job).is(200).want("steps.0.conclusion", "failure")
	if to := w.get(job + "/logs").is(302).head.Get("Location"); to == "" {
		w.t.Error("the log is nowhere")
	}
	w.get(run + "/logs").is(302)
	w.get(run + "/timing").is(200)
	w.get(base + "/artifacts?name=logs").is(200)
	artifact := fmt.Sprintf("%s/artifacts/%.0f", base, w.get(run+"/artifacts").is(200).at("artifacts.0.id"))
	w.get(artifact).is(200)
	w.get(artifact + "/zip").is(302)
	w.do("POST", run+"/cancel", nil).is(409)
	w.do("POST", run+"/rerun-failed-jobs", nil).is(201)
	w.do("POST", run+"/cancel", nil).is(202)
	w.do("POST", run+"/rerun", nil).is(201)
	w.do("POST", job+"/rerun", nil).is(201)
	w.do("DELETE", run+"/logs", nil).is(204)
	w.do("POST", base+"/workflows/ci.yml/dispatches", o{"ref": "main", "inputs": o{"a": "b"}}).is(204)
	w.do("POST", base+"/workflows/ci.yml/dispatches", o{"ref": "none"}).is(422)
	last := fmt.Sprintf("%.0f", w.get(base+"/runs?event=workflow_dispatch").is(200).at("workflow_runs.0.id"))
	w.do("DELETE", base+"/runs/"+last, nil).is(204)
}

func checks(_ *testing.T, w *world) {
	const sha = "/repos/acme/shop/commits/"
	head := w.get("/repos/acme/shop/pulls/2/commits").text("0.sha")
	w.get(sha + head + "/check-runs?filter=latest&status=completed").is(200)
	w.get(sha+head+"/check-runs?check_name=test").is(200).want("total_count", "1")
	w.get(sha + head + "/check-suites").is(200)
	w.get(sha+head+"/status").is(200).want("state", "success")
	w.get(sha + head + "/statuses").is(200)
	id := w.get(sha + head + "/check-runs?check_name=test").at("check_runs.0.id")
	check := fmt.Sprintf("/repos/acme/shop/check-runs/%.0f", id)
	w.get(check).is(200)
	w.get(check+"/annotations").is(200).want("0.message", "boom")
	w.get(fmt.Sprintf("/repos/acme/shop/check-suites/%.0f/check-runs", w.get(check).at("check_suite.id"))).is(200)
	w.do("POST", "/repos/acme/shop/statuses/"+head, o{"state": "pending", "context": "slow", "description": "wait", "target_url": "https://example.com"}).is(201)
}

func releases(_ *testing.T, w *world) {
	const base = "/repos/acme/shop/releases"
	w.get(base).is(200)
	w.get(base+"/latest").is(200).want("tag_name", "v1.0")
	w.get(base + "/tags/v1.0").is(200)
	first := fmt.Sprintf("%s/%.0f", base, w.get(base+"/latest").at("id"))
	w.get(first + "/assets").is(200)
	asset := fmt.Sprintf("%s/assets/%.0f", base, w.get(first).is(200).at("assets.0.id"))
	w.get(asset).is(200)
	w.do("POST", base+"/generate-notes", o{"tag_name": "v3.0", "previous_tag_name": "v1.0"}).is(200)
	id := fmt.Sprintf("%s/%.0f", base, w.do("POST", base, o{"tag_name": "v3.0", "name": "Three", "body": "Third", "generate_release_notes": true}).is(201).at("id"))
	w.do("POST", base, o{"tag_name": "v3.0"}).is(422)
	w.do("PATCH", id, o{"body": "The third", "prerelease": true}).is(200)
	w.do("DELETE", id, nil).is(204)
}

func searches(_ *testing.T, w *world) {
	w.steps(
		step{"GET /search/repositories?q=shop+org:acme&sort=stars", nil, 200}, step{"GET /search/code?q=package+repo:acme/shop", nil, 200},
		step{"GET /search/issues?q=is:issue+repo:acme/shop+is:open&sort=updated&order=desc", nil, 200}, step{"GET /search/users?q=ada", nil, 200},
		step{"GET /search/commits?q=docs+repo:acme/shop", nil, 200}, step{"GET /search/issues?q=", nil, 422},
		step{"GET /search/issues?q=repo:acme/none", nil, 422},
	)
	w.head.Set("Accept", "application/vnd.github.text-match+json")
	w.get("/search/code?q=fmt+repo:acme/shop").is(200)
	w.head.Del("Accept")
}

func social(_ *testing.T, w *world) {
	w.steps(
		step{"GET /notifications?all=true&participating=true", nil, 200}, step{"GET R/notifications", nil, 200}, step{"PUT /user/starred/acme/shop", nil, 204},
		step{"GET /user/starred/acme/shop", nil, 204}, step{"GET /user/starred", nil, 200}, step{"GET /users/ada/starred", nil, 200},
		step{"GET R/stargazers", nil, 200}, step{"DELETE /user/starred/acme/shop", nil, 204}, step{"GET /user/starred/acme/shop", nil, 404},
		step{"GET R/subscription", nil, 404}, step{"PUT R/subscription", o{"subscribed": true}, 200}, step{"GET R/subscription", nil, 200},
		step{"DELETE R/subscription", nil, 204},
	)
	thread := "/notifications/threads/" + w.get("/notifications").text("0.id")
	w.steps(
		step{"GET " + thread, nil, 200}, step{"GET " + thread + "/subscription", nil, 404}, step{"PUT " + thread + "/subscription", o{"ignored": true}, 200},
		step{"GET " + thread + "/subscription", nil, 200}, step{"DELETE " + thread + "/subscription", nil, 204}, step{"PATCH " + thread, nil, 205},
		step{"PUT /notifications", o{"last_read_at": "2027-01-01T00:00:00Z"}, 205}, step{"PUT R/notifications", nil, 205}, step{"DELETE " + thread, nil, 204},
	)
}

func gists(_ *testing.T, w *world) {
	w.steps(
		step{"GET /gists", nil, 200}, step{"GET /gists/public", nil, 200}, step{"GET /gists/starred", nil, 200}, step{"GET /users/ada/gists", nil, 200},
		step{"POST /gists", o{"files": o{}}, 422},
	)
	gist := "/gists/" + w.do("POST", "/gists", o{"description": "d", "public": false, "files": o{"a.go": o{"content": "package a"}}}).is(201).text("id")
	w.steps(
		step{"GET " + gist, nil, 200}, step{"PATCH " + gist, o{"files": o{"a.go": o{"filename": "b.go", "content": "package b"}}}, 200},
		step{"POST " + gist + "/comments", o{"body": "Nice"}, 201}, step{"GET " + gist + "/comments", nil, 200}, step{"PUT " + gist + "/star", nil, 204},
		step{"DELETE " + gist + "/star", nil, 204}, step{"DELETE " + gist, nil, 204},
	)
}

func security(_ *testing.T, w *world) {
	w.steps(
		step{"GET R/code-scanning/alerts?state=open&tool_name=CodeQL", nil, 200}, step{"GET R/code-scanning/alerts/1", nil, 200},
		step{"GET R/code-scanning/alerts/1/instances", nil, 200},
		step{"PATCH R/code-scanning/alerts/1", o{"state": "dismissed", "dismissed_reason": "false positive", "dismissed_comment": "no"}, 200},
		step{"GET R/secret-scanning/alerts?state=open", nil, 200}, step{"GET R/secret-scanning/alerts/1", nil, 200},
		step{"GET R/secret-scanning/alerts/1/locations", nil, 200}, step{"PATCH R/secret-scanning/alerts/1", o{"state": "resolved", "resolution": "revoked"}, 200},
		step{"GET R/dependabot/alerts?state=open&severity=high", nil, 200}, step{"GET R/dependabot/alerts/1", nil, 200},
		step{"PATCH R/dependabot/alerts/1", o{"state": "dismissed", "dismissed_reason": "tolerable_risk", "dismissed_comment": "ok"}, 200},
		step{"GET R/dependabot/alerts/9", nil, 404}, step{"GET R/dependency-graph/sbom", nil, 200}, step{"GET R/dependency-graph/compare/main...fix", nil, 200},
		step{"GET R/attestations/sha256:0123", nil, 200}, step{"GET /advisories?ecosystem=go&severity=high", nil, 200},
		step{"GET /advisories/GHSA-aaaa-bbbb-cccc", nil, 200}, step{"GET R/security-advisories", nil, 200},
		step{"GET R/security-advisories/GHSA-dddd-eeee-ffff", nil, 200}, step{"GET /orgs/acme/security-advisories", nil, 200},
		step{"POST R/security-advisories", o{"summary": "s", "description": "d", "severity": "low", "vulnerabilities": l{o{"package": o{"ecosystem": "go", "name": "x"}}}}, 201},
	)
}
