package engine

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// detail reads the texts by which the smaller APIs say what is wrong.
func detail(_ int, body []byte) fault {
	var e struct {
		Detail, Message, Error json.RawMessage
	}
	if json.Unmarshal(body, &e) != nil {
		return fault{}
	}
	for _, raw := range []json.RawMessage{e.Detail, e.Message, e.Error} {
		var text string
		var inner struct{ Error, Message, Msg string }
		var many []struct{ Msg string }
		switch {
		case len(raw) == 0:
		case json.Unmarshal(raw, &text) == nil && text != "":
			return fault{text: text}
		case json.Unmarshal(raw, &inner) == nil && inner.Error+inner.Message+inner.Msg != "":
			return fault{text: inner.Error + inner.Message + inner.Msg}
		case json.Unmarshal(raw, &many) == nil && len(many) > 0:
			return fault{text: many[0].Msg}
		}
	}
	return fault{}
}

func bearer(c *client, scheme string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", scheme+" "+c.secret) }
}

// Tavily is the Tavily API.
type Tavily struct{ *client }

// NewTavily makes one.
func NewTavily(o Options) *Tavily {
	c := newClient("tavily", "https://api.tavily.com", o, newLimits(Window{Limit: 100, Period: time.Minute, Remaining: -1}))
	c.sign, c.fault = bearer(c, "Bearer"), detail
	return &Tavily{c}
}

// Kinds are web and news.
func (t *Tavily) Kinds() []Kind { return []Kind{Web, News} }

// Search asks for results.
func (t *Tavily) Search(ctx context.Context, q Query) (*Answer, error) {
	if !slices.Contains(t.Kinds(), q.Kind) {
		return nil, ErrKind
	}
	in := struct {
		Query          string   `json:"query"`
		Depth          string   `json:"search_depth"`
		Topic          string   `json:"topic"`
		TimeRange      string   `json:"time_range,omitempty"`
		StartDate      string   `json:"start_date,omitempty"`
		EndDate        string   `json:"end_date,omitempty"`
		MaxResults     int      `json:"max_results"`
		IncludeDomains []string `json:"include_domains,omitempty"`
		ExcludeDomains []string `json:"exclude_domains,omitempty"`
	}{Query: clip(q.Text, maxQuery), Depth: "basic", Topic: "general", MaxResults: min(max(q.Count, 1), 20), IncludeDomains: q.Sites, ExcludeDomains: q.Without}
	if q.Kind == News {
		in.Topic = "news"
	}
	if from, to, ok := between(q.Freshness); ok {
		in.StartDate, in.EndDate = from, to
	} else {
		in.TimeRange = q.Freshness
	}
	a := &Answer{}
	if q.Page > 0 { // it has no pages
		return a, nil
	}
	var r struct {
		Answer  string
		Results []struct {
			Title, URL, Content string
			Published           string `json:"published_date"`
		}
	}
	if err := t.post(ctx, "/search", in, &r); err != nil {
		return nil, err
	}
	for _, x := range r.Results {
		a.Results = append(a.Results, Result{Title: plain(x.Title), URL: x.URL, Snippet: plain(x.Content), Date: day(x.Published)})
	}
	return a, nil
}

// Exa is the Exa API.
type Exa struct{ *client }

// NewExa makes one.
func NewExa(o Options) *Exa {
	c := newClient("exa", "https://api.exa.ai", o, newLimits(Window{Limit: 5, Period: time.Second, Remaining: -1}))
	c.sign = func(r *http.Request) { r.Header.Set("x-api-key", c.secret) }
	c.fault = detail
	return &Exa{c}
}

// Kinds are web and news.
func (e *Exa) Kinds() []Kind { return []Kind{Web, News} }

