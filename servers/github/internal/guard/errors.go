package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-github/v60/github"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// explain is an error of a request as a model reads it: what GitHub said, which
// permission is missing, when to try again, which field is wrong.
func (g *Guard) explain(p *permit, err error) error {
	var limit *limited
	var answer *github.ErrorResponse
	var rate *github.RateLimitError
	var abuse *github.AbuseRateLimitError
	var otp *github.TwoFactorAuthError
	switch {
	case errors.As(err, &limit):
		return limit.tell()
	case errors.As(err, &rate):
		return (&limited{"rate limit", unsaid}).tell()
	case errors.As(err, &abuse):
		return (&limited{"secondary rate limit", unsaid}).tell()
	case errors.As(err, &otp):
		answer = (*github.ErrorResponse)(otp)
	case errors.As(err, &answer):
	default:
		return inner(err)
	}
	status := 0
	header := http.Header{}
	if answer.Response != nil {
		status, header = answer.Response.StatusCode, answer.Response.Header
	}
	text := fmt.Sprintf("GitHub answers %d: %s", status, oneLine(answer.Message))
	for _, e := range answer.Errors {
		text += "; " + field(e)
	}
	out := errors.New(g.scrub(text))
	if p.repo != nil {
		out = fmt.Errorf("%s: %w", p.repo, out)
	}
	return g.advise(out, p, status, header, answer.Message)
}

func field(e github.Error) string {
	name := strings.TrimSpace(oneLine(e.Resource + " " + e.Field))
	switch {
	case e.Message != "" && name != "":
		return name + ": " + oneLine(e.Message)
	case e.Message != "":
		return oneLine(e.Message)
	}
	return name + ": " + oneLine(strings.ReplaceAll(e.Code, "_", " "))
}

// inner takes off what net/http puts round an error, with the address.
func inner(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

func (g *Guard) advise(err error, p *permit, status int, h http.Header, message string) error {
	switch {
	case status == http.StatusUnauthorized:
		if !g.Known() {
			return mcpcore.Hint(err, "set GITHUB_PERSONAL_ACCESS_TOKEN, or --token-command 'gh auth token', and start the server again")
		}
		return mcpcore.Hint(err, "the token is not valid any more; tell the user to make a new one")
	case strings.Contains(h.Get("X-GitHub-SSO"), "required"):
		return mcpcore.Hint(err, "the organization asks for single sign-on: the user has to authorize the token for it on GitHub")
	case status == http.StatusForbidden:
		return mcpcore.Hint(err, missing(h, g.Known()))
	case status == http.StatusNotFound:
		fix := "check the name; where it is right, the token cannot see it"
		if need := h.Get("X-Accepted-GitHub-Permissions"); need != "" {
			fix += " (needed: " + oneLine(need) + ")"
		}
		if !g.Known() {
			fix = "check the name; without a token only what is public can be seen: set GITHUB_PERSONAL_ACCESS_TOKEN"
		}
		return mcpcore.Hint(fmt.Errorf("%w: %w", err, mcpcore.ErrNotFound), fix)
	case status == http.StatusConflict:
		return mcpcore.Hint(err, "read it anew and try again: somebody else has changed it")
	case status == http.StatusGone:
		return mcpcore.Hint(err, "this is switched off there, or has expired")
	case status == http.StatusUnprocessableEntity && p.method == http.MethodGet && len(p.path) > 0 && p.path[0] == "search":
		return mcpcore.Hint(err, "qualifiers are name:value, such as language:go or is:open; put text with a colon into quotes")
	case status >= 500:
		return mcpcore.Hint(err, "GitHub has trouble; try again in a minute")
	}
	return err
}

// missing says which permission a request needs.
func missing(h http.Header, known bool) string {
	if !known {
		return "there is no token: set GITHUB_PERSONAL_ACCESS_TOKEN and start the server again"
	}
	if need := h.Get("X-Accepted-GitHub-Permissions"); need != "" {
		return "the token needs the permission " + oneLine(strings.ReplaceAll(need, ";", " or"))
	}
	if need := h.Get("X-Accepted-OAuth-Scopes"); need != "" {
		return fmt.Sprintf("the token needs one of the scopes %s, and has %s", oneLine(need), cmp.Or(oneLine(h.Get("X-OAuth-Scopes")), "none"))
	}
	return "the token, or the user it is of, may not do this; get_access tells what it may"
}

// oneLine is a text of GitHub on one line, and not long.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || hidden(r) }), " ")
	if r := []rune(s); len(r) > 500 {
		return string(r[:500]) + "…"
	}
	return s
}
