package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// Near is where places are looked for: round a point, or a place by its name.
type Near struct {
	Name     string
	Lat, Lon float64
	Point    bool // Lat and Lon are meant
	Radius   int  // meters; 0 for any
}

// Place is a place, such as a shop.
type Place struct {
	ID, Name, URL, Address, Phone string
	Categories                    []string `json:",omitempty"`
	Rating                        string   `json:",omitempty"`
	Hours                         []string `json:",omitempty"`
	Price                         string   `json:",omitempty"`
	Description                   string   `json:",omitempty"`
	Distance                      string   `json:",omitempty"`
	Lat, Lon                      float64
}

// Places finds places. near is where, or nil for wherever the query says.
func (b *Brave) Places(ctx context.Context, text string, near *Near, count int, country, language string) ([]Place, error) {
	text, _ = shortened(text, maxQuery, maxWords)
	if near != nil {
		v := url.Values{"q": {text}, "count": {strconv.Itoa(min(count, 50))}}
		if near.Point {
			v.Set("latitude", strconv.FormatFloat(near.Lat, 'f', -1, 64))
			v.Set("longitude", strconv.FormatFloat(near.Lon, 'f', -1, 64))
		} else {
			v.Set("location", near.Name)
		}
		if near.Radius > 0 {
			v.Set("radius", strconv.Itoa(near.Radius))
		}
		setPlace(v, country, language)
		var r struct{ Results []bravePlace }
		if err := b.get(ctx, "/local/place_search", v, nil, &r); err != nil {
			return nil, err
		}
		return b.described(ctx, r.Results, count)
	}
	v := url.Values{"q": {text}, "result_filter": {"locations"}, "count": {"20"}}
	setPlace(v, country, language)
	var r braveAnswer
	if err := b.get(ctx, "/web/search", v, nil, &r); err != nil {
		return nil, err
	}
	var ids []string
	for _, l := range r.Locations.Results {
		if l.ID != "" && len(ids) < min(count, 20) {
			ids = append(ids, l.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var pois struct{ Results []bravePlace }
	if err := b.get(ctx, "/local/pois", url.Values{"ids": ids}, nil, &pois); err != nil {
		return nil, err
	}
	return b.described(ctx, pois.Results, count)
}

func setPlace(v url.Values, country, language string) {
	if country != "" {
		v.Set("country", strings.ToUpper(country))
	}
	if language != "" {
		v.Set("search_lang", braveLanguage(language))
	}
}

// described adds what the API knows to say of places. It is no loss where it
// knows nothing.
func (b *Brave) described(ctx context.Context, found []bravePlace, count int) ([]Place, error) {
	var out []Place
	var ids []string
	for _, p := range found[:min(count, len(found))] {
		out = append(out, p.place())
		if p.ID != "" && len(ids) < 20 {
			ids = append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	var r struct {
		Results []*struct {
			ID          string
			Description *string
		}
	}
	if err := b.get(ctx, "/local/descriptions", url.Values{"ids": ids}, nil, &r); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return out, nil //nolint:nilerr // the places are there
	}
	for _, d := range r.Results {
		for i := range out {
			if d != nil && d.Description != nil && out[i].ID == d.ID {
				out[i].Description = *d.Description
			}
		}
	}
	return out, nil
}

type bravePlace struct {
	ID, Title, URL, Description string
	ProviderURL                 string `json:"provider_url"`
	PostalAddress               struct {
		Display string `json:"displayAddress"`
		Street  string `json:"streetAddress"`
		City    string `json:"addressLocality"`
		Country string
	} `json:"postal_address"`
	Contact struct{ Telephone, Email string }
	Rating  *struct {
		Value float64 `json:"ratingValue"`
		Best  float64 `json:"bestRating"`
		Count number  `json:"reviewCount"`
	}
	Hours *struct {
		Today []braveHours      `json:"current_day"`
		Days  []json.RawMessage `json:"days"`
	} `json:"opening_hours"`
	Coordinates []float64
	Distance    *struct {
		Value float64
		Units string
	}
	Categories []string
	PriceRange string   `json:"price_range"`
	Cuisine    []string `json:"serves_cuisine"`
}

type braveHours struct {
	Name   string `json:"full_name"`
	Opens  string
	Closes string
}

func (p bravePlace) place() Place {
	out := Place{
		ID: p.ID, Name: plain(p.Title), URL: p.URL, Address: p.PostalAddress.Display, Phone: p.Contact.Telephone, Price: p.PriceRange,
		Description: plain(p.Description), Categories: append(p.Categories, p.Cuisine...),
	}
	if out.URL == "" {
		out.URL = p.ProviderURL
	}
	if out.Address == "" {
		out.Address = strings.Trim(strings.Join([]string{p.PostalAddress.Street, p.PostalAddress.City, p.PostalAddress.Country}, ", "), ", ")
	}
	if p.Rating != nil && p.Rating.Value > 0 {
		out.Rating = fmt.Sprintf("%.1f of %.0f (%d reviews)", p.Rating.Value, max(p.Rating.Best, 5), int(p.Rating.Count))
	}
	if len(p.Coordinates) == 2 {
		out.Lat, out.Lon = p.Coordinates[0], p.Coordinates[1]
	}
	if p.Distance != nil {
		out.Distance = fmt.Sprintf("%.1f %s", p.Distance.Value, p.Distance.Units)
	}
	if p.Hours != nil {
		for _, raw := range p.Hours.Days { // each is an object or a list of them
			var many []braveHours
			if json.Unmarshal(raw, &many) != nil {
				var one braveHours
				if json.Unmarshal(raw, &one) != nil {
					continue
				}
				many = []braveHours{one}
			}
			for _, h := range many {
				out.Hours = append(out.Hours, h.Name+" "+h.Opens+"-"+h.Closes)
			}
		}
	}
	return out
}

// Suggest completes a query, and corrects it.
func (b *Brave) Suggest(ctx context.Context, text, country, language string) (Suggestions, error) {
	text, _ = shortened(text, maxQuery, maxWords)
	v := url.Values{"q": {text}}
	if country != "" {
		v.Set("country", strings.ToUpper(country))
	}
	if language != "" {
		v.Set("lang", braveLanguage(language))
	}
	type answer struct{ Results []struct{ Query string } }
	var suggest, spelling answer
	if err := b.get(ctx, "/suggest/search", v, nil, &suggest); err != nil {
		return Suggestions{}, err
	}
	var out Suggestions
	for _, s := range suggest.Results {
		out.Queries = append(out.Queries, s.Query)
	}
	// A plan may lack the one and have the other.
	if err := b.get(ctx, "/spellcheck/search", v, nil, &spelling); err == nil && len(spelling.Results) > 0 && !strings.EqualFold(spelling.Results[0].Query, text) {
		out.Corrected = spelling.Results[0].Query
	}
	return out, nil
}

// Grounding is text of a page, chosen by an engine to answer a query.
type Grounding struct {
	Title, URL, Date string
	Passages         []string
}

// Context asks for texts that answer a query.
func (b *Brave) Context(ctx context.Context, q Query, tokens int) ([]Grounding, error) {
	text, _ := shortened(q.Text, maxQuery, maxWords)
	v := url.Values{
		"q": {text}, "count": {strconv.Itoa(min(max(q.Count, 1), 50))}, "maximum_number_of_urls": {strconv.Itoa(min(max(q.Count, 1), 50))},
		"maximum_number_of_tokens": {strconv.Itoa(min(max(tokens, 1024), 32768))},
	}
	setPlace(v, q.Country, q.Language)
	switch from, to, ok := between(q.Freshness); {
	case ok:
		v.Set("freshness", from+"to"+to)
	case q.Freshness != "":
		v.Set("freshness", "p"+q.Freshness[:1])
	}
	if g := goggle(q.Sites, q.Without); g != "" {
		v.Set("goggles", g)
	}
	var r struct {
		Grounding struct {
			Generic []struct {
				URL, Title string
				Snippets   []string
			}
			POI *struct {
				Name, URL, Title string
				Snippets         []string
			}
		}
		Sources map[string]struct {
			Title, Hostname string
			Age             []string
		}
	}
	if err := b.get(ctx, "/llm/context", v, nil, &r); err != nil {
		return nil, err
	}
	var out []Grounding
	for _, g := range r.Grounding.Generic {
		one := Grounding{Title: plain(g.Title), URL: g.URL}
		if age := r.Sources[g.URL].Age; len(age) > 1 {
			one.Date = age[1]
		}
		for _, s := range g.Snippets {
			one.Passages = append(one.Passages, snippet(s))
		}
		out = append(out, one)
	}
	if p := r.Grounding.POI; p != nil && len(p.Snippets) > 0 {
		one := Grounding{Title: plain(p.Name), URL: p.URL}
		for _, s := range p.Snippets {
			one.Passages = append(one.Passages, snippet(s))
		}
		out = append(out, one)
	}
	return out, nil
}

// snippet is a text, which may be a table or the like written as JSON.
func snippet(s string) string {
	var text string
	if strings.HasPrefix(s, `"`) && json.Unmarshal([]byte(s), &text) == nil {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(s)
}

// Answered is an answer in words.
type Answered struct {
	Text string
	Cost float64
}

// Answer asks for an answer in words. told is called with what is there so far.
func (b *Brave) Answer(ctx context.Context, question, country, language, safe string, research bool, told func(string)) (Answered, error) {
	in := map[string]any{"model": "brave", "messages": []map[string]string{{"role": "user", "content": question}}, "stream": false}
	for k, v := range map[string]string{"country": strings.ToLower(country), "language": strings.ToLower(language), "safesearch": safe} {
		if v != "" {
			in[k] = v
		}
	}
	if !research {
		var r struct {
			Choices []struct{ Message struct{ Content string } }
		}
		if err := b.post(ctx, "/chat/completions", in, &r); err != nil {
			return Answered{}, err
		}
		if len(r.Choices) == 0 {
			return Answered{}, fmt.Errorf("brave gives no answer")
		}
		return b.answered(r.Choices[0].Message.Content), nil
	}
	in["stream"], in["enable_research"] = true, true
	text, err := b.stream(ctx, in, told)
	if err != nil {
		return Answered{}, err
	}
	return b.answered(text), nil
}

// answered splits off what is no answer: the account of the API, and its
// thoughts.
func (b *Brave) answered(text string) Answered {
	var out Answered
	if usage := element(text, "usage"); usage != "" {
		var u map[string]any
		if json.Unmarshal([]byte(usage), &u) == nil {
			switch v := u["X-Request-Total-Cost"].(type) {
			case float64:
				out.Cost = v
			case string:
				out.Cost, _ = strconv.ParseFloat(v, 64)
			}
		}
	}
	if answer := element(text, "answer"); answer != "" {
		text = answer
	}
	for _, name := range []string{"usage", "queries", "analyzing", "thinking", "progress", "blindspots"} {
		text = without(text, name)
	}
	out.Text = strings.TrimSpace(text)
	return out
}

func element(text, name string) string {
	_, rest, ok := strings.Cut(text, "<"+name+">")
	inner, _, closed := strings.Cut(rest, "</"+name+">")
	if !ok || !closed {
		return ""
	}
	return inner
}

func without(text, name string) string {
	for {
		before, rest, ok := strings.Cut(text, "<"+name+">")
		if !ok {
			return text
		}
		_, after, _ := strings.Cut(rest, "</"+name+">")
		text = strings.TrimRightFunc(before, unicode.IsSpace) + "\n" + after
	}
}

// stream asks for an answer that comes piece by piece.
func (b *Brave) stream(ctx context.Context, in any, told func(string)) (string, error) {
	var whole strings.Builder
	err := b.events(ctx, "/chat/completions", in, func(data []byte) error {
		var chunk struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		if err := json.Unmarshal(data, &chunk); err != nil {
			return fmt.Errorf("the answer of brave is not what it should be: %w", err)
		}
		if len(chunk.Choices) > 0 {
			whole.WriteString(chunk.Choices[0].Delta.Content)
			told(whole.String())
		}
		if whole.Len() > maxAnswer {
			return fmt.Errorf("the answer of brave is larger than %d bytes", maxAnswer)
		}
		return nil
	})
	return whole.String(), err
}
