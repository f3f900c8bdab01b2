package postgres

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mcp-toolbelt/toolbelt/shared/mcpcore"
)

// name is a name as a caller wrote it, read in one of the ways it may be meant.
type name struct {
	schema string // "" where none is named
	object string
}

// readings are the ways a name can be meant, likeliest first: as SQL reads it,
// with its letters as they are, and with all its dots and quotes. What may stand
// before a schema is the name of the database.
func readings(text, database string) ([]name, error) {
	parts, quoted, err := splitName(text)
	if err != nil {
		return nil, err
	}
	folded := make([]string, len(parts))
	for i, part := range parts {
		folded[i] = part
		if !quoted[i] {
			folded[i] = strings.ToLower(part)
		}
	}
	var all []name
	for _, way := range [][]string{folded, parts} {
		if len(way) == 3 && way[0] == database {
			way = way[1:]
		}
		switch len(way) {
		case 1:
			all = append(all, name{object: way[0]})
		case 2:
			all = append(all, name{way[0], way[1]})
		}
	}
	all = append(all, name{object: text})
	for i := range len(text) {
		if text[i] == '.' {
			all = append(all, name{text[:i], text[i+1:]})
		}
	}
	var out []name
	for _, n := range all {
		if !slices.Contains(out, n) && len(out) < maxReadings {
			out = append(out, n)
		}
	}
	return out, nil
}

// maxReadings bounds how often the server is asked.
const maxReadings = 8

var errName = mcpcore.Hint(errors.New("this is no name of an object"),
	`write schema.object, with quotes round a part that has dots, capitals or spaces: public."Order Lines"`)

// splitName takes a name apart at its dots, and quotes off.
func splitName(text string) (parts []string, quoted []bool, err error) {
	for rest := strings.TrimSpace(text); ; {
		var part string
		escaped := len(rest) > 2 && strings.EqualFold(rest[:3], `U&"`)
		isQuoted := escaped || strings.HasPrefix(rest, `"`)
		switch {
		case escaped:
			if part, rest, err = unquote(rest[2:]); err == nil {
				part, err = unescape(part)
			}
		case isQuoted:
			part, rest, err = unquote(rest)
		default:
			end := strings.IndexByte(rest, '.')
			if end < 0 {
				end = len(rest)
			}
			part, rest = strings.TrimSpace(rest[:end]), rest[end:]
		}
		if err != nil || part == "" {
			return nil, nil, errName
		}
		parts, quoted = append(parts, part), append(quoted, isQuoted)
		rest = strings.TrimSpace(rest)
		if rest == "" {
			return parts, quoted, nil
		}
		if rest[0] != '.' {
			return nil, nil, errName
		}
		rest = strings.TrimSpace(rest[1:])
	}
}

// unquote reads the quoted name at the start of text.
func unquote(text string) (part, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		if text[i] != '"' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		return b.String(), text[i+1:], nil
	}
	return "", "", errName
}

// unescape reads the escapes of U&"…", with four digits or +six.
func unescape(text string) (string, error) {
	var b strings.Builder
	for text != "" {
		before, after, found := strings.Cut(text, `\`)
		b.WriteString(before)
		if !found {
			break
		}
		if strings.HasPrefix(after, `\`) {
			b.WriteByte('\\')
			text = after[1:]
			continue
		}
		digits := 4
		if strings.HasPrefix(after, "+") {
			after, digits = after[1:], 6
		}
		if len(after) < digits {
			return "", errName
		}
		r, err := strconv.ParseUint(after[:digits], 16, 32)
		if err != nil {
			return "", errName
		}
		b.WriteRune(rune(r))
		text = after[digits:]
	}
	return b.String(), nil
}

// splitCall takes a function's arguments off its name; called reports whether
// there was a list of them.
func splitCall(text string) (function, arguments string, called bool) {
	text = strings.TrimSpace(text)
	if open := strings.IndexByte(text, '('); open > 0 && strings.HasSuffix(text, ")") {
		return text[:open], strings.TrimSpace(text[open+1 : len(text)-1]), true
	}
	return text, "", false
}

// plain is a name that SQL has put quotes round where it needs them, on one
// line whatever stands in it.
func plain(quoted string) string {
	if !strings.ContainsFunc(quoted, unicode.IsControl) {
		return quoted
	}
	var b strings.Builder
	b.WriteString("U&")
	for _, r := range quoted {
		switch {
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\%04X`, r)
		case r == '\\':
			b.WriteString(`\\`)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// oneLine is a remark on one line, cut after most characters; 0 leaves its end.
func oneLine(text string, most int) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " ")
	if runes := []rune(text); most > 0 && len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// like is a pattern, in which * stands for any text, as LIKE takes it. One
// without * may stand anywhere in a name.
func like(pattern string) string {
	escaped := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`, "*", "%").Replace(pattern)
	if strings.Contains(pattern, "*") {
		return escaped
	}
	return "%" + escaped + "%"
}

// count is a number of things that may be an estimate, short.
func count(n int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if n >= unit.size {
			if unit.size == 1e4 {
				return fmt.Sprintf("%dk", n/1000)
			}
			return fmt.Sprintf("%.1f%s", float64(n)/float64(unit.size), unit.name)
		}
	}
	return fmt.Sprint(n)
}

// size is a number of bytes, short.
func size(n int64) string {
	unit := 0
	f := float64(n)
	for f >= 1024 && unit < 4 {
		f, unit = f/1024, unit+1
	}
	if unit == 0 || f >= 10 {
		return fmt.Sprintf("%.0f %s", f, []string{"B", "kB", "MB", "GB", "TB"}[unit])
	}
	return fmt.Sprintf("%.1f %s", f, []string{"B", "kB", "MB", "GB", "TB"}[unit])
}
