package auth_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/auth"
)

func TestVerify(t *testing.T) {
	tokens := loaded(t)
	for token, want := range map[string]string{
		adaToken: "ada", bobToken: "bob", eveToken: "eve", danToken: "dan",
		"": "", adaToken[:20]: "", adaToken + "x": "", strings.ToUpper(adaToken): "", digest(adaToken): "", bobToken + " ": "",
	} {
		p, err := tokens.Verify(t.Context(), token)
		switch {
		case want == "" && !errors.Is(err, auth.ErrUnknown):
			t.Errorf("%q: %v, %v", token, p, err)
		case want != "" && (err != nil || p.ID != want):
			t.Errorf("%q: %v, %v, want %s", token, p, err, want)
		}
	}
}

func TestLimitsOfTokens(t *testing.T) {
	tokens, err := auth.LoadTokens(written(t, `{"principals":[{"name":"ada","token":"`+adaToken+`","scopes":["mcp:read"],"rate_limit":"10/m","max_concurrent":3}]}`, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	p := tokens.Principals()[0]
	if p.RateLimit.String() != "10/m" || p.MaxConcurrent != 3 {
		t.Errorf("got %+v", p)
	}
}

// A file that is not right stops the start, and no token of it is shown.
func TestFaultsOfTokens(t *testing.T) {
	one := func(members string) string { return `{"principals":[{` + members + `}]}` }
	const good = `"name":"ada","token":"` + adaToken + `","scopes":["mcp:read"]`
	for name, test := range map[string]struct{ text, want string }{
		"nothing":          {"", "not a file of tokens"},
		"no object":        {`[]`, "not a file of tokens"},
		"no principals":    {`{}`, "there are no principals"},
		"more":             {one(good) + "{}", "follows"},
		"unknown member":   {one(good + `,"scope":"x"`), `"scope"`},
		"no name":          {one(`"token":"` + adaToken + `","scopes":["mcp:read"]`), "a name is"},
		"name like a URL":  {one(`"name":"https://x y","token":"` + adaToken + `","scopes":["mcp:read"]`), "a name is"},
		"no token":         {one(`"name":"ada","scopes":["mcp:read"]`), "either token or token_sha256"},
		"both":             {one(good + `,"token_sha256":"` + digest(adaToken) + `"`), "either token or token_sha256"},
		"short":            {one(`"name":"ada","token":"hunter2","scopes":["mcp:read"]`), "at least 16"},
		"not a token":      {one(`"name":"ada","token":"hunter2 hunter2 hunter2","scopes":["mcp:read"]`), "at least 16"},
		"short digest":     {one(`"name":"ada","token_sha256":"hunter2","scopes":["mcp:read"]`), "64 hexadecimal"},
		"digest of none":   {one(`"name":"ada","token_sha256":"` + digest("") + `","scopes":["mcp:read"]`), "no token at all"},
		"no scopes":        {one(`"name":"ada","token":"` + adaToken + `"`), "scopes are missing"},
		"unknown scope":    {one(`"name":"ada","token":"` + adaToken + `","scopes":["mcp:all"]`), `"mcp:all"`},
		"bad pattern":      {one(good + `,"tools":["["]`), "not a pattern"},
		"name twice":       {`{"principals":[{` + good + `},{` + strings.Replace(good, "ada-", "eve-", 1) + `}]}`, "the name stands twice"},
		"token twice":      {`{"principals":[{` + good + `},{` + strings.Replace(good, `"ada"`, `"bob"`, 1) + `}]}`, "that of ada too"},
		"no rate":          {one(good + `,"rate_limit":"hunter2"`), "rate_limit is not"},
		"no calls":         {one(good + `,"max_concurrent":0`), "at least 1"},
		"wrong type":       {one(`"name":"ada","token":["hunter2"],"scopes":["mcp:read"]`), "wrong type"},
		"two faulty ones":  {`{"principals":[{"name":"a b"},{"name":"ada"}]}`, "principal 2"},
		"larger than that": {strings.Repeat(" ", 1<<20) + one(good), "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := auth.LoadTokens(written(t, test.text, 0o600))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), adaToken)) {
				t.Errorf("a token is shown: %v", err)
			}
		})
	}
	if _, err := auth.LoadTokens(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := auth.LoadTokens(t.TempDir()); err == nil {
		t.Error("a directory is taken for a file")
	}
}

func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no such permissions here")
	}
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o440: true, 0o640: true, 0o644: false, 0o604: false, 0o660: false, 0o602: false, 0o601: false} {
		if _, err := auth.LoadTokens(written(t, principals(), mode)); (err == nil) != ok {
			t.Errorf("%o: %v", mode, err)
		}
	}
}
