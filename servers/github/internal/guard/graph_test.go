package guard_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/guard"
)

// A part that the token may not see leaves the rest of an overview standing;
// anything else that is wrong does not.
func TestPartial(t *testing.T) {
	const whole = `"data":{"repository":{"pullRequest":{"number":7,"title":"Here","author":{"login":"bob"}}}}`
	for name, c := range map[string]struct{ answer, says string }{
		"forbidden part": {`{` + whole + `,"errors":[{"type":"FORBIDDEN","path":["repository","pullRequest","commits","nodes",0],"message":"Resource not accessible"}]}`, ""},
		"forbidden":      {`{"data":{"repository":null},"errors":[{"type":"FORBIDDEN","path":["repository"],"message":"Resource not accessible"}]}`, "get_access"},
		"not found":      {`{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","path":["repository"],"message":"Could not resolve"}]}`, "check the name"},
		"limit":          {`{"data":null,"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}`, "try again after 60 seconds"},
		"no pull":        {`{"data":{"repository":{"pullRequest":null}}}`, "no pull request #7"},
		"odd":            {`{` + whole + `,"errors":[{"message":"something"}]}`, "something"},
	} {
		h := newHub(t, answer(c.answer))
		o, err := repo(t, open(t, h), "acme", "site").Overview(t.Context(), 7)
		if c.says == "" {
			if err != nil || o.Title != "Here" {
				t.Errorf("%s: %+v, %v", name, o, err)
			}
			continue
		}
		t.Log(name)
		wants(t, err, c.says)
	}
}

// A document that changes something is not made twice, and is not made at all
// where only reading is allowed.
func TestMutations(t *testing.T) {
	n := 0
	h := newHub(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), `"query":"mutation`) {
			n++
			w.WriteHeader(502)
			return
		}
		io.WriteString(w, `{"number":7,"node_id":"PR_1"}`)
	})
	err := repo(t, open(t, h), "acme", "site").SetDraft(t.Context(), 7, true)
	wants(t, err, "502")
	if n != 1 {
		t.Errorf("made %d times", n)
	}
	only := open(t, h, func(o *guard.Options) { o.ReadOnly = func() bool { return true } })
	wants(t, repo(t, only, "acme", "site").SetDraft(t.Context(), 7, true), "only reads")
	_, err = only.WritableRepo(t.Context(), "acme", "site")
	wants(t, err, "--read-only")
	if n != 1 {
		t.Errorf("made %d times", n)
	}
}
