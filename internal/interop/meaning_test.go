package interop

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The functions below take from an answer what it says, and leave how it is
// worded.

// verbatim is all of the text.
func verbatim(r result) any { return r.text() }

// lines are those of a listing, whose order says nothing.
func lines(r result) any {
	out := strings.Split(strings.TrimSpace(r.text()), "\n")
	slices.Sort(out)
	return out
}

// columns are the words of each line, in the order of the lines.
func columns(r result) any {
	var out []string
	for line := range strings.Lines(r.text()) {
		if words := strings.Fields(line); len(words) > 0 {
			out = append(out, strings.Join(words, " "))
		}
	}
	return out
}

// changes are the lines that a diff takes away and puts in.
func changes(r result) any {
	var out []string
	for line := range strings.Lines(r.text()) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "---") || strings.HasPrefix(line, "+++") {
			continue
		}
		if strings.HasPrefix(line, "-") || strings.HasPrefix(line, "+") {
			out = append(out, line)
		}
	}
	return out
}

// branch is an entry of a tree.
type branch struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Children []branch `json:"children"`
}

// branches are those of a tree given as JSON, sorted by name.
func branches(r result) any {
	var out []branch
	if err := json.Unmarshal([]byte(r.text()), &out); err != nil {
		return err.Error()
	}
	sortBranches(out)
	return out
}

func sortBranches(all []branch) {
	slices.SortFunc(all, func(a, b branch) int { return strings.Compare(a.Name, b.Name) })
	for _, b := range all {
		sortBranches(b.Children)
	}
}

// facts are lines of the form key: value. Times may be written in any way, and
// only that of the last change is the same on both sides.
func facts(r result) any {
	out := map[string]string{}
	for line := range strings.Lines(r.text()) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if at, ok := moment(value); ok {
			value = "a time"
			if key == "modified" {
				value = at.UTC().Format(time.RFC3339)
			}
		}
		out[key] = value
	}
	return out
}

func moment(s string) (time.Time, bool) {
	s, _, _ = strings.Cut(s, " (") // the name of a time zone
	for _, layout := range []string{time.RFC3339Nano, "Mon Jan 02 2006 15:04:05 GMT-0700"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// blocks are the content as it is.
func blocks(r result) any { return compact(r.Content) }

// sections are the files of an answer with several, an error without its wording.
func sections(r result) any {
	var out []string
	for _, part := range strings.Split(r.text(), "\n---\n") {
		path, content, _ := strings.Cut(strings.TrimSuffix(part, "\n"), ":")
		if strings.HasPrefix(strings.ToLower(content), " error") {
			content = "an error"
		}
		out = append(out, path+":"+content)
	}
	return out
}
