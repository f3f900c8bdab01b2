package search_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore/mcptest"
)

func TestCompatSuite(t *testing.T) {
	config := withBrave(t, &fake.Brave{})
	config.Compat, config.Directories = []string{"brave", "fetch"}, []string{"docs=" + library(t)}
	mcptest.Suite(t, func() *mcpcore.Server { return newServer(t, config) }, mcptest.Limits{
		Long: mcptest.Trial{Tool: "kb_reindex", Arguments: args{"collection": "docs"}},
	})
}

func TestCompat(t *testing.T) {
	brave := &fake.Brave{}
	config := withBrave(t, brave)
	base, web := site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			fmt.Fprint(w, "User-agent: *\nDisallow: /closed")
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, guide)
	})
	config.AllowNetworks, config.AllowPorts, config.Compat = web.AllowNetworks, web.AllowPorts, []string{"brave", "fetch"}
	c := serve(t, config)
	for _, call := range []struct {
		tool string
		in   args
		want string
	}{
		{"brave_web_search", args{"query": "x", "count": 2, "offset": 1, "freshness": "pw", "search_lang": "jp", "country": "ALL", "safesearch": "strict", "result_filter": []string{"web"}}, "1. Brave hit 3 & more"},
		{"brave_web_search", args{"query": "y", "freshness": "2026-01-01to2026-01-31", "summary": true}, "10. Brave hit 10"},
		{"brave_web_search", args{"query": "y", "freshness": "soon"}, "write pd, pw"},
		{"brave_news_search", args{"query": "x"}, "News one"},
		{"brave_image_search", args{"query": "x", "count": 100}, "Picture one"},
		{"brave_video_search", args{"query": "x"}, "Video one"},
		{"brave_local_search", args{"query": "bakery"}, "Bakery loc1"},
		{"fetch", args{"url": base + "/page"}, "Renew the certificate"},
		{"fetch", args{"url": base + "/page", "max_length": 10}, "[more: call again with start_index 10]"},
		{"fetch", args{"url": base + "/page", "start_index": 10, "max_length": 5}, "start_index 15"},
		{"fetch", args{"url": base + "/page", "raw": true}, "<h2>Install</h2>"},
		{"fetch", args{"url": base + "/page", "start_index": 100000}, "must be below"},
		{"fetch", args{"url": base + "/closed"}, "robots.txt"},
		{"fetch", args{"url": "http://10.0.0.1/"}, "private"},
	} {
		if got := c.Call(call.tool, call.in).Text(); !strings.Contains(got, call.want) {
			t.Errorf("%s %v: got %s, want %s", call.tool, call.in, got, call.want)
		}
	}
	// What a person asks for by name is read though programs are not welcome;
	// what a model asks for after that is not.
	if got := c.GetPrompt("fetch", map[string]string{"url": base + "/closed"}); !strings.Contains(got[0].Content.Text, "Renew the certificate") {
		t.Errorf("got %+v", got)
	}
	if got := c.Call("fetch", args{"url": base + "/closed"}); !got.IsError {
		t.Errorf("the model reads %s", got.Text())
	}
	if _, _, faults := brave.Seen(); len(faults) > 0 {
		t.Errorf("faults: %v", faults)
	}
}
