// Package fuse joins the results of several engines into one list.
package fuse

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/engine"
)

// List is what one engine found, best first.
type List struct {
	Engine  string
	Weight  float64 // 0 stands for 1
	Results []engine.Result
}

// Result is a result of one or more engines.
type Result struct {
	engine.Result
	Engines []string
	Score   float64
}

// smooth is how much less the first of a list counts than it could: with it, two
// middling places beat one good one.
const smooth = 60

// Fuse joins lists by reciprocal rank. Results of the same page are one.
func Fuse(lists []List) []Result {
	at := map[string]int{}
	var out []Result
	for _, l := range lists {
		weight := l.Weight
		if weight == 0 {
			weight = 1
		}
		rank := 0
		seen := map[string]bool{}
		for _, r := range l.Results {
			key := Key(r.URL)
			if r.Image != "" {
				key += " " + r.Image
			}
			if key == "" || seen[key] {
				continue
			}
			seen[key] = true
			rank++
			score := weight / float64(smooth+rank)
			if i, ok := at[key]; ok {
				out[i].Score += score
				out[i].Engines = append(out[i].Engines, l.Engine)
				out[i].Result = merged(out[i].Result, r)
				continue
			}
			at[key] = len(out)
			out = append(out, Result{r, []string{l.Engine}, score})
		}
	}
	slices.SortStableFunc(out, func(a, b Result) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// merged takes from the second what the first does not have.
func merged(a, b engine.Result) engine.Result {
	take := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	take(&a.Title, b.Title)
	take(&a.Date, b.Date)
	take(&a.Source, b.Source)
	take(&a.Duration, b.Duration)
	take(&a.Views, b.Views)
	if a.Snippet == "" {
		a.Snippet = b.Snippet
	} else if b.Snippet != "" && b.Snippet != a.Snippet && len(a.Extra) < 5 {
		a.Extra = append(slices.Clone(a.Extra), b.Snippet)
	}
	return a
}

// tracking are parameters that say where a reader came from, and not what the
// page is.
var tracking = []string{"gclid", "fbclid", "msclkid", "dclid", "yclid", "mc_cid", "mc_eid", "igshid", "ref_src", "_ga", "srsltid", "vero_id", "gad_source"}

// Key is a URL in the form in which it is compared with others: scheme, www,
// fragment, tracking and the mark of a lighter page do not count.
func Key(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" {
		return ""
	}
	host := strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."), ".")
	if host == "" {
		return ""
	}
	if p := u.Port(); p != "" && p != "80" && p != "443" {
		host += ":" + p
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	path = strings.TrimSuffix(path, "/amp")
	path = strings.TrimSuffix(path, "/index.html")
	path = strings.TrimSuffix(path, ".amp")
	q := u.Query()
	for name := range q {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "utm_") || slices.Contains(tracking, lower) || lower == "amp" {
			q.Del(name)
		}
	}
	if query := q.Encode(); query != "" { // sorted
		path += "?" + query
	}
	return host + path
}
