package auth_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

func guarded(t *testing.T) *site {
	return newSite(t, &auth.Guard{Verifiers: []auth.Verifier{loaded(t)}})
}

// Who has no good token gets nothing, whatever the path and the method.
func TestUnauthorized(t *testing.T) {
	s := guarded(t)
	const challenge = `Bearer scope="mcp:read"`
	const invalid = `Bearer error="invalid_token", scope="mcp:read"`
	const malformed = `Bearer error="invalid_request"`
	for name, test := range map[string]struct {
		status  int
		want    string
		path    string
		headers []string
	}{
		"none":          {401, challenge, "/mcp", nil},
		"empty":         {401, challenge, "/mcp", []string{"Authorization", ""}},
		"basic":         {401, challenge, "/mcp", []string{"Authorization", "Basic YTpi"}},
		"no scheme":     {401, challenge, "/mcp", []string{"Authorization", adaToken}},
		"bearer only":   {400, malformed, "/mcp", []string{"Authorization", "Bearer"}},
		"spaces":        {400, malformed, "/mcp", []string{"Authorization", "Bearer a b"}},
		"quotes":        {400, malformed, "/mcp", []string{"Authorization", `Bearer "` + adaToken + `"`}},
		"long":          {400, malformed, "/mcp", []string{"Authorization", "Bearer " + strings.Repeat("a", 20<<10)}},
		"wrong":         {401, invalid, "/mcp", []string{"Authorization", "Bearer wrong"}},
		"prefix":        {401, invalid, "/mcp", []string{"Authorization", "Bearer " + adaToken[:20]}},
		"longer":        {401, invalid, "/mcp", []string{"Authorization", "Bearer " + adaToken + "0"}},
		"other case":    {401, invalid, "/mcp", []string{"Authorization", "Bearer " + strings.ToUpper(adaToken)}},
		"the digest":    {401, invalid, "/mcp", []string{"Authorization", "Bearer " + digest(adaToken)}},
		"two headers":   {400, malformed, "/mcp", []string{"Authorization", "Bearer " + adaToken, "Authorization", "Bearer " + adaToken}},
		"two in one":    {400, malformed, "/mcp", []string{"Authorization", "Bearer " + adaToken + ", Bearer " + adaToken}},
		"in the query":  {400, malformed, "/mcp?access_token=" + adaToken, nil},
		"in both":       {400, malformed, "/mcp?x=1&access%5Ftoken=" + adaToken, []string{"Authorization", "Bearer " + adaToken}},
		"cookie":        {401, challenge, "/mcp", []string{"Cookie", "Authorization=Bearer " + adaToken}},
		"proxy header":  {401, challenge, "/mcp", []string{"Proxy-Authorization", "Bearer " + adaToken}},
		"the old path":  {401, challenge, "/sse", nil},
		"the old post":  {401, challenge, "/message?sessionId=x", nil},
		"a broken body": {401, challenge, "/mcp", nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{"POST", "GET", "DELETE", "PUT"} {
				a := s.do(method, test.path, `{"jsonrpc":"2.0","id":1,"method":"tools/list`, test.headers...)
				a.want(t, test.status)
				if a.challenge != test.want {
					t.Errorf("%s: %s, want %s", method, a.challenge, test.want)
				}
			}
		})
	}
	s.do("GET", "/.well-known/oauth-protected-resource", "").want(t, 404)
	if a := s.do("GET", "/healthz", ""); a.status != 200 {
		t.Errorf("a probe needs no token: %+v", a)
	}
}

