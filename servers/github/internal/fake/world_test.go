package fake_test

import "github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"

// small makes a world with one organization, one repository of each kind of
// visibility, an issue, and a pull request with a run.
func (w *world) small() (ada *fake.User, shop *fake.Repo) {
	h := w.hub
	ada = h.AddUser("ada")
	bob := h.AddUser("bob")
	h.AddUser("eve")
	acme := h.AddOrg("acme", ada)
	acme.Members["bob"] = "member"
	h.AddTeam(acme, "Core team", ada, bob)
	h.AddToken(fake.Token{Value: "ghp_ada", User: ada, Scope: []string{"repo", "gist", "notifications", "read:org", "project", "workflow", "user"}})
	h.AddToken(fake.Token{Value: "ghp_bob", User: bob, Scope: []string{"repo"}})
	h.AddToken(fake.Token{Value: "ghp_eve", User: h.AddUser("mallory"), Scope: []string{"repo"}})
	shop = h.AddRepo(acme, "shop", fake.RepoOptions{Description: "A shop", Files: map[string]string{
		"README.md": "# Shop\n", "src/main.go": "package main\n\nfunc main() {}\n", "docs/guide.md": "one\ntwo\nthree\n", "LICENSE": "Apache\n",
		".github/workflows/ci.yml": "on: [push, workflow_dispatch]\n",
	}})
	shop.Topics, shop.License, shop.Language = []string{"go"}, "Apache-2.0", "Go"
	shop.Commit(fake.CommitOptions{Author: bob, Message: "docs: more\n\nA body.", Files: map[string]string{"docs/guide.md": "one\ntwo\nthree\nfour\n"}})
	shop.Commit(fake.CommitOptions{Author: ada, Message: "links", Links: map[string]string{"link": "docs/guide.md"}, Modules: map[string]string{"vendor/lib": "0123456789012345678901234567890123456789"}})
	shop.Tag("v1.0", shop.Tip("main").SHA, "first", ada)
	shop.Branch("release", shop.Tip("main").SHA)
	shop.Protect("release", fake.Protection{Reviews: 1, Checks: []string{"test"}})
	h.AddRepo(acme, "vault", fake.RepoOptions{Visibility: "private", Files: map[string]string{"secret.txt": "hunter2\n"}})
	old := h.AddRepo(ada, "old", fake.RepoOptions{Files: map[string]string{"a": "a\n"}})
	old.Archived = true
	m := shop.AddMilestone("1.0", ada)
	i := shop.AddIssue(bob, "It does not start", "See @ada\n<!-- hidden -->", "bug")
	i.Milestone, i.Assignees = m, []*fake.User{ada}
	i.AddComment(ada, "Which version?")
	shop.Commit(fake.CommitOptions{Branch: "fix", Author: bob, Message: "fix the start", Signed: true, Files: map[string]string{
		"src/main.go": "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hi\") }\n", "docs/guide.md": "zero\none\ntwo\nthree\nfour\n",
	}})
	p := shop.AddPull(fake.PullOptions{Author: bob, Title: "Fix the start", Body: "Fixes #1", Head: "fix"})
	p.Pull.Reviewers = []*fake.User{ada}
	v := p.Pull.AddReview(ada, "COMMENTED", "Some questions")
	v.AddThread("src/main.go", 5, "RIGHT", "Why print?")
	ci := shop.AddWorkflow("CI", ".github/workflows/ci.yml")
	shop.AddRun(fake.RunOptions{Workflow: ci, Branch: "fix", Event: "pull_request", Actor: bob, Jobs: []fake.JobOptions{
		{Name: "build", Steps: []fake.Step{{Name: "Set up job"}, {Name: "go build"}}, Log: "ok\n"},
		{Name: "test", Conclusion: "failure", Steps: []fake.Step{{Name: "go test", Conclusion: "failure"}}, Log: "2026-03-02T09:00:00.0000000Z ##[error]boom\n",
			Annotations: []fake.Annotation{{Path: "src/main.go", Start: 5, End: 5, Level: "failure", Message: "boom"}}},
	}}).AddArtifact("logs", []byte("PK"))
	shop.AddStatus(p.Pull.HeadSHA, "lint", "success", "clean", ada)
	shop.AddRelease("v1.0", "One", "First release", ada).AddAsset("shop.tar.gz", []byte("data"))
	d := shop.AddDiscussion(bob, "Q&A", "How?", "How is it done?")
	d.AddComment(ada, "Like so", nil)
	proj := h.AddProject(acme, "Roadmap", shop)
	proj.AddItem(i, ada)
	h.AddThread(ada, i, "assign")
	h.AddGist(ada, "notes", true, map[string]string{"a.txt": "hello\n"})
	shop.AddAlert(fake.Alert{Kind: "code", ID: "go/sql", Title: "SQL from user input", Path: "src/main.go", Line: 5})
	shop.AddAlert(fake.Alert{Kind: "secret", ID: "github_pat", Title: "GitHub token", Secret: "ghp_xxx", Path: "README.md", Line: 1})
	shop.AddAlert(fake.Alert{Kind: "dependabot", ID: "GHSA-aaaa-bbbb-cccc", Title: "Bad parser", Package: "example.com/parser", Fix: "1.2.3"})
	shop.AddAdvisory(fake.Advisory{ID: "GHSA-dddd-eeee-ffff", Summary: "A hole", Description: "It is one", Severity: "high", State: "published", CWE: "CWE-79"})
	h.AddAdvisory(fake.Advisory{ID: "GHSA-aaaa-bbbb-cccc", Summary: "Bad parser", Description: "Bad", Severity: "high", Ecosystem: "go", Package: "example.com/parser", Range: "< 1.2.3", Fix: "1.2.3"})
	shop.AddRuleset(fake.Ruleset{Name: "main is safe", Branches: "~DEFAULT_BRANCH", Rules: []string{"deletion", "non_fast_forward", "pull_request"}, Reviews: 1})
	h.AddRepo(h.AddUser("carol"), "shop", fake.RepoOptions{Parent: shop})
	w.token = "ghp_ada"
	return ada, shop
}
