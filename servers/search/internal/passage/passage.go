// Package passage splits texts into passages and finds those that answer a
// query best.
package passage

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/document"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/words"
)

// Passage is a piece of a text.
type Passage struct {
	Source  int    // the number of the text
	Line    int    // of the text, where it begins
	Section string // the headings that it stands under
	Text    string
	Score   float64
}

const (
	least = 200 // bytes below which a paragraph is joined to the next
	most  = 1200
)

// Split splits a text in Markdown into passages of one or more paragraphs.
func Split(source int, text string) []Passage {
	d, err := document.Read("text.md", []byte(text))
	if err != nil {
		return nil
	}
	heading := map[int]bool{}
	for _, h := range d.Headings {
		heading[h.Line] = true
	}
	var out []Passage
	var b strings.Builder
	start, n := 1, 0
	flush := func() {
		if t := strings.TrimSpace(b.String()); t != "" {
			out = append(out, Passage{Source: source, Line: start, Section: strings.Join(d.Above(start), " > "), Text: t})
		}
		b.Reset()
	}
	for line := range strings.Lines(d.Text) {
		n++
		blank := strings.TrimSpace(line) == ""
		if heading[n] || blank && b.Len() >= least || b.Len()+len(line) > most && b.Len() > 0 {
			flush()
		}
		if b.Len() == 0 {
			if blank || heading[n] && strings.TrimLeft(strings.TrimSpace(line), "# ") == "" {
				continue
			}
			start = n
		}
		for len(line) > most { // one line of a whole page
			cut := strings.LastIndexByte(line[:most], ' ')
			if cut <= 0 {
				cut = most
			}
			b.WriteString(strings.ToValidUTF8(line[:cut], ""))
			flush()
			line, start = line[cut:], n
		}
		b.WriteString(line)
	}
	flush()
	return out
}

// Rank orders passages by how well they answer a query, and leaves out those
// that have none of its words.
func Rank(query string, all []Passage) []Passage {
	s := words.New()
	var terms []string
	for _, t := range s.Terms(query) {
		if !slices.Contains(terms, t) && len(terms) < 64 {
			terms = append(terms, t)
		}
	}
	if telling := slices.DeleteFunc(slices.Clone(terms), words.Common); len(telling) > 0 {
		terms = telling
	}
	counts, lengths, having, total := make([][]int, len(all)), make([]int, len(all)), make([]int, len(terms)), 0
	for i, p := range all {
		counts[i] = make([]int, len(terms))
		count := func(text string, by int) {
			s.Each(text, func(term string, _, _ int) {
				lengths[i]++
				if j := slices.Index(terms, term); j >= 0 {
					counts[i][j] += by
				}
			})
		}
		count(p.Text, 1)
		count(p.Section, 1)
		total += lengths[i]
		for j, n := range counts[i] {
			if n > 0 {
				having[j]++
			}
		}
	}
	const k, b = 1.2, 0.6
	mean := float64(total) / float64(max(len(all), 1))
	var out []Passage
	for i, p := range all {
		p.Score = 0
		for j, n := range counts[i] {
			if n > 0 {
				idf := math.Log(1 + (float64(len(all)-having[j])+0.5)/(float64(having[j])+0.5))
				tf := float64(n)
				p.Score += idf * tf * (k + 1) / (tf + k*(1-b+b*float64(lengths[i])/mean))
			}
		}
		if p.Score > 0 {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b Passage) int { return cmp.Compare(b.Score, a.Score) })
	return out
}
