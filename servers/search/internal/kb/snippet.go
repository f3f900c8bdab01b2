package kb

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/words"
)

const (
	maxMatched = 24  // lines of a document that are looked at closely
	maxNear    = 16  // places of a term that are looked at
	window     = 3   // lines of a snippet
	maxLine    = 240 // bytes of a line of a snippet
)

// finder finds the lines of a text that answer a query best.
type finder struct {
	splitter *words.Splitter
	query    *query
	rare     []float32

	lower  []byte
	starts []int
}

// match is a line with terms of the query.
type match struct {
	start, at int // of the line, and of its first term
	terms     uint64
}

// find gives the lines round the best place, or the first lines that say
// something where no line has a term.
func (f *finder) find(text string) []Line {
	matches := f.matches(text)
	if len(matches) == 0 {
		return f.cut(text, firstText(text), 0)
	}
	bestAt, bestWorth := 0, float32(-1)
	for i, m := range matches {
		terms := m.terms
		for _, next := range matches[i+1:] { // those that fit into the window
			if strings.Count(text[m.start:next.start], "\n") >= window {
				break
			}
			terms |= next.terms
		}
		// What is near its first line is worth a little more than what is not.
		if worth := f.worth(terms) + 0.1*f.worth(m.terms); worth > bestWorth {
			bestAt, bestWorth = i, worth
		}
	}
	return f.cut(text, matches[bestAt].start, matches[bestAt].at)
}

// worth is how rare the terms are together.
func (f *finder) worth(terms uint64) (sum float32) {
	for i, r := range f.rare {
		if terms&(1<<i) != 0 {
			sum += r
		}
	}
	return sum
}

// matches finds lines with terms. Terms are looked for by their beginnings, and
// the lines where one is are split to see whether it is there.
func (f *finder) matches(text string) []match {
	f.lower = lowered(f.lower[:0], text)
	low := string(f.lower)
	f.starts = f.starts[:0]
	for i, t := range f.query.terms {
		if t.excluded || i >= 64 {
			continue
		}
		prefix := t.text
		if len(prefix) > 4 && prefix[len(prefix)-1] < utf8.RuneSelf {
			prefix = prefix[:len(prefix)-1] // happi for happy
		}
		for at, near := 0, 0; near < maxNear; near++ {
			j := strings.Index(low[at:], prefix)
			if j < 0 {
				break
			}
			at += j
			start := strings.LastIndexByte(low[:at], '\n') + 1
			f.starts = append(f.starts, start)
			next := strings.IndexByte(low[at:], '\n')
			if next < 0 {
				break
			}
			at += next
		}
	}
	slices.Sort(f.starts)
	f.starts = slices.Compact(f.starts)
	var out []match
	for _, start := range f.starts[:min(len(f.starts), 4*maxMatched)] {
		line := text[start:]
		if end := strings.IndexByte(line, '\n'); end >= 0 {
			line = line[:end]
		}
		m := match{start: start, at: -1}
		f.splitter.Each(line[:min(len(line), 4096)], func(term string, at, _ int) {
			for i, t := range f.query.terms {
				if t.text == term && !t.excluded && i < 64 {
					m.terms |= 1 << i
					if m.at < 0 {
						m.at = at
					}
				}
			}
		})
		if m.at >= 0 {
			if out = append(out, m); len(out) == maxMatched {
				break
			}
		}
	}
	return out
}

// lowered appends a text with its ASCII letters in lower case.
func lowered(dst []byte, text string) []byte {
	dst = append(dst, text...)
	for i, c := range dst {
		if c >= 'A' && c <= 'Z' {
			dst[i] = c + 'a' - 'A'
		}
	}
	return dst
}

// firstText is where the first line with a letter begins.
func firstText(text string) int {
	start := 0
	for line := range strings.Lines(text) {
		if strings.ContainsFunc(line, func(r rune) bool { return r >= 'A' }) {
			return start
		}
		start += len(line)
	}
	return 0
}

// cut gives the lines from a place on. The first is cut so that the byte of it
// at which its term stands is seen.
func (f *finder) cut(text string, start, at int) []Line {
	number := strings.Count(text[:start], "\n") + 1
	var out []Line
	rest := text[start:]
	for len(out) < window && rest != "" {
		line, next, _ := strings.Cut(rest, "\n")
		rest = next
		if len(out) > 0 && strings.HasPrefix(line, "#") { // another section
			break
		}
		if t := clipped(line, at); t != "" {
			out = append(out, Line{number, t})
		} else if len(out) == 0 {
			return nil
		}
		number, at = number+1, 0
	}
	return out
}

// clipped is a line, or the part of a long one round a place in it.
func clipped(line string, at int) string {
	line = strings.ToValidUTF8(line, "�")
	if len(line) <= maxLine {
		return strings.TrimRight(line, " \t")
	}
	from := max(0, min(at, len(line))-maxLine/3)
	to := min(len(line), from+maxLine)
	for from > 0 && !utf8.RuneStart(line[from]) {
		from--
	}
	for to < len(line) && !utf8.RuneStart(line[to]) {
		to--
	}
	out := strings.TrimSpace(line[from:to])
	if from > 0 {
		out = "…" + out
	}
	if to < len(line) {
		out += "…"
	}
	return out
}
