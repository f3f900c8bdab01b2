// Package edit changes texts: by pieces that are replaced, and by patches.
package edit

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Edit replaces a piece of a text.
type Edit struct {
	Old   string `json:"old" alias:"oldText,old_string,old_str"`
	New   string `json:"new" alias:"newText,new_string,new_str"`
	Count int    `json:"count,omitzero" jsonschema:"how often it is there; default once"`
}

// Apply makes edits, one after the other.
func Apply(text string, edits []Edit) (string, error) {
	crlf := strings.Contains(text, "\r\n") && !strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n")
	for i, e := range edits {
		if e.Old == "" {
			return "", fmt.Errorf("edit %d: old is empty", i+1)
		}
		if crlf { // a model does not see the other kind of line end
			e.Old, e.New = toCRLF(e.Old), toCRLF(e.New)
		}
		want := max(e.Count, 1)
		switch n := strings.Count(text, e.Old); {
		case n == want:
			text = strings.ReplaceAll(text, e.Old, e.New)
		case n == 0:
			return "", fmt.Errorf("edit %d: the old text is not there%s", i+1, nearest(text, e.Old))
		default:
			return "", fmt.Errorf("edit %d: the old text is there %d times, and count says %d; give more of what is round it", i+1, n, want)
		}
	}
	return text, nil
}

func toCRLF(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// nearest tells where a text is that differs from old by its space alone.
func nearest(text, old string) string {
	want := strings.Fields(old)
	if len(want) == 0 {
		return ""
	}
	lines := strings.Split(text, "\n")
	head := strings.Join(strings.Fields(strings.SplitN(strings.TrimSpace(old), "\n", 2)[0]), " ")
	for i, l := range lines {
		if strings.Join(strings.Fields(l), " ") == head {
			return fmt.Sprintf("; line %d begins like it, with other space or other lines after it: %q", i+1, strings.TrimRight(l, "\r"))
		}
	}
	return ""
}

// Diff is what was changed, within most bytes.
func Diff(name, before, after string, most int) string {
	text := udiff.Unified("a/"+name, "b/"+name, before, after)
	if len(text) <= most {
		return text
	}
	end := strings.LastIndexByte(text[:most], '\n')
	return fmt.Sprintf("%s\n[%d more lines]", text[:max(end, 0)], strings.Count(text[max(end, 0):], "\n"))
}

var errNoHunk = errors.New("it has no part that begins with @@")
