package engine

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// SearXNG is an instance of SearXNG, or of searx before it.
type SearXNG struct{ *client }

// NewSearXNG makes one. Name and password may stand in the URL.
func NewSearXNG(o Options) *SearXNG {
	var user *url.Userinfo
	if u, err := url.Parse(o.BaseURL); err == nil && u.User != nil {
		user, u.User = u.User, nil
		o.BaseURL = u.String()
	}
	c := newClient("searxng", "", o, newLimits())
	c.sign = func(r *http.Request) {
		if user != nil {
			password, _ := user.Password()
			r.SetBasicAuth(user.Username(), password)
		}
	}
	if user != nil {
		c.secret, _ = user.Password()
	}
	c.fault = func(status int, _ []byte) fault {
		if status == http.StatusForbidden {
			return fault{text: "the instance does not give JSON", hint: "a person has to add json to search.formats in its settings.yml"}
		}
		return fault{}
	}
	return &SearXNG{c}
}

// Kinds are all.
func (s *SearXNG) Kinds() []Kind { return []Kind{Web, News, Images, Videos} }

// Search asks for results.
func (s *SearXNG) Search(ctx context.Context, q Query) (*Answer, error) {
	v := url.Values{"q": {withSites(q.Text, q.Sites, q.Without)}, "format": {"json"}}
	switch q.Kind {
	case Web:
	case News, Images, Videos:
		v.Set("categories", string(q.Kind))
	}
	if q.Language != "" {
		v.Set("language", q.Language)
	}
	if q.Page > 0 {
		v.Set("pageno", strconv.Itoa(q.Page+1))
	}
	var warnings []string
	if _, _, ok := between(q.Freshness); ok {
		warnings = append(warnings, "searxng: results are not limited to dates; day, week, month and year are known")
	} else if q.Freshness != "" {
		v.Set("time_range", q.Freshness)
	}
	if n := strings.Index("off moderate strict", q.SafeSearch); q.SafeSearch != "" && n >= 0 {
		v.Set("safesearch", map[string]string{"off": "0", "moderate": "1", "strict": "2"}[q.SafeSearch])
	}
	var r searxAnswer
	if err := s.get(ctx, "/search", v, nil, &r); err != nil {
		return nil, err
	}
	a := &Answer{Warnings: warnings, Suggestions: r.Suggestions, More: len(r.Results) > 0}
	if len(r.Corrections) > 0 {
		a.Altered = string(r.Corrections[0])
	}
	for _, u := range r.Unresponsive {
		if len(u) > 1 {
			a.Warnings = append(a.Warnings, "searxng: "+clip(plain(string(u[0])), 60)+": "+clip(plain(string(u[1])), 100))
		}
	}
	for _, f := range r.Answers {
		if f.Text != "" {
			a.Facts = append(a.Facts, Fact{Text: plain(f.Text), URL: f.URL})
		}
	}
	for _, i := range r.Infoboxes {
		if i.Content != "" {
			a.Facts = append(a.Facts, Fact{plain(i.Infobox), plain(i.Content), i.ID})
		}
	}
	for _, x := range r.Results {
		a.Results = append(a.Results, x.result())
		if len(a.Results) == q.Count {
			break
		}
	}
	return a, nil
}

// searxAnswer is what both answer with.
type searxAnswer struct {
	Results      []searxResult
	Answers      []searxFact
	Corrections  []loose
	Suggestions  []string
	Infoboxes    []struct{ Infobox, Content, ID string }
	Unresponsive [][]loose `json:"unresponsive_engines"`
}

type searxResult struct {
	Title, URL, Content string
	PublishedDate       *string
	ImgSrc              string `json:"img_src"`
	Source              loose
	Author              loose
	Length              loose
	Resolution          loose
}

func (x searxResult) result() Result {
	r := Result{Title: plain(x.Title), URL: x.URL, Snippet: plain(x.Content), Image: x.ImgSrc, Source: string(x.Source)}
	if x.PublishedDate != nil {
		r.Date = day(*x.PublishedDate)
	}
	if strings.HasPrefix(r.Image, "//") {
		r.Image = "https:" + r.Image
	}
	if w, h, ok := strings.Cut(strings.ReplaceAll(string(x.Resolution), "×", "x"), "x"); ok {
		r.Width, _ = strconv.Atoi(strings.TrimSpace(w))
		r.Height, _ = strconv.Atoi(strings.TrimSpace(h))
	}
	if x.Length != "" && r.Image == "" {
		r.Duration = string(x.Length)
	}
	if r.Source == "" {
		r.Source = string(x.Author)
	}
	return r
}

// searxFact is a text in searx and an object in SearXNG.
type searxFact struct{ Text, URL string }

func (f *searxFact) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		f.Text = text
		return nil
	}
	var o struct{ Answer, URL string }
	if json.Unmarshal(raw, &o) == nil {
		f.Text, f.URL = o.Answer, o.URL
	}
	return nil
}

// Suggest completes a query.
func (s *SearXNG) Suggest(ctx context.Context, text, _, _ string) (Suggestions, error) {
	var raw []json.RawMessage
	if err := s.get(ctx, "/autocompleter", url.Values{"q": {text}}, nil, &raw); err != nil {
		return Suggestions{}, err
	}
	var out Suggestions
	if len(raw) > 1 {
		if err := json.Unmarshal(raw[1], &out.Queries); err != nil {
			return out, err
		}
	} else if len(raw) == 1 { // a lone list in some versions
		_ = json.Unmarshal(raw[0], &out.Queries)
	}
	return out, nil
}
