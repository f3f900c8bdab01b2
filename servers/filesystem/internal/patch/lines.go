package patch

import (
	"errors"
	"fmt"
	"strings"
)

// bom is the mark at the start of some files, which no line quotes.
const bom = "\ufeff"

// maxLines is how many lines are compared one by one: each takes room of its
// own, however short it is.
const maxLines = 1 << 20

// replaceLines finds whole lines that are those of old but for what its levels
// of likeness forgive, and writes those of text as the file would.
func replaceLines(content, old, text string, all bool) (string, error) {
	if strings.Count(content, "\n") > maxLines {
		return "", errors.New("oldText does not stand in the file to the letter, and the file has too many lines to look for what comes near")
	}
	content, marked := strings.CutPrefix(content, bom)
	old, text = strings.TrimPrefix(old, bom), strings.TrimPrefix(text, bom)
	file := strings.SplitAfter(content, "\n")
	if file[len(file)-1] == "" {
		file = file[:len(file)-1]
	}
	oldLines, newLines := split(old), split(text)
	if text == "" { // the lines go with their breaks
		newLines = nil
	} else if !strings.HasSuffix(old, "\n") && strings.HasSuffix(text, "\n") {
		newLines = append(newLines, "")
	}
	if blank(oldLines) {
		return "", errors.New("oldText is only white space, and does not stand in the file like that")
	}
	places, err := find(file, oldLines, all)
	if err != nil {
		return "", err
	}
	if places == nil { // perhaps but for blank lines round it
		oldLines, newLines = bare(oldLines, newLines)
		if places, err = find(file, oldLines, all); err != nil {
			return "", err
		}
	}
	if places == nil {
		return "", notFound(file, oldLines)
	}
	var out strings.Builder
	if marked {
		out.WriteString(bom)
	}
	breaks := breaker{content: content}
	end, offset := 0, 0
	copied := func(to int) {
		for ; end < to; end++ {
			out.WriteString(file[end])
			offset += len(file[end])
		}
	}
	for _, at := range places {
		copied(at)
		found := file[at : at+len(oldLines)]
		r := rewriter{file: found, old: oldLines, lineBreak: breaks.at(offset)}
		written, err := r.rewrite(newLines)
		if err != nil {
			return "", fmt.Errorf("oldText is found in lines %d to %d, but %w", at+1, at+len(found), err)
		}
		out.WriteString(written)
		end += len(found)
		offset += len(strings.Join(found, ""))
	}
	copied(len(file))
	return out.String(), nil
}

// split is the lines of a text without their breaks.
func split(text string) []string {
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

func blank(lines []string) bool { return strings.TrimSpace(strings.Join(lines, "")) == "" }

// bare is both without the blank lines that both begin or end with.
func bare(old, text []string) ([]string, []string) {
	for len(old) > 1 && len(text) > 1 && blank(old[:1]) && blank(text[:1]) {
		old, text = old[1:], text[1:]
	}
	for len(old) > 1 && len(text) > 1 && blank(old[len(old)-1:]) && blank(text[len(text)-1:]) {
		old, text = old[:len(old)-1], text[:len(text)-1]
	}
	return old, text
}

// levels are what of a line has to be the same, strictest first.
var levels = []func(string) string{
	func(line string) string { return strings.TrimRight(line, " \t\r\n") },
	strings.TrimSpace,
	folded,
}

// find lists the places of old at the strictest level that has any.
func find(file, old []string, all bool) ([]int, error) {
	for _, level := range levels {
		places := findAt(file, old, level, all)
		if len(places) > 1 && !all {
			for i := range places {
				places[i]++
			}
			return nil, fmt.Errorf("but for white space, oldText stands in %s places, from lines %s: quote it exactly, or more of what is round it", count(len(places)), numbers(places))
		}
		if places != nil {
			return places, nil
		}
	}
	return nil, nil
}

func findAt(file, old []string, level func(string) string, apart bool) []int {
	text := "\n" + joined(file, level)
	want := "\n" + joined(old, level)
	var places []int
	for at, line := 0, 0; len(places) <= mostPlaces || apart; {
		i := strings.Index(text[at:], want)
		if i < 0 {
			break
		}
		line += strings.Count(text[at:at+i], "\n")
		places = append(places, line)
		step := 1
		if apart {
			step = len(want) - 1 // its last break begins the next line
		}
		line += strings.Count(text[at+i:at+i+step], "\n")
		at += i + step
	}
	return places
}

// joined is what counts of some lines, each with a plain line break.
func joined(lines []string, level func(string) string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(level(line))
		b.WriteByte('\n')
	}
	return b.String()
}
