package search

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/document"
	"github.com/mcp-toolbelt/toolbelt/servers/search/internal/page"
	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

type kbGetIn struct {
	Path       string `json:"path" jsonschema:"as kb_search gives it, or a kb:// URI" alias:"id,uri" audit:"target"`
	Collection string `json:"collection,omitzero" jsonschema:"where the path is in several"`
	Section    string `json:"section,omitzero" jsonschema:"heading of the section to read"`
	Lines      string `json:"lines,omitzero" jsonschema:"such as 10-40 or 100-" pattern:"^[0-9]+(-[0-9]*)?$"`
	MaxChars   int    `json:"max_chars,omitzero" jsonschema:"most characters to return" min:"100" max:"1000000" default:"20000"`
}

func (s *server) kbGet(ctx context.Context, in kbGetIn) (string, error) {
	c, path, err := s.place(ctx, in.Collection, in.Path)
	if err != nil {
		return "", err
	}
	d, file, err := c.Document(ctx, path)
	if err != nil {
		return "", fmt.Errorf("document %s: %w", path, err)
	}
	total := lineCount(d.Text)
	first, last := 1, total
	switch {
	case in.Section != "" && in.Lines != "":
		return "", mcpcore.Hint(errors.New("a section and lines are asked for"), "send one of them")
	case in.Section != "":
		var ok bool
		if first, last, ok = d.Section(in.Section); !ok {
			return "", mcpcore.Hint(fmt.Errorf("%s has no section %q", path, in.Section), "use one of: "+outline(d, 40))
		}
	case in.Lines != "":
		if first, last, err = lineRange(in.Lines, total); err != nil {
			return "", err
		}
	}
	text, last := taken(d.Text, first, min(last, total), in.MaxChars)
	var b strings.Builder
	fmt.Fprintf(&b, "[%s/%s, lines %d to %d of %d, modified %s. %s]\n", c.Name(), path, first, last, total,
		file.ModTime.UTC().Format(time.RFC3339), untrusted)
	b.WriteString(page.Visible(text))
	if last < total && in.Section == "" && !strings.HasSuffix(in.Lines, strconv.Itoa(last)) {
		fmt.Fprintf(&b, "\n[more: call again with lines %q", strconv.Itoa(last+1)+"-")
		if len(d.Headings) > 0 {
			fmt.Fprintf(&b, ", or a section: %s", outline(d, 20))
		}
		b.WriteString("]")
	}
	return b.String(), nil
}

// lineCount is how many lines a text has: a line break at the end begins none.
func lineCount(text string) int {
	n := strings.Count(text, "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		n++
	}
	return max(n, 1)
}

// lineRange reads 7, 7-9 or 7-.
func lineRange(text string, total int) (first, last int, err error) {
	from, to, ranged := strings.Cut(text, "-")
	first, err = strconv.Atoi(from)
	if last = first; err == nil && ranged {
		if last = total; to != "" {
			last, err = strconv.Atoi(to)
		}
	}
	if err != nil || first < 1 || last < first || first > total {
		return 0, 0, mcpcore.Hint(fmt.Errorf("the document has no lines %s", text), fmt.Sprintf("ask for lines from 1 to %d", total))
	}
	return first, min(last, total), nil
}

// taken are lines of a text, as many as fit; it returns the last of them.
func taken(text string, first, last, most int) (string, int) {
	number, start := 1, 0
	for number < first {
		i := strings.IndexByte(text[start:], '\n')
		if i < 0 {
			break
		}
		start += i + 1
		number++
	}
	end := start
	for {
		i := strings.IndexByte(text[end:], '\n')
		next := len(text)
		if i >= 0 {
			next = end + i + 1
		}
		if next-start > most {
			if end == start { // one line that is too long
				cut := min(start+most, len(text))
				for cut > start && cut < len(text) && !utf8.RuneStart(text[cut]) {
					cut--
				}
				return text[start:cut] + " [the line goes on]", number
			}
			return text[start:end], number - 1
		}
		end = next
		if number == last || i < 0 {
			return strings.TrimSuffix(text[start:end], "\n"), number
		}
		number++
	}
}

// outline lists the sections of a document.
func outline(d *document.Document, most int) string {
	var out []string
	for i, h := range d.Headings {
		if i == most {
			out = append(out, fmt.Sprintf("and %d others", len(d.Headings)-most))
			break
		}
		out = append(out, strconv.Quote(h.Text))
	}
	if len(out) == 0 {
		return "it has no headings; use lines"
	}
	return strings.Join(out, ", ")
}
