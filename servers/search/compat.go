package search

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// braveIn is what the tools of Brave's own server take. What they take besides
// and does not change what is found is passed over.
type braveIn struct {
	Query      string `json:"query" jsonschema:"what to search for" minLength:"1" maxLength:"2000"`
	Count      int    `json:"count,omitzero" jsonschema:"most results" min:"1" max:"200" default:"10"`
	Offset     int    `json:"offset,omitzero" jsonschema:"page, from 0" min:"0" max:"9"`
	Country    string `json:"country,omitzero" jsonschema:"two letters, or ALL"`
	SearchLang string `json:"search_lang,omitzero" jsonschema:"such as en"`
	Freshness  string `json:"freshness,omitzero" jsonschema:"pd, pw, pm, py, or 2026-01-01to2026-01-31"`
	SafeSearch string `json:"safesearch,omitzero" jsonschema:"how far offensive results are kept out" enum:"off,moderate,strict"`

	UILang        string   `json:"ui_lang,omitzero" jsonschema:"not used"`
	Spellcheck    *bool    `json:"spellcheck,omitempty" jsonschema:"not used"`
	Decorations   *bool    `json:"text_decorations,omitempty" jsonschema:"not used"`
	ResultFilter  []string `json:"result_filter,omitzero" jsonschema:"not used"`
	Goggles       []string `json:"goggles,omitzero" jsonschema:"not used"`
	Units         string   `json:"units,omitzero" jsonschema:"not used"`
	ExtraSnippets *bool    `json:"extra_snippets,omitempty" jsonschema:"show further snippets"`
	Summary       *bool    `json:"summary,omitempty" jsonschema:"not used"`
}

// braveKind is a tool of Brave's own server for a kind of results.
func (s *server) braveKind(kind string, most int) func(context.Context, braveIn) (string, error) {
	return func(ctx context.Context, in braveIn) (string, error) {
		ask := webSearchIn{Queries: []string{in.Query}, Kind: kind, Count: min(in.Count, most, 50), SafeSearch: in.SafeSearch, Detail: "compact"}
		if in.Offset > 0 {
			ask.Cursor = strconv.Itoa(in.Offset)
		}
		if len(in.Country) == 2 {
			ask.Country = in.Country
		}
		ask.Language = in.SearchLang
		if ask.Language == "jp" {
			ask.Language = "ja"
		}
		if in.ExtraSnippets != nil && *in.ExtraSnippets {
			ask.Detail = "full"
		}
		var err error
		if ask.Freshness, err = braveFreshness(in.Freshness); err != nil {
			return "", err
		}
		out, err := s.webSearch(ctx, ask)
		return out.Text(), err
	}
}

func braveFreshness(f string) (string, error) {
	if word := map[string]string{"": "", "pd": "day", "pw": "week", "pm": "month", "py": "year"}[f]; word != "" || f == "" {
		return word, nil
	}
	from, to, ok := strings.Cut(f, "to")
	if !ok {
		return "", mcpcore.Hint(fmt.Errorf("freshness %q is not known", f), "write pd, pw, pm, py, or 2026-01-01to2026-01-31")
	}
	return from + ".." + to, nil
}

func (s *server) braveLocal(ctx context.Context, in braveIn) (string, error) {
	if s.brave() == nil {
		return s.braveKind("web", 20)(ctx, in)
	}
	text, err := s.localSearch(ctx, localIn{Query: in.Query, Count: min(in.Count, 20), Country: countryOf(in.Country), Language: in.SearchLang})
	if err == nil && strings.HasPrefix(text, "No place was found") { // as Brave's does
		return s.braveKind("web", 20)(ctx, in)
	}
	return text, err
}

func countryOf(code string) string {
	if len(code) == 2 {
		return code
	}
	return ""
}

// fetchCompatIn is what the reference fetch server takes.
type fetchCompatIn struct {
	URL        string `json:"url" jsonschema:"page to read" audit:"target"`
	MaxLength  int    `json:"max_length,omitzero" jsonschema:"most characters to return" min:"1" max:"999999" default:"5000"`
	StartIndex int    `json:"start_index,omitzero" jsonschema:"character to begin with" min:"0"`
	Raw        bool   `json:"raw,omitzero" jsonschema:"the page itself, not made Markdown"`
}

func (s *server) fetchCompat(ctx context.Context, in fetchCompatIn) (string, error) {
	return s.fetchChars(ctx, in, false)
}

// fetchChars reads a window of a page by characters.
func (s *server) fetchChars(ctx context.Context, in fetchCompatIn, asked bool) (string, error) {
	p, err := s.read(ctx, in.URL, readOptions{raw: in.Raw, asked: asked})
	if err != nil {
		return "", err
	}
	total := utf8.RuneCountInString(p.Text)
	if in.StartIndex >= total && total > 0 {
		return "", mcpcore.Hint(errors.New("there is no more of the page"), fmt.Sprintf("start_index must be below %d", total))
	}
	runes := []rune(p.Text)
	end := min(in.StartIndex+in.MaxLength, total)
	more := ""
	if end < total {
		more = fmt.Sprintf("more: call again with start_index %d", end)
	}
	return p.framed(string(runes[in.StartIndex:end]), more), nil
}

type fetchPromptIn struct {
	URL string `json:"url" jsonschema:"page to read"`
}

// fetchPrompt puts a page into a conversation. A person asked for it, so
// robots.txt, which is for programs that go about by themselves, is not asked.
func (s *server) fetchPrompt(ctx context.Context, in fetchPromptIn) ([]mcpcore.Message, error) {
	text, err := s.fetchChars(ctx, fetchCompatIn{URL: in.URL, MaxLength: 100_000}, true)
	if err != nil {
		return nil, err
	}
	return say(text)
}

// compatTools are the tools of other servers, by the names and arguments that
// those have.
func (s *server) compatTools() []mcpcore.Tool {
	var out []mcpcore.Tool
	if s.compat["brave"] && len(s.engines) > 0 {
		for _, t := range []struct {
			name, doc, kind string
			most            int
		}{
			{"brave_web_search", "Search the web.", "web", 20}, {"brave_news_search", "Search news.", "news", 50},
			{"brave_image_search", "Search images.", "images", 50}, {"brave_video_search", "Search videos.", "videos", 50},
		} {
			out = append(out, mcpcore.Read(t.name, t.doc, s.braveKind(t.kind, t.most), mcpcore.OpenWorld()))
		}
		out = append(out, mcpcore.Read("brave_local_search", "Find places such as shops.", s.braveLocal, mcpcore.OpenWorld()))
	}
	if s.compat["fetch"] {
		out = append(out, mcpcore.Read("fetch", "Read a page of the web, as Markdown unless raw is asked for.", s.fetchCompat, mcpcore.OpenWorld(),
			mcpcore.Resume("call again with start_index")))
	}
	return out
}
