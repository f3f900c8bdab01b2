package patch

import (
	"errors"
	"fmt"
	"strings"
)

// mostVotes is how often a line of a quotation helps to find what comes
// nearest: one that is everywhere says nothing, and costs much.
const mostVotes = 8

// notFound shows the lines of the file that come nearest.
func notFound(file, old []string) error {
	want := make([]string, len(old))
	for j, line := range old {
		want[j] = strings.TrimSpace(line)
	}
	places := map[string][]int{} // of lines in old
	for j, line := range want {
		if line != "" && len(places[line]) < mostVotes {
			places[line] = append(places[line], j)
		}
	}
	same := map[int]int{} // lines that are right, by where old would begin
	best, at := 0, -1
	for i := range file {
		for _, j := range places[strings.TrimSpace(file[i])] {
			if start := i - j; start >= 0 {
				if same[start]++; same[start] > best || same[start] == best && start < at {
					best, at = same[start], start
				}
			}
		}
	}
	if at < 0 {
		at = nearest(file, want)
	}
	if at < 0 {
		return errors.New("oldText is not in the file, nor anything like it")
	}
	const most = 12
	const longest = 300 // bytes of a line that are worth showing
	var b strings.Builder
	for i := at; i < min(at+len(old), len(file), at+most); i++ {
		mark := " "
		if strings.TrimSpace(file[i]) != want[i-at] {
			mark = ">"
		}
		line := strings.TrimRight(file[i], "\r\n")
		if len(line) > longest {
			line = strings.ToValidUTF8(line[:longest], "") + "…"
		}
		fmt.Fprintf(&b, "\n%s %d\t%s", mark, i+1, line)
	}
	return fmt.Errorf("oldText is not in the file; nearest are these lines (> marks those that differ):%s", b.String())
}

// nearest is the line most like the first of old that is not blank, or -1. It
// stands where old would begin.
func nearest(file, old []string) int {
	skip := 0
	for skip < len(old)-1 && old[skip] == "" {
		skip++
	}
	best, at := len(old[skip])/2, -1
	for i, l := range file {
		if score := likeness(strings.TrimSpace(l), old[skip]); score > best {
			best, at = score, i
		}
	}
	return max(at-skip, -1)
}

// likeness counts the bytes that two lines share at their start and end.
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
