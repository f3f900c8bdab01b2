package patch

import (
	"fmt"
	"strings"
)

// indentBefore is the white space before a place, where there is nothing else
// on its line.
func indentBefore(content string, at int) (string, bool) {
	start := len(strings.TrimRight(content[:at], " \t"))
	return content[start:at], start == 0 || content[start-1] == '\n'
}

// settled leaves out places in which a quotation that begins with white space
// begins within the indentation of a line: that line is indented otherwise. It
// does no harm where a single line keeps what it begins with.
func settled(content, old, text string, places []span, all bool) []span {
	indent := leading(old)
	if indent == "" {
		return places
	}
	harmless := !strings.Contains(old+text, "\n") && leading(text) == indent
	if harmless && all {
		return places
	}
	var whole []span
	for _, p := range places {
		if before, ok := indentBefore(content, p.start); !ok || before == "" {
			whole = append(whole, p)
		}
	}
	if whole == nil && harmless {
		return places
	}
	return whole
}

// placed is text for a place. Where old begins behind the indentation of a
// line, the first line of text has that already; whether those after it do, has
// to be seen from them.
func placed(content, old, text string, p span) (string, error) {
	first, rest, more := strings.Cut(text, "\n")
	if !more {
		return text, nil
	}
	indent, ok := indentBefore(content, p.start)
	if !ok || indent == "" || blank([]string{rest}) || strings.Contains(old, "\n") || leading(text) != "" {
		return text, nil
	}
	lines := strings.Split(rest, "\n")
	deeper, full := false, true
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		has := strings.HasPrefix(line, indent)
		full = full && has
		if i == 0 || blank(lines[:i]) {
			deeper = has && len(leading(line)) > len(indent)
		}
	}
	switch {
	case opens(first) && !deeper:
		for i, line := range lines {
			if strings.TrimSpace(line) != "" {
				lines[i] = indent + line
			}
		}
		return first + "\n" + strings.Join(lines, "\n"), nil
	case full:
		return text, nil
	}
	return "", fmt.Errorf("oldText leaves out the indentation of its line (%q), and whether newText does so too is not clear: quote whole lines, with their indentation", indent)
}

// opens reports whether what follows a line has to be indented further.
func opens(line string) bool {
	line = strings.TrimSpace(line)
	return line != "" && strings.ContainsRune(":{([", rune(line[len(line)-1]))
}
