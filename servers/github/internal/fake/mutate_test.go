package fake_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
)

// mutate runs a mutation of one field and returns its answer below that field.
func (w *world) mutate(name, inputType, selection string, input o) *answer {
	w.t.Helper()
	a := w.graph(fmt.Sprintf("mutation M($input: %s!) { result: %s(input: $input) { %s } }", inputType, name, selection), o{"input": input})
	a.body = []byte(strings.Replace(string(a.body), `{"data":{"result":`, `{"result":`, 1))
	a.body = a.body[:len(a.body)-1]
	return a
}

// do runs a mutation whose input type is called like it.
func (w *world) change(name, selection string, input o) *answer {
	w.t.Helper()
	return w.mutate(name, strings.ToUpper(name[:1])+name[1:]+"Input", selection, input)
}

func TestIssueMutations(t *testing.T) {
	w := newWorld(t)
	w.small()
	id := w.graph(`{ repository(owner: "acme", name: "shop") { id issue(number: 1) { id stateReason subIssuesSummary { total } } labels(first: 2) { nodes { id name } } } }`, nil)
	issue, repo, label := id.text("data.repository.issue.id"), id.text("data.repository.id"), id.text("data.repository.labels.nodes.0.id")
	child := w.change("createIssue", "issue { id number title author { login } repository { nameWithOwner } }", o{"repositoryId": repo, "title": "A child", "labelIds": l{label}})
	child.want("result.issue.title", "A child").want("result.issue.author.login", "ada")
	one := child.text("result.issue.id")
	w.change("addSubIssue", "issue { subIssues(first: 5) { nodes { number } } } subIssue { parent { number } }", o{"issueId": issue, "subIssueId": one}).want("result.subIssue.parent.number", "1")
	w.change("removeSubIssue", "issue { number }", o{"issueId": issue, "subIssueId": one})
	w.change("addBlockedBy", "issue { blockedBy(first: 1) { totalCount } }", o{"issueId": issue, "blockingIssueId": one}).want("result.issue.blockedBy.totalCount", "1")
	w.change("removeBlockedBy", "issue { number }", o{"issueId": issue, "blockingIssueId": one})
	w.change("updateIssue", "issue { title body }", o{"id": one, "title": "Renamed", "body": "text"}).want("result.issue.title", "Renamed")
	w.change("closeIssue", "issue { state stateReason }", o{"issueId": one, "stateReason": "NOT_PLANNED"}).want("result.issue.stateReason", "NOT_PLANNED")
	w.change("reopenIssue", "issue { state }", o{"issueId": one}).want("result.issue.state", "OPEN")
	w.change("pinIssue", "issue { isPinned }", o{"issueId": one}).want("result.issue.isPinned", "true")
	w.change("unpinIssue", "issue { isPinned }", o{"issueId": one}).want("result.issue.isPinned", "false")
	w.change("lockLockable", "lockedRecord { locked activeLockReason }", o{"lockableId": one, "lockReason": "TOO_HEATED"})
	w.change("unlockLockable", "unlockedRecord { locked }", o{"lockableId": one}).want("result.unlockedRecord.locked", "false")
	comment := w.change("addComment", "commentEdge { node { id body } }", o{"subjectId": one, "body": "Hello"}).text("result.commentEdge.node.id")
	w.change("minimizeComment", "minimizedComment { isMinimized minimizedReason }", o{"subjectId": comment, "classifier": "SPAM"}).want("result.minimizedComment.minimizedReason", "spam")
	w.change("unminimizeComment", "unminimizedComment { isMinimized }", o{"subjectId": comment})
	w.change("addReaction", "reaction { content } subject { id }", o{"subjectId": comment, "content": "ROCKET"}).want("result.reaction.content", "ROCKET")
	w.change("addLabelsToLabelable", "labelable { __typename }", o{"labelableId": one, "labelIds": l{label}})
	w.change("removeLabelsFromLabelable", "labelable { __typename }", o{"labelableId": one, "labelIds": l{label}})
	bob := w.graph(`{ user(login: "bob") { id } }`, nil).text("data.user.id")
	w.change("addAssigneesToAssignable", "assignable { assignees(first: 3) { nodes { login } } }", o{"assignableId": one, "assigneeIds": l{bob}}).want("result.assignable.assignees.nodes.0.login", "bob")
	w.change("replaceActorsForAssignable", "assignable { assignees(first: 3) { totalCount } }", o{"assignableId": one, "actorIds": l{}}).want("result.assignable.assignees.totalCount", "0")
	to := w.graph(`{ repository(owner: "acme", name: "vault") { id } }`, nil).text("data.repository.id")
	w.change("transferIssue", "issue { repository { name } }", o{"issueId": one, "repositoryId": to}).want("result.issue.repository.name", "vault")
	w.change("addStar", "starrable { stargazerCount viewerHasStarred }", o{"starrableId": repo}).want("result.starrable.stargazerCount", "1")
	w.change("removeStar", "starrable { stargazerCount }", o{"starrableId": repo})
	w.graph(`query($id: ID!) { node(id: $id) { __typename ... on Issue { number } } nodes(ids: [$id]) { id } }`, o{"id": issue}).want("data.node.number", "1")
}

