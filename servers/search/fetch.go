package search

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/document"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/guard"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/page"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/passage"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type fetchIn struct {
	URLs     []string `json:"urls" jsonschema:"pages to read" minItems:"1" maxItems:"5" alias:"url" audit:"target"`
	Query    string   `json:"query,omitzero" jsonschema:"return only the passages that answer this best"`
	Section  string   `json:"section,omitzero" jsonschema:"return only the section with this heading"`
	Format   string   `json:"format,omitzero" jsonschema:"markdown is the main part, full the whole page; outline its headings" enum:"markdown,full,outline,links" default:"markdown"`
	MaxChars int      `json:"max_chars,omitzero" jsonschema:"most characters to return, of all pages together" min:"200" max:"500000" default:"20000"`
	Cursor   string   `json:"cursor,omitzero" jsonschema:"where an answer that was cut goes on"`
}

func (s *server) webFetch(ctx context.Context, in fetchIn) (string, error) {
	from, err := position(in.Cursor)
	switch {
	case err != nil:
		return "", err
	case from > 0 && len(in.URLs) > 1:
		return "", mcpcore.Hint(errors.New("a cursor belongs to one page"), "send that page alone")
	case in.Query != "" && in.Section != "":
		return "", mcpcore.Hint(errors.New("a query and a section are asked for"), "send one of them")
	}
	texts, errs := make([]string, len(in.URLs)), make([]error, len(in.URLs))
	var work sync.WaitGroup
	for i, raw := range in.URLs {
		work.Go(func() {
			var p *readPage
			if p, errs[i] = s.read(ctx, raw, readOptions{whole: in.Format == "full"}); errs[i] == nil {
				texts[i], errs[i] = p.show(in, in.MaxChars/len(in.URLs), from)
			}
		})
	}
	work.Wait()
	if len(in.URLs) == 1 {
		return texts[0], errs[0]
	}
	failed := 0
	for i, err := range errs {
		if err != nil {
			failed++
			mcpcore.Partly(ctx, err)
			texts[i] = fmt.Sprintf("[%s was not read: %v]", in.URLs[i], err)
			if hint := mcpcore.HintOf(err); hint != "" {
				texts[i] = strings.TrimSuffix(texts[i], "]") + "; " + hint + "]"
			}
		}
	}
	if failed == len(errs) {
		return "", errors.Join(errs...)
	}
	return strings.Join(texts, "\n\n"), nil
}

// readPage is a page, converted, as it is kept.
type readPage struct {
	URL, Type, Title, Text string
	Links                  []page.Link
	Cut, Main              bool
	Fetched                time.Time
}

type readOptions struct {
	whole, raw, asked bool
	narrow            guard.Domains
}

// read reads and converts a page, or takes it from the cache.
func (s *server) read(ctx context.Context, raw string, o readOptions) (*readPage, error) {
	u, err := s.web.Check(raw, o.narrow)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("page %t %t %t %s", o.whole, o.raw, o.asked, u)
	var kept readPage
	if s.cache.Get(key, &kept) {
		if _, err := s.web.Check(kept.URL, o.narrow); err != nil { // where it led to
			return nil, err
		}
		return &kept, nil
	}
	got, err := s.web.Get(ctx, raw, o.narrow, o.asked)
	if err != nil {
		return nil, err
	}
	p, err := s.converted(ctx, got, o)
	if err != nil {
		return nil, err
	}
	s.cache.Put(key, p, got.Expires)
	return p, nil
}

func (s *server) converted(ctx context.Context, got *guard.Page, o readOptions) (*readPage, error) {
	p := &readPage{URL: got.URL, Type: got.Type, Cut: got.Cut, Fetched: got.Fetched.UTC().Truncate(time.Second)}
	if got.Type == "application/pdf" {
		switch {
		case s.pdf == nil:
			return nil, errors.New("PDFs are not read here")
		case got.Cut:
			return nil, mcpcore.Hint(errors.New("the PDF is larger than what is read"), "a person can raise --max-page-bytes")
		}
		text, err := s.pdf(ctx, got.Body)
		p.Text = page.Visible(text)
		return p, err
	}
	if o.raw || got.Type != "text/html" && got.Type != "application/xhtml+xml" {
		text, err := document.Decode(got.Body)
		if err != nil {
			return nil, mcpcore.Hint(fmt.Errorf("%s: %w", got.Type, err), "pages and texts are read")
		}
		p.Text = page.Visible(text)
		return p, nil
	}
	at, err := url.Parse(got.URL)
	if err != nil {
		return nil, err
	}
	out, err := page.Convert(got.Body, got.Header, at, o.whole)
	if err != nil {
		return nil, err
	}
	p.Title, p.Text, p.Links, p.Main = out.Title, out.Markdown, out.Links, out.Main
	return p, nil
}

