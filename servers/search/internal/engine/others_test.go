package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/engine"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

func TestOthers(t *testing.T) {
	const key = "key-1234567890"
	wide := engine.Query{Text: "x", Count: 5, Freshness: "2026-01-01..2026-01-31", Country: "de", Language: "en", SafeSearch: "strict", Sites: []string{"a.example"}, Without: []string{"b.example"}}
	for name, c := range map[string]struct {
		fake *fake.Keyed
		open func(engine.Options) engine.Engine
		want map[engine.Kind]string
		sent map[string]string
	}{
		"tavily": {fake.NewTavily(key), func(o engine.Options) engine.Engine { return engine.NewTavily(o) },
			map[engine.Kind]string{engine.Web: "T|https://t.example/1|text|2026-01-02", engine.News: "T|https://t.example/1|text|2026-01-02"},
			map[string]string{"start_date": `"2026-01-01"`, "end_date": `"2026-01-31"`, "include_domains": `["a.example"]`, "exclude_domains": `["b.example"]`, "time_range": ""}},
		"exa": {fake.NewExa(key), func(o engine.Options) engine.Engine { return engine.NewExa(o) },
			map[engine.Kind]string{engine.Web: "|https://e.example/1|first|2026-01-02", engine.News: "|https://e.example/1|first|2026-01-02"},
			map[string]string{"startPublishedDate": `"2026-01-01"`, "includeDomains": `["a.example"]`, "userLocation": `"DE"`, "moderation": "true"}},
		"kagi": {fake.NewKagi(key), func(o engine.Options) engine.Engine { return engine.NewKagi(o) },
			map[engine.Kind]string{engine.Web: "K|https://k.example/1|text|2026-01-02", engine.News: "KN|https://k.example/news|text|"}, nil},
		"serper": {fake.NewSerper(key), func(o engine.Options) engine.Engine { return engine.NewSerper(o) },
			map[engine.Kind]string{engine.Web: "S|https://s.example/1|text|2026-01-02", engine.News: "SN|https://s.example/news|text|2 hours ago", engine.Images: "SI|https://s.example/i||"},
			map[string]string{"q": `"x site:a.example -site:b.example"`, "tbs": `"cdr:1,cd_min:01/01/2026,cd_max:01/31/2026"`, "safe": `"active"`}},
	} {
		t.Run(name, func(t *testing.T) {
			base := serve(t, c.fake)
			e := c.open(engine.Options{BaseURL: base, Key: mcpcore.NewSecret(key)})
			defer e.(interface{ Close() }).Close()
			for _, kind := range e.Kinds() {
				for _, q := range []engine.Query{{Text: "x", Count: 5, Freshness: "week"}, wide} {
					q.Kind = kind
					a, err := e.Search(t.Context(), q)
					if err != nil || len(a.Results) == 0 {
						t.Fatalf("%s: %+v, %v", kind, a, err)
					}
					r := a.Results[0]
					if got := fmt.Sprintf("%s|%s|%s|%s", r.Title, r.URL, r.Snippet, r.Date); got != c.want[kind] {
						t.Errorf("%s: got %s, want %s", kind, got, c.want[kind])
					}
				}
			}
			for field, want := range c.sent {
				if got := string(c.fake.Last()[field]); got != want {
					t.Errorf("%s: sent %s, want %s", field, got, want)
				}
			}
			if faults := c.fake.Faults(); len(faults) > 0 {
				t.Errorf("faults: %v", faults)
			}
			if len(c.want) != len(e.Kinds()) {
				t.Errorf("kinds %v", e.Kinds())
			}
			if _, err := e.Search(t.Context(), engine.Query{Text: "x", Kind: engine.Videos, Count: 5}); err == nil {
				t.Error("it searches for videos")
			}
			wrong := c.open(engine.Options{BaseURL: base, Key: mcpcore.NewSecret("wrong-key-123456")})
			defer wrong.(interface{ Close() }).Close()
			_, err := wrong.Search(t.Context(), engine.Query{Text: "x", Kind: engine.Web, Count: 5})
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), "unauthorized") && !strings.Contains(err.Error(), "Invalid API key") || mcpcore.HintOf(err) == "" || strings.Contains(err.Error(), "wrong-key") {
				t.Errorf("a wrong key: %v", err)
			}
		})
	}
}