func TestPullMutations(t *testing.T) {
	w := newWorld(t)
	_, shop := w.small()
	shop.Protect("main", fake.Protection{Reviews: 1})
	a := w.graph(`{ repository(owner: "acme", name: "shop") { id pullRequest(number: 2) { id headRefOid reviewThreads(first: 1) { nodes { id } } } ref(qualifiedName: "refs/heads/fix") { id } } }`, nil)
	pull, repo, thread := a.text("data.repository.pullRequest.id"), a.text("data.repository.id"), a.text("data.repository.pullRequest.reviewThreads.nodes.0.id")
	w.change("resolveReviewThread", "thread { isResolved resolvedBy { login } }", o{"threadId": thread}).want("result.thread.isResolved", "true")
	w.change("unresolveReviewThread", "thread { isResolved }", o{"threadId": thread}).want("result.thread.isResolved", "false")
	w.change("addPullRequestReviewThreadReply", "comment { body state }", o{"pullRequestReviewThreadId": thread, "body": "Because"})
	review := w.change("addPullRequestReview", "pullRequestReview { id state comments(first: 3) { totalCount } }", o{
		"pullRequestId": pull, "threads": l{o{"path": "src/main.go", "line": 3, "body": "Import?"}},
	}).want("result.pullRequestReview.state", "PENDING").text("result.pullRequestReview.id")
	w.change("addPullRequestReviewThread", "thread { id path line comments(first: 1) { nodes { state } } }", o{"pullRequestReviewId": review, "path": "docs/guide.md", "line": 1, "body": "Zero?"}).
		want("result.thread.comments.nodes.0.state", "PENDING")
	w.change("addPullRequestReviewThread", "thread { subjectType line }", o{"pullRequestId": pull, "path": "docs/guide.md", "subjectType": "FILE", "body": "All"})
	w.change("submitPullRequestReview", "pullRequestReview { state submittedAt }", o{"pullRequestReviewId": review, "event": "APPROVE", "body": "Fine"}).want("result.pullRequestReview.state", "APPROVED")
	other := w.change("addPullRequestReview", "pullRequestReview { id }", o{"pullRequestId": pull}).text("result.pullRequestReview.id")
	w.change("deletePullRequestReview", "pullRequestReview { id }", o{"pullRequestReviewId": other})
	w.change("convertPullRequestToDraft", "pullRequest { isDraft }", o{"pullRequestId": pull}).want("result.pullRequest.isDraft", "true")
	w.change("markPullRequestReadyForReview", "pullRequest { isDraft reviewDecision }", o{"pullRequestId": pull}).want("result.pullRequest.reviewDecision", "APPROVED")
	w.change("enablePullRequestAutoMerge", "pullRequest { autoMergeRequest { mergeMethod enabledBy { login } } }", o{"pullRequestId": pull, "mergeMethod": "SQUASH"}).
		want("result.pullRequest.autoMergeRequest.mergeMethod", "SQUASH")
	w.change("disablePullRequestAutoMerge", "pullRequest { autoMergeRequest { mergeMethod } }", o{"pullRequestId": pull})
	w.change("updatePullRequest", "pullRequest { title }", o{"pullRequestId": pull, "title": "Better"}).want("result.pullRequest.title", "Better")
	w.hub.Update(func() {
		shop.Commit(fake.CommitOptions{Message: "meanwhile", Files: map[string]string{"meanwhile": "x\n"}})
	})
	w.change("updatePullRequestBranch", "pullRequest { headRefOid }", o{"pullRequestId": pull})
	w.change("closePullRequest", "pullRequest { state }", o{"pullRequestId": pull}).want("result.pullRequest.state", "CLOSED")
	w.change("reopenPullRequest", "pullRequest { state }", o{"pullRequestId": pull}).want("result.pullRequest.state", "OPEN")
	w.change("requestReviews", "pullRequest { reviewRequests(first: 3) { totalCount } }", o{"pullRequestId": pull, "userIds": l{}})
	w.change("mergePullRequest", "pullRequest { state merged mergeCommit { oid } }", o{"pullRequestId": pull, "mergeMethod": "SQUASH"}).want("result.pullRequest.state", "MERGED")
	tip := shop.Tip("main").SHA
	ref := w.change("createRef", "ref { id name target { oid } }", o{"repositoryId": repo, "name": "refs/heads/graph", "oid": tip}).text("result.ref.id")
	w.change("updateRef", "ref { name }", o{"refId": ref, "oid": tip, "force": true})
	w.change("createPullRequest", "pullRequest { number }", o{"repositoryId": repo, "title": "Again", "headRefName": "fix", "baseRefName": "release"})
	w.change("deleteRef", "clientMutationId", o{"refId": ref, "clientMutationId": "x"}).want("result.clientMutationId", "x")
	w.ask(`mutation($input: ResolveReviewThreadInput!) { resolveReviewThread(input: $input) { thread { id } } }`, o{"input": o{"threadId": "PRRT_none"}}).want("errors.0.type", "NOT_FOUND")
}

