package engine

import (
	"encoding/json"
	"strings"
)

// braveAnswer is what the endpoints for results answer with. Any part may be
// left out.
type braveAnswer struct {
	Query struct {
		Altered string
		More    bool `json:"more_results_available"`
	}
	Web, News, Videos, Discussions braveBlock
	FAQ                            struct {
		Results []struct{ Question, Answer, URL string }
	}
	Infobox struct {
		Results []struct {
			Title, Description, URL string
			LongDesc                string `json:"long_desc"`
		}
	}
	Locations struct {
		Results []struct{ ID string }
	}
	Results []braveResult // of news, images and videos
}

type braveBlock struct{ Results []braveResult }

func (b braveBlock) list() []Result {
	var out []Result
	for _, r := range b.Results {
		out = append(out, r.result())
	}
	return out
}

type braveResult struct {
	Title, URL, Description, Age string
	PageAge                      string   `json:"page_age"`
	ExtraSnippets                []string `json:"extra_snippets"`
	Source                       string
	Profile                      struct{ Name string }
	MetaURL                      struct{ Hostname, Netloc string } `json:"meta_url"`
	Thumbnail                    struct{ Src string }
	Properties                   struct {
		URL           string
		Width, Height number
	}
	Video struct {
		Duration, Creator, Publisher string
		Views                        loose
	}
}

func (r braveResult) result() Result {
	out := Result{
		Title: plain(r.Title), URL: r.URL, Snippet: plain(r.Description), Date: day(r.PageAge), Source: r.Source,
		Image: r.Properties.URL, Width: int(r.Properties.Width), Height: int(r.Properties.Height),
		Duration: r.Video.Duration, Views: string(r.Video.Views),
	}
	if out.Date == "" {
		out.Date = r.Age
	}
	for _, s := range []string{r.Profile.Name, r.Video.Creator, r.Video.Publisher, r.MetaURL.Hostname, r.MetaURL.Netloc} {
		if out.Source == "" {
			out.Source = s
		}
	}
	for _, s := range r.ExtraSnippets {
		out.Extra = append(out.Extra, plain(s))
	}
	return out
}

// number is a whole number that may be left out, null, or written as a text.
type number int

func (n *number) UnmarshalJSON(raw []byte) error {
	var f float64
	if json.Unmarshal([]byte(strings.Trim(string(raw), `"`)), &f) == nil {
		*n = number(f)
	}
	return nil
}

// loose is a text, or anything else as its JSON.
type loose string

func (l *loose) UnmarshalJSON(raw []byte) error {
	var s string
	switch {
	case string(raw) == "null":
	case json.Unmarshal(raw, &s) == nil:
		*l = loose(s)
	default:
		*l = loose(raw)
	}
	return nil
}
