package github

import (
	"context"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// methods are names under which other servers offer what is a method here.
var methods = map[string]string{
	"get_pull_request":          "get",
	"get_pull_request_files":    "get_files",
	"get_pull_request_diff":     "get_diff",
	"get_pull_request_status":   "get_status",
	"get_pull_request_comments": "get_review_comments",
	"get_pull_request_reviews":  "get_reviews",
	"get_issue_comments":        "get_comments",
	"create_issue":              "create",
	"update_issue":              "update",
}

// called is the method that a tool's name asks for where the call names none.
func called(ctx context.Context, usual string) string {
	if call := mcpcore.CallOf(ctx); call != nil && methods[call.Name] != "" {
		return methods[call.Name]
	}
	return usual
}
