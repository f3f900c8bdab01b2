package github_test

import (
	"testing"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/github"
	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

// Bodies that do not end, or not as they should, end a call and nothing else.
func TestOddBodies(t *testing.T) {
	for name, f := range map[string]struct {
		serve   fake.Fault
		timeout time.Duration
	}{
		"endless":         {fake.Fault{Serve: fake.Endless()}, time.Minute},
		"huge":            {fake.Fault{Serve: fake.Huge(80 << 20)}, time.Minute},
		"gzip bomb":       {fake.Fault{Serve: fake.GzipBomb(100 << 20)}, time.Minute},
		"half of gzip":    {fake.Fault{Serve: fake.TruncatedGzip(`{"login":"ada","id":1,"type":"User","name":"Ada Lovelace of London"}`)}, time.Minute},
		"cut short":       {fake.Fault{Serve: fake.Truncated(`{"login":"ada"`)}, time.Minute},
		"silent":          {fake.Fault{Serve: fake.Silent(true)}, 300 * time.Millisecond},
		"begun":           {fake.Fault{Serve: fake.Silent(false)}, 300 * time.Millisecond},
		"byte by byte":    {fake.Fault{Serve: fake.Slow(`{"login":"ada","id":1,"type":"User","name":"Ada Lovelace of London"}`, 20*time.Millisecond)}, 300 * time.Millisecond},
		"not JSON":        {fake.Fault{Serve: fake.Body("application/json", "[1,2,3]")}, time.Minute},
		"nothing":         {fake.Fault{Serve: fake.Body("application/json", "")}, time.Minute},
		"nested deep":     {fake.Fault{Serve: fake.Body("application/json", deep(200_000))}, time.Minute},
		"a redirect loop": {fake.Fault{Serve: fake.Redirect(302, "/user")}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f.serve.Path = "/user"
			w.Fail(f.serve)
			s := newServer(t, github.Config{APIURL: w.url, Token: mcpcore.NewSecret(token)})
			s.Options.CallTimeout = f.timeout
			c := mcptest.Connect(t, s, mcptest.Options{})
			says(t, refused(t, c, "get_me", nil), "!"+token)
			w.Heal()
			says(t, works(t, c, "get_me", nil), "ada")
		})
	}
}

func deep(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '['
	}
	return string(b)
}
