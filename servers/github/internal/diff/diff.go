// Package diff takes the diffs of git apart by file, and shows as much of them
// as a reader has room for.
package diff

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mcp-toolbelt/toolbelt/servers/github/internal/lazy"
)

// File is what a diff says of one file.
type File struct {
	Name, Old string // Old is "" unless the file was renamed
	Status    string // added, deleted, renamed, modified, binary
	Add, Del  int
	Generated bool   // by a program: nobody reads it
	Text      string // as git wrote it
}

// Parse takes a diff apart. What is no diff gives no files.
func Parse(text string) []File {
	var out []File
	const mark = "diff --git "
	for text != "" {
		if !strings.HasPrefix(text, mark) {
			next := strings.Index(text, "\n"+mark)
			if next < 0 {
				break
			}
			text = text[next+1:]
		}
		end := strings.Index(text[len(mark):], "\n"+mark)
		if end < 0 {
			end = len(text)
		} else {
			end += len(mark) + 1
		}
		out = append(out, parseFile(text[:end]))
		text = text[end:]
	}
	return out
}

func parseFile(text string) File {
	f := File{Text: text, Status: "modified"}
	inHunk := false
	head, _, _ := strings.Cut(text, "\n")
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if inHunk {
			switch {
			case strings.HasPrefix(line, "+"):
				f.Add++
			case strings.HasPrefix(line, "-"):
				f.Del++
			}
			continue
		}
		switch {
		case strings.HasPrefix(line, "@@"):
			inHunk = true
		case strings.HasPrefix(line, "new file"):
			f.Status = "added"
		case strings.HasPrefix(line, "deleted file"):
			f.Status = "deleted"
		case strings.HasPrefix(line, "rename from "):
			f.Status, f.Old = "renamed", unquote(line[len("rename from "):])
		case strings.HasPrefix(line, "rename to "):
			f.Name = unquote(line[len("rename to "):])
		case strings.HasPrefix(line, "Binary files "), strings.HasPrefix(line, "GIT binary patch"):
			f.Status = "binary"
		case strings.HasPrefix(line, "+++ ") && line != "+++ /dev/null":
			f.Name = strings.TrimPrefix(unquote(line[4:]), "b/")
		case strings.HasPrefix(line, "--- ") && line != "--- /dev/null" && f.Name == "":
			f.Name = strings.TrimPrefix(unquote(line[4:]), "a/")
		}
	}
	if f.Name == "" {
		f.Name = nameOf(head)
	}
	f.Generated = generated(f.Name, text)
	return f
}

// nameOf finds the name in the line that begins a file: the same twice.
func nameOf(head string) string {
	rest := strings.TrimPrefix(head, "diff --git ")
	if half := len(rest) / 2; len(rest)%2 == 1 && rest[half] == ' ' {
		return strings.TrimPrefix(unquote(rest[half+1:]), "b/")
	}
	if i := strings.LastIndex(rest, " b/"); i >= 0 {
		return rest[i+3:]
	}
	return rest
}

func unquote(s string) string {
	s = strings.TrimRight(s, "\t\r")
	if strings.HasPrefix(s, `"`) {
		if plain, err := strconv.Unquote(s); err == nil {
			return plain
		}
	}
	return s
}

var (
	generatedName = lazy.Regexp(`(?i)(^|/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|go\.sum|go\.work\.sum|cargo\.lock|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|composer\.lock|gemfile\.lock|mix\.lock|flake\.lock|podfile\.lock|packages\.lock\.json|pubspec\.lock)$` +
		`|\.min\.(js|css|mjs)$|\.(js|css|mjs)\.map$|\.pb\.(go|cc|h)$|_pb2(_grpc)?\.pyi?$|_pb\.(js|d\.ts)$|\.(gen|generated|g)\.[a-z]+$|_generated\.[a-z]+$|(^|/)zz_generated\.|\.snap$|\.designer\.cs$` +
		`|(^|/)(node_modules|vendor|third_party|dist|__snapshots__|__generated__)/`)
	generatedMark = lazy.Regexp(`(?m)^[+ -].{0,8}(Code generated .* DO NOT EDIT|@generated\b|AUTO-?GENERATED|This file (is|was) (auto(matically)?[- ])?generated)`)
)

