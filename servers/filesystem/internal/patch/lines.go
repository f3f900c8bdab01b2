package patch

import (
	"errors"
	"fmt"
	"strings"
)

// replaceLines finds the lines of oldText whatever the white space at their
// ends, and writes those of newText with the file's own indentation.
func replaceLines(content, oldText, newText string) (string, error) {
	file := strings.SplitAfter(content, "\n")
	if file[len(file)-1] == "" {
		file = file[:len(file)-1]
	}
	old := strings.Split(strings.TrimSuffix(breaksLike(oldText, "\n"), "\n"), "\n")
	if blank(old) {
		return "", errors.New("oldText is only white space, and does not stand in the file like that")
	}
	var places []int
	for i := 0; i+len(old) <= len(file); i++ {
		if sameLines(file[i:i+len(old)], old) {
			places = append(places, i)
		}
	}
	switch {
	case len(places) == 0:
		return "", notFound(file, old)
	case len(places) > 1:
		return "", fmt.Errorf("but for white space, oldText stands in %d places, from lines %s: quote it exactly, or more of what is round it", len(places), numbers(places))
	}
	at := places[0]
	found := file[at : at+len(old)]
	indent, err := newIndenter(found, old)
	if err != nil {
		return "", fmt.Errorf("oldText is found in lines %d to %d, but %w", at+1, at+len(old), err)
	}
	written, err := indent.rewrite(newText, found, old, strings.HasSuffix(oldText, "\n"))
	if err != nil {
		return "", err
	}
	return strings.Join(file[:at], "") + written + strings.Join(file[at+len(old):], ""), nil
}

func blank(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			return false
		}
	}
	return true
}

func sameLines(file, old []string) bool {
	for i := range old {
		if strings.TrimSpace(file[i]) != strings.TrimSpace(old[i]) {
			return false
		}
	}
	return true
}

func numbers(places []int) string {
	const most = 8
	var out []string
	for i, p := range places {
		if i == most {
			return strings.Join(out, ", ") + " and on"
		}
		out = append(out, fmt.Sprint(p+1))
	}
	return strings.Join(out, ", ")
}

// indenter translates the indentation a model uses into that of the file.
type indenter struct {
	to       map[string]string // as seen in the lines that were matched
	fileTabs bool
	unit     int // columns of a level, where one side has tabs and the other spaces
}

func leading(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

var errIndent = errors.New("its indentation does not fit the file's in one way only: quote it exactly")

func newIndenter(file, old []string) (*indenter, error) {
	in := &indenter{to: map[string]string{}, unit: 4}
	for i := range old {
		if strings.TrimSpace(old[i]) == "" {
			continue
		}
		from, to := leading(old[i]), leading(file[i])
		if known, ok := in.to[from]; ok && known != to {
			return nil, errIndent
		}
		in.to[from] = to
		in.fileTabs = in.fileTabs || strings.Contains(to, "\t")
		if n := len(from); n > 0 && !strings.Contains(from, "\t") && strings.Trim(to, "\t") == "" && len(to) > 0 && n%len(to) == 0 {
			in.unit = n / len(to)
		}
	}
	return in, nil
}

// translate is the file's form of an indentation.
func (in *indenter) translate(indent string) (string, error) {
	if to, ok := in.to[indent]; ok {
		return to, nil
	}
	base, found := "", false
	for from := range in.to { // the nearest level above that was seen
		if strings.HasPrefix(indent, from) && (!found || len(from) > len(base)) {
			base, found = from, true
		}
	}
	if found {
		return in.to[base] + in.level(indent[len(base):]), nil
	}
	for from, to := range in.to { // a level further out than any that was seen
		if rest, ok := strings.CutPrefix(from, indent); ok {
			if out, ok := strings.CutSuffix(to, in.level(rest)); ok {
				return out, nil
			}
		}
	}
	return "", errIndent
}

func (in *indenter) level(extra string) string {
	spaces := strings.Count(extra, " ")
	if in.fileTabs && spaces == len(extra) && spaces%in.unit == 0 {
		return strings.Repeat("\t", spaces/in.unit)
	}
	return extra
}

// rewrite is newText in the place of the found lines. Lines that newText keeps
// from oldText stay as they are in the file.
func (in *indenter) rewrite(newText string, found, old []string, wholeLines bool) (string, error) {
	lineBreak := breakAt(strings.Join(found, ""), 0)
	text := breaksLike(newText, "\n")
	if wholeLines {
		text = strings.TrimSuffix(text, "\n")
	}
	if text == "" {
		return "", nil // with their line breaks: the lines are gone
	}
	var out strings.Builder
	lines := strings.Split(text, "\n")
	last := strings.TrimRight(found[len(found)-1], "\r\n")
	for i, line := range lines {
		switch kept := keptLine(line, found, old); {
		case kept != "":
			out.WriteString(kept)
		case strings.TrimSpace(line) == "":
			out.WriteString(line)
		default:
			indent, err := in.translate(leading(line))
			if err != nil {
				return "", err
			}
			out.WriteString(indent + strings.TrimLeft(line, " \t"))
		}
		if i < len(lines)-1 {
			out.WriteString(lineBreak)
		}
	}
	out.WriteString(found[len(found)-1][len(last):]) // the break behind the last line, if there was one
	return out.String(), nil
}

// keptLine is the file's form of a line that oldText has to the letter, where
// there is only one.
func keptLine(line string, found, old []string) string {
	kept := ""
	for i := range old {
		if old[i] != line || strings.TrimSpace(line) == "" {
			continue
		}
		this := strings.TrimRight(found[i], "\r\n")
		if kept != "" && kept != this {
			return ""
		}
		kept = this
	}
	return kept
}

// notFound shows the lines of the file that come nearest.
func notFound(file, old []string) error {
	best, at := 0, -1
	for i := range file {
		same := 0
		for j := range old {
			if i+j >= len(file) {
				break
			}
			if t := strings.TrimSpace(old[j]); t != "" && t == strings.TrimSpace(file[i+j]) {
				same++
			}
		}
		if same > best {
			best, at = same, i
		}
	}
	if at < 0 {
		at = nearest(file, old)
	}
	if at < 0 {
		return errors.New("oldText is not in the file, nor anything like it")
	}
	const most = 12
	var b strings.Builder
	end := min(at+len(old), len(file), at+most)
	for i := at; i < end; i++ {
		mark := " "
		if j := i - at; j < len(old) && strings.TrimSpace(file[i]) != strings.TrimSpace(old[j]) {
			mark = ">"
		}
		fmt.Fprintf(&b, "\n%s %d\t%s", mark, i+1, strings.TrimRight(file[i], "\r\n"))
	}
	return fmt.Errorf("oldText is not in the file; nearest are these lines (> marks those that differ):%s", b.String())
}

// nearest is the line most like the first of old that is not blank, or -1. It
// stands where old would begin.
func nearest(file, old []string) int {
	first, skip := "", 0
	for i, l := range old {
		if first = strings.TrimSpace(l); first != "" {
			skip = i
			break
		}
	}
	best, at := len(first)/2, -1
	for i, l := range file {
		if score := likeness(strings.TrimSpace(l), first); score > best {
			best, at = score, i
		}
	}
	return max(at-skip, -1)
}

// likeness counts the characters that two lines share at their start and end.
func likeness(a, b string) int {
	n := min(len(a), len(b))
	start := 0
	for start < n && a[start] == b[start] {
		start++
	}
	end := 0
	for end < n-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return start + end
}
