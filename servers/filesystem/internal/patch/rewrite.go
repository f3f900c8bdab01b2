package patch

import (
	"fmt"
	"slices"
	"strings"
)

// rewriter writes new lines in the place of lines that were found.
type rewriter struct {
	file, old []string // the same lines, as they stand and as they were quoted
	lineBreak string
}

// rewrite is the new lines as the file would have them. What they keep of old
// stays as it is in the file, to the byte.
func (r *rewriter) rewrite(text []string) (string, error) {
	in := newIndenter(r.file, r.old, text)
	kept := common(r.old, text)
	var out strings.Builder
	for j, line := range text {
		lineBreak := r.lineBreak
		written := line
		if i := kept[j]; i >= 0 {
			written = strings.TrimRight(r.file[i], "\r\n")
			if own := r.file[i][len(written):]; own != "" {
				lineBreak = own
			}
		} else if strings.TrimSpace(line) != "" {
			var err error
			if written, err = r.changed(in, line, r.partner(j, text, kept, in.torn)); err != nil {
				return "", err
			}
		}
		out.WriteString(written)
		if j < len(text)-1 {
			out.WriteString(lineBreak)
		}
	}
	if len(text) > 0 { // the break behind the last line, if there was one
		last := r.file[len(r.file)-1]
		out.WriteString(last[len(strings.TrimRight(last, "\r\n")):])
	}
	return out.String(), nil
}

// changed is a line that is not one of old; i is the line of old that it comes
// from, or -1.
func (r *rewriter) changed(in *indenter, line string, i int) (string, error) {
	body, indent := strings.Trim(line, " \t"), leading(line)
	tail := line[len(indent)+len(body):]
	if i < 0 {
		to, err := in.translate(indent)
		return to + body + tail, err
	}
	file, old := strings.TrimRight(r.file[i], "\r\n"), r.old[i]
	fileBody, oldBody := strings.Trim(file, " \t"), strings.Trim(old, " \t")
	to := leading(file)
	if indent != leading(old) {
		var err error
		if to, err = in.translate(indent); err != nil {
			return "", err
		}
	}
	if tail == old[len(leading(old))+len(oldBody):] {
		tail = file[len(leading(file))+len(fileBody):]
	}
	body, ok := restore(body, oldBody, fileBody)
	if !ok {
		return "", fmt.Errorf("the file spells a part that is to change otherwise: it has %q where oldText has %q; quote it exactly", fileBody, oldBody)
	}
	return to + body + tail, nil
}

// partner is the line of old from which line j of text was made, or -1: among
// those between the lines that are kept, the one in the same place, if as many
// are there, or else the one that is most like it. With alike it must be alike
// in any case.
func (r *rewriter) partner(j int, text []string, kept []int, alike bool) int {
	first, end := 0, len(r.old)
	before, after := j-1, j+1
	for ; before >= 0; before-- {
		if kept[before] >= 0 {
			first = kept[before] + 1
			break
		}
	}
	for ; after < len(text); after++ {
		if kept[after] >= 0 {
			end = kept[after]
			break
		}
	}
	if end-first == after-before-1 {
		first += j - before - 1
		end = first + 1
		if !alike && strings.TrimSpace(r.old[first]) != "" {
			return first
		}
	}
	line := strings.TrimSpace(text[j])
	best, at := len(line)/2, -1
	for i := first; i < end; i++ {
		if n := likeness(line, strings.TrimSpace(r.old[i])); n > best {
			best, at = n, i
		}
	}
	return at
}

// common tells for each line of text which line of old it is, or -1: the
// longest sequence of lines that both have.
func common(old, text []string) []int {
	kept := slices.Repeat([]int{-1}, len(text))
	start := 0
	for start < min(len(old), len(text)) && old[start] == text[start] {
		kept[start] = start
		start++
	}
	oldEnd, end := len(old), len(text)
	for oldEnd > start && end > start && old[oldEnd-1] == text[end-1] {
		oldEnd--
		end--
		kept[end] = oldEnd
	}
	width := end - start + 1
	if (oldEnd-start)*width > 1<<22 { // too much to compare: these lines are new ones
		return kept
	}
	table := make([]int32, (oldEnd-start+1)*width) // lengths for what is left of both
	for i := oldEnd - start - 1; i >= 0; i-- {
		for j := end - start - 1; j >= 0; j-- {
			if old[start+i] == text[start+j] {
				table[i*width+j] = table[(i+1)*width+j+1] + 1
			} else {
				table[i*width+j] = max(table[(i+1)*width+j], table[i*width+j+1])
			}
		}
	}
	for i, j := start, start; i < oldEnd && j < end; {
		at := (i-start)*width + j - start
		switch {
		case old[i] == text[j]:
			kept[j] = i
			i++
			j++
		case table[at+width] >= table[at+1]:
			i++
		default:
			j++
		}
	}
	return kept
}
