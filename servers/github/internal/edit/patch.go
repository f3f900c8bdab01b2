package edit

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// File is what a patch does to a file.
type File struct {
	Old, New     string // "" for a new file, and for one that goes
	Mode         string // that the file gets, such as 100755; "" where it stays
	git          *gitdiff.File
	Added, Moved bool
}

// Parse reads a unified diff. The counts in its @@ lines need not be right, as
// who writes one by hand seldom counts.
func Parse(patch string) ([]*File, error) {
	files, _, err := gitdiff.Parse(strings.NewReader(recount(patch)))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("it holds no file")
	}
	byGit := strings.HasPrefix(patch, "diff --git ") || strings.Contains(patch, "\ndiff --git ")
	var out []*File
	for _, f := range files {
		if f.IsBinary {
			return nil, fmt.Errorf("%s is no text", f.NewName)
		}
		if !byGit { // then the names still have what git puts before them
			f.OldName, f.NewName = bare(f.OldName), bare(f.NewName)
		}
		one := &File{Old: f.OldName, New: f.NewName, git: f, Added: f.IsNew, Moved: f.IsRename || f.IsCopy}
		if f.IsNew {
			one.Old = ""
		}
		if f.IsDelete {
			one.New = ""
		}
		if !f.IsNew && !f.IsDelete && len(f.TextFragments) == 0 && f.OldName == f.NewName && f.NewMode == 0 {
			return nil, fmt.Errorf("%s: %w", f.NewName, errNoHunk)
		}
		if f.NewMode != 0 && f.NewMode != f.OldMode && !(f.IsNew && f.NewMode == 0o100644) {
			one.Mode = fmt.Sprintf("%o", f.NewMode)
		}
		if f.IsCopy {
			return nil, fmt.Errorf("%s: copies are not made; send a new file", f.NewName)
		}
		out = append(out, one)
	}
	return out, nil
}

// bare is a name without the a/ or b/ that git puts before it.
func bare(name string) string {
	if rest, ok := strings.CutPrefix(name, "b/"); ok {
		return rest
	}
	return strings.TrimPrefix(name, "a/")
}

var hunkHead = regexp.MustCompile(`^@@(?: -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)?)? ?@@?(.*)$`)

// recount writes the counts of each hunk anew, and puts the space before empty
// lines that editors take away.
func recount(patch string) string {
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(patch, "\r\n", "\n"), "\n"), "\n")
	var out []string
	for i := 0; i < len(lines); i++ {
		m := hunkHead.FindStringSubmatch(lines[i])
		if m == nil {
			out = append(out, lines[i])
			continue
		}
		body, before, after := hunkBody(lines[i+1:])
		from, to := m[1], m[2]
		if from == "" {
			from, to = "1", "1"
		}
		if before == 0 {
			from = "0"
		}
		if after == 0 {
			to = "0"
		}
		i += len(body)
		out = append(out, fmt.Sprintf("@@ -%s,%d +%s,%d @@%s", from, before, to, after, m[3]))
		out = append(out, body...)
	}
	return strings.Join(out, "\n") + "\n"
}

// hunkBody are the lines of a hunk, which ends where none fits.
func hunkBody(lines []string) (body []string, before, after int) {
	for i, l := range lines {
		if strings.HasPrefix(l, "--- ") && i+1 < len(lines) && strings.HasPrefix(lines[i+1], "+++ ") {
			return body, before, after // the next file
		}
		switch {
		case l == "":
			if i+1 < len(lines) && (strings.HasPrefix(lines[i+1], "diff --git ") || strings.HasPrefix(lines[i+1], "--- ")) {
				return body, before, after
			}
			l = " "
			before, after = before+1, after+1
		case l[0] == ' ':
			before, after = before+1, after+1
		case l[0] == '-':
			before++
		case l[0] == '+':
			after++
		case l[0] != '\\':
			return body, before, after
		}
		body = append(body, l)
	}
	return body, before, after
}

// Apply is the file as the patch leaves it.
func (f *File) Apply(text string) (string, error) {
	if len(f.git.TextFragments) == 0 {
		return text, nil
	}
	var out bytes.Buffer
	err := gitdiff.Apply(&out, strings.NewReader(text), f.git)
	if err == nil {
		return out.String(), nil
	}
	if moved, ok := f.relocate(text); ok {
		return moved, nil
	}
	return "", err
}

// relocate makes the changes where their old lines are, whatever the numbers
// say, provided that they are in one place.
func (f *File) relocate(text string) (string, bool) {
	for _, h := range f.git.TextFragments {
		var before, after strings.Builder
		for _, l := range h.Lines {
			if l.Old() {
				before.WriteString(l.Line)
			}
			if l.New() {
				after.WriteString(l.Line)
			}
		}
		old, replacement := before.String(), after.String()
		if old == "" {
			return "", false
		}
		at := indexLine(text, old)
		if at < 0 && !strings.HasSuffix(text, "\n") && strings.HasSuffix(old, "\n") { // the last line has no end
			old, replacement = strings.TrimSuffix(old, "\n"), strings.TrimSuffix(replacement, "\n")
			at = indexLine(text, old)
		}
		if at < 0 || indexLine(text[at+1:], old) >= 0 {
			return "", false
		}
		text = text[:at] + replacement + text[at+len(old):]
	}
	return text, true
}

// indexLine finds lines in a text, from the start of one.
func indexLine(text, lines string) int {
	for from := 0; ; {
		i := strings.Index(text[from:], lines)
		if i < 0 {
			return -1
		}
		if i += from; i == 0 || text[i-1] == '\n' {
			return i
		}
		from = i + 1
	}
}
