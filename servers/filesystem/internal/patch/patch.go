// Package patch replaces a piece of text that a model quotes from a file. It
// takes the quotation for what it is where it stands exactly once, forgives
// white space and the like where that leaves one place only, and never chooses
// between two.
package patch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Replace puts newText in the place of oldText, or, where all is set, of every
// occurrence. Line breaks follow those of the place, whatever the two are
// written with. The error says how to quote better.
func Replace(content, oldText, newText string, all bool) (string, error) {
	switch {
	case oldText == "" && content == "":
		return newText, nil
	case oldText == "":
		return "", errors.New("oldText is empty: quote the text next to the place")
	case oldText == newText:
		return "", errors.New("oldText and newText are the same")
	}
	old, text := unix(oldText), unix(newText)
	places := settled(content, old, text, newPlain(content).find(old, all), all)
	switch {
	case len(places) == 0:
		return replaceLines(content, old, text, all)
	case len(places) > 1 && !all:
		return "", fmt.Errorf("oldText occurs %s times, in lines %s: quote more of what is round it, or set replaceAll", count(len(places)), linesOf(content, places))
	}
	var out strings.Builder
	breaks := breaker{content: content}
	end := 0
	for _, p := range places {
		text, err := placed(content, old, text, p)
		if err != nil {
			return "", err
		}
		out.WriteString(content[end:p.start])
		out.WriteString(strings.ReplaceAll(text, "\n", breaks.at(p.start)))
		end = p.end
	}
	out.WriteString(content[end:])
	return out.String(), nil
}

// unix is text with plain line breaks.
func unix(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// span is a piece of the content.
type span struct{ start, end int }

// plain is content with plain line breaks, and where in it they were not.
type plain struct {
	text   string
	breaks []int // places in text of line breaks that are \r\n in the content
}

func newPlain(content string) plain {
	p := plain{text: unix(content)}
	if len(p.text) == len(content) {
		return p
	}
	for at := 0; ; at++ {
		i := strings.Index(content[at+len(p.breaks):], "\r\n")
		if i < 0 {
			return p
		}
		at += i
		p.breaks = append(p.breaks, at)
	}
}

// origin is the place in the content of a place in the text.
func (p plain) origin(at int) int {
	n, _ := slices.BinarySearch(p.breaks, at)
	return at + n
}

// mostPlaces is how many places are looked for where there should be one.
const mostPlaces = 100

// find lists where old stands: places that may overlap, up to a few more than
// one, or with apart all those that follow one another.
func (p plain) find(old string, apart bool) []span {
	step := 1
	if apart {
		step = len(old)
	}
	var places []span
	for at := 0; at <= len(p.text) && (apart || len(places) < mostPlaces); at += step {
		i := strings.Index(p.text[at:], old)
		if i < 0 {
			break
		}
		at += i
		places = append(places, span{p.origin(at), p.origin(at + len(old))})
	}
	return places
}

// breaker tells line breaks, of places one after the other.
type breaker struct {
	content string
	next    int // the line break behind the last place, or the end
	last    string
}

// at is the line break nearest behind a place, or else before it.
func (b *breaker) at(place int) string {
	if b.last != "" && place <= b.next {
		return b.last
	}
	i := strings.IndexByte(b.content[place:], '\n')
	b.next = place + i
	if i < 0 {
		b.next = len(b.content)
		i = strings.LastIndexByte(b.content[:place], '\n')
	} else {
		i = b.next
	}
	b.last = "\n"
	if i > 0 && b.content[i-1] == '\r' {
		b.last = "\r\n"
	}
	return b.last
}

// mostNumbers is how many places an error names.
const mostNumbers = 8

// linesOf lists the lines in which places begin.
func linesOf(content string, places []span) string {
	var out []int
	line, at := 1, 0
	for _, p := range places[:min(len(places), mostNumbers+1)] {
		line += strings.Count(content[at:p.start], "\n")
		at = p.start
		out = append(out, line)
	}
	return numbers(out)
}

// count is how many places there are, where they were counted no further.
func count(n int) string {
	if n >= mostPlaces {
		return fmt.Sprint(mostPlaces, " or more")
	}
	return fmt.Sprint(n)
}

func numbers(lines []int) string {
	var out []string
	for i, n := range lines {
		if i == mostNumbers {
			return strings.Join(out, ", ") + " and on"
		}
		out = append(out, fmt.Sprint(n))
	}
	return strings.Join(out, ", ")
}
