// Package engine asks search engines, each by its own API, for results in one
// form.
package engine

import (
	"context"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind is what is searched for.
type Kind string

// The kinds.
const (
	Web    Kind = "web"
	News   Kind = "news"
	Images Kind = "images"
	Videos Kind = "videos"
)

// Query is a question for an engine.
type Query struct {
	Text       string
	Kind       Kind
	Count      int
	Page       int    // 0 is the first
	Freshness  string // "", day, week, month, year, or FROM..TO with dates
	Country    string // two letters, or ""
	Language   string // such as en or pt-BR, or ""
	SafeSearch string // off, moderate or strict
	Sites      []string
	Without    []string // sites
}

// Result is one hit of an engine.
type Result struct {
	Title, URL, Snippet string
	Date                string   `json:",omitempty"` // 2026-01-31, or as the engine words it
	Extra               []string `json:",omitempty"` // further snippets
	Source              string   `json:",omitempty"` // of news, a picture, a video
	Image               string   `json:",omitempty"` // URL of the picture itself
	Width, Height       int      `json:",omitempty"`
	Duration            string   `json:",omitempty"`
	Views               string   `json:",omitempty"`
}

// Answer is what an engine found.
type Answer struct {
	Results     []Result
	Facts       []Fact   `json:",omitempty"` // answers beside the results
	Altered     string   `json:",omitempty"` // the query that was searched for instead
	Suggestions []string `json:",omitempty"`
	Warnings    []string `json:",omitempty"`
	More        bool     // there is another page
}

// Fact is an answer that an engine gives by itself.
type Fact struct{ Title, Text, URL string }

// Engine is a search engine.
type Engine interface {
	Name() string
	Kinds() []Kind
	Search(ctx context.Context, q Query) (*Answer, error)
}

// Suggester is an engine that completes and corrects queries.
type Suggester interface {
	Suggest(ctx context.Context, text, country, language string) (Suggestions, error)
}

// Suggestions are what a query may go on as, and how it may be meant.
type Suggestions struct {
	Queries   []string
	Corrected string
}

// Limited is an engine with limits that it tells.
type Limited interface{ Limits() []Window }

// ErrKind says that an engine does not search for a kind.
var ErrKind = errors.New("it does not search for this kind")

var tags = regexp.MustCompile(`</?(?:strong|b|em|i|mark|span|br|p)(?:\s[^<>]*)?/?>`)

// plain is a text without the marks that engines put round words.
func plain(s string) string {
	s = strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(s, "")))
	return strings.Join(strings.Fields(s), " ")
}

// shortened is a query of at most so many characters and words.
func shortened(text string, chars, words int) (string, bool) {
	cut := false
	if fields := strings.Fields(text); len(fields) > words {
		text, cut = strings.Join(fields[:words], " "), true
	}
	if utf8.RuneCountInString(text) > chars {
		text, cut = strings.TrimSpace(string([]rune(text)[:chars])), true
	}
	return text, cut
}

// between reads FROM..TO.
func between(freshness string) (from, to string, ok bool) {
	from, to, ok = strings.Cut(freshness, "..")
	if !ok {
		return "", "", false
	}
	for _, day := range []string{from, to} {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return "", "", false
		}
	}
	return from, to, from <= to
}

// CheckFreshness reports what is wrong with a freshness.
func CheckFreshness(f string) error {
	switch f {
	case "", "day", "week", "month", "year":
		return nil
	}
	if _, _, ok := between(f); !ok {
		return fmt.Errorf("freshness %q is none of day, week, month, year and FROM..TO, such as 2026-01-01..2026-01-31", f)
	}
	return nil
}

// withSites is a query that names sites by the operators that most engines
// know.
func withSites(text string, sites, without []string) string {
	var b strings.Builder
	b.WriteString(text)
	for i, s := range sites {
		switch {
		case i > 0:
			b.WriteString(" OR site:" + s)
		case len(sites) > 1:
			b.WriteString(" (site:" + s)
		default:
			b.WriteString(" site:" + s)
		}
	}
	if len(sites) > 1 {
		b.WriteString(")")
	}
	for _, s := range without {
		b.WriteString(" -site:" + s)
	}
	return b.String()
}

// day is the day of a time that an engine tells, or what it tells.
func day(s string) string {
	if len(s) >= 10 {
		if _, err := time.Parse(time.DateOnly, s[:10]); err == nil {
			return s[:10]
		}
	}
	for _, layout := range []string{time.RFC1123, time.RFC1123Z, "Jan 2, 2006", "January 2, 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return s
}
