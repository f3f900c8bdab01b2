package search

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/engine"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/page"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type localIn struct {
	Query    string   `json:"query" jsonschema:"such as bakery, or pizza in Rome" minLength:"1" maxLength:"400"`
	Near     string   `json:"near,omitzero" jsonschema:"name of a place to search round" maxLength:"200"`
	Lat      *float64 `json:"lat,omitzero" jsonschema:"latitude to search round, with lon" min:"-90" max:"90"`
	Lon      *float64 `json:"lon,omitzero" jsonschema:"longitude" min:"-180" max:"180"`
	Radius   int      `json:"radius_m,omitzero" jsonschema:"preferred distance in meters" min:"1" max:"1000000"`
	Count    int      `json:"count,omitzero" jsonschema:"most places" min:"1" max:"20" default:"5"`
	Country  string   `json:"country,omitzero" jsonschema:"two letters" pattern:"^[A-Za-z]{2}$"`
	Language string   `json:"language,omitzero" jsonschema:"such as en" pattern:"^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$"`
}

func (s *server) brave() *engine.Brave {
	for _, e := range s.engines {
		if b, ok := e.(*engine.Brave); ok {
			return b
		}
	}
	return nil
}

func (s *server) localSearch(ctx context.Context, in localIn) (string, error) {
	var near *engine.Near
	switch {
	case (in.Lat == nil) != (in.Lon == nil):
		return "", mcpcore.Hint(errors.New("a point has a latitude and a longitude"), "send lat and lon, or near")
	case in.Lat != nil:
		near = &engine.Near{Lat: *in.Lat, Lon: *in.Lon, Point: true, Radius: in.Radius}
	case in.Near != "":
		near = &engine.Near{Name: in.Near, Radius: in.Radius}
	}
	var places []engine.Place
	key := fmt.Sprintf("places %+v %v", in, near)
	if in.Lat != nil {
		key = fmt.Sprintf("places %s %v %d %s %s", in.Query, *near, in.Count, in.Country, in.Language)
	}
	err := s.cache.Do(ctx, key, time.Hour, &places, func() (any, error) {
		return s.brave().Places(ctx, in.Query, near, in.Count, in.Country, in.Language)
	})
	if err != nil {
		return "", err
	}
	if len(places) == 0 {
		return "No place was found. Try other words, or name a place with near.", nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", untrusted)
	for i, p := range places {
		fmt.Fprintf(&b, "%d. %s", i+1, p.Name)
		for _, part := range []string{strings.Join(p.Categories, ", "), p.Rating, p.Price, p.Distance} {
			if part != "" {
				b.WriteString(" | " + part)
			}
		}
		b.WriteByte('\n')
		for _, part := range []string{p.Address, p.Phone, p.URL, strings.Join(p.Hours, "; "), cutRunes(p.Description, 600)} {
			if part != "" {
				b.WriteString("   " + strings.Join(strings.Fields(part), " ") + "\n")
			}
		}
		if p.Lat != 0 || p.Lon != 0 {
			fmt.Fprintf(&b, "   at %.5f, %.5f\n", p.Lat, p.Lon)
		}
	}
	return strings.TrimSuffix(page.Visible(b.String()), "\n"), nil
}

type suggestIn struct {
	Query    string `json:"query" jsonschema:"the beginning of a query, or one that may be misspelt" minLength:"1" maxLength:"400"`
	Country  string `json:"country,omitzero" jsonschema:"two letters" pattern:"^[A-Za-z]{2}$"`
	Language string `json:"language,omitzero" jsonschema:"such as en" pattern:"^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$"`
}

func (s *server) suggester() engine.Suggester {
	for _, e := range s.engines {
		if g, ok := e.(engine.Suggester); ok {
			return g
		}
	}
	return nil
}

func (s *server) searchSuggest(ctx context.Context, in suggestIn) (string, error) {
	var out engine.Suggestions
	err := s.cache.Do(ctx, fmt.Sprintf("suggest %+v", in), time.Hour, &out, func() (any, error) {
		return s.suggester().Suggest(ctx, in.Query, in.Country, in.Language)
	})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if out.Corrected != "" {
		fmt.Fprintf(&b, "did you mean: %s\n", cutRunes(page.Visible(out.Corrected), 400))
	}
	for _, q := range out.Queries {
		b.WriteString(cutRunes(page.Visible(q), 400) + "\n")
	}
	if b.Len() == 0 {
		return "no suggestions", nil
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

type answerIn struct {
	Question string `json:"question" jsonschema:"in a whole sentence" minLength:"1" maxLength:"2000"`
	Research bool   `json:"research,omitzero" jsonschema:"search more than once, which takes minutes and costs more"`
	Country  string `json:"country,omitzero" jsonschema:"two letters" pattern:"^[A-Za-z]{2}$"`
	Language string `json:"language,omitzero" jsonschema:"such as en" pattern:"^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$"`
}

func (s *server) webAnswer(ctx context.Context, in answerIn) (string, error) {
	told := 0
	a, err := s.brave().Answer(ctx, in.Question, in.Country, in.Language, s.safe(""), in.Research, func(sofar string) {
		if len(sofar)-told > 500 {
			told = len(sofar)
			mcpcore.Progress(ctx, float64(told), 0, fmt.Sprintf("%d characters so far", told))
		}
	})
	if err != nil {
		return "", err
	}
	return untrusted + "\n" + page.Visible(a.Text), nil
}