// show is what is asked for of a page, in its frame.
func (p *readPage) show(in fetchIn, most, from int) (string, error) {
	d, err := document.Read("page.md", []byte(p.Text))
	if err != nil {
		return "", err
	}
	var text, more string
	switch {
	case in.Format == "outline":
		text = p.outline(d)
	case in.Format == "links":
		text = p.links()
	case in.Query != "":
		text, more = p.passages(in.Query, most)
	default:
		first, last := max(from, 1), lineCount(p.Text)
		if in.Section != "" {
			var ok bool
			if first, last, ok = d.Section(in.Section); !ok {
				return "", mcpcore.Hint(fmt.Errorf("the page has no section %q", in.Section), "call with format outline to see which there are")
			}
			last = min(last, lineCount(p.Text))
		}
		if first > last {
			return "", mcpcore.Hint(fmt.Errorf("the page has no line %d", first), "leave the cursor out")
		}
		var end int
		if text, end = taken(p.Text, first, last, most); end < last {
			more = fmt.Sprintf("more: cursor %q, or a section: format outline lists them", strconv.Itoa(end+1))
		}
	}
	if in.Query == "" && len(text) > most {
		text, more = text[:strings.LastIndexByte(text[:most], '\n')+1], "cut: there are more; raise max_chars"
	}
	return p.framed(text, more), nil
}

// framed puts a text that others wrote between marks that it cannot make
// itself, as they hold its hash.
func (p *readPage) framed(text, more string) string {
	if text = strings.TrimSpace(text); p.Title != "" {
		text = "Title: " + p.Title + "\n\n" + text
	}
	sum := sha256.Sum256([]byte(text))
	mark := hex.EncodeToString(sum[:6])
	var b strings.Builder
	fmt.Fprintf(&b, "[page %s", p.URL)
	fmt.Fprintf(&b, ", %s, fetched %s", p.Type, p.Fetched.Format(time.RFC3339))
	if p.Cut {
		b.WriteString(", cut at the limit of bytes")
	}
	fmt.Fprintf(&b, ". %s It ends at the mark %s.]\n%s\n[end of page %s]", untrusted, mark, text, mark)
	if more != "" {
		b.WriteString("\n[" + more + "]")
	}
	return b.String()
}

func (p *readPage) outline(d *document.Document) string {
	var b strings.Builder
	for _, h := range d.Headings {
		fmt.Fprintf(&b, "%s%s (line %d)\n", strings.Repeat("  ", h.Level-1), h.Text, h.Line)
	}
	if b.Len() == 0 {
		return "the page has no headings"
	}
	return b.String()
}

func (p *readPage) links() string {
	var b strings.Builder
	for _, l := range p.Links {
		fmt.Fprintf(&b, "%s %s\n", l.URL, l.Text)
	}
	if b.Len() == 0 {
		return "the page has no links"
	}
	return b.String()
}

// passages are those that answer a query best, in the order of the page.
func (p *readPage) passages(query string, most int) (text, more string) {
	ranked := passage.Rank(query, passage.Split(0, p.Text))
	if len(ranked) == 0 {
		return "", "no passage has these words; read the page without a query"
	}
	var b strings.Builder
	left := 0
	for _, r := range ranked {
		piece := fmt.Sprintf("(line %d, %s)\n%s\n\n", r.Line, r.Section, r.Text)
		if b.Len() > 0 && b.Len()+len(piece) > most {
			left++
			continue
		}
		b.WriteString(piece)
	}
	if left > 0 {
		more = fmt.Sprintf("%d other passages have the words; raise max_chars", left)
	}
	return b.String(), more
}
