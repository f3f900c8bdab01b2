package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/engine"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/fake"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t testing.TB, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func brave(t testing.TB, f *fake.Brave) *engine.Brave {
	t.Helper()
	if f.Key == "" {
		f.Key = "key-1234567890"
	}
	b := engine.NewBrave(engine.Options{BaseURL: serve(t, f), Key: mcpcore.NewSecret("key-1234567890")})
	t.Cleanup(b.Close)
	return b
}

func TestBrave(t *testing.T) {
	f := &fake.Brave{Limit: 50}
	b := brave(t, f)
	for _, q := range []struct {
		query engine.Query
		want  string
	}{
		{engine.Query{Text: "x", Kind: engine.Web, Count: 2}, "Brave hit 1 & more|https://site1.example/page?utm_source=brave|About x '1'|2026-04-12|site1.example|0x0|"},
		{engine.Query{Text: strings.Repeat("word ", 90), Kind: engine.Web, Count: 200, Page: 3, Freshness: "week", Country: "de", Language: "ja", SafeSearch: "strict", Sites: []string{"a.example"}, Without: []string{"b.example"}}, ""},
		{engine.Query{Text: "x", Kind: engine.News, Count: 50, Freshness: "2026-01-01..2026-02-01", Language: "pt"}, "News one|https://news.example/1|it happened|2 hours ago|news.example|0x0|"},
		{engine.Query{Text: "x", Kind: engine.Videos, Count: 5}, "Video one|https://video.example/1|||Ada|0x0|01:02"},
		{engine.Query{Text: "x", Kind: engine.Images, Count: 5, SafeSearch: "moderate", Sites: []string{"a.example", "c.example"}}, "Picture one|https://pic.example/1|||pic.example|640x480|"},
	} {
		a, err := b.Search(t.Context(), q.query)
		if err != nil {
			t.Errorf("%+v: %v", q.query, err)
			continue
		}
		r := a.Results[0]
		got := fmt.Sprintf("%s|%s|%s|%s|%s|%dx%d|%s", r.Title, r.URL, r.Snippet, r.Date, r.Source, r.Width, r.Height, r.Duration)
		if q.want != "" && got != q.want {
			t.Errorf("%+v: got %s, want %s", q.query, got, q.want)
		}
	}
	a, err := b.Search(t.Context(), engine.Query{Text: "x", Kind: engine.Images, Count: 5})
	if err != nil || len(a.Results) != 3 {
		t.Errorf("pictures without a size are left out: %+v, %v", a, err)
	}
	a, err = b.Search(t.Context(), engine.Query{Text: "x", Kind: engine.Videos, Count: 5})
	if err != nil || a.Results[0].Views != "1234" || a.Results[1].Views != "5678" {
		t.Errorf("views: %+v, %v", a, err)
	}
	requests, _, faults := f.Seen()
	if len(faults) > 0 {
		t.Errorf("faults: %v", faults)
	}
	if got := requests[1].URL.Query().Get("goggles"); got != "$discard\n$site=a.example\n$discard,site=b.example\n" {
		t.Errorf("goggles %q", got)
	}
	if got := requests[1].URL.Query().Get("search_lang"); got != "jp" {
		t.Errorf("language %q", got)
	}
}

func TestBraveMore(t *testing.T) {
	f := &fake.Brave{Limit: 50}
	b := brave(t, f)
	places, err := b.Places(t.Context(), "bakery", nil, 5, "", "")
	if err != nil || len(places) != 2 || places[0].Description != "Good **bread**." || places[0].Rating != "4.5 of 5 (12 reviews)" ||
		strings.Join(places[0].Hours, "; ") != "Monday 08:00-12:00; Monday 13:00-17:00; Tuesday 09:00-17:00" {
		t.Errorf("places %+v, %v", places, err)
	}
	if places, err = b.Places(t.Context(), "bakery", &engine.Near{Lat: 48.1, Lon: 11.5, Point: true, Radius: 500}, 5, "DE", "de"); err != nil || len(places) != 1 || places[0].ID != "near1" {
		t.Errorf("places %+v, %v", places, err)
	}
	s, err := b.Suggest(t.Context(), "brd", "US", "en")
	if err != nil || s.Corrected != "corrected" || s.Queries[0] != "brd recipe" {
		t.Errorf("suggestions %+v, %v", s, err)
	}
	g, err := b.Context(t.Context(), engine.Query{Text: "x", Count: 5}, 500)
	if err != nil || len(g) != 1 || g[0].Date != "2025-01-15" || g[0].Passages[1] != `{"a":1}` {
		t.Errorf("context %+v, %v", g, err)
	}
	a, err := b.Answer(t.Context(), "is it?", "US", "en", "strict", false, nil)
	if err != nil || a.Text != "It is so." || a.Cost != 0.0123 {
		t.Errorf("answer %+v, %v", a, err)
	}
	told := 0
	a, err = b.Answer(t.Context(), "is it?", "", "", "", true, func(string) { told++ })
	if err != nil || a.Text != "It is indeed so." || a.Cost != 0.05 || told != 5 {
		t.Errorf("research %+v, %v, told %d times", a, err, told)
	}
	if _, _, faults := f.Seen(); len(faults) > 0 {
		t.Errorf("faults: %v", faults)
	}
}

// Eight calls at once on a plan of one a second all succeed, and the API need
// not refuse one.
func TestQueue(t *testing.T) {
	const window = 100 * time.Millisecond
	f := &fake.Brave{Limit: 1}
	f.Window = window
	f.Answer = func(w http.ResponseWriter, _ *http.Request) bool {
		// The API tells whole seconds; a second eight times is long for a test.
		w.Header().Del("X-RateLimit-Policy")
		return false
	}
	b := brave(t, f)
	b.SetWindow(1, window)
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			if _, err := b.Search(t.Context(), engine.Query{Text: "x", Kind: engine.Web, Count: 1}); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if requests, refused, _ := f.Seen(); len(requests) != 8 || refused != 0 {
		t.Errorf("%d requests, %d refused", len(requests), refused)
	}
}

