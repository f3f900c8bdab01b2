package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/engine"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/fuse"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/page"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type webSearchIn struct {
	Queries      []string `json:"queries" jsonschema:"what to search for; several are searched side by side" minItems:"1" maxItems:"5" minLength:"1" maxLength:"2000" alias:"query"`
	Kind         string   `json:"kind,omitzero" jsonschema:"what to find" enum:"web,news,images,videos" default:"web"`
	Count        int      `json:"count,omitzero" jsonschema:"most results for each query" min:"1" max:"50" default:"10"`
	Freshness    string   `json:"freshness,omitzero" jsonschema:"day, week, month, year, or FROM..TO as 2026-01-01..2026-01-31"`
	Country      string   `json:"country,omitzero" jsonschema:"two letters, such as DE" pattern:"^[A-Za-z]{2}$"`
	Language     string   `json:"language,omitzero" jsonschema:"such as en or pt-BR" pattern:"^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$"`
	SafeSearch   string   `json:"safesearch,omitzero" jsonschema:"how far offensive results are kept out" enum:"off,moderate,strict"`
	Sites        []string `json:"sites,omitzero" jsonschema:"the only domains to find" maxItems:"20"`
	ExcludeSites []string `json:"exclude_sites,omitzero" jsonschema:"domains not to find" maxItems:"20"`
	Engines      []string `json:"engines,omitzero" jsonschema:"names of engines to ask, of those that search_status lists" maxItems:"6"`
	Cursor       string   `json:"cursor,omitzero" jsonschema:"next_cursor of the answer before"`
	MaxTokens    int      `json:"max_tokens,omitzero" jsonschema:"about how long the answer may be" min:"100" max:"100000"`
	Detail       string   `json:"detail,omitzero" jsonschema:"full adds further snippets" enum:"compact,full" default:"compact"`
}

type webHit struct {
	N        int      `json:"n"`
	Query    string   `json:"query,omitzero"`
	Title    string   `json:"title"`
	URL      string   `json:"url"`
	Snippet  string   `json:"snippet,omitzero"`
	More     []string `json:"more,omitzero"`
	Date     string   `json:"date,omitzero"`
	Source   string   `json:"source,omitzero"`
	Image    string   `json:"image,omitzero"`
	Size     string   `json:"size,omitzero"`
	Duration string   `json:"duration,omitzero"`
	Engines  []string `json:"engines"`
}

type webSearchOut struct {
	Results  []webHit `json:"results"`
	Facts    []string `json:"facts,omitzero"`
	Warnings []string `json:"warnings,omitzero"`
	Next     string   `json:"next_cursor,omitzero"`
	Note     string   `json:"note"`

	several bool
}

