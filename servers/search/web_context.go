package search

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/engine"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/fuse"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/page"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/passage"
)

type contextIn struct {
	Query        string   `json:"query" jsonschema:"what to find out" minLength:"1" maxLength:"2000"`
	MaxTokens    int      `json:"max_tokens,omitzero" jsonschema:"about how long the answer may be" min:"500" max:"32000" default:"6000"`
	MaxURLs      int      `json:"max_urls,omitzero" jsonschema:"most pages to take passages from" min:"1" max:"20" default:"6"`
	Freshness    string   `json:"freshness,omitzero" jsonschema:"day, week, month, year, or FROM..TO"`
	Country      string   `json:"country,omitzero" jsonschema:"two letters" pattern:"^[A-Za-z]{2}$"`
	Language     string   `json:"language,omitzero" jsonschema:"such as en or pt-BR" pattern:"^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$"`
	Sites        []string `json:"sites,omitzero" jsonschema:"the only domains to use" maxItems:"20"`
	ExcludeSites []string `json:"exclude_sites,omitzero" jsonschema:"domains not to use" maxItems:"20"`
}

// source is a page with the passages that answer a query.
type source struct {
	title, url, date string
	passages         []string
}

// grounder is an engine that chooses passages itself.
type grounder interface {
	engine.Engine
	Context(ctx context.Context, q engine.Query, tokens int) ([]engine.Grounding, error)
}

func (s *server) webContext(ctx context.Context, in contextIn) (string, error) {
	ask, narrow, err := s.question(webSearchIn{
		Kind: "web", Count: in.MaxURLs, Freshness: in.Freshness, Country: in.Country, Language: in.Language, Sites: in.Sites, ExcludeSites: in.ExcludeSites,
	})
	if err != nil {
		return "", err
	}
	ask.Text = in.Query
	var sources []source
	var warnings []string
	for _, e := range s.engines {
		if g, ok := e.(grounder); ok {
			if sources, err = s.grounded(ctx, g, ask, narrow, in.MaxTokens); err != nil {
				if ctx.Err() != nil {
					return "", ctx.Err()
				}
				warnings = append(warnings, err.Error())
			}
			break
		}
	}
	if len(sources) == 0 {
		var more []string
		if sources, more, err = s.gathered(ctx, ask, narrow, in); err != nil {
			return "", err
		}
		warnings = append(warnings, more...)
	}
	return contextText(sources, warnings, in.MaxTokens), nil
}

// grounded has an engine choose passages.
func (s *server) grounded(ctx context.Context, g grounder, ask engine.Query, narrow guard.Domains, tokens int) ([]source, error) {
	var found []engine.Grounding
	key := fmt.Sprintf("context %s %d %+v", g.Name(), tokens, ask)
	err := s.cache.Do(ctx, key, keep[engine.Web], &found, func() (any, error) { return g.Context(ctx, ask, tokens) })
	if err != nil {
		return nil, err
	}
	var out []source
	for _, f := range found {
		if s.web.Allowed(f.URL, narrow) {
			out = append(out, source{f.Title, f.URL, f.Date, f.Passages})
		}
	}
	return out, nil
}

// readTime is how long a page is waited for when passages are gathered.
const readTime = 10 * time.Second

// gathered searches, reads what was found, and chooses passages.
func (s *server) gathered(ctx context.Context, ask engine.Query, narrow guard.Domains, in contextIn) ([]source, []string, error) {
	engines, err := s.chooseEngines(nil, engine.Web)
	if err != nil {
		return nil, nil, err
	}
	ask.Count = in.MaxURLs + 4 // for those that cannot be read
	found, err := s.askAll(ctx, engines, []string{in.Query}, ask)
	if err != nil {
		return nil, nil, err
	}
	var hits []fuse.Result
	for _, r := range fuse.Fuse(found[0].lists) {
		if s.web.Allowed(r.URL, narrow) && len(hits) < in.MaxURLs+4 {
			hits = append(hits, r)
		}
	}
	pages := make([]*readPage, len(hits))
	var work sync.WaitGroup
	for i, h := range hits {
		work.Go(func() {
			within, cancel := context.WithTimeout(ctx, readTime)
			defer cancel()
			pages[i], _ = s.read(within, h.URL, readOptions{narrow: narrow}) // or its snippet stands for it
		})
	}
	work.Wait()
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	var all []passage.Passage
	out := make([]source, len(hits))
	for i, h := range hits {
		out[i] = source{title: h.Title, url: h.URL, date: h.Date}
		if pages[i] != nil {
			all = append(all, passage.Split(i, pages[i].Text)...)
			continue
		}
		for _, text := range append([]string{h.Snippet}, h.Extra...) {
			if text != "" {
				all = append(all, passage.Passage{Source: i, Text: text})
			}
		}
	}
	used, left := 0, in.MaxTokens*bytesOfToken
	for _, p := range passage.Rank(in.Query, all) {
		o := &out[p.Source]
		if len(o.passages) == 6 || len(o.passages) == 0 && used == in.MaxURLs || len(p.Text) > left {
			continue
		}
		if len(o.passages) == 0 {
			used++
		}
		text := p.Text
		if p.Section != "" {
			text = "(" + p.Section + ") " + text
		}
		o.passages = append(o.passages, text)
		left -= len(text)
	}
	var kept []source
	for _, o := range out {
		if len(o.passages) > 0 {
			kept = append(kept, o)
		}
	}
	return kept, found[0].warnings, nil
}

// contextText is the passages in their frame.
func contextText(sources []source, warnings []string, tokens int) string {
	var b strings.Builder
	left := tokens * bytesOfToken
	for i, o := range sources {
		head := fmt.Sprintf("[%d] %s %s %s\n", i+1, cutRunes(page.Visible(o.title), 200), page.Visible(o.url), page.Visible(o.date))
		if left -= len(head); left <= 0 {
			break
		}
		b.WriteString(head)
		for _, p := range o.passages {
			p = strings.TrimSpace(page.Visible(p))
			if len(p) > left {
				p = strings.ToValidUTF8(p[:max(left, 0)], "") + "…"
			}
			if left -= len(p); left <= 0 {
				break
			}
			b.WriteString(p + "\n\n")
		}
	}
	var out strings.Builder
	for _, w := range warnings {
		fmt.Fprintf(&out, "[warning: %s]\n", w)
	}
	if len(sources) == 0 {
		return out.String() + "Nothing was found. Try fewer or other words."
	}
	text := strings.TrimSpace(b.String())
	sum := sha256.Sum256([]byte(text))
	mark := hex.EncodeToString(sum[:6])
	fmt.Fprintf(&out, "[passages of %d pages; cite them by number. %s It ends at the mark %s.]\n%s\n[end of passages %s]", len(sources), untrusted, mark, text, mark)
	return out.String()
}