// A plan is learned from the first answer.
func TestLearns(t *testing.T) {
	f := &fake.Brave{Limit: 50}
	b := brave(t, f)
	began := time.Now()
	var work sync.WaitGroup
	if _, err := b.Search(t.Context(), engine.Query{Text: "x", Kind: engine.Web, Count: 1}); err != nil {
		t.Fatal(err)
	}
	for range 30 {
		work.Go(func() {
			if _, err := b.Search(t.Context(), engine.Query{Text: "x", Kind: engine.Web, Count: 1}); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("31 requests on a plan of 50 a second took %s", took)
	}
	if w := b.Limits(); len(w) != 2 || w[0].Limit != 50 || w[1].Remaining != 15000-31 {
		t.Errorf("limits %+v", w)
	}
}

func TestBraveFaults(t *testing.T) {
	for name, c := range map[string]struct {
		fake     *fake.Brave
		requests int
		want     string
	}{
		"key":   {&fake.Brave{Key: "other"}, 1, "subscription token is invalid"},
		"quota": {&fake.Brave{Limit: 50, Quota: 1, Key: ""}, 1, "quota"},
		"cut": {&fake.Brave{Answer: func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"web":`)
			return true
		}}, 3, "ends early"},
		"json": {&fake.Brave{Answer: func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, "<html>"); return true }}, 3, "not what it should be"},
		"large": {&fake.Brave{Answer: func(w http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprint(w, strings.Repeat(" ", 10<<20))
			return true
		}}, 1, "larger"},
		"500": {&fake.Brave{Answer: func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(502); return true }}, 3, "502"},
		"redirect": {&fake.Brave{Answer: func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Location", "http://127.0.0.1:1/steal")
			w.WriteHeader(302)
			return true
		}}, 1, "302"},
		"echo": {&fake.Brave{Answer: func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(400)
			fmt.Fprintf(w, `{"error":{"detail":"bad key %s"}}`, r.Header.Get("X-Subscription-Token"))
			return true
		}}, 1, "bad key ****"},
	} {
		t.Run(name, func(t *testing.T) {
			b := brave(t, c.fake)
			b.SetWindow(1000, time.Second)
			var err error
			for range 2 {
				if _, err = b.Search(t.Context(), engine.Query{Text: "x", Kind: engine.Web, Count: 1}); err != nil {
					break
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "key-1234567890") {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if requests, _, _ := c.fake.Seen(); len(requests) != c.requests {
				t.Errorf("%d requests, want %d", len(requests), c.requests)
			}
		})
	}
}

// A refusal that passes is waited for, as long as the API says.
func TestRetry(t *testing.T) {
	var n atomic.Int64
	f := &fake.Brave{Answer: func(w http.ResponseWriter, _ *http.Request) bool {
		if n.Add(1) > 1 {
			return false
		}
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(429)
		return true
	}}
	b := brave(t, f)
	b.SetWindow(1000, time.Second)
	if _, err := b.Search(t.Context(), engine.Query{Text: "x", Kind: engine.Web, Count: 1}); err != nil {
		t.Error(err)
	}
	// One that is long is the caller's to wait for.
	f.Answer = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(429)
		return true
	}
	before, _, _ := f.Seen()
	if _, err := b.Search(t.Context(), engine.Query{Text: "x", Kind: engine.Web, Count: 1}); err == nil {
		t.Error("an hour was waited for")
	}
	if after, _, _ := f.Seen(); len(after) != len(before)+1 {
		t.Errorf("%d requests", len(after)-len(before))
	}
}

// Who gives up waiting leaves the queue at once.
func TestGivesUp(t *testing.T) {
	f := &fake.Brave{}
	b := brave(t, f)
	b.SetWindow(1, time.Minute)
	if _, err := b.Search(t.Context(), engine.Query{Text: "x", Kind: engine.Web, Count: 1}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := b.Search(ctx, engine.Query{Text: "x", Kind: engine.Web, Count: 1}); err == nil {
		t.Error("no error")
	}
}

func TestSearXNG(t *testing.T) {
	for _, old := range []bool{true, false} {
		f := &fake.SearXNG{Old: old}
		s := engine.NewSearXNG(engine.Options{BaseURL: serve(t, f) + "/"})
		defer s.Close()
		a, err := s.Search(t.Context(), engine.Query{Text: "x", Kind: engine.News, Count: 3, Page: 1, Freshness: "week", SafeSearch: "strict", Sites: []string{"a.example"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Results) != 3 || a.Results[0].Title != "Searx hit 1" || a.Facts[0].Text != "42" || a.Warnings[0] != "searxng: slow: timeout" || a.Suggestions[0] != "try this" {
			t.Errorf("old %t: %+v", old, a)
		}
		g, err := s.Suggest(t.Context(), "x", "", "")
		if err != nil || len(g.Queries) != 2 {
			t.Errorf("suggestions %+v, %v", g, err)
		}
	}
	s := engine.NewSearXNG(engine.Options{BaseURL: serve(t, &fake.SearXNG{NoJSON: true})})
	defer s.Close()
	if _, err := s.Search(t.Context(), engine.Query{Text: "x", Kind: engine.Web, Count: 3}); err == nil || !strings.Contains(mcpcore.HintOf(err), "search.formats") {
		t.Errorf("without JSON: %v", err)
	}
}
