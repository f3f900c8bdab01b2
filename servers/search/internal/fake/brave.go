// Package fake stands in for search engines in tests and benchmarks. It checks
// every request against what the vendors say of their APIs.
package fake

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Brave is a Brave Search API. Its fields are set before it is used.
type Brave struct {
	Key    string
	Limit  int           // requests in Window; 0: any number
	Window time.Duration // default a second
	Quota  int           // requests in all; 0: any number
	Plain  bool          // never answer in gzip

	// Answer replaces the answer of a path; nil, or a false, leaves it.
	Answer func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	times    []time.Time // of the requests that were let through
	requests []*http.Request
	refused  int
	faults   []string
}

// Seen are the requests so far, how many were refused for coming too fast, and
// what was wrong with them.
func (b *Brave) Seen() (requests []*http.Request, refused int, faults []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.requests), b.refused, slices.Clone(b.faults)
}

// param is what a parameter may be.
type param func(value string) bool

func oneOf(values ...string) param {
	return func(v string) bool { return slices.Contains(values, v) }
}

func within(least, most int) param {
	return func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && n >= least && n <= most
	}
}

func degrees(most float64) param {
	return func(v string) bool {
		f, err := strconv.ParseFloat(v, 64)
		return err == nil && f >= -most && f <= most
	}
}

func fits(pattern string) param {
	re := regexp.MustCompile("^(?:" + pattern + ")$")
	return re.MatchString
}

func any1(string) bool { return true }

var (
	boolean   = oneOf("true", "false", "1", "0")
	country   = fits("AR|AU|AT|BE|BR|CA|CL|DK|FI|FR|DE|GR|HK|IN|ID|IT|JP|KR|MY|MX|NL|NZ|NO|CN|PL|PT|PH|RU|SA|ZA|ES|SE|CH|TW|TR|GB|US|ALL")
	language  = fits("[a-z]{2}|zh-hans|zh-hant|en-gb|pt-br|pt-pt")
	freshness = fits(`p[dwmy]|\d{4}-\d\d-\d\dto\d{4}-\d\d-\d\d`)
	safe      = oneOf("off", "moderate", "strict")
)

func query(v string) bool {
	n := len([]rune(v))
	return n >= 1 && n <= 400 && len(strings.Fields(v)) <= 50
}

// bravePaths are the endpoints and their parameters.
var bravePaths = map[string]map[string]param{
	"/web/search": {
		"q": query, "country": country, "search_lang": language, "ui_lang": any1, "count": within(1, 20), "offset": within(0, 9), "safesearch": safe,
		"freshness": freshness, "spellcheck": boolean, "text_decorations": boolean, "operators": boolean, "units": oneOf("metric", "imperial"),
		"result_filter": fits("(?:(?:discussions|faq|infobox|news|query|videos|web|locations|summarizer|rich),?)+"), "goggles": any1,
		"extra_snippets": boolean, "summary": boolean,
	},
	"/news/search": {
		"q": query, "country": country, "search_lang": language, "ui_lang": any1, "count": within(1, 50), "offset": within(0, 9), "safesearch": safe,
		"freshness": freshness, "spellcheck": boolean, "operators": boolean, "goggles": any1, "extra_snippets": boolean,
	},
	"/videos/search": {
		"q": query, "country": country, "search_lang": language, "ui_lang": any1, "count": within(1, 50), "offset": within(0, 9), "safesearch": safe,
		"freshness": freshness, "spellcheck": boolean, "operators": boolean,
	},
	"/images/search": {
		"q": query, "country": country, "search_lang": language, "count": within(1, 200), "safesearch": oneOf("off", "strict"), "spellcheck": boolean,
	},
	"/llm/context": {
		"q": query, "country": country, "search_lang": language, "count": within(1, 50), "freshness": freshness, "spellcheck": boolean, "goggles": any1,
		"maximum_number_of_urls": within(1, 50), "maximum_number_of_tokens": within(1024, 32768),
	},
	"/local/pois":         {"ids": any1, "search_lang": language, "ui_lang": any1, "units": oneOf("metric", "imperial")},
	"/local/descriptions": {"ids": any1},
	"/local/place_search": {
		"q": query, "latitude": degrees(90), "longitude": degrees(180), "location": any1, "radius": within(0, 1<<30), "count": within(1, 50),
		"country": country, "search_lang": language, "ui_lang": any1, "units": oneOf("metric", "imperial"), "safesearch": safe, "spellcheck": boolean,
	},
	"/suggest/search":    {"q": query, "country": country, "lang": language, "count": within(1, 20), "rich": boolean},
	"/spellcheck/search": {"q": query, "country": country, "lang": language},
	"/chat/completions":  {},
}