// The scheme is not told by its case, and several spaces are as good as one.
func TestScheme(t *testing.T) {
	s := guarded(t)
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER  "} {
		s.do("POST", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}`,
			"Authorization", scheme+adaToken).want(t, 200, "serverInfo")
	}
}

// What a principal may do: what scopes, tools and read_only leave.
func TestPolicyOfPrincipals(t *testing.T) {
	s := guarded(t)
	for _, test := range []struct {
		token, tool string
		status      int
		want        string
	}{
		{adaToken, "look", 200, "I am ada"},
		{adaToken, "put", 200, "I am ada"},
		{adaToken, "drop", 200, "I am ada"},
		{bobToken, "look", 200, "I am bob"},
		{bobToken, "look_old", 200, "I am bob"},
		{bobToken, "put", 200, "I am bob"},
		{bobToken, "peek", 200, "not among the tools that the operator lets bob use"},
		{bobToken, "drop", 403, `Bearer error="insufficient_scope", scope="mcp:delete"`},
		{eveToken, "peek", 200, "I am eve"},
		{eveToken, "put", 200, "the operator lets eve only read"},
		{danToken, "put", 403, `scope="mcp:write"`},
		{eveToken, "none", 200, "there is no tool"},
	} {
		s.call(test.token, test.tool).want(t, test.status, test.want)
		session := s.initialize(test.token, "2025-11-25")
		s.in(session, test.token, callJSON(1, test.tool)).want(t, test.status, test.want)
	}
}

// All scopes that a batch needs are named at once, and none of it runs.
func TestBatchScopes(t *testing.T) {
	s := guarded(t)
	session := s.initialize(bobToken, "2025-03-26")
	a := s.in(session, bobToken, "["+callJSON(1, "look")+","+callJSON(2, "drop")+"]")
	a.want(t, 403, `scope="mcp:read mcp:delete"`, "lacks the scope mcp:delete")
	s.in(session, bobToken, "["+callJSON(1, "look")+","+callJSON(2, "put")+"]").want(t, 200, `I am bob`)
}

var listed = regexp.MustCompile(`"name":"([a-z_]+)","description"`)

// list is all of tools/list, page by page.
func (s *site) list(token string) (names, cursors []string) {
	s.t.Helper()
	params := ""
	for range 10 {
		a := s.modern(token, "tools/list", "", params)
		a.want(s.t, 200, `"cacheScope":"private"`)
		for _, m := range listed.FindAllStringSubmatch(a.body, -1) {
			names = append(names, m[1])
		}
		_, rest, more := strings.Cut(a.body, `"nextCursor":"`)
		if !more {
			break
		}
		cursor, _, _ := strings.Cut(rest, `"`)
		cursors = append(cursors, cursor)
		params = `"cursor":"` + cursor + `"`
	}
	return names, cursors
}

// Each sees the tools that are there for it, in any order of asking, and the
// cursor of one is no good for another.
func TestListsOfPrincipals(t *testing.T) {
	s := guarded(t)
	for range 2 {
		for token, want := range map[string]string{
			adaToken: "look look_ask peek put drop", bobToken: "look look_ask put", eveToken: "look look_ask peek", danToken: "look look_ask peek",
		} {
			if names, _ := s.list(token); strings.Join(names, " ") != want {
				t.Errorf("%s sees %v, want %s", token[:3], names, want)
			}
		}
	}
	_, cursors := s.list(adaToken)
	s.modern(bobToken, "tools/list", "", `"cursor":"`+cursors[0]+`"`).want(t, 200, "the cursor is not of this list")
}

// A session belongs to who began it, and so does what is asked in a call.
func TestForeignSessionAndState(t *testing.T) {
	s := guarded(t)
	session := s.initialize(adaToken, "2025-11-25")
	for _, method := range []string{"POST", "GET", "DELETE"} {
		body := ""
		if method == "POST" {
			body = callJSON(1, "look")
		}
		s.do(method, "/mcp", body, "Mcp-Session-Id", session, "Authorization", "Bearer "+eveToken).want(t, 404, "there is no such session")
		s.do(method, "/mcp", body, "Mcp-Session-Id", session).want(t, 401)
	}
	s.in(session, adaToken, callJSON(1, "look")).want(t, 200, "I am ada") // it is still there

	question := s.call(adaToken, "look_ask")
	_, rest, ok := strings.Cut(question.body, `"requestState":"`)
	state, _, _ := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("no question: %+v", question)
	}
	reply := `"inputResponses":{"ask-1":{"action":"accept","content":{}}},"requestState":"` + state + `"`
	s.modern(eveToken, "tools/call", "look_ask", reply).want(t, 200, "requestState is not of this request")
	s.modern(adaToken, "tools/call", "look_ask", reply).want(t, 200, "confirmed")
}
