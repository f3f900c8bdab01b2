package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Brave is the Brave Search API.
type Brave struct{ *client }

// NewBrave makes one. Until the API tells, one request a second is assumed.
func NewBrave(o Options) *Brave {
	c := newClient("brave", "https://api.search.brave.com/res/v1", o, newLimits(Window{Limit: 1, Period: time.Second, Remaining: -1}))
	c.sign = func(r *http.Request) { r.Header.Set("X-Subscription-Token", c.secret) }
	c.fault = braveFault
	return &Brave{c}
}

// Kinds are all.
func (b *Brave) Kinds() []Kind { return []Kind{Web, News, Images, Videos} }

func braveFault(status int, body []byte) fault {
	var e struct {
		Error struct {
			Code, Detail string
			Meta         struct {
				QuotaLimit   float64 `json:"quota_limit"`
				QuotaCurrent float64 `json:"quota_current"`
				Errors       []struct {
					Msg string
					Loc []any
				}
			}
		}
	}
	if json.Unmarshal(body, &e) != nil {
		return fault{}
	}
	f := fault{text: e.Error.Detail}
	m := e.Error.Meta
	missing := false
	for _, v := range m.Errors {
		where := fmt.Sprint(v.Loc...)
		f.text += fmt.Sprintf("; %s: %s", where, v.Msg)
		missing = missing || strings.Contains(where, "x-subscription-token")
	}
	switch {
	case e.Error.Code == "SUBSCRIPTION_TOKEN_INVALID" || missing:
		f.hint = "a person has to set a valid key in BRAVE_API_KEY"
	case status == http.StatusTooManyRequests && m.QuotaLimit > 0 && m.QuotaCurrent >= m.QuotaLimit:
		f.quota, f.hint = true, "the quota of the plan is used up; use another engine"
	}
	return f
}

// braveLanguages are the codes that differ from ISO's.
var braveLanguages = map[string]string{"ja": "jp", "zh": "zh-hans", "zh-cn": "zh-hans", "zh-tw": "zh-hant", "pt": "pt-br", "no": "nb"}

func braveLanguage(code string) string {
	code = strings.ToLower(code)
	if to := braveLanguages[code]; to != "" {
		return to
	}
	switch code {
	case "en-gb", "pt-br", "pt-pt", "zh-hans", "zh-hant":
		return code
	}
	base, _, _ := strings.Cut(code, "-")
	return base
}

// goggle is a list of sites in the language of Brave's filters.
func goggle(sites, without []string) string {
	var b strings.Builder
	if len(sites) > 0 {
		b.WriteString("$discard\n")
		for _, s := range sites {
			b.WriteString("$site=" + s + "\n")
		}
	}
	for _, s := range without {
		b.WriteString("$discard,site=" + s + "\n")
	}
	return b.String()
}

// maxQuery and maxWords bound a query.
const (
	maxQuery = 400
	maxWords = 50
)

func (b *Brave) params(q Query) (url.Values, []string) {
	var warnings []string
	text, cut := shortened(q.Text, maxQuery, maxWords)
	if cut {
		warnings = append(warnings, "brave: the query was shortened to 400 characters and 50 words")
	}
	most, first := 20, 20
	switch q.Kind {
	case News, Videos:
		most = 50
	case Images:
		most, first = 200, 50
	}
	v := url.Values{}
	if count := min(max(q.Count, 1), most); count != first {
		v.Set("count", strconv.Itoa(count))
	}
	if q.Page > 0 && q.Kind != Images {
		v.Set("offset", strconv.Itoa(min(q.Page, 9)))
	}
	if q.Country != "" {
		v.Set("country", strings.ToUpper(q.Country))
	}
	if q.Language != "" {
		v.Set("search_lang", braveLanguage(q.Language))
	}
	switch safe := q.SafeSearch; {
	case safe == "":
	case q.Kind == Images && safe == "moderate": // which it does not know
		v.Set("safesearch", "strict")
	default:
		v.Set("safesearch", safe)
	}
	if q.Kind != Images {
		switch from, to, ok := between(q.Freshness); {
		case ok:
			v.Set("freshness", from+"to"+to)
		case q.Freshness != "":
			v.Set("freshness", "p"+q.Freshness[:1])
		}
	}
	switch q.Kind {
	case Web:
		v.Set("text_decorations", "false")
		v.Set("extra_snippets", "true")
		v.Set("result_filter", "web,query,discussions,faq,infobox,news,videos")
	case News:
		v.Set("extra_snippets", "true")
	}
	if q.Kind == Web || q.Kind == News {
		if g := goggle(q.Sites, q.Without); g != "" {
			v.Set("goggles", g)
		}
	} else if len(q.Sites)+len(q.Without) > 0 {
		text, _ = shortened(withSites(text, q.Sites, q.Without), maxQuery, maxWords)
	}
	v.Set("q", text)
	return v, warnings
}

// Search asks for results.
func (b *Brave) Search(ctx context.Context, q Query) (*Answer, error) {
	v, warnings := b.params(q)
	var r braveAnswer
	if err := b.get(ctx, "/"+string(q.Kind)+"/search", v, nil, &r); err != nil {
		return nil, err
	}
	a := &Answer{Warnings: warnings, Altered: r.Query.Altered, More: r.Query.More}
	switch q.Kind {
	case Web:
		a.Results = r.Web.list()
		for _, d := range r.Discussions.Results {
			a.Results = append(a.Results, d.result())
		}
		for _, f := range r.FAQ.Results {
			a.Facts = append(a.Facts, Fact{plain(f.Question), plain(f.Answer), f.URL})
		}
		for _, i := range r.Infobox.Results {
			text := i.LongDesc
			if text == "" {
				text = i.Description
			}
			if i.Title != "" && text != "" {
				a.Facts = append(a.Facts, Fact{plain(i.Title), plain(text), i.URL})
			}
		}
		// What an ordinary search finds of news and videos counts where it finds
		// nothing else.
		if len(a.Results) == 0 {
			a.Results = append(r.News.list(), r.Videos.list()...)
		}
	default:
		for _, x := range r.Results {
			a.Results = append(a.Results, x.result())
		}
		a.More = a.More || q.Kind != Images && len(r.Results) >= q.Count && q.Page < 9
	}
	return a, nil
}