// Search asks for results.
func (e *Exa) Search(ctx context.Context, q Query) (*Answer, error) {
	if !slices.Contains(e.Kinds(), q.Kind) {
		return nil, ErrKind
	}
	type contents struct {
		Highlights bool `json:"highlights"`
	}
	in := struct {
		Query          string   `json:"query"`
		Type           string   `json:"type"`
		NumResults     int      `json:"numResults"`
		Category       string   `json:"category,omitempty"`
		IncludeDomains []string `json:"includeDomains,omitempty"`
		ExcludeDomains []string `json:"excludeDomains,omitempty"`
		Start          string   `json:"startPublishedDate,omitempty"`
		End            string   `json:"endPublishedDate,omitempty"`
		Location       string   `json:"userLocation,omitempty"`
		Moderation     bool     `json:"moderation,omitempty"`
		Contents       contents `json:"contents"`
	}{
		Query: q.Text, Type: "auto", NumResults: min(max(q.Count, 1), 100), IncludeDomains: q.Sites, ExcludeDomains: q.Without,
		Location: strings.ToUpper(q.Country), Moderation: q.SafeSearch == "strict", Contents: contents{true},
	}
	if q.Kind == News {
		in.Category = "news"
	}
	in.Start, in.End = dates(q.Freshness, time.Now())
	a := &Answer{}
	if q.Page > 0 {
		return a, nil
	}
	var r struct {
		Results []struct {
			Title           *string
			URL, Text       string
			Published       *string `json:"publishedDate"`
			Author, Summary string
			Highlights      []string
		}
	}
	if err := e.post(ctx, "/search", in, &r); err != nil {
		return nil, err
	}
	for _, x := range r.Results {
		out := Result{URL: x.URL, Source: x.Author}
		if x.Title != nil {
			out.Title = plain(*x.Title)
		}
		if x.Published != nil {
			out.Date = day(*x.Published)
		}
		for _, text := range append([]string{x.Summary}, append(x.Highlights, x.Text)...) {
			switch text = clip(plain(text), 400); {
			case text == "":
			case out.Snippet == "":
				out.Snippet = text
			case len(out.Extra) < 4:
				out.Extra = append(out.Extra, text)
			}
		}
		a.Results = append(a.Results, out)
	}
	return a, nil
}

// dates are a freshness as a range of days.
func dates(freshness string, now time.Time) (from, to string) {
	if from, to, ok := between(freshness); ok {
		return from, to
	}
	switch freshness {
	case "day":
		now = now.AddDate(0, 0, -1)
	case "week":
		now = now.AddDate(0, 0, -7)
	case "month":
		now = now.AddDate(0, -1, 0)
	case "year":
		now = now.AddDate(-1, 0, 0)
	default:
		return "", ""
	}
	return now.UTC().Format(time.DateOnly), ""
}

// Kagi is the Kagi Search API.
type Kagi struct{ *client }

// NewKagi makes one.
func NewKagi(o Options) *Kagi {
	c := newClient("kagi", "https://kagi.com/api/v0", o, newLimits())
	c.sign = bearer(c, "Bot")
	c.fault = func(_ int, body []byte) fault {
		var e struct{ Error []struct{ Msg string } }
		if json.Unmarshal(body, &e) == nil && len(e.Error) > 0 {
			return fault{text: e.Error[0].Msg}
		}
		return fault{}
	}
	return &Kagi{c}
}

// Kinds is web, and news by enrichment.
func (k *Kagi) Kinds() []Kind { return []Kind{Web, News} }

// Search asks for results.
func (k *Kagi) Search(ctx context.Context, q Query) (*Answer, error) {
	path := "/search"
	switch q.Kind {
	case Web:
	case News:
		path = "/enrich/news"
	default:
		return nil, ErrKind
	}
	a := &Answer{}
	if q.Page > 0 {
		return a, nil
	}
	v := url.Values{"q": {withSites(q.Text, q.Sites, q.Without)}}
	if q.Kind == Web {
		v.Set("limit", strconv.Itoa(max(q.Count, 1)))
	}
	var r struct {
		Data []struct {
			T                   int
			URL, Title, Snippet string
			Published           string
			List                []string
		}
	}
	if err := k.get(ctx, path, v, nil, &r); err != nil {
		return nil, err
	}
	for _, d := range r.Data {
		switch {
		case d.T == 1:
			a.Suggestions = append(a.Suggestions, d.List...)
		case d.T == 0 && len(a.Results) < q.Count:
			a.Results = append(a.Results, Result{Title: plain(d.Title), URL: d.URL, Snippet: plain(d.Snippet), Date: day(d.Published)})
		}
	}
	return a, nil
}