// ServeHTTP answers a request, if it is as it should be.
func (b *Brave) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.requests = append(b.requests, r.Clone(r.Context()))
	b.mu.Unlock()
	params, known := bravePaths[r.URL.Path]
	token := r.Header.Get("X-Subscription-Token")
	switch {
	case !known:
		braveError(w, 404, "NOT_FOUND", "no such endpoint", nil)
		return
	case token == "":
		braveError(w, 422, "VALIDATION", "Unable to validate request parameter(s)", map[string]any{"errors": []any{
			map[string]any{"type": "missing", "loc": []string{"header", "x-subscription-token"}, "msg": "Field required", "input": nil},
		}})
		return
	case token != b.Key:
		braveError(w, 422, "SUBSCRIPTION_TOKEN_INVALID", "The provided subscription token is invalid.", map[string]any{"component": "authentication"})
		return
	}
	for name, values := range r.URL.Query() {
		check := params[name]
		if check == nil || len(values) > 1 && name != "ids" && name != "goggles" || !check(values[0]) || name == "ids" && len(values) > 20 {
			b.fault("%s: %s=%q", r.URL.Path, name, values)
			braveError(w, 422, "VALIDATION", "Unable to validate request parameter(s)", map[string]any{"errors": []any{
				map[string]any{"type": "value_error", "loc": []string{"query", name}, "msg": "Input should be valid", "input": values[0]},
			}})
			return
		}
	}
	if params["q"] != nil && !r.URL.Query().Has("q") {
		b.fault("%s: no query", r.URL.Path)
	}
	if !b.enter(w) {
		return
	}
	if b.Answer != nil && b.Answer(w, r) {
		return
	}
	b.write(w, r, braveBody(r))
}

func (b *Brave) fault(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

// enter counts a request against the limits, and tells them.
func (b *Brave) enter(w http.ResponseWriter) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Limit == 0 {
		return true
	}
	window := b.Window
	if window == 0 {
		window = time.Second
	}
	now := time.Now()
	recent := 0
	for _, t := range b.times {
		if now.Sub(t) < window {
			recent++
		}
	}
	quota := b.Quota
	if quota == 0 {
		quota = 15000
	}
	ok := recent < b.Limit && len(b.times) < quota
	if ok {
		b.times = append(b.times, now)
		recent++
	}
	h := w.Header()
	h.Set("X-RateLimit-Limit", fmt.Sprintf("%d, %d", b.Limit, quota))
	h.Set("X-RateLimit-Policy", fmt.Sprintf("%d;w=%d, %d;w=2592000", b.Limit, max(1, int(window.Seconds())), quota))
	h.Set("X-RateLimit-Remaining", fmt.Sprintf("%d, %d", max(0, b.Limit-recent), quota-len(b.times)))
	h.Set("X-RateLimit-Reset", "1, 1419704")
	if ok {
		return true
	}
	b.refused++
	current := 0
	if len(b.times) >= quota {
		current = quota
	}
	braveError(w, 429, "RATE_LIMITED", "Request rate limit exceeded for plan", map[string]any{
		"plan": "Free", "rate_limit": b.Limit, "rate_current": recent, "quota_limit": quota, "quota_current": current, "component": "rate_limiter",
	})
	return false
}

func braveError(w http.ResponseWriter, status int, code, detail string, meta any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"type": "ErrorResponse", "error": map[string]any{"id": "0", "status": status, "code": code, "detail": detail, "meta": meta}, "time": time.Now().Unix(),
	})
}

func (b *Brave) write(w http.ResponseWriter, r *http.Request, body string) {
	w.Header().Set("Content-Type", "application/json")
	if !b.Plain && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		gz := gzip.NewWriter(w)
		_, _ = gz.Write([]byte(body))
		gz.Close()
		return
	}
	_, _ = w.Write([]byte(body))
}