func TestDiscussionsAndProjects(t *testing.T) {
	w := newWorld(t)
	w.small()
	a := w.graph(`{ repository(owner: "acme", name: "shop") { id
  discussionCategories(first: 10) { nodes { id name isAnswerable emoji } }
  discussion(number: 3) { id title category { name } isAnswered comments(first: 5) { nodes { id body replies(first: 3) { totalCount } } } }
  discussions(first: 5, answered: false) { totalCount nodes { number author { login } } } }
 organization(login: "acme") { projectsV2(first: 5) { nodes { id title } } projectV2(number: 1) { id title
  fields(first: 20) { nodes { ... on ProjectV2FieldCommon { id name dataType } ... on ProjectV2SingleSelectField { options { id name } } ... on ProjectV2IterationField { configuration { iterations { id title startDate } } } } }
  items(first: 10) { nodes { id type content { ... on Issue { number title } ... on DraftIssue { title } } fieldValues(first: 10) { nodes { ... on ProjectV2ItemFieldTextValue { text field { ... on ProjectV2FieldCommon { name } } } } } } } } } }`, nil)
	question, reply := a.text("data.repository.discussion.id"), a.text("data.repository.discussion.comments.nodes.0.id")
	w.change("addDiscussionComment", "comment { id body replyTo { id } }", o{"discussionId": question, "body": "Thanks", "replyToId": reply})
	w.change("updateDiscussionComment", "comment { body }", o{"commentId": reply, "body": "Like this"})
	w.change("markDiscussionCommentAsAnswer", "discussion { isAnswered answer { body } }", o{"id": reply}).want("result.discussion.answer.body", "Like this")
	w.change("unmarkDiscussionCommentAsAnswer", "discussion { isAnswered }", o{"id": reply})
	w.change("updateDiscussion", "discussion { title }", o{"discussionId": question, "title": "How then?"})
	w.change("closeDiscussion", "discussion { closed stateReason }", o{"discussionId": question, "reason": "RESOLVED"}).want("result.discussion.closed", "true")
	w.change("reopenDiscussion", "discussion { closed }", o{"discussionId": question})
	made := w.change("createDiscussion", "discussion { id number url }", o{
		"repositoryId": a.text("data.repository.id"), "categoryId": a.text("data.repository.discussionCategories.nodes.2.id"), "title": "An idea", "body": "It",
	}).text("result.discussion.id")
	comment := w.change("addDiscussionComment", "comment { id }", o{"discussionId": made, "body": "Mine"}).text("result.comment.id")
	w.change("deleteDiscussionComment", "comment { id }", o{"id": comment})
	w.graph(`query { search(query: "idea repo:acme/shop", type: DISCUSSION, first: 3) { discussionCount nodes { ... on Discussion { number } } } }`, nil).want("data.search.discussionCount", "1")

	project, item := a.text("data.organization.projectV2.id"), a.text("data.organization.projectV2.items.nodes.0.id")
	field := func(n int, path string) string {
		return a.text(fmt.Sprintf("data.organization.projectV2.fields.nodes.%d.%s", n, path))
	}
	set := func(n int, value o) {
		t.Helper()
		w.change("updateProjectV2ItemFieldValue", "projectV2Item { id }", o{"projectId": project, "itemId": item, "fieldId": field(n, "id"), "value": value})
	}
	set(1, o{"singleSelectOptionId": field(1, "options.1.id")})
	set(2, o{"number": 3.5})
	set(3, o{"iterationId": field(3, "configuration.iterations.0.id")})
	set(4, o{"date": "2026-12-24"})
	set(5, o{"text": "note"})
	w.graph(`query($id: ID!) { node(id: $id) { ... on ProjectV2Item { fieldValues(first: 20) { nodes { __typename
  ... on ProjectV2ItemFieldSingleSelectValue { name } ... on ProjectV2ItemFieldNumberValue { number } ... on ProjectV2ItemFieldDateValue { date }
  ... on ProjectV2ItemFieldIterationValue { title } } } fieldValueByName(name: "Status") { ... on ProjectV2ItemFieldSingleSelectValue { name } } } } }`, o{"id": item}).
		want("data.node.fieldValueByName.name", "In Progress").want("data.node.fieldValues.nodes.2.number", "3.5")
	w.change("clearProjectV2ItemFieldValue", "projectV2Item { id }", o{"projectId": project, "itemId": item, "fieldId": field(5, "id")})
	draft := w.change("addProjectV2DraftIssue", "projectItem { id type content { ... on DraftIssue { title } } }", o{"projectId": project, "title": "A draft"}).
		want("result.projectItem.content.title", "A draft").text("result.projectItem.id")
	w.change("archiveProjectV2Item", "item { isArchived }", o{"projectId": project, "itemId": draft})
	w.change("unarchiveProjectV2Item", "item { isArchived }", o{"projectId": project, "itemId": draft})
	w.change("deleteProjectV2Item", "deletedItemId", o{"projectId": project, "itemId": draft}).want("result.deletedItemId", draft)
	pull := w.graph(`{ repository(owner: "acme", name: "shop") { pullRequest(number: 2) { id } } }`, nil).text("data.repository.pullRequest.id")
	w.change("addProjectV2ItemById", "item { id type }", o{"projectId": project, "contentId": pull}).want("result.item.type", "PULL_REQUEST")
	w.change("createProjectV2StatusUpdate", "statusUpdate { status body }", o{"projectId": project, "status": "ON_TRACK", "body": "Good", "startDate": "2026-01-01"})
	w.change("updateProjectV2", "projectV2 { title }", o{"projectId": project, "title": "Plan"}).want("result.projectV2.title", "Plan")
}