// Serper is the Serper API, which asks Google.
type Serper struct{ *client }

// NewSerper makes one.
func NewSerper(o Options) *Serper {
	c := newClient("serper", "https://google.serper.dev", o, newLimits(Window{Limit: 50, Period: time.Second, Remaining: -1}))
	c.sign = func(r *http.Request) { r.Header.Set("X-API-KEY", c.secret) }
	c.fault = detail
	return &Serper{c}
}

// Kinds are web, news and images.
func (s *Serper) Kinds() []Kind { return []Kind{Web, News, Images} }

// Search asks for results.
func (s *Serper) Search(ctx context.Context, q Query) (*Answer, error) {
	path := map[Kind]string{Web: "/search", News: "/news", Images: "/images"}[q.Kind]
	if path == "" {
		return nil, ErrKind
	}
	in := struct {
		Q    string `json:"q"`
		GL   string `json:"gl,omitempty"`
		HL   string `json:"hl,omitempty"`
		Num  int    `json:"num"`
		Page int    `json:"page,omitempty"`
		TBS  string `json:"tbs,omitempty"`
		Safe string `json:"safe,omitempty"`
	}{Q: withSites(q.Text, q.Sites, q.Without), GL: strings.ToLower(q.Country), HL: q.Language, Num: min(max(q.Count, 1), 100)}
	if q.Page > 0 {
		in.Page = q.Page + 1
	}
	if q.SafeSearch == "strict" || q.SafeSearch == "moderate" {
		in.Safe = "active"
	}
	if from, to, ok := between(q.Freshness); ok {
		us := func(d string) string { return d[5:7] + "/" + d[8:] + "/" + d[:4] }
		in.TBS = "cdr:1,cd_min:" + us(from) + ",cd_max:" + us(to)
	} else if q.Freshness != "" {
		in.TBS = "qdr:" + q.Freshness[:1]
	}
	type hit struct {
		Title, Link, Snippet, Date, Source, ImageURL string
		ImageWidth, ImageHeight                      number
	}
	var r struct {
		Organic, News, Images []hit
		AnswerBox             struct{ Title, Answer, Snippet, Link string }
		KnowledgeGraph        struct{ Title, Description, Website string }
		RelatedSearches       []struct{ Query string }
	}
	if err := s.post(ctx, path, in, &r); err != nil {
		return nil, err
	}
	a := &Answer{More: len(r.Organic)+len(r.News)+len(r.Images) >= q.Count}
	for _, h := range slices.Concat(r.Organic, r.News, r.Images) {
		a.Results = append(a.Results, Result{
			Title: plain(h.Title), URL: h.Link, Snippet: plain(h.Snippet), Date: day(h.Date), Source: h.Source,
			Image: h.ImageURL, Width: int(h.ImageWidth), Height: int(h.ImageHeight),
		})
	}
	if b := r.AnswerBox; b.Answer+b.Snippet != "" {
		text := b.Answer
		if text == "" {
			text = b.Snippet
		}
		a.Facts = append(a.Facts, Fact{plain(b.Title), plain(text), b.Link})
	}
	if k := r.KnowledgeGraph; k.Description != "" {
		a.Facts = append(a.Facts, Fact{plain(k.Title), plain(k.Description), k.Website})
	}
	for _, s := range r.RelatedSearches {
		a.Suggestions = append(a.Suggestions, s.Query)
	}
	return a, nil
}
