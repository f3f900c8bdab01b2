package patch

import (
	"strings"
	"unicode"
)

// folds are characters that models take for one another.
var folds = map[rune]rune{
	'\u2018': '\'', '\u2019': '\'', '\u201a': '\'', '\u201b': '\'',
	'\u201c': '"', '\u201d': '"', '\u201e': '"', '\u201f': '"',
	'\u2010': '-', '\u2011': '-', '\u2012': '-', '\u2013': '-', '\u2014': '-', '\u2212': '-',
}

func fold(r rune) rune {
	if f, ok := folds[r]; ok {
		return f
	}
	return r
}

// token is a character of a line, or a run of white space in it.
type token struct {
	text string
	kind rune // what counts when tokens are compared; a space for white space
}

func tokens(line string) []token {
	var out []token
	for i, r := range line {
		text := line[i : i+runeLen(line[i:])]
		switch space := unicode.IsSpace(r); {
		case space && len(out) > 0 && out[len(out)-1].kind == ' ':
			out[len(out)-1].text += text
		case space:
			out = append(out, token{text, ' '})
		default:
			out = append(out, token{text, fold(r)})
		}
	}
	return out
}

// runeLen is the length of the first character, which may be no valid one.
func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// folded is a line as it is compared at the most forgiving level.
func folded(line string) string {
	var b strings.Builder
	space := false
	for _, r := range strings.TrimSpace(line) {
		if unicode.IsSpace(r) {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		b.WriteRune(fold(r))
	}
	return b.String()
}

// restore is line with what it keeps of old spelled as in file. It is not ok
// where line changes a part in which the file has other characters than old,
// and itself has some of that kind: how to spell those, nobody can tell.
func restore(line, old, file string) (string, bool) {
	if old == file {
		return line, true
	}
	l, o, f := tokens(line), tokens(old), tokens(file)
	if len(o) != len(f) {
		return line, false
	}
	n := min(len(l), len(o))
	start, end := 0, 0
	for start < n && l[start] == o[start] {
		start++
	}
	for end < n-start && l[len(l)-1-end] == o[len(o)-1-end] {
		end++
	}
	differ := map[rune]bool{}
	for i := start; i < len(o)-end; i++ {
		if o[i].text != f[i].text && o[i].kind != ' ' {
			differ[o[i].kind] = true
		}
	}
	var b strings.Builder
	for _, t := range f[:start] {
		b.WriteString(t.text)
	}
	for _, t := range l[start : len(l)-end] {
		if differ[t.kind] {
			return line, false
		}
		b.WriteString(t.text)
	}
	for _, t := range f[len(f)-end:] {
		b.WriteString(t.text)
	}
	return b.String(), true
}