func generated(name, text string) bool {
	return generatedName().MatchString(name) || generatedMark().MatchString(text[:min(len(text), 2000)])
}

// Options say what of a diff is shown.
type Options struct {
	Paths     []string // files, directories or patterns; empty is all
	Cursor    string   // where to go on
	Most      int      // bytes
	Generated bool     // show what programs made, too
}

// Match reports whether a file is among paths.
func Match(name string, paths []string) bool {
	return len(paths) == 0 || slices.ContainsFunc(paths, func(p string) bool {
		p = strings.Trim(p, "/")
		ok, _ := path.Match(p, name)
		base, _ := path.Match(p, path.Base(name))
		return ok || base || p == name || strings.HasPrefix(name, p+"/")
	})
}

// List is a line for each file.
func List(files []File) string {
	var b strings.Builder
	for i := range files {
		b.WriteString(files[i].line())
		b.WriteByte('\n')
	}
	return b.String()
}

func (f *File) line() string {
	s := f.Name + " "
	if f.Status != "modified" {
		s += f.Status + " "
	}
	if f.Old != "" {
		s += "from " + f.Old + " "
	}
	s += fmt.Sprintf("+%d -%d", f.Add, f.Del)
	if f.Generated {
		s += " generated"
	}
	return s
}

// share is the part of the room that one file may take before the others have
// been shown.
const share = 3

// Window shows a part of a diff: all files by name at first, and then their
// text as far as there is room. next is the cursor of the rest, or "".
func Window(all []File, o Options) (text, next string, err error) {
	files := slices.DeleteFunc(slices.Clone(all), func(f File) bool { return !Match(f.Name, o.Paths) })
	first, offset, err := position(o.Cursor, len(files))
	if err != nil {
		return "", "", err
	}
	var b strings.Builder
	if o.Cursor == "" {
		list := List(files)
		if len(list) > o.Most*2/3 {
			list = shorten(files, o.Most*2/3)
		}
		fmt.Fprintf(&b, "%d files\n%s", len(files), list)
	}
	for i := first; i < len(files); i++ {
		f := &files[i]
		if f.Generated && !o.Generated && len(o.Paths) == 0 {
			offset = 0
			continue
		}
		rest := f.Text[min(offset, len(f.Text)):]
		room := o.Most - b.Len() - 1
		if room < min(len(rest), 400) {
			return b.String(), fmt.Sprintf("%d:%d", i, offset), nil
		}
		limit := room
		if len(files) > 1 && offset == 0 && i+1 < len(files) {
			limit = min(room, max(o.Most/share, 2000))
		}
		shown := cut(rest, limit)
		b.WriteString("\n" + shown)
		switch {
		case len(shown) == len(rest):
		case limit == room:
			return b.String(), fmt.Sprintf("%d:%d", i, offset+len(shown)), nil
		default:
			fmt.Fprintf(&b, "[%d more lines of %s: name it in paths]\n", strings.Count(rest[len(shown):], "\n"), f.Name)
		}
		offset = 0
	}
	return b.String(), "", nil
}

// shorten is the list of files by directory, where there are too many.
func shorten(files []File, most int) string {
	var b strings.Builder
	for i := range files {
		if b.Len() > most {
			fmt.Fprintf(&b, "and %d more files: name directories in paths\n", len(files)-i)
			break
		}
		b.WriteString(files[i].line() + "\n")
	}
	return b.String()
}

// cut keeps whole lines of s, within most bytes where a line allows it.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	if end := strings.LastIndexByte(s[:max(most, 0)], '\n'); end >= 0 {
		return s[:end+1]
	}
	if end := strings.IndexByte(s, '\n'); end >= 0 && end < 4*most {
		return s[:end+1]
	}
	return s[:max(most, 1)]
}

func position(cursor string, n int) (file, offset int, err error) {
	if cursor == "" {
		return 0, 0, nil
	}
	a, b, ok := strings.Cut(cursor, ":")
	file, err1 := strconv.Atoi(a)
	offset, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || file < 0 || file > n || offset < 0 {
		return 0, 0, fmt.Errorf("cursor: %q is none that was given out for this diff", cursor)
	}
	return file, offset, nil
}
