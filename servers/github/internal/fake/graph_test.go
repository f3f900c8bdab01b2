package fake_test

import (
	"encoding/base64"
	"testing"
)

func TestGraphReads(t *testing.T) {
	w := newWorld(t)
	w.small()
	a := w.graph(`query Overview($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name, followRenames: false) { isPrivate pullRequest(number: $number) { ...pr }
    one: object(expression: "main:README.md") { ... on Blob { text byteSize isBinary oid } }
    two: object(expression: "main:src") { __typename ... on Tree { entries { name type mode } } } } }
fragment pr on PullRequest { number title state author { login ... on User { name } } mergeable mergeStateStatus reviewDecision additions deletions
  reviewRequests(first: 20) { nodes { requestedReviewer { ... on User { login } ... on Team { slug } } } }
  files(first: 100) { totalCount nodes { path additions deletions changeType } }
  latestOpinionatedReviews(first: 20) { totalCount nodes { state } }
  comments(last: 10) { totalCount nodes { body } }
  reviewThreads(last: 30) { totalCount nodes { id isResolved isOutdated path line comments(first: 30) { totalCount nodes { databaseId body diffHunk } } } }
  commits(last: 1) { nodes { commit { messageHeadline statusCheckRollup { state contexts(first: 50) { totalCount nodes { __typename ... on CheckRun { databaseId name conclusion status }
    ... on StatusContext { context state } } } } } } }
  closingIssuesReferences(first: 10) { nodes { number repository { nameWithOwner } } } }`, map[string]any{"owner": "acme", "name": "shop", "number": 2})
	a.want("data.repository.pullRequest.mergeStateStatus", "UNSTABLE").want("data.repository.pullRequest.files.totalCount", "2").
		want("data.repository.pullRequest.commits.nodes.0.commit.statusCheckRollup.state", "FAILURE").
		want("data.repository.pullRequest.commits.nodes.0.commit.statusCheckRollup.contexts.nodes.2.context", "lint").
		want("data.repository.pullRequest.closingIssuesReferences.nodes.0.number", "1").
		want("data.repository.pullRequest.reviewThreads.nodes.0.comments.nodes.0.body", "Why print?").
		want("data.repository.one.text", "# Shop\n").want("data.repository.two.entries.0.name", "main.go")
}

func TestCommitOnBranch(t *testing.T) {
	w := newWorld(t)
	_, shop := w.small()
	const document = `mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid url signature { isValid } } ref { name } } }`
	input := map[string]any{
		"branch":          map[string]any{"repositoryNameWithOwner": "acme/shop", "branchName": "main"},
		"message":         map[string]any{"headline": "two files", "body": "and one gone"},
		"expectedHeadOid": shop.Tip("main").SHA,
		"fileChanges": map[string]any{
			"additions": []any{map[string]any{"path": "new/a.txt", "contents": base64.StdEncoding.EncodeToString([]byte("a\n"))}},
			"deletions": []any{map[string]any{"path": "docs/guide.md"}},
		},
	}
	w.graph(document, map[string]any{"input": input}).want("data.createCommitOnBranch.commit.oid", shop.Tip("main").SHA)
	if text, _ := shop.File("main", "new/a.txt"); text != "a\n" {
		t.Errorf("new/a.txt is %q", text)
	}
	if _, ok := shop.File("main", "docs/guide.md"); ok {
		t.Error("docs/guide.md is still there")
	}
	before := shop.Tip("main").SHA
	w.ask(document, map[string]any{"input": input}).want("errors.0.type", "STALE_DATA").want("data.createCommitOnBranch", "<nil>")
	if shop.Tip("main").SHA != before {
		t.Error("the loser wrote all the same")
	}
}