// Text is the results for a model to read.
func (o webSearchOut) Text() string {
	var b strings.Builder
	for _, w := range o.Warnings {
		fmt.Fprintf(&b, "[warning: %s]\n", w)
	}
	if len(o.Results)+len(o.Facts) == 0 {
		return b.String() + "Nothing was found. Try fewer or other words."
	}
	fmt.Fprintf(&b, "%s\n", o.Note)
	for _, f := range o.Facts {
		fmt.Fprintf(&b, "* %s\n", f)
	}
	query := ""
	for _, h := range o.Results {
		if o.several && h.Query != query {
			query = h.Query
			fmt.Fprintf(&b, "\n## %s\n", query)
		}
		fmt.Fprintf(&b, "%d. %s\n   %s", h.N, h.Title, h.URL)
		for _, extra := range []string{h.Date, h.Source, h.Size, h.Duration} {
			if extra != "" {
				b.WriteString(" | " + extra)
			}
		}
		b.WriteByte('\n')
		for _, text := range append([]string{h.Snippet}, h.More...) {
			if text != "" {
				fmt.Fprintf(&b, "   %s\n", text)
			}
		}
		if h.Image != "" {
			fmt.Fprintf(&b, "   picture: %s\n", h.Image)
		}
	}
	if o.Next != "" {
		fmt.Fprintf(&b, "[more: cursor %q]", o.Next)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (s *server) webSearch(ctx context.Context, in webSearchIn) (webSearchOut, error) {
	ask, narrow, err := s.question(in)
	if err != nil {
		return webSearchOut{}, err
	}
	engines, err := s.chooseEngines(in.Engines, ask.Kind)
	if err != nil {
		return webSearchOut{}, err
	}
	found, err := s.askAll(ctx, engines, in.Queries, ask)
	if err != nil {
		return webSearchOut{}, err
	}
	out := webSearchOut{Note: untrusted, several: len(in.Queries) > 1}
	seen := map[string]bool{}
	more := false
	for i, text := range in.Queries {
		lists := found[i].lists
		out.Warnings = append(out.Warnings, found[i].warnings...)
		for _, f := range found[i].facts {
			if f.URL == "" || s.web.Allowed(f.URL, narrow) {
				out.Facts = append(out.Facts, factLine(f))
			}
		}
		more = more || found[i].more
		n := 0
		for _, r := range fuse.Fuse(lists) {
			if n == in.Count {
				more = true
				break
			}
			if seen[fuse.Key(r.URL)+r.Image] || !s.web.Allowed(r.URL, narrow) {
				continue
			}
			seen[fuse.Key(r.URL)+r.Image] = true
			n++
			h := webHitOf(r, in.Detail == "full")
			if h.N = len(out.Results) + 1; out.several {
				h.Query = text
			}
			out.Results = append(out.Results, h)
		}
	}
	slices.Sort(out.Warnings)
	out.Warnings = slices.Compact(out.Warnings)
	if more && ask.Page < 9 {
		out.Next = strconv.Itoa(ask.Page + 1)
	}
	out.fit(in.MaxTokens)
	return out, nil
}

// question is what to ask engines, and what is allowed of what they find.
func (s *server) question(in webSearchIn) (engine.Query, guard.Domains, error) {
	var q engine.Query
	if err := engine.CheckFreshness(in.Freshness); err != nil {
		return q, guard.Domains{}, mcpcore.Hint(err, "write one of these")
	}
	page, err := position(in.Cursor)
	if err == nil && page > 9 {
		err = mcpcore.Hint(errors.New("there are at most ten pages of results"), "search for something narrower")
	}
	narrow, err2 := guard.ParseDomains(in.Sites, in.ExcludeSites)
	if err := errors.Join(err, err2); err != nil {
		return q, narrow, err
	}
	q = engine.Query{
		Kind: engine.Kind(in.Kind), Count: in.Count, Page: page, Freshness: in.Freshness, Country: in.Country, Language: in.Language,
		SafeSearch: s.safe(in.SafeSearch), Sites: narrow.Allow, Without: narrow.Deny,
	}
	// The operator's lists are told to engines, so that they find what may be
	// shown; what they find all the same is left out here.
	own := s.web.Domains()
	if len(q.Sites) == 0 && len(own.Allow) <= 20 {
		q.Sites = own.Allow
	}
	if len(own.Deny) <= 20 {
		q.Without = slices.Concat(q.Without, own.Deny)
	}
	return q, narrow, nil
}

var safety = []string{"off", "moderate", "strict"}

// safe is how far offensive results are kept out: as the call asks, and no
// less than the operator wants.
func (s *server) safe(asked string) string {
	if asked == "" {
		asked = "moderate"
	}
	return safety[max(slices.Index(safety, asked), slices.Index(safety, s.floor), 0)]
}

func (s *server) chooseEngines(names []string, kind engine.Kind) ([]engine.Engine, error) {
	var out []engine.Engine
	for _, e := range s.engines {
		if (len(names) == 0 || slices.Contains(names, e.Name())) && slices.Contains(e.Kinds(), kind) {
			out = append(out, e)
		}
	}
	if len(out) == 0 {
		return nil, mcpcore.Hint(fmt.Errorf("none of the engines searches for %s", kind), "call search_status to see which there are, and leave engines out")
	}
	return out, nil
}

func factLine(f engine.Fact) string {
	text := strings.TrimSpace(page.Visible(f.Text))
	if f.Title != "" {
		text = page.Visible(f.Title) + ": " + text
	}
	text = cutRunes(text, 500)
	if f.URL != "" {
		text += " (" + f.URL + ")"
	}
	return text
}

func webHitOf(r fuse.Result, full bool) webHit {
	h := webHit{
		Title: cutRunes(page.Visible(r.Title), 200), URL: page.Visible(r.URL), Snippet: cutRunes(page.Visible(r.Snippet), 400), Date: page.Visible(r.Date),
		Source: cutRunes(page.Visible(r.Source), 100), Image: page.Visible(r.Image), Duration: r.Duration, Engines: r.Engines,
	}
	if r.Width > 0 && r.Height > 0 {
		h.Size = fmt.Sprintf("%dx%d", r.Width, r.Height)
	}
	if full {
		for _, e := range r.Extra {
			h.More = append(h.More, cutRunes(page.Visible(e), 600))
		}
	}
	return h
}

func cutRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}

// bytesOfToken is how many bytes a token of a model has, about.
const bytesOfToken = 4

// fit shortens snippets, and then leaves out results, until the answer has no
// more than about so many tokens.
func (o *webSearchOut) fit(tokens int) {
	if tokens == 0 {
		return
	}
	for _, n := range []int{300, 200, 100, 0} {
		if len(o.Text()) <= tokens*bytesOfToken {
			return
		}
		for i := range o.Results {
			o.Results[i].More = nil
			if n == 0 {
				o.Results[i].Snippet = ""
			} else {
				o.Results[i].Snippet = cutRunes(o.Results[i].Snippet, n)
			}
		}
	}
	left := 0
	for len(o.Results) > 1 && len(o.Text()) > tokens*bytesOfToken {
		o.Results = o.Results[:len(o.Results)-1]
		left++
	}
	if left > 0 {
		o.Warnings = append(o.Warnings, fmt.Sprintf("%d results are left out for max_tokens", left))
	}
}
