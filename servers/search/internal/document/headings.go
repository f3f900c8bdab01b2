package document

import (
	"regexp"
	"strings"
)

// markdown finds the headings of a Markdown text, and its title: that of its
// front matter, or else its first heading.
func (d *Document) markdown() {
	fence, matter, before, n := "", false, "", 0
	for line := range strings.Lines(d.Text) {
		n++
		line = strings.TrimRight(line, "\n \t")
		text := strings.TrimLeft(line, " ")
		switch {
		case n == 1 && line == "---":
			matter = true
			continue
		case matter:
			matter = line != "---" && line != "..."
			if title, ok := strings.CutPrefix(line, "title:"); ok && d.Title == "" {
				d.Title = strings.Trim(title, " \"'")
			}
			continue
		case fence != "":
			if strings.HasPrefix(text, fence) && strings.Trim(text, fence[:1]) == "" {
				fence = ""
			}
			before = ""
			continue
		}
		if open := fenceOf(text); open != "" {
			fence = open
		} else if level, title := atx(line, text); level > 0 {
			d.Headings = append(d.Headings, Heading{level, n, title})
		} else if level := underlined(text); level > 0 && before != "" {
			d.Headings = append(d.Headings, Heading{level, n - 1, before})
		}
		before = ""
		if text != "" && len(line)-len(text) < 4 && !strings.ContainsAny(text[:1], "#>-*+|`~=") {
			before = text
		}
	}
	if d.Title == "" && len(d.Headings) > 0 {
		d.Title = d.Headings[0].Text
	}
}

// fenceOf is the fence that a line opens a block of code with, or "".
func fenceOf(text string) string {
	for _, c := range []string{"`", "~"} {
		if rest := strings.TrimLeft(text, c); len(text)-len(rest) >= 3 && (c == "~" || !strings.Contains(rest, "`")) {
			return text[:len(text)-len(rest)]
		}
	}
	return ""
}

// atx reads a heading that begins with #.
func atx(line, text string) (level int, title string) {
	if !strings.HasPrefix(text, "#") || len(line)-len(text) > 3 {
		return 0, ""
	}
	rest := strings.TrimLeft(text, "#")
	if level = len(text) - len(rest); level > 6 || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return 0, ""
	}
	title = strings.TrimSpace(rest)
	if closed := strings.TrimRight(title, "#"); closed == "" || strings.HasSuffix(closed, " ") {
		title = strings.TrimSpace(closed)
	}
	return level, title
}

// underlined tells of which level the heading is that a line of = or - makes of
// the line before it.
func underlined(text string) int {
	switch {
	case len(text) < 2:
		return 0
	case strings.Trim(text, "=") == "":
		return 1
	case strings.Trim(text, "-") == "":
		return 2
	}
	return 0
}

// plain finds the headings of a text: lines that are underlined.
func (d *Document) plain() {
	before, n := "", 0
	for line := range strings.Lines(d.Text) {
		n++
		line = strings.TrimRight(line, "\n \t")
		if level := underlined(line); level > 0 && before != "" && len(line) >= len(before)-1 {
			d.Headings = append(d.Headings, Heading{level, n - 1, before})
		}
		before = strings.TrimSpace(line)
		if d.Title == "" && before != "" && strings.Trim(before, "=-*#~^") != "" {
			d.Title = clip(before, 100)
		}
	}
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// declared recognises the lines of source code that say what is below them: the
// name is the last group.
var declared = regexp.MustCompile(`^(?:export |default |public |private |protected |static |final |abstract |async |pub(?:\([a-z]+\))? |unsafe )*` +
	`(?:func(?: \([^)]*\))?|function\*?|def|class|interface|trait|struct|enum|impl|module|namespace|type|record|fn|sub|CREATE (?:OR REPLACE )?(?:TABLE|VIEW|FUNCTION)) ` +
	`([A-Za-z_$"][\w$.:"<>]*)`)

// code finds what source code declares, as headings.
func (d *Document) code() {
	n := 0
	for line := range strings.Lines(d.Text) {
		n++
		if len(line) > 500 {
			continue
		}
		text := strings.TrimLeft(line, " \t")
		if len(line)-len(text) > 8 || text == "" || text[0] < 'A' {
			continue
		}
		if m := declared.FindStringSubmatch(text); m != nil {
			level := 1
			if len(line) > len(text) {
				level = 2
			}
			d.Headings = append(d.Headings, Heading{level, n, strings.TrimRight(m[1], `:.<"`)})
		}
	}
}
