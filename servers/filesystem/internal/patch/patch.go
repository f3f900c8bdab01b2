// Package patch replaces a piece of text that a model quotes from a file. It
// takes the quotation for what it is where it stands exactly once, forgives
// white space where that leaves one place only, and never chooses between two.
package patch

import (
	"errors"
	"fmt"
	"strings"
)

// Replace puts newText in the place of oldText. Line breaks follow those of
// the place, whatever the two are written with. The error says how to quote
// better.
func Replace(content, oldText, newText string, all bool) (string, error) {
	switch {
	case oldText == "" && content == "":
		return newText, nil
	case oldText == "":
		return "", errors.New("oldText is empty: quote the text next to the place")
	case oldText == newText:
		return "", errors.New("oldText and newText are the same")
	}
	for _, old := range spellings(content, oldText) {
		n := strings.Count(content, old)
		switch {
		case n == 0:
			continue
		case n > 1 && !all:
			return "", fmt.Errorf("oldText occurs %d times, in lines %s: quote more of what is round it, or set replaceAll", n, occurrences(content, old))
		}
		return strings.ReplaceAll(content, old, breaksLike(newText, breakAt(content, strings.Index(content, old)))), nil
	}
	return replaceLines(content, oldText, newText)
}

// spellings are the forms that oldText can have in the file: as it was sent,
// and with the file's line breaks.
func spellings(content, oldText string) []string {
	out := []string{oldText}
	if strings.Contains(oldText, "\n") && strings.Contains(content, "\r\n") {
		if other := breaksLike(oldText, "\r\n"); other != oldText {
			out = append(out, other)
		}
	}
	if strings.Contains(oldText, "\r\n") {
		out = append(out, breaksLike(oldText, "\n"))
	}
	return out
}

func breaksLike(text, lineBreak string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if lineBreak == "\n" {
		return text
	}
	return strings.ReplaceAll(text, "\n", lineBreak)
}

// breakAt is the line break nearest behind a place, or else before it.
func breakAt(content string, at int) string {
	i := strings.IndexByte(content[at:], '\n')
	if i >= 0 {
		i += at
	} else if i = strings.LastIndexByte(content[:at], '\n'); i < 0 {
		return "\n"
	}
	if i > 0 && content[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// occurrences lists the lines in which old begins.
func occurrences(content, old string) string {
	const most = 8
	var out []string
	for at, line := 0, 1; ; {
		i := strings.Index(content[at:], old)
		if i < 0 {
			return strings.Join(out, ", ")
		}
		line += strings.Count(content[at:at+i], "\n")
		if len(out) == most {
			return strings.Join(out, ", ") + " and on"
		}
		out = append(out, fmt.Sprint(line))
		line += strings.Count(old, "\n")
		at += i + len(old)
	}
}
